"""Chats of apps as newer clients lead them: opening one, and saying something in it.

Whoever opens one is told all that stands in it, then the reply, then what is said from then on: each section as an
event with the `tid` of the opening. A turn is in the database, whole, before the reply to its prompt; what it stores is
a dev release of the app. Nobody is asked for words here: a turn is made of the files that were sent.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import base58
import msgspec

from vibes_trio.content.slugs import own_names, parse_app_slug, parse_user_slug
from vibes_trio.content.turn_blocks import FsRef, Section, TextFile, TurnHead, write_turn
from vibes_trio.context import App, Ctx, Then
from vibes_trio.errors import BadRequest, NoSuchSlugLeft, NotFound, NotOwner, UnknownType, VibesError
from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.live import Event, Subject
from vibes_trio.services.access import least_to_see, relation_to
from vibes_trio.services.chat import random_context_id
from vibes_trio.services.given_prompts import Said, read_prompt
from vibes_trio.services.live import hear_sections, link_of
from vibes_trio.services.me import find_default_handle
from vibes_trio.services.prompt_files import DeployFiles, deploy_said, shown_files
from vibes_trio.steps import Steps, run_in_turns
from vibes_trio.storage import app_chats, chats, iso_utc
from vibes_trio.storage.app_chats import AppChat, ChatMode, Turn
from vibes_trio.storage.app_states import find_app
from vibes_trio.storage.feed import of_context
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.slugs import bind_user_slug, find_slug_owner
from vibes_trio.wire.access import Relation
from vibes_trio.wire.base import encode, write_event, write_event_head
from vibes_trio.wire.prompts import (
    EvtSection,
    PromptMode,
    ReqOpenChat,
    ReqPromptChatSection,
    ResOpenChat,
    ResPromptChatSection,
)

PROMPT_ID_BYTES = 12
WIZARD = "access-wizard"
WIZARD_WORDS = "A plain access.js: everybody reads, whoever is signed in writes. Change it as you need it."
ACCESS_JS = """\
// Who may write what into this app's databases: everybody reads, whoever is signed in writes.
export default function access(doc, oldDoc, user) {
  if (!user) {
    throw { forbidden: "Sign in to write." };
  }
  return { channels: ["all"], grant: { public: ["all"] } };
}
"""


# -- opening ----------------------------------------------------------------------------------------------


async def open_chat(ctx: Ctx, req: ReqOpenChat) -> Then[ResOpenChat]:
    """Get or make the chat of an app, and tell of it.

    Raises:
        BadRequest: it was posted; or a slug can't be one.
        NotFound, NotOwner: no such chat or app, or not for who asks.
        LimitReached: the user has as many chats, handles or subscriptions as they may.
        NoSuchSlugLeft: all random slugs that were tried are taken.
    """
    link, envelope = link_of(ctx, req)
    chat = await ctx.app.db.write(_open, ctx, req)
    read = partial(_read_events, ctx.app, chat)
    head, start, below = write_event_head(envelope), 0, ctx.app.config.limits.subscriber_bytes
    while events := await read(start):
        for event in events:
            await link.drained(below)
            link.send(head, event.text)
        start = events[-1].number + 1
    subject = Subject(
        f"turns:{chat.context_id}",
        read,
        lambda room: ctx.app.db.feed.listen(of_context(chat.context_id), partial(hear_sections, room)),
    )
    member = ctx.app.live.join(subject, link, f"turns:{envelope.tid}", head, start)
    response = ResOpenChat(
        app_slug=chat.app_slug, owner_handle=chat.user_slug, chat_id=chat.context_id, mode=req.mode
    )
    return Then(response, member.start)


def _open(tx: Tx, ctx: Ctx, req: ReqOpenChat) -> AppChat:
    user_id, mode = ctx.asker.user_id, _chat_mode(req.mode)
    if req.chat_id:
        chat = find_own(tx, user_id, req.chat_id)
        if app_chats.kind_of(chat.mode) != app_chats.kind_of(mode):
            raise BadRequest(f"mode: this chat is of mode {chat.mode}.")
        return chat
    user, app = _find_place(tx, ctx, req, mode)
    found = app_chats.find_codegen_chat(tx, user_id, user, app) if mode == "codegen" else None
    if found is not None:
        return found
    context_id = chats.ensure_context(tx, user_id, None, random_context_id, limit=ctx.app.config.max_chats)
    chat = AppChat(context_id, user_id, user, app, mode, tx.now)
    app_chats.link_chat(tx, chat)
    return chat


def _chat_mode(mode: PromptMode) -> ChatMode:
    return "codegen" if mode in ("fs-set", "fs-update") else mode  # type: ignore[return-value]  # the others are


def find_own(tx: Tx, user_id: UserId, chat_id: str) -> AppChat:
    """Return a chat of an app, of *user_id*.

    Raises:
        NotFound: there is none; or it is somebody else's, which nobody is told.
    """
    chat = app_chats.find_chat(tx, chat_id)
    if chat is None or chat.user_id != user_id:
        raise NotFound(f"You have no chat {chat_id[:128]!r} of an app. Make it with openChat first.")
    return chat


def _find_place(tx: Tx, ctx: Ctx, req: ReqOpenChat, mode: ChatMode) -> tuple[UserSlug, AppSlug]:
    """Return the slugs of the app that a chat is wanted of, which, if one is made, need not be there yet."""
    own = own_names(ctx.app.config.hostname_base)
    given = parse_user_slug(req.owner_handle, own) if req.owner_handle else None
    app = parse_app_slug(req.app_slug, own) if req.app_slug else None
    user = given or find_default_handle(tx, ctx.asker.user_id)
    state = find_app(tx, app, user) if app is not None and user is not None else None
    if state is not None:
        relation = relation_to(tx, state, ctx.asker.user_id)
        if relation < least_to_see(state):
            raise _no_such_app(req)
        if mode == "codegen" and relation < Relation.EDITOR:
            raise NotOwner(f"The app {state.app_slug} of {state.user_slug} belongs to someone else.")
        return state.user_slug, state.app_slug
    if mode != "codegen":
        raise _no_such_app(req)
    user = _own_handle(tx, ctx, req, user)
    return user, app or _free_slug(tx, ctx.app, user)


def _no_such_app(req: ReqOpenChat) -> NotFound:
    """Return the one answer for what is not there and for what is not theirs to see."""
    return NotFound(f"There is no app {req.app_slug[:100]!r} of {req.owner_handle[:100]!r} that you may see.")


def _own_handle(tx: Tx, ctx: Ctx, req: ReqOpenChat, user: UserSlug | None) -> UserSlug:
    """Return *user*, which is the asker's or becomes theirs, or, without one, a new handle: as with a deploy."""
    if user is not None and find_slug_owner(tx, user) not in (None, ctx.asker.user_id):
        raise _no_such_app(req)
    config = ctx.app.config
    return bind_user_slug(
        tx,
        ctx.asker.user_id,
        user,
        limit=config.max_user_slugs,
        attempts=config.limits.slug_attempts,
        words=ctx.app.random_slug,
    )


