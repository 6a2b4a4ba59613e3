"""Names that modules import of each other, in every way that they are written."""

import time

import pytest

from vibes_trio.content.imported_names import imported_names


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ('import { Mail, Github as Icon } from "icons";', "Github Mail"),
        ("import {\n  Mail, // for words\n  Github /* gone */,\n} from 'icons';", "Github Mail"),
        ('import { importance, exporter } from "icons"', "exporter importance"),
        ('import Icons from "icons"', "default"),
        ('import Icons, { Mail } from "icons"', "Mail default"),
        ('import Icons, * as all from "icons"', "default"),
        ('import { default as Icons } from "icons"', "default"),
        ('import * as Icons from "icons"', ""),
        ('import "icons"', ""),
        ('import {} from "icons"', ""),
        ('import { "a-b" as c, Mail } from "icons"', "Mail"),
        ('import type { Mail } from "icons"', "Mail"),
        ('export { Mail, Github as default } from "icons"', "Github Mail"),
        ('export * from "icons"', ""),
        ('export default 1; import{Mail}from"icons";', "Mail"),
        ('import { Mail } from "icons"; import { Github } from "icons";', "Github Mail"),
        ('import { Mail } from "other"', ""),
        ('const from = 1; import { x } from "y"; x.from("icons")', ""),
        ('from "icons"', ""),
        (f"import {{ {'important, ' * 200} }} from 'icons'", ""),
    ],
)
def test_names_of_a_specifier(code, names):
    expected = {"icons": tuple(names.split())} if names else {}

    assert imported_names([code], {"icons"}) == expected


def test_names_of_several_modules_are_put_together():
    codes = ['import { b } from "x"', 'import { a } from "x"; import { c } from "y"']

    assert imported_names(codes, {"x", "y"}) == {"x": ("a", "b"), "y": ("c",)}


@pytest.mark.parametrize(
    "part",
    ["import ", "importimport", "import {", 'from "x" ', "/*", "import { a, ", 'import { a } from "x";'],
)
def test_hostile_text_takes_no_time(part):
    code = part * (400_000 // len(part)) + ' from "x"'
    began = time.perf_counter()

    imported_names([code], {"x"})

    assert time.perf_counter() - began < 2
