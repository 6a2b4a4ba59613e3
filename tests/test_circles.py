"""What is refused, what fails and what ends is gone at once, without the garbage collector.

A circle of references (an error that is kept by a frame which its traceback holds, say) keeps bodies and messages
until a full round of the collector, which come rarely here: 80 refused messages of 15 MiB were 3.7 GB. Without any
of the guards (`del outcome` in `dispatch.py`, `forget_traces`, `WebSocketProtocol.forget`, `Pending._take_result`)
some of these tests fail.
"""

import gc
import logging
import os
import types
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import trio.testing
from asking import APPEND, DEPLOY, ENSURE_CHAT, envelope, js, jsx
from raw_client import CLOSE, frame, over_websocket, post, post_chunked, talk
from recorded import token
from serving import running

import vibes_trio
from vibes_trio.context import App

PACKAGE = str(Path(vibes_trio.__file__).parent)
MARK = "held for nothing"
PAD = MARK + "x" * 70_000
"""Enough to be read beside, where a whole message carries it."""

OTHERS = ("websockets", "h11", "hypercorn", "quart", "quart_trio")
"""What serves a connection together with us, and holds it, or what we gave it."""


def message(kind: str, **payload: object) -> bytes:
    return envelope(token("A"), kind, **payload)


def deploy(*files: object, **members: object) -> bytes:
    wanted = {"mode": "dev", "appSlug": "garden", "fileSystem": list(files)}
    return message(DEPLOY, **(wanted | members))


# Refused or failed, whichever way they come; each short, and (with PAD) so long that it is read beside.
MESSAGES = {
    "no JSON": b'{"tid": "%b' % MARK.encode(),
    "wrong envelope": b'{"tid": "%b"}' % MARK.encode(),
    "unknown type": message("vibes.diy.no-such"),
    "wrong payload": message(DEPLOY, mode=1),
    "no sign-in": envelope("", ENSURE_CHAT),
    "bad token": envelope(MARK, ENSURE_CHAT),
    "bad Clerk token": envelope("", ENSURE_CHAT, auth={"type": "clerk", "token": "a.b.c"}),
    "bad context id": message(ENSURE_CHAT, contextId=""),
    "no such context": message(APPEND, contextId="nope", origin="user", blocks=[]),
    "refused slug": deploy(js("/a.js", "1"), userSlug="-"),
    "refused name": deploy(js("a.js", "1")),
    "no such asset": deploy({"type": "code-ref", "filename": "/a.js", "refId": "z1"}),
    "does not compile": deploy(js("/a.js", f"/*{MARK}*/ import x from 'a")),
    "several do not compile": deploy(*(jsx(f"/{name}.jsx", f"<a>{MARK}") for name in "abc")),
    "project does not compile": deploy(
        jsx("/src/main.jsx", f"import './a.jsx'; import x from '@/b.jsx'; <a>{MARK}"),
        jsx("/src/a.jsx", f"import.meta.glob('./*.js'); <b>{MARK}"),
        jsx("/src/b.jsx", f"require('./c'); <b>{MARK}"),
        {"type": "str-asset-block", "filename": "/vite.config.js", "content": "export default {}"},
        {
            "type": "str-asset-block",
            "filename": "/index.html",
            "content": "<script type=module src=/src/main.jsx>",
        },
    ),
    "restricted": deploy(js("/a.js", "1"), posture="private"),
    "answered": message(ENSURE_CHAT),
}
LONG = {
    f"long {name}": data[:-2] + b', "pad": "%b"}}' % PAD.encode()
    for name, data in MESSAGES.items()
    if name not in ("no JSON", "wrong envelope")
}
WAYS = {
    "fast lane": post,
    "full lane": post_chunked,
    "WebSocket": lambda body: over_websocket(frame(body)),
}
CONNECTIONS = {
    "method": b"DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "preflight": b"OPTIONS / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no such app": b"GET /x HTTP/1.1\r\nHost: a--b.localhost\r\n\r\n",
    "no HTTP": b"\x16\x03\x01hello\r\n\r\n",
    "no head": b"GET  / HTTP/9\r\n\r\n",
    "bad host": b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "connect": b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    "long head": b"GET / HTTP/1.1\r\nHost: localhost\r\nA: " + PAD.encode() + b"\r\n\r\n",
    "long body": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n",
    "bad chunk": b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "no handshake": b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "bad frame": over_websocket(b"\xff\xff"),
    "no UTF-8": over_websocket(frame(b"\xff")),
    "closed WebSocket": over_websocket(frame(b"\x03\xe8", CLOSE)),
    "closed in a message": over_websocket(frame(PAD.encode(), fin=False) + frame(b"\x03\xe8", CLOSE)),
}
BROKEN_OFF = {
    "body that ends early": post(PAD.encode())[:-9],
    "chunks that end early": post_chunked(PAD.encode())[:-9],
    "WebSocket without goodbye": over_websocket(frame(PAD.encode())),
    "WebSocket in a frame": over_websocket(frame(PAD.encode())[:-9]),
}


