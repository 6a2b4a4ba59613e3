"""A small world for the access matrix: people, what belongs to one of them, and every message about it.

Messages and what they need come from `wire.access.ACCESS` and the types of the wire: a new message is tried at once.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from answering import answer
from asking import ENSURE_CHAT, FakeCompiler, ask, deploy, envelope, js, text
from fakes import NOW, make_app
from memory_engine import MemoryDatabase
from msgspec import inspect

from vibes_trio.config import Limits
from vibes_trio.context import App
from vibes_trio.exchange import AppSlug, MessageIncoming, UserId, UserSlug
from vibes_trio.handlers import PIPELINE
from vibes_trio.services.visibility import hash_token
from vibes_trio.storage.app_chats import AppChat, link_chat
from vibes_trio.wire.access import ACCESS, Kind, Relation, Rule
from vibes_trio.wire.base import Request
from vibes_trio.wire.requests import REQUESTS

Json = Any
Message = type[Request[Any]]

PEOPLE = {
    "ada": Relation.OWNER,
    "eve": Relation.EDITOR,
    "vic": Relation.VIEWER,
    "bob": Relation.SIGNED_IN,
    "olga": Relation.OPERATOR,
    "": Relation.ANYONE,
    "bad": Relation.ANYONE,
}
"""By their tokens: `bad` is one that is refused."""


@dataclass(frozen=True)
class Target:
    """What a message is about. *is_there* False: it has never been."""

    app: str
    owner: str = "ada"
    chat: str = "adas-chat"
    deletion: str = "adas-deletion"
    device: str = "adas-device"
    session: str = "adas-session"
    passkey: str = "adas-passkey"
    token: str = "token-of-nothing"
    is_there: bool = True
    is_private: bool = False


TARGETS = {
    "public": Target("garden", token="token-of-garden"),
    "unlisted": Target("hidden", token="token-of-hidden"),
    "unpublished": Target("taken-down", token="token-of-taken-down"),
    "private": Target("secret", token="token-of-secret", is_private=True),
    "missing": Target(
        "nothing",
        chat="no-chat",
        deletion="none",
        device="none",
        session="none",
        passkey="none",
        is_there=False,
    ),
    "deleted": Target(
        "trash",
        chat="no-chat",
        deletion="none",
        device="none",
        session="none",
        passkey="none",
        is_there=False,
    ),
    "handle missing": Target(
        "nothing",
        "nobody",
        chat="no-chat",
        deletion="none",
        device="none",
        session="none",
        passkey="none",
        is_there=False,
    ),
}

VALUES: dict[str, Json] = {
    "mode": "dev",
    "newAppSlug": "renamed",
    "origin": "user",
    "blocks": [],
    "fileSystem": [text("/a.txt")],
    "prompt": {"messages": []},
    "variant": "access-wizard",
}
"""What members of requests are, by name, where the shortest value of their type would be refused."""


@dataclass
class World:
    """A server with everything in it, which can be had as it was at first."""

    app: App
    first: sqlite3.Connection
    fs_id: str

    def reset(self) -> None:
        self.first.backup(self.app.db._connection)
        self.app.releases.clear()

    def close(self) -> None:
        self.first.close()
        self.app.db.close()

    def dump(self) -> list[str]:
        """All that lasts."""
        return [line for line in self.app.db._connection.iterdump() if line.startswith("INSERT")]


async def make_world() -> World:
    db = MemoryDatabase(Limits(), lambda: NOW)
    db.open()
    app = make_app(db, compiler=FakeCompiler())
    reply: Json = {}
    for target in TARGETS.values():
        if target.is_there:
            reply = await deploy(app, js("/a.js", "1"), appSlug=target.app)
            await deploy(app, js("/a.js", "2"), appSlug=target.app, mode="dev")
    await deploy(app, js("/a.js", "1"), appSlug="bobs", userSlug="bob", user="bob")
    await deploy(app, js("/a.js", "1"), appSlug="trash")
    await ask(app, "ada", "vibes.diy.req-delete-app", appSlug="trash", ownerHandle="ada")
    for table, column in (("Deletions", "deletionId"), ("Apps", "deletion"), ("AppSlugBindings", "deletion")):
        db._connection.execute(f"UPDATE {table} SET {column} = 'adas-deletion' WHERE appSlug = 'trash'")
    await ask(app, "ada", ENSURE_CHAT, contextId="adas-chat")
    chat = AppChat("adas-chat", UserId("ada"), UserSlug("ada"), AppSlug("garden"), "codegen", "2026-01-01")
    await db.write(link_chat, chat)
    for column, value, slug in (
        ("visibility", "unlisted", "hidden"),
        ("visibility", "private", "secret"),
        ("unpublished", "2026-01-01", "taken-down"),
    ):
        db._connection.execute(f"UPDATE AppSlugBindings SET {column} = ? WHERE appSlug = ?", (value, slug))
    _let_in(db, [target for target in TARGETS.values() if target.is_there])
    first = sqlite3.connect(":memory:", check_same_thread=False)
    db._connection.backup(first)
    return World(app, first, reply["fsId"])


def _let_in(db: MemoryDatabase, targets: list[Target]) -> None:
    """Make Eve an editor and Vic a viewer of all; leave an invitation, a request and a share link open."""
    with db._connection as run:
        run.execute("INSERT INTO Users VALUES ('olga', 'olga', '', '2026', 'operator')")
        run.execute("INSERT INTO Users VALUES ('ada', 'ada', '', '2026', 'user')")
        run.execute("INSERT INTO Sessions VALUES ('adas-session', 'x', 'ada', '', '2026', '2099', '2099')")
        run.execute("INSERT INTO Passkeys VALUES ('adas-passkey', 'ada', '', X'00', 0, '2026', '')")
        run.execute("INSERT INTO UserInvites VALUES ('invite', 'x', '', '', 'user', 'olga', '2026', '2099')")
        run.execute("INSERT INTO Certificates VALUES ('adas-device', 'ada', 'f', 'x', '2026', '2099', NULL)")
        for target in targets:
            for who, role in (("eve", "editor"), ("vic", "viewer")):
                run.execute(
                    "INSERT INTO AppInvites VALUES ('ada', ?, ?, '', ?, ?, 'accepted', ?, '2026', '2026')",
                    (target.app, f"link-{who}", f"{target.app}-{who}", role, who),
                )
            run.execute(
                "INSERT INTO AppInvites VALUES ('ada', ?, 'link-open', '', ?, 'viewer', 'pending', '', '2026', '2026')",
                (target.app, hash_token(target.token)),
            )
            run.execute(
                "INSERT INTO AccessRequests VALUES ('ada', ?, 'asker', '', 'pending', '', '2026', '2026')",
                (target.app,),
            )
            run.execute(
                "INSERT INTO ShareLinks VALUES (?, ?, 'ada', ?, 'ada', '2026', '2099')",
                (f"link-{target.app}", target.app, target.app),
            )


def may(rule: Rule, relation: Relation, target: Target) -> bool:
    """What the table says."""
    if rule.about is Kind.SERVER:
        return relation is Relation.OPERATOR
    if relation is Relation.OPERATOR:
        relation = Relation.SIGNED_IN  # to the server alone
    if rule.about is Kind.ME:
        return relation >= rule.least
    if rule.about is Kind.INVITE:
        return target.is_there and Relation.SIGNED_IN <= relation < Relation.OWNER
    if rule.about in (Kind.DELETION, Kind.DEVICE, Kind.SESSION, Kind.PASSKEY):
        return target.is_there and relation is Relation.OWNER
    if rule.about is not Kind.APP and relation in (Relation.EDITOR, Relation.VIEWER):
        relation = Relation.SIGNED_IN  # these are of apps
    is_free = rule.about is Kind.CHAT or target.owner == "nobody"
    if not target.is_there and not (rule.about is Kind.HANDLE and not is_free):
        return rule.makes and relation >= (Relation.SIGNED_IN if is_free else Relation.OWNER)
    private = target.is_private and rule.about is Kind.APP
    return relation >= max(rule.least, Relation.VIEWER if private else Relation.ANYONE)


CHANGES: dict[str, Json] = {"title": "Another", "env": [{"key": "A", "value": "b"}]}
"""Members by which something is changed that may otherwise only be read, by name."""


def changing(world: World, message: Message, target: Target) -> dict[str, Json]:
    """As `payload`, for a message that others may send as well, but only to read: it changes something."""
    fields = message.__struct_encode_fields__
    changes = {name: value for name, value in CHANGES.items() if name in fields}
    assert changes, f"CHANGES has no member of {message}"
    return payload(world, message, target) | changes


def payload(world: World, message: Message, target: Target) -> dict[str, Json]:
    """The members of a *message* about *target*: those that it needs, and those that name what it is about."""
    info = inspect.type_info(message)
    assert isinstance(info, inspect.StructType)
    names = {
        "appSlug": target.app,
        "ownerHandle": target.owner,
        "srcAppSlug": target.app,
        "srcUserSlug": target.owner,
        "srcFsId": world.fs_id,
        "contextId": target.chat,
        "deletionId": target.deletion,
        "serial": target.device,
        "sessionId": target.session,
        "passkeyId": target.passkey,
        "inviteId": "invite",
        "userId": "ada",
        "token": target.token,
        "emailKey": "link-open",
        "linkId": f"link-{target.app}",
        "foreignUserId": "asker",
        "fsId": world.fs_id,
        "fromFsId": world.fs_id,
        "toFsId": world.fs_id,
    } | VALUES
    needed = names | {"chatId": target.chat}
    return {
        field.encode_name: _fitting(needed.get(field.encode_name), field.type)
        for field in info.fields
        if field.required or field.encode_name in names
    }


def _fitting(value: Json, kind: inspect.Type) -> Json:
    """Return *value*, or, where there is none or none of that kind, the shortest that is."""
    if isinstance(kind, inspect.LiteralType) and value not in kind.values:
        return _smallest(kind)
    return _smallest(kind) if value is None else value


def _smallest(kind: inspect.Type) -> Json:
    match kind:
        case inspect.UnionType(types):
            return _smallest(types[0])
        case inspect.LiteralType(values):
            return values[0]
        case inspect.StrType():
            return ""
        case inspect.BoolType():
            return True
        case inspect.IntType() | inspect.FloatType():
            return 1
        case inspect.DictType() | inspect.StructType():
            return {}
        case _:
            return []


async def say(world: World, who: str, message: Message, members: dict[str, Json]) -> Json:
    """Send it as *who*; nobody sends no `auth`."""
    kind = str(message.__struct_config__.tag)
    frame = msgspec.json.decode(envelope(who, kind, **members))
    if not who:
        del frame["payload"]["auth"]
    reply = await answer(world.app, PIPELINE, MessageIncoming(msgspec.json.encode(frame)))
    return msgspec.json.decode(reply.body)["payload"]


def messages() -> Iterator[tuple[str, Message, Rule]]:
    for kind, rule in ACCESS.items():
        yield kind, REQUESTS[kind], rule
