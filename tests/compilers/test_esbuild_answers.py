"""What becomes of the service's answers; no binary is needed."""

from typing import cast

import pytest

from vibes_trio.compilers.esbuild import EsbuildCompiler
from vibes_trio.compilers.esbuild_packets import Value, encode_request
from vibes_trio.compilers.interface import Source
from vibes_trio.compilers.workers import Workers
from vibes_trio.config import Limits
from vibes_trio.errors import TransformFailed


class Scripted:
    """Workers that answer every request with one value, or with bytes that are no packet."""

    def __init__(self, value: Value | None, raw: bytes = b"") -> None:
        self._value = value
        self._raw = raw

    async def ask(self, request: bytes, user: str = "") -> bytes:
        if self._raw:
            return self._raw
        number = int.from_bytes(request[:4], "little") >> 1
        packet = encode_request(number, self._value)
        return bytes([packet[0] | 1]) + packet[1:]


@pytest.mark.parametrize(
    ("workers", "message"),
    [
        (Scripted({"errors": [{"text": "no place", "location": None}], "warnings": []}), "^a.js: no place$"),
        (Scripted({"error": "Invalid loader"}), "^a.js: Invalid loader$"),
        (Scripted({"errors": "many"}), "^a.js: .*errors"),
        (Scripted(None, b"\x02\0\0\0\0"), "^a.js: the packet is no answer$"),
    ],
)
async def test_answer_without_code_is_a_failure_of_the_file(workers: Scripted, message: str) -> None:
    compiler = EsbuildCompiler(cast(Workers, workers), Limits(), "0")

    with pytest.raises(TransformFailed, match=message):
        await compiler.compile(Source("a.js", "js", "1"))
