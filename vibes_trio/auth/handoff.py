"""What the page round an app hands to it: a token that says who looks at it, for that app alone, for minutes.

A JWT (RFC 7519) signed with ES256 by the server's session key; `aud` is the app, `handle/app`. It never stands for the
session: what it opens is a column of `wire.access.ACCESS`. Who is not signed in has one as well, that says so.
"""

import secrets
from collections.abc import Callable

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from vibes_trio.auth.encoding import JsonObject, decode_base58btc, parse_object
from vibes_trio.auth.jwk import new_key, read_private_jwk, thumbprint
from vibes_trio.auth.jws import Refused, has_signature_of, sign_jws, split_jws
from vibes_trio.auth.verifier import Claims, Verified, VerifiedCache
from vibes_trio.config import Limits
from vibes_trio.errors import RequireLogin
from vibes_trio.exchange import UserId

HAND_OFF = "hand-off"
"""The `type` of such credentials."""
TYP = "hand-off+jwt"
"""Of the header: no other token of this key is taken for one, and it for no other."""
REFUSED = (
    "This token lets nobody in here: it is another app's or another server's, was changed, or its time is over. The"
    " page round the app (`/vibe/{handle}/{app}`) gives it a new one."
)
"""One text for all reasons: which it was is in the log."""
_ID_BYTES = 9


class Handed(msgspec.Struct, frozen=True):
    """A token, and the Unix time (seconds) at which it ends."""

    token: str
    expires: int


class HandOff:
    """Makes such tokens, and is the `Verifier` of them.

    State: the key, and what was verified.
    """

    def __init__(self, key: ec.EllipticCurvePrivateKey, now: Callable[[], float], limits: Limits) -> None:
        """Args: *now* gives the Unix time in seconds."""
        self._key = key
        self._kid = thumbprint(key.public_key())
        self._now = now
        self._limits = limits
        self._tokens: VerifiedCache[Claims] = VerifiedCache(limits.handed_tokens, limits.handed_bytes)

    def hand(self, app: str, claims: Claims | None, handle: str = "") -> Handed:
        """Return a token for *app* (`handle/app`) that says that its visitor is who has *claims*; None: nobody."""
        now = int(self._now())
        expires = now + int(self._limits.handed_valid_s)
        payload: JsonObject = {
            "aud": app,
            "iat": now,
            "exp": expires,
            "jti": secrets.token_urlsafe(_ID_BYTES),
        }
        if claims is None:
            payload["anonymous"] = True
        else:
            payload |= {"sub": claims.user_id, "handle": handle}
        return Handed(sign_jws({"typ": TYP, "kid": self._kid}, payload, self._key), expires)

    async def __call__(self, token: str) -> Claims:
        """See `Verifier`."""
        return self.at_once(token)

    def at_once(self, token: str) -> Claims:
        """See `Verifier`: here every token is. An anonymous visitor's claims are of nobody (`Claims.app`)."""
        now = self._now()
        known = self._tokens.find(token, now)
        if known is not None:
            return known
        try:
            verified = self._verify(token, now)
        except Refused as refused:
            raise RequireLogin(refused.reason, REFUSED) from refused
        self._tokens.keep(token, verified.claims, verified.until)
        return verified.claims

    def _verify(self, token: str, now: float) -> Verified:
        """Return the claims of *token*.

        Raises:
            Refused: it does not pass; no leeway is given, as who made it has the same clock.
        """
        jws = split_jws(token, self._limits.max_handed_bytes, typ=TYP)
        if jws.header["alg"] != "ES256":
            raise Refused("alg_not_allowed")
        if not has_signature_of(jws, "ES256", self._key.public_key()):
            raise Refused("bad_signature")
        payload = jws.payload()
        app, ends, begins = payload.get("aud"), payload.get("exp"), payload.get("iat")
        user = "" if payload.get("anonymous") is True else payload.get("sub")
        if type(ends) is not int or type(begins) is not int or not isinstance(app, str) or not app:
            raise Refused("claims_invalid")
        if not isinstance(user, str) or bool(user) == ("anonymous" in payload):
            raise Refused("claims_invalid")
        if begins > now + 1:
            raise Refused("not_yet_valid")
        if ends <= now:
            raise Refused("expired")
        return Verified(Claims(UserId(user), user, "", "", False, app), ends)


def make_hand_off(session_secret: str, now: Callable[[], float], limits: Limits) -> HandOff:
    """Return the one of a server with that session key (`auth.keys.Keys`).

    Where the settings give the public half alone it signs with a key of this process: nobody else has to verify it,
    and what a restart ends lasts minutes.
    """
    if not session_secret:
        return HandOff(new_key(), now, limits)
    return HandOff(read_private_jwk(parse_object(decode_base58btc(session_secret))), now, limits)
