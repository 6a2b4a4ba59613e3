import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from vibes_trio.auth.ca import issue_certificate, make_ca, read_ca
from vibes_trio.auth.certificate import claims_json
from vibes_trio.auth.csr import Csr
from vibes_trio.auth.device import Device, issue_device, mint_token
from vibes_trio.auth.device_id import (
    DeviceTrust,
    DeviceVerifier,
    TrustedCa,
    TrustedCertificate,
    verify_device_token,
)
from vibes_trio.auth.encoding import canonical_json, decode_base58btc
from vibes_trio.auth.jwk import new_key, thumbprint
from vibes_trio.auth.jws import Refused, sign_jws
from vibes_trio.auth.verifier import Claims, VerifiedCache
from vibes_trio.config import Limits
from vibes_trio.errors import RequireLogin
from vibes_trio.exchange import UserId

VECTORS = json.loads((Path(__file__).parents[1] / "conformance" / "auth-vectors.json").read_text("utf-8"))
TOKENS = {vector["name"]: vector for vector in VECTORS["device_id_tokens"]}
ISSUED = {decode_base58btc(text)[2:].hex() for text in VECTORS["registry_x5t_S256"]}
NOW = VECTORS["reference_now"]
ALICE = Claims(UserId("alice"), "alice", "authenticated", "alice@example.com", True)


def ca_of(name):
    env = VECTORS["env"][name]
    return read_ca(env["DEVICE_ID_CA_PRIV_KEY"], env["DEVICE_ID_CA_CERT"], NOW).trusted()


def refusal(token, trust, now=NOW):
    with pytest.raises(Refused) as caught:
        verify_device_token(token, trust, now)
    return caught.value.reason


@pytest.fixture
def ca():
    return make_ca(NOW)


@pytest.fixture
def trust(ca):
    return DeviceTrust((ca.trusted(),))


@pytest.fixture
def alice(ca):
    device, _ = issue_device(ca, ALICE, "alice's laptop", NOW)
    return device


def counting_signature_checks(monkeypatch):
    """Return a list that grows by one with each signature check."""
    checks = []
    from_module = verify_device_token.__globals__["has_signature_of"]

    def counting(*args):
        checks.append(args)
        return from_module(*args)

    monkeypatch.setitem(verify_device_token.__globals__, "has_signature_of", counting)
    return checks


@pytest.mark.parametrize("policy", ["strict", "registry", "legacy"])
@pytest.mark.parametrize("name", TOKENS)
def test_recorded_token_gets_recorded_verdict(name, policy):
    vector = TOKENS[name]
    trust = DeviceTrust((ca_of(vector["ca_env"]),), policy, ISSUED.__contains__)

    try:
        claims = verify_device_token(vector["token"], trust, vector["now"]).claims
        verdict = {"ok": True, "userId": claims.user_id}
    except Refused as refused:
        verdict = {"ok": False, "code": refused.reason}

    assert verdict == vector["expect"][policy]


@pytest.mark.parametrize("policy", ["strict", "registry", "legacy"])
def test_recorded_tokens_get_the_same_verdict_with_a_shared_memory_of_certificates(policy):
    known: dict[str, VerifiedCache[TrustedCertificate]] = {}

    for _ in range(2):
        for vector in TOKENS.values():
            cache = known.setdefault(vector["ca_env"], VerifiedCache(100, 100_000))
            trust = DeviceTrust((ca_of(vector["ca_env"]),), policy, ISSUED.__contains__)
            try:
                claims = verify_device_token(vector["token"], trust, vector["now"], cache).claims
                verdict = {"ok": True, "userId": claims.user_id}
            except Refused as refused:
                verdict = {"ok": False, "code": refused.reason}

            assert verdict == vector["expect"][policy], vector["name"]


def test_after_a_rotation_certificates_of_both_cas_with_one_name_count():
    vector = VECTORS["trust_several_cas"]
    trust = DeviceTrust(tuple(ca_of(name) for name in vector["ca_envs"]))

    claims = verify_device_token(TOKENS[vector["token"]]["token"], trust, NOW).claims

    assert vector["expect"] == {"ok": True, "userId": claims.user_id}


