"""Challenges that a browser's passkey signs: made without keeping any, counted once.

Who asks for many fills no memory: a challenge carries when it was made and for what, under a key of this process. Only
those that were answered rightly are kept, until they would be too old anyway.

State: which were used, oldest first.
"""

import hmac
import secrets
from collections import OrderedDict

_NONCE_BYTES = 16
_TIME_BYTES = 8
_MAC_BYTES = 16


class Challenges:
    """Makes challenges and knows its own.

    Args:
        valid_s: so long one counts.
        most: used ones that are kept; beyond that the oldest are forgotten.
    """

    def __init__(self, valid_s: float, most: int) -> None:
        self._valid_s, self._most = valid_s, most
        self._key = secrets.token_bytes(32)
        self._used: OrderedDict[bytes, float] = OrderedDict()

    def make(self, about: str, now: float) -> bytes:
        """Return a new challenge for *about*; *now*: Unix seconds."""
        head = secrets.token_bytes(_NONCE_BYTES) + int(now).to_bytes(_TIME_BYTES, "big")
        return head + self._mac(head, about)

    def counts(self, challenge: bytes, about: str, now: float) -> bool:
        """Return whether *challenge* was made here for *about*, not too long ago, and was not used."""
        if len(challenge) != _NONCE_BYTES + _TIME_BYTES + _MAC_BYTES or challenge in self._used:
            return False
        head, mac = challenge[:-_MAC_BYTES], challenge[-_MAC_BYTES:]
        made = int.from_bytes(head[_NONCE_BYTES:], "big")
        return hmac.compare_digest(mac, self._mac(head, about)) and now - self._valid_s < made <= now

    def use(self, challenge: bytes, now: float) -> None:
        """Let *challenge* count no more."""
        while self._used and next(iter(self._used.values())) <= now - self._valid_s:
            self._used.popitem(last=False)
        self._used[challenge] = now
        if len(self._used) > self._most:
            self._used.popitem(last=False)

    def _mac(self, head: bytes, about: str) -> bytes:
        return hmac.digest(self._key, head + about.encode(), "sha256")[:_MAC_BYTES]
