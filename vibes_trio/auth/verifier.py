"""What every verifier shares: the claims it gives, its interface, and the memory of what it verified."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from vibes_trio.exchange import UserId

T = TypeVar("T")

_HASHED_AT_ONCE = 2047


@dataclass(frozen=True, slots=True)
class Claims:
    """Who is signed in. What a device certificate has to say about its user is here, and no more.

    Attributes:
        user_id: the user everywhere in the server.
        sub: the subject at the identity service; often the same text.
        role: as the identity service says; not used for any decision.
        email: as the identity service says.
        email_verified: whether that service has seen the user read mail sent there.
    """

    user_id: UserId
    sub: str
    role: str
    email: str
    email_verified: bool


@dataclass(frozen=True, slots=True)
class Verified:
    """Claims and the Unix time (seconds) before which they may be used without verifying again."""

    claims: Claims
    until: float


class Verifier(Protocol):
    """Takes a token, gives the claims of its user."""

    async def __call__(self, token: str) -> Claims:
        """Return the claims of *token*.

        Raises:
            RequireLogin: it does not pass; `reason` is a code of auth.md 2.8 or 3, and the cause
                (`jws.Refused`) names the certificate's serial number or the `kid`.
        """


class VerifiedCache(Generic[T]):
    """A bounded memory of what passed, by digest; nothing is given out at or after its time.

    State: the entries, oldest first. When it is full the oldest goes. Whoever changes keys or revocations
    calls `drop`.
    """

    def __init__(self, max_entries: int) -> None:
        self._max_entries = max_entries
        self._entries: OrderedDict[bytes, tuple[T, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, digest: bytes, now: float) -> T | None:
        """Return what was kept under *digest*, unless its time has come. Times are Unix seconds."""
        entry = self._entries.get(digest)
        if entry is None:
            return None
        if now < entry[1]:
            return entry[0]
        del self._entries[digest]
        return None

    def keep(self, digest: bytes, value: T, until: float) -> None:
        """Keep *value* under *digest* until the Unix time *until*."""
        self._entries[digest] = (value, until)
        if len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)

    def drop(self) -> None:
        """Forget everything."""
        self._entries.clear()


def digest_of(token: str) -> bytes:
    """Return the SHA-256 of *token*. Half surrogate pairs, which no token has, are hashed as they are.

    In pieces, because hashlib lets go of the interpreter for larger ones, and to get it back from another
    thread takes ten times as long as the hash.
    """
    data = token.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(data[:_HASHED_AT_ONCE])
    for start in range(_HASHED_AT_ONCE, len(data), _HASHED_AT_ONCE):
        digest.update(data[start : start + _HASHED_AT_ONCE])
    return digest.digest()
