"""What `doctor` looks at round a server: clock, names, limits of the system, and what a proxy passes on."""

import http.client
import os
import resource
import socket
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from vibes_trio.commands.finding import Finding
from vibes_trio.config import Config

MAX_SKEW_S = 60.0
ASK_TIMEOUT_S = 3.0
LEAST_FILES = 4096
PROBE = "doctor-probe--doctor-probe"
"""A label as apps have them, that nobody needs to have."""
LEAST_TIME = 1_767_225_600.0
"""2026-01-01: before, the clock is wrong."""


def look_at_clock() -> Iterator[Finding]:
    """Look whether the clock can be right at all; `look_at_server_clock` compares it."""
    now = time.time()
    if now < LEAST_TIME:
        text = f"says {time.strftime('%Y-%m-%d', time.gmtime(now))}: set it, tokens and certificates depend on it"
        yield Finding("clock", "problem", text)
        return
    yield Finding("clock", "ok", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now)))


def look_at_limits(config: Config) -> Iterator[Finding]:
    """Look how many files may be open: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(config.limits.max_connections + 1024, hard if hard != resource.RLIM_INFINITY else 2**31)
    if soft < LEAST_FILES:
        text = (
            f"only {soft} may be open, so about {max(soft - 100, 0)} connections. Raise it to {wanted}: "
            f"`ulimit -n {wanted}`, or LimitNOFILE={wanted} in the service"
        )
        yield Finding("open files", "note", text)
        return
    yield Finding("open files", "ok", f"{soft} may be open")


def look_at_names(config: Config) -> Iterator[Finding]:
    """Look whether apps' names lead to this machine, as browsers see it, and whether browsers trust them."""
    base = config.with_port(config.port).hostname_base
    name = base.rpartition(":")[0] if base.rpartition(":")[2].isdigit() else base
    if name == "localhost" or name.endswith(".localhost"):
        yield Finding(
            "names",
            "ok",
            f"apps lie under *.{name}, which Chrome, Edge and Firefox find on this machine alone. Safari before "
            f"macOS 26 doesn't: add a line `127.0.0.1 APP--USER.{name}` to /etc/hosts for each app",
        )
        if config.host not in ("127.0.0.1", "::1", "localhost"):
            text = (
                f"the server listens on {config.host}, but other machines find no app under *.{name}: "
                "set VIBES_SVC_HOSTNAME_BASE to a name that leads here"
            )
            yield Finding("names elsewhere", "note", text)
        return
    yield _find_wildcard(name)
    if config.with_port(config.port).protocol == "http":
        text = (
            f"apps at http://*.{name} are no secure context: browsers refuse them camera, clipboard, service workers "
            "and crypto.subtle. Put a proxy with TLS in front, and set VIBES_SVC_PROTOCOL=https"
        )
        yield Finding("secure context", "note", text)


def _find_wildcard(name: str) -> Finding:
    probe = f"{PROBE}.{name}"
    found = {host: _addresses(host) for host in (name, probe)}
    if not found[name]:
        return Finding(
            "names", "problem", f"{name} leads nowhere: make a DNS record for it, and for *.{name}"
        )
    if not found[probe]:
        return Finding("names", "problem", f"{probe} leads nowhere: make a DNS record for *.{name}")
    if found[name] != found[probe]:
        text = (
            f"{name} and *.{name} lead to different addresses: {_told(found[name])} and {_told(found[probe])}"
        )
        return Finding("names", "note", text)
    return Finding("names", "ok", f"{name} and *.{name} lead to {_told(found[name])}")


def _told(addresses: frozenset[str]) -> str:
    return ", ".join(sorted(addresses))


def _addresses(host: str) -> frozenset[str]:
    try:
        return frozenset(
            str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        )
    except (OSError, UnicodeError):
        return frozenset()


def look_through_proxy(config: Config, own: str) -> Iterator[Finding]:
    """Ask the server by the address that its visitors use: what comes back tells what a proxy passes on.

    Args:
        own: where the server of this data folder listens; empty: none runs.
    """
    public = config.with_port(config.port)
    name = urlsplit(f"//{public.hostname_base}").hostname or ""
    if not own or name == "localhost" or name.endswith(".localhost"):
        return
    try:
        status, headers = _ask(public.protocol, public.hostname_base, "/readyz")
    except (OSError, http.client.HTTPException) as error:
        text = f"{public.protocol}://{public.hostname_base}/readyz can't be asked from here: {error}"
        yield Finding(
            "public address", "note", f"{text}. Is the proxy running, and does the name lead to it?"
        )
        return
    if status != 200:
        text = f"answers {status} to /readyz: it has to pass `Host` on, and all paths"
        yield Finding("public address", "problem", f"{public.protocol}://{public.hostname_base} {text}")
        return
    yield Finding("public address", "ok", f"{public.protocol}://{public.hostname_base} is ready")
    yield from _compare_clock(headers)
    yield _try_websocket(public.protocol, public.hostname_base)


def _compare_clock(headers: http.client.HTTPMessage) -> Iterator[Finding]:
    try:
        there = parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (TypeError, ValueError):
        return
    skew = abs(there - time.time())
    if skew > MAX_SKEW_S:
        text = (
            f"it differs by {skew:.0f} s from that of {headers.get('Server', 'the proxy')}: set both by NTP"
        )
        yield Finding("clock elsewhere", "problem", text)


def _try_websocket(protocol: str, host: str) -> Finding:
    """Ask for a WebSocket: a proxy that leaves `Upgrade` out makes a plain request of it."""
    wanted = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    try:
        status, _ = _ask(protocol, host, "/v1/ws", wanted)
    except (OSError, http.client.HTTPException) as error:
        return Finding("WebSockets", "problem", f"the proxy breaks them off: {error}")
    if status != 101:
        text = f"the proxy answers {status}: it has to pass `Upgrade` and `Connection` on"
        return Finding("WebSockets", "problem", text)
    return Finding("WebSockets", "ok", "the proxy passes them on")


def _ask(
    protocol: str, host: str, path: str, headers: dict[str, str] | None = None
) -> tuple[int, http.client.HTTPMessage]:
    kind = http.client.HTTPSConnection if protocol == "https" else http.client.HTTPConnection
    connection = kind(host, timeout=ASK_TIMEOUT_S)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers
    finally:
        connection.close()


def look_at_port(config: Config, own: str) -> Iterator[Finding]:
    """Look whether the port is free for a server that is to be started. *own*: where one listens already."""
    if own or not config.port:
        return
    family = socket.AF_INET6 if _is_v6(config.host) else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((config.host, config.port))
        except OSError as error:
            text = f"{config.host}:{config.port} can't be listened on: {os.strerror(error.errno or 0)}"
            yield Finding("port", "note", f"{text}. Take another with VIBES_PORT, or end what listens there")
            return
    yield Finding("port", "ok", f"{config.host}:{config.port} is free")


def _is_v6(host: str) -> bool:
    try:
        return ip_address(host).version == 6
    except ValueError:
        return False
