"""A session's cookie counts for pages of our own alone."""

import pytest

from vibes_trio.browsers import (
    COOKIE,
    MAX_TOKEN_CHARS,
    SECURE_COOKIE,
    acting_session,
    is_own_page,
    reading_session,
    session_cookie,
    session_in,
)

OWN = {"origin": "https://vibes.test", "cookie": f"{SECURE_COOKIE}=t"}


@pytest.mark.parametrize(
    ("headers", "host", "own"),
    [
        ({"origin": "https://vibes.test"}, "vibes.test", True),
        ({"origin": "https://vibes.test"}, "VIBES.test", True),
        ({"origin": "https://vibes.test", "sec-fetch-site": "same-origin"}, "vibes.test", True),
        ({"origin": "https://vibes.test", "sec-fetch-site": "same-site"}, "vibes.test", False),
        ({"origin": "https://vibes.test", "sec-fetch-site": "none"}, "vibes.test", False),
        ({"origin": "http://vibes.test"}, "vibes.test", False),
        ({"origin": "https://a--b.vibes.test"}, "vibes.test", False),
        ({"origin": "https://vibes.test:8443"}, "vibes.test", False),
        ({"origin": "null"}, "vibes.test", False),
        ({"origin": ""}, "vibes.test", False),
        ({}, "vibes.test", False),
        ({"sec-fetch-site": "same-origin"}, "vibes.test", False),
    ],
)
def test_a_page_is_our_own_by_its_exact_origin(headers, host, own):
    assert is_own_page(headers, host, "https") == own
    assert acting_session({**OWN, "origin": "", **headers}, host, "https") == ("t" if own else "")


@pytest.mark.parametrize(
    ("cookies", "protocol", "token"),
    [
        (f"{COOKIE}=t", "http", "t"),
        (f"a=b; {COOKIE}=t; c", "http", "t"),
        (f"{COOKIE}=t", "https", ""),
        (f"{SECURE_COOKIE}=t", "https", "t"),
        (f"{COOKIE}=t; {COOKIE}=t", "http", "t"),
        (f"{COOKIE}=t; {COOKIE}=u", "http", ""),
        (f"{COOKIE}=", "http", ""),
        (f"{COOKIE}={'x' * MAX_TOKEN_CHARS}", "http", "x" * MAX_TOKEN_CHARS),
        (f"{COOKIE}={'x' * (MAX_TOKEN_CHARS + 1)}", "http", ""),
        ("", "http", ""),
    ],
)
def test_the_cookie_is_found_where_there_is_one_alone(cookies, protocol, token):
    assert session_in({"cookie": cookies}, protocol) == token
    assert reading_session({"cookie": cookies}, protocol) == token


def test_a_cookie_is_for_its_host_and_no_script():
    assert session_cookie("t", "https", 60) == (
        f"{SECURE_COOKIE}=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure"
    )
    assert session_cookie("t", "http", 60) == f"{COOKIE}=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=60"
    assert "Max-Age=0" in session_cookie("", "http", 60)
