"""The catalogue of what a hostile or broken registry can say, and what its archives can hold.

For every case: a typed error that says what is wrong, nothing written outside the store, nothing half inside it,
and no request to any host but the registry (`hostile_world` and `World.written` check the last three). What
packages can hold is in test_hostile_packages.py.
"""

import gzip
import io
import json
import stat
import tarfile
from collections.abc import Callable
from dataclasses import replace

import httpx2
import pytest
import trio
from fake_registry import integrity_of, pack
from hostile_registry import LIMITS, Reply, answer, hostile_world

from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.outbound import Registry, open_outbound

GOOD = pack({"package.json": '{"name": "pkg"}', "index.js": "export default 1"})
DIST = {"tarball": "https://public.test/pkg/-/pkg-1.2.3.tgz", "integrity": integrity_of(GOOD)}
DOCUMENT = {"name": "pkg", "version": "1.2.3", "dist": DIST}

# --- names and ranges, as an app or a dependency may write them: none reaches the registry or the disk

NAMES = {
    "climbing": ("../evil", "1.0.0"),
    "climbing in a scope": ("@../evil", "1.0.0"),
    "climbing behind a scope": ("@own/../evil", "1.0.0"),
    "two dots": ("..", "1.0.0"),
    "one dot": (".", "1.0.0"),
    "absolute": ("/etc/passwd", "1.0.0"),
    "an encoded slash": ("a%2fb", "1.0.0"),
    "encoded dots": ("%2e%2e", "1.0.0"),
    "two slashes": ("@own/a/b", "1.0.0"),
    "a scope alone": ("@own/", "1.0.0"),
    "an empty scope": ("@/a", "1.0.0"),
    "nothing": ("", "1.0.0"),
    "a backslash": ("a\\b", "1.0.0"),
    "a null byte": ("a\0b", "1.0.0"),
    "a line break": ("a\r\nhost: evil", "1.0.0"),
    "an escape sequence": ("a\x1b[2Jb", "1.0.0"),
    "a letter that looks like another": ("re\u0430ct", "1.0.0"),
    "a full-width dot": ("a\uff0e\uff0e", "1.0.0"),
    "text turned round": ("a\u202eb", "1.0.0"),
    "too long": ("a" * 215, "1.0.0"),
    "a part of every object": ("__proto__", "1.0.0"),
    "a drive": ("C:evil", "1.0.0"),
    "a device with a colon": ("con:", "1.0.0"),
    "a query": ("a?b=1", "1.0.0"),
    "a fragment": ("a#b", "1.0.0"),
    "another host": ("//evil.test/a", "1.0.0"),
    "a user": ("a@evil.test", "1.0.0"),
    "the folder of packages": ("node_modules", "1.0.0"),
    "a version that climbs": ("pkg", "1.0.0/../../x"),
    "a version of many signs": ("pkg", "1.0.0-" + "a" * 300),
    "a range from git": ("pkg", "git+ssh://git@evil.test/x.git"),
    "a range from GitHub": ("pkg", "evil/x"),
    "a range that is an address": ("pkg", "https://evil.test/x.tgz"),
    "a range that is a file": ("pkg", "file:../../etc"),
    "a range that is a link": ("pkg", "link:/etc"),
    "a range in a workspace": ("pkg", "workspace:*"),
    "an alias of an address": ("pkg", "npm:https://evil.test/x"),
    "an alias that climbs": ("pkg", "npm:../evil@1"),
    "a range without end": ("pkg", "1 || " * 1000),
}  # fmt: skip


@pytest.mark.parametrize("kind", NAMES)
async def test_name_or_range_that_is_none_goes_nowhere(tmp_path, kind):
    name, wanted = NAMES[kind]

    async with hostile_world(tmp_path) as world:
        with pytest.raises(ModuleFailed, match=r"no range of a package|no package with an exact version"):
            await world.bring(name, wanted)

        assert world.registry.asked == []
        assert world.written() == set()


# --- documents of one version: what they say, and of which kind the error is

