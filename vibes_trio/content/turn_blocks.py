"""A turn of an app's chat as sections of blocks, in the form that the reference's clients read.

Each section is an event of its own. Every block has `streamId`, the turn's, and counts on from the last of its kind;
those of the answer itself stand between `block.begin` and `block.end`. What is stored ends with `prompt.block-end`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

# Any: JSON.
Block = dict[str, Any]
Section = list[Block]

LINES_PER_SECTION = 500
"""So many lines of a file at most are one event."""


class TurnHead(msgspec.Struct, frozen=True):
    """What every block of a turn says. *timestamp*: ISO."""

    prompt_id: str
    chat_id: str
    timestamp: str


class TextFile(msgspec.Struct, frozen=True):
    """A file of a turn that is text. *path* without a slash in front."""

    path: str
    lang: str
    text: str


class FsRef(msgspec.Struct, frozen=True):
    """The release that came of a turn."""

    app_slug: str
    owner_handle: str
    fs_id: str


def write_turn(
    head: TurnHead, asked: Block, words: str, files: Sequence[TextFile], ref: FsRef | None
) -> Iterator[Section]:
    """Yield a whole turn, an event after the other.

    Args:
        asked: the block that tells what was asked for, but for what every block says.
        words: what is said in front of the files.
        ref: the release that came of it, if one did.
    """
    yield [_prompt(head, 0, {"type": "prompt.block-begin"})]
    yield [_prompt(head, 1, asked)]
    yield from _answer(head, words, files, ref)
    yield [_prompt(head, 2, {"type": "prompt.block-end"})]


def _prompt(head: TurnHead, seq: int, members: Block) -> Block:
    said = {"streamId": head.prompt_id, "chatId": head.chat_id, "seq": seq, "timestamp": head.timestamp}
    return members | said


def _answer(head: TurnHead, words: str, files: Sequence[TextFile], ref: FsRef | None) -> Iterator[Section]:
    """Yield the sections between the prompt's: words, then a section or more a file, then the end."""
    count = 0

    def numbered(blocks: Iterable[Block]) -> Section:
        nonlocal count
        made = []
        for block in blocks:
            said = {
                "blockId": f"{head.prompt_id}-b",
                "streamId": head.prompt_id,
                "seq": count,
                "blockNr": 0,
                "timestamp": head.timestamp,
            }
            made.append(block | said)
            count += 1
        return made

    yield numbered([{"type": "block.begin"}, *_words(f"{head.prompt_id}-t", words)])
    for number, file in enumerate(files):
        for blocks in _file(f"{head.prompt_id}-{number}", file):
            yield numbered(blocks)
    yield numbered([_end(words, files, ref)])


def _words(section_id: str, words: str) -> Iterator[Block]:
    yield {"type": "block.toplevel.begin", "sectionId": section_id}
    for number, line in enumerate(words.split("\n")):
        yield {"type": "block.toplevel.line", "sectionId": section_id, "lineNr": number, "line": line}
    yield {"type": "block.toplevel.end", "sectionId": section_id, "stats": _stats([words])}


def _file(section_id: str, file: TextFile) -> Iterator[list[Block]]:
    """Yield the blocks of *file*, some lines at a time."""
    said: Block = {"sectionId": section_id, "lang": file.lang}
    lines = file.text.removesuffix("\n").split("\n")
    for start in range(0, len(lines), LINES_PER_SECTION):
        blocks: list[Block] = []
        if start == 0:
            blocks.append({"type": "block.code.begin", **said, "path": file.path})
        for number, line in enumerate(lines[start : start + LINES_PER_SECTION], start):
            blocks.append({"type": "block.code.line", **said, "lineNr": number, "line": line})
        if start + LINES_PER_SECTION >= len(lines):
            end = {"type": "block.code.end", **said, "path": file.path, "stats": _stats([file.text])}
            blocks.append(end)
        yield blocks


def _end(words: str, files: Sequence[TextFile], ref: FsRef | None) -> Block:
    texts = [file.text for file in files]
    stats = {
        "toplevel": _stats([words]) | {"cnt": 1},
        "code": _stats(texts) | {"cnt": len(texts)},
        "image": {"lines": 0, "bytes": 0, "cnt": 0},
        "total": _stats([words, *texts]),
    }
    # Nobody was asked for tokens.
    tokens = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    end: Block = {"type": "block.end", "stats": stats, "usage": {"given": [], "calculated": tokens}}
    if ref is not None:
        end["fsRef"] = {
            "appSlug": ref.app_slug,
            "ownerHandle": ref.owner_handle,
            "mode": "dev",
            "fsId": ref.fs_id,
        }
    return end


def _stats(texts: Sequence[str]) -> Block:
    return {
        "lines": sum(text.removesuffix("\n").count("\n") + 1 for text in texts),
        "bytes": sum(len(text.encode("utf-8", "replace")) for text in texts),
    }
