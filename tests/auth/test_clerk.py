import base64
import json
from pathlib import Path

import jwt
import pytest
import trio
from cryptography.hazmat.primitives.asymmetric import rsa

from vibes_trio.auth.clerk import (
    ClerkRules,
    ClerkVerifier,
    check_clerk_token,
    make_clerk_verifier,
    read_clerk_token,
)
from vibes_trio.auth.jwk import public_jwk
from vibes_trio.auth.jwks import JwksSource
from vibes_trio.auth.jws import Refused
from vibes_trio.auth.key_settings import read_clerk_setting, read_jwks
from vibes_trio.config import Config, Limits
from vibes_trio.errors import ConfigError, FetchFailed, RequireLogin

VECTORS = json.loads((Path(__file__).parents[1] / "conformance" / "auth-vectors.json").read_text("utf-8"))
CLERK = VECTORS["clerk"]
TOKENS = {vector["name"]: vector for vector in CLERK["tokens"]}
NOW = VECTORS["reference_now"]
JWKS = json.dumps(CLERK["jwks"])
KEYS = read_clerk_setting("CLERK_PUB_JWT_KEY", JWKS)
ADDRESS = "https://clerk.test.example/.well-known/jwks.json"
CLAIMS = {
    "userId": "erin",
    "sub": "erin",
    "role": "authenticated",
    "params": {"email": "erin@example.com", "email_verified": True},
    "exp": NOW + 60,
}


def verdict_of(token, keys, now=NOW, rules=None):
    rules = rules or ClerkRules()
    try:
        read = read_clerk_token(token, rules.limits)
        return {"ok": True, "userId": check_clerk_token(read, keys, rules, now).claims.user_id}
    except Refused as refused:
        return {"ok": False, "code": refused.reason}


@pytest.mark.parametrize("name", TOKENS)
def test_recorded_token_gets_recorded_verdict(name):
    vector = TOKENS[name]

    assert verdict_of(vector["token"], KEYS, vector["now"]) == vector["expect"]


@pytest.mark.parametrize("name", TOKENS)
async def test_recorded_token_gets_recorded_verdict_with_keys_from_an_address(name):
    vector = TOKENS[name]
    verify, _ = verifier_of_addresses({ADDRESS: JWKS}, now=lambda: vector["now"])

    try:
        verdict = {"ok": True, "userId": (await verify(vector["token"])).user_id}
    except RequireLogin as refused:
        verdict = {"ok": False, "code": refused.reason}

    assert verdict == vector["expect"]


def test_key_from_pem_has_no_kid_and_so_fits_any():
    keys = read_clerk_setting("CLERK_PUB_JWT_KEY", CLERK["pem"])

    assert verdict_of(TOKENS["valid"]["token"], keys)["ok"]
    assert verdict_of(TOKENS["wrong-kid-unknown"]["token"], keys)["ok"]
    assert verdict_of(TOKENS["valid-second-key"]["token"], keys)["code"] == "bad_signature"


def test_without_keys_every_token_is_refused():
    assert verdict_of(TOKENS["valid"]["token"], ()) == {"ok": False, "code": "no_key"}


def test_allow_lists_are_off_unless_set_and_then_exact():
    token = TOKENS["valid"]["token"]
    payload = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    own, other = (payload["iss"],), ("https://other.example",)

    assert verdict_of(token, KEYS, rules=ClerkRules(issuers=own, azps=(payload["azp"],)))["ok"]
    assert verdict_of(token, KEYS, rules=ClerkRules(issuers=other))["code"] == "iss_not_allowed"
    assert verdict_of(token, KEYS, rules=ClerkRules(azps=other))["code"] == "azp_not_allowed"


