"""`vibes-trio chat export` and `import`: chats as files, ours and those of other programs."""

import json
import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

import msgspec

from vibes_trio.commands.output import OK, USAGE, CommandFailed, print_table, printable, warn
from vibes_trio.commands.session import Session, ask_server
from vibes_trio.commands.shown import print_struct
from vibes_trio.wire.chats import (
    Format,
    ReqExportChatContext,
    ReqImportChatContexts,
    ResExportChatContext,
    ResImportChatContexts,
)

_MEMBERS: Mapping[str, Format] = {"sections": "vibes", "mapping": "chatgpt", "chat": "open-webui"}
"""By what member of a chat an export is known."""


def export(options: Namespace) -> int:
    """Write a chat to a file, or to standard output."""

    async def work(session: Session) -> ResExportChatContext:
        return await session.ask(ReqExportChatContext(context_id=options.chat, format=options.format))

    exported = ask_server(options, work)
    tell_left_out(exported.left_out)
    content = msgspec.json.format(bytes(exported.content)) + b"\n"
    if options.json:
        print_struct(exported)
    elif options.out in ("", "-"):
        sys.stdout.write(content.decode())
    else:
        Path(options.out).write_bytes(content)
        print(options.out, flush=True)
    return OK


def import_chats(options: Namespace) -> int:
    """Make chats of a file: of ours, Open WebUI's or ChatGPT's."""
    data = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
    try:
        # As programs of other systems write it, too: UTF-16, or with a mark in front.
        text = data.decode(json.detect_encoding(data))
        content = msgspec.json.decode(text, type=msgspec.Raw)
        format = options.format or find_format(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CommandFailed(f"{options.file}: is no JSON: {error}.", USAGE) from error

    async def work(session: Session) -> ResImportChatContexts:
        return await session.ask(ReqImportChatContexts(format=format, content=content))

    imported = ask_server(options, work)
    tell_left_out(imported.left_out)
    if options.json:
        print_struct(imported)
    else:
        rows = [(chat.context_id, chat.title, str(chat.sections)) for chat in imported.items]
        print_table(("CHAT", "TITLE", "SECTIONS"), rows)
    return OK


def find_format(content: msgspec.Raw) -> Format:
    """Return which program's export *content* is, one chat or a list of them.

    Raises:
        CommandFailed: none that is known.
        DecodeError: it is no JSON.
    """
    document = msgspec.json.decode(content)
    first = document[0] if isinstance(document, list) and document else document
    found = [name for member, name in _MEMBERS.items() if isinstance(first, dict) and member in first]
    if not found:
        raise CommandFailed(
            "This is no export that is known by its looks. Say whose it is: --format vibes, open-webui or chatgpt.",
            USAGE,
        )
    return found[0]


def tell_left_out(left_out: Mapping[str, int]) -> None:
    """Say what could not be carried over."""
    if left_out:
        told = ", ".join(f"{name} ({number})" for name, number in sorted(left_out.items()))
        warn(f"left out: {printable(told)}")
