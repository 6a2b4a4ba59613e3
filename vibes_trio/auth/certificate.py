"""What stands in a certificate and in a user's claims (auth.md 2.2, 2.7). Pure."""

import hashlib
from typing import cast

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from vibes_trio.auth.encoding import JsonObject, canonical_json, encode_base58btc, parse_object
from vibes_trio.auth.jwk import read_public_jwk, thumbprint
from vibes_trio.auth.jws import Refused
from vibes_trio.auth.schema import (
    anything,
    array,
    boolean,
    country,
    either,
    email,
    integer,
    natural,
    nothing,
    one_of,
    record,
    text,
    url,
)
from vibes_trio.auth.verifier import Claims
from vibes_trio.exchange import UserId

KEY_USAGES = ("digitalSignature", "keyEncipherment")
EXTENDED_KEY_USAGES = ("serverAuth",)

_text_or_null = either(text, nothing)
_text_or_texts = either(text, array(text))

REGISTERED = {
    **dict.fromkeys(("azp", "iss", "sub", "jti"), text),
    "aud": _text_or_texts,
    **dict.fromkeys(("exp", "nbf", "iat"), integer),
}
"""The registered claims, each optional, of device tokens, requests and users' claims."""

SUBJECT = record(
    {"commonName": text},
    {
        **dict.fromkeys(
            (
                "stateOrProvinceName",
                "locality",
                "organization",
                "organizationalUnitName",
                "serialNumber",
                "streetAddress",
                "postalCode",
                "businessCategory",
                "jurisdictionStateOrProvinceName",
                "jurisdictionLocalityName",
            ),
            text,
        ),
        "countryName": country,
        "jurisdictionCountryName": country,
        "emailAddress": email,
    },
)

EC_JWK = record(
    {"kty": one_of("EC"), "crv": one_of("P-256"), "x": text, "y": text},
    {
        "use": one_of("sig", "enc"),
        "key_ops": array(text),
        "alg": text,
        "kid": text,
        "x5u": url,
        "x5c": array(text),
        "x5t": text,
        "x5t#S256": text,
    },
)

_usages = array(
    one_of(
        *("digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement"),
        *("keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"),
    )
)
_extended_usages = array(
    one_of(
        *("serverAuth", "clientAuth", "codeSigning", "emailProtection", "timeStamping", "OCSPSigning"),
        *("ipsecIKE", "msCodeInd", "msCodeCom", "msCTLSign", "msEFS"),
    )
)

EXTENSIONS = record(
    {},
    {
        "subjectAltName": array(text),
        "keyUsage": _usages,
        "extendedKeyUsage": _extended_usages,
        "basicConstraints": record({}, {"cA": boolean, "pathLenConstraint": natural}),
        "authorityKeyIdentifier": text,
        "subjectKeyIdentifier": text,
        "certificatePolicies": array(record({"policyIdentifier": text}, {"policyQualifiers": array(text)})),
        "crlDistributionPoints": array(url),
        "authorityInfoAccess": record({}, {"ocsp": array(url), "caIssuers": array(url)}),
        "nameConstraints": record({}, {"permitted": array(text), "excluded": array(text)}),
    },
)

CLAIMS = record(
    {
        **dict.fromkeys(("userId", "sub", "role"), text),
        "params": record(
            {"email": text, "email_verified": boolean},
            {"public_meta": anything, "nick": text, "external_id": _text_or_null},
            filled={
                **dict.fromkeys(("first", "last", "image_url"), (text, "")),
                "name": (_text_or_null, None),
            },
        ),
    },
    {**{name: shape for name, shape in REGISTERED.items() if name != "sub"}, "app_metadata": anything},
)

CERTIFICATE = record(
    {
        **dict.fromkeys(("iss", "sub", "jti"), text),
        "aud": _text_or_texts,
        **dict.fromkeys(("iat", "nbf", "exp"), integer),
        "certificate": record(
            {
                "version": one_of("3"),
                "serialNumber": text,
                "subject": SUBJECT,
                "issuer": SUBJECT,
                "validity": record({"notBefore": text, "notAfter": text}),
                "subjectPublicKeyInfo": EC_JWK,
                "signatureAlgorithm": one_of("ES256"),
                "keyUsage": _usages,
                "extendedKeyUsage": _extended_usages,
            },
            {"extensions": EXTENSIONS},
        ),
    },
    {"creatingUser": record({"type": one_of("clerk"), "claims": CLAIMS})},
)


