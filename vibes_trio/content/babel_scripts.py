"""The scripts of a page that Babel would compile when it loads (`type="text/babel"`), as files to be compiled here.

Babel runs them as plain scripts: they find React in the globals `React` and `ReactDOM`, which other scripts of the page
set, and share their own names. So they become one module. Those that are modules (`data-type="module"`) stay alone.

JSX is the classic one, as with Babel: it calls `React.createElement`, of whatever React the script has.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vibes_trio.content.module_hosts import read_file
from vibes_trio.content.own_page import OwnPage, Script

# All of it stands on one line, so that lines stay where they were.
_CLASSIC = "/** @jsxRuntime classic */ "
_FROM_MODULES = (
    'import * as React$ from "react"; import * as ReactDOM$ from "react-dom"; import * as ReactDOM$client from'
    ' "react-dom/client"; Object.assign(globalThis, { React: React$, ReactDOM: { ...ReactDOM$, ...ReactDOM$client } });'
)
# Where the page has a script of React, others take it from there as well: a second React would break their hooks.
_FROM_SCRIPTS = (
    "if (!globalThis.React || !globalThis.ReactDOM) { const [react, dom, client] = await Promise.all("
    '[import("react"), import("react-dom"), import("react-dom/client")]);'
    " Object.assign(globalThis, { React: react, ReactDOM: { ...dom, ...client } }); }"
)
_IS_REACT = re.compile(r"/react(?:[.@-][\w.-]*)?\.js", re.IGNORECASE)
_OWN_JSX = re.compile(r"@jsx(?:Runtime|ImportSource)\b")
# What every script of a page takes from React anew. Babel makes `var` of it, which may be said again.
_PARTS = re.compile(r"\b(?:const|let)(?=\s*+\{[^{}]*+\}\s*+=\s*+(?:window\.)?React(?:DOM)?\b)")


@dataclass(frozen=True, slots=True)
class BabelFile:
    """A file that is made of such scripts: TypeScript with JSX, as it may be either."""

    name: str
    text: str


def babel_files(page: str, own: OwnPage, text_of: Callable[[Script], str]) -> Iterator[BabelFile]:
    """Yield what the scripts for Babel in *own* become, the HTML of which is the file *page*.

    Args:
        text_of: returns the text of a script.
    """
    babel = [script for script in own.scripts if script.babel]
    if not babel:
        return
    lead = _FROM_SCRIPTS if _has_react(own) else _FROM_MODULES
    shared = [script for script in babel if not script.alone]
    if shared:
        texts = [text_of(script) for script in shared]
        if len(texts) > 1:
            texts = [_PARTS.sub("var", text) for text in texts]
        start = _start(shared[0]) if len(shared) == 1 else ""
        yield _file(f"{page}~babel.tsx", lead, start + "\n;\n".join(texts))
    for number, script in enumerate((script for script in babel if script.alone), 1):
        yield _file(f"{page}~babel-{number}.tsx", lead, _start(script) + text_of(script))


def _file(name: str, lead: str, text: str) -> BabelFile:
    return BabelFile(name, f"{'' if _OWN_JSX.search(text) else _CLASSIC}{lead}{text}")


def _start(script: Script) -> str:
    """Return line ends that bring a script that stands in the page to its line."""
    return "" if script.name else "\n" * (script.line - 1)


def _has_react(own: OwnPage) -> bool:
    """Whether a plain script of the page is React."""
    hosted = (read_file(address) for address in own.remote if "/react" in address)
    is_hosted = any(
        found is not None and found.package == "react" and not found.is_module for found in hosted
    )
    return is_hosted or any(_IS_REACT.search(name) for name in own.kept)