def test_replaced_ca_counts_until_its_time_and_not_at_it(ca, alice):
    trust = DeviceTrust((ca.trusted(until=NOW + 10),))
    token = mint_token(alice, NOW)

    assert verify_device_token(token, trust, NOW + 9).until == NOW + 10
    assert refusal(token, trust, NOW + 10) == "untrusted_ca"


@pytest.mark.parametrize("policy", ["strict", "registry", "legacy"])
def test_revoked_certificate_is_refused_under_every_policy(ca, policy):
    device, issued = issue_device(ca, ALICE, "lost phone", NOW)
    trust = DeviceTrust((ca.trusted(),), policy, lambda _: True, frozenset({issued.serial}))

    assert refusal(mint_token(device, NOW), trust) == "cert_revoked"


def test_registry_is_asked_by_the_digest_that_issuing_reports(ca):
    device, issued = issue_device(ca, ALICE, "laptop", NOW)
    token = without_chain(mint_token(device, NOW), device)
    asked = []

    def is_issued(sha256_hex):
        asked.append(sha256_hex)
        return True

    verify_device_token(token, DeviceTrust((ca.trusted(),), "registry", is_issued), NOW)

    assert asked == [issued.sha256_hex]


def test_unlisted_certificate_is_refused_by_default(ca, alice):
    token = without_chain(mint_token(alice, NOW), alice)

    assert refusal(token, DeviceTrust((ca.trusted(),))) == "chain_missing"
    assert refusal(token, DeviceTrust((ca.trusted(),), "registry")) == "chain_missing"


def without_chain(token, device):
    header_text, payload_text, _ = token.split(".")
    header = json.loads(base64.urlsafe_b64decode(header_text + "=="))
    payload = json.loads(base64.urlsafe_b64decode(payload_text + "=="))
    del header["x5c#jwt"], header["alg"]
    return sign_jws(header, payload, device.key)


def forged(device, *, header=None, payload=None):
    """Return a token of *device* with members of its own, signed by its key."""
    data = canonical_json(device.certificate).encode()
    fingerprint = thumbprint(device.key.public_key())
    return sign_jws(
        {
            "typ": "JWT",
            "x5c": [base64.b64encode(data).decode()],
            "x5c#jwt": device.certificate_jwt,
            **(header or {}),
        },
        {"deviceId": fingerprint, "seq": 1, "iat": NOW, **(payload or {})},
        device.key,
    )


@pytest.mark.parametrize(
    ("header", "payload", "reason"),
    [
        ({"typ": 1}, {}, "malformed"),
        ({"x5c": [1]}, {}, "malformed"),
        ({"x5c": ["é"]}, {}, "malformed"),
        ({"x5t": 1}, {}, "thumbprint_mismatch"),
        ({"kid": ""}, {}, "key_mismatch"),
        ({}, {"iat": True}, "claims_invalid"),
        ({}, {"exp": None}, "claims_invalid"),
        ({}, {"nbf": "0"}, "claims_invalid"),
        ({}, {"exp": 1e300}, "claims_invalid"),
        ({}, {"seq": 2**53}, "claims_invalid"),
        ({}, {"seq": 1.5}, "claims_invalid"),
        ({}, {"__proto__": {}}, "claims_invalid"),
    ],
)
def test_token_with_odd_members_is_refused(trust, alice, header, payload, reason):
    assert refusal(forged(alice, header=header, payload=payload), trust) == reason


def test_whole_float_is_an_int_as_in_javascript(trust, alice):
    token = forged(alice, payload={"seq": 1.0, "iat": float(NOW)})

    assert verify_device_token(token, trust, NOW).claims == ALICE


def test_deeply_nested_certificate_is_refused(ca, trust):
    nested = []
    for _ in range(900):
        nested = [nested]
    device, _ = issue_device(ca, ALICE, "deep", NOW)
    claims = claims_json(ALICE) | {"app_metadata": nested}
    payload = device.certificate | {"creatingUser": {"type": "clerk", "claims": claims}}
    chain = sign_jws({"typ": "CERT+JWT"}, payload, ca.key)

    assert refusal(forged(Device(device.key, chain, payload)), trust) == "malformed"


