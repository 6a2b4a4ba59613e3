"""`device-id` tokens: signed by a device whose certificate the CA signed (auth.md 2.4 to 2.8).

The steps stand in the order of the table in auth.md 2.8, so that a token with several faults is refused
with the same code everywhere. A certificate that passed once is remembered; a further token on it then costs
one signature check.
"""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from vibes_trio.auth.audience import OwnNames
from vibes_trio.auth.certificate import (
    REGISTERED,
    Certificate,
    normal_certificate,
    normal_digest,
    read_certificate,
)
from vibes_trio.auth.encoding import JsonObject, decode_base64
from vibes_trio.auth.jws import Refused, has_signature_of, split_jws
from vibes_trio.auth.schema import ShapeError, natural, record, text
from vibes_trio.auth.verifier import Claims, Verified, VerifiedCache
from vibes_trio.config import DeviceChain, Limits
from vibes_trio.errors import RequireLogin

log = logging.getLogger(__name__)

# Facts of the token format, the same in every client (auth.md 2.6), so no settings.
LEEWAY_S = 60
MAX_AGE_S = 3600

# What is told of a refused token, where it is more than that one has to sign in: its holder has shown who he is.
_WORDS = MappingProxyType(
    {
        "wrong_audience": "The token in `auth` was made for another server (its `aud`). Make one for this server, by "
        "the address that its apps have. If it is reached by another name, its operator has to tell it: "
        "VIBES_SVC_HOSTNAME_BASE, WRAPPER_BASE_URL, VIBES_EXTRA_HOSTS."
    }
)

PAYLOAD = record({"deviceId": text, "seq": natural}, REGISTERED, closed=True)


class TrustedCa(msgspec.Struct, frozen=True):
    """A CA whose certificates count.

    Attributes:
        name: common name, which certificates call `iss`. It selects; the key decides.
        key: EC P-256.
        until: Unix seconds after which a replaced CA is not trusted any more. None: no end.
    """

    name: str
    key: ec.EllipticCurvePublicKey
    until: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceTrust:
    """What decides about device tokens.

    Attributes:
        cas: the trusted CAs; several may share a name.
        policy: what a token without `x5c#jwt` needs. `strict`: nothing helps it; `registry`: a
            certificate we issued; `legacy`: nothing, so anybody can be anybody (for tests and migration).
        is_issued: takes the SHA-256 (hex) of a certificate's bytes; True if we issued it and did not
            revoke it. Asked under `registry` only.
        revoked: serial numbers that are refused whatever the policy.
        limits: the bounds of the server.
        names: of the server: a token that is for others only is refused. One that is for nobody in particular
            counts, as most clients make such.
    """

    cas: tuple[TrustedCa, ...]
    policy: DeviceChain = "strict"
    is_issued: Callable[[str], bool] = lambda _sha256_hex: False
    revoked: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)
    names: OwnNames = field(default_factory=OwnNames)


class TrustedCertificate(msgspec.Struct, frozen=True):
    """A certificate behind which a trusted CA stands, until the Unix time *until*."""

    certificate: Certificate
    until: float


class DeviceVerifier:
    """The `Verifier` of device tokens.

    State: the trust, and what was verified under it. `set_trust` changes the one and drops the other.
    """

    def __init__(self, trust: DeviceTrust, now: Callable[[], float]) -> None:
        """Args: *now* gives the Unix time in seconds."""
        if trust.policy == "legacy":
            log.warning("VIBES_DEVICE_CHAIN is legacy: anybody can sign in as any user. For tests only.")
        self._trust = trust
        self._now = now
        bounds = trust.limits.verified_tokens, trust.limits.verified_bytes
        self._tokens: VerifiedCache[Claims] = VerifiedCache(*bounds)
        self._certificates: VerifiedCache[TrustedCertificate] = VerifiedCache(*bounds)

    @property
    def trust(self) -> DeviceTrust:
        """What tokens are verified under now."""
        return self._trust

    def set_trust(self, trust: DeviceTrust) -> None:
        """Verify under *trust* from now on; call it when CAs or revocations change."""
        self._trust = trust
        self.drop()

    def drop(self) -> None:
        """Forget what was verified; call it when what `is_issued` says may have changed."""
        self._tokens.drop()
        self._certificates.drop()

    async def __call__(self, token: str) -> Claims:
        """See `Verifier`."""
        return self.at_once(token)

    def at_once(self, token: str) -> Claims:
        """See `Verifier`: here every token is."""
        if len(token) > self._trust.limits.max_token_bytes:
            raise RequireLogin("malformed")
        now = self._now()
        known = self._tokens.find(token, now)
        if known is not None:
            return known
        try:
            verified = verify_device_token(token, self._trust, now, self._certificates)
        except Refused as refused:
            raise RequireLogin(refused.reason, _WORDS.get(refused.reason, "")) from refused
        self._tokens.keep(token, verified.claims, verified.until)
        return verified.claims


