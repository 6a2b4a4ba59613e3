"""Files that packages look for beside their code: WebAssembly, workers, data, pictures.

Once bundled, code lies elsewhere than its package's files. So what it knows of its own place (`import.meta.url`,
`document.currentScript`) is replaced by the place of its source, under which this server has the package's files as
they are; and those that the code names are stored along with it. A worker is a program of its own: one that imports
anything is built into one file.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import trio

from vibes_trio.modules.build.groups import closure_hash, file_address
from vibes_trio.modules.build.quirks import has_quirks, mend
from vibes_trio.modules.build.reports import Report
from vibes_trio.modules.build.run import BuildRefused, print_file
from vibes_trio.modules.build.work import Work, bundle
from vibes_trio.modules.folder import temporary_folder

# Path of an input → address → file, of the files that it names.
Named = Mapping[str, Mapping[str, Path]]

_KINDS = (
    *("wasm", "data", "mem", "bin", "onnx", "bcmap", "pfb", "zip", "gz", "traineddata", "glb", "hdr"),
    *("png", "jpg", "jpeg", "gif", "webp", "svg", "ico", "woff", "woff2", "ttf", "otf", "mp3", "ogg", "wav"),
)
_BINARY = frozenset(_KINDS)
_FILE_NAME = re.compile(rf"[\w@.+-]+\.(?:{'|'.join(_KINDS)})\b".encode(), re.ASCII)
_CODE_ENDINGS = (".js", ".mjs", ".cjs", ".jsx")
_URL, _SCRIPT = "__vibesFileUrl", "__vibesScript"
_BESIDE = re.compile(rf"new URL\(\s*([\"'`])((?:\.{{1,2}}/)?[^\"'`\n$:]+)\1,\s*{_URL}\)")
# The script that runs, in what esbuild has printed; also where `document` itself may not be there.
_CURRENT = re.compile(
    r"(?<![\w$.])(?:(?:globalThis|window|self)(?:\?\.|\.))?document(?:\?\.|\.)currentScript\b"
)
_MAX_BESIDE = 50  # addresses that one file makes
_MAX_PLACED = 200
_ALIKE = 16  # files of one name in a package that are stored when it is named
_HEAD = (
    'var {url} = (globalThis.location ? location.origin : "file://") + {address};'
    " var {script} = {{ src: {url}, tagName: 'SCRIPT', getAttribute: () => null, dataset: {{}} }};\n"
)


async def place_files(work: Work, report: Report) -> bool:
    """Tell code that looks for files beside it where these are; return whether any does. Writes into the tree."""
    mended = await trio.to_thread.run_sync(_mend_all, work, report)
    found = await trio.to_thread.run_sync(_find_placed, work, report)
    for path in found:
        await _place(work, path)
    return bool(found or mended)


def _mend_all(work: Work, report: Report) -> bool:
    """Mend the code of packages that are known for a quirk; return whether any is."""
    mended = False
    for path in _texts(work, report):
        of = work.tree.package_at(path)
        package = work.lock.packages[of[0]].name if of is not None else ""
        if has_quirks(package):
            file = work.tree.root / path
            code = file.read_bytes()
            better = mend(package, code)
            if better != code:
                _replace(file, better)
                mended = True
    return mended


def find_named(work: Work, report: Report) -> Named:
    """Return the files that each input names, of its own package. Reads the inputs; call it from a thread."""
    named: dict[str, dict[str, Path]] = {}
    by_name = {key: _by_name(names) for key, names in work.tree.files.items()}
    for path in _texts(work, report):
        of = work.tree.package_at(path)
        if of is None or not by_name[of[0]]:
            continue
        key, file = of
        words = {word.decode() for word in _FILE_NAME.findall((work.tree.root / path).read_bytes())}
        chosen = [
            name
            for word in sorted(words & by_name[key].keys())
            for name in _nearest(by_name[key][word], file)
        ]
        if chosen:
            named[path] = {_address(work, key, name): work.tree.folders[key] / name for name in chosen}
    for path, beside in work.beside.items():
        named.setdefault(path, {}).update(beside)
    return named


def _texts(work: Work, report: Report) -> list[str]:
    """Return the inputs that may be text: of a style sheet's `x.woff2?query` there is no file of that name."""
    binary = (path.partition("?")[0].rpartition(".")[2] in _BINARY for path in report.inputs)
    return [
        path
        for path, is_binary in zip(report.inputs, binary, strict=True)
        if not is_binary and (work.tree.root / path).is_file()
    ]


