"""A wheel holds the whole package: templates, scripts for pages, migrations, and whatever else lies beside the code.

What a wheel is made of is decided by `[tool.hatch.build.targets.wheel]` and, as Hatch asks Git, by `.gitignore`. Where
Hatch's builder is installed it is asked itself; else its rules are read.
"""

import importlib.util
import tomllib
from pathlib import Path

import pathspec
import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "vibes_trio"


def package_files() -> set[str]:
    """Return all files of the package but what Python writes there."""
    paths = (path for path in (ROOT / PACKAGE).rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in paths if "__pycache__" not in path.parts}


def test_the_package_has_files_of_each_kind_that_it_reads_while_it_runs():
    endings = {Path(name).suffix for name in package_files()}

    assert {".py", ".js", ".sql", ".html", ".css", ".md"} <= endings


def test_the_wheel_takes_the_package_and_leaves_nothing_out():
    with (ROOT / "pyproject.toml").open("rb") as file:
        hatch = tomllib.load(file)["tool"]["hatch"]

    assert hatch == {"build": {"targets": {"wheel": {"packages": [PACKAGE]}}}}


def test_no_file_of_the_package_is_one_that_git_ignores():
    lines = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    ignored = pathspec.GitIgnoreSpec.from_lines(lines)

    assert sorted(name for name in package_files() if ignored.match_file(name)) == []


@pytest.mark.skipif(importlib.util.find_spec("hatchling") is None, reason="Hatch's builder is not installed")
def test_the_builder_says_the_same():
    wheel = importlib.import_module("hatchling.builders.wheel")

    taken = {file.distribution_path for file in wheel.WheelBuilder(str(ROOT)).recurse_included_files()}

    assert package_files() <= taken
