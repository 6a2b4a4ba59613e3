"""A section of a chat as HTML that is safe on a page of ours: what it has is shown as what it is (`chat_parts.py`)."""

from collections.abc import Callable
from html import escape
from itertools import islice

from vibes_trio.content.chat_parts import Asked, Code, Failed, Image, Other, Part, Prose, parts_of
from vibes_trio.content.chat_text import read_blocks
from vibes_trio.content.safe_markdown import code_block, picture, render_markdown

MARKED_CHARS = 256 * 1024
"""Prose that is longer is shown as it was written."""
MAX_PARTS = 2000
_ROLES = {"system": "Instructions", "assistant": "Earlier answer", "tool": "From a tool"}
NOTHING = '<p class="dim">Nothing is in this section.</p>'


def render_section(blocks_json: str | bytes, own: str, is_over: Callable[[], bool]) -> str:
    """Return the HTML of a section.

    Args:
        own: the origin of this server, whose pictures are shown.
        is_over: whether time is short: what comes then is shown as it was written.
    """
    parts = parts_of(read_blocks(blocks_json))
    html = [_plain_part(part) if is_over() else _part(part, own) for part in islice(parts, MAX_PARTS)]
    if next(parts, None) is not None:
        html.append('<p class="dim">There is more in this section: export the chat to have it all.</p>')
    return "".join(html) or NOTHING


def render_plain(blocks_json: str | bytes, most_chars: int) -> str:
    """Return the HTML of a section as the plain text that it is, or how that begins."""
    texts: list[str] = []
    size = 0
    for part in parts_of(read_blocks(blocks_json)):
        if isinstance(part, Prose | Code | Asked) and size < most_chars:
            texts.append(part.text[: most_chars - size])
            size += len(part.text) + 1
    more = "" if size <= most_chars else " This is how it begins: export the chat to have it all."
    words = f"This section takes too long to be shown as it is meant: here is its text.{more}"
    text = "\n".join(texts)
    return f'<p class="dim">{words}</p>{_pre(text)}'


def _part(part: Part, own: str) -> str:
    match part:
        case Prose(text) if len(text) <= MARKED_CHARS:
            return f'<div class="prose">{render_markdown(text, own)}</div>'
        case Code(text, lang, path):
            return code_block(text, lang, path)
        case Image(url):
            return f'<p class="picture">{picture(url, "Picture in this chat", own)}</p>'
        case Asked("user", text) if len(text) <= MARKED_CHARS:
            return f'<div class="prose">{render_markdown(text, own)}</div>'
        case _:
            return _plain_part(part)


def _plain_part(part: Part) -> str:
    match part:
        case Asked(role, text) if role != "user":
            words = escape(_ROLES.get(role, role))
            return f"<details><summary>{words}</summary>{_pre(text)}</details>"
        case Prose(text) | Code(text) | Asked(_, text):
            return _pre(text)
        case Failed(text):
            return f'<p class="failed"><strong>Error:</strong> {escape(text)}</p>'
        case Other(kind, count):
            times = f", {count} times" if count > 1 else ""
            return f'<p class="dim">Not shown: <code>{escape(kind or "a block without a type")}</code>{times}</p>'
        case _:
            return '<p class="dim">A picture</p>'


def _pre(text: str) -> str:
    return f'<pre class="plain" tabindex="0">{escape(text)}</pre>'
