"""Changes of files on a real disk, as the system tells them."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import trio

from vibes_trio.commands.ignore_file import read_choice
from vibes_trio.commands.watch import follow_folder, shown_names
from vibes_trio.config import Limits


async def followed(path: Path, steps: Sequence[object]) -> list[list[str]]:
    """Follow *path*; do each step when the one before was told. Return what was told."""
    told: list[list[str]] = []
    left = list(steps)
    choice = read_choice(path) if path.is_dir() else None
    with trio.fail_after(20), trio.CancelScope() as scope:

        async def act(names: Sequence[str]) -> None:
            told.append(list(names))
            if not left:
                scope.cancel()
            else:
                left.pop(0)()  # type: ignore[operator]

        await follow_folder(path, choice, act, Limits())
    return told


async def test_a_change_is_told_and_what_is_not_sent_is_not(tmp_path: Path) -> None:
    """The key and the editor's copy are written first, and told of never."""
    (tmp_path / "App.jsx").write_text("1")

    def write_ignored_then(name: str) -> None:
        (tmp_path / "key.pem").write_text("secret")
        (tmp_path / "App.jsx~").write_text("copy")
        (tmp_path / name).write_text("2")

    told = await followed(
        tmp_path, [lambda: write_ignored_then("App.jsx"), lambda: write_ignored_then("new.css")]
    )

    assert told == [[], ["App.jsx"], ["new.css"]]


async def test_files_that_are_saved_together_are_told_together(tmp_path: Path) -> None:
    def save() -> None:
        for number in range(20):
            (tmp_path / f"{number:02}.js").write_text("1")

    told = await followed(tmp_path, [save])

    assert told[1] == [f"{number:02}.js" for number in range(20)]


async def test_what_changes_meanwhile_is_told_the_next_time(tmp_path: Path) -> None:
    told = await followed(
        tmp_path, [lambda: (tmp_path / "a.js").write_text("1"), lambda: (tmp_path / "a.js").unlink()]
    )

    assert told == [[], ["a.js"], ["a.js"]]


async def test_one_file_is_followed_alone(tmp_path: Path) -> None:
    (tmp_path / "App.jsx").write_text("1")

    def save() -> None:
        (tmp_path / "other.jsx").write_text("1")
        (tmp_path / "App.jsx").write_text("2")

    assert await followed(tmp_path / "App.jsx", [save]) == [[], ["App.jsx"]]


@pytest.mark.parametrize(
    ("names", "shown"), [(["a"], "a"), (["a", "b", "c"], "a, b, c"), (list("abcde"), "a, b, c and 2 more")]
)
def test_a_few_names_are_shown(names: list[str], shown: str) -> None:
    assert shown_names(names) == shown
