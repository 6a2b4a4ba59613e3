"""Who is signed in by a browser's session: verifies what it shows, and ends what depends on one that has ended.

State: what was verified of late; who tried to sign in; which connections act by which session; how many had been ended
when somebody looked.
Used in the event loop's thread alone.
"""

import hashlib
import logging
from collections.abc import Callable
from math import ceil

import trio

from vibes_trio.allowances import Allowance
from vibes_trio.auth.challenges import Challenges
from vibes_trio.auth.verifier import Claims, VerifiedCache
from vibes_trio.config import Limits
from vibes_trio.errors import Overloaded, RequireLogin, VibesError
from vibes_trio.exchange import Link
from vibes_trio.storage.feed import Change, Everything, SessionsEnded
from vibes_trio.storage.interface import Database, Tx, unix_of
from vibes_trio.storage.sessions import Session, find_session, get_sessions_version, touch_session

log = logging.getLogger(__name__)

Find = Callable[[Tx, str], object | None]
"""Looks up what signs somebody in; None: there is no such."""
ROLE = "user"
_HELD = "session"
_OVER = "This session is over: sign in again."


def hash_token(token: str) -> str:
    """Return what is kept of what a browser shows."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


class _Held:
    """A connection that acts by a session; `Kept` by its link."""

    def __init__(self, links: "dict[str, set[Link]]", token: str, link: Link) -> None:
        self._links, self._token, self._link = links, token, link
        links.setdefault(token, set()).add(link)

    def end(self) -> None:
        links = self._links.get(self._token, set())
        links.discard(self._link)
        if not links:
            self._links.pop(self._token, None)


class Sessions:
    """The `Verifier` of sessions, and who depends on them.

    Attributes:
        challenges: that passkeys sign.
    """

    def __init__(self, db: Database, limits: Limits, now: Callable[[], float]) -> None:
        """*now*: Unix seconds."""
        self._db, self._limits, self._now = db, limits, now
        self._known: VerifiedCache[Claims] = VerifiedCache(limits.verified_tokens, limits.verified_bytes)
        self._links: dict[str, set[Link]] = {}
        self.challenges = Challenges(limits.challenge_s, limits.challenges_used)
        self._tries = Allowance(limits.sign_in_burst, limits.sign_in_pause_s, limits.sign_in_addresses)
        self._version = -1
        self._dropped = 0

    def at_once(self, token: str) -> Claims | None:
        """See `Verifier`."""
        return self._known.find(token, self._now())

    async def __call__(self, token: str) -> Claims:
        """See `Verifier`."""
        known = self.at_once(token)
        if known is not None:
            return known
        dropped = self._dropped
        session = await self.find(token)
        if session is None:
            raise RequireLogin("session_over", _OVER)
        claims = Claims(session.user_id, session.user_id, ROLE, session.email, email_verified=False)
        if dropped == self._dropped:  # else it may have ended while it was looked for
            self._known.keep(token, claims, self._until(session))
        return claims

    async def find(self, token: str) -> Session | None:
        """Return the session of *token*, if it counts, and note now and then that it is used."""
        session = await self._db.get(find_session, hash_token(token), self._limits) if token else None
        if session is not None and self._now() - unix_of(session.used) >= self._limits.session_touch_s:
            await self._note_use(session)
        return session

    async def _note_use(self, session: Session) -> None:
        try:
            await self._db.write(touch_session, session.session_id)
        except VibesError as error:  # a disk that is full keeps nobody from reading
            log.warning("can't note that the session %s is used: %s", session.session_id, error.message)

    def _until(self, session: Session) -> float:
        """Return when it has to be looked at again: it may be over then, or its use has to be noted."""
        return min(unix_of(session.expires), self._now() + self._limits.session_touch_s)

    async def note_try(self, find: Find, secret: str, address: str) -> None:
        """Count a try to sign in with what *find* knows by *secret*: a hash, or a name that is hard to guess.

        What is known was not guessed, and is counted by itself: nobody keeps out who has it by trying, not even from
        the same address, which behind a proxy is everybody's.

        Raises:
            Overloaded: there were too many; if it isn't known, from *address*.
        """
        found = await self._db.get(find, secret)
        if not self._tries.take(address if found is None else f"known {secret}", self._now()):
            wait_s = ceil(self._limits.sign_in_pause_s)
            raise Overloaded(f"Too many tries to sign in: wait {wait_s} seconds.", retry_after_s=wait_s)

    def hold(self, link: Link, token: str) -> None:
        """Cut *link* once the session of *token* is over."""
        if _HELD not in link.kept:
            link.kept[_HELD] = _Held(self._links, token, link)

    def hear(self, change: Change) -> None:
        """Verify anew after *change*; a `Hear`."""
        if isinstance(change, SessionsEnded | Everything):
            self._drop()

    def _drop(self) -> None:
        self._known.drop()
        self._dropped += 1

    async def look(self) -> None:
        """Cut the connections whose session is over: ended here or by another program, or its time is.

        Raises:
            VibesError: the database can't be read at the moment.
        """
        version = await self._db.get(get_sessions_version)
        if version != self._version:
            self._version = version
            self._drop()
        for token in [token for token in self._links if self.at_once(token) is None]:
            try:
                await self(token)
            except RequireLogin:
                for link in tuple(self._links.get(token, ())):
                    link.cut(_OVER)
            await trio.lowlevel.checkpoint()
