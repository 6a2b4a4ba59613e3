"""Public keys from a setting's text or from an address, in every encoding of auth.md section 1. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TypeGuard
from urllib.parse import urlsplit, urlunsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from vibes_trio.auth.encoding import (
    Json,
    JsonObject,
    decode_base58btc,
    decode_base64,
    parse_json,
    parse_object,
)
from vibes_trio.auth.jwk import MIN_RSA_BITS, PublicKey, read_public_jwk, thumbprint
from vibes_trio.errors import ConfigError

WELL_KNOWN = "/.well-known/jwks.json"

_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]*-----END PUBLIC KEY-----", re.ASCII)
_WHITE_SPACE = re.compile(r"\s+", re.ASCII)

WANTED = "a public key as PEM (BEGIN PUBLIC KEY), JWK or JWKS; the latter two also as base64 or base58btc"


@dataclass(frozen=True, slots=True)
class NamedKey:
    """A public key and the `kid` it was published under; equal when both are equal."""

    kid: str | None
    thumbprint: str
    key: PublicKey = field(compare=False, repr=False)


def read_key_setting(setting: str, text: str) -> tuple[NamedKey, ...]:
    """Return the public keys in *text*, the value of *setting*. Empty text gives none.

    Raises:
        ConfigError: not one usable key, or a private key, which doesn't belong there.
    """
    if not text:
        return ()
    try:
        if "-----BEGIN " in text:
            keys = tuple(_read_pem(text))
        else:
            members = _jwks_members(_json_of(text))
            if any("d" in jwk for jwk in members):
                raise ConfigError(f"{setting}: holds a private key. Give its public half only.")
            keys = tuple(_usable(members))
    except ValueError as error:
        raise ConfigError(f"{setting}: {WANTED} is wanted: {error}.") from error
    if not keys:
        raise ConfigError(f"{setting}: holds no usable key; {WANTED} is wanted.")
    return keys


def read_clerk_setting(setting: str, text: str) -> tuple[NamedKey, ...]:
    """Return the RSA keys in *text*; Clerk signs with nothing else.

    Raises:
        ConfigError: as `read_key_setting`, or no RSA key among them.
    """
    keys = _only_rsa(read_key_setting(setting, text))
    if text and not keys:
        raise ConfigError(f"{setting}: holds no RSA key; Clerk signs with RS256 only.")
    return keys


def read_jwks(data: bytes) -> tuple[NamedKey, ...]:
    """Return the RSA keys of a JWKS document; members that are no usable key are skipped.

    Raises:
        ValueError: it is no `{"keys": […]}`, or it has no usable key.
    """
    document = parse_object(data)
    if "keys" not in document:
        raise ValueError("no keys member")
    keys = _only_rsa(_usable(_jwks_members(document)))
    if not keys:
        raise ValueError("no usable key")
    return keys


def jwks_address(text: str) -> str:
    """Return the address to fetch for one item of CLERK_PUB_JWT_URL. A bare host gets the well-known path.

    Raises:
        ConfigError: no https address; http is taken for the own machine only.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise ConfigError(f"CLERK_PUB_JWT_URL: {text!r} is no address: {error}.") from error
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))):
        raise ConfigError(f"CLERK_PUB_JWT_URL: an https:// address is wanted; got {text!r}.")
    return urlunsplit(parts._replace(path=WELL_KNOWN if parts.path in ("", "/") else parts.path, fragment=""))


def _json_of(text: str) -> Json:
    """Return the JSON in *text*: plain, as base64, or as base58btc (white space ignored)."""
    if text.lstrip().startswith(("{", "[", '"')):
        return parse_json(text.encode())
    packed = _WHITE_SPACE.sub("", text)
    try:
        return parse_json(decode_base64(packed))
    except ValueError:
        return parse_json(decode_base58btc(packed))


def _read_pem(text: str) -> Iterable[NamedKey]:
    # Environment files often spell the line ends as a backslash and an n.
    for block in _PEM.findall(text.replace("\\r", "").replace("\\n", "\n")):
        try:
            key = load_pem_public_key(block.encode("ascii"))
        except UnsupportedAlgorithm as error:
            raise ValueError(str(error)) from error
        if _is_usable(key):
            yield NamedKey(None, thumbprint(key), key)


def _is_usable(key: object) -> TypeGuard[PublicKey]:
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= MIN_RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def _jwks_members(document: Json) -> list[JsonObject]:
    """Return the JWKs of a JWKS document, or the one JWK that stands for itself."""
    members = document.get("keys", [document]) if isinstance(document, dict) else []
    return [jwk for jwk in members if isinstance(jwk, dict)] if isinstance(members, list) else []


def _usable(members: list[JsonObject]) -> Iterable[NamedKey]:
    for jwk in members:
        kid = jwk.get("kid")
        if jwk.get("use", "sig") != "sig" or not (kid is None or isinstance(kid, str)):
            continue
        try:
            key = read_public_jwk(jwk)
        except ValueError:
            continue
        yield NamedKey(kid, thumbprint(key), key)


def _only_rsa(keys: Iterable[NamedKey]) -> tuple[NamedKey, ...]:
    return tuple(named for named in keys if isinstance(named.key, rsa.RSAPublicKey))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
