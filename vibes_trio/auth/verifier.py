"""What every verifier shares: the claims it gives, its interface, and the memory of what it verified."""

from collections import OrderedDict
from typing import Generic, Protocol, TypeVar

import msgspec

from vibes_trio.exchange import UserId

T = TypeVar("T")


class Claims(msgspec.Struct, frozen=True):
    """Who is signed in. What a device certificate has to say about its user is here, and no more.

    Attributes:
        user_id: the user everywhere in the server.
        sub: the subject at the identity service; often the same text.
        role: as the identity service says; not used for any decision.
        email: as the identity service says.
        email_verified: whether that service has seen the user read mail sent there.
        app: `handle/app`: an app asks, of whose page they are a visitor, with what it was handed (`handoff.py`). Then
            an empty *user_id* is nobody's. Empty: they ask themselves.
    """

    user_id: UserId
    sub: str
    role: str
    email: str
    email_verified: bool
    app: str = ""


class Verified(msgspec.Struct, frozen=True):
    """Claims and the Unix time (seconds) before which they may be used without verifying again."""

    claims: Claims
    until: float


class Verifier(Protocol):
    """Takes a token, gives the claims of its user."""

    def at_once(self, token: str) -> Claims | None:
        """Return the claims of *token* if that takes no waiting. Raises as `__call__`."""

    async def __call__(self, token: str) -> Claims:
        """Return the claims of *token*.

        Raises:
            RequireLogin: it does not pass; `reason` is a code of auth.md 2.8 or 3, and the cause
                (`jws.Refused`) names the certificate's serial number or the `kid`.
        """


class VerifiedCache(Generic[T]):
    """A bounded memory of what passed, by its text; nothing is given out at or after its time.

    By the text itself, not a digest: to hash a token of 2.5 KiB for a dictionary takes a third of the time that its
    SHA-256 does. It is as safe: what is found is equal to the last byte. How long a search takes tells nothing,
    since texts are compared only where 64 bits of a hash agree, whose key is the process's secret; and
    nobody can fill the dictionary, as only what passed is kept. (Tokens lie in memory in any case while they are used,
    and are worthless after an hour.)

    State: the entries, oldest first, and the sum of their texts' sizes. When either bound is passed the oldest go.
    Whoever changes keys or revocations calls `drop`.
    """

    def __init__(self, max_entries: int, max_bytes: int) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._entries: OrderedDict[str, tuple[T, float]] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, text: str, now: float) -> T | None:
        """Return what was kept for *text*, unless its time has come. Times are Unix seconds."""
        entry = self._entries.get(text)
        if entry is None:
            return None
        if now < entry[1]:
            return entry[0]
        self._forget(text)
        return None

    def keep(self, text: str, value: T, until: float) -> None:
        """Keep *value* for *text*, which is ASCII, until the Unix time *until*."""
        if text in self._entries:
            self._forget(text)
        self._entries[text] = (value, until)
        self._bytes += len(text)
        while len(self._entries) > self._max_entries or self._bytes > self._max_bytes:
            self._forget(next(iter(self._entries)))

    def _forget(self, text: str) -> None:
        del self._entries[text]
        self._bytes -= len(text)

    def drop(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._bytes = 0
