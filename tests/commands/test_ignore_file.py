"""Which files of a folder its `.vibesignore` leaves out, and what is said of one that can't be read."""

from pathlib import Path

import pytest

from vibes_trio.commands.ignore_file import read_choice
from vibes_trio.commands.output import CommandFailed
from vibes_trio.content.left_out import IGNORED, MAX_IGNORE_BYTES


def test_the_mark_at_its_start_that_editors_write_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / ".vibesignore").write_text("\ufeff*.psd\r\n")

    assert read_choice(tmp_path).why_left_out("logo.psd") == IGNORED


def test_an_ignore_file_that_can_not_be_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / ".vibesignore"
    for content, words in [(b"\\", "Invalid"), (b"\xff", "UTF-8"), (b"#" * (MAX_IGNORE_BYTES + 1), "larger")]:
        path.write_bytes(content)
        with pytest.raises(CommandFailed, match=f"vibesignore: .*{words}"):
            read_choice(tmp_path)
    path.unlink()
    with pytest.raises(CommandFailed, match="--include: Invalid"):
        read_choice(tmp_path, ["!"])


def test_an_ignore_file_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("*")
    (tmp_path / ".vibesignore").symlink_to(tmp_path / "elsewhere")

    assert read_choice(tmp_path).why_left_out("App.jsx") == ""
