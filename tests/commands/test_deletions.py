"""What is deleted is told before, asked about, and had back."""

import json
import sys

import pytest
from served import Served

Capture = pytest.CaptureFixture[str]


def source(words: str) -> str:
    return f"export default () => <p>{words}</p>;\n"


def apps(served: Served, capsys: Capture) -> list[str]:
    capsys.readouterr()
    served.run("apps", "--json")
    return [app["appSlug"] for app in json.loads(capsys.readouterr().out)]


def test_an_app_goes_and_comes_back(served: Served, capsys: Capture) -> None:
    served.deploy("shop", App_jsx=source("one"))
    served.deploy("shop", App_jsx=source("two"))
    capsys.readouterr()

    assert served.run("rm", "shop", "--yes") == 0
    out, err = capsys.readouterr()
    assert out.startswith("ada/shop is deleted: 2 releases, ")
    assert "vibes-trio undo " in err
    assert "shop" not in apps(served, capsys)
    served.run("undo", "--list")
    assert "app ada/shop" in capsys.readouterr().out
    assert served.run("undo") == 0
    assert capsys.readouterr().out == "app ada/shop is back, with 2 releases\n"
    assert "shop" in apps(served, capsys)
    assert served.run("undo") == 1
    assert "nothing to have back" in capsys.readouterr().err


def test_one_release_goes_alone(served: Served, capsys: Capture) -> None:
    served.deploy("two", App_jsx=source("one"))
    served.deploy("two", App_jsx=source("two"))
    capsys.readouterr()

    assert served.run("rm", "two", "--release", "v1", "--yes", "--json") == 0

    gone = json.loads(capsys.readouterr().out)
    assert (gone["releases"], gone["deleted"]) == (1, True)
    served.run("versions", "two", "--json")
    assert [version["releaseSeq"] for version in json.loads(capsys.readouterr().out)] == [2]
    assert served.run("undo", gone["deletionId"], "--json") == 0
    assert json.loads(capsys.readouterr().out)["fsId"] == gone["fsId"]


@pytest.mark.parametrize(("answer", "is_gone"), [("y", True), ("", False), ("no", False), ("Yes", True)])
def test_on_a_terminal_it_is_asked(
    served: Served, capsys: Capture, monkeypatch: pytest.MonkeyPatch, answer: str, is_gone: bool
) -> None:
    served.deploy("asked", App_jsx=source("one"))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda: answer)

    assert served.run("rm", "asked") == (0 if is_gone else 1)

    assert "Delete ada/asked: 1 release, " in capsys.readouterr().err
    assert ("asked" not in apps(served, capsys)) is is_gone


def test_without_a_terminal_it_has_to_be_said(served: Served, capsys: Capture) -> None:
    served.deploy("kept", App_jsx=source("one"))

    assert served.run("rm", "kept") == 2

    assert "Say --yes" in capsys.readouterr().err
    assert "kept" in apps(served, capsys)


def test_nobody_deletes_what_is_somebody_else_s(served: Served, capsys: Capture) -> None:
    served.deploy("hers", App_jsx=source("one"))

    assert served.run("rm", "ada/hers", "--yes", as_user="eve") == 1

    assert "hers" in apps(served, capsys)
    served.run("undo", "--list", as_user="eve")
    assert "Nothing was deleted" in capsys.readouterr().err
