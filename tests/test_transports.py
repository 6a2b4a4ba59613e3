"""Certificates and proxies, over real sockets: a registry of our own, a proxy that notes who asks."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio
from own_certificate import make_certificate

from vibes_trio.config import Limits
from vibes_trio.errors import ConfigError, FetchFailed
from vibes_trio.outbound import Registry, open_outbound
from vibes_trio.transports import Access

PROXY_NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing of certificates and proxies."""
    for name in (*PROXY_NAMES, *map(str.upper, PROXY_NAMES), "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def own_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a key and a certificate that nobody has signed but itself."""
    return make_certificate(tmp_path_factory.mktemp("certificate") / "own.pem")


@dataclass
class Peer:
    """Something that listens: its port, and the first line of each request that came."""

    port: int
    asked: list[str]


@asynccontextmanager
async def serve(answer: bytes = OK, certificate: Path | None = None) -> AsyncIterator[Peer]:
    """Answer each connection on loopback with *answer*, over TLS if there is a *certificate*."""
    asked: list[str] = []
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)

    async def handle(plain: trio.SocketStream) -> None:
        stream = plain if context is None else trio.SSLStream(plain, context, server_side=True)
        try:
            head = await stream.receive_some(4096)
            asked.append(bytes(head).partition(b"\r\n")[0].decode())
            await stream.send_all(answer)
        except trio.BrokenResourceError:
            pass  # who asked did not like the certificate
        finally:
            await trio.aclose_forcefully(stream)

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, handle, 0)
        yield Peer(listeners[0].socket.getsockname()[1], asked)
        nursery.cancel_scope.cancel()


async def fetch(url: str, access: Access, env: dict[str, str] | None = None) -> bytes:
    async with open_outbound(Registry(url, access=access), Limits(), env or {}) as outbound:
        return await outbound.fetch(url, max_bytes=100, timeout_s=10.0)


async def test_a_certificate_that_nobody_vouches_for_is_refused(own_certificate):
    async with serve(certificate=own_certificate) as registry:
        with pytest.raises(FetchFailed, match=r"CERTIFICATE_VERIFY_FAILED.*NODE_EXTRA_CA_CERTS"):
            await fetch(f"https://127.0.0.1:{registry.port}/", Access())


@pytest.mark.parametrize("way", ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "cafile", "ca", "strict-ssl"])
async def test_a_certificate_of_ones_own_counts_by_each_setting(own_certificate, monkeypatch, way):
    env = {}
    access = Access()
    match way:
        case "NODE_EXTRA_CA_CERTS":
            env = {way: str(own_certificate)}
        case "SSL_CERT_FILE":
            monkeypatch.setenv(way, str(own_certificate))
        case "cafile":
            access = Access(ca_file=str(own_certificate))
        case "ca":
            access = Access(ca=own_certificate.read_text())
        case "strict-ssl":
            access = Access(is_checked=False)

    async with serve(certificate=own_certificate) as registry:
        assert await fetch(f"https://127.0.0.1:{registry.port}/", access, env) == b"hi"


@pytest.mark.parametrize("is_named", [False, True])
async def test_the_list_that_comes_with_the_program_counts_where_no_other_is_named(
    own_certificate, monkeypatch, is_named
):
    """A small system has no list of its own; SSL_CERT_FILE stands in the place of both."""
    monkeypatch.setattr("vibes_trio.transports.certifi.where", lambda: str(own_certificate))
    if is_named:
        monkeypatch.setenv("SSL_CERT_FILE", str(own_certificate.with_name("other.pem")))
        make_certificate(own_certificate.with_name("other.pem"))

    async with serve(certificate=own_certificate) as registry:
        with pytest.raises(FetchFailed) if is_named else nullcontext():
            assert await fetch(f"https://127.0.0.1:{registry.port}/", Access()) == b"hi"


async def test_only_registries_may_go_unchecked(own_certificate, caplog):
    async with serve(certificate=own_certificate) as elsewhere:
        registry = Registry("https://registry.test/", access=Access(is_checked=False))
        async with open_outbound(registry, Limits(), {}) as outbound:
            with pytest.raises(FetchFailed, match=r"CERTIFICATE_VERIFY_FAILED.*NODE_EXTRA_CA_CERTS"):
                await outbound.clerk_keys(f"https://127.0.0.1:{elsewhere.port}/")

    assert "not checked" in caplog.text


