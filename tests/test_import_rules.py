"""A module imports only from the lines above its own, which `vibes_trio/ARCHITECTURE.md` lists."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "vibes_trio"


def read_lines(text: str) -> tuple[frozenset[str], ...]:
    """Return the parts of the package, line by line, that the table after `<!-- import lines -->` names."""
    rows = text.partition("<!-- import lines -->\n")[2].partition("\n\n")[0].splitlines()[2:]
    return tuple(frozenset(re.findall(r"`(\w+)`", row.split("|")[1])) for row in rows)


LINES = read_lines((PACKAGE / "ARCHITECTURE.md").read_text("utf-8"))
CLIENT_MAY = LINES[0] | LINES[1] | {"auth"}
# The rooms of `modules`, and the files beside them that all rooms may use.
ROOMS = ("registry", "store", "resolve", "build")
FOR_ALL_ROOMS = ("folder", "progress")
DATA_ONLY = frozenset({"example"})
ONLY_IN = {
    "quart": ("front", "pages"),
    "quart_trio": ("front", "pages"),
    "hypercorn": ("front",),
}
# Quart takes half a second to import: the full lane is loaded behind the listening fast one. Words for made-up names
# take 12 ms, and hardly a deploy asks for them. (Whole packages can be had late by `late`.)
LATE_IMPORTS = {"front/serve.py": 1, "content/slugs.py": 1}

FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] not in DATA_ONLY)


def part_of(path: Path) -> str:
    """The part of the package that a file belongs to: a folder or a module."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def line_of(part: str) -> int:
    return next(number for number, parts in enumerate(LINES) if part in parts)


@cache
def read(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imported(tree: ast.AST, but: frozenset[int] = frozenset()) -> list[str]:
    """Return the names of what is imported, save in the lines *but*."""
    names = []
    for node in ast.walk(tree):
        if getattr(node, "lineno", 0) in but:
            continue
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names += [
                f"{node.module}.{a.name}" if node.module == "vibes_trio" else str(node.module)
                for a in node.names
            ]
    return names


def is_type_only(tree: ast.Module) -> frozenset[int]:
    """Lines within `if TYPE_CHECKING:`, which import nothing when the program runs."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            lines |= {
                inner.lineno for inner in ast.walk(node) if isinstance(inner, ast.ImportFrom | ast.Import)
            }
    return frozenset(lines)


def may_import(part: str, name: str) -> bool:
    """Whether a module of *part* may import *name*."""
    root, _, rest = name.partition(".")
    other = rest.split(".")[0]
    if part not in ONLY_IN.get(root, (part,)):
        return False
    if root != "vibes_trio" or other in ("", part, "__version__"):
        return True
    if part == "client":
        return other in CLIENT_MAY
    return part == "commands" if other == "client" else line_of(other) < line_of(part)


# One test for all files: a test of its own would take each as long as to look at it.


def test_one_module_chooses_the_engine_and_only_the_engine_s_folder_knows_sqlite():
    names = {str(path.relative_to(PACKAGE)): imported(read(path)) for path in FILES}
    outside = {place: found for place, found in names.items() if not place.startswith("storage/sqlite/")}

    assert [place for place, found in outside.items() if "sqlite3" in found] == []
    knowing = [place for place, found in outside.items() if any("storage.sqlite" in name for name in found)]
    assert knowing == ["storage/engines.py"]


def test_a_module_imports_only_what_it_may():
    trees = {path: read(path) for path in FILES if path != PACKAGE / "__init__.py"}

    wrong = [
        f"{path.relative_to(PACKAGE)} may not import {name}"
        for path, tree in trees.items()
        for name in imported(tree, is_type_only(tree))
        if not may_import(part_of(path), name)
    ]

    assert wrong == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_modules_imports_only_from_the_rooms_before_it(room):
    allowed = {*ROOMS[: ROOMS.index(room) + 1], *FOR_ALL_ROOMS}
    folder = PACKAGE / "modules" / room

    names = [name for path in folder.glob("*.py") for name in imported(read(path))]

    used = {name.split(".")[2] for name in names if name.startswith("vibes_trio.modules.")}
    assert used
    assert used <= allowed


def test_nothing_is_imported_inside_a_function():
    inside = Counter(
        str(path.relative_to(PACKAGE))
        for path in FILES
        for function in ast.walk(read(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    )

    assert inside == LATE_IMPORTS


def test_every_part_of_the_package_has_one_line():
    placed = [part for line in LINES for part in line]

    assert len(placed) == len(set(placed))
    assert {part_of(path) for path in FILES} - {"__init__", "client"} == set(placed)


def test_the_files_that_the_architecture_names_are_there():
    named = set(
        re.findall(r"`((?:\w+/)*\w+\.(?:py|json|md))`", (PACKAGE / "ARCHITECTURE.md").read_text("utf-8"))
    )
    bare = {name for name in named if "/" not in name}

    assert len(named) > 20
    assert [n for n in named - bare if not (PACKAGE / n).exists() and not (PACKAGE.parent / n).exists()] == []
    assert bare <= {path.name for path in PACKAGE.rglob("*.py")}