@pytest.fixture(scope="module")
def rsa_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"iss": None}, "iss_not_allowed"),
        ({"iss": ["https://clerk.test.example"]}, "iss_not_allowed"),
        ({"exp": True}, "claims_invalid"),
        ({"exp": NOW - 60}, "expired"),
        ({"nbf": NOW + 61}, "not_yet_valid"),
        ({"userId": None}, "claims_invalid"),
        ({"params": {"email": "x", "email_verified": "true"}}, "claims_invalid"),
    ],
)
def test_token_with_odd_claims_is_refused(rsa_key, change, code):
    keys = read_jwks(json.dumps({"keys": [public_jwk(rsa_key.public_key())]}).encode())
    payload = CLAIMS | {"iss": "https://clerk.test.example"} | change
    token = jwt.api_jws.encode(json.dumps(payload).encode(), rsa_key, algorithm="RS256")

    rules = ClerkRules(issuers=("https://clerk.test.example",))

    assert verdict_of(token, keys, rules=rules) == {"ok": False, "code": code}


def test_header_members_of_another_type_are_malformed(rsa_key):
    token = jwt.api_jws.encode(b"{}", rsa_key, algorithm="RS256", headers={"cat": 1})

    assert verdict_of(token, KEYS) == {"ok": False, "code": "malformed"}


def verifier_of_addresses(documents, *, now=lambda: NOW, keys=(), limits=None):
    """Return a verifier over addresses whose answers are in *documents*, and the list of fetches."""
    fetched = []

    async def fetch_keys(address):
        fetched.append(address)
        await trio.sleep(0.1)
        document = documents[address]
        if isinstance(document, Exception):
            raise document
        return document.encode()

    rules = ClerkRules(limits=limits or Limits())
    sources = tuple(JwksSource(address, fetch_keys, rules.limits) for address in documents)
    return ClerkVerifier(keys, sources, rules, now), fetched


async def refusal(verify, token):
    with pytest.raises(RequireLogin) as caught:
        await verify(token)
    return caught.value.reason


async def test_malformed_token_fetches_nothing(autojump_clock):
    verify, fetched = verifier_of_addresses({ADDRESS: JWKS})

    for name in ("malformed-garbage", "alg-none", "device-id-token-as-clerk"):
        await refusal(verify, TOKENS[name]["token"])

    assert fetched == []


async def test_new_signing_key_is_noticed_at_once_and_an_unknown_one_asked_for_once_a_minute(autojump_clock):
    first, both = CLERK["jwks"]["keys"][:1], CLERK["jwks"]["keys"]
    documents = {ADDRESS: json.dumps({"keys": first})}
    verify, fetched = verifier_of_addresses(documents)
    await verify(TOKENS["valid"]["token"])

    documents[ADDRESS] = json.dumps({"keys": both})
    claims = await verify(TOKENS["valid-second-key"]["token"])

    assert claims.user_id == "user_frank"
    assert len(fetched) == 2
    for _ in range(5):
        assert await refusal(verify, TOKENS["wrong-kid-unknown"]["token"]) == "unknown_kid"
    assert len(fetched) == 2
    await trio.sleep(60)
    assert await refusal(verify, TOKENS["wrong-kid-unknown"]["token"]) == "unknown_kid"
    assert len(fetched) == 3


async def test_withdrawn_key_ends_known_tokens_when_the_change_is_seen(autojump_clock):
    documents = {ADDRESS: JWKS}
    verify, _ = verifier_of_addresses(documents)
    await verify(TOKENS["valid"]["token"])

    documents[ADDRESS] = json.dumps({"keys": CLERK["jwks"]["keys"][1:]})
    await verify(TOKENS["valid-second-key"]["token"])
    assert await refusal(verify, TOKENS["wrong-kid-unknown"]["token"]) == "unknown_kid"

    assert await refusal(verify, TOKENS["valid"]["token"]) == "unknown_kid"


async def test_known_token_is_verified_anew_once_the_keys_could_have_changed(autojump_clock):
    now = NOW
    documents = {ADDRESS: JWKS}
    verify, _ = verifier_of_addresses(documents, now=lambda: now)
    await verify(TOKENS["valid"]["token"])

    documents[ADDRESS] = json.dumps({"keys": CLERK["jwks"]["keys"][1:]})
    await trio.sleep(1800)
    now += 1800

    assert await refusal(verify, TOKENS["valid"]["token"]) == "unknown_kid"