def _free_slug(tx: Tx, app: App, user: UserSlug) -> AppSlug:
    for _ in range(app.config.limits.slug_attempts):
        slug = AppSlug(app.random_slug())
        if find_app(tx, slug, user) is None:
            return slug
    raise NoSuchSlugLeft("All random slugs that were tried are taken. Try again, or name a slug.")


# -- what is told -----------------------------------------------------------------------------------------


async def _read_events(app: App, chat: AppChat, start: int) -> Sequence[Event]:
    return await app.db.read(_events, app, chat, start)


def _events(tx: Tx, app: App, chat: AppChat, start: int) -> tuple[Event, ...]:
    limits = app.config.limits
    page = chats.Page(start, limits.events_at_once, limits.event_page_bytes)
    found = chats.read_sections(tx, chat.user_id, chat.context_id, page)
    turns = app_chats.find_turns_at(tx, chat.context_id, [section.seq for section in found])
    return tuple(Event(one.seq, write_event(_told(chat, one, turns.get(one.seq)))) for one in found)


def _told(chat: AppChat, section: chats.Section, turn: Turn | None) -> EvtSection:
    """Return *section* as an event; one that is of no turn, as older clients append them, is told of as one of many."""
    return EvtSection(
        chat_id=chat.context_id,
        prompt_id=turn.prompt_id if turn is not None else chat.context_id,
        block_seq=section.seq - (turn.first_seq if turn is not None else 0),
        timestamp=section.created,
        blocks=msgspec.Raw(section.blocks_json.encode()),
    )


