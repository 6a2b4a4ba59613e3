"""Outbound HTTP, against a registry that is a function."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest
import trio
import trio.testing

from vibes_trio.config import Limits
from vibes_trio.errors import FetchFailed
from vibes_trio.outbound import (
    LateOutbound,
    Outbound,
    Registry,
    document_address,
    is_package_name,
    open_outbound,
)
from vibes_trio.transports import Access

REGISTRY = Registry("https://registry.test/npm/", scopes={"@own": "https://own.test/"})
Answer = Callable[[httpx2.Request], httpx2.Response]


class Asked:
    """Remembers every request and answers it with a function."""

    def __init__(self, answer: Answer) -> None:
        self.requests: list[httpx2.Request] = []
        self.answer = answer

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        await trio.lowlevel.checkpoint()
        self.requests.append(request)
        return self.answer(request)


def outbound_to(asked: Asked, registry: Registry | None = REGISTRY, limits: Limits | None = None):
    return open_outbound(registry, limits or Limits(), {}, httpx2.MockTransport(asked))


def fetch(outbound: Outbound, url: str, **options):
    return outbound.fetch(url, **{"max_bytes": 100, "timeout_s": 10.0} | options)


async def test_fetch_returns_the_body():
    asked = Asked(lambda request: httpx2.Response(200, content=b"hello"))

    async with outbound_to(asked) as outbound:
        body = await fetch(outbound, "https://elsewhere.test/a?b", accept="text/plain")

    assert body == b"hello"
    assert asked.requests[0].headers["accept"] == "text/plain"
    assert "authorization" not in asked.requests[0].headers


@pytest.mark.parametrize(
    "url",
    [
        "http://elsewhere.test/",
        "file:///etc/passwd",
        "ftp://registry.test/",
        "registry.test",
        "https://",
        "http://127.0.0.1.test/",
        "http://[::2]/",
        "https://a b/",
        "https://[x/",
        "https://a:b/",
    ],
)
async def test_addresses_that_are_not_https_are_refused(url):
    asked = Asked(lambda request: httpx2.Response(200))

    async with outbound_to(asked) as outbound:
        with pytest.raises(FetchFailed):
            await fetch(outbound, url)

    assert asked.requests == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "http://localhost/x", "http://a.localhost/x", "http://[::1]/x"]
)
async def test_loopback_may_be_http(url):
    async with outbound_to(Asked(lambda request: httpx2.Response(200, content=b"ok"))) as outbound:
        assert await fetch(outbound, url) == b"ok"


async def test_configured_registry_may_be_http():
    registry = Registry("http://registry.lan:4873/")

    async with outbound_to(Asked(lambda request: httpx2.Response(200, content=b"ok")), registry) as outbound:
        assert await fetch(outbound, "http://registry.lan:4873/react") == b"ok"
        with pytest.raises(FetchFailed, match="only https"):
            await fetch(outbound, "http://registry.lan/react")


async def test_redirect_within_the_host_is_followed():
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/a":
            return httpx2.Response(302, headers={"location": "/b"})
        return httpx2.Response(200, content=b"b")

    async with outbound_to(Asked(answer)) as outbound:
        assert await fetch(outbound, "https://elsewhere.test/a") == b"b"


@pytest.mark.parametrize(
    "location",
    ["https://evil.test/", "http://elsewhere.test/", "https://elsewhere.test:444/", "//evil.test/"],
)
async def test_redirect_to_another_origin_is_refused_and_not_asked_again(location):
    asked = Asked(lambda request: httpx2.Response(301, headers={"location": location}))

    async with outbound_to(asked) as outbound:
        with pytest.raises(FetchFailed, match="another host"):
            await fetch(outbound, "https://elsewhere.test/a", tries=3)

    assert len(asked.requests) == 1


def hosts(monkeypatch, **addresses: str) -> None:
    """Have names lead to *addresses*; others to none, and addresses to themselves."""

    async def look_up(host, port, **more):
        await trio.lowlevel.checkpoint()
        name = host.partition(".")[0]
        if name in addresses:
            host = addresses[name]
        elif host.endswith(".test"):
            raise socket.gaierror("no such name")
        return [(0, 0, 0, "", (host, port))]

    monkeypatch.setattr(trio.socket, "getaddrinfo", look_up)


FOLLOWED = {
    "https to https": ("https://elsewhere.test/a", "https://cdn.test/x"),
    "another port": ("https://elsewhere.test/a", "https://elsewhere.test:444/x"),
    "http to https": ("http://127.0.0.1:9/a", "https://cdn.test/x"),
    "loopback to loopback": ("http://127.0.0.1:9/a", "http://localhost:8/x"),
    "a private host to another": ("https://lan.test/a", "https://lan2.test/x"),
    "a private host to a public one": ("https://lan.test/a", "https://public.test/x"),
}


@pytest.mark.parametrize("kind", FOLLOWED)
async def test_what_is_known_by_its_hash_is_followed_to_another_host_without_credentials(monkeypatch, kind):
    """Not even to a host for which there are credentials: whoever sends us there must not make use of them."""
    asked_url, target = FOLLOWED[kind]
    hosts(
        monkeypatch,
        elsewhere="8.8.8.8",
        public="8.8.4.4",
        lan="10.0.0.1",
        lan2="192.168.0.9",
        localhost="127.0.0.1",
    )
    tokens = {f"//{httpx2.URL(url).netloc.decode()}/": "Bearer secret" for url in (asked_url, target)}

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/a":
            return httpx2.Response(302, headers={"location": target.replace("//", "//me:secret@")})
        return httpx2.Response(200, content=b"archive")

    asked = Asked(answer)
    async with outbound_to(asked, Registry("https://registry.test/", credentials=tokens)) as outbound:
        assert await fetch(outbound, asked_url, is_hashed=True) == b"archive"

    first, second = asked.requests
    assert first.headers["authorization"] == "Bearer secret"
    assert "authorization" not in second.headers
    assert str(second.url) == target


NOT_FOLLOWED = {
    "https to http": ("https://elsewhere.test/a", "http://cdn.test/x"),
    "https to http on loopback": ("https://elsewhere.test/a", "http://127.0.0.1/x"),
    "public to loopback": ("https://elsewhere.test/a", "https://127.0.0.1/x"),
    "public to loopback by IPv6": ("https://elsewhere.test/a", "https://[::1]/x"),
    "public to loopback in IPv6": ("https://elsewhere.test/a", "https://[::ffff:127.0.0.1]/x"),
    "public to loopback by name": ("https://elsewhere.test/a", "https://own.test/x"),
    "public to a private host": ("https://elsewhere.test/a", "https://lan.test/x"),
    "public to what clouds tell secrets at": ("https://elsewhere.test/a", "https://169.254.169.254/x"),
    "public to no address": ("https://elsewhere.test/a", "https://0.0.0.0/x"),
    "a private host to loopback": ("https://lan.test/a", "https://127.0.0.1/x"),
    "another scheme": ("https://elsewhere.test/a", "file:///etc/passwd"),
}


@pytest.mark.parametrize("kind", NOT_FOLLOWED)
async def test_what_is_known_by_its_hash_is_followed_neither_to_http_nor_nearer_to_this_server(
    monkeypatch, kind
):
    """Without `why_not_follow` a registry has this server ask whatever it likes."""
    asked_url, target = NOT_FOLLOWED[kind]
    hosts(monkeypatch, elsewhere="8.8.8.8", lan="10.0.0.1", own="127.0.0.1")
    asked = Asked(lambda request: httpx2.Response(302, headers={"location": target}))

    async with outbound_to(asked) as outbound:
        with pytest.raises(FetchFailed, match="another host"):
            await fetch(outbound, asked_url, is_hashed=True, tries=3)

    assert len(asked.requests) == 1


async def test_redirects_between_hosts_end(monkeypatch):
    hosts(monkeypatch)
    asked = Asked(
        lambda request: httpx2.Response(301, headers={"location": f"https://x{request.url.host}/"}),
    )

    async with outbound_to(asked) as outbound:
        with pytest.raises(FetchFailed, match="more than 3 redirects"):
            await fetch(outbound, "https://elsewhere.test/a", is_hashed=True)

    assert len(asked.requests) == 4


async def test_a_registry_is_not_lost_with_the_host_that_it_sends_to(monkeypatch):
    hosts(monkeypatch)

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "cdn.test":
            raise httpx2.ConnectError("refused")
        if request.url.path.endswith("/archive"):
            return httpx2.Response(302, headers={"location": "https://cdn.test/x"})
        return httpx2.Response(200, content=b"document")

    async with outbound_to(Asked(answer)) as outbound:
        with pytest.raises(FetchFailed, match="refused"):
            await fetch(outbound, "https://registry.test/npm/archive", is_hashed=True)
        assert await fetch(outbound, "https://registry.test/npm/x") == b"document"


async def test_redirects_end():
    asked = Asked(lambda request: httpx2.Response(301, headers={"location": "/again"}))

    async with outbound_to(asked) as outbound:
        with pytest.raises(FetchFailed, match="redirects"):
            await fetch(outbound, "https://elsewhere.test/a")

    assert len(asked.requests) == 4


async def test_endless_body_is_cut_off():
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    hung_up = trio.Event()

    async def serve(stream: trio.SocketStream) -> None:
        await stream.receive_some(4096)
        await stream.send_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        try:
            while True:
                await stream.send_all(b"3c\r\n" + b"x" * 60 + b"\r\n")
        except trio.BrokenResourceError:
            hung_up.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        async with open_outbound(None, Limits(), {}) as outbound:
            with pytest.raises(FetchFailed, match="more than 100 bytes"):
                await fetch(outbound, f"http://127.0.0.1:{port}/")
        await hung_up.wait()
        nursery.cancel_scope.cancel()


async def test_compressed_answer_is_refused():
    """A small compressed body may be a huge one."""
    response = httpx2.Response(
        200, headers={"content-encoding": "gzip"}, stream=httpx2.ByteStream(b"\x1f\x8b")
    )

    async with outbound_to(Asked(lambda request: response)) as outbound:
        with pytest.raises(FetchFailed, match="compressed"):
            await fetch(outbound, "https://elsewhere.test/a")


async def test_what_may_pass_is_asked_again_with_pauses(autojump_clock):
    answers = iter([httpx2.Response(503), httpx2.Response(429), httpx2.Response(200, content=b"ok")])
    asked = Asked(lambda request: next(answers))

    async with outbound_to(asked) as outbound:
        started = trio.current_time()
        assert await fetch(outbound, "https://elsewhere.test/a", tries=3) == b"ok"

    # two pauses of 0.2 and 0.4 s, each times 0.5 to 1.5
    assert 0.3 <= trio.current_time() - started <= 0.9


async def test_failed_connection_is_asked_again_and_named(autojump_clock):
    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    asked = Asked(refuse)

    async with outbound_to(asked) as outbound:
        with pytest.raises(FetchFailed, match=r"^https://elsewhere.test/a: refused$"):
            await fetch(outbound, "https://user:secret@elsewhere.test/a?token=1", tries=3)

    assert len(asked.requests) == 3


async def test_a_registry_that_is_out_of_reach_is_left_alone_for_a_while(autojump_clock):
    down = httpx2.ConnectError("no route")

    def answer(request: httpx2.Request) -> httpx2.Response:
        if down is not None:
            raise down
        return httpx2.Response(200, json={"version": "1.0.0"})

    asked = Asked(answer)
    async with outbound_to(asked) as outbound:
        assert await outbound.package_version("a") is None
        tries = len(asked.requests)
        assert await outbound.package_version("b") is None
        with pytest.raises(FetchFailed, match=r"registry\.test could not be reached a moment ago"):
            await fetch(outbound, "https://registry.test/npm/c")
        assert len(asked.requests) == tries
        assert await outbound.package_version("@own/d") is None
        assert len(asked.requests) > tries, "that scope has another registry"

        await trio.sleep(Limits().lookup_retry_s)
        down = None
        assert await outbound.package_version("b") == "1.0.0"


@pytest.mark.parametrize("never", [httpx2.ConnectTimeout, httpx2.ReadTimeout])
async def test_who_has_waited_for_a_registry_does_not_wait_again(autojump_clock, never):
    """A bound of a few seconds: one wait for a connection, or for the first byte, whatever may be tried again."""
    limits = Limits()
    wait_s = limits.connect_timeout_s if never is httpx2.ConnectTimeout else limits.silence_timeout_s

    async def answer(request: httpx2.Request) -> httpx2.Response:
        await trio.sleep(wait_s)
        raise never("")

    async with open_outbound(REGISTRY, limits, {}, httpx2.MockTransport(answer)) as outbound:
        started = trio.current_time()
        with pytest.raises(FetchFailed, match=r"no connection within 2\.5 s|nothing came"):
            await fetch(outbound, "https://registry.test/npm/a", timeout_s=60.0, tries=3)
        with pytest.raises(FetchFailed, match="a moment ago"):
            await fetch(outbound, "https://registry.test/npm/b", timeout_s=60.0, tries=3)

    assert trio.current_time() - started == pytest.approx(wait_s)


async def test_a_silent_registry_is_given_up_soon_unless_it_has_answered_before():
    """A mirror that is there may take its time to fetch what it hasn't got."""
    seen: list[float] = []
    asked = Asked(lambda request: httpx2.Response(200, content=b"ok"))

    async def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.extensions["timeout"]["read"])
        return await asked(request)

    async with open_outbound(REGISTRY, Limits(), {}, httpx2.MockTransport(answer)) as outbound:
        for url in ("https://registry.test/npm/a", "https://registry.test/npm/b", "https://clerk.test/"):
            await fetch(outbound, url)

    limits = Limits()
    assert seen == [limits.silence_timeout_s, limits.stall_timeout_s, limits.stall_timeout_s]


