"""Fetch exact versions of packages from an npm registry and keep them in the data folder.

Under `<data>/modules`: `documents/{name}@{version}.json`, what the registry said of a version, trimmed to
what is used; `packages/{hash}/`, the unpacked archive, named after the sha512 it was checked against. What is
there is never asked for again, so a filled folder needs no registry.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import msgspec
import trio

from vibes_trio.config import Limits
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.late import late
from vibes_trio.modules.folder import make_folder, write_file
from vibes_trio.outbound import (
    UNREADABLE,
    Outbound,
    document_address,
    is_exact_version,
    is_package_name,
    parse_address,
)

if TYPE_CHECKING:
    import httpx2

    import vibes_trio.modules.registry.archive as archives
else:
    httpx2 = late("httpx2")
    archives = late("vibes_trio.modules.registry.archive")

_SHA512_BYTES = 64
# Types and source maps are half of many packages, and no part of any module.
NO_REGISTRY = (
    "this server asks no package registry (VIBES_REGISTRY_URL=none): name one there, bring what was fetched elsewhere"
    " with `vibes-trio modules import FILE`, or have pages load from the CDN (VIBES_MODULES=cdn)"
)
_NEVER_BUILT = (".d.ts", ".d.mts", ".d.cts", ".map")


class Document(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is known of one version of a package.

    Attributes:
        tarball: address of the archive as the registry gives it; it may name another host.
        integrity: `sha512-` and the base64 hash of the archive.
        dependencies, optional_dependencies, peer_dependencies: package name → range.
        optional_peers: names of peers that it can do without.
        is_native: it is for some systems only, or builds something when it is installed: nothing for a browser.
    """

    name: str
    version: str
    tarball: str
    integrity: str
    dependencies: Mapping[str, str] = {}
    optional_dependencies: Mapping[str, str] = {}
    peer_dependencies: Mapping[str, str] = {}
    optional_peers: tuple[str, ...] = ()
    is_native: bool = False


class _Dist(msgspec.Struct):
    tarball: str
    integrity: str = ""


class _PeerMeta(msgspec.Struct):
    optional: bool = False


class VersionDocument(msgspec.Struct, rename="camel"):
    """What a registry says of one version, as far as it is used."""

    name: str
    version: str
    dist: _Dist
    dependencies: dict[str, str] = {}
    optional_dependencies: dict[str, str] = {}
    peer_dependencies: dict[str, str] = {}
    peer_dependencies_meta: dict[str, _PeerMeta] = {}
    os: list[str] | str = []
    cpu: list[str] | str = []
    gypfile: bool = False
    has_install_script: bool = False


async def ensure_document(
    outbound: Outbound, modules_dir: Path, name: str, version: str, limits: Limits
) -> Document:
    """Return the document of exactly *version* of package *name*, from the folder or the registry.

    Raises:
        FetchFailed: it isn't in the folder, and the registry doesn't give it.
        ModuleFailed: the registry's answer is none, of another package, or without a sha512.
    """
    path = _document_path(modules_dir, name, version)
    try:
        return msgspec.json.decode(await trio.Path(path).read_bytes(), type=Document)
    except (FileNotFoundError, *UNREADABLE):
        document = await _fetch_document(outbound, name, version, limits)
    except OSError as error:
        raise ModuleFailed(f"{path.name} can't be read: {error.strerror}") from error
    await trio.to_thread.run_sync(keep_document, modules_dir, document)
    return document


def keep_document(modules_dir: Path, document: Document) -> None:
    """Put *document* where `ensure_document` finds it. Writes to the disk; call it from a thread.

    Raises:
        ModuleFailed: the disk refuses.
    """
    path = _document_path(modules_dir, document.name, document.version)
    write_file(path, msgspec.json.encode(document))


def is_document(name: str, content: bytes) -> bool:
    """Return whether *content* is a document that is kept in a file called *name*."""
    try:
        document = msgspec.json.decode(content, type=Document)
        parse_integrity(document.integrity)
        return _document_path(Path(), document.name, document.version).name == name
    except (msgspec.DecodeError, ModuleFailed):
        return False


async def ensure_package(outbound: Outbound, modules_dir: Path, document: Document, limits: Limits) -> Path:
    """Return the folder with the unpacked files of *document*'s package.

    Raises:
        FetchFailed: the archive can't be fetched.
        ModuleFailed: its hash is another one, or it is broken, hostile or over a limit.
    """
    folder = modules_dir / "packages" / parse_integrity(document.integrity).hex()[:40]
    if not await trio.Path(folder).is_dir():
        archive = await fetch_archive(outbound, document, limits)
        try:
            await trio.to_thread.run_sync(make_folder, folder, lambda new: _unpack(archive, new, limits))
        except ModuleFailed as error:
            raise ModuleFailed(f"{document.name}@{document.version}: {error}") from error
    return folder


