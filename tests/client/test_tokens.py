"""Where credentials come from."""

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vibes_trio.auth.ca import make_ca
from vibes_trio.auth.device import Device, issue_device, write_key_file
from vibes_trio.auth.jws import split_jws
from vibes_trio.auth.verifier import Claims
from vibes_trio.client.tokens import DeviceKey, Token, device_file, environment, signer
from vibes_trio.errors import ConfigError
from vibes_trio.exchange import UserId
from vibes_trio.wire.auth import DashAuth

URL = "http://127.0.0.1:8787/v1/ws"
ALICE = Claims(UserId("alice"), "alice", "user", "alice@example.com", False)


@pytest.fixture(scope="module")
def device() -> Device:
    return issue_device(make_ca(time.time()), ALICE, "alice", time.time())[0]


async def sign(token: Token) -> DashAuth:
    made = signer(token, URL)
    assert made is not None
    return await made()


def claims_of(auth: DashAuth) -> dict[str, object]:
    return dict(split_jws(auth.token, 32 * 1024, typ="JWT").payload())


async def test_a_device_makes_a_token_for_the_server_that_it_goes_to(device: Device, tmp_path: Path) -> None:
    (tmp_path / "ada.json").write_text(write_key_file(device))

    auth = await sign(device_file(tmp_path / "ada.json"))

    assert auth.type == "device-id"
    assert claims_of(auth)["aud"] == "http://127.0.0.1:8787"


async def test_each_message_has_a_token_of_its_own(device: Device) -> None:
    made = signer(DeviceKey(device), URL)
    assert made is not None

    tokens = [claims_of(await made()) for _ in range(3)]

    assert [token["seq"] for token in tokens] == [1, 2, 3]
    assert len({token["jti"] for token in tokens}) == 3


@pytest.mark.parametrize("has_item_alone", [False, True])
@pytest.mark.parametrize("is_encoded", [False, True])
def test_the_environment_may_hold_a_key_file_in_every_form(
    device: Device, has_item_alone: bool, is_encoded: bool
) -> None:
    """The reference's clients take the JSON or its `item` alone, plain or as base64."""
    text = write_key_file(device)
    text = json.dumps(json.loads(text)["item"]) if has_item_alone else text
    text = base64.b64encode(text.encode()).decode() if is_encoded else text

    found = environment({"VIBES_DEVICE_ID": text})

    assert found.device.certificate_jwt == device.certificate_jwt


def test_an_environment_without_one_says_what_to_put_there() -> None:
    with pytest.raises(ConfigError, match=r"VIBES_DEVICE_ID is empty.*device issue"):
        environment({})


def test_the_process_s_own_environment_is_looked_at(monkeypatch: pytest.MonkeyPatch, device: Device) -> None:
    monkeypatch.setenv("VIBES_DEVICE_ID", write_key_file(device))

    assert environment().device.certificate == device.certificate


@pytest.mark.parametrize(
    ("content", "words"), [(None, "can't be read"), (b"{}", "can't be used"), (b"\xff", "utf-8")]
)
def test_a_key_file_that_is_none_is_named(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "ada.json"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigError, match=rf"ada\.json: .*{words}"):
        device_file(path)


async def give_later() -> str:
    return "later"


async def give_kind_later() -> DashAuth:
    return DashAuth(type="clerk", token="later")


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("plain", ("device-id", "plain")),
        (DashAuth(type="clerk", token="c"), ("clerk", "c")),
        (lambda: "called", ("device-id", "called")),
        (lambda: DashAuth(type="clerk", token="called"), ("clerk", "called")),
        (give_later, ("device-id", "later")),
        (give_kind_later, ("clerk", "later")),
    ],
)
async def test_a_token_may_come_from_anywhere(
    token: str | DashAuth | Callable[[], DashAuth], expected: tuple[str, str]
) -> None:
    auth = await sign(token)

    assert (auth.type, auth.token) == expected


def test_without_one_messages_go_unsigned() -> None:
    assert signer(None, URL) is None
