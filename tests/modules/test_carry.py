"""Moving a store to another folder, hostile archives of it, and clearing away what nobody uses."""

import io
import os
import tarfile
from pathlib import Path

import msgspec
import pytest
from fake_registry import integrity_of

from vibes_trio.config import Limits
from vibes_trio.content.cid import calc_cid
from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.carry import collect_unused, export_store, import_store
from vibes_trio.modules.registry.fetch import Document
from vibes_trio.modules.resolve.kept_locks import KeptLock, lock_name
from vibes_trio.modules.resolve.package_lock import Lock
from vibes_trio.modules.store.addresses import Built
from vibes_trio.modules.store.exported import ExportList, find_exports, keep_exports
from vibes_trio.modules.store.local import WOFF2, Record, index_name, open_store

LIMITS = Limits()
A, B, C = "/~esm/a@1.0.0/~aa", "/~esm/@s/b@1.0.0/~bb/part", "/~esm/c@1.0.0"


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A data folder with three modules, of which the first imports the second."""
    data_dir = tmp_path / "from"
    store = open_store(data_dir, LIMITS)
    store.put(Built(A, "k", b"import './b'; export default 'a'", (B,)), "r")
    store.put(Built(B, "k", b"export default 'b'", ()), "r")
    store.put(Built(C, "k", b"export default 'c'", ()), "r")
    return data_dir


def test_an_imported_store_serves_the_same_bytes(tmp_path, filled):
    exported = export_store(filled / "modules", tmp_path / "store.tar")
    imported = import_store(tmp_path / "to" / "modules", tmp_path / "store.tar", LIMITS)

    before, after = open_store(filled, LIMITS), open_store(tmp_path / "to", LIMITS)
    assert (exported, imported) == (3, 3)
    assert [after.find(address) for address in (A, B, C)] == [before.find(a) for a in (A, B, C)]
    assert after.find(A).content == b"import './b'; export default 'a'"
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".new")] == []


def test_a_file_of_a_package_travels_as_it_is(tmp_path, filled):
    font = "/~esm/font@1.0.0/files/a.woff2"
    open_store(filled, LIMITS).put_file(font, b"wOF2", WOFF2)

    export_store(filled / "modules", tmp_path / "store.tar")
    import_store(tmp_path / "to" / "modules", tmp_path / "store.tar", LIMITS)

    found = open_store(tmp_path / "to", LIMITS).find(font)
    assert (found.content, found.content_type) == (b"wOF2", "font/woff2")


def test_what_packages_export_travels_too(tmp_path, filled):
    keep_exports(filled / "modules", [ExportList("a@1.0.0", "part", ("x",))], LIMITS)

    export_store(filled / "modules", tmp_path / "store.tar")
    import_store(tmp_path / "to" / "modules", tmp_path / "store.tar", LIMITS)

    assert find_exports(tmp_path / "to" / "modules", "a@1.0.0", "part") == {"x"}


def test_large_files_travel_and_have_to_be_what_their_name_says(tmp_path, filled):
    big = tmp_path / "big.wasm"
    big.write_bytes(b"w" * 3_000_000)
    store = open_store(filled, LIMITS)
    store.put_path("/~esm/kit@1.0.0/~file-ab/dist/big.wasm", big, LIMITS)
    record = store.record("/~esm/kit@1.0.0/~file-ab/dist/big.wasm")

    export_store(filled / "modules", tmp_path / "store.tar")
    import_store(tmp_path / "to" / "modules", tmp_path / "store.tar", LIMITS)
    (filled / "modules" / "built" / record.cid).write_bytes(b"x" * 3_000_000)
    export_store(filled / "modules", tmp_path / "changed.tar")

    found = open_store(tmp_path / "to", LIMITS).find(record.address)
    assert (found.content_type, len(found.content)) == ("application/wasm", 3_000_000)
    with pytest.raises(ModuleFailed, match="not what its name says"):
        import_store(tmp_path / "other" / "modules", tmp_path / "changed.tar", LIMITS)
    assert [
        path.name for path in (tmp_path / "other" / "modules" / "built").iterdir() if "taken" in path.name
    ] == []


def test_what_new_apps_find_their_packages_by_travels_too_and_replaces_nothing(tmp_path, filled):
    for name, content in ((A_DOCUMENT, DOCUMENT), (A_LOCK, lock())):
        (filled / "modules" / name).parent.mkdir()
        (filled / "modules" / name).write_bytes(content)
    export_store(filled / "modules", tmp_path / "store.tar")
    there = tmp_path / "to" / "modules"
    (there / A_DOCUMENT).parent.mkdir(parents=True)
    (there / A_DOCUMENT).write_bytes(b"its own")

    import_store(there, tmp_path / "store.tar", LIMITS)

    assert (there / A_DOCUMENT).read_bytes() == b"its own"
    assert (there / A_LOCK).read_bytes() == lock()


def test_an_open_store_finds_what_another_process_added(tmp_path, filled):
    early = open_store(tmp_path / "to", LIMITS)
    export_store(filled / "modules", tmp_path / "store.tar")
    import_store(tmp_path / "to" / "modules", tmp_path / "store.tar", LIMITS)

    assert early.record(A).imports == (B,)
    assert early.find(A) is not None


def archive(path: Path, *files: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size, info.type = len(content), kind
            info.linkname = "/etc/passwd" if kind != tarfile.REGTYPE else ""
            tar.addfile(info, io.BytesIO(content))
    return path


def record(**changes: object) -> bytes:
    whole = Record(
        address=C,
        key="k",
        recipe="r",
        cid=calc_cid(b"c"),
        size=1,
        content_type="application/javascript",
    )
    return msgspec.json.encode(msgspec.structs.replace(whole, **changes))


def lock(address: str = A) -> bytes:
    kept = KeptLock(wanted={"a": "*"}, lock=Lock(modules={"a": address}), resolved=0)
    return msgspec.json.encode(kept)


DOCUMENT = msgspec.json.encode(
    Document(name="a", version="1.0.0", tarball="https://public.test/a.tgz", integrity=integrity_of(b"a"))
)
A_DOCUMENT = "documents/a@1.0.0.json"
A_LOCK = f"locks/{lock_name({'a': '*'})}"
BYTES = (f"built/{calc_cid(b'c')}", b"c")
INDEX = f"index/{index_name(C)}"
HOSTILE = {
    "other bytes": [(BYTES[0], b"evil")],
    "bytes that are not there": [(INDEX, record())],
    "a path out of the store": [("built/../../evil", b"c")],
    "an absolute path": [("/built/x", b"c")],
    "another folder": [("packages/x", b"c")],
    "a deep path": [("built/x/y", b"c")],
    "the folder itself": [("built/..", b"c")],
    "an address that is not ours": [BYTES, (INDEX, record(address="/"))],
    "another module's record": [BYTES, (INDEX, record(address=A))],
    "a page": [BYTES, (INDEX, record(content_type="text/html"))],
    "a path for bytes": [BYTES, (INDEX, record(cid="../index/x"))],
    "no record": [BYTES, (INDEX, b"{}")],
    "no document": [("documents/a@1.0.0.json", b"{}")],
    "another version's document": [("documents/a@1.0.1.json", DOCUMENT)],
    "a document without sha512": [(A_DOCUMENT, DOCUMENT.replace(b"sha512", b"sha1"))],
    "a document of no package": [("documents/..@1.0.0.json", DOCUMENT.replace(b'"a"', b'".."'))],
    "no lock": [("locks/x.json", b"{}")],
    "another lock": [("locks/x.json", lock())],
    "a lock of modules elsewhere": [(A_LOCK, lock("https://evil.test/a.js"))],
}


@pytest.mark.parametrize("files", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_archive_is_refused_and_names_no_module(tmp_path, files):
    source = archive(tmp_path / "evil.tar", *files)

    with pytest.raises(ModuleFailed, match=r"evil\.tar"):
        import_store(tmp_path / "to" / "modules", source, LIMITS)

    assert open_store(tmp_path / "to", LIMITS).find(C) is None
    assert {path.name for path in tmp_path.iterdir()} <= {"evil.tar", "to"}


def test_links_are_refused(tmp_path):
    source = archive(tmp_path / "evil.tar", ("built/x", b""), kind=tarfile.SYMTYPE)

    with pytest.raises(ModuleFailed, match="nothing of a module store"):
        import_store(tmp_path / "modules", source, LIMITS)


def test_a_module_over_the_limit_is_refused(tmp_path):
    with pytest.raises(ModuleFailed, match="nothing of a module store"):
        import_store(
            tmp_path / "modules",
            archive(tmp_path / "x.tar", BYTES),
            Limits(built_bytes=0, package_file_bytes=0),
        )


def test_what_is_no_archive_is_said_so(tmp_path):
    (tmp_path / "x.tar").write_bytes(b"words" * 500)

    with pytest.raises(ModuleFailed, match="no archive of `modules export`"):
        import_store(tmp_path / "modules", tmp_path / "x.tar", LIMITS)


def age(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (1000, 1000))


def test_what_is_used_stays_with_all_that_it_imports(filled):
    modules_dir = filled / "modules"
    for name in ("packages/used", "packages/unused", "work/left"):
        (modules_dir / name).mkdir(parents=True)
    age(modules_dir)

    gone = collect_unused(modules_dir, {A}, {"used"}, before=2000)

    store = open_store(filled, LIMITS)
    assert gone == (1, 2)
    assert [store.find(address) is not None for address in (A, B, C)] == [True, True, False]
    assert len(list((modules_dir / "built").iterdir())) == 2
    assert [path.name for path in (modules_dir / "packages").iterdir()] == ["used"]


def test_what_is_young_stays(filled):
    assert collect_unused(filled / "modules", set(), set(), before=2000) == (0, 0)
    assert open_store(filled, LIMITS).find(C) is not None
