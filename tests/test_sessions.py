"""Whoever is signed in with a browser is so on its WebSocket, from pages of our own alone, and no longer than that."""

import json
from types import SimpleNamespace

import pytest
import trio
from page_client import page_client, page_socket, say, sign_in_code, signed_in
from serving import running
from trio_websocket import ConnectionClosed, ConnectionRejected

from vibes_trio.browsers import COOKIE, SECURE_COOKIE
from vibes_trio.commands.database import open_database
from vibes_trio.config import Limits
from vibes_trio.errors import Overloaded, RequireLogin
from vibes_trio.exchange import UserId
from vibes_trio.sessions import Sessions, hash_token
from vibes_trio.storage.sessions import add_session, end_others, end_session, list_sessions
from vibes_trio.storage.sqlite.engine import SqliteDatabase
from vibes_trio.storage.users import add_user

ADA = UserId("user-ada")
START = 1_769_064_695.123


@pytest.fixture
async def app(tmp_path):
    async with running(tmp_path / "data") as app:
        yield app


async def sessions_of(app):
    return await app.db.read(list_sessions, None, app.config.limits, limit=100)


async def cut_within(socket, seconds: float = 1.0) -> None:
    with trio.fail_after(seconds), pytest.raises(ConnectionClosed):
        await socket.get_message()


@pytest.mark.parametrize("auth", [{}, {"auth": None}, {"auth": {"type": "session"}}, {"auth": {}}])
async def test_messages_of_our_own_page_are_its_users(app, auth):
    async with page_socket(app, await signed_in(app)) as socket:
        assert (await say(socket, **auth))["userId"] == ADA


@pytest.mark.parametrize(
    "auth", [{"type": "device-id", "token": "x"}, {"type": "clerk", "token": "x"}, {"type": "ucan"}]
)
async def test_credentials_that_a_message_brings_count_alone(app, auth):
    async with page_socket(app, await signed_in(app)) as socket:
        assert (await say(socket, auth=auth))["code"] == "require-login"


async def test_a_session_s_token_is_no_credential_of_a_message(app):
    token = await signed_in(app)
    async with page_socket(app, "") as socket:
        assert (await say(socket, auth={"type": "session", "token": token}))["code"] == "require-login"
        assert (await say(socket, auth={"type": "session"}))["code"] == "require-login"


