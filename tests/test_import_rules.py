"""A module imports only from the lines above its own, which `vibes_trio/ARCHITECTURE.md` lists."""

import ast
import re
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


def imported(tree: ast.AST) -> list[str]:
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names += [
                f"{node.module}.{a.name}" if node.module == "vibes_trio" else str(node.module)
                for a in node.names
            ]
    return names


def is_type_only(tree: ast.Module) -> set[int]:
    """Lines within `if TYPE_CHECKING:`, which import nothing when the program runs."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            lines |= {
                inner.lineno for inner in ast.walk(node) if isinstance(inner, ast.ImportFrom | ast.Import)
            }
    return lines


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_one_module_chooses_the_engine_and_only_the_engine_s_folder_knows_sqlite(path):
    place = str(path.relative_to(PACKAGE))

    names = imported(ast.parse(path.read_text("utf-8")))

    if not place.startswith("storage/sqlite/"):
        assert "sqlite3" not in names
        assert place == "storage/engines.py" or not any("storage.sqlite" in name for name in names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_it_may(path):
    if path == PACKAGE / "__init__.py":
        return
    tree = ast.parse(path.read_text("utf-8"))
    skipped = is_type_only(tree)
    for node in tree.body:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Import | ast.ImportFrom) and inner.lineno in skipped:
                inner.names = []
    part = part_of(path)

    for name in imported(tree):
        root, _, rest = name.partition(".")
        assert part in ONLY_IN.get(root, (part,)), f"{part} may not import {root}"
        if root != "vibes_trio" or not rest:
            continue
        other = rest.split(".")[0]
        if other == part or other == "__version__":
            continue
        if part == "client":
            assert other in CLIENT_MAY, f"client may not import {other}"
        elif other == "client":
            assert part == "commands", f"{part} may not import client"
        else:
            assert line_of(other) < line_of(part), f"{part} may not import {other}"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_modules_imports_only_from_the_rooms_before_it(room):
    allowed = {*ROOMS[: ROOMS.index(room) + 1], *FOR_ALL_ROOMS}
    folder = PACKAGE / "modules" / room

    names = [name for path in folder.glob("*.py") for name in imported(ast.parse(path.read_text("utf-8")))]

    used = {name.split(".")[2] for name in names if name.startswith("vibes_trio.modules.")}
    assert used
    assert used <= allowed


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_is_imported_inside_a_function(path):
    tree = ast.parse(path.read_text("utf-8"))

    inside = [
        node.lineno
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert len(inside) == LATE_IMPORTS.get(str(path.relative_to(PACKAGE)), 0)


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
