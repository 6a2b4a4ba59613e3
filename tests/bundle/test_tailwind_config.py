"""The theme of a configuration that is never run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.bundle.tailwind_config import (
    MAX_CONFIG_BYTES,
    TailwindConfig,
    is_tailwind_config,
    read_tailwind_config,
)


def theme(members: str) -> str:
    return read_tailwind_config(f"export default {{ theme: {{ extend: {{ {members} }} }} }};").css


@pytest.mark.parametrize(
    ("members", "css"),
    [
        ('colors: { brand: "#0f766e" }', "--color-brand: #0f766e;"),
        ('colors: { a: { DEFAULT: "red", b: "blue" } }', "--color-a: red;\n  --color-a-b: blue;"),
        ("colors: { accent: colors.rose }", "--color-accent-500: var(--color-rose-500);"),
        ('colors: { a: "hsl(var(--a) / <alpha-value>)" }', "--color-a: hsl(var(--a) / 1);"),
        ('spacing: { 4.5: "1rem", 13: "3rem" }', "--spacing-4\\.5: 1rem;\n  --spacing-13: 3rem;"),
        (
            'fontFamily: { sans: ["Inter", ...more.sans], "serif": "Georgia" }',
            "--font-sans: Inter;\n  --font-serif: Georgia;",
        ),
        (
            'fontSize: { big: ["5rem", { lineHeight: "1" }], small: "1px", mid: ["2px", "3px"] }',
            "--text-big: 5rem;\n  --text-big--line-height: 1;\n  --text-small: 1px;\n  --text-mid: 2px;\n",
        ),
        ('borderRadius: { lg: "var(--r)" }', "--radius-lg: var(--r);"),
        (
            'backgroundImage: { sky: "linear-gradient(red, blue)" }, zIndex: { 60: 60 }',
            "--background-image-sky: linear-gradient(red, blue);\n  --z-index-60: 60;",
        ),
        (
            'keyframes: { up: { from: { marginTop: "1px" }, to: { opacity: 0 } } }',
            "@keyframes up { from { margin-top: 1px; } to { opacity: 0; } }",
        ),
        (
            'container: { center: true, padding: { DEFAULT: "2rem" }, screens: { xl: "90rem" } }',
            "margin-inline: auto; padding-inline: 2rem; @media (width >= 90rem) { max-width: 90rem; }",
        ),
    ],
)
def test_plain_values_become_variables(members, css):
    assert css in theme(members)


@pytest.mark.parametrize(
    "members",
    [
        "colors: { a: ({ opacity }) => `rgb(${opacity})` }",
        "colors: { a: make(1, { b: 2 }), ...others }",
        "colors: { [name]: one }",
        "colors: { a: other.thing, b: name }",
        'colors: { a: "red; } body { display: none" }',
        'colors: { a: "x */ y", b: "\\u003c/style>" }',
        "colors: { a() { return 1 } }",
        'keyframes: { "a b": { from: { top: "1px" } }, c: make() }',
        "colors: make()",
        "container: { center: false }",
    ],
)
def test_what_is_not_plain_is_passed_over(members):
    assert "color-a" not in theme(members)
    assert "display" not in theme(members)


def test_what_follows_a_value_that_is_not_plain_is_read():
    css = theme('colors: { a: ({ x }) => ({ y: [x] }), b: "blue" }, spacing: { c: fn(","), d: "1px" }')

    assert "--color-b: blue;" in css
    assert "--spacing-d: 1px;" in css


def test_a_theme_that_is_not_extended_takes_the_place_of_tailwinds():
    whole = read_tailwind_config(
        'module.exports = { theme: { colors: { a: "red" }, screens: { ...s, b: "1px" } } };'
    ).css

    assert "--color-*: initial;" in whole
    assert "--breakpoint-*" not in whole  # it spreads what was there


@pytest.mark.parametrize(
    ("printed", "config"),
    [
        ('x = { darkMode: "class" }', TailwindConfig("@custom-variant dark (&:where(.dark, .dark *));")),
        (
            'x = { darkMode: ["selector", "[data-mode=dark]"] }',
            TailwindConfig("@custom-variant dark (&:where([data-mode=dark], [data-mode=dark] *));"),
        ),
        ('x = { prefix: "tw-" }', TailwindConfig(prefix="tw")),
        (
            'import animate from "tailwindcss-animate";\nx = { plugins: [animate, require("@a/b"), inline({})] }',
            TailwindConfig(plugins=("tailwindcss-animate", "@a/b")),
        ),
        (
            'const forms = require("@tailwindcss/forms");\nx = { plugins: [forms] }',
            TailwindConfig(plugins=("@tailwindcss/forms",)),
        ),
        ("x" * (MAX_CONFIG_BYTES + 1), TailwindConfig()),
        ("theme: " + "{ a: " * 40, TailwindConfig()),
    ],
)
def test_the_rest_of_a_configuration(printed, config):
    assert read_tailwind_config(printed) == config


@pytest.mark.parametrize(
    ("name", "is_it"),
    [
        ("/web/tailwind.config.js", True),
        ("/web/tailwind.config.cts", True),
        ("/tailwind.config.js", False),
        ("/web/a/tailwind.config.js", False),
        ("/web/tailwind.config.json", False),
    ],
)
def test_the_configuration_lies_in_the_projects_folder(name, is_it):
    assert is_tailwind_config(name, "/web") is is_it


@given(st.text(alphabet="{}[](),:\"'`.=> a1\n", max_size=80))
def test_any_text_is_read(text):
    read_tailwind_config(f"theme: {{ extend: {{ colors: {{ {text}")
