"""Releases for tests of storage: rows as services make them, in one line."""

import json
from collections.abc import Mapping
from typing import Literal, Protocol

from vibes_trio.exchange import AppSlug, Cid, FsId, UserId, UserSlug
from vibes_trio.storage import Tx
from vibes_trio.storage.apps import Saved, save_release
from vibes_trio.storage.assets import put_asset
from vibes_trio.storage.release_rows import NewRelease, Release
from vibes_trio.storage.slugs import bind_app_slug, bind_user_slug
from vibes_trio.storage.usage import NO_LIMIT, Usage, get_usage

ADA, BOB = UserId("ada-id"), UserId("bob-id")


class Clock(Protocol):
    """The fixture `clock`: Unix seconds that the test moves."""

    seconds: float


def no_words() -> str:
    raise AssertionError("no random slug is wanted")


def release(
    fs_id: str,
    mode: Literal["production", "dev"] = "dev",
    *,
    user: UserId = ADA,
    owner: str = "ada",
    app: str = "todo",
    files: object = (),
    extras: object = {},
) -> NewRelease:
    """Return what a deploy wants; *extras* None: as the reference would have it."""
    return NewRelease(
        app_slug=AppSlug(app),
        user_slug=UserSlug(owner),
        user_id=user,
        fs_id=FsId(fs_id),
        mode=mode,
        env_json="{}",
        file_system_json=json.dumps(files),
        extras_json=None if extras is None else json.dumps(extras),
    )


def publish(tx: Tx, new: NewRelease, *, limit: int = 50) -> Release:
    """Bind the slugs of *new*, save it and return it as it is then."""
    return save(tx, new, limit=limit).release


def save(tx: Tx, new: NewRelease, *, limit: int = 50, max_bytes: int = NO_LIMIT) -> Saved:
    """Bind the slugs of *new* and save it."""
    bind_user_slug(tx, new.user_id, new.user_slug, limit=99, attempts=0, words=no_words)
    bind_app_slug(tx, new.user_id, new.user_slug, new.app_slug, limit=99, attempts=0, words=no_words)
    return save_release(tx, new, limit=limit, max_bytes=max_bytes)


def put(
    tx: Tx,
    fs_id: str,
    files: Mapping[str, int],
    *,
    user: UserId = ADA,
    mode: Literal["production", "dev"] = "dev",
    max_bytes: int = NO_LIMIT,
) -> Saved:
    """Deploy files of these ids and sizes, as a service does."""
    for cid, size in files.items():
        put_asset(tx, Cid(cid), b"x" * size)
    items = [{"assetId": cid} for cid in files]
    new = release(fs_id, mode, user=user, owner=user.removesuffix("-id"), files=items)
    return save(tx, new, limit=99, max_bytes=max_bytes)


def counted_anew(tx: Tx, user_id: UserId) -> Usage:
    """The same by reading everything: the definition that the triggers have to agree with."""
    manifests = tx.execute("SELECT fileSystem, env, extras FROM Apps WHERE userId = ?", (user_id,))
    assets = dict(tx.execute("SELECT assetId, length(content) FROM Assets"))
    named = {text for row in manifests for cell in row for text in texts(json.loads(cell or "null"))}
    sections = tx.execute(
        "SELECT blocks FROM ChatSections JOIN ChatContexts USING (contextId) WHERE userId = ?", (user_id,)
    )
    return Usage(
        sum(len((cell or "").encode()) for row in manifests for cell in row)
        + sum(assets.get(text, 0) for text in named),
        tx.execute("SELECT count(*) FROM ChatContexts WHERE userId = ?", (user_id,))[0][0],
        len(sections),
        sum(len(blocks.encode()) for (blocks,) in sections),
    )


def texts(value: object) -> set[str]:
    if isinstance(value, dict | list):
        members = value.values() if isinstance(value, dict) else value
        return set().union(*map(texts, members))
    return {value} if isinstance(value, str) else set()


def check_usage(tx: Tx) -> None:
    """Compare what is counted of each user with what a look at everything counts."""
    for user in (ADA, BOB):
        assert get_usage(tx, user) == counted_anew(tx, user)
