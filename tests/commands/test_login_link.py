import json
import os
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace

import pytest

from vibes_trio.auth.codes import hash_code
from vibes_trio.commands import login_link, user
from vibes_trio.commands.address import write_address
from vibes_trio.commands.database import open_database, read, write
from vibes_trio.commands.output import CommandFailed
from vibes_trio.commands.serve import prepare
from vibes_trio.config import Config, load_config
from vibes_trio.storage.sessions import add_session
from vibes_trio.storage.users import find_user, use_invite

Options = Callable[..., Namespace]
NOW = 1_769_064_695.0


@pytest.fixture
def config(options: Options) -> Config:
    config = load_config({}, options().settings)
    user.add(options(name="ada", email="", id="user-ada"))
    write_address(config.data_dir, "http://127.0.0.1:8787", os.getpid())
    return config


def test_a_link_signs_its_user_in_once(
    options: Options, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    login_link.main(options(user="ada"))

    link, _, code = capsys.readouterr().out.strip().partition("#")
    assert link == "http://127.0.0.1:8787/sign-in"
    assert len(code) == login_link.SECRET_CHARS
    with open_database(config) as db:
        assert write(db, use_invite, hash_code(code)) == "user-ada"


def test_nobody_unknown_gets_one(options: Options, config: Config) -> None:
    with pytest.raises(CommandFailed, match="no user 'bob'"):
        login_link.main(options(user="bob"))


def test_without_a_server_there_is_no_address(options: Options) -> None:
    with pytest.raises(CommandFailed, match="vibes-trio serve"):
        login_link.main(options(user="me"))


@pytest.mark.parametrize(
    ("base", "protocol", "origin"),
    [
        ("", "", "http://127.0.0.1:8787"),
        ("apps.example.org", "", "https://apps.example.org"),
        ("apps.home.lan:8787", "http", "http://apps.home.lan:8787"),
    ],
)
def test_the_link_leads_where_browsers_find_the_server(
    config: Config, base: str, protocol: str, origin: str
) -> None:
    config = replace(config, hostname_base=base, protocol=protocol)

    assert login_link.origin_of_server(config) == origin


def test_an_invitation_is_a_link_too(
    options: Options, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    user.invite(options(name="eve", email="", role="user", json=True))
    made = json.loads(capsys.readouterr().out)
    user.invite(options(name="", email="", role="operator"))

    assert made["url"].startswith("http://127.0.0.1:8787/welcome#")
    assert capsys.readouterr().out.startswith("http://127.0.0.1:8787/welcome#")


def test_a_role_is_set_by_name(options: Options, config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    user.add(options(name="eve", email="", id=None))
    user.role(options(user="eve", role="operator"))

    assert "eve is an operator now" in capsys.readouterr().out
    with pytest.raises(CommandFailed, match="no user 'bob'"):
        user.role(options(user="bob", role="user"))


def test_a_start_prints_a_link_until_a_browser_is_signed_in(config: Config) -> None:
    assert prepare(config, NOW)
    with open_database(config) as db:
        me = read(db, find_user, "me")
        assert me is not None
        assert me.role == "operator"
        write(db, add_session, "one", "hash", me.user_id, "", config.limits)

    assert prepare(config, NOW) == ""
