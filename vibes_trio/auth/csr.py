"""Certificate requests: a device asks to be certified (auth.md 2.3). Pure."""

from typing import cast

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from vibes_trio.auth.certificate import (
    EC_JWK,
    EXTENDED_KEY_USAGES,
    EXTENSIONS,
    KEY_USAGES,
    REGISTERED,
    SUBJECT,
)
from vibes_trio.auth.encoding import JsonObject, encode_base58btc
from vibes_trio.auth.jwk import public_jwk, read_public_jwk, thumbprint
from vibes_trio.auth.jws import Jws, Reason, Refused, has_signature_of, sign_jws, split_jws
from vibes_trio.auth.schema import ShapeError, anything, record
from vibes_trio.config import Limits
from vibes_trio.errors import BadRequest

VALID_FOR_S = 3600

PAYLOAD = record(
    {"csr": record({"subject": SUBJECT, "publicKey": EC_JWK}, {"extensions": EXTENSIONS}, closed=True)},
    {**REGISTERED, "creatingUser": anything},
    closed=True,
)

_WHAT_TO_DO = "Make a new request with the device's own key and send it at once."


class Csr(msgspec.Struct, frozen=True):
    """A request that the device itself signed.

    Attributes:
        subject: whom the certificate will be about; has a `commonName`.
        key, fingerprint: the device's key and its thumbprint.
        audience: `aud`, which goes into the certificate.
    """

    subject: JsonObject
    key: ec.EllipticCurvePublicKey
    fingerprint: str
    audience: str | list[str]


def check_csr(text: str, limits: Limits, now: float) -> Csr:
    """Return the request in *text*. Its extensions and `creatingUser` are ignored.

    Args:
        now: Unix seconds; there is no tolerance.

    Raises:
        BadRequest: it doesn't pass; the detail `reason` is a code as in auth.md 2.8.
    """
    try:
        return _check_csr(text, limits, now)
    except Refused as refused:
        raise BadRequest(
            f"The certificate request (csr) is refused: {refused.reason}. {_WHAT_TO_DO}",
            reason=refused.reason,
        ) from refused


def make_csr(key: ec.EllipticCurvePrivateKey, subject: JsonObject, now: float, request_id: bytes) -> str:
    """Return the request of the device with *key*.

    Args:
        subject: of shape Subject (auth.md 2.2), with a `commonName`.
        now: Unix seconds; the request lasts an hour.
        request_id: 16 random bytes.
    """
    jwk = public_jwk(key.public_key())
    header: JsonObject = {"typ": "CSR+JWT", "jwk": jwk, "kid": thumbprint(key.public_key())}
    payload: JsonObject = {
        "iss": "csr-client",
        "sub": subject["commonName"],
        "aud": "certificate-authority",
        "iat": int(now),
        "exp": int(now) + VALID_FOR_S,
        "jti": encode_base58btc(request_id),
        "csr": {
            "subject": subject,
            "publicKey": jwk,
            "extensions": {
                "subjectAltName": [],
                "keyUsage": [*KEY_USAGES],
                "extendedKeyUsage": [*EXTENDED_KEY_USAGES],
            },
        },
    }
    return sign_jws(header, payload, key)


def _check_csr(text: str, limits: Limits, now: float) -> Csr:
    jws = split_jws(text, limits.max_csr_bytes, typ="CSR+JWT")
    if jws.header["alg"] != "ES256":
        raise Refused("alg_not_allowed")
    key = _header_key(jws)
    fingerprint = thumbprint(key)
    if jws.header.get("kid", fingerprint) != fingerprint:
        raise Refused("key_mismatch", fingerprint)
    if not has_signature_of(jws, "ES256", key):
        raise Refused("bad_signature", fingerprint)
    payload = _payload(jws, fingerprint)
    if (reason := _time_fault(payload, now)) is not None:
        raise Refused(reason, fingerprint)
    csr = cast(JsonObject, payload["csr"])
    try:
        same = read_public_jwk(csr["publicKey"]) == key
    except ValueError as error:
        raise Refused("claims_invalid", fingerprint) from error
    if not same:
        raise Refused("key_mismatch", fingerprint)
    audience = cast("str | list[str]", payload.get("aud", "certificate-authority"))
    return Csr(cast(JsonObject, csr["subject"]), key, fingerprint, audience)


def _header_key(jws: Jws) -> ec.EllipticCurvePublicKey:
    jwk = jws.header.get("jwk")
    try:
        EC_JWK(jwk)
        return cast(ec.EllipticCurvePublicKey, read_public_jwk(jwk))
    except ValueError as error:
        raise Refused("malformed") from error


def _payload(jws: Jws, fingerprint: str) -> JsonObject:
    """Return the normal form of the payload."""
    try:
        payload = cast(JsonObject, PAYLOAD(jws.payload()))
    except ShapeError as error:
        raise Refused("claims_invalid", fingerprint) from error
    if "iat" not in payload or "exp" not in payload:
        raise Refused("claims_invalid", fingerprint)
    return payload


def _time_fault(payload: JsonObject, now: float) -> Reason | None:
    if cast(int, payload["exp"]) <= now:
        return "expired"
    return "not_yet_valid" if cast(int, payload.get("nbf", 0)) > now else None