DOCUMENTS = {
    "no JSON": (b"<html>", "is no document"),
    "nothing": (b"", "is no document"),
    "half": (json.dumps(DOCUMENT).encode()[:-9], "is no document"),
    "not UTF-8": (b'{"name": "\xff\xfe"}', "is no document"),
    "a list": ([], "is no document"),
    "nested without end": (b'{"x":' + b"[" * 40_000 + b"]" * 40_000 + b"}", "is no document"),
    "another package": (DOCUMENT | {"name": "evil"}, "answered with evil"),
    "another version": (DOCUMENT | {"version": "1.2.4"}, "answered with pkg@1.2.4"),
    "a number as version": (DOCUMENT | {"version": 1}, "is no document"),
    "a huge number": (b'{"name": "pkg", "version": 1' + b"0" * 5000 + b"}", "is no document"),
    "no archive": ({"name": "pkg", "version": "1.2.3"}, "is no document"),
    "no hash": (DOCUMENT | {"dist": {"tarball": DIST["tarball"]}}, "announces no sha512"),
    "sha1 alone": (DOCUMENT | {"dist": DIST | {"integrity": "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="}}, "no sha512"),
    "shasum alone": (DOCUMENT | {"dist": {"tarball": DIST["tarball"], "shasum": "da39a3ee"}}, "no sha512"),
    "half a hash": (DOCUMENT | {"dist": DIST | {"integrity": "sha512-qqqq"}}, "no sha512"),
    "a hash that climbs": (DOCUMENT | {"dist": DIST | {"integrity": "sha512-../../../evil"}}, "no sha512"),
    "dependencies in a list": (DOCUMENT | {"dependencies": ["a"]}, "is no document"),
    "dependencies in numbers": (DOCUMENT | {"dependencies": {"a": 1}}, "is no document"),
    "more than the limit": (DOCUMENT | {"readme": "x" * 200_000}, "more than 100000 bytes"),
    "an archive at a file": (DOCUMENT | {"dist": DIST | {"tarball": "file:///etc/passwd"}}, "can't be used"),
    "an archive in the address": (DOCUMENT | {"dist": DIST | {"tarball": "data:,x"}}, "can't be used"),
    "an archive at no scheme": (DOCUMENT | {"dist": DIST | {"tarball": "/pkg/-/pkg.tgz"}}, "can't be used"),
    "an archive at half an address": (DOCUMENT | {"dist": DIST | {"tarball": "//evil.test"}}, "can't be used"),
    "an archive that climbs": (DOCUMENT | {"dist": DIST | {"tarball": "https://a/x/../y"}}, "can't be used"),
    "an archive that climbs encoded": (DOCUMENT | {"dist": DIST | {"tarball": "https://a/%2e%2e/y"}}, "can't be used"),
    "an archive with a line break": (DOCUMENT | {"dist": DIST | {"tarball": "https://a/\r\nb: c"}}, "can't be used"),
}  # fmt: skip


@pytest.mark.parametrize("kind", DOCUMENTS)
async def test_document_that_is_none_is_refused(tmp_path, kind):
    told, says = DOCUMENTS[kind]

    async with hostile_world(tmp_path) as world:
        world.add("pkg", "1.2.3", GOOD)
        world.registry.answers["/pkg/1.2.3"] = answer(told)

        with pytest.raises((ModuleFailed, FetchFailed), match=says):
            await world.bring("pkg", "1.2.3")

        assert world.registry.asked == ["/pkg/1.2.3"]
        assert world.written() <= {"documents/pkg@1.2.3.json"}


# --- archives whose address is anywhere: they are asked for at the registry all the same

ELSEWHERE = {
    "another host": "http://127.0.0.1:{other}/pkg/-/pkg-1.2.3.tgz",
    "another host with a name": "https://localhost:{other}/pkg/-/pkg-1.2.3.tgz",
    "the registry as user of another host": "http://127.0.0.1:{registry}@127.0.0.1:{other}/pkg/-/pkg-1.2.3.tgz",
    "with a password": "http://user:password@127.0.0.1:{registry}/pkg/-/pkg-1.2.3.tgz",
    "with a query": "http://127.0.0.1:{other}/pkg/-/pkg-1.2.3.tgz?token=1#x",
    "with slashes": "http://127.0.0.1:{other}//pkg/-/pkg-1.2.3.tgz",
}


