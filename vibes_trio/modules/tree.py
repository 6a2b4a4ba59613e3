"""Lay the packages of a lock out as folders in which esbuild finds exactly what the lock says.

Each package stands in a `node_modules` of its own, next to links to what it uses: as pnpm does it, so two
versions of one package can't be mistaken for each other. In the place of a shared package stands a stand-in
whose modules only hand on what the address on this server exports: so an import of it stays an import,
whether the code says `import` or `require`.
"""

import json
import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.lock import Lock
from vibes_trio.modules.resolve import resolve_entry

_SHARED = "shared"


@dataclass(frozen=True, slots=True)
class StandIn:
    """How a shared module is imported: its address, and what it exports besides names.

    Attributes:
        is_whole: it exports what its code assigned to `module.exports` under that name.
    """

    address: str
    is_commonjs: bool
    has_default: bool
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """Packages laid out in *root*; *folders* is key → where a package's files are, *files* → their names."""

    root: Path
    folders: Mapping[str, Path]
    files: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def entry(self, key: str, subpath: str) -> Path:
        """Return the file that the entry *subpath* of the package *key* means.

        Raises:
            ModuleFailed: there is none.
        """
        folder = self.folders[key]
        try:
            manifest = (folder / "package.json").read_bytes()
        except OSError as error:
            raise ModuleFailed("it has no package.json") from error
        return folder / resolve_entry(manifest, self.files[key], subpath)

    def fallback(self, key: str) -> Path:
        """Return the folder with all that the shared package *key* is built with, by name."""
        return self.root / "all" / key

    def shared_in(self, path: str) -> bool:
        """Return whether *path*, relative to the root, is of a stand-in."""
        return path.startswith(f"{_SHARED}/")

    def stand_in_file(self, name: str, number: int, module: StandIn) -> Path:
        """Return the file that stands in for a specifier of the package *name*; see `write_stand_ins`."""
        return self.root / _SHARED / name / f"{number}.{'cjs' if module.is_whole else 'mjs'}"


def lay_out(root: Path, lock: Lock, unpacked: Mapping[str, Path], given: Collection[str] = ()) -> Tree:
    """Lay out the packages whose keys *unpacked* has, from their unpacked folders. Writes to the disk.

    Packages named in *given* are found by all others, whether these say that they depend on them or not.

    Raises:
        ModuleFailed: the disk refuses.
    """
    root = root.resolve()
    folders = {
        key: root / str(number) / "node_modules" / lock.packages[key].name
        for number, key in enumerate(unpacked)
    }
    files: dict[str, frozenset[str]] = {}
    try:
        for key, source in unpacked.items():
            files[key] = _link_files(source, folders[key])
            neighbours = folders[key].parents[lock.packages[key].name.count("/")]
            for name, used in lock.packages[key].uses.items():
                _link_package(neighbours / name, name, used, root, lock, folders)
        for key in sorted(set(lock.shared.values()) & folders.keys()):
            for name, used in _first_met(lock, key, folders).items():
                _link_package(root / "all" / key / name, name, used, root, lock, folders)
            for name in given:
                link = root / "all" / key / name
                link.parent.mkdir(parents=True, exist_ok=True)
                if not link.is_symlink():
                    link.symlink_to(root / _SHARED / name, True)
        for name in {*lock.shared, *given}:
            _write_open_stand_in(root / _SHARED / name)
    except OSError as error:
        raise ModuleFailed(f"packages can't be laid out: {error.strerror}") from error
    return Tree(root, folders, files)


def _link_package(
    link: Path, name: str, used: str, root: Path, lock: Lock, folders: Mapping[str, Path]
) -> None:
    """Make *link* lead to the package *used*, or what stands in for it; a package that is not there has none."""
    is_shared = lock.shared.get(name) == used
    if not (link.exists() or link.is_symlink()) and (is_shared or used in folders):
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(root / _SHARED / name if is_shared else folders[used], True)


