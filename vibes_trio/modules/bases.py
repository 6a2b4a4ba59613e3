"""The Reacts that pages may have: the newest, or the one before for an app that asks for it."""

import re
from collections.abc import Mapping, Sequence

import msgspec

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


class Base(msgspec.Struct, frozen=True):
    """One React.

    Attributes:
        major: its number, or who stands in for it; empty: that of every page which asks for none.
        wanted: its packages and their entries.
        pinned: package → version, or the package that is had in its place (`npm:…`).
        given: specifier → address of its module; none of what is built with the app's packages.
        counts_as: package → version that packages which are for a React are to fit.
    """

    major: str
    wanted: Sequence[Wanted]
    pinned: Mapping[str, str]
    given: Mapping[str, str]
    counts_as: Mapping[str, str]


def _base(major: str, wanted: Sequence[Wanted]) -> Base:
    given = {
        f"{w.name}/{subpath}" if subpath else w.name: address_of(w.name, w.version, subpath)
        for w in wanted
        for subpath in w.subpaths
    }
    versions = {w.name: w.version for w in wanted}
    return Base(major, wanted, versions, given, versions)


NEWEST = _base("", BASE_MODULES)
BASES: Mapping[str, Base] = {"": NEWEST, "18": _base("18", _REACT_18)}
COMPAT = "@preact/compat"
AS_COMPAT = f"npm:{COMPAT}"
"""What an app that is written in Preact asks for in the place of React, as its settings would say."""
_COMPAT_VERSION = "18.3.2"
_COUNTS_AS = {"react": "18.3.1", "react-dom": "18.3.1"}
PREACT = Base("preact", (), dict.fromkeys(_COUNTS_AS, f"{AS_COMPAT}@{_COMPAT_VERSION}"), {}, _COUNTS_AS)


def base_for(asked: str) -> tuple[Base, str]:
    """Return the React for an app that asks for the range *asked* of it (empty: any), and what to tell; else nothing.

    A range that none of them is within gets the nearest major.
    """
    if not asked:
        return NEWEST, ""
    try:
        spec = parse_spec("react", asked)
    except ModuleFailed:
        return NEWEST, ""
    if spec.package == COMPAT:
        return PREACT, ""
    wanted = spec.range
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
