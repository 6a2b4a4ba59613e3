import base64
import json
from pathlib import Path

import pytest

from vibes_trio.auth.ca import make_ca, read_ca
from vibes_trio.auth.device import (
    Device,
    issue_device,
    mint_token,
    read_key_file,
    read_token_times,
    write_key_file,
)
from vibes_trio.auth.device_id import DeviceTrust, verify_device_token
from vibes_trio.auth.jwk import new_key
from vibes_trio.auth.jws import split_jws
from vibes_trio.auth.verifier import Claims
from vibes_trio.errors import ConfigError
from vibes_trio.exchange import UserId

VECTORS = json.loads((Path(__file__).parents[1] / "conformance" / "auth-vectors.json").read_text("utf-8"))
USERS = VECTORS["users"]
CANONICAL = {vector["name"]: vector for vector in VECTORS["canonical"]}
NOW = VECTORS["reference_now"]
ENV = VECTORS["env"]["main"]
CA = read_ca(ENV["DEVICE_ID_CA_PRIV_KEY"], ENV["DEVICE_ID_CA_CERT"], NOW)
ALICE = Claims(UserId("alice"), "alice", "authenticated", "alice@example.com", False)


def header_of(token):
    return split_jws(token, 32 * 1024, typ="JWT").header


@pytest.mark.parametrize("name", USERS)
def test_recorded_key_file_signs_in_and_is_written_back(name):
    user = USERS[name]

    device = read_key_file(json.dumps(user["keybag_item"]))
    claims = verify_device_token(mint_token(device, NOW), DeviceTrust((CA.trusted(),)), NOW).claims

    assert claims.user_id == user["userId"]
    assert json.loads(write_key_file(device)) == user["keybag_item"]


@pytest.mark.parametrize("name", USERS)
def test_item_alone_and_base64_are_key_files_too(name):
    item = json.dumps(USERS[name]["keybag_item"]["item"])

    for text in (item, base64.b64encode(item.encode()).decode() + "\n"):
        assert read_key_file(text).certificate == USERS[name]["certificate_payload"]


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_minted_token_has_the_thumbprints_that_javascript_computes(name):
    header = header_of(mint_token(read_key_file(json.dumps(USERS[name]["keybag_item"])), NOW))

    vector = CANONICAL[f"certificate-{name}"]
    assert header == {
        "alg": "ES256",
        "typ": "JWT",
        "kid": USERS[name]["fingerprint"],
        "x5c": [vector["x5c"]],
        "x5t": vector["x5t"],
        "x5t#S256": vector["x5t#S256"],
        "x5c#jwt": USERS[name]["certificate_jwt"],
    }


def test_thumbprints_are_left_out_where_clients_would_sort_otherwise():
    header = header_of(mint_token(read_key_file(json.dumps(USERS["carol"]["keybag_item"])), NOW))

    assert "x5t" not in header
    assert "x5t#S256" not in header


def test_payload_of_a_token_follows_the_recipe():
    device = read_key_file(json.dumps(USERS["alice"]["keybag_item"]))

    payload = split_jws(mint_token(device, NOW + 0.5, seq=7, issuer="me"), 32 * 1024, typ="JWT").payload()

    assert payload.pop("jti") != split_jws(mint_token(device, NOW), 32 * 1024, typ="JWT").payload()["jti"]
    assert payload == {
        "iss": "me",
        "sub": "device-id",
        "deviceId": USERS["alice"]["fingerprint"],
        "seq": 7,
        "iat": NOW,
        "nbf": NOW - 2,
        "exp": NOW + 120,
    }


def test_issued_device_signs_in_after_a_trip_through_its_key_file():
    ca = make_ca(NOW)
    device, issued = issue_device(ca, ALICE, "alice's laptop", NOW, days=1)

    read = read_key_file(write_key_file(device))
    verified = verify_device_token(mint_token(read, NOW), DeviceTrust((ca.trusted(),)), NOW)

    assert verified.claims == ALICE
    assert verified.until == NOW + 180
    assert issued.expires_at == NOW + 86_400
    assert issued.payload["certificate"]["subject"] == {"commonName": "alice's laptop"}
    assert "key=" not in repr(device)


def broken(change):
    document = json.loads(json.dumps(USERS["bob"]["keybag_item"]))
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "é",
        "{}",
        base64.b64encode(b"[]").decode(),
        broken(lambda document: document.update(item=1)),
        broken(lambda document: document["item"].pop("cert")),
        broken(lambda document: document["item"].update(cert="x")),
        broken(lambda document: document["item"]["cert"].update(certificateJWT="a.b.c")),
        broken(lambda document: document["item"]["cert"].update(certificateJWT=1)),
        broken(lambda document: document["item"]["deviceId"].pop("d")),
        broken(lambda document: document["item"].update(deviceId=USERS["alice"]["device_private_jwk"])),
    ],
)
def test_other_text_is_no_key_file(text):
    with pytest.raises(ConfigError, match="key file"):
        read_key_file(text)


def test_token_of_a_stolen_certificate_needs_its_key():
    device = read_key_file(json.dumps(USERS["alice"]["keybag_item"]))
    thief = Device(new_key(), device.certificate_jwt, device.certificate)

    with pytest.raises(Exception, match="key_mismatch"):
        verify_device_token(mint_token(thief, NOW), DeviceTrust((CA.trusted(),)), NOW)


def test_times_of_a_token_are_read_without_its_key():
    device = read_key_file(json.dumps(USERS["alice"]["keybag_item"]))

    assert read_token_times(mint_token(device, NOW)) == (int(NOW) - 2, int(NOW) + 120)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.AA"])
def test_what_is_no_token_has_no_times(token):
    with pytest.raises(ValueError, match="no token"):
        read_token_times(token)