async def test_a_download_that_falls_silent_is_tried_again(autojump_clock):
    """The registry is there: it has answered."""

    async def half() -> AsyncIterator[bytes]:
        yield b"half"
        raise httpx2.ReadTimeout("")

    answers = iter([httpx2.Response(200, content=half()), httpx2.Response(200, content=b"whole")])

    async with outbound_to(Asked(lambda request: next(answers))) as outbound:
        assert await fetch(outbound, "https://registry.test/npm/a", tries=2) == b"whole"


async def test_a_host_that_is_no_registry_is_asked_every_time(autojump_clock):
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route")

    asked = Asked(answer)
    async with outbound_to(asked) as outbound:
        for _ in range(2):
            with pytest.raises(FetchFailed, match="no route"):
                await outbound.clerk_keys("https://clerk.test/keys")

    assert len(asked.requests) == 2


async def test_not_found_is_not_asked_again():
    asked = Asked(lambda request: httpx2.Response(404))

    async with outbound_to(asked) as outbound:
        with pytest.raises(FetchFailed) as caught:
            await fetch(outbound, "https://elsewhere.test/a", tries=3)

    assert caught.value.status == 404
    assert len(asked.requests) == 1


async def test_time_counts_all_tries(autojump_clock):
    async def never(request: httpx2.Request) -> httpx2.Response:
        await trio.sleep_forever()

    async with open_outbound(REGISTRY, Limits(), {}, httpx2.MockTransport(never)) as outbound:
        started = trio.current_time()
        with pytest.raises(FetchFailed, match="within 2 s"):
            await fetch(outbound, "https://elsewhere.test/a", timeout_s=2.0, tries=3)

    assert trio.current_time() - started == pytest.approx(2.0)