async def test_known_token_ends_with_its_expiry(rsa_key):
    now = NOW
    keys = read_jwks(json.dumps({"keys": [public_jwk(rsa_key.public_key())]}).encode())
    verify = ClerkVerifier(keys, (), ClerkRules(), lambda: now)
    token = jwt.api_jws.encode(json.dumps(CLAIMS).encode(), rsa_key, algorithm="RS256")
    await verify(token)

    now = NOW + 119
    assert (await verify(token)).email == "erin@example.com"
    now = NOW + 120
    assert await refusal(verify, token) == "expired"


async def test_failing_address_leaves_the_keys_of_the_others(autojump_clock):
    verify, fetched = verifier_of_addresses({"https://down.example/jwks": FetchFailed("down"), ADDRESS: JWKS})

    assert (await verify(TOKENS["valid"]["token"])).user_id == "user_erin"
    assert len(fetched) == 2


async def test_keys_of_settings_need_no_address_to_answer(autojump_clock):
    verify, _ = verifier_of_addresses({ADDRESS: FetchFailed("down")}, keys=KEYS)

    assert (await verify(TOKENS["valid"]["token"])).user_id == "user_erin"


async def test_drop_forgets_known_tokens():
    verify = ClerkVerifier(KEYS, (), ClerkRules(), lambda: NOW)
    await verify(TOKENS["valid"]["token"])

    verify.drop()

    assert len(verify._tokens) == 0


async def test_oversized_token_is_malformed_before_it_is_hashed():
    class Text(str):
        __hash__ = None

    verify = ClerkVerifier(KEYS, (), ClerkRules(), lambda: NOW)

    assert await refusal(verify, Text("a" * (32 * 1024 + 1))) == "malformed"


async def test_a_known_token_needs_no_waiting_and_a_new_one_may():
    verify = ClerkVerifier(KEYS, (), ClerkRules(), lambda: NOW)
    token = TOKENS["valid"]["token"]

    assert verify.at_once(token) is None
    claims = await verify(token)

    assert verify.at_once(token) is claims
    with pytest.raises(RequireLogin):
        verify.at_once("a" * (32 * 1024 + 1))


async def test_verifier_from_settings_uses_keys_addresses_and_allow_lists(autojump_clock):
    async def fetch_keys(address):
        assert address == ADDRESS
        return JWKS.encode()

    config = Config(
        data_dir=Path("/nowhere"),
        clerk_keys=(CLERK["pem"],),
        clerk_urls=("https://clerk.test.example", "https://clerk.test.example/"),
        clerk_issuers=("https://clerk.test.example",),
    )
    verify = make_clerk_verifier(config, fetch_keys, lambda: NOW)

    assert (await verify(TOKENS["valid-second-key"]["token"])).user_id == "user_frank"
    assert await refusal(verify, TOKENS["valid-other-azp-and-iss"]["token"]) == "iss_not_allowed"


def test_operator_is_told_to_name_the_issuers_of_several_addresses(caplog):
    async def fetch_keys(address):
        raise AssertionError

    urls = ("https://one.example", "https://two.example")
    config = Config(data_dir=Path("/nowhere"), clerk_urls=urls, clerk_issuers=("https://one.example",))
    make_clerk_verifier(config, fetch_keys, lambda: NOW)
    assert caplog.messages == []

    make_clerk_verifier(Config(data_dir=Path("/nowhere"), clerk_urls=urls), fetch_keys, lambda: NOW)

    assert "CLERK_ISSUERS" in caplog.messages[0]


@pytest.mark.parametrize("vector", VECTORS["auth_objects"], ids=lambda vector: vector["auth"]["type"])
def test_recorded_auth_object_is_malformed(vector):
    assert verdict_of(vector["auth"]["token"], KEYS) == {"ok": False, "code": "malformed"}


@pytest.mark.parametrize(
    ("config", "setting"),
    [
        (Config(data_dir=Path("/nowhere"), clerk_keys=("garbage",)), "CLERK_PUB_JWT_KEY"),
        (Config(data_dir=Path("/nowhere"), clerk_urls=("clerk.example",)), "CLERK_PUB_JWT_URL"),
    ],
)
def test_unusable_setting_stops_the_start_and_is_named(config, setting):
    async def fetch_keys(address):
        raise AssertionError

    with pytest.raises(ConfigError, match=setting):
        make_clerk_verifier(config, fetch_keys, lambda: NOW)
