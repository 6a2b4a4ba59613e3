"""JSON text exactly as JavaScript's `JSON.stringify` writes it, with members in the reference's order.

Ids are hashes of such texts, so every byte counts: which characters are escaped, and that keys which look
like array indexes come first whatever order they were set in (ECMA-262, OrdinaryOwnPropertyKeys).
"""

import re
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring

from vibes_trio.content.collation import sort_names

_MAX_INDEX = 2**32 - 2
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def join_surrogates(text: str) -> str:
    """Return *text* with each pair of surrogates made one character; lone ones stay.

    JavaScript's strings are UTF-16, so a pair is one character there however it came about.
    """
    if _LONE_SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def quote_json(text: str) -> str:
    """Return *text* as a JSON string; a lone surrogate becomes `\\udXXX` (well-formed JSON.stringify)."""
    quoted = encode_basestring(join_surrogates(text))
    return _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def sort_keys(names: Iterable[str]) -> list[str]:
    """Return *names* as a JavaScript object lists them that was filled in collation order."""
    indexes: list[str] = []
    others: list[str] = []
    for name in names:
        is_index = _INDEX.fullmatch(name) is not None and int(name) <= _MAX_INDEX
        (indexes if is_index else others).append(name)
    return sorted(indexes, key=int) + sort_names(others)


def sorted_json(members: Mapping[str, str]) -> str:
    """Return a flat object as compact JSON, keys as `sort_keys` puts them."""
    return "{" + ",".join(f"{quote_json(key)}:{quote_json(members[key])}" for key in sort_keys(members)) + "}"
