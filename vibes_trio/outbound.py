"""All outbound HTTP: documents and archives of the package registry, package versions, Clerk's keys.

Rules, the same for every request: https, or http to loopback or to the configured registry; redirects only
within the origin that was asked, but for what is checked by its hash (`redirects`); bodies are asked for
uncompressed and cut off at a size, the whole exchange at a time; credentials go only to the address that they
were given for. What fails is a FetchFailed, FetchTooLong whose text holds no credentials.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from random import SystemRandom
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
import trio

from vibes_trio.cache import Flights, Kept
from vibes_trio.config import Limits
from vibes_trio.counts import Cells
from vibes_trio.errors import FetchFailed, FetchTooLong
from vibes_trio.late import late
from vibes_trio.reach import Reach
from vibes_trio.redirects import why_not_follow
from vibes_trio.transports import Access, open_client

if TYPE_CHECKING:
    import httpx2
else:
    httpx2 = late("httpx2")

log = logging.getLogger(__name__)

MAX_REDIRECTS = 3
FIRST_BACKOFF_S = 0.2
# What decoding JSON that somebody else wrote may raise: it is none, not in UTF-8, or nested too deep.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
RETRIED_STATUS = frozenset({0, 408, 425, 429, 500, 502, 503, 504})
TRUST_HINT = "Name the file of the authority that signed it in NODE_EXTRA_CA_CERTS, or in npm's cafile"
USER_AGENT = "vibes-trio"
_NAME = re.compile(r"(?:@[a-z0-9~-][a-z0-9._~-]*/)?[a-zA-Z0-9~-][a-zA-Z0-9._~-]*", re.ASCII)
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?", re.ASCII)
_HOST = re.compile(r"[a-z0-9][a-z0-9._-]*|[0-9a-f:.]*:[0-9a-f:.]*")
_MAX_NAME_CHARS = 214
_NO_NAMES = frozenset({"node_modules", "favicon.ico"})  # as npm has it
_MAX_VERSION_CHARS = 256


@dataclass(frozen=True, slots=True)
class Registry:
    """Where packages come from, as npm's settings say.

    Attributes:
        url: address of the registry, ends with `/`.
        scopes: scope with its `@` → address of the registry of that scope, ends with `/`.
        credentials: `//host/path/` → value of the Authorization header for addresses under it.
        access: how it and those of the scopes are reached.
        source: which setting named it, for people.
    """

    url: str
    scopes: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    access: Access = field(default_factory=Access)
    source: str = ""

    def url_of(self, name: str) -> str:
        """Return the address of the registry that holds package *name*."""
        return self.scopes.get(name.partition("/")[0], self.url)

    def authorization_for(self, url: str) -> str | None:
        """Return the Authorization header for *url*: that of the longest address it lies under."""
        bare = url.partition(":")[2]
        under = [prefix for prefix in self.credentials if bare.startswith(prefix)]
        return self.credentials[max(under, key=len)] if under else None

    def holds(self, url: httpx2.URL) -> bool:
        """Return whether *url* is on the host of one of the registries."""
        return any(_origin(httpx2.URL(base)) == _origin(url) for base in (self.url, *self.scopes.values()))


def parse_address(text: str) -> httpx2.URL | None:
    """Return *text* as an http or https address; None if it is none, or its host can't be one."""
    try:
        url = httpx2.URL(text)
    except (httpx2.InvalidURL, UnicodeError):  # the latter for names that only look encoded
        return None
    is_address = url.scheme in ("http", "https") and _HOST.fullmatch(url.raw_host.decode("ascii"))
    return url if is_address else None


def is_package_name(name: str) -> bool:
    """Return whether *name* may be a package's name, scoped or not, so that an address can be made of it."""
    fits = len(name) <= _MAX_NAME_CHARS and _NAME.fullmatch(name) is not None
    return fits and name not in _NO_NAMES


def is_exact_version(version: str) -> bool:
    """Return whether *version* is one exact version in npm's grammar."""
    return len(version) <= _MAX_VERSION_CHARS and _VERSION.fullmatch(version) is not None


