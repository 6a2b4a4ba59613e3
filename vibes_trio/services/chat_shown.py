"""Sections of a chat as people read them: made beside, each once, and as plain text where that takes too long.

Markdown and code can be written that take minutes to be taken apart. So a section has its own short deadline, and what
is shown at once has one together; the process that oversteps it is ended, and nobody else waits for it.
"""

import hashlib
import time
from functools import partial
from typing import Literal, NamedTuple

import msgspec
import trio

from vibes_trio.beside.pool import Packed, Question
from vibes_trio.config import Limits
from vibes_trio.content.chat_html import render_plain, render_section
from vibes_trio.context import App, Ctx
from vibes_trio.errors import TooLarge
from vibes_trio.exchange import UserId
from vibes_trio.services.chat_list import read_page, told
from vibes_trio.storage import chat_list, chats
from vibes_trio.wire.chats import ListedChat, ReqShowChatSections, ResShowChatSections, ShownSection

AMPLIFIED, SMALL_BYTES = 10, 16 * 1024
"""HTML may be so many times longer than what it shows; what is small may be in any case."""


async def show_chat_sections(ctx: Ctx, req: ReqShowChatSections) -> ResShowChatSections:
    """Return sections of a chat of who asks, as HTML.

    Raises:
        BadRequest: a cursor of another list.
        NotFound, NotOwner: no such chat, or somebody else's.
        Overloaded: too much waits for being shown.
    """
    config = ctx.app.config
    prepare = partial(_prepare, f"{config.protocol}://{config.hostname_base}")
    found, cursor = await read_page(ctx, req, config.limits.show_page_bytes, prepare)
    end = trio.current_time() + config.limits.show_page_s
    items = tuple(
        [
            ShownSection(
                seq=section.seq,
                origin=section.origin,
                created=section.created,
                html=(await _show(ctx.app, ctx.asker.user_id, about, end)).decode(),
            )
            for section, about in found
        ]
    )
    chat = told(await ctx.app.db.read(chat_list.get_chat, ctx.asker.user_id, req.context_id), ListedChat)
    return ResShowChatSections(context_id=req.context_id, chat=chat, items=items, next_cursor=cursor)


class _ToShow(NamedTuple):
    """What a section is shown by: the origin of this server in a line, then its blocks; and what tells that apart."""

    text: bytes
    key: bytes


def _prepare(own: str, section: chats.Section) -> tuple[chats.Section, _ToShow]:
    """Return *section* without its blocks, and what they are shown by. In a thread of the database."""
    text = f"{own}\n{section.blocks_json}".encode("utf-8", "replace")
    return msgspec.structs.replace(section, blocks_json=""), _ToShow(text, hashlib.sha256(text).digest())


async def _show(app: App, user: UserId, about: _ToShow, end: float) -> bytes:
    """Return the HTML of what *about* says; after *end*, by trio's clock, as plain text."""
    known = app.assets.get(("shown", about.key))
    if known is not None:
        return known
    html = None
    if len(about.text) <= app.config.limits.show_section_bytes and trio.current_time() < end:
        with trio.move_on_at(end):
            html = await _ask(app, user, "show", about.text)
    if html is None:
        html = await _ask(app, user, "show plainly", about.text)
    if html is None:
        raise TooLarge("This section takes too long to be shown, even as plain text: export the chat.")
    if trio.current_time() < end:  # else it was the others before it that took long
        app.assets.put(("shown", about.key), html)
    return html


async def _ask(app: App, user: UserId, task: Literal["show", "show plainly"], about: bytes) -> bytes | None:
    """Return what a process beside makes of *about*; None: it takes too much."""
    try:
        packed = await app.beside.ask(Question(task), about, user)
    except TooLarge:
        return None
    return packed.parts[0]


# -- beside -----------------------------------------------------------------------------------------------


def show_beside(about: bytes, limits: Limits) -> Packed:
    """Answer `_ask`.

    Raises:
        TooLarge: the HTML would be.
    """
    end = time.monotonic() + limits.show_section_s
    own, _, blocks = about.partition(b"\n")
    html = render_section(blocks, own.decode(), lambda: time.monotonic() > end).encode("utf-8", "replace")
    if len(html) > min(max(AMPLIFIED * len(about), SMALL_BYTES), limits.show_html_bytes):
        raise TooLarge("It is too long as HTML.", limit="show_html_bytes", value=limits.show_html_bytes)
    return Packed(b"null", (html,))


def show_plainly_beside(about: bytes, limits: Limits) -> Packed:
    """Answer `_ask` with plain text."""
    blocks = about.partition(b"\n")[2]
    return Packed(b"null", (render_plain(blocks, limits.show_plain_chars).encode("utf-8", "replace"),))
