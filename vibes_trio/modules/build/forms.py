"""Files of packages in the forms that bundlers have for an import with a query: `x.wasm?url`, `x.js?worker`.

The module of such an import is a few lines that name the file, which lies beside it as it is (or built, a worker).
"""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from vibes_trio.content.mime import mime_of
from vibes_trio.content.specifiers import FORMS
from vibes_trio.content.vibes_modules import FIREPROOF
from vibes_trio.errors import ModuleFailed
from vibes_trio.late import late
from vibes_trio.modules.build.groups import closure_hash, file_address
from vibes_trio.modules.build.run import BuildRefused
from vibes_trio.modules.build.style_files import named_by_style
from vibes_trio.modules.build.work import PACKAGE_RECIPE, Work, bundle
from vibes_trio.modules.folder import temporary_folder
from vibes_trio.modules.resolve.lock_keys import package_of, subpath_of
from vibes_trio.modules.resolve.package_lock import Lock
from vibes_trio.modules.store.addresses import PREFIX, Built
from vibes_trio.modules.store.local import LocalModules

if TYPE_CHECKING:
    import vibes_trio.modules.build.places as places
    import vibes_trio.modules.build.umd as umd
else:
    places = late("vibes_trio.modules.build.places")
    umd = late("vibes_trio.modules.build.umd")

_WORKER = 'export default function (options) { return new {kind}("{at}", { type: "module", name: options?.name }) }\n'
_INIT = (
    "export default async (imports = {}) =>"
    ' (await WebAssembly.instantiateStreaming(fetch("{at}"), imports)).instance;\n'
)
_ADDRESS = 'export default "{at}";\n'
# Of those in which the file has an address: what the module is.
_BY_ADDRESS = {
    "url": _ADDRESS,
    "file": _ADDRESS,
    "no-inline": _ADDRESS,
    "init": _INIT,
    "worker": _WORKER.replace("{kind}", "Worker"),
    "worker&inline": _WORKER.replace("{kind}", "Worker"),
    "worker&url": _ADDRESS,
    "sharedworker": _WORKER.replace("{kind}", "SharedWorker"),
}


def form_of(specifier: str) -> str:
    """Return the form that *specifier* asks for; empty: it is imported as a module."""
    query = specifier.partition("?")[2]
    return query if query in FORMS else ""


def is_alone(lock: Lock, specifier: str) -> bool:
    """Return whether *specifier* asks for a file as it is, for which nothing is needed but its own package."""
    return (
        form_of(specifier) == "file"
        and lock.packages[lock.shared[package_of(specifier)]].name not in umd.SCRIPTS
    )


def notes_on_modules(lock: Lock, specifiers: Iterable[str]) -> list[str]:
    """Return the notes of *lock* but for those on packages of which *specifiers*, all that is built of it, ask for
    files as they are alone: with what other packages they would be built is nothing to them."""
    keys: dict[bool, set[str]] = {True: set(), False: set()}
    for specifier in specifiers:
        root = lock.shared.get(package_of(specifier), "")
        if root in lock.packages:
            keys[form_of(specifier) == "file"].update(lock.reachable(root))
    apart = tuple(f"{key} " for key in keys[True] - keys[False])
    return [note for note in lock.notes if not note.startswith(apart)]


def told_notes(lock: Lock, specifiers: Iterable[str]) -> list[str]:
    """Return what people are told of `notes_on_modules`: not what the database brings along, which we have tried as it
    is."""
    database = lock.shared.get(FIREPROOF)
    tried = tuple(f"{key} " for key in lock.reachable(database)) if database else ()
    return [note for note in notes_on_modules(lock, specifiers) if not note.startswith(tried)]


def form_address(lock: Lock, specifier: str, tool_version: str) -> str:
    """Return where the module of *specifier*, which asks for a form, is served."""
    key = lock.shared[package_of(specifier)]
    form = form_of(specifier).replace("&", "-")
    return f"{PREFIX}{key}/~{closure_hash(lock, key, tool_version)}/~{form}/{subpath_of(specifier)}"


