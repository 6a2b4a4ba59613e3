import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.auth.jwk import private_jwk, public_jwk, read_public_jwk, thumbprint
from vibes_trio.auth.key_settings import jwks_address, read_clerk_setting, read_jwks, read_key_setting
from vibes_trio.errors import ConfigError

VECTORS = json.loads((Path(__file__).parents[1] / "conformance" / "auth-vectors.json").read_text("utf-8"))
CLERK = VECTORS["clerk"]
ENCODINGS = {vector["name"]: vector for vector in CLERK["key_setting_encodings"]}
SESSION_JWK = VECTORS["keys"]["session_public_jwk"]


def pem(key):
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize("name", ENCODINGS)
def test_recorded_encoding_gives_recorded_keys(name):
    vector = ENCODINGS[name]

    if vector["expect_keys"] or not vector["value"]:
        keys = read_clerk_setting("CLERK_PUB_JWT_KEY_1", vector["value"])
        assert [named.kid for named in keys] == vector["expect_keys"]
    else:
        with pytest.raises(ConfigError, match="CLERK_PUB_JWT_KEY_1"):
            read_clerk_setting("CLERK_PUB_JWT_KEY_1", vector["value"])


def test_jwks_and_pem_hold_the_same_key():
    from_pem = read_clerk_setting("K", CLERK["pem"])[0]
    from_jwks = read_clerk_setting("K", json.dumps(CLERK["jwks"]))[0]

    assert from_pem.thumbprint == from_jwks.thumbprint
    assert from_pem != from_jwks
    assert (from_pem.kid, from_jwks.kid) == (None, "ins_key_1")


@pytest.mark.parametrize(
    "value",
    [
        VECTORS["env"]["main"]["CLOUD_SESSION_TOKEN_PUBLIC"],
        json.dumps(SESSION_JWK),
        pem(read_public_jwk(SESSION_JWK)),
    ],
    ids=["base58btc", "json", "pem"],
)
def test_session_key_may_be_elliptic(value):
    keys = read_key_setting("CLOUD_SESSION_TOKEN_PUBLIC", value)

    assert [named.thumbprint for named in keys] == [thumbprint(read_public_jwk(SESSION_JWK))]


@pytest.mark.parametrize(
    "value",
    [
        VECTORS["env"]["main"]["CLOUD_SESSION_TOKEN_SECRET"],
        json.dumps({"keys": [CLERK["jwks"]["keys"][0], CLERK["private_jwk_2"]]}),
    ],
    ids=["base58btc", "in a set"],
)
def test_private_key_is_refused_so_that_the_mistake_is_noticed(value):
    with pytest.raises(ConfigError, match="private key") as caught:
        read_key_setting("CLOUD_SESSION_TOKEN_PUBLIC", value)

    assert value not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        " ",
        '{"keys":1}',
        '{"keys":[1]}',
        '{"keys":[]}',
        json.dumps(SESSION_JWK | {"use": "enc"}),
        json.dumps(SESSION_JWK | {"kid": 1}),
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nMAowBAYCKgMDAgAA\n-----END PUBLIC KEY-----",
        pem(ed25519.Ed25519PrivateKey.generate().public_key()),
        pem(ec.generate_private_key(ec.SECP384R1()).public_key()),
        pem(rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()),
    ],
)
def test_text_without_a_usable_key_is_refused(value):
    with pytest.raises(ConfigError, match="SETTING"):
        read_key_setting("SETTING", value)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
def test_any_text_gives_keys_or_a_config_error(value):
    try:
        keys = read_key_setting("SETTING", value)
    except ConfigError:
        return
    assert keys == ()
    assert value == ""


def test_unusable_members_of_a_document_are_skipped_one_by_one():
    good = CLERK["jwks"]["keys"][1]
    odd = [1, {}, {"kty": "oct", "k": "AA"}, CLERK["private_jwk_1"], SESSION_JWK, good | {"n": "AQAB"}]

    keys = read_jwks(json.dumps({"keys": [*odd, good]}).encode())

    assert [named.kid for named in keys] == ["ins_key_2"]


@pytest.mark.parametrize(
    "document", [[], {}, {"keys": {}}, CLERK["jwks"]["keys"][0], {"keys": [SESSION_JWK]}]
)
def test_document_of_another_shape_is_refused(document):
    with pytest.raises(ValueError):
        read_jwks(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://clerk.example", "https://clerk.example/.well-known/jwks.json"),
        ("https://clerk.example/", "https://clerk.example/.well-known/jwks.json"),
        ("https://clerk.example/?a=b", "https://clerk.example/.well-known/jwks.json?a=b"),
        ("https://clerk.example:8443/keys#x", "https://clerk.example:8443/keys"),
        ("http://localhost:3000", "http://localhost:3000/.well-known/jwks.json"),
        ("http://127.0.0.1/keys", "http://127.0.0.1/keys"),
        ("http://[::1]:80/keys", "http://[::1]:80/keys"),
    ],
)
def test_address_without_a_path_gets_the_well_known_one(text, address):
    assert jwks_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "clerk.example",
        "http://clerk.example",
        "http://localhost.example/",
        "file://host/x",
        "https://",
        "https://a:b",
        "https://[::1",
    ],
)
def test_other_address_is_refused(text):
    with pytest.raises(ConfigError, match="CLERK_PUB_JWT_URL"):
        jwks_address(text)


def test_private_jwk_of_ours_is_never_taken_for_a_public_one():
    with pytest.raises(ConfigError):
        read_key_setting("SETTING", json.dumps(private_jwk(ec.generate_private_key(ec.SECP256R1()))))
    assert read_key_setting(
        "SETTING", json.dumps(public_jwk(ec.generate_private_key(ec.SECP256R1()).public_key()))
    )
