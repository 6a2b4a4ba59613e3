"""Whose JSX an app is written in: React's, or that of another library, such as Preact."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from vibes_trio.content.project import Mount, ProjectFile
from vibes_trio.content.tool_settings import MAX_SETTINGS_BYTES, PackageJson, read_jsx_source

PREACT = "preact"
SOLID = "solid-js"
NO_SOLID = (
    "Solid's JSX needs a compiler of its own, which this server does not have: write the app with React or Preact, or"
    " build it where it was made and deploy what lies in dist."
)

_SETTINGS = ("tsconfig.json", "tsconfig.app.json", "jsconfig.json")
_IN_VITE = re.compile(rb"""\bjsxImportSource\s*+:\s*+["']([@\w./-]{1,100})["']""")
_LIBRARIES = (PREACT, SOLID)
_IMPORT = re.compile(rb"""\bfrom\s*+["'](react|preact|solid-js)(?=["'/])""")
_PRAGMA = re.compile(rb"@jsx(?:ImportSource|Runtime)?\s++[\w@]")
_FACTORY = re.compile(rb"@jsx\s++[\w.$]")
_RUNTIME = re.compile(rb"@jsxRuntime\s++\w")


def find_jsx_source(
    files: Mapping[str, ProjectFile], root: str, package: PackageJson, modules: Iterable[ProjectFile]
) -> str:
    """Return the package whose JSX *modules* are written in, as settings say or imports show; empty: React's."""
    named = next(filter(None, _named(files, root)), "")
    if named:
        return "" if named == "react" else named
    if package.names("react"):
        return ""
    wanted = next((name for name in _LIBRARIES if package.names(name)), "")
    if wanted or f"{root}/package.json" in files:
        return wanted
    imported = {found for module in modules for found in _IMPORT.findall(module.content)}
    return (
        "" if b"react" in imported else next((name for name in _LIBRARIES if name.encode() in imported), "")
    )


def _named(files: Mapping[str, ProjectFile], root: str) -> Iterator[str]:
    for name in _SETTINGS:
        file = files.get(f"{root}/{name}")
        if file is not None:
            yield read_jsx_source(file.content)
    for file in files.values():
        if file.name.startswith(f"{root}/vite.config."):
            found = _IN_VITE.search(file.content[:MAX_SETTINGS_BYTES])
            yield found[1].decode() if found else ""


def preact_entry(mount: Mount) -> str:
    """Return the module that shows the component *mount* by Preact."""
    return (
        'import { h, render } from "preact";\n'
        f"import {{ {mount.export} as App }} from {json.dumps(mount.name)};\n"
        'render(h(App), document.getElementById("root"));\n'
    )


def with_jsx_source(content: bytes, source: str) -> bytes:
    """Return a script with a comment before its first line that says whose its JSX is, where it does not say so itself.

    Args:
        source: see `find_jsx_source`.
    """
    if content.startswith(b"#!"):
        return content
    if _FACTORY.search(content) and not _RUNTIME.search(content):
        comment = b"/** @jsxRuntime classic */ "  # else the function that it names is not called
    elif source and not _PRAGMA.search(content):
        comment = f"/** @jsxImportSource {source} */ ".encode()
    else:
        return content
    return comment + content.removeprefix(b"\xef\xbb\xbf")
