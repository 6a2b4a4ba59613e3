"""Which file of an app an import means, with aliases and the public folder."""

import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from vibes_trio.content.import_map import PREDEFINED
from vibes_trio.content.links import Folded, file_candidates
from vibes_trio.content.specifiers import Kind, parse_specifier
from vibes_trio.content.tool_settings import Alias

# From names that a file may have, best first, to the one that is there.
_Choose = Callable[[Iterator[str]], str | None]


@dataclass(frozen=True, slots=True)
class Places:
    """The files of an app as imports see them.

    Attributes:
        names: of all its files, from `/`.
        root: the folder that `/` in an import means, without a slash at its end.
        public: folder whose files also answer at the root; empty: none.
        aliases: longest prefix first.
        folded: *names*, large letters or small.
    """

    names: frozenset[str]
    root: str = ""
    public: str = ""
    aliases: tuple[Alias, ...] = ()
    folded: Folded = field(default_factory=lambda: Folded(()), compare=False)

    def find(self, importer: str, specifier: str) -> str | None:
        """Return the name of the file that *specifier*, in the file *importer*, means; None: none of the app's."""
        return self.find_exact(importer, specifier) or self._find(importer, specifier, self.folded.find)

    def find_exact(self, importer: str, specifier: str) -> str | None:
        """Return the same where its letters are those of the file, large or small."""
        return self._find(importer, specifier, self._first)

    def _find(self, importer: str, specifier: str, choose: _Choose) -> str | None:
        kind = parse_specifier(specifier).kind
        if kind is Kind.RELATIVE:
            return choose(file_candidates(importer, specifier))
        if kind is Kind.ABSOLUTE and specifier not in PREDEFINED:
            return self._absolute(specifier, choose)
        if kind is Kind.URL:
            return None
        return self._by_alias(specifier, choose)

    def is_own(self, specifier: str) -> bool:
        """Whether *specifier* can only name a file of the app, there or not: by its form, or an alias that no package
        could be called."""
        parsed = parse_specifier(specifier)
        if parsed.kind in (Kind.RELATIVE, Kind.ABSOLUTE):
            return specifier not in PREDEFINED
        return parsed.kind is Kind.ODD and any(_is_of(alias, specifier) for alias in self.aliases)

    def expand(self, importer: str, pattern: str) -> Iterator[str]:
        """Yield the paths from `/` that *pattern*, a path with wildcards in the file *importer*, may stand for."""
        if pattern.startswith(("./", "../")):
            yield posixpath.normpath(posixpath.join(posixpath.dirname(importer), pattern))
        elif pattern.startswith("/"):
            yield posixpath.normpath(self.root + pattern)
        else:
            for alias in self.aliases:
                if not alias.exact and _is_of(alias, pattern):
                    for target in alias.targets:
                        yield posixpath.normpath(target + pattern.removeprefix(alias.prefix))

    def _absolute(self, specifier: str, choose: _Choose) -> str | None:
        starts = dict.fromkeys((self.root, self.public or self.root, ""))
        return next(filter(None, (choose(file_candidates("/", start + specifier)) for start in starts)), None)

    def _by_alias(self, specifier: str, choose: _Choose) -> str | None:
        for alias in self.aliases:
            if _is_of(alias, specifier):
                rest = specifier.removeprefix(alias.prefix)
                for target in alias.targets:
                    found = choose(file_candidates("/", target + rest))
                    if found is not None:
                        return found
        return None

    def _first(self, candidates: Iterator[str]) -> str | None:
        return next((name for name in candidates if name in self.names), None)


def make_places(names: Sequence[str], root: str, public: str, aliases: Sequence[Alias]) -> Places:
    """Return the places of an app with files called *names*."""
    ordered = sorted(aliases, key=lambda alias: (-len(alias.prefix), not alias.exact))
    return Places(frozenset(names), root, public, tuple(ordered), Folded(names))


def _is_of(alias: Alias, specifier: str) -> bool:
    return specifier == alias.prefix if alias.exact else specifier.startswith(alias.prefix)
