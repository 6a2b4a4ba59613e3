"""What a page's answer lets a browser do: nothing but what is named."""

import pytest

from vibes_trio.pages.guard import calc_policy, page_headers, safe_next


def directives(policy):
    return {words[0]: words[1:] for words in (part.split() for part in policy.split("; "))}


@pytest.mark.parametrize(("protocol", "socket"), [("http", "ws://h:1"), ("https", "wss://h:1")])
def test_scripts_and_styles_are_those_of_the_page_and_it_asks_its_server_alone(protocol, socket):
    policy = directives(
        calc_policy("N", "h:1", protocol, {"frame-src": ["http://*.h:1"], "img-src": ["http://x"]})
    )

    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'nonce-N'"]
    assert policy["connect-src"] == ["'self'", socket]
    assert policy["form-action"] == ["'self'"]
    assert policy["frame-src"] == ["http://*.h:1"]
    assert policy["img-src"][-1] == "http://x"


def test_no_other_page_holds_it_opens_it_or_learns_where_it_was():
    headers = page_headers("N", "h", "http", {})

    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Cookie" in headers["Vary"]


@pytest.mark.parametrize("path", ["/", "/account", "/chats?q=a%20b", "/apps/ada/garden#errors"])
def test_a_path_of_ours_is_gone_to(path):
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "x",
        "//e.test",
        "/\\e.test",
        "\\/e.test",
        "http://e.test",
        "/\r\nx",
        "/\u2028",
        "/a b",
        "/sign-out",
    ],
)
def test_what_may_lead_elsewhere_is_not(path):
    assert safe_next(path) == "/"