async def test_credentials_go_only_where_they_belong():
    registry = Registry(
        "https://registry.test/npm/",
        credentials={"//registry.test/": "Bearer outer", "//registry.test/npm/": "Bearer inner"},
    )
    asked = Asked(lambda request: httpx2.Response(200, content=b""))

    async with outbound_to(asked, registry) as outbound:
        await fetch(outbound, "https://registry.test/npm/react")
        await fetch(outbound, "https://registry.test/other")
        await fetch(outbound, "https://registry.test.evil/npm/react")

    assert [r.headers.get("authorization") for r in asked.requests] == ["Bearer inner", "Bearer outer", None]
    assert "inner" not in repr(registry)


@pytest.mark.parametrize(
    ("name", "version", "address"),
    [
        ("react", "latest", "https://registry.test/npm/react/latest"),
        ("react", "19.3.0-canary-1.2", "https://registry.test/npm/react/19.3.0-canary-1.2"),
        ("@scope/pkg", "1.2.3", "https://registry.test/npm/@scope%2Fpkg/1.2.3"),
        ("@own/pkg", "1.2.3", "https://own.test/@own%2Fpkg/1.2.3"),
    ],
)
def test_document_addresses(name, version, address):
    assert document_address(REGISTRY, name, version) == address


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "a/b", "@a", "@/b", "@a/..", "a b", "a?b", "a#b", "a%2fb", "https:", "ä", "a\n",
     "@a/b/c", "_x", "a" * 215, "a\\b", "-/../x", "a@1"],
)  # fmt: skip
def test_no_address_is_made_of_a_name_that_is_none(name):
    assert not is_package_name(name)
    with pytest.raises(FetchFailed):
        document_address(REGISTRY, name, "1.2.3")


