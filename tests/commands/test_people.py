"""Who is signed in, and the names that their apps lie under."""

import json

import pytest
from served import Served

Capture = pytest.CaptureFixture[str]
SOURCE = "export default () => 1;\n"


def test_who_is_signed_in_is_said_with_what_they_keep(served: Served, capsys: Capture) -> None:
    served.deploy("shop", App_jsx=SOURCE)
    capsys.readouterr()

    assert served.run("whoami") == 0

    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "ada"
    assert next(line.split()[:2] for line in out.splitlines() if line.startswith("handles")) == [
        "handles",
        "1",
    ]
    assert "app bytes" in out
    assert f"at {served.url}, version" in err
    assert served.run("whoami", "--json") == 0
    assert json.loads(capsys.readouterr().out)["handles"] == ["ada"]


def test_handles_are_taken_listed_and_chosen(served: Served, capsys: Capture) -> None:
    served.run("handles", as_user="eve")
    assert "No handles yet" in capsys.readouterr().err

    assert served.run("handles", "take", "eve-b", as_user="eve") == 0
    assert served.run("handles", "take", "eve-c", "--json", as_user="eve") == 0
    taken = capsys.readouterr().out
    assert taken.startswith("eve-b\n")
    assert json.loads(taken.partition("\n")[2]) == {"ownerHandle": "eve-c"}
    assert served.run("handles", "default", "eve-b", as_user="eve") == 0
    assert served.deploy("hers", "--json", as_user="eve", App_jsx=SOURCE) == 0
    assert json.loads(capsys.readouterr().out.partition("\n")[2])["ownerHandle"] == "eve-b"
    assert served.run("handles", as_user="eve") == 0
    rows = [line.split()[:2] for line in capsys.readouterr().out.splitlines()[1:]]
    assert sorted(rows) == [["eve-b", "1"], ["eve-c", "0"]]


def test_a_handle_of_somebody_else_is_refused(served: Served, capsys: Capture) -> None:
    served.deploy("shop", App_jsx=SOURCE)

    assert served.run("handles", "take", "ada", as_user="eve") == 1
    assert served.run("handles", "default", "ada", as_user="eve") == 1
    assert served.run("handles", "default", as_user="eve") == 2
