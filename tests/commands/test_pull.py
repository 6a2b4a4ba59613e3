"""The files of a release, back in a folder."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import trio
from served import Served

from vibes_trio.client.paging import Pages
from vibes_trio.commands import pull
from vibes_trio.commands.output import CommandFailed
from vibes_trio.config import Limits
from vibes_trio.wire.versions import FilePiece, ReqGetReleaseFiles, ResGetReleaseFiles

Capture = pytest.CaptureFixture[str]
SOURCE = "export default () => <p>ünï</p>;\n"


def test_what_was_deployed_comes_back_byte_for_byte(served: Served, tmp_path: Path, capsys: Capture) -> None:
    """A picture larger than one answer comes in pieces."""
    folder = tmp_path / "app"
    (folder / "parts").mkdir(parents=True)
    files = {
        "App.jsx": SOURCE.encode(),
        "parts/big.bin": bytes(range(256)) * 12_000,
        "style.css": b"p { color: red }",
        "empty.txt": b"",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    assert served.run("deploy", str(folder), "--app", "whole") == 0
    capsys.readouterr()

    assert served.run("pull", "whole", str(tmp_path / "back")) == 0

    back = tmp_path / "back"
    assert {p.relative_to(back).as_posix(): p.read_bytes() for p in back.rglob("*") if p.is_file()} == files
    assert capsys.readouterr().out == f"{back}\n"
    assert list(tmp_path.glob(".*")) == []


def test_a_folder_with_something_in_it_is_left_alone(served: Served, tmp_path: Path, capsys: Capture) -> None:
    served.deploy("kept", App_jsx=SOURCE)
    (tmp_path / "App.jsx").write_text("mine")
    (tmp_path / "notes.txt").write_text("mine")

    assert served.run("pull", "kept", str(tmp_path)) == 2
    assert "isn't empty" in capsys.readouterr().err
    assert (tmp_path / "App.jsx").read_text() == "mine"

    assert served.run("pull", "kept", str(tmp_path), "--force", "--json") == 0
    assert (tmp_path / "App.jsx").read_text() == SOURCE
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert json.loads(capsys.readouterr().out)["files"] == [
        {"name": "/App.jsx", "size": len(SOURCE.encode())}
    ]


def test_without_a_folder_it_is_named_as_the_app(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.deploy("named", App_jsx=SOURCE)
    monkeypatch.chdir(tmp_path)

    assert served.run("pull", "ada/named", as_user="eve") == 0

    assert (tmp_path / "named" / "App.jsx").read_text() == SOURCE


def test_an_app_that_is_not_there_leaves_nothing_behind(
    served: Served, tmp_path: Path, capsys: Capture
) -> None:
    assert served.run("pull", "nothing", str(tmp_path / "x")) == 1
    (tmp_path / "file").write_text("")
    assert served.run("pull", "nothing", str(tmp_path / "file")) == 2

    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert "is no folder" in capsys.readouterr().err


def sent(*files: FilePiece) -> Pages[ResGetReleaseFiles]:
    """One answer with these files."""

    async def answer(request: object) -> ResGetReleaseFiles:
        return ResGetReleaseFiles(app_slug="a", fs_id="z", files=files)

    return Pages(answer, ReqGetReleaseFiles(owner_handle="u", app_slug="a"))


@pytest.mark.parametrize("name", ["/../evil", "/a/../../evil", "evil", "//evil", "/a\\b", "/a\0b"])
async def test_a_server_writes_nowhere_else(tmp_path: Path, name: str) -> None:
    piece = FilePiece(file_name=name, mime_type="", size=1, offset=0, data=b64encode(b"x").decode())

    with pytest.raises(CommandFailed, match="The server sends a file"):
        await pull._fetch(sent(piece), tmp_path / "in", Limits())

    assert list(tmp_path.iterdir()) == []


async def test_a_server_writes_no_more_than_a_release_may_have(tmp_path: Path) -> None:
    files = [
        FilePiece(file_name=f"/{number}", mime_type="", size=10, offset=0, data="") for number in range(10)
    ]

    for limits in (Limits(max_files=9), Limits(max_release_bytes=99)):
        with pytest.raises(CommandFailed, match="more files than a release may have"):
            await pull._fetch(sent(*files), tmp_path, limits)


def test_two_pulls_into_one_folder_do_not_mix(
    served: Served, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second is refused while the first is at it, and the first writes all that it says."""
    served.deploy("shop", App_jsx=SOURCE)
    fetch = pull._fetch
    codes: list[int] = []

    async def while_another_pulls(*given: Any) -> dict[str, int]:
        if not codes:
            codes.append(0)
            codes[0] = await trio.to_thread.run_sync(served.run, "pull", "shop", str(tmp_path / "there"))
        return await fetch(*given)

    monkeypatch.setattr(pull, "_fetch", while_another_pulls)
    capsys.readouterr()

    assert served.run("pull", "shop", str(tmp_path / "there")) == 0
    assert codes == [1]
    assert "another pull" in capsys.readouterr().err
    assert (tmp_path / "there" / "App.jsx").read_text() == SOURCE
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_what_a_killed_pull_has_left_is_no_part_of_the_next(
    served: Served, tmp_path: Path, capsys: Capture
) -> None:
    """It is taken for nobody's once nobody holds it."""
    served.deploy("shop", App_jsx=SOURCE)
    left = tmp_path / ".there.part"
    (left / "parts").mkdir(parents=True)
    (left / "parts" / "old.js").write_text("old")
    (left / "link").symlink_to(tmp_path)

    assert served.run("pull", "shop", str(tmp_path / "there")) == 0

    assert [path.name for path in (tmp_path / "there").iterdir()] == ["App.jsx"]
    assert not left.exists()
