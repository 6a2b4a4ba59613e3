"""Carry the built modules from one data folder to another, and clear away what nobody uses.

The archive is a plain tar of the store: `built/{cid}` first, then `index/{address}.json`; then what new apps find
their packages by where there is no registry: `documents/{name}@{version}.json`, `locks/{hash}.json` and
`exports/{name}@{version}.json`. Nothing in it is trusted: bytes have to be those of their hash, and a record has to
speak of bytes that are there.

Unpacked packages stay behind: once unpacked they can't be checked against their hash any more. So what was built
here is served there, in any app; what was not can't be built there without a registry.
"""

import shutil
import tarfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

import msgspec

from vibes_trio.config import Limits
from vibes_trio.content.cid import file_cid
from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.folder import write_file
from vibes_trio.modules.registry.fetch import is_document
from vibes_trio.modules.resolve.kept_locks import is_kept_lock
from vibes_trio.modules.store.addresses import PREFIX
from vibes_trio.modules.store.exported import FOLDER as EXPORTS
from vibes_trio.modules.store.exported import is_export_list
from vibes_trio.modules.store.local import JAVASCRIPT, Record, content_type_of, index_name, read_record
from vibes_trio.whole_files import whole_file

_TOLD = ("documents", "locks", EXPORTS)
_FOLDERS = ("built", "index", *_TOLD)
_MAX_RECORD_BYTES = 1024 * 1024


def export_store(modules_dir: Path, target: Path) -> int:
    """Write the modules of *modules_dir* into the archive *target*; return how many.

    Raises:
        OSError: the disk refuses.
    """
    paths = sorted((modules_dir / "index").glob("*.json"))
    records = [(path, record) for path in paths if (record := read_record(path, modules_dir))]
    told = [path for folder in _TOLD for path in sorted((modules_dir / folder).glob("*.json"))]
    with whole_file(target) as file, tarfile.open(fileobj=file, mode="w") as tar:
        for cid in sorted({record.cid for _, record in records}):
            tar.add(modules_dir / "built" / cid, f"built/{cid}")
        for path, _ in records:
            tar.add(path, f"index/{path.name}")
        for path in told:
            tar.add(path, f"{path.parent.name}/{path.name}")
    return len(records)


def import_store(modules_dir: Path, source: Path, limits: Limits) -> int:
    """Add the modules of the archive *source*; return how many. What was added before an error stays.

    Raises:
        ModuleFailed: it is no archive of `export_store`, or was changed.
        OSError: it can't be read.
    """
    count = 0
    for folder, name, file in _read(source, limits):
        if folder == "built":
            _take_bytes(modules_dir / "built" / name, file, source)
            continue
        content = file.read()
        if folder in _TOLD:
            _check_told(folder, name, content, source)
            if not (modules_dir / folder / name).exists():  # what this store knows itself stays
                write_file(modules_dir / folder / name, content)
            continue
        record = _check_record(name, content, source)
        if not (modules_dir / "built" / record.cid).is_file():
            raise ModuleFailed(f"{source.name}: the bytes of {record.address} are missing")
        write_file(modules_dir / "index" / name, content)
        count += 1
    return count


def collect_unused(
    modules_dir: Path, used: Collection[str], integrities: Collection[str], before: float
) -> tuple[int, int]:
    """Remove modules but those at the addresses *used* and what they import, packages but those unpacked from
    the archives whose hashes *integrities* are, and what killed builds left.

    Args:
        before: what was written later (Unix seconds) stays: a build under way is about to use it.

    Returns: how many modules and packages are gone.
    """
    paths = (modules_dir / "index").glob("*.json")
    records = {record.address: (path, record) for path in paths if (record := read_record(path, modules_dir))}
    kept = _closure(used, {address: record for address, (_, record) in records.items()})
    unused = [path for address, (path, _) in records.items() if address not in kept and _is_old(path, before)]
    for path in unused:
        path.unlink(missing_ok=True)
    gone = set(unused)
    cids = {record.cid for path, record in records.values() if path not in gone}
    for path in (modules_dir / "built").glob("*"):
        if path.name not in cids and _is_old(path, before):
            path.unlink(missing_ok=True)
    folders = [*(modules_dir / "packages").glob("*"), *(modules_dir / "work").glob("*")]
    old = [folder for folder in folders if folder.name not in integrities and _is_old(folder, before)]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(unused), len(old)


def _closure(used: Collection[str], records: dict[str, Record]) -> set[str]:
    kept: set[str] = set()
    to_see = list(used)
    while to_see:
        address = to_see.pop()
        if address not in kept:
            kept.add(address)
            to_see += records[address].imports if address in records else ()
    return kept


def _take_bytes(path: Path, file: IO[bytes], source: Path) -> None:
    """Write the content of *file*, which may be large, to *path*, whose name is its hash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as taken:
        shutil.copyfileobj(file, taken)
        taken.flush()
        if file_cid(Path(taken.name)) != path.name:
            raise ModuleFailed(f"{source.name}: built/{path.name} is not what its name says")


def _read(source: Path, limits: Limits) -> Iterator[tuple[str, str, IO[bytes]]]:
    """Yield folder, name and the open content of each file of an archive."""
    try:
        with tarfile.open(source, "r|") as tar:
            for member in tar:
                folder, _, name = member.name.partition("/")
                most = (
                    max(limits.built_bytes, limits.package_file_bytes)
                    if folder == "built"
                    else _MAX_RECORD_BYTES
                )
                is_plain = member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()
                if (
                    folder not in _FOLDERS
                    or not is_plain
                    or member.size > most
                    or name != Path(name).name
                    or name in ("", ".", "..")
                ):
                    raise ModuleFailed(f"{source.name}: {member.name[:100]!r} is nothing of a module store")
                file = tar.extractfile(member)
                assert file is not None, "a regular file has content"
                yield folder, name, file
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise ModuleFailed(f"{source.name}: this is no archive of `modules export`: {error}") from error


def _check_record(name: str, content: bytes, source: Path) -> Record:
    try:
        record = msgspec.json.decode(content, type=Record)
    except msgspec.DecodeError as error:
        raise ModuleFailed(f"{source.name}: index/{name} can't be read: {error}") from error
    is_ours = record.address.startswith(PREFIX) and name == index_name(record.address)
    is_typed = record.content_type in (JAVASCRIPT, content_type_of(record.address))
    if not is_ours or not is_typed or Path(record.cid).name != record.cid:
        raise ModuleFailed(f"{source.name}: index/{name} is not of the module that its name says")
    return record


def _check_told(folder: str, name: str, content: bytes, source: Path) -> None:
    is_own_name = {"documents": is_document, EXPORTS: is_export_list}.get(folder, is_kept_lock)
    if not is_own_name(name, content):
        raise ModuleFailed(f"{source.name}: {folder}/{name} is not what its name says")


def _is_old(path: Path, before: float) -> bool:
    try:
        return path.stat().st_mtime < before
    except OSError:
        return False
