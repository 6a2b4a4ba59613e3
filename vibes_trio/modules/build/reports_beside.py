"""The process that takes a long answer of esbuild apart (`reports`): one answer in, its pieces out.

Run as `python -m vibes_trio.modules.build.reports_beside`. Out of memory ends it. Frames: length in 4 bytes,
little-endian, then as many bytes. First comes a `Said`, then `Piece`s.
"""

import struct
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO, TypeVar

import msgspec

from vibes_trio.compilers.esbuild_packets import BadPacket
from vibes_trio.config import Limits
from vibes_trio.modules.build.reports import Input, Message, Output, Piece, Report, Said, take_apart

T = TypeVar("T")

_LENGTH = struct.Struct("<I")
_MAX_TEXT = 500
_MAX_TOGETHER = 200
"""Things in a piece: files, imports and names."""


def pieces_of(report: Report) -> Iterator[Report]:
    """Return *report* in pieces of few things each. Put together again, they are the same."""
    piece, count = Report({}, {}), 0
    for path, given in report.inputs.items():
        for imports in _few(given.imports):
            piece.inputs[path] = Input(tuple(imports), given.format)
            count += 1 + len(imports)
            if count >= _MAX_TOGETHER:
                yield piece
                piece, count = Report({}, {}), 0
    yield piece
    for path, made in report.outputs.items():
        for imports in _few(made.imports):
            yield _output(path, Output(list(imports), [], made.entry_point, made.css_bundle))
        for names in _few(made.exports):
            yield _output(path, Output([], list(names), made.entry_point, made.css_bundle))
        for inputs in _few(list(made.inputs.items())):
            yield _output(path, Output([], [], made.entry_point, made.css_bundle, dict(inputs)))


def _output(path: str, output: Output) -> Report:
    return Report({}, {path: output})


def _few(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Return *items* in pieces; at least one."""
    for start in range(0, max(1, len(items)), _MAX_TOGETHER):
        yield items[start : start + _MAX_TOGETHER]


def _cut(messages: Sequence[Message]) -> list[Message]:
    return [Message(message.text[:_MAX_TEXT], message.location) for message in messages]


def serve(questions: BinaryIO, answers: BinaryIO, limits: Limits) -> None:
    """Answer the one question."""

    def tell(said: Said | Piece) -> None:
        text = msgspec.json.encode(said)
        if len(text) > limits.report_piece_bytes:
            words = f"names in what is to be known of it have more than {limits.report_piece_bytes} bytes"
            text = msgspec.json.encode(Piece(Report({}, {}), words))
        answers.write(_LENGTH.pack(len(text)) + text)

    (size,) = _LENGTH.unpack(questions.read(_LENGTH.size))
    try:
        said, report = take_apart(questions.read(size))
    except BadPacket as error:
        tell(Said())
        tell(Piece(Report({}, {}), f"esbuild: its service speaks otherwise than known: {error}"))
    else:
        tell(Said(_cut(said.errors), _cut(said.warnings), said.error[:_MAX_TEXT]))
        for piece in pieces_of(report):
            tell(Piece(piece))
        tell(Piece(Report({}, {}), is_last=True))
    answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer, Limits())
