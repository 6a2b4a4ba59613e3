"""Content as a reply: tags, parts, compression, HEAD."""

import gzip
from dataclasses import replace

import brotli
import pytest
import zstandard
from asking import deploy, get, js, jsx, text

from vibes_trio.config import Limits
from vibes_trio.content.cid import calc_cid
from vibes_trio.content.policy import calc_policy
from vibes_trio.content.static_modules import static_module
from vibes_trio.modules.store.local import LocalModules
from vibes_trio.services.replies import choose_encoding

LONG = "All work and no play makes Jack a dull boy.\n" * 40


def head(reply):
    return dict(reply.headers)


async def test_a_reply_says_what_it_is(app):
    release = await deploy(app, text("/v.txt", "short"))

    reply = await get(app, "/v.txt")

    assert head(reply) == {
        "content-type": "text/plain",
        "x-vibes-asset-id": calc_cid(b"short"),
        "etag": f'"{calc_cid(b"short")}"',
        "cache-control": "no-cache",
        "accept-ranges": "bytes",
    }
    assert release["fileSystem"][0]["assetId"] == calc_cid(b"short")


CID = calc_cid(LONG.encode())


@pytest.mark.parametrize(
    "tag",
    [
        f'"{CID}"',
        f'W/"{CID}"',
        f'"x", "{CID}"',
        "*",
        f'"{CID}-br"',
        f'W/"{CID}-zstd" , "y"',
        f'"x","{CID}-gzip"',
    ],
)
async def test_what_a_client_holds_is_not_sent_again(app, tag):
    await deploy(app, text("/v.txt", LONG))

    for method in ("GET", "HEAD"):
        reply = await get(
            app, "/v.txt", method=method, if_none_match=tag, accept_encoding="br", range="bytes=0-1"
        )

        assert (reply.status, reply.body) == (304, b"")
        assert head(reply)["vary"] == "Accept-Encoding"
        assert head(reply)["cache-control"] == "no-cache"


@pytest.mark.parametrize("tag", ["", '"other"', f'"{CID[:-1]}"', f'"{CID}x"', '"*"'])
async def test_another_tag_gets_the_content(app, tag):
    await deploy(app, text("/v.txt", LONG))

    assert (await get(app, "/v.txt", if_none_match=tag)).body == LONG.encode()


async def test_a_page_is_not_sent_again_until_it_changes(app):
    await deploy(app, jsx(), env={"A": "1"})
    tag = head(await get(app, "/"))["etag"]

    again = await get(app, "/", if_none_match=tag)
    await deploy(app, jsx(), env={"A": "2"})
    changed = await get(app, "/", if_none_match=tag)

    assert (again.status, changed.status) == (304, 200)


@pytest.mark.parametrize(
    ("asked", "status", "body", "told"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=9-", 206, b"9", "bytes 9-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=3-1", 200, b"0123456789", None),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
        ("lines=0-1", 200, b"0123456789", None),
    ],
)
async def test_ranges(app, asked, status, body, told):
    await deploy(app, text("/v.txt", "0123456789"))

    reply = await get(app, "/v.txt", range=asked, accept_encoding="gzip")

    assert (reply.status, reply.body, head(reply).get("content-range")) == (status, body, told)
    assert "content-encoding" not in head(reply)


@pytest.mark.parametrize(
    ("tag", "status"),
    [(f'"{CID}"', 206), (f'W/"{CID}"', 200), (f'"{CID}-gzip"', 200), ("Thu, 22 Jan 2026 00:00:00 GMT", 200)],
)
async def test_a_part_is_sent_only_of_what_the_client_has_the_rest_of(app, tag, status):
    await deploy(app, text("/v.txt", LONG))

    reply = await get(app, "/v.txt", range="bytes=0-3", if_range=tag)

    assert reply.status == status
    assert reply.body == (LONG[:4] if status == 206 else LONG).encode()


async def test_a_part_is_never_compressed_and_carries_the_tag_of_the_whole(app):
    await deploy(app, text("/v.txt", LONG))

    reply = await get(app, "/v.txt", range="bytes=0-999", accept_encoding="br")

    assert reply.body == LONG[:1000].encode()
    assert head(reply)["etag"] == f'"{CID}"'
    assert head(reply)["vary"] == "Accept-Encoding"


