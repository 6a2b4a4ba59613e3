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
    for folder in (tmp_path / "Shop", tmp_path, Path("/")):
        monkeypatch.chdir(folder)
        assert three.run("versions", "--json") == (2 if folder == Path("/") else 0)
        out, err = capsys.readouterr()
        assert len(json.loads(out or "[]")) == (3 if folder.name == "Shop" else 0)
    assert "Which app? Name one" in err

    (tmp_path / "vibes.toml").write_text('app = "shop"')
    monkeypatch.chdir(tmp_path)
    assert three.run("versions", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 3


def test_an_app_that_is_not_there_is_said(three: Served, capsys: Capture) -> None:
    assert three.run("versions", "nothing") == 0
    assert "ada/nothing: there is no such app" in capsys.readouterr().err


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
