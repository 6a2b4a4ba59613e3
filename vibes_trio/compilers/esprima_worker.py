"""The process that runs `jsx.transform`: framed JSON in, framed JSON out, until the pipe ends.

Run as `python -m vibes_trio.compilers.esprima_worker`. Request: the members of `Source`. Answer: those of
`Compiled`, or `{"failed": {"message", "filename", "line", "column"}}`. Out of memory ends the process.
"""

import gc
import json
import struct
import sys
from dataclasses import asdict
from typing import BinaryIO

from vibes_trio.compilers.interface import Source
from vibes_trio.compilers.jsx import transform
from vibes_trio.errors import TransformFailed

_LENGTH = struct.Struct("<I")
# Frames of Python code live on the heap; a page of nested elements takes some ten frames a level.
_RECURSION_LIMIT = 6_000


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until *requests* ends."""
    while head := requests.read(_LENGTH.size):
        (length,) = _LENGTH.unpack(head)
        answer = answer_to(requests.read(length))
        answers.write(_LENGTH.pack(len(answer)) + answer)
        answers.flush()
        gc.collect()


def answer_to(request: bytes) -> bytes:
    """Return the answer to one request."""
    source = Source(**json.loads(request))
    try:
        answer: dict[str, object] = asdict(transform(source))
    except TransformFailed as error:
        answer = {"failed": {"message": error.words, **error.detail}}
    return json.dumps(answer, ensure_ascii=False).encode()


if __name__ == "__main__":
    sys.setrecursionlimit(_RECURSION_LIMIT)
    # A tree lives until its answer is sent, so collecting while it grows is lost time.
    gc.disable()
    serve(sys.stdin.buffer, sys.stdout.buffer)
