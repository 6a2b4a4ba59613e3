"""Lay the packages of a lock out as folders in which esbuild finds exactly what the lock says.

Each package stands in a `node_modules` of its own, next to links to what it uses: as pnpm does it, so two
versions of one package can't be mistaken for each other, and every file is there once. What every page has anyway
(React) is a stand-in, whose modules only hand on what the address on this server exports: so an import of it stays
an import, whether the code says `import` or `require`.
"""

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.build.node_parts import write_builtins
from vibes_trio.modules.resolve.entries import resolve_entry, resolve_file, resolve_hosted
from vibes_trio.modules.resolve.lock_keys import package_of
from vibes_trio.modules.resolve.package_lock import Lock
from vibes_trio.outbound import UNREADABLE

HOSTED = "?hosted"
_GIVEN = "given"
_ALL = "all"
_BUILTINS = "builtins"
_OVERLAY = "__given"  # folder for stand-ins within a package that has other parts as well


@dataclass(frozen=True, slots=True)
class Tree:
    """Packages laid out in *root*.

    Attributes:
        folders: key → where a package's files are; files: key → their names.
        given: path of a stand-in, relative to the root → the address that it hands on.
    """

    root: Path
    folders: Mapping[str, Path]
    files: Mapping[str, frozenset[str]]
    given: Mapping[str, str] = field(default_factory=dict)

    def entry(self, key: str, subpath: str, *, hosted: bool = False) -> Path:
        """Return the file that the entry *subpath* of the package *key* means; *hosted*: to hosts of packages.

        Raises:
            ModuleFailed: there is none.
        """
        folder = self.folders[key]
        manifest = self._manifest(key)
        resolve = resolve_hosted if hosted else resolve_entry
        return folder / resolve(manifest, self.files[key], subpath, lambda name: (folder / name).read_bytes())

    def hosted(self, key: str, path: str) -> Path:
        """Return the file that hosts of packages have for *path* in the package *key*.

        Raises:
            ModuleFailed: there is none.
        """
        return self.folders[key] / resolve_file(self._manifest(key), self.files[key], path)

    def _manifest(self, key: str) -> bytes:
        try:
            return (self.folders[key] / "package.json").read_bytes()
        except OSError as error:
            raise ModuleFailed("it has no package.json") from error

    def fallback(self, keys: Iterable[str]) -> str:
        """Return where esbuild looks for packages that their user doesn't say it depends on, in what is built for the
        shared packages *keys*: among all that these are built with, and nowhere else, so that nothing is there twice.
        """
        places = [*(f"{_ALL}/{key}" for key in keys), _GIVEN, _BUILTINS]
        return os.pathsep.join(str(self.root / name) for name in places)

    def builtins(self) -> Path:
        """Return the folder of what stands in for the parts of Node."""
        return self.root / _BUILTINS

    def package_at(self, path: str) -> tuple[str, str] | None:
        """Return key of the package and name in it of the file *path*, relative to the root; None: it is of none."""
        key, between, rest = path.partition("/node_modules/")
        folder = self.folders.get(key)
        if folder is None or not between:
            return None
        name = (self.root / path).relative_to(folder).as_posix() if rest else ""
        return key, name


def lay_out(root: Path, lock: Lock, unpacked: Mapping[str, Path], given: Mapping[str, str]) -> Tree:
    """Lay out the packages whose keys *unpacked* has, from their unpacked folders. Writes to the disk.

    Args:
        given: specifier → address of what every page has. All packages find it, whether these say that they depend
            on it or not.

    Raises:
        ModuleFailed: the disk refuses.
    """
    root = root.resolve()
    folders = {key: root / key / "node_modules" / lock.packages[key].name for key in unpacked}
    files: dict[str, frozenset[str]] = {}
    stand_ins: dict[str, str] = {}
    try:
        for key, source in unpacked.items():
            files[key] = _link_files(source, folders[key])
        for name in {package_of(specifier) for specifier in given}:
            stand_ins |= _write_given(root / _GIVEN / name, root, name, given)
            key = lock.shared.get(name, "")
            if key in folders:
                stand_ins |= _overlay_given(folders[key], root, name, given)
        for key in unpacked:
            neighbours = folders[key].parents[lock.packages[key].name.count("/")]
            for name, used in lock.packages[key].uses.items():
                _link_package(neighbours / name, used, root, lock, folders)
        for key in sorted(set(lock.shared.values()) & folders.keys()):
            for name, used in _first_met(lock, key, folders).items():
                _link_package(root / _ALL / key / name, used, root, lock, folders)
        write_builtins(root / _BUILTINS)
    except OSError as error:
        raise ModuleFailed(f"packages can't be laid out: {error.strerror}") from error
    return Tree(root, folders, files, stand_ins)


def is_hosted(specifier: str) -> bool:
    """Return whether *specifier* means what a host of packages gives for it, beyond what the package exports."""
    return specifier.endswith(HOSTED)


def _link_package(link: Path, used: str, root: Path, lock: Lock, folders: Mapping[str, Path]) -> None:
    """Make *link* lead to the package *used*, or what stands in for it; a package that is not there has none."""
    target = folders.get(used, root / _GIVEN / lock.packages[used].name)
    if not (link.exists() or link.is_symlink()) and target.is_dir():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target, True)


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


def _write_given(folder: Path, root: Path, name: str, given: Mapping[str, str]) -> dict[str, str]:
    """Write the package *name* of stand-ins alone; return path → address."""
    exports, stand_ins = _write_stand_ins(folder, ".", root, name, given)
    _write(folder / "package.json", json.dumps({"name": name, "exports": exports}))
    return stand_ins


def _overlay_given(folder: Path, root: Path, name: str, given: Mapping[str, str]) -> dict[str, str]:
    """Put stand-ins into the laid out package *name*, before its other parts; return path → address.

    Its manifest is a link to the unpacked one, so another file takes its place.
    """
    manifest = folder / "package.json"
    try:
        told: dict[str, Any] = msgspec.json.decode(manifest.read_bytes(), type=dict[str, Any])
    except (OSError, *UNREADABLE):
        told = {}
    own, stand_ins = _write_stand_ins(folder / _OVERLAY, f"./{_OVERLAY}", root, name, given)
    exports = told.get("exports")
    others = exports if isinstance(exports, dict) and "." in exports else {"./*": "./*"}
    manifest.unlink(missing_ok=True)
    _write(manifest, json.dumps(told | {"exports": {**others, **own}}))
    return stand_ins


def _write_stand_ins(
    folder: Path, start: str, root: Path, name: str, given: Mapping[str, str]
) -> tuple[dict[str, object], dict[str, str]]:
    """Write what hands on each module of the package *name*. Returns its `exports`, and path → address.

    What is given is CommonJS, as React is: who requires it wants what it assigned to `module.exports`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    exports: dict[str, object] = {}
    stand_ins = {}
    for number, specifier in enumerate(s for s in given if package_of(s) == name):
        address = json.dumps(given[specifier])
        _write(folder / f"{number}.mjs", f"export * from {address};\nexport {{ default }} from {address};\n")
        _write(folder / f"{number}.cjs", f'module.exports = require("./{number}.mjs").default;\n')
        targets = {"require": f"{start}/{number}.cjs", "default": f"{start}/{number}.mjs"}
        exports["." + specifier.removeprefix(name)] = targets
        stand_ins[(folder / f"{number}.mjs").relative_to(root).as_posix()] = given[specifier]
    return exports, stand_ins


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
