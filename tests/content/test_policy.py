"""The policy as text; what a browser makes of it, in test_policy_in_browser.py."""

import pytest

from vibes_trio.content.policy import calc_policy, may_ask

CLOSED = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; connect-src 'self' data: blob:; "
    "img-src 'self' data: blob:; object-src 'none'; base-uri 'self'; form-action 'self'"
)


def directives(policy: str) -> dict[str, list[str]]:
    return {part.split()[0]: part.split()[1:] for part in policy.split("; ")}


def test_a_page_may_ask_its_own_origin_alone():
    assert calc_policy((), {}) == CLOSED


def test_nothing_is_said_where_any_host_may_be_asked():
    assert calc_policy(("esm.sh", "*"), {}) == ""


@pytest.mark.parametrize(
    ("host", "sources"),
    [
        ("esm.sh", ["https://esm.sh", "http://esm.sh", "wss://esm.sh", "ws://esm.sh"]),
        ("https://*.a.org:*", ["https://*.a.org:*", "wss://*.a.org:*"]),
        ("http://localhost:1", ["http://localhost:1", "ws://localhost:1"]),
        ("wss://a.org", ["wss://a.org"]),
    ],
)
def test_an_opened_host_may_be_asked_for_all_but_plugins(host, sources):
    opened = directives(calc_policy((host,), {}))

    for name in ("default-src", "connect-src", "img-src", "form-action"):
        assert opened[name][-len(sources) :] == sources
    assert opened["object-src"] == ["'none'"]
    assert opened["base-uri"] == ["'self'"]


@pytest.mark.parametrize(
    ("address", "sources"),
    [
        ("https://chat.example/v1?x=y", ["https://chat.example", "wss://chat.example"]),
        ("http://user:word@h:81/p", ["http://h:81", "ws://h:81"]),
        ("wss://h", ["wss://h"]),
        ("fpcloud://cloud.example/x", [f"{scheme}://cloud.example" for scheme in ("https", "http", "wss", "ws")]),
        ("HTTPS://Chat.Example", ["https://chat.example", "wss://chat.example"]),
    ],
)  # fmt: skip
def test_the_origins_of_settings_may_be_asked_by_requests(address, sources):
    asked = directives(calc_policy((), {"DASHBOARD_URL": address, "CALLAI_API_KEY": "https://key.example"}))

    assert asked["connect-src"] == ["'self'", "data:", "blob:", *sources]
    assert asked["img-src"] == ["'self'", "data:", "blob:"]


def test_pictures_may_come_from_where_they_are_made():
    made = directives(calc_policy((), {"CALLAI_IMG_URL": "https://img.example/v1"}))

    assert made["img-src"][-2:] == made["connect-src"][-2:] == ["https://img.example", "wss://img.example"]


@pytest.mark.parametrize(
    "address",
    [
        *("", "/api", "chat.example/v1", "https://", "https://a b", "https://a;script-src", "https://a:x"),
        *("https://[::1", "https://[::1]/", "https://'self'", "https://a\u00a0b", "https://*"),
    ],
)
def test_a_setting_that_names_no_host_opens_nothing(address):
    assert calc_policy((), {"CALLAI_CHAT_URL": address}) == CLOSED


def test_a_host_that_several_name_stands_once():
    env = dict.fromkeys(("FPCLOUD_URL", "DASHBOARD_URL"), "https://a.example/x")

    assert directives(calc_policy(("https://a.example",), env))["connect-src"].count("https://a.example") == 1


@pytest.mark.parametrize(
    ("hosts", "address", "may"),
    [
        ((), "https://esm.sh/react", False),
        (("*",), "https://esm.sh/react", True),
        (("a.b", "esm.sh"), "https://esm.sh/react", True),
        (("https://esm.sh",), "https://esm.sh/react", True),
        (("http://esm.sh",), "https://esm.sh/react", False),
        (("esm.sh:8443",), "https://esm.sh/react", False),
        (("esm.sh:8443",), "https://esm.sh:8443/react", True),
        (("esm.sh:*",), "https://esm.sh:1/react", True),
        (("*.sh",), "https://esm.sh/react", True),
        (("*.esm.sh",), "https://esm.sh/react", False),
        (("sm.sh",), "https://esm.sh/react", False),
        (("https://esm.sh",), "wss://esm.sh/x", True),
        (("https://esm.sh",), "/x", False),
    ],
)
def test_whether_pages_may_ask_an_address(hosts, address, may):
    assert may_ask(hosts, address) is may
