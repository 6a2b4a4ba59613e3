"""Texts to bytes and JSON, and back, read strictly: each value has one spelling (auth.md 1, 2.5, 7). Pure."""

import base64
import binascii
import json
import re
from collections.abc import Iterable
from typing import NoReturn

import base58

from vibes_trio.config import Limits

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
JsonObject = dict[str, Json]

MAX_DEPTH = Limits().max_json_depth

# What JavaScript's numbers hold exactly.
MAX_SAFE_INT = 2**53 - 1

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_BASE58BTC = re.compile(r"z[1-9A-HJ-NP-Za-km-z]*", re.ASCII)
_PLAIN_NAME = re.compile(r"[a-z_]+", re.ASCII)


def encode_base64url(data: bytes) -> str:
    """Return *data* as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_base64url(text: str) -> bytes:
    """Return the bytes of unpadded base64url; each byte string has one spelling only.

    Raises:
        ValueError: padding, other characters, a bad length or bits set behind the end.
    """
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise ValueError("no base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode_base64url(data) != text:
        raise ValueError("no canonical base64url")
    return data


def decode_base64(text: str) -> bytes:
    """Return the bytes of padded standard base64.

    Raises:
        ValueError: it is something else; white space counts as something else.
    """
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error


def encode_base58btc(data: bytes) -> str:
    """Return *data* as multibase base58btc: `z`, then base58."""
    return "z" + base58.b58encode(data).decode("ascii")


def decode_base58btc(text: str) -> bytes:
    """Return the bytes of multibase base58btc. The time is quadratic: for settings, not for tokens.

    Raises:
        ValueError: no `z` in front, or a character outside the alphabet.
    """
    if not _BASE58BTC.fullmatch(text):
        raise ValueError("no base58btc")
    return base58.b58decode(text[1:])


def parse_json(data: bytes) -> Json:
    """Return the JSON value in *data*, as JavaScript would see it: `1.0` is the int 1.

    Raises:
        ValueError: no UTF-8, no JSON, a member named twice, `NaN`, an infinite number, half a surrogate
            pair, or nested too deep.
    """
    try:
        value: Json = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object_without_duplicates,
            parse_float=_parse_float,
            parse_constant=_refuse_constant,
        )
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    # How deep the parser itself goes depends on the Python; counting brackets spares most texts the walk.
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and _is_deeper_than(value, MAX_DEPTH):
        raise ValueError("nested too deep")
    if b"\\u" in data:
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # half a pair could not be stored or sent
    return value


def parse_object(data: bytes) -> JsonObject:
    """Return the JSON object in *data*.

    Raises:
        ValueError: as `parse_json`, or another JSON value.
    """
    value = parse_json(data)
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value


def _is_deeper_than(value: Json, depth: int) -> bool:
    """Tell whether more than *depth* arrays and objects of *value* lie in one another."""
    level = [value]
    for _ in range(depth):
        level = [member for container in level for member in _members(container)]
    return any(isinstance(value, dict | list) for value in level)


def _members(value: Json) -> Iterable[Json]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _object_without_duplicates(pairs: list[tuple[str, Json]]) -> JsonObject:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is named twice")
    return members


def _parse_float(text: str) -> int | float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("the number is too large")
    return int(number) if number.is_integer() and abs(number) <= MAX_SAFE_INT else number


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def canonical_json(value: Json) -> str:
    """Return *value* without white space, members sorted by code point at every level.

    For the names of the schemas this is the byte order that JavaScript clients hash (auth.md 2.5); inside
    `public_meta` and `app_metadata` theirs may differ, see `sorts_alike`.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sorts_alike(value: Json) -> bool:
    """Tell whether every client writes the same canonical JSON for *value*, a free-form member."""
    if isinstance(value, dict):
        return all(_PLAIN_NAME.fullmatch(name) and sorts_alike(item) for name, item in value.items())
    if isinstance(value, list):
        return all(map(sorts_alike, value))
    return not isinstance(value, float)
