"""What apps of Next import."""

import pytest

from vibes_trio.bundle.next_parts import NEXT, is_for_servers, next_part, says_where, tell_server_part


@pytest.mark.parametrize(
    "specifier",
    [
        *("next/link", "next/image", "next/navigation", "next/font/google", "next/font/local"),
        *("geist/font/sans", "server-only", "@vercel/analytics/react", f"{NEXT}address"),
    ],
)
def test_plain_parts_have_a_module(specifier):
    assert next_part(specifier, "/app/page.tsx") is not None
    assert not is_for_servers(specifier)


@pytest.mark.parametrize("specifier", ["react", "next-themes", "@vercel/blob", "geist", "nextra/next"])
def test_other_packages_are_themselves(specifier):
    assert next_part(specifier) is None
    assert not is_for_servers(specifier)


@pytest.mark.parametrize("specifier", ["next", "next/headers", "next/server", "next/cache"])
def test_parts_for_servers_say_so_by_name(specifier):
    assert is_for_servers(specifier)
    assert tell_server_part(specifier) in (next_part(specifier, "/app/page.tsx") or "")


def test_a_local_font_is_looked_for_beside_who_asks():
    assert says_where("next/font/local")
    assert '"../app/layout.tsx"' in (next_part("next/font/local", "/app/layout.tsx") or "")