@pytest.fixture(autouse=True)
def without_a_collector() -> Iterator[None]:
    """Whatever a circle holds stays, and is found."""
    logging.disable(logging.CRITICAL)  # pytest keeps what is logged, with its errors
    gc.disable()
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()
    gc.collect()
    logging.disable(logging.NOTSET)


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    settings = {"VIBES_ESBUILD": esbuild} if (esbuild := os.environ.get("VIBES_ESBUILD")) else {}
    async with running(tmp_path, **settings) as app:
        # What is made once, and stays: modules, processes, caches.
        for warm in (post(MESSAGES["unknown type"]), post_chunked(LONG["long answered"])):
            await talk(app.config.port, warm)
        for warm in (deploy(jsx("/w.jsx", "export default 1")), deploy(jsx("/w.jsx", "<"))):
            await talk(app.config.port, post(warm))
        await settled()
        gc.freeze()  # or each round below goes through all modules
        yield app
        gc.unfreeze()


async def settled() -> None:
    """Let the server finish what a connection that has ended leaves behind."""
    await trio.testing.wait_all_tasks_blocked(0.02)


def what_the_collector_finds() -> list[str]:
    """What of ours, or marked as having come in, is held by nothing but a circle."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    gc.set_debug(0)
    found = [name for name in map(name_of_ours, gc.garbage) if name]
    gc.garbage.clear()
    return found


def living() -> Counter[str]:
    """What of ours is alive. A generator that holds itself is not found above: the collector's call ends it."""
    return Counter(name for name in map(name_of_ours, gc.get_objects()) if name)


def name_of_ours(found: object) -> str:
    """Return what *found* is if it is ours, or holds what came in; else nothing."""
    if isinstance(found, types.FrameType):
        return found.f_code.co_qualname if found.f_code.co_filename.startswith(PACKAGE) else ""
    if isinstance(found, types.GeneratorType | types.CoroutineType):
        code = found.gi_code if isinstance(found, types.GeneratorType) else found.cr_code
        return found.__qualname__ if code.co_filename.startswith(PACKAGE) else ""
    if isinstance(found, str | bytes | bytearray):
        return "marked" if (MARK if isinstance(found, str) else MARK.encode()) in found else ""
    kind = type(found)
    ours = kind.__module__.split(".")[0] in ("vibes_trio", *OTHERS)
    return f"{kind.__module__}.{kind.__qualname__}" if ours else ""


CASES = (
    {
        f"{name}, {way}": (wrap(data), False)
        for name, data in (MESSAGES | LONG).items()
        for way, wrap in WAYS.items()
    }
    | {name: (data, False) for name, data in CONNECTIONS.items()}
    | {name: (data, True) for name, data in BROKEN_OFF.items()}
)


async def test_nothing_is_held_by_a_circle_after_a_refusal_a_failure_or_an_end(app: App) -> None:
    held = {}

    for name, (said, ends) in CASES.items():
        heard = await talk(app.config.port, said, ends=ends)
        await settled()
        assert heard or ends, name
        if found := what_the_collector_finds():
            held[name] = found

    assert held == {}


async def test_nothing_is_left_of_connections_that_have_ended(app: App) -> None:
    """The same for what the collector's own call would break: a parser that holds its protocol."""
    for said, ends in CASES.values():  # the first of each kind may fill a cache
        await talk(app.config.port, said, ends=ends)
    await settled()
    before = living()

    for said, ends in CASES.values():
        await talk(app.config.port, said, ends=ends)
    await settled()

    grown = living() - before
    assert {name: count for name, count in grown.items() if count > 3} == {}
