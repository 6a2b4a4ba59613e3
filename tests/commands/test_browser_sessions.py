import json
from argparse import Namespace
from collections.abc import Callable

import pytest

from vibes_trio.commands import browser_sessions, user
from vibes_trio.commands.database import open_database, read, write
from vibes_trio.commands.output import CommandFailed
from vibes_trio.config import load_config
from vibes_trio.storage.sessions import add_session
from vibes_trio.storage.users import find_user

Options = Callable[..., Namespace]


@pytest.fixture
def two(options: Options, capsys: pytest.CaptureFixture[str]) -> Options:
    """Ada and Eve are signed in with a browser each."""
    config = load_config({}, options().settings)
    for name in ("ada", "eve"):
        user.add(options(name=name, email="", id=None))
        with open_database(config) as db:
            found = read(db, find_user, name)
            assert found is not None
            write(db, add_session, f"{name}-session", name, found.user_id, "Firefox", config.limits)
    capsys.readouterr()
    return options


def test_sessions_are_listed(two: Options, capsys: pytest.CaptureFixture[str]) -> None:
    browser_sessions.list_all(two(user="eve", json=True))
    (listed,) = json.loads(capsys.readouterr().out)
    browser_sessions.list_all(two(user=""))

    assert (listed["session_id"], listed["user_name"]) == ("eve-session", "eve")
    assert "tokenHash" not in listed
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_a_session_is_ended_by_the_start_of_its_id(two: Options, capsys: pytest.CaptureFixture[str]) -> None:
    browser_sessions.revoke(two(session="ada-", all_of=""))
    browser_sessions.revoke(two(session="", all_of="eve", json=True))
    browser_sessions.list_all(two(user=""))

    out, err = capsys.readouterr()
    assert "signed out ada: Firefox" in out
    assert "No browser is signed in" in err


@pytest.mark.parametrize(
    ("session", "all_of", "words"),
    [
        ("", "", "Which?"),
        ("ada-", "ada", "Which?"),
        ("ad", "", "at least 4"),
        ("none", "", "is signed in so"),
    ],
)
def test_what_names_none_is_refused(two: Options, session: str, all_of: str, words: str) -> None:
    with pytest.raises(CommandFailed, match=words):
        browser_sessions.revoke(two(session=session, all_of=all_of))