def file_behind(store: LocalModules, address: str) -> str:
    """Return the address of the file that the module at *address*, of a form with one, names; empty: it is not there.

    For who needs the file and not a module: a script or a style sheet of a page.
    """
    record = store.record(address)
    return record.imports[0] if record is not None and record.imports else ""


async def build_form(work: Work, specifier: str) -> str:
    """Have the module of *specifier*, which asks for a form, and its file in the store; return its address.

    Raises:
        ModuleFailed: there is no such file, or it can't be had in this form.
    """
    key, form = work.lock.shared[package_of(specifier)], form_of(specifier)
    if key in work.gone:
        raise ModuleFailed(str(work.gone[key]))
    name = subpath_of(specifier)
    at, files = "", dict[str, Path]()
    if form == "file" and umd.is_umd(work, key, name):
        path = await umd.build_umd(work, key)
    elif form == "file":
        path = work.tree.hosted(key, name)
    else:
        path = work.tree.entry(key, name)
    if form in _BY_ADDRESS:
        at, files = await _placed(work, key, path, is_worker="worker" in form)
        code = _BY_ADDRESS[form].replace("{at}", at)
    else:
        code = f"export default {json.dumps(await _text_of(work, key, path, form))};\n"
    store, limits = work.bench.store, work.bench.limits
    if len(code) > limits.built_bytes:
        raise ModuleFailed(f"built, it has more than {limits.built_bytes} bytes")
    for address, file in files.items():
        await trio.to_thread.run_sync(store.put_path, address, file, limits)
    made = form_address(work.lock, specifier, work.bench.tool.version)
    first = [at] if at in files else []
    built = Built(made, made, code.encode(), tuple(dict.fromkeys([*first, *files])))
    await trio.to_thread.run_sync(store.put, built, PACKAGE_RECIPE)
    return made


async def _placed(work: Work, key: str, path: Path, *, is_worker: bool) -> tuple[str, dict[str, Path]]:
    """Return where the file *path* is served, and address → file of all that it takes."""
    if not path.is_relative_to(work.tree.folders[key]):  # made here
        made = f"{PREFIX}{key}/~{closure_hash(work.lock, key, work.bench.tool.version)}/~{path.name}"
        return made, {made: path}
    name = path.relative_to(work.tree.folders[key]).as_posix()
    if is_worker:
        return await places.build_worker(work, key, name)
    folder, package = work.tree.folders[key], work.lock.packages[key]
    beside = await trio.to_thread.run_sync(named_by_style, folder, name, work.tree.files[key])
    return file_address(key, package, name), {
        file_address(key, package, file): folder / file for file in (name, *beside)
    }


async def _text_of(work: Work, key: str, path: Path, form: str) -> str:
    if (await trio.Path(path).stat()).st_size > work.bench.limits.built_bytes:
        raise ModuleFailed(f"it has more than {work.bench.limits.built_bytes} bytes")
    if form == "inline" and path.suffix == ".css":
        return await _style_of(work, key, path)
    content = await trio.Path(path).read_bytes()
    if form == "raw":
        return content.decode("utf-8", "replace")
    return f"data:{mime_of(path.name) or ''};base64,{base64.b64encode(content).decode()}"


async def _style_of(work: Work, key: str, path: Path) -> str:
    """Return a style sheet with all that it imports, pictures included."""
    async with temporary_folder(work.tree.root, "style-") as out:
        endings = (
            "png",
            "jpg",
            "jpeg",
            "gif",
            "webp",
            "svg",
            "avif",
            "ico",
            "woff",
            "woff2",
            "ttf",
            "otf",
            "eot",
        )
        try:
            await bundle(
                work, [key], [f"s={path}"], out, *(f"--loader:.{ending}=dataurl" for ending in endings)
            )
        except BuildRefused as error:
            raise ModuleFailed(str(error)) from error
        return (await trio.Path(out / "s.css").read_bytes()).decode("utf-8", "replace")