def document_address(registry: Registry, name: str, version: str) -> str:
    """Return the address of the document of one version (or dist-tag) of package *name*.

    Raises:
        FetchFailed: *name* or *version* is none that a registry could have.
    """
    if not is_package_name(name):
        raise FetchFailed(f"{name!r} is no package name")
    if not (is_exact_version(version) or version == "latest"):
        raise FetchFailed(f"{name}: {version!r} is no exact version")
    return f"{registry.url_of(name)}{quote(name, safe='@')}/{quote(version, safe='')}"


class _Latest(msgspec.Struct):
    version: str


class Outbound:
    """The HTTP client of a server; one for its lifetime, made by `open_outbound`.

    Its mutable state: the versions looked up so far, who is looking up which package now, and which registries
    could not be reached lately.
    """

    def __init__(
        self,
        client: httpx2.AsyncClient,
        registry: Registry | None,
        limits: Limits,
        ended: Cells | None = None,
    ) -> None:
        """*ended*: counts requests by the status that came."""
        self.registry = registry
        self._ended = Cells() if ended is None else ended
        self._client = client
        self._limits = limits
        self._versions: Kept[str, tuple[str | None, float]] = Kept(limits.lookup_cache_entries)
        self._looking_up: Flights[str, tuple[str | None, float]] = Flights()
        self._lookups = trio.Semaphore(limits.lookup_at_once)
        self._reach = Reach(limits.lookup_retry_s, limits.lookup_retry_max_s)

    async def fetch(
        self,
        url: str,
        *,
        max_bytes: int,
        timeout_s: float,
        accept: str = "*/*",
        tries: int = 1,
        is_hashed: bool = False,
    ) -> bytes:
        """Return the body of the 2xx answer to GET *url*.

        Args:
            max_bytes: of the body.
            timeout_s: for all tries together, pauses included.
            tries: how often to ask; only what may pass by itself is asked again.
            is_hashed: the caller knows its hash: then it may come from where another host sends us.

        A registry that is out of reach is not asked for lookup_retry_s, then for twice as long, and so on: a deploy
        that needs ten packages waits for a dead network once, not ten times. Nor is it asked again by one
        that has waited for it.

        Raises:
            FetchFailed: there is no such answer.
        """
        target = self._check(url)
        started = trio.current_time()
        if self._reach.is_lost(_origin(target), started):
            raise FetchFailed(f"{_shown(url)}: {target.host} could not be reached a moment ago")
        try:
            with trio.fail_after(timeout_s):
                for attempt in range(1, tries):
                    try:
                        return await self._fetch_once(target, max_bytes, accept, is_hashed)
                    except FetchFailed as error:
                        waited_s = trio.current_time() - started
                        is_lost = self._reach.is_lost(_origin(target), trio.current_time())
                        if error.status not in RETRIED_STATUS or (
                            is_lost and waited_s >= self._limits.connect_timeout_s
                        ):
                            raise
                        pause_s = FIRST_BACKOFF_S * 2 ** (attempt - 1)
                        await trio.sleep(pause_s * SystemRandom().uniform(0.5, 1.5))
                return await self._fetch_once(target, max_bytes, accept, is_hashed)
        except trio.TooSlowError as error:
            raise FetchFailed(f"{_shown(url)}: no answer within {timeout_s:g} s") from error

    async def package_version(self, name: str) -> str | None:
        """Return the version that the registry's tag `latest` of package *name* names.

        None: there is no such package, or no registry that answers in time. The first is remembered for
        lookup_cache_s, the second for lookup_retry_s. However many ask for one package, the registry is asked
        once.
        """
        registry = self.registry
        if registry is None or not is_package_name(name):
            return None
        known = self._find_known(name)
        if known is None:
            known = await self._looking_up.join(name, partial(self._learn, registry, name))
        return known[0]

    async def clerk_keys(self, url: str) -> bytes:
        """Return the body at *url*, an address of Clerk's keys.

        Raises:
            FetchFailed: there is none.
        """
        limits = self._limits
        return await self.fetch(
            url, max_bytes=limits.jwks_bytes, timeout_s=limits.keys_timeout_s, accept="application/json"
        )

    async def _learn(self, registry: Registry, name: str) -> tuple[str | None, float]:
        """Return, and remember, the latest version of *name* and until when it counts."""
        known = self._find_known(name)
        if known is None:
            version, for_s = await self._look_up(registry, name)
            known = (version, trio.current_time() + for_s)
            self._versions.put(name, known)
        return known

    def _find_known(self, name: str) -> tuple[str | None, float] | None:
        known = self._versions.get(name)
        return known if known is not None and trio.current_time() < known[1] else None

    async def _look_up(self, registry: Registry, name: str) -> tuple[str | None, float]:
        """Return the latest version of *name* and how long that is to be believed."""
        limits = self._limits
        try:
            async with self._lookups:
                body = await self.fetch(
                    document_address(registry, name, "latest"),
                    max_bytes=limits.lookup_bytes,
                    timeout_s=limits.lookup_timeout_s,
                    accept="application/json",
                    tries=limits.fetch_tries,
                )
            version = msgspec.json.decode(body, type=_Latest).version
        except FetchFailed as error:
            return None, limits.lookup_cache_s if error.status == 404 else limits.lookup_retry_s
        except UNREADABLE:
            return None, limits.lookup_retry_s
        return version if is_exact_version(version) else None, limits.lookup_cache_s

    async def _fetch_once(self, asked: httpx2.URL, max_bytes: int, accept: str, is_hashed: bool) -> bytes:
        try:
            body = await self._ask(asked, max_bytes, accept, is_hashed)
        except FetchFailed as error:
            self._ended[(error.status,)].value += 1
            raise
        self._ended[(200,)].value += 1
        return body

    async def _ask(self, asked: httpx2.URL, max_bytes: int, accept: str, is_hashed: bool) -> bytes:
        target, answered = asked, False
        try:
            for _ in range(MAX_REDIRECTS + 1):
                async with self._client.stream(
                    "GET",
                    target,
                    headers=self._headers(target, accept, at_home=_is_same(target, asked)),
                    timeout=self._timeout(target),
                ) as answer:
                    answered = True
                    if _is_same(target, asked):  # only hosts of settings are remembered
                        self._reach.note_found(_origin(asked))
                    if not answer.has_redirect_location:
                        return await _read_body(answer, max_bytes)
                    # Credentials that stand in the address itself are nobody's that we know.
                    target = target.join(answer.headers["location"]).copy_with(userinfo=b"")
                if not _is_same(target, asked):
                    why = await why_not_follow(asked, target) if is_hashed else "it is another host"
                    if why:
                        where = f"{_shown(asked)}: refused to be sent to another host, {target.host}: {why}"
                        raise FetchFailed(where, answer.status_code)
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError, ssl.SSLError) as error:
            is_ours = _is_same(target, asked) and self._is_registry(asked)
            if is_ours and _is_out_of_reach(error, answered=answered):
                self._reach.note_lost(_origin(asked), trio.current_time())
            raise FetchFailed(f"{_shown(asked)}: {self._why(error)}") from error
        raise FetchFailed(f"{_shown(asked)}: more than {MAX_REDIRECTS} redirects", answer.status_code)

    def _timeout(self, target: httpx2.URL) -> httpx2.Timeout:
        """Of each step: a registry that has said nothing yet may not be there; all else is bounded in `fetch`."""
        limits = self._limits
        is_new = self._is_registry(target) and not self._reach.is_found(_origin(target))
        return httpx2.Timeout(
            None,
            connect=limits.connect_timeout_s,
            read=limits.silence_timeout_s if is_new else limits.stall_timeout_s,
        )

    def _why(self, error: Exception) -> str:
        limits = self._limits
        if isinstance(error, httpx2.ConnectTimeout):
            return f"no connection within {limits.connect_timeout_s:g} s"
        if isinstance(error, httpx2.ReadTimeout):
            return "nothing came in time"
        causes = list(_causes(error))
        told = next(filter(None, map(str, causes)), type(error).__name__)
        is_untrusted = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes)
        return f"{told}. {TRUST_HINT}" if is_untrusted else told

    def _headers(self, target: httpx2.URL, accept: str, *, at_home: bool) -> dict[str, str]:
        """Return the headers to ask *target* with; with credentials only where nobody sent us to."""
        headers = {"accept": accept, "accept-encoding": "identity", "user-agent": USER_AGENT}
        authorization = self.registry.authorization_for(str(target)) if self.registry and at_home else None
        return headers | ({"authorization": authorization} if authorization else {})

    def _check(self, url: str) -> httpx2.URL:
        """Return *url*, parsed, if it may be asked at all."""
        parsed = parse_address(url)
        if parsed is None:
            raise FetchFailed(f"{_shown(url)}: only https addresses are fetched")
        if parsed.scheme == "http" and not self._is_registry(parsed) and not _is_loopback(parsed.host):
            raise FetchFailed(f"{_shown(url)}: only https addresses are fetched")
        return parsed

    def _is_registry(self, url: httpx2.URL) -> bool:
        return self.registry is not None and self.registry.holds(url)