def without_id(reply):
    """The headers but the id of the answer, which each error has of its own."""
    return [(name, value) for name, value in reply.headers if name != "x-request-id"]


@pytest.mark.parametrize("headers", [{}, {"accept_encoding": "br"}, {"range": "bytes=0-3"}])
@pytest.mark.parametrize("path", ["/v.txt", "/", "/nothing"])
async def test_head_tells_what_get_would_send(app, path, headers):
    await deploy(app, text("/v.txt", LONG), jsx())

    got = await get(app, path, **({} if "range" in headers else headers))
    reply = await get(app, path, method="HEAD", **headers)

    assert (reply.status, without_id(reply)) == (got.status, without_id(got))
    if reply.status == 200:
        assert (reply.body, reply.length) == (b"", len(got.body))


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        ("", ""),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("deflate", ""),
        ("*", "zstd"),
        ("zstd;q=0, *", "br"),
        ("gzip;q=0", ""),
        ("*;q=0", ""),
        ("br;q=0, gzip", "gzip"),
        ("zstd;q=0.1, gzip;q=0.9", "gzip"),
        ("gzip ; q=0.5", "gzip"),
        ("identity", ""),
        ("identity, gzip;q=0.5", ""),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("gzip;q=nonsense", ""),
        ("gzip;q=nan", ""),
        ("gzip;q=2", ""),
        ("gzip;level=9", ""),
        (",,;", ""),
    ],
)
def test_encodings_are_negotiated(accept, encoding):
    assert choose_encoding(accept) == encoding


@pytest.mark.parametrize(
    ("encoding", "decode"),
    [
        ("gzip", gzip.decompress),
        ("br", brotli.decompress),
        ("zstd", lambda body: zstandard.ZstdDecompressor().decompress(body)),
    ],
)
@pytest.mark.parametrize("length", [600, 100_000])
async def test_compressed_content_is_the_content(app, encoding, decode, length):
    content = (LONG * 100)[:length]
    await deploy(app, text("/v.txt", content))

    replies = [await get(app, "/v.txt", accept_encoding=encoding) for _ in range(2)]

    assert replies[0] == replies[1]
    assert decode(replies[0].body) == content.encode()
    assert head(replies[0])["content-encoding"] == encoding
    assert head(replies[0])["etag"] == f'"{calc_cid(content.encode())}-{encoding}"'
    assert head(replies[0])["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(("name", "content"), [("/v.txt", "short"), ("/v.png", LONG)])
async def test_what_would_not_shrink_is_left_alone(app, name, content):
    await deploy(app, text(name, content))

    reply = await get(app, name, accept_encoding="gzip")

    assert reply.body == content.encode()
    assert not {"content-encoding", "vary"} & set(head(reply))


async def test_too_much_to_compress_is_sent_as_it_is_and_that_answer_is_not_kept(app, monkeypatch):
    """With any number of files waiting to be compressed, each is in memory: 30 visitors took 600 MB."""
    content = LONG * 100
    await deploy(app, text("/v.txt", content))
    monkeypatch.setattr(app.compressor, "has_room", lambda size: False)

    plain = await get(app, "/v.txt", accept_encoding="gzip")
    monkeypatch.undo()
    packed = await get(app, "/v.txt", accept_encoding="gzip")

    assert plain.body == content.encode()
    assert "content-encoding" not in head(plain)
    assert (head(plain)["etag"], head(plain)["vary"]) == (
        f'"{calc_cid(content.encode())}"',
        "Accept-Encoding",
    )
    assert (plain.repeatable, packed.repeatable) == (False, True)
    assert gzip.decompress(packed.body) == content.encode()


async def test_what_is_compressed_already_needs_no_room(app, monkeypatch):
    await deploy(app, text("/v.txt", LONG * 100))
    await get(app, "/v.txt", accept_encoding="gzip")
    monkeypatch.setattr(app.compressor, "has_room", lambda size: False)

    assert head(await get(app, "/v.txt", accept_encoding="gzip"))["content-encoding"] == "gzip"


# -- which hosts a page may ask ---------------------------------------------------------------------------


@pytest.fixture
def local(app, tmp_path):
    """A server that serves modules itself."""
    return replace(app, modules=LocalModules(tmp_path / "modules", (), Limits()))


def with_settings(app, **changes):
    return replace(app, config=replace(app.config, **changes))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {}, 200),
        ("/", {"if_none_match": "*"}, 304),
        ("/", {"accept_encoding": "br"}, 200),
        ("/own.html", {}, 200),
        ("/own.svg", {}, 200),
        ("/worker.js", {}, 200),
        ("/v.txt", {"range": "bytes=0-1"}, 206),
        ("/v.txt", {"range": "bytes=9999-"}, 416),
        (static_module("boot.js").address, {}, 200),
    ],
)
async def test_everything_says_which_hosts_a_page_may_ask(local, path, headers, status, method):
    """Not pages alone: a worker is bound by what its own script came with."""
    await deploy(
        local, jsx(), text("/own.html"), text("/own.svg"), js("/worker.js", "1"), text("/v.txt", LONG)
    )

    reply = await get(local, path, method=method, **headers)

    assert reply.status in (status, 200 if method == "HEAD" else status)
    assert reply.policy == calc_policy((), {})


