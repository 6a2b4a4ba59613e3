"""`vibes-trio diff`: what differs between two releases; and between a folder and a release, for `deploy --dry-run`."""

import binascii
import difflib
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import trio

from vibes_trio.commands.app_files import FoundApp, FoundFile, read_file
from vibes_trio.commands.output import OK, print_json, print_table, printable, tell
from vibes_trio.commands.plan import Plan
from vibes_trio.commands.session import AppName, Session, ask_server
from vibes_trio.commands.shown import print_struct
from vibes_trio.commands.versions import find_release
from vibes_trio.content.cid import calc_cid, file_cid, to_utf8
from vibes_trio.content.sizes import shown_size
from vibes_trio.exchange import Cid
from vibes_trio.logs.colours import Colour, paint
from vibes_trio.wire.files import CodeBlock, FileSystemItem, StrAssetBlock
from vibes_trio.wire.versions import (
    ReqCompareReleases,
    ReqGetAppByFsid,
    ReqGetReleaseFiles,
    ResCompareReleases,
)

MAX_SHOWN_BYTES = 256 * 1024
"""A larger file is told to differ, and not how: to find that out takes time by the square of it."""
MADE = "/~~"
"""What the names of files that the server made begin with."""
_LETTERS: Mapping[str, str] = {"added": "A", "changed": "M", "removed": "D"}
_COLOURS: Mapping[str, Colour] = {"+": "green", "-": "red", "@": "cyan"}

Texts = dict[str, str | None]
"""Files by their names; None: no text, or too large."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file of an app and what becomes of it: `added`, `changed`, `removed`, or nothing (empty)."""

    name: str
    size: int
    change: str


def diff(options: Namespace) -> int:
    """Show which files differ between two releases, and with `--patch` how."""

    async def work(session: Session) -> tuple[ResCompareReleases, tuple[Texts, Texts]]:
        app = await session.app(options.app)
        ids = [
            (await find_release(session, app, named)).fs_id if named else ""
            for named in (options.old, options.new)
        ]
        compared = await session.ask(
            ReqCompareReleases(owner_handle=app.handle, app_slug=app.slug, from_fs_id=ids[0], to_fs_id=ids[1])
        )
        if not options.patch or options.json:
            return compared, ({}, {})
        old = (*compared.removed, *compared.changed)
        new = (*compared.added, *compared.changed)
        return compared, (
            await _texts(session, app, compared.from_fs_id, old),
            await _texts(session, app, compared.to_fs_id, new),
        )

    compared, texts = ask_server(options, work)
    if options.json:
        print_struct(compared)
        return OK
    names = {kind: getattr(compared, kind) for kind in _LETTERS}
    if not any(names.values()):
        tell("No file differs.")
    rows = sorted((name, letter) for kind, letter in _LETTERS.items() for name in names[kind])
    for name, letter in rows:
        if options.patch:
            _print_patch(name, texts)
        else:
            print(f"{letter}  {printable(name)}")
    sys.stdout.flush()
    return OK


async def _texts(session: Session, app: AppName, fs_id: str, names: tuple[str, ...]) -> Texts:
    """Return the text of each file that isn't too large; of all together there is not more than a release may have."""
    if not names:
        return {}
    parts: dict[str, bytearray] = {}
    request = ReqGetReleaseFiles(owner_handle=app.handle, app_slug=app.slug, fs_id=fs_id, names=names)
    async for page in session.pages(request):
        for piece in page.files:
            if piece.size <= MAX_SHOWN_BYTES and len(parts) <= session.limits.max_files:
                parts.setdefault(piece.file_name, bytearray()).extend(binascii.a2b_base64(piece.data))
        await trio.lowlevel.checkpoint()
    return {name: _decode(bytes(parts[name])) if name in parts else None for name in names}


def _decode(content: bytes) -> str | None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _print_patch(name: str, texts: tuple[Texts, Texts]) -> None:
    old, new = (side.get(name, "") for side in texts)
    if old is None or new is None:
        print(f"{printable(name)} differs; it is no text, or over {shown_size(MAX_SHOWN_BYTES)}")
        return
    was, became = (
        f"{letter}{name}" if name in side else "/dev/null" for letter, side in zip("ab", texts, strict=True)
    )
    for line in difflib.unified_diff(old.splitlines(), new.splitlines(), was, became, lineterm=""):
        shown = "\t".join(printable(part) for part in line.split("\t"))
        colour = _COLOURS.get(line[:1])
        print(paint(shown, colour, sys.stdout) if colour else shown)


# -- a folder and a release -------------------------------------------------------------------------------


async def compare_folder(plan: Plan, app: FoundApp, session: Session) -> list[Change] | None:
    """Return what a deploy of *app* would change, by the newest release that is there; None, and said: none is."""
    name = AppName(plan.user or await session.own_handle(), plan.app)
    there = await session.ask(
        ReqGetAppByFsid(owner_handle=name.handle, app_slug=name.slug, select_mode="ownerLatest")
    )
    if there.error:
        tell(f"{name}: there is no such app yet, so all is new.")
        return None
    items = {item.file_name: item for item in there.file_system if not item.file_name.startswith(MADE)}
    cids = await trio.to_thread.run_sync(lambda: [cid_of(file) for file in app.files])
    return [
        *(
            _compared(file, cid, items[file.name].asset_id if file.name in items else "")
            for file, cid in zip(app.files, cids, strict=True)
        ),
        *(Change(item.file_name, item.size, "removed") for item in _gone(items.values(), app)),
    ]


def _compared(file: FoundFile, cid: Cid, there: str) -> Change:
    change = "" if cid == there else "changed" if there else "added"
    return Change(file.name, file.size, change)


def _gone(items: Iterable[FileSystemItem], app: FoundApp) -> Iterator[FileSystemItem]:
    here = {file.name for file in app.files}
    return (item for item in items if item.file_name not in here)


def cid_of(file: FoundFile) -> Cid:
    """Return the id of the content that is sent for *file*. Blocks."""
    sent = read_file(file)
    return (
        calc_cid(to_utf8(sent.content))
        if isinstance(sent, CodeBlock | StrAssetBlock)
        else file_cid(file.path)
    )


def print_changes(changes: list[Change], *, as_json: bool, is_compared: bool) -> None:
    """Print the files of a deploy, and what becomes of each where that is known."""
    if as_json:
        print_json({"files": [{"name": c.name, "size": c.size, "change": c.change} for c in changes]})
    elif is_compared:
        if not any(c.change for c in changes):
            tell("No file differs from the newest release.")
        print_table(("CHANGE", "FILE", "SIZE"), [(c.change, c.name, shown_size(c.size)) for c in changes])
    else:
        print_table(("FILE", "SIZE"), [(c.name, shown_size(c.size)) for c in changes])
