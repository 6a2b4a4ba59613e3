"""The files of a deploy, as services hand them to each other."""

from dataclasses import dataclass

from vibes_trio.compilers.interface import Lang
from vibes_trio.exchange import Cid


@dataclass(frozen=True, slots=True)
class AppFile:
    """One file of a deploy. *lang* is set for modules; *mime* is what it is served as."""

    name: str
    content: bytes
    cid: Cid
    mime: str
    given_mime: str
    lang: Lang | None
    entry_point: bool