@pytest.mark.parametrize(
    "version", ["", "1", "1.2", "^1.2.3", "next", "1.2.3/..", "../1.2.3", "1.2.3?x", "1.2.3\n"]
)
def test_no_address_is_made_of_a_version_that_is_not_exact(version):
    with pytest.raises(FetchFailed):
        document_address(REGISTRY, "react", version)


def answer_version(request: httpx2.Request) -> httpx2.Response:
    if "gone" in request.url.path:
        return httpx2.Response(404)
    return httpx2.Response(200, json={"version": "1.2.3", "dist": {}})


async def test_version_is_looked_up_once_and_remembered_for_its_time(autojump_clock):
    asked = Asked(answer_version)

    async with outbound_to(asked) as outbound:
        assert await outbound.package_version("react") == "1.2.3"
        assert await outbound.package_version("react") == "1.2.3"
        assert len(asked.requests) == 1
        await trio.sleep(Limits().lookup_cache_s + 1)
        assert await outbound.package_version("react") == "1.2.3"

    assert len(asked.requests) == 2


async def test_unknown_package_is_remembered_as_well():
    asked = Asked(answer_version)

    async with outbound_to(asked) as outbound:
        assert await outbound.package_version("gone") is None
        assert await outbound.package_version("gone") is None

    assert len(asked.requests) == 1