@pytest.mark.parametrize("name", ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "cafile", "ca"])
async def test_certificates_that_can_not_be_read_are_named_and_passed_over(
    tmp_path, monkeypatch, caplog, name
):
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate, ä")
    access = Access(ca_file=str(broken) if name == "cafile" else "", ca="none, ä" if name == "ca" else "")
    if name == "SSL_CERT_FILE":
        monkeypatch.setenv(name, str(broken))
    env = {name: str(broken)} if name.startswith("NODE") else {}

    async with serve() as registry:
        assert await fetch(f"http://127.0.0.1:{registry.port}/", access, env) == b"hi"

    assert "passed over" in caplog.text


@pytest.mark.parametrize("from_npm", [True, False])
@pytest.mark.parametrize("is_bare", [True, False])
async def test_a_registry_is_asked_through_the_proxy_that_is_named(monkeypatch, from_npm, is_bare):
    async with serve() as proxy:
        address = f"127.0.0.1:{proxy.port}" if is_bare else f"http://127.0.0.1:{proxy.port}"
        if not from_npm:
            monkeypatch.setenv("HTTP_PROXY", address)
        got = await fetch("http://registry.test/react", Access(proxy=address if from_npm else ""))

    assert got == b"hi"
    assert proxy.asked == ["GET http://registry.test/react HTTP/1.1"]


async def test_https_goes_through_the_proxy_as_a_tunnel(monkeypatch):
    async with serve(b"HTTP/1.1 502 Nobody There\r\ncontent-length: 0\r\n\r\n") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(FetchFailed, match="502"):
            await fetch("https://registry.test/react", Access())

    assert proxy.asked == ["CONNECT registry.test:443 HTTP/1.1"]


async def test_npms_proxy_comes_before_that_of_the_environment(monkeypatch):
    async with serve() as proxy:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
        await fetch("http://registry.test/react", Access(proxy=f"http://127.0.0.1:{proxy.port}"))

    assert len(proxy.asked) == 1


@pytest.mark.parametrize("from_npm", [True, False])
@pytest.mark.parametrize("entry", ["127.0.0.1", "localhost,127.0.0.1", "*", "127.0.0.0/8", "{host}:{port}"])
async def test_hosts_may_be_reached_without_the_proxy(monkeypatch, from_npm, entry):
    async with serve() as registry:
        entry = entry.format(host="127.0.0.1", port=registry.port)
        if not from_npm:
            monkeypatch.setenv("NO_PROXY", entry)
        access = Access("http://127.0.0.1:9/", no_proxy=tuple(entry.split(",")) if from_npm else ())

        assert await fetch(f"http://127.0.0.1:{registry.port}/", access) == b"hi"


@pytest.mark.parametrize("entry", ["other.test", "stry.test", "registry.test:81", "10.0.0.0/8", "::1/128"])
async def test_other_hosts_are_not_reached_without_it(monkeypatch, entry):
    monkeypatch.setenv("NO_PROXY", entry)
    async with serve() as proxy:
        await fetch("http://registry.test/react", Access(proxy=f"http://127.0.0.1:{proxy.port}"))

    assert len(proxy.asked) == 1


@pytest.mark.parametrize("entry", ["registry.test", ".test", "*.test", "test"])
async def test_a_domain_covers_what_lies_in_it(monkeypatch, entry):
    async with serve() as proxy:
        with pytest.raises(FetchFailed):  # the name is nowhere
            await fetch(
                "http://registry.test:1/react",
                Access(proxy=f"http://127.0.0.1:{proxy.port}", no_proxy=(entry,)),
            )

    assert proxy.asked == []


async def test_a_proxy_of_another_kind_is_an_error_that_names_the_setting(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    with pytest.raises(ConfigError, match=r"ALL_PROXY.*socks5.*NO_PROXY=registry\.test"):
        await fetch("http://registry.test/", Access())
    with pytest.raises(ConfigError, match="npm's proxy"):
        await fetch("http://registry.test/", Access(proxy="socks://127.0.0.1:9"))


async def test_a_proxy_setting_that_others_can_not_use_is_told_and_the_registry_is_asked(monkeypatch, caplog):
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    async with serve() as registry:
        assert await fetch(f"http://127.0.0.1:{registry.port}/", Access()) == b"hi"

    assert "ALL_PROXY" in caplog.text