FOREIGN = [
    {"origin": "http://shop--eve.localhost:{port}"},
    {"origin": "http://evil.test"},
    {"origin": "https://localhost:{port}"},
    {"origin": "http://localhost"},
    {"origin": "null"},
    {"origin": "http://localhost:{port}", "sec_fetch_site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_socket_of_another_page_is_nobodys_whatever_cookie_it_brings(app, headers):
    token = await signed_in(app)
    headers = {name: text.format(port=app.config.port) for name, text in headers.items()}

    async with page_socket(app, token, **headers) as socket:
        assert (await say(socket))["code"] == "require-login"


async def test_our_own_pages_speak_whichever_others_the_settings_name(tmp_path):
    async with running(tmp_path / "data", VIBES_API_ORIGINS="https://chat.test") as app:
        token = await signed_in(app)
        async with page_socket(app, token) as socket:
            assert (await say(socket))["userId"] == ADA
        async with page_socket(app, token, "https://chat.test") as socket:
            assert (await say(socket))["code"] == "require-login"
        with pytest.raises(ExceptionGroup) as refused:
            async with page_socket(app, token, "http://evil.test"):
                pass
        assert refused.value.subgroup(ConnectionRejected) is not None


async def test_with_https_the_cookie_is_one_that_no_other_host_can_set(tmp_path):
    async with running(tmp_path / "data", VIBES_SVC_PROTOCOL="https") as app, page_client(app) as client:
        own = f"https://localhost:{app.config.port}"
        answered = await client.post("/sign-in", headers={"origin": own}, code=await sign_in_code(app))
        cookie = answered.headers["set-cookie"]
        async with page_socket(app, answered.token, own, name=SECURE_COOKIE) as socket:
            assert (await say(socket))["userId"] == ADA
        for name, origin in ((COOKIE, own), (SECURE_COOKIE, own.replace("https", "http"))):
            async with page_socket(app, answered.token, origin, name=name) as socket:
                assert (await say(socket))["code"] == "require-login"

    assert cookie.startswith(f"{SECURE_COOKIE}=")
    assert cookie.endswith("; Secure")


@pytest.mark.parametrize("cookie", ["forged", "", "x" * 200])
async def test_a_cookie_that_is_none_of_ours_is_nobodys(app, cookie):
    async with page_socket(app, cookie) as socket:
        assert (await say(socket))["code"] == "require-login"


async def test_a_posted_message_is_nobodys_even_from_our_own_page(app):
    """One way is enough: what a form can send does nothing."""
    async with page_client(app) as client:
        client.cookie = (await client.post("/sign-in", code=await sign_in_code(app))).token
        message = {
            "tid": "t",
            "src": "a",
            "dst": "b",
            "ttl": 1,
            "payload": {"type": "vibes.diy.req-who-am-i"},
        }
        answered = await client.post_raw("/v1/api", json.dumps(message).encode())

    assert json.loads(answered.text)["payload"]["code"] == "require-login"


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_a_session_that_is_ended_cuts_its_sockets_and_no_others(tmp_path, workers):
    async with running(tmp_path / "data", VIBES_WORKERS=workers) as app:
        first, second = await signed_in(app), await signed_in(app)
        async with page_socket(app, first) as one, page_socket(app, second) as other:
            await say(one)
            await say(other)
            (session,) = [s for s in await sessions_of(app) if await app.sessions.find(first) == s]

            await app.db.write(end_session, ADA, session.session_id)

            await cut_within(one)
            assert (await say(other))["userId"] == ADA
        async with page_socket(app, first) as again:
            assert (await say(again))["code"] == "require-login"


async def test_what_another_program_ends_is_over_within_a_second(app):
    token = await signed_in(app)
    async with page_socket(app, token) as socket:
        await say(socket)

        def end() -> None:
            with open_database(app.config) as db:
                trio.run(db.write, end_others, ADA, "")

        await trio.to_thread.run_sync(end)

        await cut_within(socket)


class FakeLink:
    def __init__(self) -> None:
        self.kept = {}
        self.cuts = []

    def cut(self, reason: str) -> None:
        self.cuts.append(reason)
        while self.kept:
            self.kept.popitem()[1].end()


@pytest.fixture
def clock():
    return SimpleNamespace(seconds=START)


@pytest.fixture
def inline(tmp_path, clock):
    database = SqliteDatabase(tmp_path / "inline.db", Limits(), now=lambda: clock.seconds, inline=True)
    database.open()
    yield database
    database.close()


@pytest.fixture
async def sessions(inline, clock):
    limits = Limits()
    await inline.write(add_user, ADA, "ada", "ada@example.org")
    await inline.write(add_session, "one", hash_token("token"), ADA, "Firefox 132 on Linux", limits)
    sessions = Sessions(inline, limits, lambda: clock.seconds)
    inline.feed.hear_all(sessions.hear)
    return sessions


@pytest.mark.parametrize("of", ["session_s", "session_idle_s"])
async def test_a_session_ends_by_itself_and_cuts_who_acts_by_it(sessions, clock, of):
    link = FakeLink()
    await sessions("token")
    sessions.hold(link, "token")
    sessions.hold(link, "token")
    clock.seconds += getattr(Limits(), of)

    await sessions.look()

    assert len(link.cuts) == 1
    with pytest.raises(RequireLogin):
        await sessions("token")


async def test_use_is_noted_now_and_then_and_keeps_a_session(sessions, clock, inline):
    limits = Limits()
    for _ in range(2):
        clock.seconds += limits.session_idle_s - 1
        assert (await sessions("token")).user_id == ADA
    (session,) = await inline.get(list_sessions, ADA, limits, limit=2)

    assert session.used > session.created


async def test_a_use_that_can_t_be_noted_counts_all_the_same(sessions, inline, clock, monkeypatch):
    """A disk that is full keeps nobody from reading."""

    async def refuse(fn, *args):
        raise Overloaded("The disk is full.")

    monkeypatch.setattr(inline, "write", refuse)
    clock.seconds += Limits().session_touch_s

    assert (await sessions("token")).user_id == ADA


async def test_what_is_known_is_found_at_once_and_forgotten_when_a_session_ends(sessions, inline):
    claims = await sessions("token")

    assert sessions.at_once("token") == claims
    await inline.write(end_session, ADA, "one")
    assert sessions.at_once("token") is None


async def test_a_session_that_ends_while_it_is_looked_for_is_not_kept(sessions, inline, clock, monkeypatch):
    clock.seconds += Limits().session_touch_s  # its use has to be noted, which waits
    write = inline.write

    async def end_first(fn, *args):
        await write(end_session, ADA, "one")
        return await write(fn, *args)

    monkeypatch.setattr(inline, "write", end_first)
    await sessions("token")

    assert sessions.at_once("token") is None


async def test_a_link_that_is_over_is_held_no_longer(sessions):
    link = FakeLink()
    await sessions("token")
    sessions.hold(link, "token")
    link.kept.popitem()[1].end()

    await sessions.look()

    assert link.cuts == []
