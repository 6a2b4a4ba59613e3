"""Keys as JWK (RFC 7517) and as objects of `cryptography`, into which each is parsed once. Pure.

Only EC P-256 and RSA exist here, so a key can't choose how it is used.
"""

import hashlib
import json

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from vibes_trio.auth.encoding import (
    Json,
    JsonObject,
    canonical_json,
    decode_base64url,
    encode_base58btc,
    encode_base64url,
)

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

MIN_RSA_BITS = 2048


def thumbprint(key: PublicKey) -> str:
    """Return the fingerprint of *key*: its RFC 7638 thumbprint, SHA-256, base64url."""
    text = canonical_json(public_jwk(key))
    return encode_base64url(hashlib.sha256(text.encode()).digest())


def public_jwk(key: PublicKey) -> JsonObject:
    """Return *key* as a JWK with the required members only."""
    if isinstance(key, rsa.RSAPublicKey):
        public = key.public_numbers()
        return {"kty": "RSA", "n": _uint(public.n), "e": _uint(public.e)}
    point = key.public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": _coordinate(point.x), "y": _coordinate(point.y)}


def private_jwk(key: ec.EllipticCurvePrivateKey) -> JsonObject:
    """Return *key*, EC P-256, as a JWK with its private member `d`."""
    return public_jwk(key.public_key()) | {"d": _coordinate(key.private_numbers().private_value)}


def read_public_jwk(jwk: Json) -> PublicKey:
    """Return the EC P-256 or RSA public key of *jwk*; members beside those of the key are not looked at.

    Raises:
        ValueError: another type, curve or encoding, a point off the curve, RSA below 2048 bits, or a
            private or symmetric key.
    """
    if not isinstance(jwk, dict) or "d" in jwk or "k" in jwk:
        raise ValueError("no public JWK")
    if jwk.get("kty") == "RSA":
        modulus, exponent = (int.from_bytes(_member(jwk, name)) for name in ("n", "e"))
        if modulus.bit_length() < MIN_RSA_BITS:
            raise ValueError(f"RSA keys below {MIN_RSA_BITS} bits are not accepted")
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise ValueError("neither RSA nor EC P-256")
    x, y = (int.from_bytes(_member(jwk, name, size=32)) for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def read_private_jwk(jwk: Json) -> ec.EllipticCurvePrivateKey:
    """Return the EC P-256 private key of *jwk*.

    Raises:
        ValueError: another kind of key, or a public half that does not belong to `d`.
    """
    if not isinstance(jwk, dict):
        raise ValueError("no JWK")
    scalar = int.from_bytes(_member(jwk, "d", size=32))
    public = read_public_jwk({name: value for name, value in jwk.items() if name != "d"})
    key = ec.derive_private_key(scalar, ec.SECP256R1())
    if key.public_key() != public:
        raise ValueError("the public half belongs to another key")
    return key


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a fresh EC P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def env_key(jwk: JsonObject) -> str:
    """Return *jwk* as an "env key" (auth.md 1): base58btc of its JSON."""
    return encode_base58btc(json.dumps(jwk, separators=(",", ":")).encode())


def _member(jwk: JsonObject, name: str, size: int | None = None) -> bytes:
    text = jwk.get(name)
    if not isinstance(text, str):
        raise ValueError(f"no member {name}")
    data = decode_base64url(text)
    if size is not None and len(data) != size:
        raise ValueError(f"{name} has {len(data)} bytes, not {size}")
    return data


def _uint(number: int) -> str:
    return encode_base64url(number.to_bytes((number.bit_length() + 7) // 8))


def _coordinate(number: int) -> str:
    return encode_base64url(number.to_bytes(32))