async def fetch_archive(outbound: Outbound, document: Document, limits: Limits) -> bytes:
    """Return the archive of *document*'s package, checked against its sha512.

    Raises:
        FetchFailed: it can't be fetched.
        ModuleFailed: its hash is another one.
    """
    if outbound.registry is None:
        raise FetchFailed(f"{document.name}@{document.version}: {NO_REGISTRY}")
    archive = await outbound.fetch(
        rebase(document.tarball, outbound.registry.url_of(document.name)),
        max_bytes=limits.package_bytes,
        timeout_s=limits.package_timeout_s,
        accept="application/octet-stream",
        tries=limits.fetch_tries,
        is_hashed=True,
    )
    digest = await trio.to_thread.run_sync(lambda: hashlib.sha512(archive).digest())
    if digest != parse_integrity(document.integrity):
        raise ModuleFailed(
            f"{document.name}@{document.version}: the archive's sha512 is not the one announced"
        )
    return archive


def parse_integrity(text: str) -> bytes:
    """Return the sha512 in *text*, a list of `algorithm-base64` separated by blanks.

    Raises:
        ModuleFailed: it holds none. Weaker hashes don't count.
    """
    for part in text.split():
        algorithm, _, encoded = part.partition("-")
        if algorithm != "sha512":
            continue
        try:
            digest = base64.b64decode(encoded.partition("?")[0], validate=True)
        except binascii.Error:
            continue
        if len(digest) == _SHA512_BYTES:
            return digest
    raise ModuleFailed("the registry announces no sha512")


def rebase(tarball: str, registry_url: str) -> str:
    """Return the address of *tarball* at the registry *registry_url*.

    Mirrors hand on documents whose archives lie at the public host; only the configured one is ever asked.

    Raises:
        ModuleFailed: *tarball* is no address.
    """
    given, base = parse_address(tarball), httpx2.URL(registry_url)
    if given is None or ".." in unquote(tarball):
        raise ModuleFailed(f"the archive's address can't be used: {tarball[:200]!r}")
    path = given.raw_path.decode("ascii").partition("?")[0]
    prefix = base.raw_path.decode("ascii")
    return str(base.copy_with(raw_path=(prefix + path.removeprefix(prefix).lstrip("/")).encode()))


async def _fetch_document(outbound: Outbound, name: str, version: str, limits: Limits) -> Document:
    if outbound.registry is None:
        raise FetchFailed(f"{name}@{version}: {NO_REGISTRY}")
    body = await outbound.fetch(
        document_address(outbound.registry, name, version),
        max_bytes=limits.document_bytes,
        timeout_s=limits.package_timeout_s,
        accept="application/json",
        tries=limits.fetch_tries,
    )
    try:
        told = msgspec.json.decode(body, type=VersionDocument)
    except UNREADABLE as error:
        raise ModuleFailed(f"{name}@{version}: the registry's answer is no document: {error}") from error
    return to_document(told, name, version)


def to_document(told: VersionDocument, name: str, version: str) -> Document:
    """Return what is kept of *told*, which has to be of *version* of package *name*.

    Raises:
        ModuleFailed: it is of another, or announces no sha512.
    """
    if (told.name, told.version) != (name, version):
        raise ModuleFailed(
            f"{name}@{version}: the registry answered with {told.name[:100]}@{told.version[:100]}"
        )
    try:
        parse_integrity(told.dist.integrity)
    except ModuleFailed as error:
        raise ModuleFailed(f"{name}@{version}: {error}") from error
    # A registry lists optional ones among the others as well.
    needed = told.dependencies.items() - told.optional_dependencies.items()
    return Document(
        name=name,
        version=version,
        tarball=told.dist.tarball,
        integrity=told.dist.integrity,
        dependencies=dict(sorted(needed)),
        optional_dependencies=told.optional_dependencies,
        peer_dependencies=told.peer_dependencies,
        optional_peers=tuple(peer for peer, meta in told.peer_dependencies_meta.items() if meta.optional),
        is_native=bool(told.os or told.cpu or told.gypfile or told.has_install_script),
    )


def _document_path(modules_dir: Path, name: str, version: str) -> Path:
    if not is_package_name(name) or not is_exact_version(version):
        raise ModuleFailed(f"{name!r}@{version!r} is no package with an exact version")
    return modules_dir / "documents" / f"{name.replace('/', '+')}@{version}.json"


def _unpack(archive: bytes, folder: Path, limits: Limits) -> None:
    made = {folder}
    for name, content in archives.read_archive(archive, limits):
        if name.name.endswith(_NEVER_BUILT):
            continue
        path = folder / name
        if (
            path.parent not in made
        ):  # asking the system for each of a thousand files takes as long as writing them
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        with open(path, "wb") as file:
            file.writelines(content)
