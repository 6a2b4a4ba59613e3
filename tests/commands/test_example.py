from argparse import Namespace
from pathlib import Path

import pytest

from vibes_trio.commands.app_files import find_app
from vibes_trio.commands.example import main
from vibes_trio.commands.output import OK, CommandFailed
from vibes_trio.config import Limits

EXAMPLE = Path(__file__).parents[2] / "vibes_trio" / "example"


def test_the_example_is_written_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "a" / "my-app"

    assert main(Namespace(folder=str(folder))) == OK

    names = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    wanted = {path.relative_to(EXAMPLE) for path in EXAMPLE.rglob("*") if path.is_file()}
    assert names == {path for path in wanted if path.suffix not in (".py", ".pyc")}
    assert all((folder / name).read_bytes() == (EXAMPLE / name).read_bytes() for name in names)
    assert capsys.readouterr().out == f"{folder}\n"


def test_what_is_written_can_be_deployed_without_a_warning(tmp_path: Path) -> None:
    main(Namespace(folder=str(tmp_path)))  # an empty folder will do

    app = find_app(tmp_path, Limits())

    assert "/App.jsx" in [file.name for file in app.files]
    assert app.warnings == ()


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")

    with pytest.raises(CommandFailed, match="not an empty folder"):
        main(Namespace(folder=str(tmp_path)))

    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "app").write_text("")

    with pytest.raises(CommandFailed, match="not an empty folder"):
        main(Namespace(folder=str(tmp_path / "app")))
