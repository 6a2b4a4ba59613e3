"""Hosts and paths of deployed apps."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.urls import (
    ANY_SITE,
    SIGN_IN,
    base_name,
    decode_path,
    entry_point_url,
    is_for_app,
    make_site,
    may_be_page,
    normalize_path,
    parse_entry_point,
    parse_host,
)

SITE = make_site("apps.test", ("shop--eve.example.org",), ("*",))

TABLES = json.loads((Path(__file__).parent / "conformance" / "tables.json").read_text("utf-8"))


@pytest.mark.parametrize("case", TABLES["host_to_bindings"], ids=lambda case: case["url"])
def test_host_and_path_are_taken_apart_as_by_the_reference(case):
    parts = urlsplit(case["url"])
    host = parse_host(parts.netloc, ANY_SITE)

    got = parse_entry_point(host, parts.path or "/") if host else None

    want = case["result"]
    if want is None:
        assert got is None
    else:
        assert (got.app, got.user, got.fs_id, got.path) == (
            want["appSlug"],
            want["userSlug"],
            want.get("fsId"),
            want["path"],
        )


@pytest.mark.parametrize("case", TABLES["entry_point_url"], ids=lambda case: case["url"])
def test_entry_point_url_is_put_together_as_by_the_reference(case):
    url = entry_point_url(
        case["protocol"], case["hostnameBase"], case["appSlug"], case["userSlug"], case["fsId"]
    )

    assert url == case["url"]


@pytest.mark.parametrize(
    "text",
    ["", " ", "a b", "a@b", "a,b", "a/../b", "a..b", ".a", "a..", ".", "a:", "a:x", "a:99999", "a:1.", "ä.b"]
    + [
        "a\x00b",
        "a:1:2",
        "[::1",
        "http://a",
        "a?b",
        "a#b",
        "a%2eb",
        ("x" * 60 + ".") * 5 + "y",
    ],
)
def test_what_is_no_host_name_is_refused(text):
    assert parse_host(text, SITE) is None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "localhost",
            "LOCALHOST:8787",
            "127.0.0.1:80",
            "[::1]:8787",
            "my_service:1",
            "192.168.1.5",
            "apps.test",
        ),
        # What looks like an app's is one under the base alone.
        *(
            "app--user",
            "app--user.localhost",
            "app--user.test",
            "app--user.apps.test.example",
            "app--user.xapps.test",
        ),
        *(
            "dev--vibes.example.org",
            "xn--bcher-kva.example.org",
            "eve--shop--eve.example.org",
            "api--v1.127.0.0.1",
        ),
        # What can't be an app's is none there either.
        *(
            "xn--bcher-kva.apps.test",
            "a--b.apps.test",
            "-a--bc.apps.test",
            "a_b--cd.apps.test",
            "x.app--user.apps.test",
        ),
    ],
)
def test_all_hosts_but_those_of_apps_are_api_hosts(text):
    """Without the base the first label alone would make an app's host of half of them."""
    host = parse_host(text, SITE)

    assert host is not None
    assert host.app is None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "app--user.apps.test",
            "APP--User.Apps.Test:80",
            "app--user.apps.test.",
            "app--user.apps.test.:8787",
        ),
        "app--user.shop--eve.example.org",
    ],
)
def test_an_app_has_its_hosts_under_each_base_however_they_are_written(text):
    host = parse_host(text, SITE)

    assert host is not None
    assert (host.app, host.user) == ("app", "user")
    assert host.name == text.lower().partition(":")[0].rstrip(".")


def test_a_whole_host_may_be_a_base():
    host = parse_host("shop--eve.example.org", SITE)

    assert host is not None
    assert (host.app, host.user) == ("shop", "eve")


@pytest.mark.parametrize(
    "base", ["apps.test", "Apps.Test:8787", "apps.test.", "apps.test.:443", "*.apps.test"]
)
def test_a_base_may_be_written_with_port_dot_and_star(base):
    site = make_site(base, (), ("*",))

    host = parse_host("app--user.apps.test:80", site)
    assert host is not None
    assert host.app == "app"


def test_names_of_bases_are_canonical():
    assert [base_name(base) for base in ("[::1]:8787", "*", "localhost")] == ["[::1]", "*", "localhost"]


@pytest.mark.parametrize(
    ("host", "path", "is_it"),
    [
        *(("localhost", "/", False), ("localhost", "/v1/ws", False), ("localhost", "/~", True)),
        *(("localhost", "/~zabcdefgh~/", True), ("localhost", "/%ff", True), ("localhost", "/%C3%BC", False)),
        *(("app--user.other.test", "/", True), ("www.app--user.other.test", "/", False)),
    ],
)
def test_what_was_meant_for_an_app_is_told_from_the_apis(host, path, is_it):
    name = parse_host(host, SITE)

    assert name is not None
    assert is_for_app(name, path) is is_it


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a/../b", "/b"),
        ("/a/%2e%2E/b", "/b"),
        ("/a/./b", "/a/b"),
        ("/a/..", "/"),
        ("/a/b/.", "/a/b/"),
        ("/../../x", "/x"),
        ("/a//b?x=../y", "/a//b"),
        ("/.well-known/x", "/.well-known/x"),
        ("/a...b/..c", "/a...b/..c"),
    ],
)
def test_dot_segments_are_resolved_as_by_browsers(target, path):
    assert normalize_path(target) == path


@given(st.text(alphabet="./%2eab", max_size=40))
def test_a_normalised_path_has_no_dot_segment_left(text):
    path = normalize_path("/" + text)

    assert path.startswith("/")
    assert not {".", ".."} & set(path.lower().replace("%2e", ".").split("/"))
    assert normalize_path(path) == path


def test_a_path_that_is_no_utf8_has_no_name():
    assert decode_path("/%ff") is None
    assert decode_path("/%C3%BC%20x") == "/ü x"


@pytest.mark.parametrize(
    ("host", "method", "target", "may_be"),
    [
        ("apps.test", "GET", "/", True),
        ("apps.test", "HEAD", "/me?x", True),
        ("apps.test", "GET", "/x/../healthz", False),
        ("apps.test", "GET", "/readyz?x", False),
        ("apps.test", "GET", "/./~esm/x.js", False),
        ("apps.test", "GET", "//me", False),
        ("apps.test", "POST", "/", False),
        ("apps.test", "POST", SIGN_IN, True),
        ("apps.test", "OPTIONS", "/", False),
        ("shop--eve.apps.test", "GET", "/", False),
        ("shop--eve.apps.test", "POST", SIGN_IN, False),
    ],
)
def test_a_page_of_the_server_s_own_may_be_asked_for(host, method, target, may_be):
    assert may_be_page(parse_host(host, SITE), method, target) is may_be
