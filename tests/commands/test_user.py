import json
from argparse import Namespace
from collections.abc import Callable

import pytest

from vibes_trio.commands import user
from vibes_trio.errors import BadRequest

Options = Callable[..., Namespace]


def test_an_added_user_is_listed(options: Options, capsys: pytest.CaptureFixture[str]) -> None:
    user.add(options(name="ada", email="ada@example.org", id=None))
    capsys.readouterr()

    user.list_all(options(json=True))

    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["name"], listed["email"]) == ("ada", "ada@example.org")
    assert listed["user_id"].startswith("local_")


def test_the_id_of_existing_data_can_be_given(options: Options, capsys: pytest.CaptureFixture[str]) -> None:
    user.add(options(name="ada", email="", id="user_2abc", json=True))

    assert json.loads(capsys.readouterr().out)["user_id"] == "user_2abc"


def test_a_name_is_given_once(options: Options) -> None:
    user.add(options(name="ada", email="", id=None))

    with pytest.raises(BadRequest, match="Choose another name"):
        user.add(options(name="ada", email="", id=None))


def test_people_get_a_table(options: Options, capsys: pytest.CaptureFixture[str]) -> None:
    user.add(options(name="ada", email="a@b.org", id="u1"))
    capsys.readouterr()

    user.list_all(options())

    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["NAME", "E-MAIL", "ROLE", "ID", "SINCE"]
    assert row.split()[:4] == ["ada", "a@b.org", "operator", "u1"]


def test_without_users_it_says_how_to_get_some(options: Options, capsys: pytest.CaptureFixture[str]) -> None:
    user.list_all(options())

    out, err = capsys.readouterr()
    assert out == ""
    assert "vibes-trio user add" in err
