"""Messages that cost as much as they can, made from what the wire declares: a new message has its own at once.

For each request, and each of its members, one that has in that place as much as fits of: long texts, numbers, lists,
objects, keys, nesting; and of whatever the member's own type allows. All else in it is as short as can be and right.
"""

import json
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any

from msgspec import inspect

from vibes_trio.wire.base import Request
from vibes_trio.wire.chat import Block
from vibes_trio.wire.files import Uint8AssetBlock
from vibes_trio.wire.prompts import Prompt
from vibes_trio.wire.requests import REQUESTS

# What stays text on the wire has a type all the same.
RAW_TYPES: dict[tuple[str, str], Any] = {
    ("vibes.diy.req-append-chat-section", "blocks"): list[Block],
    ("vibes.diy.req-prompt-chat-section", "prompt"): Prompt,
    (str(Uint8AssetBlock.__struct_config__.tag), "content"): list[int],
}


def fill(unit: bytes, size: int, start: bytes, end: bytes) -> bytes:
    """As many of *unit*, separated by commas, as *size* bytes hold."""
    count = max(1, (size - len(start) - len(end)) // (len(unit) + 1))
    return b"".join((start, (unit + b",") * (count - 1), unit, end))


@cache
def any_values(size: int) -> tuple[tuple[str, bytes], ...]:
    """JSON values of *size* bytes that are dear to read, whatever they stand for.

    Made once: they are dear to make, too, and each member of each message has them.
    """
    return (
        ("text", b'"%b"' % (b"x" * size)),
        ("text beyond ASCII", b'"%b"' % ("é".encode() * (size // 2))),
        ("escapes", b'"%b"' % (b"\\n" * (size // 2))),
        ("half pairs", b'"%b"' % (b"\\ud800" * (size // 6))),
        ("numbers", fill(b"1", size, b"[", b"]")),
        ("objects", fill(b'{"":[]}', size, b"[", b"]")),
        ("lists", fill(b"[]", size, b"[", b"]")),
        ("keys", b"{%b}" % b",".join(b'"%x":1' % number for number in range(size // 10))),
        ("one key often", fill(b'"a":1', size, b"{", b"}")),
        ("nesting", b"[" * (size // 2) + b"]" * (size // 2)),
        ("blanks", b" " * size + b"1"),
    )


def fitting_values(kind: inspect.Type, size: int) -> Iterator[tuple[str, bytes]]:
    """Values of *size* bytes that the type *kind* allows."""
    match kind:
        case inspect.UnionType(types):
            for one in types:
                yield from fitting_values(one, size)
        case inspect.ListType(item) | inspect.VarTupleType(item):
            for name, unit in _smallest(item):
                yield f"list of {name}", fill(unit, size, b"[", b"]")
            for name, value in fitting_values(item, size - 2):
                yield f"one {name}", b"[%b]" % value
        case inspect.DictType():
            yield "names", b"{%b}" % b",".join(b'"%x":""' % number for number in range(size // 11))
        case inspect.StructType(fields=fields, tag=tag):
            for field in fields:
                known = RAW_TYPES.get((str(tag), field.encode_name))
                inner = inspect.type_info(known) if known else field.type
                for name, value in fitting_values(inner, size):
                    members = _members(fields, tag) | {field.encode_name: value}
                    yield f"{tag or ''}.{field.encode_name} {name}", _object(members)
        case inspect.StrType():
            yield "text", b'"%b"' % ("é".encode() * (size // 2))


def payloads(request: type[Request[Any]], size: int) -> Iterator[tuple[str, dict[str, bytes]]]:
    """The members of a *request*, each in turn as dear as can be; then one that nobody knows.

    What many requests have from one base, which reads it, is in the first of them alone.
    """
    info = inspect.type_info(request)
    assert isinstance(info, inspect.StructType)
    right = _members(info.fields, info.tag)
    for field in info.fields:
        if field.encode_name == "auth" or not _is_of(request, field.name):
            continue
        known = RAW_TYPES.get((str(info.tag), field.encode_name))
        kind = inspect.type_info(known) if known else field.type
        for name, value in chain(any_values(size), fitting_values(kind, size)):
            yield f"{field.encode_name}: {name}", right | {field.encode_name: value}
    for name, value in any_values(size):
        yield f"unknown member: {name}", right | {"x": value}


def _is_of(request: type[Request[Any]], name: str) -> bool:
    """Whether the member *name* is of *request* itself, or it is the first of those that have it from one base."""
    base = next(cls for cls in request.__mro__ if name in vars(cls).get("__annotations__", {}))
    return base is request or request is next(one for one in REQUESTS.values() if issubclass(one, base))


def message(payload: dict[str, bytes], auth: bytes | None) -> bytes:
    """The message with *payload*, signed by *auth* (JSON) if there is any."""
    members = payload if auth is None else {"auth": auth} | payload
    return b'{"tid":"1","src":"a","dst":"b","ttl":6,"payload":%b}' % _object(members)


def envelopes(size: int) -> Iterator[tuple[str, bytes]]:
    """What is no message, or none of a type that is known."""
    for name, value in any_values(size):
        yield f"type: {name}", message({"type": value}, None)
        yield f"no envelope: {name}", b'{"x":%b}' % value
        yield f"tid: {name}", b'{"tid":%b,"src":"a","dst":"b","ttl":6,"payload":{"type":"x"}}' % value
        yield f"auth: {name}", message({"type": b'"x"', "auth": value}, None)
        yield f"bare: {name}", value


def _object(members: dict[str, bytes]) -> bytes:
    return b"{%b}" % b",".join(
        b"%b:%b" % (json.dumps(name).encode(), value) for name, value in members.items()
    )


def _members(fields: tuple[inspect.Field, ...], tag: object) -> dict[str, bytes]:
    """The members that have to be there, as short as can be; the tag first."""
    found = {} if tag is None else {"type": json.dumps(tag).encode()}
    return found | {field.encode_name: next(_smallest(field.type))[1] for field in fields if field.required}


def _smallest(kind: inspect.Type) -> Iterator[tuple[str, bytes]]:
    """The shortest values of a type; of a union one of each."""
    match kind:
        case inspect.UnionType(types):
            for one in types:
                yield from _smallest(one)
        case inspect.StructType(fields=fields, tag=tag):
            yield str(tag or "objects"), _object(_members(fields, tag))
        case inspect.LiteralType(values):
            yield "literals", json.dumps(values[0]).encode()
        case inspect.StrType():
            yield "texts", b'""'
        case inspect.IntType() | inspect.FloatType():
            yield "numbers", b"0"
        case inspect.BoolType():
            yield "truths", b"true"
        case inspect.DictType():
            yield "objects", b"{}"
        case _:
            yield "lists", b"[]"