@pytest.mark.parametrize("kind", ELSEWHERE)
async def test_archive_is_asked_for_at_the_registry_alone(tmp_path, kind):
    async with hostile_world(tmp_path) as world:
        tarball = ELSEWHERE[kind].format(registry=world.registry.port, other=world.other.port)
        world.add("pkg", "1.2.3", GOOD, dist=DIST | {"tarball": tarball})

        await world.bring("pkg", "1.2.3")

        assert world.registry.asked == ["/pkg/1.2.3", "/pkg/-/pkg-1.2.3.tgz"]


async def test_strongest_of_several_hashes_counts(tmp_path):
    async with hostile_world(tmp_path) as world:
        both = f"sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= {integrity_of(b'another')}"
        world.add("pkg", "1.2.3", GOOD, dist=DIST | {"integrity": both})

        with pytest.raises(ModuleFailed, match="sha512 is not the one announced"):
            await world.bring("pkg", "1.2.3")

        assert world.written() == {"documents/pkg@1.2.3.json"}


# --- answers that are wrong as HTTP, told instead of the document or of the archive


async def drip(stream: trio.SocketStream) -> None:
    """Send a byte now and then, for ever."""
    await stream.send_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    while True:
        await stream.send_all(b" ")
        await trio.sleep(0.05)


async def say_nothing(stream: trio.SocketStream) -> None:
    """Take the request and leave it at that."""
    await trio.sleep_forever()


def sent_to(where: str, status: int = 302) -> bytes:
    return answer(b"", status, location=where)


