"""The values that an app's folder has for its page: what its tool would have written into it.

The files `.env…` are never sent, as they hold secrets. But values whose names begin as tools want it of what everybody
may see are: without them the app would not work, and its author has decided already.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

FILES = (".env", ".env.local", ".env.production", ".env.production.local")
"""As Vite and Create React App read them when they build: the later ones win."""
FOR_PAGES = ("VITE_", "REACT_APP_", "NEXT_PUBLIC_")
MAX_ENV_FILE_BYTES = 64 * 1024

_LINE = re.compile(
    r"""^[^\S\n]*(?:export[^\S\n]+)?([\w.-]{1,200})[^\S\n]*=[^\S\n]*
    (?:"((?:[^"\\]|\\.)*)"|'([^']*)'|`([^`]*)`|([^\n#]*?))[^\S\n]*(?:\#[^\n]*)?$""",
    re.MULTILINE | re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t", '\\"': '"', "\\\\": "\\"}
_ESCAPE = re.compile(r"\\.", re.DOTALL)
_NAMED = re.compile(r"(?<!\\)\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True, slots=True)
class EnvFiles:
    """What was found: the values for pages by name, and the names of the files that gave them."""

    values: Mapping[str, str]
    files: tuple[str, ...]


def read_env_texts(texts: Mapping[str, str]) -> EnvFiles:
    """Return what the *texts* of files, by their names, say for the page. Others than FILES say nothing."""
    found: dict[str, str] = {}
    files: list[str] = []
    for name in FILES:
        told = dict(_pairs(texts.get(name, ""), found))
        found |= told
        if any(key.startswith(FOR_PAGES) for key in told):
            files.append(name)
    return EnvFiles({key: value for key, value in found.items() if key.startswith(FOR_PAGES)}, tuple(files))


def _pairs(text: str, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    values = dict(known)
    for name, quoted, single, back, plain in _LINE.findall(text.replace("\r\n", "\n")):
        value = (
            single or back or (_ESCAPE.sub(lambda found: _ESCAPES.get(found[0], found[0]), quoted) or plain)
        )
        if not single:
            value = _NAMED.sub(lambda found: values.get(found[1] or found[2], ""), value)
        values[name] = value
        yield name, value
