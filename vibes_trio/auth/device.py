"""A device, as the command line needs it: its key file and the tokens it makes (auth.md 2.4, 5). Pure."""

import base64
import json
import secrets
from dataclasses import dataclass, field
from typing import cast

from cryptography.hazmat.primitives.asymmetric import ec

from vibes_trio.auth.ca import DEVICE_DAYS, Ca, Issued, issue_certificate
from vibes_trio.auth.certificate import certified_key, normal_certificate, thumbprints
from vibes_trio.auth.csr import Csr
from vibes_trio.auth.encoding import (
    JsonObject,
    canonical_json,
    decode_base64,
    encode_base58btc,
    parse_json,
    sorts_alike,
)
from vibes_trio.auth.jwk import new_key, private_jwk, read_private_jwk, thumbprint
from vibes_trio.auth.jws import Refused, sign_jws, split_jws
from vibes_trio.auth.verifier import Claims
from vibes_trio.config import Limits
from vibes_trio.errors import ConfigError

KEY_FILE_ID = "z3QkefAC57rcrs"
TOKEN_ID_BYTES = 6
TOKEN_LIFETIME_S = 120

_WANTED = "a key file as `device issue` writes it is wanted"


@dataclass(frozen=True, slots=True)
class Device:
    """What a device needs to sign in.

    Attributes:
        key: its private key.
        certificate_jwt: as the CA signed it.
        certificate: the payload of that, in normal form.
    """

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate_jwt: str
    certificate: JsonObject


def issue_device(
    ca: Ca, claims: Claims, name: str, now: float, days: int = DEVICE_DAYS
) -> tuple[Device, Issued]:
    """Return a new device with a key of its own, and what the registry has to keep of its certificate.

    Args:
        name: common name of the certificate, for lists.
        now: Unix seconds.
    """
    key = new_key()
    public = key.public_key()
    csr = Csr({"commonName": name}, public, thumbprint(public), "certificate-authority")
    issued = issue_certificate(ca, csr, claims, now, days)
    return Device(key, issued.certificate_jwt, issued.payload), issued


def write_key_file(device: Device) -> str:
    """Return *device* as the JSON of a key file, which the JavaScript clients read too. It is secret."""
    return json.dumps(
        {
            "id": KEY_FILE_ID,
            "clazz": "DeviceIdKeyBagItem",
            "item": {
                "deviceId": private_jwk(device.key),
                "cert": {
                    "certificateJWT": device.certificate_jwt,
                    "certificatePayload": device.certificate,
                },
            },
        },
        ensure_ascii=False,
    )


def read_key_file(text: str) -> Device:
    """Return the device of a key file: its JSON or the `item` alone, plain or as base64.

    The certificate is taken from its JWT; whether a CA signed it is for the server to say.

    Raises:
        ConfigError: it is none, or the certificate is about another key.
    """
    try:
        document = parse_json(text.encode() if text.lstrip().startswith("{") else decode_base64(text.strip()))
        whole = cast(JsonObject, document)
        item = cast(JsonObject, whole.get("item", whole))
        certificate_jwt = cast(JsonObject, item["cert"])["certificateJWT"]
        key = read_private_jwk(item["deviceId"])
        certificate = read_certificate_jwt(cast(str, certificate_jwt))
        if certified_key(certificate) != key.public_key():
            raise ValueError("the certificate is about another key")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"The device's key file can't be used; {_WANTED}: {error}.") from error
    return Device(key, cast(str, certificate_jwt), certificate)


def read_certificate_jwt(certificate_jwt: str) -> JsonObject:
    """Return the payload, in normal form, of a certificate JWT whose signature is not looked at.

    Raises:
        ValueError: it is no certificate JWT.
    """
    try:
        return normal_certificate(
            split_jws(certificate_jwt, Limits().max_token_bytes, typ="CERT+JWT").payload()
        )
    except Refused as refused:
        raise ValueError("no certificate JWT") from refused


def mint_token(
    device: Device,
    now: float,
    *,
    seq: int = 1,
    issuer: str = "vibes-trio",
    lifetime_s: int = TOKEN_LIFETIME_S,
    audience: str = "",
) -> str:
    """Return a token of *device*, with the CA-signed certificate in it.

    Args:
        now: Unix seconds.
        seq: counts the tokens of one process, from 1.
        issuer: name of the client.
        lifetime_s: at most 3600 has an effect.
        audience: origin of the server that is to take it, see `audience.origin_of`; empty: any may.
    """
    fingerprint = thumbprint(device.key.public_key())
    data = canonical_json(device.certificate).encode()
    header: JsonObject = {
        "typ": "JWT",
        "kid": fingerprint,
        "x5c": [base64.b64encode(data).decode("ascii")],
        **_thumbprint_headers(device.certificate, data),
        "x5c#jwt": device.certificate_jwt,
    }
    payload: JsonObject = {
        "iss": issuer,
        "sub": "device-id",
        "deviceId": fingerprint,
        "seq": seq,
        "exp": int(now) + lifetime_s,
        "nbf": int(now) - 2,
        "iat": int(now),
        "jti": encode_base58btc(secrets.token_bytes(TOKEN_ID_BYTES)),
        **({"aud": audience} if audience else {}),
    }
    return sign_jws(header, payload, device.key)


def read_token_times(token: str) -> tuple[float, float]:
    """Return from when until when *token* counts, Unix seconds; its signature is not looked at.

    Raises:
        ValueError: it is no token, or doesn't say.
    """
    try:
        payload = split_jws(token, Limits().max_token_bytes, typ="JWT", typ_may_lack=True).payload()
        begins, ends = payload.get("nbf", payload.get("iat", 0)), payload["exp"]
    except (Refused, KeyError) as refused:
        raise ValueError("no token that says how long it counts") from refused
    if not isinstance(begins, int | float) or not isinstance(ends, int | float):
        raise ValueError("no token whose times are numbers")
    return float(begins), float(ends)


def read_token_name(token: str) -> str:
    """Return whom the device of *token* was issued for; empty: it does not say. Nothing is checked."""
    try:
        header = split_jws(token, Limits().max_token_bytes, typ="JWT", typ_may_lack=True).header
        certificate = read_certificate_jwt(cast(str, header["x5c#jwt"]))
        return str(cast(JsonObject, cast(JsonObject, certificate["certificate"])["subject"])["commonName"])
    except (Refused, ValueError, KeyError, TypeError, AttributeError):
        return ""


def _thumbprint_headers(certificate: JsonObject, data: bytes) -> JsonObject:
    """Return `x5t` and `x5t#S256`; nothing if other clients might write the certificate's bytes otherwise."""
    creating_user = cast(JsonObject, certificate.get("creatingUser", {}))
    claims = cast(JsonObject, creating_user.get("claims", {}))
    params = cast(JsonObject, claims.get("params", {}))
    if not sorts_alike(params.get("public_meta")) or not sorts_alike(claims.get("app_metadata")):
        return {}
    sha1, sha256 = thumbprints(data)
    return {"x5t": sha1, "x5t#S256": sha256}
