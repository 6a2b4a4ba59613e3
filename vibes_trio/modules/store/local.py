"""The browser modules that this server serves itself, under `/~esm/`.

Under `<data>/modules`: `index/{address}.json`, one record a module; `built/{cid}`, its bytes. Both are
written in one step, bytes first, so whatever the index names is there. The index is read at start and kept in
memory; bytes are kept within a bound.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, unquote

import msgspec

from vibes_trio.cache import Kept
from vibes_trio.config import Limits
from vibes_trio.content.cid import calc_cid, file_cid
from vibes_trio.content.mime import mime_of
from vibes_trio.errors import ModuleFailed
from vibes_trio.exchange import Cid
from vibes_trio.modules.folder import copy_file, write_file, write_files
from vibes_trio.modules.store.addresses import PREFIX, Built, address_of
from vibes_trio.outbound import UNREADABLE

JAVASCRIPT = "application/javascript"
WOFF2 = "font/woff2"
OCTETS = "application/octet-stream"
JSON = "application/json"
_MAX_NAME_CHARS, _KEPT_CHARS = 220, 100
AS_IT_IS = "file"
CDN = "https://esm.sh/"
# https://esm.sh/{name}[@{version}][/{subpath}][?query]; a `v` before the version is allowed there
_CDN_ADDRESS = re.compile(
    r"https://esm\.sh/(?P<name>(?:@[\w.~-]+/)?[\w.~-]+)(?:@v?(?P<version>[^/?]+))?(?:/(?P<subpath>[^?]*))?(?:\?.*)?"
)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One module of the index.

    Attributes:
        address: where it is served, beginning with `/~esm/`.
        key: what it was built from and how (build.build_key); recipe: how alone (build.RECIPE). Both are
            `file` for one that is a package's file as it is.
        content_type: as `content_type_of` has it.
        imports: addresses of the modules it imports, and of the files that it names.
    """

    address: str
    key: str
    recipe: str
    cid: Cid
    size: int
    content_type: str
    imports: tuple[str, ...] = ()


class StoredModule(msgspec.Struct, frozen=True):
    """A module as it is served."""

    content: bytes
    cid: Cid
    content_type: str