@pytest.mark.parametrize(
    "response",
    [
        httpx2.Response(500),
        httpx2.Response(200, content=b"<html>"),
        httpx2.Response(200, json={"version": 3}),
    ],
)
async def test_registry_that_is_ill_is_asked_again_soon(autojump_clock, response):
    answers = [response, response, response]
    asked = Asked(lambda request: answers.pop() if answers else answer_version(request))

    async with outbound_to(asked, limits=Limits(fetch_tries=1)) as outbound:
        assert await outbound.package_version("react") is None
        assert await outbound.package_version("react") is None
        assert len(asked.requests) == 1
        answers.clear()
        await trio.sleep(Limits().lookup_retry_s + 1)
        assert await outbound.package_version("react") == "1.2.3"


async def test_version_that_is_none_is_not_handed_on():
    asked = Asked(lambda request: httpx2.Response(200, json={"version": "1.2.3/../../evil"}))

    async with outbound_to(asked) as outbound:
        assert await outbound.package_version("react") is None


async def test_many_who_ask_for_one_package_ask_the_registry_once():
    asked = Asked(answer_version)
    got: list[str | None] = []

    async with outbound_to(asked) as outbound, trio.open_nursery() as nursery:

        async def ask() -> None:
            got.append(await outbound.package_version("react"))

        for _ in range(20):
            nursery.start_soon(ask)

    assert got == ["1.2.3"] * 20
    assert len(asked.requests) == 1


