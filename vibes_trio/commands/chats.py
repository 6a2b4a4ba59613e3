"""`vibes-trio chat`: chats, as whoever keeps them lists, reads, follows and adds to them."""

import sys
import time
from argparse import Namespace
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
from msgspec import UNSET

from vibes_trio.client.appending import append_once
from vibes_trio.commands.apps import PAGE, check_limit, cut, gather
from vibes_trio.commands.chat_text import blocks_of, text_of
from vibes_trio.commands.deletions import confirm
from vibes_trio.commands.interrupts import until_interrupted
from vibes_trio.commands.output import OK, USAGE, CommandFailed, printable, tell
from vibes_trio.commands.session import Session, ask_server
from vibes_trio.commands.shown import print_line, print_list, print_struct, shown_age
from vibes_trio.errors import BadRequest
from vibes_trio.logs.colours import paint
from vibes_trio.wire.chat import (
    Origin,
    ReqAppendChatSection,
    ReqEnsureChatContext,
    ResAppendChatSection,
)
from vibes_trio.wire.chats import (
    FoundSection,
    ListedChat,
    ReadSection,
    ReqDeleteChatContext,
    ReqListChatContexts,
    ReqReadChatSections,
    ReqRestoreChatContext,
    ReqSearchChats,
    ReqSetChatContext,
    ResDeleteChatContext,
    SnippetPart,
)
from vibes_trio.wire.live import EvtChatSection

SHOWN_CHARS = 60


def list_chats(options: Namespace) -> int:
    """List my chats."""

    async def work(session: Session) -> list[ListedChat]:
        of = f"{options.user}/{options.app}" if options.user and options.app else options.app
        app = await session.app(of) if of else None
        request = ReqListChatContexts(
            limit=min(options.limit + 1, PAGE),
            owner_handle=app.handle if app else options.user,
            app_slug=app.slug if app else "",
            deleted=options.deleted,
        )
        return await gather(session.pages(request), options.limit)

    check_limit(options)
    now = time.time()
    print_list(
        options,
        cut(ask_server(options, work), options.limit),
        ("CHAT", "TITLE", "APP", "SECTIONS", "CHANGED"),
        lambda chat: (
            chat.context_id,
            chat.title or chat.preview[:SHOWN_CHARS],
            chat.app_slug and f"{chat.owner_handle}/{chat.app_slug}",
            str(chat.sections),
            shown_age(chat.updated, now),
        ),
        "No chats yet: `vibes-trio chat new` makes one.",
    )
    return OK


def new(options: Namespace) -> int:
    """Make a chat, and print its id."""

    async def work(session: Session) -> str:
        wanted = options.chat or UNSET
        context_id = (await session.ask(ReqEnsureChatContext(context_id=wanted))).context_id
        if options.title or options.app:
            app = await session.app(options.app) if options.app else None
            await session.ask(
                ReqSetChatContext(
                    context_id=context_id,
                    title=options.title or UNSET,
                    owner_handle=app.handle if app else "",
                    app_slug=app.slug if app else UNSET,
                )
            )
        return context_id

    context_id = ask_server(options, work)
    if options.json:
        print_struct({"contextId": context_id})
    else:
        print(context_id, flush=True)
    return OK


def append(options: Namespace) -> int:
    """Append a section, once though the connection be lost: text as somebody says it, or blocks as they are."""
    request = make_append(options, time.time())

    async def work(session: Session) -> ResAppendChatSection:
        last = await _last(session, options.chat)
        return await append_once(session.ask, request, last, session.limits.request_tries)

    appended = ask_server(options, work)
    if options.json:
        print_struct(appended)
    else:
        print(appended.seq, flush=True)
    return OK


def make_append(options: Namespace, now: float) -> ReqAppendChatSection:
    """Return the message.

    Raises:
        CommandFailed: nothing to append, or blocks that are none.
    """
    origin: Origin = "llm" if options.as_llm else "user"
    try:
        if options.blocks:
            data = sys.stdin.buffer.read() if options.blocks == "-" else Path(options.blocks).read_bytes()
            blocks = msgspec.json.decode(data, type=msgspec.Raw)
        else:
            text = _typed() if options.text in ("", "-") else options.text
            if not text.strip():
                raise CommandFailed("There is nothing to append: the text is empty.", USAGE)
            when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
            blocks = blocks_of(text.removesuffix("\n"), origin, when)
        return ReqAppendChatSection(context_id=options.chat, origin=origin, blocks=blocks)
    except (ValueError, BadRequest) as error:
        raise CommandFailed(f"{options.blocks or 'text'}: {error}.", USAGE) from error


