"""An app made from another, and one called otherwise."""

import json
from pathlib import Path

import pytest
from served import Served

Capture = pytest.CaptureFixture[str]
SOURCE = "export default () => <p>one</p>;\n"


def test_somebody_else_s_app_becomes_mine(served: Served, tmp_path: Path, capsys: Capture) -> None:
    served.deploy("shop", App_jsx=SOURCE)
    capsys.readouterr()

    assert served.run("fork", "ada/shop", "my-shop", "--user", "eve", "--publish", as_user="eve") == 0
    out, err = capsys.readouterr()
    assert out.startswith("http://my-shop--eve.localhost:")
    assert "eve/my-shop is yours" in err
    assert served.run("pull", "my-shop", str(tmp_path / "x"), as_user="eve") == 0
    assert (tmp_path / "x" / "App.jsx").read_text() == SOURCE


def test_a_release_is_forked_by_its_name(served: Served, capsys: Capture) -> None:
    served.deploy("source", App_jsx=SOURCE)
    served.deploy("source", App_jsx=SOURCE.replace("one", "two"))
    capsys.readouterr()

    assert served.run("fork", "source", "copy", "--release", "v1", "--json") == 0

    made = json.loads(capsys.readouterr().out)
    assert (made["appSlug"], made["ownerHandle"], made["srcAppSlug"]) == ("copy", "ada", "source")


def test_an_app_gets_another_name(served: Served, capsys: Capture) -> None:
    served.deploy("old-name", App_jsx=SOURCE)
    capsys.readouterr()

    assert served.run("rename", "old-name", "new-name") == 0
    assert capsys.readouterr().out.startswith("http://new-name--ada.localhost:")
    assert served.run("rename", "new-name", "newest-name", "--json") == 0
    assert json.loads(capsys.readouterr().out)["previousAppSlug"] == "new-name"
    assert served.run("rename", "ada/newest-name", "hers", as_user="eve") == 1