class LocalModules:
    """The store, open. Its mutable state: the index; the bytes read so far, latest last; and which were found
    to be gone or damaged: those count as not there until they are stored anew."""

    def __init__(self, modules_dir: Path, records: Iterable[Record], limits: Limits) -> None:
        self._dir = modules_dir
        self._records: dict[str, Record] = {}
        self._plain: dict[str, Record] = {}  # those that are not built for a lock: a few, for every page
        self._local: dict[str, str | None] = {}  # what `_find_local` found among these
        self._limits = limits
        self._contents: Kept[Cid, bytes] = Kept(limits.module_cache_bytes, len)
        self._lost: set[Cid] = set()
        for record in records:
            self._add(record)

    def record(self, address: str) -> Record | None:
        """Return what the index says of *address*; another process may have added it."""
        record = self._records.get(address)
        if record is None and address.startswith(PREFIX):
            record = read_record(self._dir / "index" / index_name(address), self._dir)
            if record is not None and record.cid not in self._lost:
                self._add(record)
        return None if record is None or record.cid in self._lost else record

    def sizes(self) -> list[int]:
        """Return the bytes of each module that this process knows of. Any thread may ask."""
        return [record.size for record in self._records.copy().values()]

    def find_record(self, path: str) -> Record | None:
        """Return what the index says of the module served at *path*, as requested, without query."""
        return self.record(path) or self.record(unquote(path))

    def find(self, path: str) -> StoredModule | None:
        """Return the module served at *path*: a path as requested, without query.

        Bytes that are not what the index says (a damaged disk) count as missing. Large ones (`is_large`) are read
        anew each time: call it from a thread for these.
        """
        record = self.find_record(path)
        if record is None:
            return None
        content = self._contents.get(record.cid)
        if content is None:
            content = self._read(record.cid)
            if content is None:
                return None
            if not self.is_large(record):
                self._contents.put(record.cid, content)
        return StoredModule(content, record.cid, record.content_type)

    def is_large(self, record: Record) -> bool:
        """Return whether the module is too large to be kept in memory, or read by the event loop."""
        return record.size > self._limits.large_module_bytes

    def local_addresses(self, imports: Mapping[str, str]) -> dict[str, str]:
        """Return key → address on this server, for each entry of an import map whose module is here.

        A CDN address without version means the stored one; with another version it stays at the CDN. While
        anything stays there, the CDN's own addresses of stored modules are sent here as well: what it
        serves imports React from itself, and there must be one React.
        """
        local = {}
        for key, value in imports.items():
            address = self._find_local(value)
            if address is not None:
                local[key] = address
        if local and any(v.startswith(CDN) and k not in local for k, v in imports.items()):
            local |= self._cdn_redirects(local)
        return local

    def put(self, built: Built, recipe: str) -> Record:
        """Store *built*. Writes to the disk; call it from a thread.

        Raises:
            ModuleFailed: the disk refuses.
        """
        record = _record_of(built, recipe)
        self._write(record, built.code)
        return record

    def put_all(self, built: Sequence[Built], recipe: str) -> None:
        """Store *built*, all or nothing of each. Writes to the disk; call it from a thread.

        Raises:
            ModuleFailed: the disk refuses.
        """
        records = [_record_of(one, recipe) for one in built]
        contents = {self._dir / "built" / r.cid: one.code for r, one in zip(records, built, strict=True)}
        write_files(contents)
        write_files({self._dir / "index" / index_name(r.address): msgspec.json.encode(r) for r in records})
        for record in records:
            self._add(record)
            self._lost.discard(record.cid)

    def put_path(self, address: str, path: Path, limits: Limits) -> None:
        """Store the file *path* of a package as it is, without reading it as a whole. Call it from a thread.

        Raises:
            ModuleFailed: it is too large, or the disk refuses.
        """
        known = self._records.get(address)
        try:
            size = path.stat().st_size
            if known is not None and known.cid not in self._lost and known.size == size:
                return
            if size > limits.package_file_bytes:
                raise ModuleFailed(f"{path.name} has more than {limits.package_file_bytes} bytes")
            cid = file_cid(path)
        except OSError as error:
            raise ModuleFailed(f"{path.name} can't be read: {error.strerror}") from error
        kept = self._dir / "built" / cid
        if cid in self._lost:
            kept.unlink(missing_ok=True)
        copy_file(path, kept)
        record = Record(
            address=address,
            key=AS_IT_IS,
            recipe=AS_IT_IS,
            cid=cid,
            size=size,
            content_type=content_type_of(address),
        )
        write_file(self._dir / "index" / index_name(address), msgspec.json.encode(record))
        self._add(record)
        self._lost.discard(cid)

    def put_file(
        self, address: str, content: bytes, content_type: str, imports: tuple[str, ...] = ()
    ) -> None:
        """Store a package's file as it is. Writes to the disk; call it from a thread.

        Args:
            imports: addresses of what it needs beside it.

        Raises:
            ModuleFailed: the disk refuses.
        """
        record = Record(
            address=address,
            key=AS_IT_IS,
            recipe=AS_IT_IS,
            cid=calc_cid(content),
            size=len(content),
            content_type=content_type,
            imports=imports,
        )
        self._write(record, content)

    def _write(self, record: Record, content: bytes) -> None:
        write_file(self._dir / "built" / record.cid, content)
        write_file(self._dir / "index" / index_name(record.address), msgspec.json.encode(record))
        self._add(record)
        self._lost.discard(record.cid)

    def _add(self, record: Record) -> None:
        self._records[record.address] = record
        if "/~" not in record.address.removeprefix(PREFIX):
            self._plain[record.address] = record
            self._local.clear()

    def _read(self, cid: Cid) -> bytes | None:
        try:
            content: bytes | None = (self._dir / "built" / cid).read_bytes()
        except OSError:
            content = None
        if content is not None and calc_cid(content) == cid:
            return content
        self._lost.add(cid)
        return None

    def _find_local(self, cdn_address: str) -> str | None:
        if cdn_address not in self._local:
            if len(self._local) >= self._limits.lookup_cache_entries:
                self._local.clear()
            self._local[cdn_address] = self._look_for(cdn_address)
        return self._local[cdn_address]

    def _look_for(self, cdn_address: str) -> str | None:
        parts = parse_cdn_address(cdn_address)
        if parts is None:
            return None
        name, version, subpath = parts
        if version:
            address = address_of(name, version, subpath)
            return address if address in self._plain else None
        suffix = f"/{subpath}" if subpath else ""
        start = address_of(name, "", "")
        stored = [
            a for a in self._plain if a.startswith(start) and a.partition("@")[2] and _fits(a, start, suffix)
        ]
        return max(stored, default=None)

    def _cdn_redirects(self, local: Mapping[str, str]) -> dict[str, str]:
        """Return the addresses by which modules of the CDN import stored ones → addresses here."""
        redirects = {CDN + key[1:]: address for key, address in local.items() if key.startswith("/")}
        for address, record in self._plain.items():
            if record.recipe == AS_IT_IS:
                continue  # no module: the CDN's modules know nothing of it
            package = address.removeprefix("/~esm/")
            name, _, rest = package.rpartition("@")
            version, _, subpath = rest.partition("/")
            file = subpath or name.rpartition("/")[2]
            redirects[f"{CDN}{package}"] = address
            redirects[f"{CDN}{name}@{version}/es2022/{file}.mjs"] = address
        return redirects


