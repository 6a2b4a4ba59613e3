"""Dart Sass as a process: what it compiles, what it may ask for, and how it is stopped."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import trio
from fake_registry import require_sass

from vibes_trio.compilers.sass import (
    SNAPSHOT,
    SassFailed,
    SassSheet,
    SassTool,
    compile_sheets,
    find_sass,
    open_sass_turns,
    sass_folder,
)
from vibes_trio.config import Limits

LIMITS = Limits()


class Given:
    """Sheets by name. Its state: what was asked for."""

    def __init__(self, sheets: Mapping[str, str], wait_s: float = 0) -> None:
        self.sheets = {f"app:///{name}": text for name, text in sheets.items()}
        self.asked: list[str] = []
        self.wait_s = wait_s

    async def find(self, url: str, containing: str, *, from_import: bool) -> str:
        self.asked.append(url)
        await trio.sleep(self.wait_s)
        if url == "gone":
            raise SassFailed("gone is not to be had")
        return url if url in self.sheets else f"app:///{url}" if f"app:///{url}" in self.sheets else ""

    def load(self, name: str) -> SassSheet:
        return SassSheet(self.sheets[name].encode(), "indented" if name.endswith(".sass") else "scss")


def tool(*command: str, limits: Limits = LIMITS) -> SassTool:
    given = command or find_sass(require_sass(), Path("/nowhere"))
    return SassTool(given, open_sass_turns(limits))


async def compile_all(material: Given, *names: str, limits: Limits = LIMITS, ahead: str = "", **more):
    wanted = [f"app:///{name}" for name in names or ("a.scss",)]
    before = dict.fromkeys(wanted, ahead.encode())
    made = await compile_sheets(tool(limits=limits, **more), wanted, material, limits, "ada", before)
    return {name.removeprefix("app:///"): sheet for name, sheet in made.items()}


def told(failed: object) -> tuple[str, str, int]:
    assert isinstance(failed, SassFailed)
    return failed.words, failed.name, failed.line


async def test_sheets_in_both_syntaxes_take_in_what_the_material_has():
    material = Given(
        {
            "a.scss": '@use "b.sass" as b; p { a { width: b.$wide } }',
            "b.sass": "$wide: 3px\n",
            "c.sass": "p\n  color: red\n",
        }
    )

    made = await compile_all(material, "a.scss", "c.sass")

    assert made["a.scss"] == b"p a {\n  width: 3px;\n}"
    assert made["c.sass"] == b"p {\n  color: red;\n}"
    assert material.asked == ["app:///b.sass"]


async def test_what_stands_ahead_counts_for_no_line():
    made = await compile_all(Given({"a.scss": "p {\n  color: $none;\n}"}), ahead="$a: 1;\n$b: 2;\n")

    assert told(made["a.scss"]) == ("Undefined variable.", "app:///a.scss", 2)


async def test_the_sheet_that_is_wrong_is_named_and_the_others_are_had():
    material = Given({"a.scss": '@use "b";', "b": "p {\n  x: $y;\n}", "c.scss": "p { x: y }"})

    made = await compile_all(material, "a.scss", "c.scss")

    assert told(made["a.scss"])[1:] == ("app:///b", 2)
    assert made["c.scss"] == b"p {\n  x: y;\n}"


@pytest.mark.parametrize(
    "url", ["/etc/hostname", "../../../../../../etc/hostname", "file:///etc/hostname", "pkg:etc", "nowhere"]
)
async def test_nothing_is_read_but_what_the_material_has(url):
    material = Given({"a.scss": f'@use "{url}";'})

    made = await compile_all(material)

    assert told(made["a.scss"]) == ("Can't find stylesheet to import.", "app:///a.scss", 1)
    assert material.asked


async def test_why_a_sheet_is_not_to_be_had_is_told():
    made = await compile_all(Given({"a.scss": '@use "gone";'}))

    assert told(made["a.scss"])[0] == "gone is not to be had"


async def test_one_that_never_ends_is_stopped_and_no_more_are_tried():
    limits = Limits(compile_timeout_s=0.5)
    sheets = {"a.scss": "@while true {}", "b.scss": "p { x: y }"}

    made = await compile_all(Given(sheets), *sheets, limits=limits)

    assert told(made["a.scss"])[0] == "compiling took more than 0.5 s and was stopped"
    assert told(made["b.scss"])[0] == "not compiled, as others took more than 0.5 s"


async def test_waiting_for_a_package_takes_none_of_its_time():
    limits = Limits(compile_timeout_s=2)

    made = await compile_all(Given({"a.scss": '@use "b";', "b": "p { x: y }"}, wait_s=2.2), limits=limits)

    assert made == {"a.scss": b"p {\n  x: y;\n}"}


async def test_one_that_nests_too_deeply_ends_its_own_process_only():
    sheets = {"a.scss": "@function f($x) { @return f($x + 1) } p { a: f(1) }", "b.scss": "p { x: y }"}

    made = await compile_all(Given(sheets), *sheets)

    assert told(made["a.scss"])[0].startswith("the compiler gave up: nested too deeply")
    assert made["b.scss"] == b"p {\n  x: y;\n}"


async def test_one_that_takes_too_much_memory_is_refused():
    limits = Limits(compile_memory_bytes=96 * 1024 * 1024)

    made = await compile_all(Given({"a.scss": "$l: (1,); @while true { $l: join($l, $l) }"}), limits=limits)

    assert isinstance(made["a.scss"], SassFailed)


async def test_a_sheet_that_becomes_too_long_is_refused():
    limits = Limits(max_compiled_bytes=2000)
    long = "@for $i from 1 through 500 { .a#{$i} { width: 1px } }"

    made = await compile_all(Given({"a.scss": long}), limits=limits)

    assert told(made["a.scss"])[0] == "the style sheet is longer than 2000 bytes"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 1", "the compiler gave up"),
        (r"printf '\002\001\001'; sleep 9", "the compiler gave up"),
        (r"printf '\377\377\377\377\377\377'; sleep 9", "longer than"),
        (r"printf '\000'; sleep 9", "longer than"),
    ],
)
async def test_a_program_that_is_no_sass_is_told(tmp_path, script, words):
    program = tmp_path / "sass"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)

    made = await compile_sheets(tool(str(program)), ["app:///a.scss"], Given({"a.scss": "p {}"}), LIMITS)

    assert words in told(made["app:///a.scss"])[0]


async def test_a_program_that_is_gone_is_told():
    made = await compile_sheets(tool("/nowhere/sass"), ["app:///a.scss"], Given({"a.scss": "p {}"}), LIMITS)

    assert told(made["app:///a.scss"])[0] == "Sass can't be started: No such file or directory"


async def test_too_many_that_wait_are_told():
    limits = Limits(compiles_waiting=0)

    made = await compile_sheets(
        tool("/nowhere/sass", limits=limits), ["app:///a.scss"], Given({"a.scss": "p {}"}), limits
    )

    assert told(made["app:///a.scss"])[0].startswith("Too much waits to be compiled")


def test_what_the_setting_names_counts_before_what_was_fetched(tmp_path):
    assert find_sass("", tmp_path) == ()
    folder = sass_folder(tmp_path)
    folder.mkdir(parents=True)
    (folder / SNAPSHOT).touch()

    assert find_sass("", tmp_path) == (str(folder / "dart"), str(folder / SNAPSHOT), "--embedded")
    assert find_sass("/opt/sass", tmp_path) == ("/opt/sass", "--embedded")
    assert find_sass(str(folder / "dart"), Path("/nowhere")) == find_sass("", tmp_path)