async def test_cancelled_look_up_leaves_the_others_their_answer():
    release = trio.Event()
    asked: list[str] = []

    async def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        if len(asked) == 1:
            await trio.sleep_forever()
        await release.wait()
        return answer_version(request)

    got: list[str | None] = []
    opened = open_outbound(REGISTRY, Limits(), {}, httpx2.MockTransport(answer))
    async with opened as outbound, trio.open_nursery() as nursery:
        first = trio.CancelScope()

        async def ask_first() -> None:
            with first:
                await outbound.package_version("react")

        async def ask_second() -> None:
            got.append(await outbound.package_version("react"))

        nursery.start_soon(ask_first)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(ask_second)
        await trio.testing.wait_all_tasks_blocked()
        first.cancel()
        release.set()

    assert got == ["1.2.3"]
    assert len(asked) == 2


async def test_look_ups_at_once_are_bounded():
    most = now = 0

    async def answer(request: httpx2.Request) -> httpx2.Response:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await trio.lowlevel.checkpoint()
        now -= 1
        return answer_version(request)

    opened = open_outbound(REGISTRY, Limits(lookup_at_once=3), {}, httpx2.MockTransport(answer))
    async with opened as outbound, trio.open_nursery() as nursery:
        for number in range(12):
            nursery.start_soon(outbound.package_version, f"p{number}")

    assert most == 3


async def test_remembered_versions_are_bounded():
    asked = Asked(answer_version)

    async with outbound_to(asked, limits=Limits(lookup_cache_entries=2)) as outbound:
        for name in ("a", "b", "a", "c", "a", "b"):
            await outbound.package_version(name)

    assert [r.url.path.split("/")[2] for r in asked.requests] == ["a", "b", "c", "b"]


@pytest.mark.parametrize("registry", [None, REGISTRY])
async def test_nothing_is_asked_without_registry_or_name(registry):
    asked = Asked(answer_version)

    async with outbound_to(asked, registry) as outbound:
        assert await outbound.package_version("react" if registry is None else "../react") is None

    assert asked.requests == []


async def test_clerk_keys_are_bounded():
    asked = Asked(lambda request: httpx2.Response(200, content=b"{}" + b" " * Limits().jwks_bytes))

    async with outbound_to(asked) as outbound:
        with pytest.raises(FetchFailed, match="more than"):
            await outbound.clerk_keys("https://clerk.test/keys")


async def test_real_client_reads_from_loopback_and_honours_npm_settings(tmp_path: Path):
    """One exchange over a real socket: no mock between httpx2 and Trio."""
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]

    async def serve(stream: trio.SocketStream) -> None:
        await stream.receive_some(4096)
        await stream.send_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi")

    registry = Registry(f"http://127.0.0.1:{port}/", access=Access(proxy="http://127.0.0.1:9/"))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        async with open_outbound(Registry(registry.url), Limits(), {}) as outbound:
            assert await fetch(outbound, registry.url) == b"hi"
        async with open_outbound(registry, Limits(), {}) as outbound:
            with pytest.raises(FetchFailed):  # the proxy of npm's settings is asked, and isn't there
                await fetch(outbound, registry.url)
        nursery.cancel_scope.cancel()


async def test_body_that_breaks_off_is_a_failed_fetch():
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]

    async def serve(stream: trio.SocketStream) -> None:
        await stream.receive_some(4096)
        await stream.send_all(b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nhalf")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        async with open_outbound(None, Limits(), {}) as outbound:
            with pytest.raises(FetchFailed):
                await fetch(outbound, f"http://127.0.0.1:{port}/")
        nursery.cancel_scope.cancel()


async def test_a_late_client_is_opened_once_at_its_first_use_and_closed():
    opened, closed = [], []

    @asynccontextmanager
    async def client():
        opened.append(1)
        await trio.lowlevel.checkpoint()
        yield SimpleNamespace(package_version=version, clerk_keys=keys)
        closed.append(1)

    async def version(name):
        return f"{name} 1"

    async def keys(url):
        return b"keys"

    async def open_client():
        return client()

    late = LateOutbound(open_client)
    await late.aclose()
    assert opened == []

    async with trio.open_nursery() as nursery:
        nursery.start_soon(late.package_version, "a")
        nursery.start_soon(late.package_version, "b")
    got = (await late.package_version("react"), await late.clerk_keys("https://x"))
    await late.aclose()

    assert got == ("react 1", b"keys")
    assert (opened, closed) == ([1], [1])
