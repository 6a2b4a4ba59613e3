"""The keys behind one JWKS address: fetched when needed, kept, and never hammered (auth.md 1, "Ours").

All times here are Trio's clock, which only ever goes forward.
"""

import logging
from collections.abc import Awaitable, Callable

import trio

from vibes_trio.auth.key_settings import NamedKey, read_jwks
from vibes_trio.config import Limits
from vibes_trio.errors import FetchFailed

FetchKeys = Callable[[str], Awaitable[bytes]]
"""Takes an address, gives the body of its 2xx answer, within its own deadline.

It raises FetchFailed when there is none.
"""

log = logging.getLogger(__name__)


class JwksSource:
    """The keys of one address.

    State: the last good keys; until when they are fresh; when the next try is allowed after a failure and
    when the next one on behalf of an unknown `kid` is. The lock makes fetches single flight: who waited for
    it looks at the state again and finds the work done.
    """

    def __init__(self, address: str, fetch_keys: FetchKeys, limits: Limits) -> None:
        self._address = address
        self._fetch_keys = fetch_keys
        self._limits = limits
        self._keys: tuple[NamedKey, ...] = ()
        self._fresh_until = float("-inf")
        self._retry_at = float("-inf")
        self._refetch_at = float("-inf")
        self._lock = trio.Lock()

    @property
    def keys(self) -> tuple[NamedKey, ...]:
        """The last good keys; none before the first `refresh` that went well."""
        return self._keys

    async def refresh(self) -> None:
        """See that the keys are not older than `jwks_cache_s`. If the address fails they stay as they are."""
        if self._is_due():
            async with self._lock:
                if self._is_due():
                    await self._fetch()

    async def refetch(self) -> None:
        """Ask again because a token named a `kid` that is not among the keys; once in `jwks_refetch_s`."""
        async with self._lock:
            now = trio.current_time()
            if now >= self._refetch_at and now >= self._retry_at:
                self._refetch_at = now + self._limits.jwks_refetch_s
                await self._fetch()

    def _is_due(self) -> bool:
        now = trio.current_time()
        return now >= self._fresh_until and now >= self._retry_at

    async def _fetch(self) -> None:
        try:
            data = await self._fetch_keys(self._address)
            if len(data) > self._limits.jwks_bytes:
                raise ValueError(f"more than {self._limits.jwks_bytes} bytes")
            keys = read_jwks(data)
        except (FetchFailed, ValueError) as error:
            log.warning("Keys of %s can't be fetched: %s", self._address, error)
            self._retry_at = trio.current_time() + self._limits.jwks_failure_s
            return
        self._keys = keys
        self._fresh_until = trio.current_time() + self._limits.jwks_cache_s
