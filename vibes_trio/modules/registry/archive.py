"""Take a package's archive (a gzipped tar) apart, trusting nothing in it.

Only regular files come out, under relative names without `..`; anything else that could touch the file
system (links, devices, absolute names) makes the whole archive hostile. What it unpacks to is bounded in
bytes and files while it is being unpacked, tar headers and padding included: no bomb gets past the bound.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO

from vibes_trio.config import Limits
from vibes_trio.errors import ModuleFailed

_READ_BYTES = 64 * 1024
_MAX_PATH_CHARS = 1024
_REGULAR = (tarfile.REGTYPE, tarfile.AREGTYPE)
_IGNORED = (tarfile.DIRTYPE,)
_RESERVED_CHARS = frozenset("\\:")  # on Windows they make another folder or stream of it


class _Bounded(io.RawIOBase):
    """The unpacked stream of a gzip file; reading past *max_bytes* of it fails."""

    def __init__(self, data: bytes, max_bytes: int) -> None:
        self._stream = gzip.GzipFile(fileobj=io.BytesIO(data))
        self._left = max_bytes

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > self._left + 1:
            size = self._left + 1
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise ModuleFailed("it unpacks to more than the limit (package_unpacked_bytes)")
        return data


def read_archive(data: bytes, limits: Limits) -> Iterator[tuple[PurePosixPath, Iterator[bytes]]]:
    """Yield name and content, in pieces, of each file of the archive *data*; the first part of every name is dropped.

    The pieces of one are there until the next is asked for. A file as a whole is not in memory: it may be as long as
    all that an archive may unpack to.

    Raises:
        ModuleFailed: broken, hostile or over a limit. What came before it is then not to be used.
    """
    with _told_as_broken():
        stream = _Bounded(data, limits.package_unpacked_bytes)
        with tarfile.open(fileobj=stream, mode="r|", bufsize=_READ_BYTES, encoding="utf-8") as tar:
            for count, member in enumerate(tar, 1):
                if count > limits.package_files:
                    raise ModuleFailed(f"it holds more than {limits.package_files} files")
                if member.type in _IGNORED:
                    continue
                if member.type not in _REGULAR or member.issparse() or member.size < 0:
                    raise ModuleFailed(f"{member.name!r} is no regular file")
                name = _parse_name(member.name)
                file = tar.extractfile(member)
                assert file is not None, "a regular file has content"
                yield name, _pieces_of(file)


def _pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    with _told_as_broken():
        while piece := file.read(_READ_BYTES):
            yield piece


@contextmanager
def _told_as_broken() -> Iterator[None]:
    try:
        yield
    except (
        tarfile.TarError,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        OverflowError,
        RecursionError,
    ) as error:
        raise ModuleFailed(f"its archive is broken: {error}") from error


def _parse_name(name: str) -> PurePosixPath:
    """Return *name* without its first part, once it is sure to stay inside the folder it is unpacked to."""
    folder, *parts = name.split("/")
    if (
        len(name) > _MAX_PATH_CHARS
        or folder in ("", "..")
        or not parts
        or any(part in ("", "..") for part in parts)
        or parts[-1] == "."
        or not name.isprintable()
        or _RESERVED_CHARS & set(name)
    ):
        raise ModuleFailed(f"{name[:100]!r} is no name for a file in a package")
    return PurePosixPath(*parts)