class Certificate(msgspec.Struct, frozen=True):
    """A device certificate that has the right form. Whether the CA signed it is for `device_id` to say.

    Attributes:
        issuer: common name of the CA.
        serial: serial number, base58btc.
        not_before, not_after: Unix seconds, both inclusive.
        key, fingerprint: the certified device key and its thumbprint.
        sha1, sha256: multihashes (base58btc) of the certificate's bytes, as in `x5t` and `x5t#S256`.
        sha256_hex: the SHA-256 again, as the registry of issued certificates keeps it.
        normal_digest: tells whether another certificate says the same, see `normal_digest`.
        claims: of the user who had it issued.
    """

    issuer: str
    serial: str
    not_before: int
    not_after: int
    key: ec.EllipticCurvePublicKey
    fingerprint: str
    sha1: str
    sha256: str
    sha256_hex: str
    normal_digest: bytes
    claims: Claims


def normal_certificate(payload: JsonObject) -> JsonObject:
    """Return the normal form of a certificate's payload.

    Raises:
        ShapeError: it is no certificate; says which member and why.
    """
    return cast(JsonObject, CERTIFICATE(payload))


def normal_digest(normal: JsonObject) -> bytes:
    """Return the SHA-256 of a normal form: equal for equal certificates, however they are written."""
    return hashlib.sha256(canonical_json(normal).encode()).digest()


def read_certificate(data: bytes) -> Certificate:
    """Return the device certificate in *data*, the JSON of its payload.

    Raises:
        Refused: `malformed`: no JSON object; `cert_invalid`: no certificate, not in normal form, without
            `creatingUser`, or of a key that is not on P-256.
    """
    try:
        payload = parse_object(data)
    except ValueError as error:
        raise Refused("malformed") from error
    try:
        normal = normal_certificate(payload)
        key = certified_key(normal)
        is_normal = canonical_json(normal) == canonical_json(payload)
    except ValueError as error:
        raise Refused("cert_invalid", str(error)) from error
    if not is_normal or "creatingUser" not in normal:
        raise Refused("cert_invalid", cast(str, normal["jti"]))
    return _certificate_of(normal, key, data)


def certified_key(normal: JsonObject) -> ec.EllipticCurvePublicKey:
    """Return the key that a certificate in normal form is about.

    Raises:
        ValueError: the coordinates are no point on P-256.
    """
    certificate = cast(JsonObject, normal["certificate"])
    return cast(ec.EllipticCurvePublicKey, read_public_jwk(certificate["subjectPublicKeyInfo"]))


def read_claims(payload: JsonObject) -> Claims:
    """Return the user's claims in *payload*; members we have no use for are dropped.

    Raises:
        ShapeError: a claim is missing or of the wrong type.
    """
    return _claims_of(cast(JsonObject, CLAIMS(payload)))


def claims_json(claims: Claims) -> JsonObject:
    """Return *claims* as a certificate carries them: nothing but what the schema demands (auth.md 8)."""
    return {
        "userId": claims.user_id,
        "sub": claims.sub,
        "role": claims.role,
        "params": {
            "email": claims.email,
            "email_verified": claims.email_verified,
            "first": "",
            "last": "",
            "image_url": "",
            "name": None,
            "public_meta": {},
        },
    }


def _claims_of(normal: JsonObject) -> Claims:
    params = cast(JsonObject, normal["params"])
    return Claims(
        user_id=UserId(cast(str, normal["userId"])),
        sub=cast(str, normal["sub"]),
        role=cast(str, normal["role"]),
        email=cast(str, params["email"]),
        email_verified=cast(bool, params["email_verified"]),
    )


def _certificate_of(normal: JsonObject, key: ec.EllipticCurvePublicKey, data: bytes) -> Certificate:
    sha1, sha256 = thumbprints(data)
    creating_user = cast(JsonObject, normal["creatingUser"])
    return Certificate(
        issuer=cast(str, normal["iss"]),
        serial=cast(str, normal["jti"]),
        not_before=cast(int, normal["nbf"]),
        not_after=cast(int, normal["exp"]),
        key=key,
        fingerprint=thumbprint(key),
        sha1=sha1,
        sha256=sha256,
        sha256_hex=hashlib.sha256(data).hexdigest(),
        normal_digest=normal_digest(normal),
        claims=_claims_of(cast(JsonObject, creating_user["claims"])),
    )


def thumbprints(data: bytes) -> tuple[str, str]:
    """Return `x5t` and `x5t#S256` of a certificate's bytes: base58btc of their multihashes."""
    sha1 = hashlib.sha1(data, usedforsecurity=False).digest()
    sha256 = hashlib.sha256(data).digest()
    return encode_base58btc(b"\x11\x14" + sha1), encode_base58btc(b"\x12\x20" + sha256)
