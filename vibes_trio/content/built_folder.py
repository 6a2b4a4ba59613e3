"""What a build wrote beside the sources of an app (`dist/index.html` and what it names), for apps that can't be built
here; and what the page shows where there is none."""

import json
import posixpath
from collections.abc import Mapping

from vibes_trio.content.own_page import read_own_page, resolver
from vibes_trio.content.project import ProjectFile
from vibes_trio.content.project_settings import decode_text
from vibes_trio.content.project_words import READ_AS

_OUTPUTS = ("dist", "build", "out", "_site")
"""Folders in a project that tools write pages into, or into one further down (`dist/client`, `dist/app/browser`)."""
_MAX_DEPTH = 3
_PAGES = ("index.html", "_shell.html")
"""Names of a page, the better first; the second is what TanStack Start writes for an app that needs no server."""


def find_built(files: Mapping[str, ProjectFile], root: str, max_html_bytes: int) -> str:
    """Return the page that was built of the project in *root*, if all scripts and style sheets are there that it names;
    empty: there is none that is whole."""
    start = root.count("/") + 1
    pages = [
        name
        for name in files
        if name.startswith(tuple(f"{root}/{folder}/" for folder in _OUTPUTS))
        and posixpath.basename(name) in _PAGES
        and name.count("/") <= start + _MAX_DEPTH
    ]
    for name in sorted(
        pages, key=lambda name: (name.count("/"), _PAGES.index(posixpath.basename(name)), name)
    ):
        if len(files[name].content) <= max_html_bytes and _is_whole(files, name):
            return name
    return ""


def _is_whole(files: Mapping[str, ProjectFile], name: str) -> bool:
    folder = posixpath.dirname(name)
    resolve = resolver(frozenset(files), folder, (folder,))
    return not read_own_page(decode_text(files[name].content), resolve, {}, compiled=False).missing


def told_entry(root: str, words: str, manifest: ProjectFile | None) -> ProjectFile:
    """Return the entry of an app that can't be shown: it says why, and *manifest* says so."""
    cause = {} if manifest is None else {"served": manifest.name.removeprefix("/"), "line": 1}
    text = f"throw new Error({json.dumps(words)}, {{ cause: {json.dumps(cause)} }});\n"
    return ProjectFile(f"{root}/~told.js", text.encode(), "js")


def tell_built(folder: str, why: str) -> str:
    """Return what is told of an app of which *folder* is shown, and *why* its sources are not."""
    return f"{READ_AS}the page that was built in {folder.removeprefix('/')}, not its sources: {why}"
