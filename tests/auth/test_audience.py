"""Which origins are a server's own, however they are written; and what a token for another server gets."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.auth.audience import OwnNames, origin_of, own_names, parse_place
from vibes_trio.auth.ca import make_ca
from vibes_trio.auth.device import issue_device, mint_token
from vibes_trio.auth.device_id import DeviceTrust, DeviceVerifier, verify_device_token
from vibes_trio.auth.jws import Refused
from vibes_trio.auth.verifier import Claims
from vibes_trio.config import Config
from vibes_trio.errors import RequireLogin
from vibes_trio.exchange import UserId

NOW = 1_769_064_695
CA = make_ca(NOW)
ALICE = Claims(UserId("alice"), "alice", "user", "alice@example.com", False)
DEVICE, _ = issue_device(CA, ALICE, "laptop", NOW)
LOCAL = Config(Path("/none")).with_port(8787)
PUBLIC = replace(
    LOCAL, hostname_base="apps.example.org", protocol="https", wrapper_base_url="https://vibes.example.org/v"
)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("HTTP://LocalHost:8787/v1/ws?x=1#y", "http://localhost:8787"),
        ("https://Vibes.Example.Org.:443/", "https://vibes.example.org"),
        ("wss://vibes.example.org/v1/ws", "https://vibes.example.org"),
        ("ws://me:secret@vibes.example.org:80", "http://vibes.example.org"),
        ("http://vibes.example.org:443", "http://vibes.example.org:443"),
        ("http://[0:0::1]:8787", "http://[::1]:8787"),
        ("http://[::ffff:127.0.0.1]:8787", "http://127.0.0.1:8787"),
        ("http://b\u00fccher.example", "http://xn--bcher-kva.example"),
        ("localhost:8787", ""),
        ("ftp://localhost", ""),
        ("http://", ""),
        ("http://a:99999", ""),
        ("http://a:0", ""),
        ("http://[::1", ""),
        ("http://\u00fc..example", ""),
        ("http://" + "a" * 600, ""),
    ],
)
def test_an_origin_is_written_in_one_way(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@given(st.text(max_size=40))
def test_any_text_has_an_origin_or_none(text: str) -> None:
    origin = origin_of(f"http://{text}")

    assert origin == "" or origin_of(origin) == origin


OURS = {
    "local": (
        LOCAL,
        "http://localhost:8787 http://LOCALHOST:8787/ ws://localhost.:8787 http://127.0.0.1:8787 http://[::1]:8787"
        " http://127.9.9.9:8787 http://api.localhost:8787 localhost:8787 https://localhost",
    ),
    "public": (
        PUBLIC,
        "https://apps.example.org https://apps.example.org:443/v1/ws https://api.apps.example.org"
        " http://apps.example.org:8787 https://vibes.example.org wss://APPS.example.org. http://localhost:8787",
    ),
}


@pytest.mark.parametrize(("config", "origin"), [(c, o) for c, text in OURS.values() for o in text.split()])
def test_the_names_of_a_server_are_its_own(config: Config, origin: str) -> None:
    assert own_names(config).has(origin)


@pytest.mark.parametrize(
    ("config", "origin"),
    [
        (LOCAL, "http://127.0.0.1:8788"),
        (LOCAL, "http://localhost.example.org:8787"),
        (LOCAL, "http://evil.example:8787"),
        (LOCAL, "http://0.0.0.0:8787"),
        (LOCAL, "http://224.0.0.1:8787"),
        (LOCAL, "http://192.0.2.7:8787"),
        (LOCAL, "http://[2001:db8::7]:8787"),
        (PUBLIC, "https://example.org"),
        (PUBLIC, "https://evilapps.example.org"),
        (PUBLIC, "https://apps.example.org.evil.example"),
        (PUBLIC, "https://apps.example.org:9000"),
        (PUBLIC, "no address"),
        (PUBLIC, ""),
    ],
)
def test_other_places_are_not(config: Config, origin: str) -> None:
    assert not own_names(config).has(origin)


def test_the_machine_is_known_by_its_name_and_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--url http://server:8787` on the network at home needs no setting."""
    monkeypatch.setattr(socket, "gethostname", lambda: "Server.lan")
    names = own_names(replace(LOCAL, host="0.0.0.0"))
    bound = []

    class Probe:
        def __init__(self, *kind: object) -> None:
            bound.append(kind)

        def __enter__(self) -> "Probe":
            return self

        def __exit__(self, *error: object) -> None: ...

        def bind(self, address: tuple[str, int]) -> None:
            if address != ("192.168.1.5", 0):
                raise OSError("Cannot assign requested address")

    monkeypatch.setattr(socket, "socket", Probe)

    assert all(
        names.has(f"http://{host}:8787") for host in ("server", "server.lan", "server.local", "192.168.1.5")
    )
    assert not any(names.has(f"http://{host}:8787") for host in ("server.evil.example", "192.168.1.6"))
    assert len(bound) == 2


def test_names_that_lead_here_by_a_setting_are_ours_and_any_name_is_none() -> None:
    """Else who reaches the API by a name outside of the base is refused, whatever the operator says."""
    names = own_names(replace(PUBLIC, extra_hosts=("team.example.net", "*.lan.example", "*")))

    assert names.has("https://team.example.net")
    assert names.has("https://api.lan.example")
    assert not names.has("https://evil.example.com")


def test_the_address_listened_on_is_ours() -> None:
    assert own_names(replace(LOCAL, host="vibes.example")).has("http://vibes.example:8787")


def trust(config: Config = LOCAL) -> DeviceTrust:
    return DeviceTrust((CA.trusted(),), names=own_names(config))


def token(*audience: str) -> str:
    """A token of Alice's for *audience*: none, one, or a list of several."""
    return mint_token(DEVICE, NOW, audience=list(audience) if len(audience) > 1 else "".join(audience))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "audience", [(), ("http://127.0.0.1:8787",), ("https://a.example", "http://localhost:8787")]
)
def test_a_token_for_this_server_or_for_nobody_in_particular_counts(audience: tuple[str, ...]) -> None:
    assert verify_device_token(token(*audience), trust(), NOW).claims == ALICE


@pytest.mark.parametrize("audience", [("https://evil.example",), ("http://127.0.0.1:1", "https://b.example")])
def test_a_token_for_another_server_is_refused(audience: tuple[str, ...]) -> None:
    """Fails without the check of `aud`: whoever was sent the token could use it here."""
    with pytest.raises(Refused, match="wrong_audience"):
        verify_device_token(token(*audience), trust(), NOW)


def test_without_names_no_token_that_is_for_somebody_counts() -> None:
    with pytest.raises(Refused, match="wrong_audience"):
        verify_device_token(token("http://localhost:8787"), DeviceTrust((CA.trusted(),)), NOW)
    assert not OwnNames().has("http://localhost:8787")
    assert parse_place("http://localhost:8787") is not None


async def test_whoever_sends_a_token_for_another_server_is_told_what_to_do() -> None:
    with pytest.raises(RequireLogin, match=r"made for another server.*VIBES_SVC_HOSTNAME_BASE") as caught:
        await DeviceVerifier(trust(), lambda: NOW)(token("https://evil.example"))

    assert caught.value.reason == "wrong_audience"
