"""What apps write to get a font by its name, and what that asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.content.font_addresses import (
    LOOKED_AT_ONCE,
    MAX_FAMILIES,
    MAX_QUERY_CHARS,
    WantedFace,
    WantedFont,
    find_families,
    find_font_addresses,
    parse_font_request,
    those_with_fonts,
    with_own_address,
    with_own_addresses,
)
from vibes_trio.steps import run_through

LORA = "https://fonts.googleapis.com/css2?family=Lora"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f'<link href="{LORA}&amp;display=swap" rel="stylesheet">', ["css2?family=Lora&display=swap"]),
        (f"<link rel=stylesheet href={LORA}>", ["css2?family=Lora"]),
        (
            "@import url(https://fonts.googleapis.com/css2?family=A:wght@400;700);",
            ["css2?family=A:wght@400;700"],
        ),
        (f"@import '{LORA}';", ["css2?family=Lora"]),
        (f"const css = `@import url({LORA});`", ["css2?family=Lora"]),
        ('link.href = "//fonts.bunny.net/css?family=lora:400|inter"', ["css?family=lora:400|inter"]),
        ('"https://fonts.googleapis.com/icon?family=Material+Icons"', ["icon?family=Material+Icons"]),
        ('"HTTPS://Fonts.GoogleAPIs.cn/CSS?family=Lora"', ["css?family=Lora"]),
        ('"https://api.fonts.coollabs.io/css2?family=Lora"', ["css2?family=Lora"]),
        (f'"{LORA}" "{LORA}"', ["css2?family=Lora"]),
        (f"`{LORA}:wght@${{weight}}`", []),
        ('"https://fonts.googleapis.com/css2?display=swap"', []),
        ('"https://example.org/css2?family=Lora"', []),
        ('"https://fonts.example.org/list?family=Lora"', []),
        ('<link rel="preconnect" href="https://fonts.gstatic.com" crossorigin>', []),
        ("family=Lora", []),
        ("", []),
    ],
)
def test_addresses_are_found_wherever_they_stand(text: str, found: list[str]) -> None:
    assert find_font_addresses(text.encode()) == found


@pytest.mark.parametrize(
    ("text", "served"),
    [
        (f'<link href="{LORA}&amp;text=a">', '<link href="/~esm/@fonts/css2?family=Lora&amp;text=a">'),
        (
            "@import url(//fonts.bunny.net/CSS?family=a:400,700);",
            "@import url(/~esm/@fonts/css?family=a:400,700);",
        ),
        ('a{background:url("https://fonts.test/css?x=1")} /* family= */', None),
        ("@import 'https://fonts.googleapis.com/css2';", None),
    ],
)
def test_addresses_in_files_lead_to_this_server(text: str, served: str | None) -> None:
    assert with_own_addresses(text.encode()).decode() == (served or text)


@pytest.mark.parametrize("between", [" ", "\n", "x", "/"])
def test_a_long_file_is_looked_through_in_pieces(between: str) -> None:
    content = (between * 40_000 + f'"{LORA}"').encode() * 3

    assert find_font_addresses(content) == ["css2?family=Lora"]
    assert with_own_addresses(content) == content.replace(LORA.encode(), b"/~esm/@fonts/css2?family=Lora")


REGULAR = WantedFace()
BOLD = WantedFace(weight=(700, 700))
SLANTED = WantedFace(is_italic=True)


@pytest.mark.parametrize(
    ("kind", "query", "fonts"),
    [
        ("css2", "family=Open+Sans", [WantedFont("Open Sans")]),
        ("css2", "family=A&family=B%20C", [WantedFont("A"), WantedFont("B C")]),
        ("css2", "family=A:wght@400;700", [WantedFont("A", (REGULAR, BOLD), frozenset({"wght"}))]),
        (
            "css2",
            "family=A:ital,wght@0,400;1,100..900",
            [WantedFont("A", (REGULAR, WantedFace(True, (100, 900))), frozenset({"wght"}))],
        ),
        ("css2", "family=A:ital@1", [WantedFont("A", (SLANTED,))]),
        (
            "css2",
            "family=A:opsz,wdth,wght@9..40,75..100,400",
            [WantedFont("A", (WantedFace(stretch=(75, 100)),), frozenset({"opsz", "wdth", "wght"}))],
        ),
        ("css2", "family=A:wght@900..100", [WantedFont("A", (WantedFace(weight=(100, 900)),), frozenset({"wght"}))]),
        ("css2", "family=A:wght@bold", [WantedFont("A", axes=frozenset({"wght"}))]),
        ("css2", "family=A:ital,wght@400;0,700", [WantedFont("A", (BOLD,), frozenset({"wght"}))]),
        ("css2", "family=A:wght", [WantedFont("A")]),
        ("css2", "family=A|B", [WantedFont("A|B")]),
        ("css", "family=A:400,700|B+C:i", [WantedFont("A", (REGULAR, BOLD)), WantedFont("B C", (SLANTED,))]),
        ("css", "family=A:400:latin,greek", [WantedFont("A")]),
        ("css", "family=A:700italic,bi,b", [WantedFont("A", (WantedFace(True, (700, 700)), BOLD))]),
        ("css", "family=A:n4,i7,regular,italic", [
            WantedFont("A", (REGULAR, WantedFace(True, (700, 700)), SLANTED))
        ]),
        ("css", "family=A:heavy", [WantedFont("A")]),
        ("icon", "family=Material+Icons", [WantedFont("Material Icons")]),
    ],
)  # fmt: skip
def test_both_versions_of_the_interface_are_understood(
    kind: str, query: str, fonts: list[WantedFont]
) -> None:
    request = parse_font_request(kind, query)

    assert request is not None
    assert list(request.fonts) == fonts


@pytest.mark.parametrize(("given", "kept"), [("swap", "swap"), ("block", "block"), ("x;}", ""), ("", "")])
def test_display_and_text_are_read(given: str, kept: str) -> None:
    request = parse_font_request("css2", f"family=A&display={given}&text=H%C3%A9y")

    assert request is not None
    assert (request.display, request.text) == (kept, "Héy")


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("css2", ""),
        ("css2", "family="),
        ("css2", "family=%20:400"),
        ("css2", "family=字体"),
        ("css3", "family=A"),
        ("css2", "family=A" * MAX_QUERY_CHARS),
        ("css", "family=" + "|".join(["A"] * (MAX_FAMILIES + 1))),
    ],
)
def test_what_asks_for_nothing_or_too_much_is_nothing(kind: str, query: str) -> None:
    assert parse_font_request(kind, query) is None


@pytest.mark.parametrize(
    ("name", "font_id"),
    [("Open Sans", "open-sans"), ("M PLUS 1p", "m-plus-1p"), ("../x", "x"), ("a" * 100, "a" * 80), ("é", "")],
)
def test_an_id_is_what_a_package_may_be_called(name: str, font_id: str) -> None:
    assert WantedFont(name).font_id == font_id


@given(st.sampled_from(["css", "css2", "icon"]), st.text(max_size=200))
def test_any_query_is_understood_or_not(kind: str, text: str) -> None:
    parse_font_request(kind, f"family={text}")


def test_addresses_of_one_family_are_taken_together():
    contents = [
        b"'//fonts.test/css2?family=A:wght@400&family=B' '//fonts.test/css2?family='",
        b"'//fonts.test/css2?family=A:opsz@9..40' '//fonts.test/css?family=a' '//fonts.test/css2?family=-'",
    ]

    assert find_families(contents, 20, 20) == {"A": ("opsz", "wght"), "B": ()}
    assert find_families(contents, 1, 20) == {"A": ("wght",), "B": ()}
    assert find_families(contents, 20, 1) == {"A": ("opsz", "wght")}


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b'import { Inter, Roboto_Mono as Mono, } from "next/font/google"', ["Inter", "Roboto Mono"]),
        (b"import {\n  Inter\n}\nfrom 'next/font/google'", ["Inter"]),
        (b'import font from "next/font/google"', []),
        (b'import { GeistMono } from "geist/font/mono"', ["Geist", "Geist Mono"]),
        (b'import { Inter } from "lucide-react"', []),
    ],
)
def test_fonts_of_next_are_asked_for_when_the_app_runs(content, names):
    assert list(find_families([content], 20, 20)) == names
    assert run_through(those_with_fonts([content])) == ([content] if b"font/" in content else [])


def test_one_address_is_led_here_as_it_is_written():
    asked = "https://fonts.googleapis.com/css2?family=A:wght@400;700&amp;display=swap"

    assert with_own_address(asked) == "/~esm/@fonts/css2?family=A:wght@400;700&amp;display=swap"
    assert with_own_address("https://other.test/a.css?family=A") == "https://other.test/a.css?family=A"


@given(st.text(st.characters(exclude_categories=())))
def test_what_is_no_such_address_stays_as_it_is(address):
    assert with_own_address(address) == address


def test_long_contents_are_looked_through_in_steps():
    padded = b" " * (LOOKED_AT_ONCE - 3) + b"family=Roboto" + b" " * LOOKED_AT_ONCE
    plain = b" " * (2 * LOOKED_AT_ONCE)
    steps = those_with_fonts([plain, padded, b"short"])

    assert len(list(steps)) == 2
    assert run_through(those_with_fonts([plain, padded, b"short"])) == [padded]
