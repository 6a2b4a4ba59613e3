"""Archives of packages: honest ones come apart, hostile ones don't."""

import gzip
import io
import struct
import tarfile
from collections.abc import Callable

import pytest
from fake_registry import pack
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.config import Limits
from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.registry.archive import read_archive

LIMITS = Limits(package_files=10, package_unpacked_bytes=100_000)


def unpack(archive: bytes, limits: Limits = LIMITS) -> dict[str, bytes]:
    return {str(name): b"".join(content) for name, content in read_archive(archive, limits)}


def tar(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz", format=tarfile.GNU_FORMAT) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def test_files_lose_the_first_part_of_their_names():
    archive = tar(("package/package.json", b"{}"), ("package/lib/a b.js", b"x"), ("other/ä.js", b""))

    assert unpack(archive) == {"package.json": b"{}", "lib/a b.js": b"x", "ä.js": b""}


def test_parts_of_a_name_that_mean_nothing_are_dropped():
    """Some tools write them, and they lead nowhere."""
    assert unpack(tar(("package/./lib/./x.js", b"x"))) == {"lib/x.js": b"x"}


def test_folders_are_passed_over():
    assert unpack(tar(("package/", b""), kind=tarfile.DIRTYPE)) == {}


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../evil",
        "package/../../evil",
        "package/..",
        "package/x/.",
        "package//x",
        "package",
        "",
        "package/a\\..\\..\\b",
        "package/C:evil",
        "package/a\nb",
        "package/a\x1b[2Jb",
        "package/\u202egpj.js",
        "package/" + "a/" * 600 + "b",
        "..",
        "./x/../../y",
    ],
)
def test_name_that_could_leave_the_folder_or_deceive_is_refused(name):
    with pytest.raises(ModuleFailed, match="is no name for a file"):
        unpack(tar((name, b"x")))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, b"7"])
def test_what_is_no_regular_file_is_refused(kind):
    with pytest.raises(ModuleFailed, match="no regular file"):
        unpack(tar(("package/x", b""), kind=kind, link="/etc/passwd"))


def test_sparse_file_is_refused():
    """Its few bytes could stand for terabytes of zeros."""
    with pytest.raises(ModuleFailed):
        unpack(tar(("package/x", b"\0" * 512), kind=tarfile.GNUTYPE_SPARSE))


def test_sparse_file_in_a_pax_header_is_refused():
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("package/x")
        info.pax_headers = {
            "GNU.sparse.map": "0,1",
            "GNU.sparse.size": str(2**40),
            "GNU.sparse.major": "0",
            "GNU.sparse.minor": "1",
        }
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))

    with pytest.raises(ModuleFailed):
        unpack(made.getvalue())


def test_too_many_files_are_refused():
    with pytest.raises(ModuleFailed, match="more than 10 files"):
        unpack(tar(*((f"package/{n}", b"") for n in range(11))))


def test_bomb_ends_at_the_limit():
    archive = gzip.compress(gzip.decompress(tar(("package/big", b"\0" * 10_000_000))))
    assert len(archive) < 20_000

    with pytest.raises(ModuleFailed, match="package_unpacked_bytes"):
        unpack(archive)


def test_bomb_in_a_header_ends_at_the_limit():
    """A long name is a file of its own in a tar, and could be as long as it likes."""
    with pytest.raises(ModuleFailed):
        unpack(tar(("package/" + "a" * 5_000_000, b"")))


def test_bomb_of_many_gzip_members_ends_at_the_limit():
    archive = tar(("package/x", b"x")) + gzip.compress(b"\0" * 1_000_000) * 5

    assert unpack(archive) == {"x": b"x"}  # what follows the end of the tar is not read on and on


def claim_size(archive: bytes, size: int) -> bytes:
    """Return *archive* with its first header claiming *size* bytes."""
    plain = bytearray(gzip.decompress(archive))
    plain[124:136] = b"\x80" + struct.pack(">Q", size).rjust(11, b"\0")
    plain[148:156] = b" " * 8
    plain[148:156] = f"{sum(plain[:512]):06o}\0 ".encode()
    return gzip.compress(bytes(plain))


@pytest.mark.parametrize("size", [10_000, 2**40, 2**63])
def test_file_that_claims_more_than_there_is_is_refused(size):
    with pytest.raises(ModuleFailed):
        unpack(claim_size(tar(("package/x", b"x" * 100)), size))


BREAK: list[Callable[[bytes], bytes]] = [
    lambda a: b"",
    lambda a: b"not an archive",
    lambda a: a[: len(a) // 2],
    lambda a: gzip.compress(b"not a tar, although gzip"),
    lambda a: gzip.compress(b"x" * 2000),
    lambda a: gzip.decompress(a),
    lambda a: a[:-8] + b"\xff" * 8,
]


@pytest.mark.parametrize("damage", BREAK)
def test_broken_archive_is_a_module_that_failed(damage):
    archive = damage(pack({f"{n}.js": bytes(range(256)) * 20 for n in range(5)}))

    with pytest.raises(ModuleFailed):
        unpack(archive)


@given(st.data())
def test_no_damage_gets_past_as_anything_but_a_typed_error(data):
    plain = bytearray(gzip.decompress(pack({"package.json": "{}", "a.js": "x" * 300})))
    for _ in range(data.draw(st.integers(1, 8))):
        plain[data.draw(st.integers(0, len(plain) - 1))] = data.draw(st.integers(0, 255))

    try:
        names = unpack(gzip.compress(bytes(plain), 1))
    except ModuleFailed:
        return

    assert all(".." not in name.split("/") and not name.startswith("/") for name in names)


def test_no_file_is_in_memory_as_a_whole():
    """A package of one file of 120 MB, 120 KB to send, was: the server's memory for all that clients send."""
    size = 8 * 1024 * 1024
    archive = pack({"index.js": b"1," * (size // 2)})
    ((_, pieces),) = ((name, iter(content)) for name, content in [next(read_archive(archive, Limits()))])

    lengths = [len(piece) for piece in pieces]

    assert sum(lengths) == size
    assert max(lengths) <= 64 * 1024
