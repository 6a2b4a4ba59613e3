"""Chats of apps: of how an app is made, one a user and app, and those that people have in it; and their turns.

A turn is what one prompt came to: some of the chat's sections, from its first on. The chat itself is a chat context
like any other (`chats.py`). Times are ISO text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.storage.interface import Row, Tx, Value

ChatMode = Literal["codegen", "runtime", "img"]
Kind = Literal["codegen", "application"]

LAST = ("9999", "")
"""Sort keys behind those of any chat."""


@dataclass(frozen=True, slots=True)
class AppChat:
    """A chat of an app. *user_id*: whose chat it is, not whose app."""

    context_id: str
    user_id: UserId
    user_slug: UserSlug
    app_slug: AppSlug
    mode: ChatMode
    created: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatsAsked:
    """Which chats are wanted.

    Attributes:
        user_id: only this user's; None: everybody's, which wants a handle.
        user_slug: of the handle that their apps lie under; None: any.
        app_slug: of the app that they are of, under that handle; None: any.
        after: sort keys (created, id) of the last that is known.
    """

    kind: Kind
    user_id: UserId | None
    user_slug: UserSlug | None = None
    app_slug: AppSlug | None = None
    after: tuple[str, str] = LAST
    limit: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of a chat. *prompt*: what was asked for; *fs_id*: the release that came of it, empty: none."""

    context_id: str
    prompt_id: str
    first_seq: int
    prompt: str
    fs_id: str
    created: str


_CHAT = "contextId, userId, userSlug, appSlug, mode, created"
_TURN = "contextId, promptId, firstSeq, prompt, fsId, created"


_IS_THERE = (
    "EXISTS (SELECT 1 FROM ChatContexts AS c WHERE c.contextId = AppChats.contextId AND c.deleted = '')"
)


def kind_of(mode: ChatMode) -> Kind:
    """Return which kind of chat is led in *mode*."""
    return "codegen" if mode == "codegen" else "application"


def link_chat(tx: Tx, chat: AppChat) -> None:
    """Let a chat context, which is there, be that chat of an app."""
    tx.execute(
        "UPDATE ChatContexts SET appSlug = ?, userSlug = ? WHERE contextId = ?",
        (chat.app_slug, chat.user_slug, chat.context_id),
    )
    tx.execute(
        f"INSERT INTO AppChats ({_CHAT}, kind) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            chat.context_id,
            chat.user_id,
            chat.user_slug,
            chat.app_slug,
            chat.mode,
            chat.created,
            kind_of(chat.mode),
        ),
    )


def find_chat(tx: Tx, context_id: str) -> AppChat | None:
    """Return the chat of an app that *context_id* is, if it is one."""
    rows = tx.execute(f"SELECT {_CHAT} FROM AppChats WHERE contextId = ? AND {_IS_THERE}", (context_id,))
    return _chat(rows[0]) if rows else None


def find_codegen_chat(tx: Tx, user_id: UserId, user_slug: UserSlug, app_slug: AppSlug) -> AppChat | None:
    """Return the chat in which *user_id* makes the app."""
    rows = tx.execute(
        f"SELECT {_CHAT} FROM AppChats WHERE userId = ? AND userSlug = ? AND appSlug = ? AND kind = 'codegen'"
        f" AND {_IS_THERE} ORDER BY created DESC LIMIT 1",
        (user_id, user_slug, app_slug),
    )
    return _chat(rows[0]) if rows else None


def list_chats(tx: Tx, asked: ChatsAsked) -> tuple[AppChat, ...]:
    """Return the chats that are asked for, newest first."""
    wanted, params = (
        [_IS_THERE, "kind = ?", "(created, contextId) < (?, ?)"],
        list[Value]([asked.kind, *asked.after]),
    )
    if asked.user_id is not None:
        wanted.append("userId = ?")
        params.append(asked.user_id)
    if asked.user_slug is not None:
        wanted.append("userSlug = ?")
        params.append(asked.user_slug)
    if asked.app_slug is not None:
        wanted.append("appSlug = ?")
        params.append(asked.app_slug)
    rows = tx.execute(
        f"SELECT {_CHAT} FROM AppChats WHERE {' AND '.join(wanted)}"
        " ORDER BY created DESC, contextId DESC LIMIT ?",
        (*params, asked.limit),
    )
    return tuple(_chat(row) for row in rows)


def add_turn(tx: Tx, turn: Turn) -> None:
    """Keep *turn*, whose sections were appended in this transaction."""
    tx.execute(
        f"INSERT INTO ChatTurns ({_TURN}) VALUES (?, ?, ?, ?, ?, ?)",
        (turn.context_id, turn.prompt_id, turn.first_seq, turn.prompt, turn.fs_id, turn.created),
    )


def list_turns(tx: Tx, context_id: str, limit: int, prompt_id: str = "") -> tuple[Turn, ...]:
    """Return the newest turns of a chat, or the one of *prompt_id*, newest first."""
    one, params = (" AND promptId = ?", (prompt_id,)) if prompt_id else ("", ())
    rows = tx.execute(
        f"SELECT {_TURN} FROM ChatTurns WHERE contextId = ?{one} ORDER BY firstSeq DESC LIMIT ?",
        (context_id, *params, limit),
    )
    return tuple(Turn(*row) for row in rows)


def find_end(tx: Tx, turn: Turn) -> int:
    """Return the number of the section behind the last of *turn*."""
    ((after,),) = tx.execute(
        "SELECT min(firstSeq) FROM ChatTurns WHERE contextId = ? AND firstSeq > ?",
        (turn.context_id, turn.first_seq),
    )
    if after is not None:
        return int(after)
    ((last,),) = tx.execute("SELECT max(seq) FROM ChatSections WHERE contextId = ?", (turn.context_id,))
    return int(last) + 1


def find_turns_at(tx: Tx, context_id: str, seqs: Sequence[int]) -> dict[int, Turn]:
    """Return for each of *seqs*, which follow each other, the turn that the section of that number is part of."""
    if not seqs:
        return {}
    rows = tx.execute(
        f"SELECT {_TURN} FROM ChatTurns WHERE contextId = ? AND firstSeq <= ? AND firstSeq >="
        " coalesce((SELECT max(firstSeq) FROM ChatTurns WHERE contextId = ? AND firstSeq <= ?), 0)"
        " ORDER BY firstSeq",
        (context_id, seqs[-1], context_id, seqs[0]),
    )
    found: dict[int, Turn] = {}
    turns = [Turn(*row) for row in rows]
    for seq in seqs:
        while len(turns) > 1 and turns[1].first_seq <= seq:
            turns.pop(0)
        if turns and turns[0].first_seq <= seq:
            found[seq] = turns[0]
    return found


def _chat(row: Row) -> AppChat:
    context_id, user_id, user_slug, app_slug, mode, created = row
    return AppChat(context_id, UserId(user_id), UserSlug(user_slug), AppSlug(app_slug), mode, created)
