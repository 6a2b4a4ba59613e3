"""Which release an app's address shows, and who decides it."""

import json
from pathlib import Path

import pytest
from served import Served

Capture = pytest.CaptureFixture[str]


def source(words: str) -> str:
    return f"export default () => <p>{words}</p>;\n"


def listed(served: Served, capsys: Capture, app: str) -> list[dict[str, object]]:
    capsys.readouterr()
    served.run("versions", app, "--json")
    return list(json.loads(capsys.readouterr().out))


def shown(served: Served, capsys: Capture, app: str) -> str:
    """The id of the release that is shown; empty: none is. Its number is another one each time it is published."""
    found = (version for version in listed(served, capsys, app) if version["published"])
    return str(next(found, {"fsId": ""})["fsId"])


def test_what_was_tried_out_is_published_and_gone_back_from(served: Served, capsys: Capture) -> None:
    served.deploy("shop", App_jsx=source("one"))
    served.deploy("shop", "--mode", "dev", App_jsx=source("two"))
    first = shown(served, capsys, "shop")

    assert served.run("publish", "shop") == 0
    second = shown(served, capsys, "shop")
    assert second not in ("", first)
    assert served.run("rollback", "shop") == 0
    out, err = capsys.readouterr()
    assert f"({first})\n" in out
    assert "v1 is v3 now" in err
    assert shown(served, capsys, "shop") == first
    assert served.run("publish", "shop", second) == 0
    assert shown(served, capsys, "shop") == second


def test_a_first_release_has_nothing_to_go_back_to(served: Served, capsys: Capture) -> None:
    served.deploy("single", App_jsx=source("one"))
    capsys.readouterr()

    assert served.run("rollback", "single") == 1
    assert "nothing was published before v" in capsys.readouterr().err


def test_an_app_that_shows_nothing_is_said(served: Served, capsys: Capture) -> None:
    served.deploy("draft", "--mode", "dev", App_jsx=source("one"))
    capsys.readouterr()

    assert served.run("rollback", "draft") == 1
    assert "shows nothing" in capsys.readouterr().err


def test_an_app_is_taken_down_and_shown_again(served: Served, capsys: Capture) -> None:
    served.deploy("down", App_jsx=source("one"))
    capsys.readouterr()

    assert served.run("unpublish", "down") == 0
    assert "ada/down is taken down\n" in capsys.readouterr().out
    assert served.run("publish", "down", "--json") == 0
    assert json.loads(capsys.readouterr().out)["appSlug"] == "down"


@pytest.mark.parametrize("command", ["publish", "rollback", "unpublish"])
def test_nobody_else_decides_it(served: Served, capsys: Capture, command: str) -> None:
    served.deploy("hers", App_jsx=source("one"))
    served.deploy("hers", App_jsx=source("two"))
    before = shown(served, capsys, "hers")

    assert served.run(command, "ada/hers", as_user="eve") == 1

    assert shown(served, capsys, "hers") == before


def test_in_an_app_s_folder_a_lone_number_is_a_release(
    served: Served, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.deploy("here", App_jsx=source("one"))
    (version,) = listed(served, capsys, "here")
    served.deploy("here", App_jsx=source("two"))
    (tmp_path / "vibes.toml").write_text('app = "here"')
    monkeypatch.chdir(tmp_path)

    assert served.run("rollback", f"v{version['releaseSeq']}") == 0

    assert shown(served, capsys, "here") == version["fsId"]