def test_true_in_the_certificate_is_not_the_one_that_the_ca_signed(ca, trust):
    claims = claims_json(ALICE)
    signed = {**claims, "app_metadata": 1}
    shown = {**claims, "app_metadata": True}
    device, _ = issue_device(ca, ALICE, "laptop", NOW)
    payload = device.certificate | {"creatingUser": {"type": "clerk", "claims": signed}}
    chain = sign_jws({"typ": "CERT+JWT"}, payload, ca.key)
    other = payload | {"creatingUser": {"type": "clerk", "claims": shown}}

    assert verify_device_token(forged(Device(device.key, chain, payload)), trust, NOW).claims == ALICE
    assert refusal(forged(Device(device.key, chain, other)), trust) == "chain_mismatch"


def test_something_else_signed_by_the_ca_is_no_chain(ca, trust, alice):
    chain = sign_jws({"typ": "CERT+JWT"}, {"iss": ca.name}, ca.key)

    assert refusal(forged(Device(alice.key, chain, alice.certificate)), trust) == "chain_mismatch"


def test_key_that_is_no_point_on_the_curve_is_refused(ca, trust, alice):
    payload = json.loads(json.dumps(alice.certificate))
    payload["certificate"]["subjectPublicKeyInfo"]["x"] = "A" * 43

    assert refusal(forged(Device(alice.key, alice.certificate_jwt, payload)), trust) == "cert_invalid"


def test_refusal_names_the_serial_number_for_the_log_and_no_claims(ca, alice):
    with pytest.raises(Refused) as caught:
        verify_device_token(mint_token(alice, NOW), DeviceTrust(()), NOW)

    assert caught.value.about == alice.certificate["jti"]
    assert "alice@example.com" not in str(caught.value)


async def test_known_token_is_not_verified_again(trust, alice, monkeypatch):
    checks = counting_signature_checks(monkeypatch)
    verify = DeviceVerifier(trust, lambda: NOW)
    token = mint_token(alice, NOW)

    claims = [await verify(token) for _ in range(3)]

    assert claims == [ALICE] * 3
    assert len(checks) == 2


async def test_new_token_on_a_known_certificate_costs_one_signature_check(trust, alice, monkeypatch):
    verify = DeviceVerifier(trust, lambda: NOW)
    await verify(mint_token(alice, NOW, seq=1))
    checks = counting_signature_checks(monkeypatch)

    assert await verify(mint_token(alice, NOW, seq=2)) == ALICE

    assert len(checks) == 1


async def test_new_token_on_a_known_certificate_is_checked_in_full(trust, alice):
    verify = DeviceVerifier(trust, lambda: NOW)
    await verify(forged(alice))

    for payload, reason in (
        ({"seq": -1}, "claims_invalid"),
        ({"deviceId": "other"}, "key_mismatch"),
        ({"exp": NOW - 60}, "expired"),
    ):
        with pytest.raises(RequireLogin) as caught:
            await verify(forged(alice, payload=payload))
        assert caught.value.reason == reason


async def test_known_token_ends_with_its_expiry_age_certificate_and_ca(ca):
    now = NOW
    device, _ = issue_device(ca, ALICE, "laptop", NOW, days=1)
    trust = DeviceTrust((ca.trusted(),))
    verify = DeviceVerifier(trust, lambda: now)
    token = mint_token(device, NOW, lifetime_s=120)
    await verify(token)

    now = NOW + 179
    assert await verify(token) == ALICE
    now = NOW + 180
    with pytest.raises(RequireLogin) as caught:
        await verify(token)
    assert caught.value.reason == "expired"

    issued_late = forged(device, payload={"iat": NOW + 86_400, "exp": NOW + 10**6})
    now = NOW + 86_400
    assert await verify(issued_late) == ALICE
    now += 1
    with pytest.raises(RequireLogin) as caught:
        await verify(issued_late)
    assert caught.value.reason == "cert_expired"


