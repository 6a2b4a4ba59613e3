"""What a section of a chat (blocks.md) is made of, for people: prose, code, images, prompts, errors and what else.

Lines become the texts that they were cut from. What only says where something begins or ends is left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from vibes_trio.content.chat_text import messages_of

MAX_NAME_CHARS = 100
"""Of what a block calls itself, or its language or file: they are shown, and need no more."""


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Source text. *lang* is the word behind the fence; *path* the file that it is for; both may be empty."""

    text: str
    lang: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, by its address; empty: it is kept elsewhere."""

    url: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What was said to the model, as *role*."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Failed:
    """What went wrong."""

    text: str


@dataclass(frozen=True, slots=True)
class Other:
    """So many blocks in a row of a type that is not shown otherwise."""

    type: str
    count: int = 1


Part = Prose | Code | Image | Asked | Failed | Other

_FRAMES = frozenset(
    {"block.begin", "block.end", "block.stats", "block.toplevel.end", "block.code.end"}
    | {"prompt.block-begin", "prompt.block-end"}
)


@dataclass(slots=True)
class _Open:
    """The prose or code whose lines are being read. State: all of it."""

    lang: str | None = None
    path: str = ""
    lines: list[str] = field(default_factory=list)

    def close(self) -> Iterator[Part]:
        """Yield what was read, if anything, and begin anew."""
        text = "\n".join(self.lines)
        if self.lang is not None:
            yield Code(text, self.lang, self.path)
        elif text.strip():
            yield Prose(text)
        self.lang, self.path, self.lines = None, "", []


def parts_of(blocks: Iterable[Mapping[str, Any]]) -> Iterator[Part]:
    """Yield the parts of a section in their order; equal ones that are not known, in a row, are one."""
    for is_other, some in groupby(_all_parts(blocks), lambda part: isinstance(part, Other) and part.type):
        if is_other is False:
            yield from some
        else:
            yield Other(str(is_other), sum(1 for _ in some))


def _all_parts(blocks: Iterable[Mapping[str, Any]]) -> Iterator[Part]:
    now = _Open()
    for block in blocks:
        kind = _name(block.get("type"))
        is_code = kind == "block.code.line"
        if is_code or kind == "block.toplevel.line":
            if is_code != (now.lang is not None):
                yield from now.close()
                now.lang = _name(block.get("lang")) if is_code else None
            now.path = now.path or (_name(block.get("path")) if is_code else "")
            now.lines.append(str(block.get("line", "")))
            continue
        yield from now.close()
        if kind == "block.code.begin":
            now.lang, now.path = _name(block.get("lang")), _name(block.get("path"))
        elif kind not in _FRAMES and kind != "block.toplevel.begin":
            yield from _whole(kind, block)
    yield from now.close()


def _whole(kind: str, block: Mapping[str, Any]) -> Iterator[Part]:
    """Yield the parts of a block that is one by itself."""
    if kind == "block.image":
        yield Image(_text(block.get("url")))
    elif kind in ("prompt.txt", "prompt.req"):
        yield from _prompt(block)
    elif kind in ("prompt.system-prompt", "prompt.raw"):
        yield Asked("system", _text(block.get("text")))
    elif kind == "prompt.error":
        yield Failed(_text(block.get("error")))
    elif kind == "block.code.truncated":
        yield Failed(f"The code was cut off: {_text(block.get('reason')) or 'nobody says why'}.")
    else:
        yield Other(kind)


def _prompt(block: Mapping[str, Any]) -> Iterator[Part]:
    for role, text in messages_of(dict(block)):
        if text.strip():
            yield Asked(role, text)
    request = block.get("request")
    messages = request.get("messages") if isinstance(request, dict) else None
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        for part in content if isinstance(content, list) else ():
            if isinstance(part, dict) and part.get("type") == "image_url":
                shown = part.get("image_url")
                yield Image(_text(shown.get("url") if isinstance(shown, dict) else shown))


def _text(value: Any) -> str:
    """Return *value*, whatever was sent, as text; what is none is empty."""
    return value if isinstance(value, str) else ""


def _name(value: Any) -> str:
    return _text(value)[:MAX_NAME_CHARS]
