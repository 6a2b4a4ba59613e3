"""Who sees an app and who may deploy it, from the command line."""

import json
from pathlib import Path

import pytest
from served import Served

Capture = pytest.CaptureFixture[str]
SOURCE = "export default () => <p>one</p>;\n"


def printed(served: Served, capsys: Capture, *words: str, code: int = 0, as_user: str = "ada") -> str:
    capsys.readouterr()
    assert served.run(*words, as_user=as_user) == code, capsys.readouterr().err
    return capsys.readouterr().out


def test_an_app_is_made_private_and_shown_again(served: Served, capsys: Capture) -> None:
    served.deploy("shop", App_jsx=SOURCE)

    assert printed(served, capsys, "share", "shop") == "public\n"
    assert printed(served, capsys, "share", "shop", "private") == "private\n"
    printed(served, capsys, "open", "ada/shop", "--print", code=1, as_user="eve")
    assert printed(served, capsys, "share", "shop", "unlisted") == "unlisted\n"
    printed(served, capsys, "open", "ada/shop", "--print", as_user="eve")


def test_in_an_app_s_folder_a_lone_word_is_what_it_is_to_be(
    served: Served, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.deploy("here", App_jsx=SOURCE)
    (tmp_path / "vibes.toml").write_text('app = "here"')
    monkeypatch.chdir(tmp_path)

    assert printed(served, capsys, "share", "private") == "private\n"


def test_somebody_is_invited_joins_and_deploys(served: Served, capsys: Capture) -> None:
    served.deploy("team", App_jsx=SOURCE)
    printed(served, capsys, "share", "team", "private")

    token = printed(served, capsys, "invite", "team", "--role", "editor", "--email", "eve@x.org").strip()
    assert printed(served, capsys, "join", token, as_user="eve") == "you are editor of ada/team\n"
    assert served.deploy("team", "--user", "ada", as_user="eve", App_jsx=SOURCE.replace("one", "two")) == 0

    assert len(json.loads(printed(served, capsys, "versions", "team", "--json"))) == 2
    members = json.loads(printed(served, capsys, "share", "team", "--json"))["members"]
    assert [member["role"] for member in members] == ["owner", "editor"]


def test_an_invitation_is_listed_and_taken_back(served: Served, capsys: Capture) -> None:
    served.deploy("back", App_jsx=SOURCE)
    printed(served, capsys, "share", "back", "private")
    made = json.loads(printed(served, capsys, "invite", "back", "--json"))
    printed(served, capsys, "join", made["tokenOrGrantUserId"], as_user="eve")
    (row,) = printed(served, capsys, "invite", "back", "--list").splitlines()[1:]
    assert row.startswith(made["emailKey"])
    assert "accepted" in row

    printed(served, capsys, "invite", "back", "--revoke", made["emailKey"])

    printed(served, capsys, "open", "ada/back", "--print", code=1, as_user="eve")


def test_a_link_is_made_listed_and_taken_back(served: Served, capsys: Capture) -> None:
    served.deploy("linked", App_jsx=SOURCE)
    printed(served, capsys, "share", "linked", "private")

    assert printed(served, capsys, "share", "linked", "--link", "7").startswith(
        "http://linked--ada.localhost:"
    )
    link = json.loads(printed(served, capsys, "share", "linked", "--links", "--json"))[0]["linkId"]
    assert printed(served, capsys, "share", "linked", "--revoke", link) == f"link {link} is revoked\n"
    assert printed(served, capsys, "share", "linked", "--links") == ""
    printed(served, capsys, "share", "linked", "--link", "-3", code=2)
    printed(served, capsys, "share", "linked", "--link", "91", code=2)


@pytest.mark.parametrize(
    "words", [("share", "ada/hers", "private"), ("invite", "ada/hers"), ("join", "nothing")]
)
def test_nobody_else_shares_it(served: Served, capsys: Capture, words: tuple[str, ...]) -> None:
    served.deploy("hers", App_jsx=SOURCE)

    assert served.run(*words, as_user="eve") == 1

    assert printed(served, capsys, "share", "hers") == "public\n"


def test_an_editor_is_told_that_they_do_not_decide_who_sees_it(served: Served, capsys: Capture) -> None:
    """They may read the settings, and a wish that changes nothing must not look as if it had."""
    served.deploy("edited", App_jsx=SOURCE)
    token = printed(served, capsys, "invite", "edited", "--role", "editor").strip()
    printed(served, capsys, "join", token, as_user="eve")

    assert printed(served, capsys, "share", "ada/edited", as_user="eve") == "public\n"
    assert served.run("share", "ada/edited", "private", "--json", as_user="eve") == 1

    assert json.loads(capsys.readouterr().err)["error"]["code"] == "not-owner"
    assert printed(served, capsys, "share", "edited") == "public\n"
