"""Build packages into browser modules with esbuild: one an entry; what is shared is imported, not copied.

Each entry becomes one ES module at `/~esm/{name}@{version}{/subpath}`. Whatever it imports that is in the
shared map stays an import of that address, so there is one React however many modules use it: every shared
specifier is an alias to a file of one line, `export * from "/~esm/…"`, and addresses under `/~esm/` are
external. (A plain `--external:react` would leave a `require` of CommonJS code in, which fails in a browser.)

A CommonJS package gets a generated entry that exports its names.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
import trio

from vibes_trio.config import Limits
from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.build.fence import fence_of
from vibes_trio.modules.build.reports import Report
from vibes_trio.modules.build.run import bundle_files
from vibes_trio.modules.build.shape import Shape, read_shape
from vibes_trio.modules.folder import temporary_folder
from vibes_trio.modules.registry.toolchain import Tool
from vibes_trio.modules.resolve.entries import CONDITIONS, MAIN_FIELDS
from vibes_trio.modules.store.addresses import PREFIX, Built, address_of

T = TypeVar("T")

# Every flag that changes what comes out, but for the shared map. `eof` keeps licence notices.
FLAGS = (
    "--bundle",
    "--format=esm",
    "--platform=browser",
    "--target=es2022",
    "--charset=utf8",
    "--minify",
    '--define:process.env.NODE_ENV="production"',
    "--define:global=globalThis",
    f"--main-fields={','.join(MAIN_FIELDS)}",
    # esbuild adds `import` or `require`, whichever stands in the code; said here, `import` would hold for both.
    f"--conditions={','.join(name for name in CONDITIONS if name != 'import')}",
    "--legal-comments=eof",
    "--tsconfig-raw={}",
)
# Changes whenever the same inputs would give another module: flags, or the code of this file.
RECIPE = hashlib.sha256(json.dumps(["2", *FLAGS]).encode()).hexdigest()[:16]


class Entry(msgspec.Struct, frozen=True):
    """One module to build.

    Attributes:
        name, version: of the package.
        subpath: `""` is the main entry.
        integrity: of the package's archive.
        file: its entry, an absolute path.
        folder: of the package; None: the one of its entry.
    """

    name: str
    version: str
    subpath: str
    integrity: str
    file: Path
    folder: Path | None = None

    @property
    def root(self) -> Path:
        """The folder that nothing leads out of."""
        return self.folder or self.file.parent

    @property
    def specifier(self) -> str:
        """What code imports it by."""
        return f"{self.name}/{self.subpath}" if self.subpath else self.name

    @property
    def address(self) -> str:
        """Where it is served."""
        return address_of(self.name, self.version, self.subpath)


def build_key(tool_version: str, entry: Entry, shared: Mapping[str, str]) -> str:
    """Return the key of a build: the same key, the same module. *shared* is specifier → address."""
    facts = [RECIPE, tool_version, entry.specifier, entry.integrity, sorted(shared.items())]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


async def build_all(tool: Tool, entries: Sequence[Entry], limits: Limits) -> list[Built]:
    """Build *entries*, which share each other.

    Raises:
        ModuleFailed: one can't be built; the first failure, in the order of *entries*.
    """
    at_once = trio.Semaphore(limits.builds_at_once)
    shapes: list[Shape | ModuleFailed] = [ModuleFailed("not read")] * len(entries)
    built: list[Built | ModuleFailed] = [ModuleFailed("not built")] * len(entries)

    async def read(index: int) -> None:
        async with at_once:
            try:
                shapes[index] = await read_shape(tool, entries[index].file, limits, entries[index].root)
            except ModuleFailed as error:
                shapes[index] = _about(entries[index], error)

    async def build(index: int) -> None:
        async with at_once:
            try:
                built[index] = await build_entry(tool, entries[index], exported, limits)
            except ModuleFailed as error:
                built[index] = _about(entries[index], error)

    async with trio.open_nursery() as nursery:
        for index in range(len(entries)):
            nursery.start_soon(read, index)
    exported = dict(zip(entries, _raise_first(shapes), strict=True))
    async with trio.open_nursery() as nursery:
        for index in range(len(entries)):
            nursery.start_soon(build, index)
    return _raise_first(built)


async def build_entry(tool: Tool, entry: Entry, exported: Mapping[Entry, Shape], limits: Limits) -> Built:
    """Build one entry. *exported* holds it and all that it may share.

    Raises:
        ModuleFailed: esbuild refuses, takes too long, or leaves in what no browser runs.
    """
    shared = {other: shape for other, shape in exported.items() if other != entry}
    async with temporary_folder() as folder:
        start = entry.file
        if exported[entry].is_commonjs:
            start = folder / "entry.js"
            start.write_text(commonjs_entry(entry.file, exported[entry]), "utf-8")
        aliases = []
        for number, (other, shape) in enumerate(shared.items()):
            shim = folder / f"shared-{number}.js"
            shim.write_text(_shim(other, shape), "utf-8")
            aliases.append(f"--alias:{other.specifier}={shim}")
        command = [*FLAGS, f"--external:{PREFIX}*", "--outfile=out.js", *aliases]
        fence = fence_of(entry.root, folder)
        imports = _imports_of(await bundle_files(tool, [str(start)], command, folder, limits, fence))
        code = (folder / "out.js").read_bytes()
    if len(code) > limits.built_bytes:
        raise ModuleFailed(f"built, it has more than {limits.built_bytes} bytes")
    wanted = {other.specifier: other.address for other in shared}
    left = [address for address in imports if address not in wanted.values()]
    if left:
        raise ModuleFailed(f"built, it still imports {', '.join(left)}")
    return Built(entry.address, build_key(tool.version, entry, wanted), code, imports)


def _imports_of(report: Report) -> tuple[str, ...]:
    found = (i.path for output in report.outputs.values() for i in output.imports if i.external)
    return tuple(dict.fromkeys(found))


def commonjs_entry(file: Path, shape: Shape) -> str:
    """Return the source of a module that exports what the CommonJS module *file* does."""
    return (
        f"import * as all from {json.dumps(str(file))};\n"
        f'export default "default" in all ? all.default : all;\n{_export_names(shape.names)}\n'
    )


def star_entry(file: Path, shape: Shape, starred: Collection[str]) -> str:
    """Return the source of a module that exports what the ES module *file* does, *starred* for certain.

    What comes by `export *` from CommonJS or from another address has no names that esbuild could know.
    """
    path = json.dumps(str(file))
    default = f"export {{ default }} from {path};\n" if shape.has_default else ""
    return f"export * from {path};\n{default}import * as all from {path};\n{_export_names(sorted(starred))}\n"


def _export_names(names: Sequence[str]) -> str:
    """Return code that exports *names* of `all`. They may be reserved words, which only a list can hold."""
    lines = [f"const name{i} = all[{json.dumps(name)}];" for i, name in enumerate(names)]
    return "\n".join([*lines, f"export {{ {', '.join(f'name{i} as {n}' for i, n in enumerate(names))} }};"])


def _shim(other: Entry, shape: Shape) -> str:
    address = json.dumps(other.address)
    default = f"\nexport {{ default }} from {address};" if shape.has_default else ""
    return f"export * from {address};{default}\n"


def _about(entry: Entry, error: ModuleFailed) -> ModuleFailed:
    return ModuleFailed(f"{entry.specifier}@{entry.version}: {error}")


def _raise_first(results: Sequence[T | ModuleFailed]) -> list[T]:
    done: list[T] = []
    for result in results:
        if isinstance(result, ModuleFailed):
            raise ModuleFailed(str(result))  # not the very one: who keeps it would be held by its traceback
        done.append(result)
    return done
