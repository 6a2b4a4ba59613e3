"""The pages of a Next app, as far as they run in a browser: which file answers which path, and what shows them.

Folders in brackets are parts of a path that a page is given (`[id]`, `[...rest]`), those in parentheses are no part of
it. Layouts wrap what lies below them; what is of a server only (route handlers, actions, `loading`) is left out.
"""

import json
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass

from vibes_trio.content.project import ProjectFile

_PAGE = re.compile(r"/page\.[jt]sx?")
_LAYOUT = re.compile(r"/(?:layout|template)\.[jt]sx?")
_MISSING = re.compile(r"/not-found\.[jt]sx?")
_ENDING = re.compile(r"\.[jt]sx?$")
_SERVER_VALUES = re.compile(
    rb"(?m:^)export\s++(?:async\s++)?(?:function|const)\s++(getStaticProps|getServerSideProps|getInitialProps)\b"
)
_APP_FOLDERS = ("/app", "/src/app")
_PAGES_FOLDERS = ("/pages", "/src/pages")


@dataclass(frozen=True, slots=True)
class NextPage:
    """A page: its path as folders name it (`users`, `[id]`), its module, the layouts round it, outermost first."""

    path: tuple[str, ...]
    name: str
    layouts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NextPages:
    """The pages of an app, and, of those with a `pages` folder, what wraps each (`_app`); empty: nothing does."""

    pages: tuple[NextPage, ...] = ()
    layouts: tuple[str, ...] = ()
    wrapper: str = ""
    missing: str = ""

    def __bool__(self) -> bool:
        return bool(self.pages)


def find_next_pages(root: str, names: Sequence[str]) -> NextPages:
    """Return the pages among the modules *names* of the project in the folder *root*; none: it has no such folders."""
    for folder in _APP_FOLDERS:
        found = _of_app_folder(root + folder, names)
        if found:
            return found
    for folder in _PAGES_FOLDERS:
        found = _of_pages_folder(root + folder, names)
        if found:
            return found
    return NextPages()


def _of_app_folder(folder: str, names: Sequence[str]) -> NextPages:
    inside = [name for name in names if name.startswith(f"{folder}/")]
    by_role = {
        pattern: [name for name in inside if pattern.fullmatch("/" + posixpath.basename(name))]
        for pattern in (_PAGE, _LAYOUT, _MISSING)
    }
    layouts = sorted(by_role[_LAYOUT], key=lambda name: (name.count("/"), name))
    pages = tuple(
        NextPage(
            tuple(
                part for part in _parts(folder, posixpath.dirname(name)) if not part.startswith(("(", "@"))
            ),
            name,
            tuple(layout for layout in layouts if name.startswith(posixpath.dirname(layout) + "/")),
        )
        for name in sorted(by_role[_PAGE])
    )
    top = [name for name in by_role[_MISSING] if posixpath.dirname(name) == folder]
    return NextPages(_in_order(pages), tuple(layouts), missing=top[0] if top else "")


def _of_pages_folder(folder: str, names: Sequence[str]) -> NextPages:
    inside = [
        name for name in names if name.startswith(f"{folder}/") and not name.startswith(f"{folder}/api/")
    ]
    own = {
        _ENDING.sub("", posixpath.basename(name)): name
        for name in inside
        if posixpath.dirname(name) == folder
    }
    pages = []
    for name in sorted(inside):
        path = _parts(folder, _ENDING.sub("", name))
        if path and not path[-1].startswith("_") and path != ("404",):
            pages.append(NextPage(path[:-1] if path[-1] == "index" else path, name))
    if "index" not in own:
        return NextPages()
    return NextPages(_in_order(tuple(pages)), wrapper=own.get("_app", ""), missing=own.get("404", ""))


def _in_order(pages: tuple[NextPage, ...]) -> tuple[NextPage, ...]:
    """Return *pages* with those first whose path says more: a name before a part that stands for any."""
    return tuple(
        sorted(pages, key=lambda page: [(part.startswith("["), "..." in part, part) for part in page.path])
    )


def _parts(folder: str, place: str) -> tuple[str, ...]:
    return tuple(part for part in place.removeprefix(folder).split("/") if part)


def next_entry(pages: NextPages) -> str:
    """Return the module that shows *pages*: each is loaded when its path is first asked for, layouts at once."""
    lines = ['import { showPages } from "@vibes/next-app";']
    wrappers = dict.fromkeys((*pages.layouts, *filter(None, (pages.wrapper,))))
    numbers = {name: f"L{number}" for number, name in enumerate(wrappers)}
    lines += [f"import * as {number} from {json.dumps(name)};" for name, number in numbers.items()]
    lines.append("showPages({")
    lines.append("  pages: [")
    for page in pages.pages:
        layouts = ", ".join(numbers[name] for name in page.layouts)
        load = f"() => import({json.dumps(page.name)})"
        lines.append(f"    {{ path: {json.dumps(list(page.path))}, load: {load}, layouts: [{layouts}] }},")
    lines.append("  ],")
    if pages.wrapper:
        lines.append(f"  wrapper: {numbers[pages.wrapper]},")
    if pages.missing:
        lines.append(f"  missing: () => import({json.dumps(pages.missing)}),")
    lines.append("});")
    return "\n".join(lines) + "\n"


def tell_server_values(modules: Sequence[ProjectFile]) -> list[str]:
    """Return what is told of *modules* that have a server make their values."""
    return [
        f"{module.name}: {found[1].decode()} takes a server of Next: the page is shown without what it gives."
        for module in modules
        if (found := _SERVER_VALUES.search(module.content))
    ]