def parse_cdn_address(address: str) -> tuple[str, str, str] | None:
    """Return package, version (may be empty, a range or a dist-tag) and subpath of an address of the CDN."""
    parts = _CDN_ADDRESS.fullmatch(address)
    return (parts["name"], parts["version"] or "", parts["subpath"] or "") if parts else None


def open_store(data_dir: Path, limits: Limits) -> LocalModules:
    """Return the store in *data_dir* with all that its index names. Reads the disk.

    A record that can't be read is passed over: its module is built again.
    """
    modules_dir = data_dir / "modules"
    records = []
    for path in sorted((modules_dir / "index").glob("*.json")):
        record = read_record(path, modules_dir)
        if record is not None:
            records.append(record)
    return LocalModules(modules_dir, records, limits)


def read_record(path: Path, modules_dir: Path) -> Record | None:
    """Return the record in the file *path* of the index; None: there is none, or not what it speaks of."""
    try:
        record = msgspec.json.decode(path.read_bytes(), type=Record)
    except (OSError, *UNREADABLE):
        return None
    is_whole = (modules_dir / "built" / record.cid).is_file() and path.name == index_name(record.address)
    return record if is_whole else None


def index_name(address: str) -> str:
    """Return the name of the index's file on *address*: no longer than disks take."""
    name = quote(address.removeprefix("/~esm/"), safe="@")
    if len(name) > _MAX_NAME_CHARS:
        name = name[:_KEPT_CHARS] + hashlib.sha256(address.encode()).hexdigest()
    return f"{name}.json"


def content_type_of(address: str) -> str:
    """Return the type that a package's file served at *address* goes by."""
    mime = mime_of(unquote(address)) or OCTETS
    return JAVASCRIPT if mime in ("text/javascript", JAVASCRIPT) else mime


def _record_of(built: Built, recipe: str) -> Record:
    return Record(
        address=built.address,
        key=built.key,
        recipe=recipe,
        cid=calc_cid(built.code),
        size=len(built.code),
        content_type=JAVASCRIPT,
        imports=built.imports,
    )


def _fits(address: str, start: str, suffix: str) -> bool:
    return address.removeprefix(start).partition("/")[1:] == (suffix[:1], suffix[1:])
