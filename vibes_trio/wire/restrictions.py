"""Members by which newer clients restrict who may see or change something: refused as long as that is not kept here.

Other members that nobody here knows are ignored. These must not be: an app that was sent as private would be served to
everybody, and its owner told that all is well. Every request knows them, so that none ignores one.
"""

from operator import attrgetter

import msgspec
from msgspec import UNSET, UnsetType

_text_decoder = msgspec.json.Decoder(str)


class Restriction(msgspec.Struct, frozen=True):
    """A member that may restrict.

    Attributes:
        member, field: its names on the wire and here.
        harmless: values that restrict nothing; any other is refused.
        why: what is not kept, and what to do.
    """

    member: str
    field: str
    harmless: tuple[str, ...]
    why: str


RESTRICTIONS: tuple[Restriction, ...] = (
    Restriction(
        "posture",
        "posture",
        ("open", "default"),
        "apps are open to everybody here; leave `posture` out, or push without --access and --private",
    ),
    Restriction(
        "access",
        "access",
        ("open", "public", "default"),
        "apps are open to everybody here; leave `access` out, or push without --access and --private",
    ),
    Restriction(
        "anonWrite",
        "anon_write",
        ("explicit", "legacy"),
        "who may write is not checked here; leave `anonWrite` out",
    ),
)


_values_of = attrgetter(*(restriction.field for restriction in RESTRICTIONS))
_NO_VALUES = (UNSET,) * len(RESTRICTIONS)


class Restrictable(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of what may have such members; they stay text, as their value may be anything."""

    posture: msgspec.Raw | UnsetType = UNSET
    access: msgspec.Raw | UnsetType = UNSET
    anon_write: msgspec.Raw | UnsetType = UNSET


def find_restriction(asked: Restrictable) -> Restriction | None:
    """Return the first of the restrictions that *asked* wants and that is not kept; None: it wants none."""
    if _values_of(asked) == _NO_VALUES:
        return None  # nearly always, and cheaper than to look at one after another
    for restriction in RESTRICTIONS:
        value: msgspec.Raw | UnsetType = getattr(asked, restriction.field)
        if not isinstance(value, UnsetType) and not _is_one_of(value, restriction.harmless):
            return restriction
    return None


def _is_one_of(value: msgspec.Raw, texts: tuple[str, ...]) -> bool:
    try:
        return _text_decoder.decode(value) in texts
    except msgspec.DecodeError:
        return False
