"""Style sheets for Tailwind, in the words of its version 4."""

import pytest

from vibes_trio.bundle.tailwind import (
    as_of_today,
    brings_tailwind,
    is_of_tailwind,
    is_tailwind_import,
    joined_for,
    tell_unread,
    uses_tailwind,
)
from vibes_trio.bundle.tailwind_config import TailwindConfig

CONFIG = TailwindConfig("@theme inline { --color-a: red; }", ("plugin",), "tw")


@pytest.mark.parametrize(
    ("css", "uses"),
    [
        ("@tailwind base;", True),
        ("p { @apply p-4; }", True),
        ('@import "tailwindcss";', True),
        ("@import url('tailwindcss/utilities');", True),
        ("@theme { --a: b }", True),
        ("p { color: red } @media print { p { color: blue } }", False),
        ('@import "./tailwindcss.css";', False),
    ],
)
def test_sheets_for_tailwind_are_known(css, uses):
    assert uses_tailwind(css) is uses


def test_directives_of_version_three_become_an_import_with_what_borders_looked_like():
    sheet = as_of_today(
        "@tailwind base;\n@tailwind components;\n@tailwind utilities;\np { @apply p-4; }", None, bring=True
    )

    assert sheet.css.startswith('@import "tailwindcss";\n@layer base')
    assert sheet.css.endswith("p { @apply p-4; }")
    assert "@tailwind" not in sheet.css


def test_what_is_imported_of_other_hosts_stays_in_front():
    """Browsers pass over an import behind other rules: fonts of very many apps."""
    font = '@import "https://fonts.googleapis.com/css2?family=A:wght@400;700";\n'

    assert as_of_today(f"{font}@tailwind base;\np {{}}", None, bring=True).css.startswith(
        f'{font}@import "tailwindcss"'
    )
    assert as_of_today(f"{font}p {{ @apply p-4 }}", None, bring=False).css == f"{font}p {{ @apply p-4 }}"


def test_utilities_alone_come_without_tailwinds_base():
    css = as_of_today("@tailwind utilities;", None, bring=True).css

    assert 'tailwindcss/utilities"' in css
    assert "preflight" not in css
    assert '@import "tailwindcss";' not in css


def test_a_sheet_of_version_four_brings_itself_and_no_configuration():
    css = '@import "tailwindcss" prefix(x);\n@theme { --a: b }'

    assert as_of_today(css, CONFIG, bring=False).css == css


def test_a_configuration_counts_where_a_sheet_names_it_or_is_of_version_three():
    named = as_of_today('@import "tailwindcss";\n@config "../tailwind.config.js";\n', CONFIG, bring=False)
    old = as_of_today("@tailwind base;", CONFIG, bring=False)

    assert CONFIG.css in named.css
    assert "@config" not in named.css
    assert '@import "tailwindcss" prefix(tw);' in old.css
    assert old.unread == ("plugin",)


def test_a_sheet_that_only_applies_brings_tailwind_where_no_other_does():
    assert as_of_today("p { @apply p-4 }", None, bring=True).css.startswith('@import "tailwindcss";')
    assert as_of_today("p { @apply p-4 }", None, bring=False).css == "p { @apply p-4 }"


def test_plugins_are_left_out_and_told():
    sheet = as_of_today('@import "tailwindcss";\n@plugin "@tailwindcss/forms" { a: b }\n', None, bring=False)

    assert "@plugin" not in sheet.css
    assert sheet.unread == ("@tailwindcss/forms",)
    assert "@tailwindcss/forms" in tell_unread("/a.css", sheet.unread)
    assert tell_unread("/a.css", ()) == ""


@pytest.mark.parametrize("css", ["@media screen(md) { p {} }", "@screen md { p {} }"])
def test_screens_become_media_queries(css):
    assert as_of_today(css, None, bring=False).css == "@media (width >= theme(--breakpoint-md)) { p {} }"


@pytest.mark.parametrize(
    ("css", "brings"),
    [('@import "tailwindcss/theme";', True), ("@tailwind utilities;", True), ("p {}", False)],
)
def test_what_brings_tailwind_is_known(css, brings):
    assert brings_tailwind(css) is brings


def test_names_of_tailwind_are_known():
    assert is_tailwind_import("tailwindcss")
    assert is_tailwind_import("tailwindcss/theme.css")
    assert not is_tailwind_import("tailwindcss-animate")
    assert is_of_tailwind("@tailwindcss/forms")


def test_packages_that_are_style_sheets_for_tailwind_are_read_with_the_apps_own():
    assert [
        joined_for(name) for name in ("tw-animate-css", "shadcn/tailwind.css", "tailwindcss-animate")
    ] == [
        "tw-animate-css",
        "shadcn/tailwind.css",
        "tw-animate-css",
    ]
    assert (joined_for("@tailwindcss/forms"), joined_for("normalize.css")) == ("", "")
    assert not is_of_tailwind("leaflet/dist/leaflet.css")


def test_version_three_may_be_imported_by_the_names_of_its_files():
    names = ("base", "components.css", "utilities")
    css = "".join(f'@import "tailwindcss/{name}";\n' for name in names) + ".a { @apply p-1 }"

    text = as_of_today(css, None, bring=False).css

    assert text.split() == as_of_today(_BY_DIRECTIVES, None, bring=False).css.split()


_BY_DIRECTIVES = "@tailwind base; @tailwind components; @tailwind utilities; .a { @apply p-1 }"
