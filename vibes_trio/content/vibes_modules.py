"""The packages that come with the platform apps are written for: `use-fireproof`, `call-ai`, `use-vibes`, images.

The stored import map sends them to files of the reference's own site, or to versions that no registry has. A page
of this server gets what npm has, in one tested version, where that works without the reference's services: the
database, `@vibes.diy/prompts`. The rest are small modules of ours (`static/vibes/`) with the same exports: npm's
`call-ai` asks hosts of its own when none is configured, its `use-vibes` needs packages that npm lacks, and it has
no image packages. This table is the one place that says so.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from vibes_trio.content.specifiers import CDN
from vibes_trio.content.static_modules import static_module

FIREPROOF = "@fireproof/use-fireproof"
FIREPROOF_VERSION = "0.24.19"
_FIREPROOF_SCOPE = "@fireproof/"
# Packages from npm → the version that was tried with the rest.
FROM_NPM: Mapping[str, str] = MappingProxyType({FIREPROOF: FIREPROOF_VERSION, "@vibes.diy/prompts": "13.1.2"})
_REFERENCE_VERSION = "0.24.8-dev-test-device-id"  # in the reference's map, and in no registry

# What apps import (and, below, what our modules import of each other) → the script that it is here.
_SCRIPTS: Mapping[str, str] = MappingProxyType(
    {
        "@vibes.diy/use-vibes-base": "use-vibes.js",
        "call-ai": "call-ai.js",
        "img-gen": "images.js",
        "img-vibes": "images.js",
        "use-fireproof": "use-vibes.js",
        "use-vibes": "use-vibes.js",
        "@vibes/fireproof": "fireproof.js",
        "@vibes/next-app": "next-app.js",
        "@vibes/viewer": "viewer.js",
    }
)
_FROM = re.compile(r'\bfrom "([^"\n]+)"|\bimport\("([^"\n]+)"\)')
# Script → those of ours that it imports.
_IMPORTED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        name: frozenset(
            word
            for pair in _FROM.findall(static_module(name).content.decode())
            for word in pair
            if word in _SCRIPTS
        )
        for name in _SCRIPTS.values()
    }
)
# Scripts that load the database from npm, themselves or through another.
_WITH_DATABASE = frozenset({"fireproof.js", "images.js", "use-vibes.js"})

# Files of newer apps that the reference runs on its servers, and what becomes of them here.
SERVER_FILES: Mapping[str, str] = MappingProxyType(
    {
        "/access.js": "its rules are not applied: an app's data lies with each visitor, who may change all of it",
        "/backend.js": "it is not run: this server runs no code of apps",
    }
)


def is_ours(specifier: str) -> bool:
    """Return whether *specifier*, without version, is served from a script of ours."""
    return specifier in _SCRIPTS


def our_addresses(specifiers: Iterable[str] | None = None) -> dict[str, str]:
    """Return specifier → address on this server, of those of *specifiers* that are ours and of what their scripts
    import; None: of all."""
    wanted = dict.fromkeys(_SCRIPTS if specifiers is None else (s for s in specifiers if s in _SCRIPTS))
    to_see = list(wanted)
    while to_see:
        new = [s for s in _IMPORTED[_SCRIPTS[to_see.pop()]] if s not in wanted]
        wanted |= dict.fromkeys(new)
        to_see += new
    return {specifier: static_module(_SCRIPTS[specifier]).address for specifier in wanted}


def npm_packages(specifiers: Iterable[str]) -> tuple[str, ...]:
    """Return what has to come from npm for *specifiers*: of ours, what their scripts import; of others, themselves."""
    wanted: dict[str, None] = {}
    for specifier in specifiers:
        script = _SCRIPTS.get(specifier)
        if script is None:
            wanted[specifier] = None
        elif script in _WITH_DATABASE:
            wanted[FIREPROOF] = None
    return tuple(wanted)


def pinned_addresses(imports: Mapping[str, str]) -> dict[str, str]:
    """Return the entries of a stored map that pages get in another version: the tested one, at the module CDN.

    Of the `@fireproof` packages only the reference's own version, the default of FP_VERSION, is replaced.
    """
    pinned = {
        name: f"{CDN}{name}@{version}"
        for name, version in FROM_NPM.items()
        if name in imports and not imports[name].startswith(CDN)
    }
    for name, address in imports.items():
        if name.startswith(_FIREPROOF_SCOPE) and f"@{_REFERENCE_VERSION}" in address:
            pinned[name] = address.replace(f"@{_REFERENCE_VERSION}", f"@{FIREPROOF_VERSION}")
    return pinned
