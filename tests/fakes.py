"""An `App` for tests in one line: real database, real caches; what is outside is made up."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import trio

from vibes_trio.auth.handoff import HAND_OFF, HandOff
from vibes_trio.auth.jwk import new_key
from vibes_trio.auth.verifier import Claims
from vibes_trio.beside.pool import Packed, Question
from vibes_trio.cache import AssetCache, NameCache
from vibes_trio.compressor import Compressor
from vibes_trio.config import Config, Limits
from vibes_trio.context import App
from vibes_trio.errors import RequireLogin
from vibes_trio.exchange import UserId
from vibes_trio.jobs import Jobs
from vibes_trio.live import Live
from vibes_trio.modules.progress import Builds
from vibes_trio.services.beside import do, look
from vibes_trio.services.releases import forget_changed
from vibes_trio.storage.chat_index import ToIndex
from vibes_trio.storage.sqlite.engine import SqliteDatabase
from vibes_trio.wire.large import LargeHead

NOW = 1_795_340_000.0


class NameVerifier:
    """A verifier to which any token is the name of its user, at once; `bad` is refused."""

    def at_once(self, token: str) -> Claims:
        if token == "bad":
            raise RequireLogin("bad_signature")
        return Claims(UserId(token), token, "user", f"{token}@example.org", True)

    async def __call__(self, token: str) -> Claims:
        return self.at_once(token)


verify_name = NameVerifier()


class Here:
    """A `Beside` that does everything in this process: for tests of logic."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    async def look(self, message: bytes, client: str) -> LargeHead:
        return look(message, self._limits)

    async def ask(self, question: Question, about: bytes, user: UserId) -> Packed:
        return do(question, about, self._limits)


async def no_version(name: str) -> str | None:
    return None


def make_app(db: SqliteDatabase | None = None, *, limits: Limits | None = None, **changes: Any) -> App:
    """Return an App; *changes* are fields of it, or of its config when they are no fields of App."""
    limits = limits or Limits()
    config = Config(data_dir=Path("/nonexistent"), hostname_base="apps.test", limits=limits).with_port(8787)
    config_changes = {name: changes.pop(name) for name in list(changes) if hasattr(config, name)}
    hand_off = HandOff(new_key(), lambda: NOW, limits)
    app = App(
        config=replace(config, **config_changes),
        db=db,  # type: ignore[arg-type]
        assets=AssetCache(limits.cache_bytes),
        releases=NameCache(limits.cached_files),
        verifiers={"device-id": verify_name, HAND_OFF: hand_off},
        devices=None,  # type: ignore[arg-type]
        compressor=Compressor(limits),
        compiler=None,  # type: ignore[arg-type]
        beside=Here(limits),
        package_version=no_version,
        modules=None,
        home=None,
        builds=Builds(limits),
        notes=(),
        jobs=Jobs(limits),
        random_slug=lambda: "one-two-three",
        now=lambda: NOW,
        draining=trio.Event(),
        live=Live(limits),
        to_index=ToIndex(limits.chats_to_index),
        hand_off=hand_off,
    )
    app = replace(app, **changes)
    if app.db is not None:
        app.db.feed.hear_all(partial(forget_changed, app.releases))
    return app


def open_database(folder: Path, limits: Limits | None = None) -> SqliteDatabase:
    """Return an open database without threads, for tests of logic."""
    db = SqliteDatabase(folder / "vibes.sqlite3", limits or Limits(), now=lambda: NOW, inline=True)
    db.open()
    return db