def _address(work: Work, key: str, name: str) -> str:
    return file_address(key, work.lock.packages[key], name)


def _by_name(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        base = name.rpartition("/")[2]
        if base.rpartition(".")[2] in _BINARY:
            found.setdefault(base, []).append(name)
    return found


def _nearest(names: list[str], file: str) -> list[str]:
    """Return which of *names*, alike but for their folder, code in *file* means: the one beside it, else any."""
    folder = file.rpartition("/")[0]
    beside = [name for name in names if name.rpartition("/")[0] == folder]
    return beside or sorted(names, key=len)[:_ALIKE]


def _find_placed(work: Work, report: Report) -> list[str]:
    """Return the inputs that ask where they are."""
    has_binaries = {
        key: any(name.endswith((".wasm", ".data")) or "worker" in name for name in names)
        for key, names in work.tree.files.items()
    }
    found = []
    for path in _texts(work, report):
        of = work.tree.package_at(path)
        if of is None or not path.endswith(_CODE_ENDINGS):
            continue
        text = (work.tree.root / path).read_bytes()
        asks = b"import.meta.url" in text or (has_binaries[of[0]] and b".currentScript" in text)
        if asks and f"var {_URL} = ".encode() not in text:
            found.append(path)
    return found


async def _place(work: Work, path: str) -> None:
    """Replace the file *path* of the tree, a link to that of the package, by one that knows where that is served."""
    of = work.tree.package_at(path)
    assert of is not None, "only files of packages are placed"
    key, name = of
    file = work.tree.root / path
    flags = (f"--define:import.meta.url={_URL}",)
    text = _CURRENT.sub(_SCRIPT, await print_file(work.bench.tool, file, flags, work.bench.limits))
    here = work.beside.setdefault(path, {})
    for match in list(_BESIDE.finditer(text))[:_MAX_BESIDE]:
        target = _normal(name, match[2])
        if target not in work.tree.files[key]:
            continue
        if target.endswith(_CODE_ENDINGS):
            address, files = await build_worker(work, key, target)
            here |= files
            text = text.replace(match[0], f'new URL("{address}", {_URL})')
        else:
            here[_address(work, key, target)] = work.tree.folders[key] / target
    address = _address(work, key, name)
    head = _HEAD.format(url=_URL, script=_SCRIPT, address=f'"{address}"')
    await trio.to_thread.run_sync(_replace, file, (head + text).encode())


def _normal(name: str, relative: str) -> str:
    parts: list[str] = list(PurePosixPath(name).parent.parts)
    for part in relative.partition("?")[0].split("/"):
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


async def build_worker(work: Work, key: str, name: str) -> tuple[str, dict[str, Path]]:
    """Return where the worker in the file *name* of a package is served; and address → file of it and of all that it
    names. One that imports nothing is served as it is."""
    whole = work.tree.folders[key] / name
    own = _address(work, key, name)
    as_it_is = own, {own: whole}
    async with temporary_folder(work.tree.root, "worker-") as out:
        try:
            report = await bundle(work, [key], [f"w={whole}"], out)
            placed = [
                p for p in await trio.to_thread.run_sync(_find_placed, work, report) if p not in work.beside
            ]
            if len(report.inputs) == 1 or len(work.beside) > _MAX_PLACED:
                return as_it_is
            for other in placed:
                await _place(work, other)
            if placed:
                report = await bundle(work, [key], [f"w={whole}"], out)
        except BuildRefused:
            return as_it_is
        target = work.tree.root / "workers" / key / name
        await trio.to_thread.run_sync(_keep, out / "w.js", target)
        named = await trio.to_thread.run_sync(find_named, work, report)
    files = {address: file for path in report.inputs for address, file in named.get(path, {}).items()}
    address = f"{own}/~{closure_hash(work.lock, key, work.bench.tool.version)}.js"
    return address, files | {address: target}


def _keep(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    file.replace(target)


def _replace(file: Path, code: bytes) -> None:
    """Put *code* in the place of *file*, which may be a link to that of the package."""
    file.unlink()
    file.write_bytes(code)