async def test_revocation_ends_a_known_token_at_once(ca, trust, alice):
    verify = DeviceVerifier(trust, lambda: NOW)
    token = mint_token(alice, NOW)
    await verify(token)

    verify.set_trust(replace(trust, revoked=frozenset({alice.certificate["jti"]})))

    with pytest.raises(RequireLogin) as caught:
        await verify(token)
    assert caught.value.reason == "cert_revoked"


async def test_drop_makes_the_registry_be_asked_again(ca, alice):
    issued = True
    trust = DeviceTrust((ca.trusted(),), "registry", lambda _: issued)
    verify = DeviceVerifier(trust, lambda: NOW)
    token = without_chain(mint_token(alice, NOW), alice)
    await verify(token)

    issued = False
    verify.drop()

    with pytest.raises(RequireLogin) as caught:
        await verify(token)
    assert caught.value.reason == "chain_missing"


async def test_what_is_remembered_is_bounded(ca):
    trust = DeviceTrust((ca.trusted(),), limits=Limits(verified_tokens=2))
    verify = DeviceVerifier(trust, lambda: NOW)

    for index in range(4):
        device, _ = issue_device(ca, ALICE, f"device {index}", NOW)
        await verify(mint_token(device, NOW))

    assert len(verify._tokens) == len(verify._certificates) == 2


async def test_refused_token_is_told_no_reason_on_the_wire(trust):
    verify = DeviceVerifier(trust, lambda: NOW)

    with pytest.raises(RequireLogin) as caught:
        await verify("garbage")

    assert caught.value.reason == "malformed"
    assert "malformed" not in caught.value.message


async def test_oversized_or_unencodable_token_is_malformed(trust):
    verify = DeviceVerifier(trust, lambda: NOW)

    for token in ("a" * (32 * 1024 + 1), "\ud800.a.b", "é.a.b"):
        with pytest.raises(RequireLogin) as caught:
            await verify(token)
        assert caught.value.reason == "malformed"


def test_certificate_and_chain_text_can_not_be_shifted_into_each_other(ca, trust, alice):
    known: VerifiedCache[TrustedCertificate] = VerifiedCache(10, 100_000)
    verify_device_token(forged(alice), trust, NOW, known)
    x5c = base64.b64encode(canonical_json(alice.certificate).encode()).decode()
    shifted = {"x5c": [x5c + alice.certificate_jwt[:8]], "x5c#jwt": alice.certificate_jwt[8:]}

    with pytest.raises(Refused):
        verify_device_token(forged(alice, header=shifted), trust, NOW, known)


def test_two_cas_of_one_name_are_told_apart_by_key(ca, alice):
    impostor = TrustedCa(ca.name, new_key().public_key())

    assert refusal(mint_token(alice, NOW), DeviceTrust((impostor,))) == "chain_bad_signature"
    assert verify_device_token(mint_token(alice, NOW), DeviceTrust((impostor, ca.trusted())), NOW)


def test_registry_digest_is_of_the_bytes_that_clients_send(ca):
    key = new_key()
    csr = Csr({"commonName": "x"}, key.public_key(), thumbprint(key.public_key()), "certificate-authority")
    issued = issue_certificate(ca, csr, ALICE, NOW)

    data = canonical_json(issued.payload).encode()

    assert issued.sha256_hex == hashlib.sha256(data).hexdigest()


def test_operator_is_warned_of_the_legacy_policy_and_of_no_other(caplog):
    for policy in ("strict", "registry"):
        DeviceVerifier(DeviceTrust((), policy), lambda: NOW)
    assert caplog.messages == []

    DeviceVerifier(DeviceTrust((), "legacy"), lambda: NOW)

    assert "VIBES_DEVICE_CHAIN" in caplog.messages[0]


@pytest.mark.parametrize("vector", VECTORS["auth_objects"], ids=lambda vector: vector["auth"]["type"])
def test_recorded_auth_object_is_malformed(vector):
    assert refusal(vector["auth"]["token"], DeviceTrust(())) == "malformed"