async def test_nothing_is_said_of_hosts_where_pages_load_from_the_cdn(app):
    await deploy(app, jsx())

    assert (await get(app, "/")).policy == ""


async def test_the_operators_settings_open_hosts_and_nobody_elses_do(local):
    env = {"CALLAI_CHAT_URL": "https://app.example"}
    await deploy(local, jsx(), env=env)
    opened = with_settings(local, page_hosts=("a.example",), app_env={"DASHBOARD_URL": "https://b.example"})
    any_host = with_settings(local, page_hosts=("*",))

    assert (await get(local, "/", host="garden--ada.apps.test:1")).policy == calc_policy((), {})
    assert (await get(opened, "/")).policy == calc_policy(("a.example",), opened.config.app_env)
    assert (await get(any_host, "/")).policy == ""


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE"])
async def test_what_is_no_part_of_an_app_is_left_to_the_front_to_lock(local, method):
    """Errors above all: `LOCKED` then stands on them, see `front/http.py`."""
    await deploy(local, jsx())

    for host in ("garden--ada.apps.test", "unknown--ada.apps.test"):
        assert (await get(local, "/nothing", host=host, method=method)).policy is None
    assert (await get(local, "/~esm/nothing.js", method=method)).policy is None


# -- who may read -------------------------------------------------------------------------------------------

SHARED = {"VIBES_SHARE_FILES": "*"}
READ = "access-control-allow-origin"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"if_none_match": "*"}, 304),
        ({"range": "bytes=0-1"}, 206),
        ({"range": "bytes=9999-"}, 416),
    ],
)
async def test_files_are_for_pages_of_other_origins_only_if_the_owner_says_so(app, headers, status):
    """Without `Content.shared` the owner has no way; with the header on every answer, as it was, nobody is asked."""
    await deploy(app, text("/v.txt", LONG), text("/home.html", entryPoint=True))
    await deploy(app, text("/v.txt", LONG), text("/home.html", entryPoint=True), appSlug="open", env=SHARED)

    for host, readers in (("garden", None), ("open", "*")):
        reply = await get(app, "/v.txt", host=f"{host}--ada.apps.test", **headers)
        assert (reply.status, head(reply).get(READ)) == (status, readers)
    assert READ in head(await get(app, "/deep/link", host="open--ada.apps.test"))


async def test_the_page_that_holds_the_servers_keys_is_never_for_others(app):
    local = with_settings(app, app_env={"CALLAI_API_KEY": "secret"})
    await deploy(local, jsx(), text("/v.txt"), env=SHARED)

    page = await get(local, "/")

    assert b"secret" in page.body
    assert READ not in head(page)
    assert READ in head(await get(local, "/v.txt"))
