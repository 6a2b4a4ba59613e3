"""Compact JWS (RFC 7515), taken apart strictly and checked with an algorithm that the caller names.

The text is matched before it is decoded, and no member of a header decides how the token is checked. Pure.
"""

import json
import re
from typing import Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.api_jws import PyJWS

from vibes_trio.auth.encoding import JsonObject, decode_base64url, parse_object
from vibes_trio.auth.jwk import PublicKey

Algorithm = Literal["ES256", "RS256"]

# Codes of auth.md 2.8 and 3; the last three are ours (2.8 "revoked", section 3 "allow lists").
Reason = Literal[
    "malformed",
    "alg_not_allowed",
    "cert_invalid",
    "thumbprint_mismatch",
    "key_mismatch",
    "bad_signature",
    "claims_invalid",
    "not_yet_valid",
    "expired",
    "cert_not_yet_valid",
    "cert_expired",
    "untrusted_ca",
    "chain_bad_signature",
    "chain_mismatch",
    "chain_missing",
    "unknown_kid",
    "no_key",
    "cert_revoked",
    "iss_not_allowed",
    "azp_not_allowed",
    "wrong_audience",
]

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*", re.ASCII)

# PyJWT's own algorithms, without its token parser: that one walks the text character by character in Python
# and would read the header a second time.
_JWS = PyJWS(algorithms=["ES256", "RS256"])
_ALGORITHMS = {name: _JWS.get_algorithm_by_name(name) for name in ("ES256", "RS256")}


class Refused(Exception):
    """A token, certificate or certificate request does not pass. Never leaves `auth`.

    Args:
        reason: the code, for the log.
        about: what the log needs beside it: a serial number or `kid`, never a token or claims.
    """

    def __init__(self, reason: Reason, about: str = "") -> None:
        super().__init__(f"{reason} ({about!r})" if about else reason)
        self.reason = reason
        self.about = about


class Jws(msgspec.Struct, frozen=True):
    """A compact JWS taken apart; nothing about it is verified yet.

    Attributes:
        header: the protected header, an object with a string `alg`.
        signing_input: the bytes that are signed.
        payload_text: the payload, still base64url.
        signature: empty when it is no base64url, and then no key verifies it.
    """

    header: JsonObject
    signing_input: bytes
    payload_text: str
    signature: bytes

    def payload(self) -> JsonObject:
        """Return the payload. Ask for it after the signature.

        Raises:
            Refused: `malformed`: no JSON object.
        """
        try:
            return parse_object(decode_base64url(self.payload_text))
        except ValueError as error:
            raise Refused("malformed") from error


def split_jws(token: str, max_bytes: int, *, typ: str, typ_may_lack: bool = False) -> Jws:
    """Return *token* in parts, if it is a compact JWS of at most *max_bytes* with this *typ*.

    Raises:
        Refused: `malformed`: other characters or parts, no JSON object with a string `alg` as header,
            another `typ`, or a `crit` member (we know no extension that could be critical).
    """
    if len(token) > max_bytes or not _COMPACT.fullmatch(token):
        raise Refused("malformed")
    signing_input, _, signature_text = token.rpartition(".")
    header_text, _, payload_text = signing_input.partition(".")
    try:
        header = parse_object(decode_base64url(header_text))
    except ValueError as error:
        raise Refused("malformed") from error
    if not isinstance(header.get("alg"), str) or "crit" in header:
        raise Refused("malformed")
    if header.get("typ", typ if typ_may_lack else None) != typ:
        raise Refused("malformed")
    try:
        signature = decode_base64url(signature_text)
    except ValueError:
        signature = b""
    return Jws(header, signing_input.encode("ascii"), payload_text, signature)


def has_signature_of(jws: Jws, algorithm: Algorithm, key: PublicKey) -> bool:
    """Tell whether *key* signed *jws* with *algorithm*; *key* has to be of the algorithm's type."""
    return _ALGORITHMS[algorithm].verify(jws.signing_input, key, jws.signature)


def sign_jws(header: JsonObject, payload: JsonObject, key: ec.EllipticCurvePrivateKey) -> str:
    """Return the compact JWS of *payload*, signed with ES256; `alg` is added to *header*."""
    data = json.dumps(payload, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    return _JWS.encode(data, key, algorithm="ES256", headers=header, sort_headers=False)
