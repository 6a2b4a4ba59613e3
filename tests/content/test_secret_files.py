"""Secrets that are known by what is in them, whatever they are called."""

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from vibes_trio.auth.ca import make_ca
from vibes_trio.content.secret_files import MAX_SECRET_BYTES, holds_secret


def pem_of(kind: str) -> bytes:
    key = {
        "ec": lambda: ec.generate_private_key(ec.SECP256R1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
    }[kind]()
    form = getattr(
        serialization.PrivateFormat, {"ec": "TraditionalOpenSSL", "ed25519": "OpenSSH"}.get(kind, "PKCS8")
    )
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


@pytest.mark.parametrize("kind", ["ec", "ed25519", "rsa"])
def test_a_private_key_in_pem_is_a_secret(kind: str) -> None:
    pem = pem_of(kind)

    assert holds_secret("notes.txt", pem)
    assert holds_secret("notes.txt", b"my key:\r\n" + pem.replace(b"\n", b"\r\n"))
    assert holds_secret("key.js", b"export const key = `" + pem + b"`;")
    assert holds_secret("key.js", b'export const key = "' + pem.replace(b"\n", b"\\n") + b'";')


@pytest.mark.parametrize(
    "content",
    [
        b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMIIEpAIBAAKCAQEAabcd",
        b"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\nlQOYBGHabcdefgh1ij",
        b"PuTTY-User-Key-File-3: ssh-ed25519\n",
        b"-----BEGIN PRIVATE KEY-----\nshort\n-----END PRIVATE KEY-----\n",
        b"notes\r\n-----BEGIN OPENSSH PRIVATE KEY-----\r\n",
        b"# created\nAGE-SECRET-KEY-1QQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L\n",
    ],
)
def test_keys_of_other_programs_are_secrets(content: bytes) -> None:
    assert holds_secret("key", content)


@pytest.mark.parametrize(
    "document",
    [
        {"type": "service_account", "private_key": "-----BEGIN"},
        {"installed": {"client_secret": "GOCSPX-abcdefghijklmnopqrst"}},
        {"item": {"deviceId": {"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "d": "d"}}},
        {"keys": [{"kty": "RSA", "n": "n", "e": "AQAB", "d": "d"}]},
        {"aws": {"SecretAccessKey": "abcdefghijklmnopqrstuvwxyz0123456789"}},
    ],
)
def test_service_accounts_and_private_jwks_are_secrets(document: object) -> None:
    assert holds_secret("a.json", json.dumps(document, indent=2).encode())


def test_the_keys_of_a_server_of_ours_are_secrets() -> None:
    settings = make_ca(1_900_000_000).settings

    assert holds_secret("keys.json", json.dumps(settings).encode())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("App.jsx", b'if (text.startsWith("-----BEGIN PRIVATE KEY-----")) parse(text)'),
        ("App.jsx", b'pem = "-----BEGIN PRIVATE KEY-----\\n" + body + "\\n-----END PRIVATE KEY-----"'),
        ("cert.txt", b"-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUabcd\n-----END CERTIFICATE-----"),
        ("key.txt", b"-----BEGIN PUBLIC KEY-----\nMIIBszCCAVmgAwIBAgIUabcd\n-----END PUBLIC KEY-----"),
        ("en.json", b'{"privateKey": "Your private key, please", "clientSecret": ""}'),
        ("package.json", b'{"private": true, "dependencies": {"jose": "5"}}'),
        ("jwk.json", b'{"kty": "EC", "x": "x", "y": "y"}'),
        ("list.json", b'[1, "d", null, {"d": "M0 0", "kty": 1}]'),
        ("broken.json", b'{"private_key": "-----BEGIN'),
        ("number.json", b'{"private_key": 7, "kty": 1}'),
        ("deep.json", b"[" * 5000 + b'"kty"' + b"]" * 5000),
        ("latin.json", b'{"private_key": "\xe9"}'),
        ("film.mp4", b"\0" * 100),
        ("a.txt", b'{"private_key": "0123456789012345678901234567890"}'),
    ],
)
def test_what_only_speaks_of_keys_is_none(name: str, content: bytes) -> None:
    assert not holds_secret(name, content)


def test_what_is_larger_than_any_key_is_none() -> None:
    assert not holds_secret("a.txt", pem_of("ec") + b" " * MAX_SECRET_BYTES)