def _first_met(lock: Lock, key: str, folders: Mapping[str, Path]) -> dict[str, str]:
    """Return name → key of what *key* is built with, of several versions the one nearest to it.

    Some packages import what they depend on in no way: in npm's layout of folders they find it all the same.
    """
    met: dict[str, str] = {}
    seen, level = {key}, [key]
    while level:
        uses = [pair for of in level for pair in lock.packages[of].uses.items()]
        for name, used in uses:
            met.setdefault(name, used)
        level = list(dict.fromkeys(used for _, used in uses if used not in seen and used in folders))
        seen.update(level)
    return met


def write_stand_ins(tree: Tree, modules: Mapping[str, StandIn], numbers: Mapping[str, int]) -> None:
    """Replace the stand-ins by ones that hand on *modules*, by specifier, each under its number."""
    names = {specifier: package_of(specifier) for specifier in modules}
    for name in set(names.values()):
        folder = tree.root / _SHARED / name
        exports = {}
        for specifier in (s for s, of in names.items() if of == name):
            module, number = modules[specifier], numbers[specifier]
            address = json.dumps(module.address)
            default = f"export {{ default }} from {address};\n" if module.has_default else ""
            _write(folder / f"{number}.mjs", f"export * from {address};\n{default}")
            targets = {"default": f"./{number}.mjs"}
            if module.is_commonjs:
                # Who requires CommonJS wants what it assigned to module.exports, which may be a function.
                whole = '["module.exports"]' if module.is_whole else ".default"
                _write(folder / f"{number}.cjs", f'module.exports = require("./{number}.mjs"){whole};\n')
                # Imported as CommonJS as well, if it can be: then what `default` is and which names there are
                # is settled as between two files of one package.
                targets = {"default" if module.is_whole else "require": f"./{number}.cjs"} | (
                    {} if module.is_whole else targets
                )
            exports["." + specifier.removeprefix(name)] = targets
        _write(folder / "package.json", json.dumps({"name": name, "exports": exports}))


def put_in_place(tree: Tree, file: Path, name: str, number: int, module: StandIn) -> None:
    """Replace *file*, the main module of package *name*, by what stands in for it.

    Parts of a package that import its main module by its path then share it, as those that do so by name.
    """
    folder = tree.root / _SHARED / name
    text = f"module.exports = require({json.dumps(str(folder / f'{number}.cjs'))});\n"
    if not module.is_commonjs:
        path = json.dumps(str(folder / f"{number}.mjs"))
        text = f"export * from {path};\n" + (
            f"export {{ default }} from {path};\n" if module.has_default else ""
        )
    file.unlink()  # it is a link to the unpacked package
    _write(file, text)


def reachable_from(lock: Lock, keys: Iterable[str]) -> list[str]:
    """Return the keys of all packages that those of *keys* are built with, sorted."""
    return sorted({reached for key in keys for reached in lock.reachable(key)})


def package_of(specifier: str) -> str:
    """Return the name of the package that *specifier*, a package's or of a part of it, names."""
    return "/".join(specifier.split("/")[: 2 if specifier.startswith("@") else 1])


def _write_open_stand_in(folder: Path) -> None:
    """A stand-in that has every part: from what is asked of it one learns which are used."""
    folder.mkdir(parents=True, exist_ok=True)
    exports = {".": "./any.js", "./*": "./any.js"}
    _write(folder / "package.json", json.dumps({"exports": exports}))
    _write(folder / "any.js", "module.exports = {};\n")


def _link_files(source: Path, target: Path) -> frozenset[str]:
    """Make *target* hold the files of *source*, by hard links where the disk has them; return their names."""
    names = []
    for folder, _, files in os.walk(source):
        made = target / Path(folder).relative_to(source)
        made.mkdir(parents=True, exist_ok=True)
        for file in files:
            _link(Path(folder) / file, made / file)
            names.append((Path(folder) / file).relative_to(source).as_posix())
    return frozenset(names)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
