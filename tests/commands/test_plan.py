"""What a deploy sends and where to; the whole of it is tried by `test_deploy`."""

from pathlib import Path

import pytest

from vibes_trio.client.api import Api
from vibes_trio.client.link import Link
from vibes_trio.commands.plan import Plan, find_handle
from vibes_trio.commands.session import Asker, Session
from vibes_trio.config import Limits
from vibes_trio.wire.me import ResWhoAmI

Capture = pytest.CaptureFixture[str]


class Knows(Api):
    """Answers who is signed in."""

    def __init__(self, handles: tuple[str, ...], default: str) -> None:
        super().__init__(Link("ws://there/", Limits()), None)
        self.me = ResWhoAmI(
            user_id="u",
            email="",
            owner_handle=default,
            handles=handles,
            usage={},
            app_url="",
            version="1",
            abilities=(),
        )

    async def request(self, request: object, on_progress: object = None) -> object:  # type: ignore[override]
        return self.me


async def handle(slug: str, handles: tuple[str, ...], default: str, user: str = "") -> str:
    session = Session(Knows(handles, default), "http://there", Asker("token", slug), Limits())
    plan = Plan(Path(), "app", user, "dev", {}, (), "", "", False, Limits(), False)
    return await find_handle(plan, session)


async def test_a_name_that_is_given_is_taken() -> None:
    assert await handle("ada", ("ada",), "ada", user="other") == "other"


async def test_the_device_s_name_is_taken_where_it_is_a_handle_of_theirs() -> None:
    assert await handle("ada", ("newest", "ada"), "newest") == "ada"


async def test_else_their_default() -> None:
    assert await handle("laptop", ("b", "a"), "a") == "a"


async def test_who_has_none_gets_one_of_the_device_s_name(capsys: Capture) -> None:
    assert await handle("ada", (), "") == "ada"
    assert capsys.readouterr().err == ""


async def test_without_any_the_server_makes_one_up_and_it_is_warned(capsys: Capture) -> None:
    assert await handle("", (), "") == ""
    assert "warning: You have no handle yet" in capsys.readouterr().err
