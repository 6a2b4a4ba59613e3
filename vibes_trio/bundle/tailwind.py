"""Style sheets that are written for Tailwind, for the Tailwind that is on the page (version 4).

It takes them from `<style type="text/tailwindcss">`, all together, and reads neither plugins nor a configuration. What
is written for version 3 is put into the words of version 4.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vibes_trio.bundle.tailwind_config import TailwindConfig

_DIRECTIVE = re.compile(
    r"@(?:tailwind|apply|theme|utility|custom-variant|variant|screen|source|reference|config|plugin)\b"
    r"|@import\s+(?:url\()?[\"']tailwindcss|\btheme\("
)
_OLD = re.compile(r"@tailwind\s+(base|components|utilities|screens|variants|preflight)\s*;[^\S\n]*")
_BASE = re.compile(r"@import\s+[\"']tailwindcss[\"'/][^;]*;|@tailwind\s+utilities")
_WHOLE = re.compile(r"@import\s+[\"']tailwindcss(?:/index\.css)?[\"'][^;]*;\n?")
# Version 3 by the names of its files; `utilities` is one of version 4, too.
_OLD_IMPORT = re.compile(
    r"@import\s+(?:url\(\s*)?[\"']tailwindcss/(base|components|screens|variants|utilities)(?:\.css)?[\"'][^;\n]*;"
)
_UNREAD = re.compile(r"@(config|plugin)\s+([\"'])([^\"'\n]*)\2\s*(?:;|\{[^{}]*\})\n?")
# As esbuild prints it. Behind other rules it would not count.
_FAR = re.compile(r'^@import "(?:https?:)?//[^"\n]*"[^;\n]*;\n', re.MULTILINE)
_SCREEN = re.compile(r"@(?:media\s+screen\(\s*([\w-]+)\s*\)|screen\s+([\w-]+))")
# Packages whose style sheets have directives for Tailwind in them.
_SHEETS = ("tw-animate-css", "shadcn/", "tailwindcss-")
# Plugins that there are as a style sheet, too, of the same classes.
_AS_SHEETS = {"tailwindcss-animate": "tw-animate-css", "tailwindcss-animate/preset": "tw-animate-css"}
_WHOLE_IMPORT = '@import "tailwindcss";\n'
# What borders and placeholders looked like before version 4, and apps that are written for it expect.
_AS_BEFORE = (
    "@layer base { *, ::after, ::before, ::backdrop, ::file-selector-button"
    " { border-color: var(--color-gray-200, currentcolor); }"
    " input::placeholder, textarea::placeholder { color: var(--color-gray-400); }"
    ' button:not(:disabled), [role="button"]:not(:disabled) { cursor: pointer; } }\n'
)


@dataclass(frozen=True, slots=True)
class TailwindSheet:
    """A style sheet in the words of version 4, and what of it is left out: *unread*, plugins by their package."""

    css: str
    unread: tuple[str, ...] = ()


def uses_tailwind(css: str) -> bool:
    """Whether *css* means nothing to a browser without Tailwind."""
    return "@" in css and _DIRECTIVE.search(css) is not None


def is_tailwind_import(path: str) -> bool:
    """Whether `@import` of *path* is for Tailwind itself."""
    return path == "tailwindcss" or path.startswith("tailwindcss/")


def brings_tailwind(css: str) -> bool:
    """Whether *css* brings Tailwind's own classes: of all sheets of a page one has to."""
    return _BASE.search(css) is not None


def as_of_today(css: str, config: TailwindConfig | None, *, bring: bool) -> TailwindSheet:
    """Return the style sheet *css*, which uses Tailwind, in the words of version 4.

    Args:
        config: the app's configuration. Version 4 looks at one only where a sheet names it.
        bring: no other sheet of the app brings Tailwind's classes.
    """
    css = _by_directives(css)
    old = {found[1] for found in _OLD.finditer(css)}
    is_old = bool(old & {"base", "components", "preflight", "screens", "variants"})
    named = [found[3] for found in _UNREAD.finditer(css) if found[1] == "config"]
    unread = [found[3] for found in _UNREAD.finditer(css) if found[1] == "plugin"]
    text = _UNREAD.sub(
        "", _SCREEN.sub(lambda found: f"@media (width >= theme(--breakpoint-{found[1] or found[2]}))", css)
    )
    lead = ""
    if is_old or (old and not _BASE.search(_OLD.sub("", text))):
        text = _OLD.sub("", text)
        lead = _old_lead(old)
    elif bring and not brings_tailwind(css):
        lead = _WHOLE_IMPORT
    elif whole := _WHOLE.search(text):
        lead, text = whole[0], _WHOLE.sub("", text)
    if config is not None and (is_old or named or (lead and bring)):
        prefix = f" prefix({config.prefix})" if config.prefix and is_old else ""
        lead = lead.replace('"tailwindcss";', f'"tailwindcss"{prefix};') + config.css + "\n"
        unread += config.plugins
    far = "".join(_FAR.findall(text))
    return TailwindSheet(far + lead + (_FAR.sub("", text) if far else text), tuple(dict.fromkeys(unread)))


def _by_directives(css: str) -> str:
    """Return *css* with the directives of version 3 in place of imports of its files."""
    if all(found[1] == "utilities" for found in _OLD_IMPORT.finditer(css)):
        return css
    return _OLD_IMPORT.sub(lambda found: f"@tailwind {found[1]};", css)


def _old_lead(directives: set[str]) -> str:
    if directives & {"base", "preflight"}:
        return _WHOLE_IMPORT + _AS_BEFORE
    parts = ["@layer theme, base, components, utilities;\n", '@import "tailwindcss/theme" layer(theme);\n']
    return "".join([*parts, '@import "tailwindcss/utilities" layer(utilities);\n'])


def joined_for(package: str) -> str:
    """Return the style sheet of a package that Tailwind reads along with one that imports *package*, or has it as a
    plugin; empty: *package* is none that only Tailwind can read."""
    name = package.removesuffix("/index.js")
    if name in _AS_SHEETS:
        return _AS_SHEETS[name]
    return package if package.startswith(_SHEETS) else ""


def is_of_tailwind(package: str) -> bool:
    """Whether *package*, which a style sheet imports, is a plugin."""
    return package.startswith("@tailwindcss/")


def tell_unread(name: str, unread: Sequence[str]) -> str:
    """Return what is told of plugins that the style sheet *name* wants; empty: nothing."""
    if not unread:
        return ""
    return (
        f"{name}: {', '.join(unread)}: the Tailwind of the page runs no plugins; their classes are missing."
    )