def verify_device_token(
    token: str, trust: DeviceTrust, now: float, known: VerifiedCache[TrustedCertificate] | None = None
) -> Verified:
    """Return the claims of the user whose device signed *token*.

    Args:
        now: Unix seconds.
        known: certificates that passed under this same *trust*; this one is added when all has passed.

    Raises:
        Refused: with the code of the first step (auth.md 2.8) that it fails.
    """
    jws = split_jws(token, trust.limits.max_token_bytes, typ="JWT", typ_may_lack=True)
    if jws.header["alg"] != "ES256":
        raise Refused("alg_not_allowed")
    x5c, chain = _certificate_texts(jws.header)
    texts = f"{x5c}.{chain}"
    trusted = known.find(texts, now) if known is not None else None
    certificate = trusted.certificate if trusted is not None else read_certificate(_decode_x5c(x5c))
    _check_header(jws.header, certificate)
    if not has_signature_of(jws, "ES256", certificate.key):
        raise Refused("bad_signature", certificate.serial)
    payload = jws.payload()
    until = _check_times(payload, certificate, now)
    if trusted is None:
        trusted = _check_trust(certificate, chain, trust, now)
    _check_payload(payload, certificate)
    _check_audience(payload, certificate, trust.names)
    if known is not None:
        known.keep(texts, trusted, trusted.until)
    return Verified(certificate.claims, min(until, trusted.until))


def _certificate_texts(header: JsonObject) -> tuple[str, str]:
    """Return `x5c[0]` and `x5c#jwt`; the latter is empty when absent."""
    x5c = header.get("x5c")
    chain = header.get("x5c#jwt", "")
    if (
        not isinstance(x5c, list)
        or len(x5c) != 1
        or not isinstance(x5c[0], str)
        or not isinstance(chain, str)
    ):
        raise Refused("malformed")
    return x5c[0], chain


def _decode_x5c(text: str) -> bytes:
    try:
        return decode_base64(text)
    except ValueError as error:
        raise Refused("malformed") from error


def _check_header(header: JsonObject, certificate: Certificate) -> None:
    for name, wanted in (("x5t", certificate.sha1), ("x5t#S256", certificate.sha256)):
        if header.get(name, wanted) != wanted:
            raise Refused("thumbprint_mismatch", certificate.serial)
    if header.get("kid", certificate.fingerprint) != certificate.fingerprint:
        raise Refused("key_mismatch", certificate.serial)


def _check_times(payload: JsonObject, certificate: Certificate, now: float) -> float:
    """Check token and certificate against *now*; return until when both last."""
    issued = _time(payload, "iat", certificate)
    expires = _time(payload, "exp", certificate)
    not_before = _time(payload, "nbf", certificate)
    if issued is None:
        raise Refused("claims_invalid", certificate.serial)
    if issued > now + LEEWAY_S or (not_before is not None and not_before > now + LEEWAY_S):
        raise Refused("not_yet_valid", certificate.serial)
    oldest = now - LEEWAY_S - MAX_AGE_S
    if issued < oldest or (expires is not None and expires <= now - LEEWAY_S):
        raise Refused("expired", certificate.serial)
    if now < certificate.not_before:
        raise Refused("cert_not_yet_valid", certificate.serial)
    if now > certificate.not_after:
        raise Refused("cert_expired", certificate.serial)
    ends = issued + MAX_AGE_S + LEEWAY_S
    return min(ends, certificate.not_after, ends if expires is None else expires + LEEWAY_S)


def _time(payload: JsonObject, name: str, certificate: Certificate) -> float | None:
    value = payload.get(name)
    if name not in payload:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Refused("claims_invalid", certificate.serial)
    return value


def _check_trust(certificate: Certificate, chain: str, trust: DeviceTrust, now: float) -> TrustedCertificate:
    """Check that a trusted CA stands behind *certificate*, and that it was not revoked."""
    cas = [ca for ca in trust.cas if ca.name == certificate.issuer and (ca.until is None or now < ca.until)]
    if not cas:
        raise Refused("untrusted_ca", certificate.serial)
    if chain:
        cas = [_check_chain(certificate, chain, cas, trust.limits)]
    elif trust.policy == "strict" or (
        trust.policy == "registry" and not trust.is_issued(certificate.sha256_hex)
    ):
        raise Refused("chain_missing", certificate.serial)
    if certificate.serial in trust.revoked:
        raise Refused("cert_revoked", certificate.serial)
    return TrustedCertificate(certificate, min(certificate.not_after, *(ca.until or math.inf for ca in cas)))


def _check_chain(certificate: Certificate, chain: str, cas: list[TrustedCa], limits: Limits) -> TrustedCa:
    """Return the CA that signed *chain*, the certificate JWT; its times are those of *certificate*."""
    try:
        jws = split_jws(chain, limits.max_token_bytes, typ="CERT+JWT")
    except Refused as refused:
        raise Refused("chain_bad_signature", certificate.serial) from refused
    if jws.header["alg"] != "ES256":
        raise Refused("chain_bad_signature", certificate.serial)
    signer = next((ca for ca in cas if has_signature_of(jws, "ES256", ca.key)), None)
    if signer is None:
        raise Refused("chain_bad_signature", certificate.serial)
    try:
        signed = normal_digest(normal_certificate(jws.payload()))
    except (Refused, ValueError) as error:
        raise Refused("chain_mismatch", certificate.serial) from error
    if signed != certificate.normal_digest:
        raise Refused("chain_mismatch", certificate.serial)
    return signer


def _check_audience(payload: JsonObject, certificate: Certificate, names: OwnNames) -> None:
    """Refuse what was meant for another server, which may have passed it on."""
    audience = payload.get("aud")
    origins = audience if isinstance(audience, list) else [audience]
    if audience is not None and not any(names.has(cast(str, origin)) for origin in origins):
        raise Refused("wrong_audience", certificate.serial)


def _check_payload(payload: JsonObject, certificate: Certificate) -> None:
    try:
        PAYLOAD(payload)
    except ShapeError as error:
        raise Refused("claims_invalid", certificate.serial) from error
    if payload["deviceId"] != certificate.fingerprint:
        raise Refused("key_mismatch", certificate.serial)