def _typed() -> str:
    if sys.stdin.isatty():
        tell("Type what is said; Ctrl-D on a line of its own ends it.")
    return sys.stdin.read()


def read(options: Namespace) -> int:
    """Print the sections of a chat: the last ones, or from one on."""

    async def work(session: Session) -> list[ReadSection]:
        backward = options.since < 0
        request = ReqReadChatSections(
            context_id=options.chat,
            start=UNSET if backward else options.since,
            backward=backward,
            limit=min(options.limit + 1, PAGE),
        )
        found = await gather(session.pages(request), options.limit)
        return sorted(found[: options.limit], key=lambda section: section.seq)

    check_limit(options)
    sections = ask_server(options, work)
    if options.json:
        print_struct(sections)
    else:
        for section in sections:
            print_section(section)
        if not sections:
            tell("There are no such sections.")
    return OK


def search(options: Namespace) -> int:
    """Find sections of my chats by words."""

    async def work(session: Session) -> list[FoundSection]:
        request = ReqSearchChats(
            text=options.text, context_id=options.chat, limit=min(options.limit + 1, PAGE)
        )
        return await gather(session.pages(request), options.limit)

    check_limit(options)
    found = cut(ask_server(options, work), options.limit)
    if options.json:
        print_struct(found)
        return OK
    for section in found:
        head = printable(f"{section.context_id} #{section.seq} {section.title}")
        print(paint(head, "cyan", sys.stdout))
        print("  " + "".join(_shown(part) for part in section.snippet))
    sys.stdout.flush()
    if not found:
        tell("Nothing was found.")
    return OK


def _shown(part: SnippetPart) -> str:
    text = printable(part.text)
    return paint(text, "bold", sys.stdout) if part.hit else text


def tail(options: Namespace) -> int:
    """Print sections of a chat as they are appended, until interrupted; goes on over lost connections."""
    show: Callable[[EvtChatSection], None] = print_line if options.json else print_section

    async def follow(session: Session) -> None:
        last = await _last(session, options.chat)
        since = options.since - 1 if options.since >= 0 else last
        async with session.api.sections(options.chat, since) as sections:
            async for section in sections:
                show(section)
                if options.until is not None and section.seq >= options.until:
                    return

    async def work(session: Session) -> None:
        await until_interrupted(partial(follow, session))

    ask_server(options, work)
    return OK


async def _last(session: Session, context_id: str) -> int:
    """Return the `seq` of the last section; -1: there is none."""
    found = await session.ask(ReqReadChatSections(context_id=context_id, backward=True, limit=1))
    return found.items[0].seq if found.items else -1


def print_section(section: ReadSection | EvtChatSection) -> None:
    """Print a section for people."""
    head = f"#{section.seq} {section.origin} {section.created}"
    print(paint(head, "cyan" if section.origin == "user" else "green", sys.stdout))
    for line in text_of(section.blocks).split("\n"):
        print("\t".join(printable(part) for part in line.split("\t")))
    sys.stdout.flush()


def title(options: Namespace) -> int:
    """Give a chat a title."""

    async def work(session: Session) -> ListedChat:
        return await session.ask(ReqSetChatContext(context_id=options.chat, title=options.title))

    chat = ask_server(options, work)
    if options.json:
        print_struct(chat)
    else:
        print(printable(chat.title), flush=True)
    return OK


def remove(options: Namespace) -> int:
    """Delete a chat, once whoever asks has said so."""
    if not options.yes:
        confirm(f"Delete the chat {options.chat}?")

    async def work(session: Session) -> ResDeleteChatContext:
        return await session.ask(ReqDeleteChatContext(context_id=options.chat))

    gone = ask_server(options, work)
    if options.json:
        print_struct(gone)
        return OK
    print(f"{gone.context_id} is deleted", flush=True)
    tell(
        f"Until {gone.restorable_until[:16].replace('T', ' ')} UTC it can be had back: "
        f"vibes-trio chat undo {gone.context_id}"
    )
    return OK


def undo(options: Namespace) -> int:
    """Have a chat back that was deleted."""

    async def work(session: Session) -> ListedChat:
        return await session.ask(ReqRestoreChatContext(context_id=options.chat))

    chat = ask_server(options, work)
    if options.json:
        print_struct(chat)
    else:
        print(f"{chat.context_id} is back, with {chat.sections} sections", flush=True)
    return OK