HTTP: dict[str, tuple[Reply, str]] = {
    "not authorized": (answer(b"", 401), "status 401"),
    "forbidden": (answer(b"", 403), "status 403"),
    "not found": (answer({"error": "not_found"}, 404), "status 404"),
    "too many requests": (answer(b"", 429, retry_after="100000"), "status 429"),
    "an error": (answer(b"", 500), "status 500"),
    "not available": (answer(b"", 503, retry_after="Fri, 31 Dec 9999 23:59:59 GMT"), "status 503"),
    "a status that is none": (b"HTTP/1.1 999 Odd\r\n\r\n", "status 999"),
    "no HTTP": (b"220 smtp.evil.test ESMTP\r\n", "127.0.0.1"),
    "nothing": (b"", "127.0.0.1"),
    "a header without end": (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 300_000, "127.0.0.1"),
    "less than announced": (b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{", "127.0.0.1"),
    "more bytes than fit": (b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n" + b" " * 9_000_000, "more than"),
    "a length that is none": (b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n{}", "127.0.0.1"),
    "two lengths": (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}x", "127.0.0.1"),
    "a chunk that is none": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n{}", "127.0.0.1"),
    "a bomb as encoding": (answer(gzip.compress(b" " * 20_000_000), content_encoding="gzip"), "compressed although"),
    "an unknown encoding": (answer(b"{}", content_encoding="br, gzip"), "compressed although"),
    "a drip": (drip, "no answer within"),
    "silence": (say_nothing, "no answer within"),
    "sent to another host": (sent_to("http://127.0.0.1:{other}/x"), "another host"),
    "sent to a name of this host": (sent_to("http://localhost:{registry}/x"), "another host"),
    "sent to another scheme": (sent_to("https://127.0.0.1:{registry}/x"), "another host"),
    "sent on without a scheme": (sent_to("//127.0.0.1:{other}/x"), "another host"),
    "sent on for good": (sent_to("http://127.0.0.1:{other}/x", 308), "another host"),
    "sent behind a user": (sent_to("http://127.0.0.1:{registry}@127.0.0.1:{other}/"), "another host"),
    "sent with backslashes": (sent_to("\\\\127.0.0.1:{other}\\x"), "127.0.0.1"),
    "sent to a file": (sent_to("file:///etc/passwd"), "another host"),
    "sent to data": (sent_to("data:application/json,%7B%7D"), "127.0.0.1"),
    "sent in a circle": (sent_to("?again"), "127.0.0.1"),
    "sent to no address": (sent_to("http://["), "127.0.0.1"),
    "sent to no port": (sent_to("http://127.0.0.1:99999999/"), "127.0.0.1"),
    "sent to an odd name": (sent_to("http://xn--/"), "127.0.0.1"),
}  # fmt: skip


ARCHIVE = "/pkg/-/pkg-1.2.3.tgz"
# Only an archive's hash is known, so only an archive may come from elsewhere: see below.
AWAY = [kind for kind, (_, says) in HTTP.items() if says == "another host" and "file" not in kind]
AWAY.append("sent with backslashes")


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        (kind, asked)
        for kind in HTTP
        for asked in ("/pkg/1.2.3", "/pkg", ARCHIVE)
        if not (kind in AWAY and asked == ARCHIVE)
    ],
)
async def test_answer_that_is_wrong_as_http_is_a_failed_fetch(tmp_path, kind, asked):
    reply, says = HTTP[kind]
    limits = LIMITS if isinstance(reply, bytes) else replace(LIMITS, package_timeout_s=0.5)

    async with hostile_world(tmp_path, limits) as world:
        world.add("pkg", "1.2.3", GOOD)
        if isinstance(reply, bytes):
            for name, server in (("registry", world.registry), ("other", world.other)):
                reply = reply.replace(f"{{{name}}}".encode(), str(server.port).encode())
        world.registry.answers[asked] = reply

        with pytest.raises(FetchFailed, match=says):
            await world.bring("pkg", "^1.0.0" if asked == "/pkg" else "1.2.3")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_archive_is_taken_from_another_host_if_its_hash_is_the_one_announced(tmp_path, status):
    async with hostile_world(tmp_path, asks_others=True) as world:
        world.add("pkg", "1.2.3", GOOD)
        to = f"http://127.0.0.1:{world.other.port}/x"
        world.registry.answers[ARCHIVE] = answer(b"", status, location=to)
        world.other.answers["/x"] = answer(GOOD)

        folder = await world.bring("pkg", "1.2.3")

        assert (folder / "package.json").is_file()
        assert world.other.asked == ["/x"]


async def test_archive_from_another_host_is_refused_if_its_hash_is_another_one(tmp_path):
    async with hostile_world(tmp_path, asks_others=True) as world:
        world.add("pkg", "1.2.3", GOOD)
        to = f"http://127.0.0.1:{world.other.port}/x"
        world.registry.answers[ARCHIVE] = answer(b"", 302, location=to)
        world.other.answers["/x"] = answer(GOOD + b"\0")

        with pytest.raises(ModuleFailed, match="sha512 is not the one announced"):
            await world.bring("pkg", "1.2.3")

        assert world.written() <= {"documents/pkg@1.2.3.json"}


async def test_https_is_not_left_for_http(tmp_path):
    asked: list[str] = []

    async def send_on(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(302, headers={"location": "http://registry.test/x"})

    registry = Registry("https://registry.test/", credentials={"//registry.test/": "Bearer secret"})
    async with open_outbound(registry, LIMITS, {}, httpx2.MockTransport(send_on)) as outbound:
        with pytest.raises(FetchFailed, match="another host"):
            await outbound.fetch("https://registry.test/pkg", max_bytes=1, timeout_s=1.0)

    assert asked == ["https://registry.test/pkg"]


# --- lists of versions, asked for by a range

ONE = {"1.2.3": DOCUMENT}
LISTS = {
    "no JSON": (b"<html>", "1", "no list of versions"),
    "a list": ([], "1", "no list of versions"),
    "no versions": ({"name": "pkg"}, "1", "no version of it fits"),
    "versions in a list": ({"name": "pkg", "versions": ["1.2.3"]}, "1", "no list of versions"),
    "tags in a list": ({"name": "pkg", "dist-tags": [], "versions": ONE}, "1", "no list of versions"),
    "a tag that is a number": ({"name": "pkg", "dist-tags": {"latest": 1}, "versions": ONE}, "1", "no list"),
    "a tag of a version that is not there": (
        {"name": "pkg", "dist-tags": {"latest": "9.9.9"}, "versions": ONE}, "latest", "no version of it fits",
    ),
    "a tag that climbs": (
        {"name": "pkg", "dist-tags": {"latest": "../../x"}, "versions": {"../../x": DOCUMENT}}, "latest", "no version",
    ),
    "versions that are none": (
        {"name": "pkg", "versions": dict.fromkeys(("../x", "latest", "", "1"), DOCUMENT)}, "*", "no version",
    ),
    "a version of another package": (
        {"name": "pkg", "versions": {"1.2.3": DOCUMENT | {"name": "evil"}}}, "1", "answered with evil",
    ),
    "a version under another key": ({"name": "pkg", "versions": {"1.9.0": DOCUMENT}}, "1", "answered with pkg@1.2.3"),
    "a version that is null": ({"name": "pkg", "versions": {"1.2.3": None}}, "1", "no list of versions"),
    "a version nested without end": (
        b'{"name": "pkg", "versions": {"1.2.3": ' + b"[" * 40_000 + b"]" * 40_000 + b"}}", "1", "no list of versions",
    ),
    "a version beyond all numbers": (
        {"name": "pkg", "versions": {f"{10**40}.0.0": DOCUMENT}}, ">=1", "answered with pkg@1.2.3",
    ),
    "more versions than anybody has": (
        {"name": "pkg", "versions": {f"1.0.{n}": 0 for n in range(100_000)}}, "1", "more than 20000 versions",
    ),
    "more bytes than fit": (b" " * 6_000_000, "1", "more than 5000000 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("kind", LISTS)
async def test_list_that_is_none_is_refused(tmp_path, kind):
    told, wanted, says = LISTS[kind]

    async with hostile_world(tmp_path) as world:
        world.add("pkg", "1.2.3", GOOD)
        world.registry.answers["/pkg"] = answer(told)

        with pytest.raises((ModuleFailed, FetchFailed), match=says):
            await world.bring("pkg", wanted)

        assert world.registry.asked == ["/pkg"]
        assert world.written() == set()


# --- archives, with the right hash

Member = tuple[str, bytes, Callable[[tarfile.TarInfo], None]]


def as_is(info: tarfile.TarInfo) -> None:
    """Leave a member as it is."""


def of_kind(kind: bytes, link: str = "") -> Callable[[tarfile.TarInfo], None]:
    def change(info: tarfile.TarInfo) -> None:
        info.type, info.linkname = kind, link

    return change


def with_pax(**headers: str) -> Callable[[tarfile.TarInfo], None]:
    def change(info: tarfile.TarInfo) -> None:
        info.pax_headers = {name.replace("_", "."): value for name, value in headers.items()}

    return change


def with_mode(info: tarfile.TarInfo) -> None:
    info.mode, info.uid, info.mtime = 0o6777, 0, 2**33


def tar(*members: Member | tuple[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """Return an archive of *members*: name, content, and what is to be changed about it."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz", format=form) as archive:
        for name, content, *change in (("package/package.json", b"{}"), *members):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for act in change:
                act(info)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


ARCHIVES = {
    "nothing": (b"", "broken"),
    "no archive": (b"not an archive", "broken"),
    "a tar without gzip": (gzip.decompress(tar()), "broken"),
    "gzip without a tar": (gzip.compress(b"x" * 5000), "broken"),
    "half": (GOOD[: len(GOOD) // 2], "broken"),
    "bytes behind its end": (GOOD + b"trailing" * 100, "broken"),
    "climbing": (tar(("package/../../../evil.js", b"x")), "no name for a file"),
    "climbing at once": (tar(("../evil.js", b"x")), "no name for a file"),
    "absolute": (tar(("/tmp/evil.js", b"x")), "no name for a file"),
    "a Windows path": (tar(("package/..\\..\\evil.js", b"x")), "no name for a file"),
    "a drive": (tar(("package/C:/evil.js", b"x")), "no name for a file"),
    "a stream of a file": (tar(("package/x.js:evil", b"x")), "no name for a file"),
    "a null byte": (tar(("package/x", b"x", with_pax(path="package/x\0y"))), "no name for a file|broken"),
    "a line break": (tar(("package/x\ny.js", b"x")), "no name for a file"),
    "text turned round": (tar(("package/\u202esj.x", b"x")), "no name for a file"),
    "a long name that climbs": (
        tar((f"package/{'a/' * 80}{'../' * 90}evil.js", b"x"), form=tarfile.GNU_FORMAT), "no name for a file",
    ),
    "a pax name that climbs": (tar(("package/x", b"x", with_pax(path="package/../../evil"))), "no name for a file"),
    "a pax name that is absolute": (tar(("package/x", b"x", with_pax(path="/etc/evil"))), "no name for a file"),
    "a pax size beyond all": (tar(("package/x", b"x", with_pax(size=str(2**60)))), "broken|no name|limit"),
    "a pax size below zero": (tar(("package/x", b"x", with_pax(size="-1"))), "no regular file"),
    "a sparse file": (
        tar(("package/x", b"x", with_pax(GNU_sparse_major="1", GNU_sparse_minor="0", GNU_sparse_size=str(2**50)))),
        "no regular file|broken|no name",
    ),
    "a link": (tar(("package/x", b"", of_kind(tarfile.SYMTYPE, "/etc/passwd"))), "no regular file"),
    "a link and a file behind it": (
        tar(("package/x", b"", of_kind(tarfile.SYMTYPE, "../../..")), ("package/x/evil.js", b"x")), "no regular file",
    ),
    "a hard link": (tar(("package/x", b"", of_kind(tarfile.LNKTYPE, "../../keys.json"))), "no regular file"),
    "a device": (tar(("package/x", b"", of_kind(tarfile.CHRTYPE))), "no regular file"),
    "a block device": (tar(("package/x", b"", of_kind(tarfile.BLKTYPE))), "no regular file"),
    "a pipe": (tar(("package/x", b"", of_kind(tarfile.FIFOTYPE))), "no regular file"),
    "a kind that nobody knows": (tar(("package/x", b"", of_kind(b"Q"))), "no regular file"),
    "a bomb of bytes": (tar(("package/x", b"\0" * 5_000_000)), "package_unpacked_bytes"),
    "a bomb of files": (tar(*((f"package/{n}", b"") for n in range(300))), "more than 200 files"),
    "a bomb of folders": (
        tar(*((f"package/{n}", b"", of_kind(tarfile.DIRTYPE)) for n in range(300))), "more than 200 files",
    ),
    "a bomb in a name": (tar((f"package/{'a' * 3_000_000}", b"x"), form=tarfile.GNU_FORMAT), "unpacked_bytes|no name"),
    "a name longer than the disk's": (tar((f"package/{'a' * 300}", b"x")), "can't be written"),
    "a file that is a folder as well": (tar(("package/a", b""), ("package/a/b", b"")), "can't be written"),
    "more than the limit": (gzip.compress(b"x", 0) + bytes(1_100_000), "more than 1000000 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ARCHIVES)
async def test_hostile_archive_leaves_nothing(tmp_path, kind):
    archive, says = ARCHIVES[kind]

    async with hostile_world(tmp_path) as world:
        world.add("pkg", "1.2.3", archive)

        with pytest.raises((ModuleFailed, FetchFailed), match=says):
            await world.bring("pkg", "1.2.3")

        assert world.written() == {"documents/pkg@1.2.3.json"}


HARMLESS = {
    "a file twice": (tar(("package/x.js", b"old"), ("package/x.js", b"new")), {"x.js": b"new"}),
    "names that differ in case": (tar(("package/x", b"x"), ("package/X", b"X")), {"x": b"x", "X": b"X"}),
    "modes that run as root": (tar(("package/x", b"x", with_mode)), {"x": b"x"}),
    "an archive behind its end": (tar(("package/x", b"x")) + tar(("../evil", b"x")), {"x": b"x"}),
    "another folder": (tar(("elsewhere/x", b"x")), {"x": b"x"}),
    "names of devices": (tar(("package/con", b"x"), ("package/nul.js", b"y")), {"con": b"x", "nul.js": b"y"}),
}


@pytest.mark.parametrize("kind", HARMLESS)
async def test_odd_archive_gives_plain_files(tmp_path, kind):
    archive, files = HARMLESS[kind]

    async with hostile_world(tmp_path) as world:
        world.add("pkg", "1.2.3", archive)

        folder = await world.bring("pkg", "1.2.3")

        found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        assert {name: path.read_bytes() for name, path in found.items()} == files | {"package.json": b"{}"}
        assert {stat.S_IMODE(path.stat().st_mode) & 0o7133 for path in found.values()} == {0}
        assert len(world.written()) == len(found) + 1
