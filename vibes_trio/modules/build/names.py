"""All names that a module exports: those too that come by `export *` from CommonJS and from what every page has, of
which esbuild knows nothing."""

import re
from pathlib import Path

import trio

from vibes_trio.modules.build.reports import Report
from vibes_trio.modules.build.shape import Shape, commonjs_names, read_shape
from vibes_trio.modules.build.single import commonjs_entry, star_entry
from vibes_trio.modules.build.work import Work
from vibes_trio.modules.folder import temporary_folder

_EXPORT = b"export"
_STAR = re.compile(rb"""\bexport\s*\*\s*from\s*["']([^"'\n]+)["']""")


async def entry_of(work: Work, file: Path, report: Report) -> str | None:
    """Return the source of the module that exports what *file* does; None: esbuild knows all that it exports."""
    path = file.relative_to(work.tree.root).as_posix()
    names = await _starred(work, file, report)
    if report.inputs[path].format == "cjs":
        return commonjs_entry(file, Shape(True, tuple(sorted(names)), True))
    if not names:
        return None
    exports = next(output.exports for output in report.outputs.values() if output.entry_point == path)
    shape = Shape(False, tuple(exports), "default" in exports)
    return star_entry(file, shape, names)


async def _starred(work: Work, file: Path, report: Report) -> set[str]:
    """Return the names that *file* exports without esbuild knowing of it.

    `export *` is looked for in the text: what looks like one in a comment gives a name too many, which does no
    harm.
    """
    root = work.tree.root
    names: set[str] = set()
    given: set[str] = set()
    of_commonjs: dict[Path, None] = {}  # ES modules that CommonJS hands on, whose names nobody knows then

    def follow(path: Path, specifier: str) -> Path | None:
        read = report.inputs.get(path.relative_to(root).as_posix())
        target = next((used.path for used in read.imports if used.original == specifier), "") if read else ""
        if target in work.tree.given:
            given.add(work.tree.given[target])
            return None
        return root / target if target in report.inputs else None

    def follow_commonjs(path: Path, specifier: str) -> Path | None:
        target = follow(path, specifier)
        if target is None or report.inputs[target.relative_to(root).as_posix()].format != "esm":
            return target
        of_commonjs[target] = None
        return None

    to_see, seen = [file], {file}
    while to_see:
        path = to_see.pop()
        if report.inputs[path.relative_to(root).as_posix()].format == "cjs":
            names |= await commonjs_names(work.bench.tool, path, work.bench.limits, follow_commonjs)
            to_see += [target for target in of_commonjs if target not in seen]
            seen |= of_commonjs.keys()
            continue
        if path in of_commonjs:
            names |= set((await read_shape(work.bench.tool, path, work.bench.limits, root)).names)
        for specifier in await trio.to_thread.run_sync(_find_starred, path):
            target = follow(path, specifier)
            if target is not None and path in of_commonjs:
                of_commonjs[target] = None
            if target is not None and target not in seen:
                seen.add(target)
                to_see.append(target)
    for address in sorted(given):
        names |= await _names_of_given(work, address)
    return names


def _find_starred(path: Path) -> list[str]:
    """Return what `export *` names in the file *path*.

    In a thread, and in steps: one search through megabytes would hold the interpreter to its end.
    """
    text = path.read_bytes()
    found = []
    start = text.find(_EXPORT)
    while start >= 0:
        match = _STAR.match(text, start)
        if match is not None:
            found.append(match[1].decode("utf-8", "replace"))
        start = text.find(_EXPORT, start + len(_EXPORT))
    return found


async def _names_of_given(work: Work, address: str) -> set[str]:
    """Return the names that a module exports which is in the store already."""
    module = work.bench.store.find(address)
    if module is None:
        return set()
    async with temporary_folder(work.tree.root, "given-") as folder:
        file = folder / "given.mjs"
        await trio.Path(file).write_bytes(module.content)
        return set((await read_shape(work.bench.tool, file, work.bench.limits)).names)
