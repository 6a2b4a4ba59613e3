import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from vibes_trio.auth.encoding import decode_base58btc, parse_json
from vibes_trio.auth.jwk import (
    env_key,
    new_key,
    private_jwk,
    public_jwk,
    read_private_jwk,
    read_public_jwk,
    thumbprint,
)

VECTORS = json.loads((Path(__file__).parents[1] / "conformance" / "auth-vectors.json").read_text("utf-8"))
USERS = VECTORS["users"]
EC_JWK = {name: USERS["alice"]["device_private_jwk"][name] for name in ("kty", "crv", "x", "y")}
RSA_JWK = VECTORS["clerk"]["jwks"]["keys"][0]


@pytest.mark.parametrize("name", USERS)
def test_recorded_device_key_is_read_and_written(name):
    user = USERS[name]

    key = read_private_jwk(user["device_private_jwk"])

    assert private_jwk(key) == user["device_private_jwk"]
    assert thumbprint(key.public_key()) == user["fingerprint"]
    assert parse_json(decode_base58btc(user["device_private_env"])) == user["device_private_jwk"]
    assert parse_json(decode_base58btc(env_key(private_jwk(key)))) == user["device_private_jwk"]


def test_rsa_key_is_read_and_written():
    key = read_public_jwk(RSA_JWK)

    assert public_jwk(key) == {name: RSA_JWK[name] for name in ("kty", "n", "e")}


def test_thumbprint_of_the_rfc_example():
    key = read_public_jwk(
        {
            "kty": "RSA",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1"
            "L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4"
            "QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO"
            "pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csF"
            "Cur-kEgU8awapJzKnqDKgw",
            "e": "AQAB",
        }
    )

    assert thumbprint(key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_coordinates_keep_their_leading_zeros():
    key = ec.derive_private_key(1, ec.SECP256R1())
    while not public_jwk(key.public_key())["x"].startswith("AA"):
        key = ec.derive_private_key(key.private_numbers().private_value + 1, ec.SECP256R1())

    jwk = private_jwk(key)

    assert [len(jwk[name]) for name in ("x", "y", "d")] == [43, 43, 43]
    assert private_jwk(read_private_jwk(jwk)) == jwk


@pytest.mark.parametrize(
    "jwk",
    [
        None,
        [],
        {},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "OKP", "crv": "Ed25519", "x": EC_JWK["x"]},
        EC_JWK | {"crv": "P-384"},
        EC_JWK | {"d": "AA"},
        EC_JWK | {"x": EC_JWK["y"]},
        EC_JWK | {"x": EC_JWK["x"] + "="},
        EC_JWK | {"x": EC_JWK["x"][:-4]},
        EC_JWK | {"x": 1},
        {"kty": "EC", "crv": "P-256", "x": EC_JWK["x"]},
        RSA_JWK | {"e": "AA"},
        RSA_JWK | {"n": "AQAB"},
        pytest.param(
            public_jwk(rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()),
            id="short RSA",
        ),
    ],
    ids=lambda jwk: repr(jwk)[:30],
)
def test_other_keys_are_refused(jwk):
    with pytest.raises(ValueError):
        read_public_jwk(jwk)


@pytest.mark.parametrize("change", [{"d": "AA"}, {"d": "A" * 43}, {"d": None}, {"kty": "RSA"}])
def test_private_key_with_a_bad_scalar_is_refused(change):
    with pytest.raises(ValueError):
        read_private_jwk(USERS["alice"]["device_private_jwk"] | change)


def test_private_key_has_to_belong_to_its_public_half():
    with pytest.raises(ValueError, match="another key"):
        read_private_jwk(USERS["alice"]["device_private_jwk"] | public_jwk(new_key().public_key()))


def test_text_is_no_private_key():
    with pytest.raises(ValueError):
        read_private_jwk("key")
