"""Members by which newer clients say who may see or change something: the one list of them.

Other members that nobody here knows are ignored. These must not be: an app that was sent as private would be served to
everybody, and its owner told that all is well. So every request knows them, and refuses what it doesn't keep.
"""

from operator import attrgetter
from typing import ClassVar, Literal

import msgspec
from msgspec import UNSET, UnsetType

_text_decoder = msgspec.json.Decoder(str)
Visibility = Literal["public", "unlisted", "private"]


class Restriction(msgspec.Struct, frozen=True):
    """A member that may restrict.

    Attributes:
        member, field: its names on the wire and here.
        harmless: values that restrict nothing; they are taken by every request.
        kept: further values, of requests that keep what is said of an app (`Restrictable.KEEPS`); any other is refused.
        why: what to do instead.
    """

    member: str
    field: str
    harmless: tuple[str, ...]
    kept: tuple[str, ...]
    why: str


RESTRICTIONS: tuple[Restriction, ...] = (
    Restriction(
        "posture",
        "posture",
        ("open", "default"),
        ("gated", "private"),
        "this message doesn't keep it; leave `posture` out, and send it with a deploy or `ensure-app-settings`",
    ),
    Restriction(
        "access",
        "access",
        ("open", "public", "default"),
        ("unlisted", "private"),
        "this message doesn't keep it; leave `access` out, and send it with a deploy or `ensure-app-settings`",
    ),
    Restriction(
        "anonWrite",
        "anon_write",
        ("explicit", "legacy"),
        ("off",),
        "this message doesn't keep it; leave `anonWrite` out, and send it with a deploy or `ensure-app-settings`",
    ),
)
_VISIBILITIES: dict[str, Visibility] = {
    "open": "public",
    "public": "public",
    "gated": "public",
    "unlisted": "unlisted",
    "private": "private",
}


_values_of = attrgetter(*(restriction.field for restriction in RESTRICTIONS))
_NO_VALUES = (UNSET,) * len(RESTRICTIONS)


class Restrictable(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of what may have such members; they stay text, as their value may be anything."""

    KEEPS: ClassVar[bool] = False
    posture: msgspec.Raw | UnsetType = UNSET
    access: msgspec.Raw | UnsetType = UNSET
    anon_write: msgspec.Raw | UnsetType = UNSET


class AppAccess(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says of who may see an app, and change its data; empty: nothing, so it stays as it is."""

    visibility: Visibility | Literal[""] = ""
    posture: str = ""
    anon_write: str = ""


SAYS_NOTHING = AppAccess()


def read_access(asked: Restrictable) -> AppAccess:
    """Return what *asked*, which was looked at by `find_restriction`, says of its app."""
    if _values_of(asked) == _NO_VALUES:
        return SAYS_NOTHING
    said = {r.field: _read_text(getattr(asked, r.field)) for r in RESTRICTIONS}
    visibility = _VISIBILITIES.get(said["access"]) or _VISIBILITIES.get(said["posture"]) or ""
    posture = said["posture"]
    return AppAccess(
        visibility=visibility,
        posture="" if posture == "default" else posture,
        anon_write=said["anon_write"],
    )


def find_restriction(asked: Restrictable) -> Restriction | None:
    """Return the first of the restrictions that *asked* wants and that is not kept; None: it wants none."""
    if _values_of(asked) == _NO_VALUES:
        return None  # nearly always, and cheaper than to look at one after another
    for restriction in RESTRICTIONS:
        value: msgspec.Raw | UnsetType = getattr(asked, restriction.field)
        taken = restriction.harmless + (restriction.kept if asked.KEEPS else ())
        if not isinstance(value, UnsetType) and _read_text(value) not in taken:
            return restriction
    return None


def _read_text(value: msgspec.Raw | UnsetType) -> str:
    """Return the text that *value* is; empty: none."""
    try:
        return "" if isinstance(value, UnsetType) else _text_decoder.decode(value)
    except msgspec.DecodeError:
        return ""