# -- saying -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Made:
    """What a turn is made of, see `write_turn`."""

    asked: dict[str, object]
    words: str
    prompt: str
    files: Sequence[TextFile] = ()
    ref: FsRef | None = None


async def prompt_chat_section(
    deploy: DeployFiles, ctx: Ctx, req: ReqPromptChatSection | Said
) -> ResPromptChatSection:
    """Make a turn of what is said.

    Raises:
        NotFound: no such chat of who asks.
        UnknownType: a model would have to be asked.
        BadRequest, TooLarge, TransformFailed, LimitReached: as a deploy, see `services.deploy`.
    """
    said = req if isinstance(req, Said) else await run_in_turns(read_prompt(req, ctx.app.config.limits))
    chat = await ctx.app.db.get(find_own, ctx.asker.user_id, said.chat_id)
    # One after the other: what changes files goes on from the turn before, and leaves out nothing of it.
    async with ctx.app.saying.hold(chat.context_id):
        prompt_id = await _take_turn(ctx, chat, said, deploy)
    return ResPromptChatSection(
        mode=said.mode,
        chat_id=chat.context_id,
        owner_handle=chat.user_slug,
        app_slug=chat.app_slug,
        prompt_id=prompt_id,
        outer_tid=said.outer_tid,
    )


async def _take_turn(ctx: Ctx, chat: AppChat, said: Said, deploy: DeployFiles) -> str:
    """Make the next turn of *chat*; return its id."""
    prompt_id = f"z{base58.b58encode(secrets.token_bytes(PROMPT_ID_BYTES)).decode('ascii')}"
    made = await _make(ctx, chat, said, prompt_id, deploy)
    head = TurnHead(prompt_id, chat.context_id, iso_utc(ctx.app.now()))
    sections = await run_in_turns(_encode(write_turn(head, made.asked, made.words, made.files, made.ref)))
    turn = Turn(
        chat.context_id, prompt_id, 0, made.prompt, made.ref.fs_id if made.ref else "", head.timestamp
    )
    await ctx.app.db.write_long(sum(map(len, sections)), _append, ctx.app, chat, turn, sections)
    return prompt_id


async def _make(ctx: Ctx, chat: AppChat, said: Said, prompt_id: str, deploy: DeployFiles) -> _Made:
    if chat.mode == "codegen" and said.mode in ("fs-set", "fs-update"):
        fs_id = await deploy_said(ctx, chat, said, prompt_id, deploy)
        words, files, asked = shown_files(said, ctx.app.config.limits.max_turn_bytes)
        return _Made(
            {"type": "prompt.fs", "fileSystem": asked},
            words,
            words[: ctx.app.config.limits.max_message_chars],
            files,
            FsRef(chat.app_slug, chat.user_slug, fs_id),
        )
    if chat.mode == "codegen" and said.mode == "codegen" and said.variant == WIZARD:
        request = msgspec.json.decode(said.asked_json) | {"model": "none"}
        return _Made(
            {"type": "prompt.req", "request": request},
            WIZARD_WORDS,
            said.words,
            (TextFile("access.js", "js", ACCESS_JS),),
        )
    raise UnknownType(
        f"Not Implemented: no model is asked by this server, so there is no turn of mode {said.mode} in a chat of mode"
        f" {chat.mode}. Send files: mode fs-set or fs-update, in a chat of mode codegen.",
        type="vibes.diy.req-prompt-chat-section",
    )


def _encode(sections: Iterator[Section]) -> Steps[list[bytes]]:
    encoded = []
    for section in sections:
        encoded.append(encode(section))
        yield
    return encoded


def _append(tx: Tx, app: App, chat: AppChat, turn: Turn, sections: Sequence[bytes]) -> None:
    """Store the turn, or nothing of it.

    Raises:
        LimitReached, DiskShort: there is no room for all of it.
    """
    quota = chats.ChatQuota(app.config.max_chat_sections, app.config.max_chat_bytes)
    new = [
        chats.NewSection(chat.user_id, chat.context_id, "user" if number < _ASKED else "llm", blocks, quota)
        for number, blocks in enumerate(sections)
    ]
    answers = chats.append_sections(tx, new)
    for answer in answers:
        if isinstance(answer, VibesError):
            raise answer
    first = answers[0]
    assert isinstance(first, int), "it was not refused"
    app_chats.add_turn(tx, replace(turn, first_seq=first))


_ASKED = 2
"""So many sections of a turn tell what was asked for."""
