"""The certificate authority: made, checked at start, and issuing device certificates (auth.md 1, 2.2, 9)."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from vibes_trio.auth.certificate import (
    EXTENDED_KEY_USAGES,
    KEY_USAGES,
    certified_key,
    claims_json,
    normal_certificate,
)
from vibes_trio.auth.csr import Csr
from vibes_trio.auth.device_id import TrustedCa
from vibes_trio.auth.encoding import (
    JsonObject,
    canonical_json,
    decode_base58btc,
    encode_base58btc,
    parse_json,
)
from vibes_trio.auth.jwk import env_key, new_key, private_jwk, public_jwk, read_private_jwk, thumbprint
from vibes_trio.auth.jws import Refused, has_signature_of, sign_jws, split_jws
from vibes_trio.auth.verifier import Claims
from vibes_trio.config import Limits
from vibes_trio.errors import ConfigError

DAY_S = 86_400
CA_DAYS = 3650
DEVICE_DAYS = 90
WARN_DAYS = 30
SERIAL_BYTES = 32

PRIV_KEY_SETTING = "DEVICE_ID_CA_PRIV_KEY"
CERT_SETTING = "DEVICE_ID_CA_CERT"


@dataclass(frozen=True, slots=True)
class Ca:
    """A certificate authority.

    Attributes:
        subject: of its certificate; its `commonName` is the CA's name.
        key: its private key.
        certificate_jwt: what it says about itself.
        not_after: Unix seconds at which its certificate ends.
    """

    subject: JsonObject
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate_jwt: str
    not_after: int

    @property
    def name(self) -> str:
        """The common name, which certificates call `iss`."""
        return cast(str, self.subject["commonName"])

    @property
    def settings(self) -> dict[str, str]:
        """The two settings that stand for this CA; the first is secret."""
        return {PRIV_KEY_SETTING: env_key(private_jwk(self.key)), CERT_SETTING: self.certificate_jwt}

    def trusted(self, until: int | None = None) -> TrustedCa:
        """Return what a verifier needs of it."""
        return TrustedCa(self.name, self.key.public_key(), until)


class Issued(msgspec.Struct, frozen=True):
    """A device certificate, with what the registry keeps of it.

    Attributes:
        certificate_jwt: for the device.
        payload: of that JWT.
        serial: serial number, base58btc.
        fingerprint: of the device's key.
        sha256_hex: SHA-256 of the bytes that stand in `x5c` of the device's tokens.
        issued_at, expires_at: Unix seconds.
    """

    certificate_jwt: str
    payload: JsonObject
    serial: str
    fingerprint: str
    sha256_hex: str
    issued_at: int
    expires_at: int


def make_ca(now: float) -> Ca:
    """Return a new CA for ten years from *now* (Unix seconds), named after its key."""
    key = new_key()
    subject: JsonObject = {"commonName": f"vibes-trio {thumbprint(key.public_key())[:8]}"}
    start, end = int(now), int(now) + CA_DAYS * DAY_S
    payload = _certificate_payload(
        issuer=subject,
        subject=subject,
        audience="certificate-users",
        key=key.public_key(),
        serial=encode_base58btc(secrets.token_bytes(SERIAL_BYTES)),
        start=start,
        end=end,
    )
    return Ca(subject, key, _sign_certificate(payload, key), end)


def read_ca(priv_key: str, certificate_jwt: str, now: float | None) -> Ca:
    """Return the CA of the settings DEVICE_ID_CA_PRIV_KEY and DEVICE_ID_CA_CERT.

    Args:
        now: Unix seconds; None takes an expired certificate as well.

    Raises:
        ConfigError: one of them can't be used; says which and why.
    """
    try:
        key = read_private_jwk(parse_json(decode_base58btc(priv_key)))
    except ValueError as error:
        raise ConfigError(
            f"{PRIV_KEY_SETTING}: a private EC P-256 JWK as base58btc (z…) is wanted: {error}."
        ) from error
    payload = _own_certificate(certificate_jwt, key, now)
    certificate = cast(JsonObject, payload["certificate"])
    return Ca(cast(JsonObject, certificate["issuer"]), key, certificate_jwt, cast(int, payload["exp"]))


def expiry_warning(ca: Ca, now: float) -> str | None:
    """Return what to tell the operator when the certificate of *ca* ends within 30 days."""
    days = int((ca.not_after - now) // DAY_S)
    if days >= WARN_DAYS:
        return None
    return f"The device CA {ca.name!r} expires in {days} days; then the server can't start. Rotate its keys."


def issue_certificate(ca: Ca, csr: Csr, claims: Claims, now: float, days: int = DEVICE_DAYS) -> Issued:
    """Return a certificate for the device that made *csr*, used by the user of *claims*.

    It starts at *now* (Unix seconds), lasts *days*, though never longer than the CA's own, and says of
    the user what the schema demands and no more.
    """
    start, end = int(now), min(int(now) + days * DAY_S, ca.not_after)
    serial = encode_base58btc(secrets.token_bytes(SERIAL_BYTES))
    payload = _certificate_payload(
        issuer=ca.subject,
        subject=csr.subject,
        audience=csr.audience,
        key=csr.key,
        serial=serial,
        start=start,
        end=end,
    )
    payload["creatingUser"] = {"type": "clerk", "claims": claims_json(claims)}
    return Issued(
        certificate_jwt=_sign_certificate(payload, ca.key),
        payload=payload,
        serial=serial,
        fingerprint=csr.fingerprint,
        sha256_hex=hashlib.sha256(canonical_json(payload).encode()).hexdigest(),
        issued_at=start,
        expires_at=end,
    )


def _own_certificate(certificate_jwt: str, key: ec.EllipticCurvePrivateKey, now: float | None) -> JsonObject:
    """Return the payload, in normal form, of the certificate that the CA with *key* gave itself."""
    try:
        jws = split_jws(certificate_jwt, Limits().max_token_bytes, typ="CERT+JWT")
        if jws.header["alg"] != "ES256" or not has_signature_of(jws, "ES256", key.public_key()):
            raise ValueError(f"it is not signed with {PRIV_KEY_SETTING}")
        payload = normal_certificate(jws.payload())
        if now is not None and not cast(int, payload["nbf"]) <= now < cast(int, payload["exp"]):
            raise ValueError("it is expired or not yet valid")
        if payload["iss"] != payload["sub"] or "creatingUser" in payload:
            raise ValueError("it is a device's, not a CA's")
        if certified_key(payload) != key.public_key():
            raise ValueError("it is about another key")
    except Refused as refused:
        raise ConfigError(f"{CERT_SETTING}: a certificate JWT is wanted.") from refused
    except ValueError as error:
        raise ConfigError(f"{CERT_SETTING}: can't be used: {error}.") from error
    return payload


def _certificate_payload(
    *,
    issuer: JsonObject,
    subject: JsonObject,
    audience: str | list[str],
    key: ec.EllipticCurvePublicKey,
    serial: str,
    start: int,
    end: int,
) -> JsonObject:
    return {
        "iss": issuer["commonName"],
        "sub": subject["commonName"],
        "aud": [*audience] if isinstance(audience, list) else audience,
        "iat": start,
        "nbf": start,
        "exp": end,
        "jti": serial,
        "certificate": {
            "version": "3",
            "serialNumber": serial,
            "subject": subject,
            "issuer": issuer,
            "validity": {"notBefore": _iso(start), "notAfter": _iso(end)},
            "subjectPublicKeyInfo": public_jwk(key),
            "signatureAlgorithm": "ES256",
            "keyUsage": [*KEY_USAGES],
            "extendedKeyUsage": [*EXTENDED_KEY_USAGES],
        },
    }


def _sign_certificate(payload: JsonObject, ca_key: ec.EllipticCurvePrivateKey) -> str:
    header: JsonObject = {"typ": "CERT+JWT", "kid": thumbprint(ca_key.public_key()), "x5c": []}
    return sign_jws(header, payload, ca_key)


def _iso(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
