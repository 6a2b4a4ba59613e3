"""The verdicts of the reference at the time of the recording, which knew neither chain nor registry."""

import json
from pathlib import Path

import pytest

from vibes_trio.auth.ca import read_ca
from vibes_trio.auth.clerk import make_clerk_verifier
from vibes_trio.auth.device_id import DeviceTrust, DeviceVerifier
from vibes_trio.config import Config
from vibes_trio.errors import RequireLogin

RECORDED = json.loads((Path(__file__).parents[1] / "conformance" / "auth-tokens.json").read_text("utf-8"))
TOKENS = {vector["name"]: vector for vector in RECORDED["vectors"] if vector["auth"]["type"] != "ucan"}

# Our verdict, a user or a code, where it is not the reference's even under the policy `legacy`.
DIFFERENCES = {
    entry["entry"]: entry["verdict"]
    for entry in json.loads(
        (Path(__file__).parents[1] / "conformance" / "differences.json").read_text("utf-8")
    )["tokens"]
}

# Accepted by the reference and by `legacy`; `strict` and `registry` are there to refuse it (auth.md 8).
FORGERIES = ("device-forged-ca", "device-self-made")


async def no_keys_to_fetch(address):
    raise AssertionError(f"{address} is not to be fetched")


def verifiers(now, policy):
    env = RECORDED["env"]
    config = Config(data_dir=Path("/nowhere"), clerk_keys=(env["CLERK_PUB_JWT_KEY"],))
    ca = read_ca(env["DEVICE_ID_CA_PRIV_KEY"], env["DEVICE_ID_CA_CERT"], now)
    return {
        "device-id": DeviceVerifier(DeviceTrust((ca.trusted(),), policy), lambda: now),
        "clerk": make_clerk_verifier(config, no_keys_to_fetch, lambda: now),
    }


@pytest.mark.parametrize("name", [name for name in TOKENS if name not in DIFFERENCES])
async def test_verdict_is_the_references(name):
    vector = TOKENS[name]
    verify = verifiers(vector["now"], "legacy")[vector["auth"]["type"]]

    if vector["status"] == 200:
        assert (await verify(vector["auth"]["token"])).user_id == vector["userId"]
    else:
        with pytest.raises(RequireLogin):
            await verify(vector["auth"]["token"])


@pytest.mark.parametrize("name", DIFFERENCES)
async def test_verdict_differs_on_purpose(name):
    vector = TOKENS[name]
    verdict = DIFFERENCES[name]
    verify = verifiers(vector["now"], "legacy")[vector["auth"]["type"]]

    if vector["status"] == 200:
        with pytest.raises(RequireLogin) as caught:
            await verify(vector["auth"]["token"])
        assert caught.value.reason == verdict
    else:
        assert (await verify(vector["auth"]["token"])).user_id == verdict


@pytest.mark.parametrize("policy", ["strict", "registry"])
@pytest.mark.parametrize("name", FORGERIES)
async def test_forgery_that_the_reference_accepts_is_refused(name, policy):
    vector = TOKENS[name]

    with pytest.raises(RequireLogin) as caught:
        await verifiers(vector["now"], policy)["device-id"](vector["auth"]["token"])

    assert vector["status"] == 200
    assert caught.value.reason == "chain_missing"
