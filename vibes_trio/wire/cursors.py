"""Where a list goes on: opaque to clients, bound to the order in which the list was."""

import base64
import binascii
from typing import TypeVar

import msgspec

from vibes_trio.errors import BadRequest

T = TypeVar("T")
_MOST = 2**62


def write_cursor(order: str, *keys: str | int) -> str:
    """Return the cursor behind the item with these sort *keys* in a list sorted by *order*."""
    return base64.urlsafe_b64encode(msgspec.json.encode([order, *keys])).decode().rstrip("=")


def _is_huge(key: object) -> bool:
    """Whether *key* is a number that no column holds."""
    return isinstance(key, int) and abs(key) > _MOST


def read_cursor(text: str, order: str, shape: type[T]) -> T:
    """Return the sort keys that *text* holds, a tuple of the types that *shape* says.

    Raises:
        BadRequest: it is no cursor, or one of another list or order.
    """
    try:
        found = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if isinstance(found, list) and found[:1] == [order] and not any(map(_is_huge, found)):
            return msgspec.convert(found[1:], shape)
    except (ValueError, RecursionError, binascii.Error, msgspec.MsgspecError):
        pass
    raise BadRequest(
        "cursor: it is not one of this list, in this order: take `nextCursor` of its last answer."
    )
