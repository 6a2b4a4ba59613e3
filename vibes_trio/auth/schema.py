"""Shapes of JSON values: each takes a value and returns its normal form, or says what is wrong and where.

The normal form has every undeclared member dropped, at every level (auth.md 2.2). Plain functions and not
msgspec Structs, because certificates tell an absent member from a null one and are compared member by member.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from vibes_trio.auth.encoding import MAX_SAFE_INT, Json, JsonObject

Shape = Callable[[Json], Json]

MAX_EMAIL_CHARS = 254
_EMAIL = re.compile(r"[^\s@.]+(?:\.[^\s@.]+)*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")


class ShapeError(ValueError):
    """A value is not of the wanted shape; the text starts with the path of the member."""


def anything(value: Json) -> Json:
    """Take any JSON value as it is."""
    return value


def text(value: Json) -> str:
    """Take a string."""
    if not isinstance(value, str):
        raise ShapeError("a string is wanted")
    return value


def boolean(value: Json) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise ShapeError("true or false is wanted")
    return value


def integer(value: Json) -> int:
    """Take an int that JavaScript holds exactly."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MAX_SAFE_INT:
        raise ShapeError("a whole number is wanted")
    return value


def natural(value: Json) -> int:
    """Take an int of 0 or more."""
    number = integer(value)
    if number < 0:
        raise ShapeError("0 or more is wanted")
    return number


def url(value: Json) -> str:
    """Take an absolute URL."""
    address = text(value)
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise ShapeError("a URL is wanted") from error
    if not parts.scheme or not (parts.netloc or parts.path):
        raise ShapeError("a URL is wanted")
    return address


def email(value: Json) -> str:
    """Take an e-mail address."""
    address = text(value)
    if len(address) > MAX_EMAIL_CHARS or not _EMAIL.fullmatch(address):
        raise ShapeError("an e-mail address is wanted")
    return address


def country(value: Json) -> str:
    """Take a country code of two characters."""
    code = text(value)
    if len(code) != 2:
        raise ShapeError("two characters are wanted")
    return code


def one_of(*choices: str) -> Shape:
    """Take one of these strings."""

    def shape(value: Json) -> Json:
        if value not in choices:
            raise ShapeError(f"one of {', '.join(choices)} is wanted")
        return value

    return shape


def array(item: Shape) -> Shape:
    """Take an array whose members all have the shape *item*."""

    def shape(value: Json) -> Json:
        if not isinstance(value, list):
            raise ShapeError("an array is wanted")
        return [_at(str(index), item, member) for index, member in enumerate(value)]

    return shape


def either(first: Shape, second: Shape) -> Shape:
    """Take what *first* takes, else what *second* takes."""

    def shape(value: Json) -> Json:
        try:
            return first(value)
        except ShapeError:
            return second(value)

    return shape


def nothing(value: Json) -> None:
    """Take null."""
    if value is not None:
        raise ShapeError("null is wanted")


def record(
    required: Mapping[str, Shape],
    optional: Mapping[str, Shape] | None = None,
    *,
    filled: Mapping[str, tuple[Shape, Json]] | None = None,
    closed: bool = False,
) -> Shape:
    """Take an object.

    Args:
        required: members that have to be there.
        optional: members that may be absent; null is not absent.
        filled: members with the value that stands in when they are absent or of another shape.
        closed: refuse undeclared members instead of dropping them.
    """
    declared = {**required, **(optional or {})}
    fallbacks = filled or {}

    def shape(value: Json) -> Json:
        if not isinstance(value, dict):
            raise ShapeError("an object is wanted")
        if closed and (unknown := value.keys() - declared.keys() - fallbacks.keys()):
            raise ShapeError(f"unknown member {min(unknown)}")
        normal: JsonObject = {}
        for name, member in declared.items():
            if name in value:
                normal[name] = _at(name, member, value[name])
            elif name in required:
                raise ShapeError(f"{name}: is missing")
        for name, (member, fallback) in fallbacks.items():
            normal[name] = _or_fallback(member, value.get(name), fallback)
        return normal

    return shape


def _at(name: str, shape: Shape, value: Json) -> Json:
    try:
        return shape(value)
    except ShapeError as error:
        raise ShapeError(f"{name}: {error}") from None


def _or_fallback(shape: Shape, value: Json, fallback: Json) -> Json:
    try:
        return shape(value)
    except ShapeError:
        return fallback