class LateOutbound:
    """An `Outbound` from its first use on: finding the registry may mean asking npm, and reading certificates
    takes a tenth of a second, which a server that starts has better uses for.

    Its mutable state: the client once it is open, closed by `aclose`.
    """

    def __init__(self, open_client: Callable[[], Awaitable[AbstractAsyncContextManager[Outbound]]]) -> None:
        self._open_client = open_client
        self._opened: Outbound | None = None
        self._opening = trio.Lock()
        self._stack = AsyncExitStack()

    async def get(self) -> Outbound:
        """Return the client, opened now if need be."""
        if self._opened is None:
            async with self._opening:
                if self._opened is None:
                    self._opened = await self._stack.enter_async_context(await self._open_client())
        return self._opened

    async def package_version(self, name: str) -> str | None:
        """See `Outbound.package_version`."""
        return await (await self.get()).package_version(name)

    async def clerk_keys(self, url: str) -> bytes:
        """See `Outbound.clerk_keys`."""
        return await (await self.get()).clerk_keys(url)

    async def aclose(self) -> None:
        """Close the client if it was opened."""
        await self._stack.aclose()


@asynccontextmanager
async def open_outbound(
    registry: Registry | None,
    limits: Limits,
    env: Mapping[str, str],
    transport: httpx2.AsyncBaseTransport | None = None,
    ended: Cells | None = None,
) -> AsyncIterator[Outbound]:
    """Hold the HTTP client open; *transport* is one that a test puts in the place of sockets.

    *ended*: counts requests by the status that came.

    Raises:
        ConfigError: a proxy in the settings is none that can be used.
    """
    if transport is not None:
        client = httpx2.AsyncClient(transport=transport, trust_env=False)
    else:
        client = open_client(
            (registry.url, *registry.scopes.values()) if registry else (),
            registry.access if registry else Access(),
            env,
        )
    async with client:
        yield Outbound(client, registry, limits, ended)


