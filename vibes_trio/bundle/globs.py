"""Names with wildcards, as `import.meta.glob` takes them: `*`, `**`, `?`, `[ab]`, `{a,b}`.

Every name takes time linear in its length and the pattern's, whatever the pattern: a hostile one holds nobody up.
"""

import re
from collections.abc import Iterable, Sequence

MAX_ALTERNATIVES = 64
MAX_PATTERN_CHARS = 500
_BRACES = re.compile(r"\{([^{}]*+)\}")
_WILD = re.compile(r"(\?|\[[!^]?(?:\][^\]/]*+|[^\]/]++)\])")
_NOT_HIDDEN = r"(?!\.|node_modules$)"

_Pattern = tuple[re.Pattern[str] | None, ...]


def match_names(patterns: Sequence[str], names: Iterable[str]) -> list[str]:
    """Return those of *names* that one of *patterns* stands for and none of those with `!` in front, sorted.

    Both are paths from `/`. Folders and files that begin with a dot, and `node_modules`, are only met by name.

    Raises:
        ValueError: a pattern is too long, its braces stand for too much, or it can't be read.
    """
    wanted = [alternative for p in patterns if not p.startswith("!") for alternative in _alternatives(p)]
    unwanted = [alternative for p in patterns if p.startswith("!") for alternative in _alternatives(p[1:])]
    return sorted(
        name
        for name in names
        if any(_matches(pattern, name) for pattern in wanted)
        and not any(_matches(pattern, name) for pattern in unwanted)
    )


def _alternatives(pattern: str) -> list[_Pattern]:
    """Return the patterns without braces that *pattern* is short for, each as its segments; `**` is None."""
    if len(pattern) > MAX_PATTERN_CHARS:
        raise ValueError(f"a pattern has at most {MAX_PATTERN_CHARS} characters")
    waiting, done = [pattern], []
    while waiting:
        text = waiting.pop()
        braces = _BRACES.search(text)
        if braces is None:
            done.append(text)
        else:
            waiting += [text[: braces.start()] + part + text[braces.end() :] for part in braces[1].split(",")]
        if len(waiting) + len(done) > MAX_ALTERNATIVES:
            raise ValueError(f"the braces of a pattern stand for at most {MAX_ALTERNATIVES} others")
    try:
        return [tuple(None if s == "**" else _segment(s) for s in text.split("/")) for text in done]
    except re.error as error:
        raise ValueError(f"a pattern can't be read: {error}") from None


def _matches(pattern: _Pattern, name: str) -> bool:
    """Whether the segments *pattern* stand for *name*: the set of places in it that the name so far may have led to."""
    places = _with_skipped({0}, pattern)
    for segment in name.split("/"):
        after = set()
        for place in places:
            if place == len(pattern):
                continue
            part = pattern[place]
            if part is None and not _is_hidden(segment):
                after.add(place)
            elif part is not None and part.fullmatch(segment):
                after.add(place + 1)
        places = _with_skipped(after, pattern)
    return len(pattern) in places


def _with_skipped(places: set[int], pattern: _Pattern) -> set[int]:
    """Return *places* and those behind a `**`, which may stand for no folder at all."""
    found = set(places)
    for place in places:
        while place < len(pattern) - 1 and pattern[place] is None:
            place += 1
            found.add(place)
        if place == len(pattern) - 1 and pattern[place] is None:
            found.add(len(pattern))
    return found


def _is_hidden(segment: str) -> bool:
    return segment.startswith(".") or segment == "node_modules"


def _segment(text: str) -> re.Pattern[str]:
    """Return what one part of a path has to be. What stands between two `*` is looked for once, from the left: that
    finds a match if there is one, and takes no more than length times length."""
    first, *others = (_literal(chunk) for chunk in text.split("*"))
    if not others:
        return re.compile(first, re.DOTALL)
    middle = "".join(f"(?>.*?{chunk})" for chunk in others[:-1])
    return re.compile(f"{_NOT_HIDDEN if text[0] in '*?[' else ''}{first}{middle}.*{others[-1]}", re.DOTALL)


def _literal(chunk: str) -> str:
    parts = _WILD.split(chunk)
    return "".join(_wild(part) if number % 2 else re.escape(part) for number, part in enumerate(parts))


def _wild(part: str) -> str:
    if part == "?":
        return "."
    inside = re.sub(r"[\\^\[\]&~|]", r"\\\g<0>", part[2:-1] if part[1] in "!^" else part[1:-1])
    # A hyphen is one between two ends alone: at the edges, and beside another, it stands for itself.
    inside = re.sub(r"^-|-$|(?<=-)-|-(?=-)", r"\-", inside)
    return f"[{'^' if part[1] in '!^' else ''}{inside}]"
