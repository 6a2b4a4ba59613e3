"""All names that a module exports: those too that come by `export *` from CommonJS, from other modules of this
server and from theirs, of which esbuild knows nothing."""

import re
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import trio

from vibes_trio.modules.build import star_entry, whole_entry
from vibes_trio.modules.shape import commonjs_names, read_shape
from vibes_trio.modules.work import Report, Work

_STAR = re.compile(r"""\bexport\s*\*\s*from\s*["']([^"'\n]+)["']""")


async def follow_stars(
    work: Work, file: Path, report: Report, shared: Collection[str], files: Mapping[Path, str]
) -> tuple[set[str], tuple[str, ...]]:
    """Return the names of CommonJS that *file* exports, also through `export *`; and which of *shared*, some of
    which are *files* as well, are exported with all their names.

    `export *` is looked for in the text: what looks like one in a comment gives a name too many, which does no
    harm.
    """
    root = work.tree.root
    names: set[str] = set()
    stars: dict[str, None] = {}

    def follow(path: Path, specifier: str) -> Path | None:
        imported = report.inputs[path.relative_to(root).as_posix()].imports
        target = next((used.path for used in imported if used.original == specifier), "")
        star = specifier if specifier in shared else files.get(root / target)
        if star is not None:
            stars[star] = None
        return root / target if target in report.inputs and star is None else None

    to_see, seen = [file], {file}
    while to_see:
        path = to_see.pop()
        if report.inputs[path.relative_to(root).as_posix()].format == "cjs":
            names |= await commonjs_names(work.bench.tool, path, work.bench.limits, follow)
            continue
        text = (await trio.Path(path).read_bytes()).decode("utf-8", "replace")
        for specifier in _STAR.findall(text):
            target = follow(path, specifier)
            if target is not None and target not in seen:
                seen.add(target)
                to_see.append(target)
    return names, tuple(sorted(stars))


async def _names_of(work: Work, specifier: str, seen: set[str]) -> set[str]:
    """Return all names that the module of *specifier* exports, those of its stars too."""
    if specifier in seen:
        return set()
    seen.add(specifier)
    first = work.seen.get(specifier) or next(
        (work.seen[s] for s in work.seen if work.address.get(s) == work.address.get(specifier)), None
    )
    if first is None:
        return await _names_of_given(work, specifier)
    names = set(first.shape.names) | first.starred
    for star in first.stars:
        names |= await _names_of(work, star, seen)
    return names


async def _names_of_given(work: Work, specifier: str) -> set[str]:
    """Return the names that a module exports which is in the store already."""
    module = work.bench.store.find(work.address.get(specifier, ""))
    if module is None:
        return set()
    with tempfile.TemporaryDirectory(dir=work.tree.root, prefix="given-") as name:
        file = Path(name) / "given.mjs"
        file.write_bytes(module.content)
        return set((await read_shape(work.bench.tool, file, work.bench.limits)).names)


async def entry_of(work: Work, specifier: str) -> str | None:
    """Return the source of the module that exports what *specifier* does; None: its own file is that."""
    seen = work.seen[specifier]
    starred = set(seen.starred)
    for star in seen.stars:
        starred |= await _names_of(work, star, {specifier})
    if seen.shape.is_commonjs:
        return whole_entry(seen.file, replace(seen.shape, names=tuple(sorted(starred))))
    return star_entry(seen.file, seen.shape, starred) if starred else None
