"""Releases, as they are listed and named."""

import json
from pathlib import Path

import pytest
from served import Served

Capture = pytest.CaptureFixture[str]


def source(words: str) -> str:
    return f"export default () => <p>{words}</p>;\n"


@pytest.fixture(scope="module")
def three(served: Served) -> Served:
    """Three releases of the app `shop`: two published, the newest tried out."""
    served.deploy("shop", "-m", "first", App_jsx=source("one"))
    served.deploy("shop", App_jsx=source("two"))
    served.deploy("shop", "--mode", "dev", App_jsx=source("three"))
    return served


def test_versions_are_listed_newest_first_with_the_one_that_is_shown(three: Served, capsys: Capture) -> None:
    capsys.readouterr()

    assert three.run("versions", "shop") == 0

    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["RELEASE", "ID", "MODE", "CREATED", "SIZE", "MESSAGE"]
    assert [row[:1] for row in rows] == [" ", "*", " "]
    assert ["dev" in row for row in rows] == [True, False, False]
    assert rows[-1].endswith("first")


def test_versions_are_an_array_for_programs(three: Served, capsys: Capture) -> None:
    capsys.readouterr()

    assert three.run("versions", "ada/shop", "--limit", "2", "--json") == 0

    versions = json.loads(capsys.readouterr().out)
    assert [version["mode"] for version in versions] == ["dev", "production"]
    assert versions[0]["releaseSeq"] > versions[1]["releaseSeq"]


def test_the_folder_of_an_app_knows_which_one_is_meant(
    three: Served, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Shop").mkdir()
    for folder, code in ((tmp_path / "Shop", 0), (tmp_path, 1), (Path("/"), 2)):
        monkeypatch.chdir(folder)
        assert three.run("versions", "--json") == code
        out, err = capsys.readouterr()
        assert len(json.loads(out or "[]")) == (3 if folder.name == "Shop" else 0)
    assert "Which app? Name one" in err

    (tmp_path / "vibes.toml").write_text('app = "shop"')
    monkeypatch.chdir(tmp_path)
    assert three.run("versions", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 3


@pytest.mark.parametrize(
    ("named", "words"), [("v99", "no release v99"), ("z", "no release z"), ("zzzzzz", "no release zzzzzz")]
)
def test_a_release_that_is_not_there_is_said(three: Served, capsys: Capture, named: str, words: str) -> None:
    assert three.run("publish", "shop", named) == 1

    assert words in capsys.readouterr().err


def test_a_release_is_named_by_its_number_or_the_start_of_its_id(three: Served, capsys: Capture) -> None:
    capsys.readouterr()
    three.run("versions", "shop", "--json")
    oldest = json.loads(capsys.readouterr().out)[-1]
    number = oldest["releaseSeq"]

    for named in (f"v{number}", str(number), oldest["fsId"][:10], oldest["fsId"]):
        assert three.run("diff", "shop", named, named) == 0
    assert three.run("pull", "shop", str(three.folder / "pulled"), "--release", f"v{number}") == 0
    assert (three.folder / "pulled" / "App.jsx").read_text() == source("one")


@pytest.mark.parametrize(
    "words",
    [
        ("versions",),
        ("diff",),
        ("diff", "v1"),
        ("publish",),
        ("publish", "v1"),
        ("rollback",),
        ("unpublish",),
        ("open", "--print"),
        ("logs",),
        ("logs", "--follow"),
        ("pull",),
        ("rm", "--yes"),
        ("rm", "--release", "v1", "--yes"),
        ("rename", "other"),
        ("fork",),
        ("share",),
        ("share", "private"),
        ("share", "--link", "7"),
        ("invite",),
    ],
)
def test_an_app_that_is_not_there_is_an_error(
    served: Served, capsys: Capture, words: tuple[str, ...]
) -> None:
    """Whoever asks about an app that isn't there is told so, by people's words and by programs'."""
    command, *more = words
    capsys.readouterr()

    assert served.run(command, "ada/nosuch", *more, "--json") == 1

    out, err = capsys.readouterr()
    error = json.loads(err)["error"]
    assert (out, error["code"], error["exitCode"]) == ("", "not-found", 1)
    assert "nosuch" in error["message"]
    assert "`vibes-trio apps` lists yours" in error["message"]


def test_a_release_that_is_not_there_is_not_found(three: Served, capsys: Capture) -> None:
    """A program can tell a release that isn't there from other failures."""
    capsys.readouterr()

    assert three.run("publish", "shop", "v99", "--json") == 1

    error = json.loads(capsys.readouterr().err)["error"]
    assert error["code"] == "not-found"
    assert "there is no release v99" in error["message"]


def test_an_app_without_a_release_has_an_empty_list(served: Served, capsys: Capture) -> None:
    """An app whose only release was deleted is there still, with its name and its settings."""
    served.deploy("planned", App_jsx=source("one"))
    assert served.run("rm", "planned", "--release", "v1", "--yes") == 0
    capsys.readouterr()

    assert served.run("versions", "planned") == 0

    assert "ada/planned has no releases" in capsys.readouterr().err
