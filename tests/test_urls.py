"""Hosts and paths of deployed apps."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.urls import decode_path, entry_point_url, normalize_path, parse_entry_point, parse_host

TABLES = json.loads((Path(__file__).parent / "conformance" / "tables.json").read_text("utf-8"))


@pytest.mark.parametrize("case", TABLES["host_to_bindings"], ids=lambda case: case["url"])
def test_host_and_path_are_taken_apart_as_by_the_reference(case):
    parts = urlsplit(case["url"])
    host = parse_host(parts.netloc)

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
    ["", " ", "a b", "a@b", "a,b", "a/../b", "a..b", ".a", "a.", "a:", "a:x", "a:99999", "-a.b", "ä.b"]
    + [
        "a\x00b",
        "a:1:2",
        "[::1",
        "http://a",
        "a?b",
        "a#b",
        "a%2eb",
        "x" * 64 + ".b",
        ("x" * 60 + ".") * 5 + "y",
    ],
)
def test_what_is_no_host_name_is_refused(text):
    assert parse_host(text) is None


@pytest.mark.parametrize(
    "text", ["localhost", "LOCALHOST:8787", "127.0.0.1:80", "[::1]:8787", "my_service:1"]
)
def test_plain_hosts_are_api_hosts(text):
    host = parse_host(text)

    assert host is not None
    assert host.app is None


def test_names_of_one_host_in_any_case_are_one_name():
    assert parse_host("App--User.Base.Test:80") == parse_host("app--user.base.test")


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
