"""Secrets of an app, as messages reach them."""

import json

import pytest
from asking import FakeCompiler, ask, deploy, js
from fakes import make_app, open_database
from sealed import find_sealed, unseal

from vibes_trio.auth.sealing import ensure_seal_key
from vibes_trio.config import Limits
from vibes_trio.exchange import AppSlug, UserSlug
from vibes_trio.services.app_secrets import belongs_to

SETTINGS = "vibes.diy.req-ensure-app-settings"
APP = {"ownerHandle": "ada", "appSlug": "garden"}
VALUE = "sk-very-secret-1234"


@pytest.fixture
async def app(tmp_path):
    db = open_database(tmp_path)
    app = make_app(db, compiler=FakeCompiler(), data_dir=tmp_path, limits=Limits(app_secrets=2))
    await deploy(app, js("/a.js", "1"))
    yield app
    db.close()


async def settings(app, user="ada", **members):
    return await ask(app, user, SETTINGS, **(APP | members))


def secrets(reply):
    return reply["settings"]["entry"]["settings"].get("secrets", [])


async def sealed(app, name="API_KEY"):
    return await app.db.read(find_sealed, (AppSlug("garden"), UserSlug("ada")), name)


async def test_a_secret_is_kept_sealed_and_told_by_its_name_alone(app):
    reply = await settings(app, secretSet={"key": "API_KEY", "value": VALUE})
    again = await settings(app)

    (told,) = secrets(reply)
    assert (told["key"], told["last4"], told["setBy"]) == ("API_KEY", "1234", "ada")
    assert told["updatedAt"] > 1_700_000_000_000
    assert secrets(again) == [told]
    assert "very" not in json.dumps([reply, again])
    kept = await sealed(app)
    assert b"very" not in kept
    key = ensure_seal_key(app.config.data_dir)
    assert unseal(key, kept, belongs_to("ada", "API_KEY")) == VALUE


async def test_a_short_secret_is_not_given_away_by_its_end(app):
    for value in ("short", "long-but-odd\n\n\n"):
        (told,) = secrets(await settings(app, secretSet={"key": "API_KEY", "value": value}))
        assert "last4" not in told


async def test_a_secret_is_removed(app):
    await settings(app, secretSet={"key": "API_KEY", "value": VALUE})

    assert secrets(await settings(app, secretRemove={"key": "API_KEY"})) == []
    assert await sealed(app) is None


async def test_nobody_but_the_owner_sets_sees_or_removes_one(app):
    """Others are answered as if they only read, and of an app that is not there nothing is kept."""
    await settings(app, secretSet={"key": "API_KEY", "value": VALUE})

    for asked in (
        {},
        {"secretSet": {"key": "API_KEY", "value": "stolen-stolen"}},
        {"secretRemove": {"key": "API_KEY"}},
    ):
        reply = await settings(app, "bob", **asked)
        assert "secrets" not in reply["settings"]["entry"]["settings"]
    missing = await settings(app, appSlug="none", secretSet={"key": "API_KEY", "value": VALUE})

    assert missing["error"] == "not-found"
    (told,) = secrets(await settings(app))
    assert told["last4"] == "1234"


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        ({"secretSet": {"key": "", "value": "x"}}, "bad-request", "name"),
        ({"secretSet": {"key": "a b", "value": "x"}}, "bad-request", "name"),
        ({"secretRemove": {"key": "x" * 101}}, "bad-request", "name"),
        ({"secretSet": {"key": "A", "value": ""}}, "bad-request", "empty"),
        ({"secretSet": {"key": "A", "value": "é" * 4097}}, "too-large", "8192"),
        ({"recommendedAdd": {"ownerHandle": "a", "appSlug": "b"}}, "unknown-type", "recommendedAdd"),
        ({"recommendedRemove": {"id": "x"}}, "unknown-type", "Not Implemented"),
        ({"dbAcl": {"dbName": "x", "acl": {}}}, "unknown-type", "dbAcl"),
    ],
)
async def test_what_can_not_be_kept_is_refused(app, asked, code, words):
    refused = await settings(app, **asked)

    assert (refused["code"], words in refused["message"]) == (code, True), refused
    assert secrets(await settings(app)) == []


async def test_an_app_has_a_bounded_number_of_secrets(app):
    for name in ("A", "B"):
        await settings(app, secretSet={"key": name, "value": VALUE})

    assert (await settings(app, secretSet={"key": "C", "value": VALUE}))["limit"] == "app_secrets"


async def test_without_a_key_that_can_be_used_nothing_is_kept(app):
    (app.config.data_dir / "secrets.key").write_text("?")

    refused = await settings(app, secretSet={"key": "A", "value": VALUE})

    assert refused["code"] == "overloaded"
    assert str(app.config.data_dir) not in refused["message"]
