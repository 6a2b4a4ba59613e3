"""What there is of apps, as their owner lists it."""

import json

import pytest
from served import Served

Capture = pytest.CaptureFixture[str]
SOURCE = "export default () => <p>one</p>;\n"


def test_without_any_it_says_how_to_publish_one(served: Served, capsys: Capture) -> None:
    assert served.run("apps", as_user="eve") == 0

    out, err = capsys.readouterr()
    assert out == ""
    assert "vibes-trio deploy FOLDER" in err


def test_apps_are_listed_with_their_state(served: Served, capsys: Capture) -> None:
    served.deploy("shop", App_jsx=SOURCE)
    served.deploy("draft", "--mode", "dev", App_jsx=SOURCE)
    served.deploy("old", App_jsx=SOURCE)
    served.run("unpublish", "old")
    capsys.readouterr()

    assert served.run("apps", "--by-name") == 0

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["APP", "TITLE", "STATE", "CHANGED"]
    assert [line[0] for line in lines[1:]] == ["ada/draft", "ada/old", "ada/shop"]
    assert [line[1] for line in lines[1:]] == ["tried", "unpublished", "published"]


def test_apps_are_an_array_for_programs(served: Served, capsys: Capture) -> None:
    served.deploy("shop", App_jsx=SOURCE)
    capsys.readouterr()

    assert served.run("apps", "--search", "sho", "--json") == 0

    (app,) = json.loads(capsys.readouterr().out)
    assert (app["ownerHandle"], app["appSlug"]) == ("ada", "shop")


def test_a_limit_that_is_reached_is_told(served: Served, capsys: Capture) -> None:
    for app in ("one", "two"):
        served.deploy(app, App_jsx=SOURCE)
    capsys.readouterr()

    assert served.run("apps", "--limit", "1", "--json") == 0
    out, err = capsys.readouterr()
    assert len(json.loads(out)) == 1
    assert "There are more than 1: --limit N shows more." in err
    assert served.run("apps", "--limit", "0") == 2
    assert "a number from 1 on" in capsys.readouterr().err