async def _read_body(answer: httpx2.Response, max_bytes: int) -> bytes:
    where = _shown(answer.url)
    if not answer.is_success:
        raise FetchFailed(f"{where}: status {answer.status_code}", answer.status_code)
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise FetchFailed(f"{where}: compressed although not asked for", answer.status_code)
    body = bytearray()
    try:
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > max_bytes:
                # Leaving the loop would abandon httpx2's generators; on a closed connection their next step
                # fails, which ends them in order.
                await answer.aclose()
    except httpx2.HTTPError:
        if len(body) <= max_bytes:
            raise
    if len(body) > max_bytes:
        raise FetchTooLong(f"{where}: more than {max_bytes} bytes", answer.status_code)
    return bytes(body)


def _is_out_of_reach(error: Exception, *, answered: bool) -> bool:
    """Return whether *error* says that nobody is there, or somebody who says nothing at all."""
    no_connection = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError)
    return no_connection or (isinstance(error, httpx2.ReadTimeout) and not answered)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give *error* and what led to it. The outer ones of a TLS handshake that failed have no words."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _is_same(one: httpx2.URL, other: httpx2.URL) -> bool:
    return _origin(one) == _origin(other)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(url: httpx2.URL | str) -> str:
    """Return *url* without credentials and query."""
    return re.sub(r"//[^/@]*@", "//", str(url)).partition("?")[0]
