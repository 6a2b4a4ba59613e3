"""The Reacts that pages may have: the newest, or the one before for an app that asks for it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.prepare import BASE_MODULES, Wanted
from vibes_trio.modules.registry.ranges import fits, parse_spec
from vibes_trio.modules.store.addresses import address_of

_REACT_18 = (
    Wanted("react", "18.3.1", ("", "jsx-runtime")),
    Wanted("react-dom", "18.3.1", ("", "client")),
    Wanted("scheduler", "0.23.2", ("",)),
)
REACT = ("react", "react-dom", "react-dom/client", "react/jsx-runtime")
"""What a page itself imports of React, and what was JSX."""


@dataclass(frozen=True, slots=True)
class Base:
    """One React.

    Attributes:
        major: its number; empty: that of every page which asks for none.
        wanted: its packages and their entries.
        pinned: package → version; given: specifier → address of its module.
    """

    major: str
    wanted: Sequence[Wanted]
    pinned: Mapping[str, str]
    given: Mapping[str, str]


def _base(major: str, wanted: Sequence[Wanted]) -> Base:
    given = {
        f"{w.name}/{subpath}" if subpath else w.name: address_of(w.name, w.version, subpath)
        for w in wanted
        for subpath in w.subpaths
    }
    return Base(major, wanted, {w.name: w.version for w in wanted}, given)


NEWEST = _base("", BASE_MODULES)
BASES: Mapping[str, Base] = {"": NEWEST, "18": _base("18", _REACT_18)}


def base_for(asked: str) -> tuple[Base, str]:
    """Return the React for an app that asks for the range *asked* of it (empty: any), and what to tell; else nothing.

    A range that none of them is within gets the nearest major.
    """
    if not asked:
        return NEWEST, ""
    try:
        wanted = parse_spec("react", asked).range
    except ModuleFailed:
        return NEWEST, ""
    for base in BASES.values():
        if fits(base.pinned["react"], wanted):
            return base, ""
    number = re.search(r"\d{1,9}", wanted)
    major = int(number[0]) if number else 19
    base = NEWEST if major >= 19 else BASES["18"]
    version = base.pinned["react"]
    told = (
        "" if version.startswith(f"{major}.") else f"the app asks for react {asked}; its page has {version}"
    )
    return base, told
