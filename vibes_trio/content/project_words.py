"""What people are told of a project: how its files were read, what its page shows of them, what it asks in vain."""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from vibes_trio.content.js_json import quote_json
from vibes_trio.content.policy import may_ask
from vibes_trio.content.project import Kind, Project

TOLD_NAMES = 3
READ_AS = "read as "
"""What the sentence begins with that tells how files were read: it is no warning, though it comes with them."""
_APART = re.compile(r"\d{1,9} (?:file is|files are) no part of the page \(")
_WORDS: Mapping[Kind, str] = MappingProxyType(
    {
        "component": "components",
        "vite": "a Vite project",
        "cra": "a Create React App project",
        "next": "a Next app's client pages",
        "html": "a page of HTML",
    }
)


def tell_entries(project: Project, entries: Sequence[str]) -> tuple[str, ...]:
    """Return what whoever deploys should know of *entries*, the modules that the page runs."""
    told = [
        f"{name}: has no default export; {spare.component} is shown. Write `export default {spare.component}`."
        for name, spare in project.spares.items()
        if name in entries
    ]
    told += [
        f"{name}: exports no component: write `export default` before the one to show."
        for name in project.hollow
        if name in entries and name.endswith((".jsx", ".tsx"))  # a plain script may write HTML as text
    ]
    if len(entries) > 1 and not project.entries:
        told.append(
            f"{listed(entries)} are all shown, as nothing imports them: {name_the_one(entries[0])}, or call it App."
        )
    return tuple(told)


def tell_several(homes: Sequence[str]) -> str:
    """Return what is told of a folder with several apps, of which none is named as the one that is meant."""
    return (
        f"{listed(homes)} are apps of their own: name the page of the one that is meant (`vibes-trio deploy --entry"
        f" {homes[0].removeprefix('/')}/index.html`, `entryPoint`), or deploy its folder alone."
    )


def tell_programs(
    programs: Sequence[str], page: str, others: Sequence[str], *, is_template: bool
) -> Iterator[str]:
    """Yield what is told of an app with *programs* that no browser runs.

    Args:
        page: what is shown; empty: nothing is.
        others: pages that could be shown as well.
    """
    why = (
        f"{listed(sorted(programs))}: this server runs no such program; here an app runs in the browser alone"
    )
    if not page:
        yield f"{why}, and none of the files is its page: add an index.html, or an App.jsx."
        return
    yield f"{why}. {page.removeprefix('/')} is the page."
    if is_template:
        yield f"{page}: is a template; what a server puts into it is missing: write it as plain HTML."
    if others:
        yield f"{page} is the page; {listed(others)} could be, too: {name_the_one(others[0])}."


def name_the_one(example: str) -> str:
    """Return how whoever deploys says which file is meant, by the command line or in a message."""
    return (
        f"name the one that is meant (`vibes-trio deploy --entry {example.removeprefix('/')}`, `entryPoint`)"
    )


def describe_project(project: Project) -> str:
    """Return in one sentence what the files are, and what of them the page runs."""
    entries = [name for name in project.entries if "~" not in name]
    words = [READ_AS + _WORDS[project.kind]]
    if project.html:
        words.append(f"its page is {listed([project.html])}")
    if entries:
        words.append(f"its entry is {listed(entries)}")
    elif not project.entries and not project.scripted:
        words.append("its entries are what no other module imports")
    if project.apart:
        words.append(_told_apart(project.apart))
    return "; ".join(words)


def is_reading(text: str) -> bool:
    """Whether *text*, one of a release's warnings, only tells how the files were read, as `tell_reading` does."""
    return text.startswith(READ_AS) or _APART.match(text) is not None


def _told_apart(apart: Sequence[str]) -> str:
    are = "file is" if len(apart) == 1 else "files are"
    return f"{len(apart)} {are} no part of the page ({listed(sorted(apart))})"


def tell_reading(project: Project, apart: Sequence[str]) -> tuple[str, ...]:
    """Return how the files were read, in one sentence; nothing where there is nothing to tell."""
    words = []
    if project.kind in ("vite", "cra", "next"):
        words.append(READ_AS + _WORDS[project.kind])
    made = {file.name for file in project.made}
    entries = [name for name in project.entries if name not in made]
    if entries and words:
        words.append(f"its entry is {listed(entries)}")
    if apart:
        words.append(_told_apart(apart))
    return ("; ".join(words),) if words else ()


def tell_hosts(
    project: Project, specifiers: Sequence[str], hosts: Sequence[str], local: Mapping[str, str]
) -> tuple[str, ...]:
    """Return what of other hosts the page of *project*, and its modules, ask for in vain.

    Args:
        specifiers: addresses of other hosts that modules import.
        hosts: that pages may ask (`config.page_hosts`).
        local: address → address on this server that has the same.
    """
    of_page = dict(_blocked_by_page(project, hosts, local))
    of_modules = dict(_blocked_by_modules(specifiers, hosts))
    # One setting for all, with what it opens already: who writes it has it replaced.
    wanted = ",".join(dict.fromkeys((*hosts, *of_page, *of_modules.values())))
    allow = f"or have this server's operator allow it: VIBES_PAGE_HOSTS={wanted}"
    return (
        *(
            f"{project.html}: asks {origin} for {address}, which pages may not: get it with a package, put the file"
            f" beside the page, {allow}"
            for origin, address in of_page.items()
        ),
        *(
            f"import {quote_json(text)}: pages may not ask {origin}, and this server knows no package by that address:"
            f" import the package by its name, put the file beside the page, {allow}"
            for text, origin in of_modules.items()
        ),
    )


def _blocked_by_page(
    project: Project, hosts: Sequence[str], local: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield origin and the first address at it, of those that the page asks in vain."""
    seen = set()
    for address in project.remote:
        url = f"https:{address}" if address.startswith("//") else address
        origin = "/".join(url.split("/")[:3])
        if origin not in seen and address not in local and not may_ask(hosts, url):
            seen.add(origin)
            yield origin, url


def _blocked_by_modules(specifiers: Sequence[str], hosts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield specifier and origin, of those that modules import in vain."""
    for text in specifiers:
        url = f"https:{text}" if text.startswith("//") else text
        if not may_ask(hosts, url):
            yield text, "/".join(url.split("/")[:3])


def listed(names: Sequence[str]) -> str:
    """Return the first of *names*, as people are told of them."""
    shown = ", ".join(name.removeprefix("/") for name in names[:TOLD_NAMES])
    return shown + (", …" if len(names) > TOLD_NAMES else "")
