"""`clerk` tokens: RS256 JWTs of the sign-in service (auth.md 3, "Ours")."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from cryptography.hazmat.primitives.asymmetric import rsa

from vibes_trio.auth.certificate import read_claims
from vibes_trio.auth.encoding import JsonObject
from vibes_trio.auth.jwks import FetchKeys, JwksSource
from vibes_trio.auth.jws import Jws, Refused, has_signature_of, split_jws
from vibes_trio.auth.key_settings import NamedKey, jwks_address, read_clerk_setting
from vibes_trio.auth.schema import ShapeError
from vibes_trio.auth.verifier import Claims, Verified, VerifiedCache
from vibes_trio.config import Config, Limits
from vibes_trio.errors import RequireLogin

log = logging.getLogger(__name__)

LEEWAY_S = 60


@dataclass(frozen=True, slots=True)
class ClerkRules:
    """What decides about Clerk tokens beside the keys. An empty allow list takes anything.

    Attributes:
        issuers: `iss` values that count.
        azps: `azp` values that count.
        limits: the bounds of the server.
    """

    issuers: tuple[str, ...] = ()
    azps: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)


class ClerkVerifier:
    """The `Verifier` of Clerk tokens. Waits only when keys have to be fetched.

    State: the addresses' keys (in `JwksSource`), the keys seen last, and the tokens verified with those.
    """

    def __init__(
        self,
        keys: tuple[NamedKey, ...],
        sources: tuple[JwksSource, ...],
        rules: ClerkRules,
        now: Callable[[], float],
    ) -> None:
        """Args: *keys* from settings are tried first; *now* gives the Unix time in seconds."""
        self._static = keys
        self._sources = sources
        self._rules = rules
        self._now = now
        self._seen = keys
        self._tokens: VerifiedCache[Claims] = VerifiedCache(
            rules.limits.verified_tokens, rules.limits.verified_bytes
        )

    def drop(self) -> None:
        """Forget what was verified."""
        self._tokens.drop()

    def at_once(self, token: str) -> Claims | None:
        """See `Verifier`: a token that was verified before is."""
        if len(token) > self._rules.limits.max_token_bytes:
            raise RequireLogin("malformed")
        return self._tokens.find(token, self._now())

    async def __call__(self, token: str) -> Claims:
        """See `Verifier`."""
        known = self.at_once(token)
        if known is not None:
            return known
        try:
            verified = await self._verify(token)
        except Refused as refused:
            raise RequireLogin(refused.reason) from refused
        self._tokens.keep(token, verified.claims, verified.until)
        return verified.claims

    async def _verify(self, token: str) -> Verified:
        jws = read_clerk_token(token, self._rules.limits)
        for source in self._sources:
            await source.refresh()
        try:
            return self._check(jws)
        except Refused as refused:
            if refused.reason != "unknown_kid":
                raise
        for source in self._sources:
            await source.refetch()
        return self._check(jws)

    def _check(self, jws: Jws) -> Verified:
        keys = (*self._static, *(key for source in self._sources for key in source.keys))
        if keys != self._seen:
            self._seen = keys
            self._tokens.drop()
        now = self._now()
        verified = check_clerk_token(jws, keys, self._rules, now)
        # A key that its address withdraws stops counting as soon as it would without the cache of tokens.
        return Verified(verified.claims, min(verified.until, now + self._rules.limits.jwks_cache_s))


def make_clerk_verifier(config: Config, fetch_keys: FetchKeys, now: Callable[[], float]) -> ClerkVerifier:
    """Return the verifier that *config* asks for. Without any key or address it refuses every token.

    Raises:
        ConfigError: a setting that is not empty yields no key or no address; names the setting.
    """
    keys = tuple(
        key
        for index, text in enumerate(config.clerk_keys)
        for key in read_clerk_setting(f"CLERK_PUB_JWT_KEY (number {index + 1} that is set)", text)
    )
    addresses = dict.fromkeys(jwks_address(url) for url in config.clerk_urls)
    sources = tuple(JwksSource(address, fetch_keys, config.limits) for address in addresses)
    if len(addresses) > 1 and not config.clerk_issuers:
        log.warning(
            "CLERK_PUB_JWT_URL names several addresses: set CLERK_ISSUERS, so that each counts for itself."
        )
    rules = ClerkRules(config.clerk_issuers, config.clerk_azps, config.limits)
    return ClerkVerifier(keys, sources, rules, now)


def read_clerk_token(token: str, limits: Limits) -> Jws:
    """Return *token* in parts, before any key is looked for.

    Raises:
        Refused: `malformed` or `alg_not_allowed`.
    """
    jws = split_jws(token, limits.max_token_bytes, typ="JWT", typ_may_lack=True)
    if any(not isinstance(jws.header.get(name, ""), str) for name in ("cat", "kid")):
        raise Refused("malformed")
    if jws.header["alg"] != "RS256":
        raise Refused("alg_not_allowed")
    return jws


def check_clerk_token(jws: Jws, keys: tuple[NamedKey, ...], rules: ClerkRules, now: float) -> Verified:
    """Return the claims of a token from `read_clerk_token`; only *keys* count, whatever its header offers.

    Raises:
        Refused: any code of auth.md 3 but those of `read_clerk_token`.
    """
    kid = cast(str, jws.header.get("kid", ""))
    if not keys:
        raise Refused("no_key", kid)
    fitting = [named for named in keys if "kid" not in jws.header or named.kid in (kid, None)]
    if not fitting:
        raise Refused("unknown_kid", kid)
    if not any(has_signature_of(jws, "RS256", cast(rsa.RSAPublicKey, named.key)) for named in fitting):
        raise Refused("bad_signature", kid)
    payload = jws.payload()
    until = _check_times(payload, kid, now)
    if rules.issuers and payload.get("iss") not in rules.issuers:
        raise Refused("iss_not_allowed", kid)
    if rules.azps and payload.get("azp") not in rules.azps:
        raise Refused("azp_not_allowed", kid)
    try:
        return Verified(read_claims(payload), until)
    except ShapeError as error:
        raise Refused("claims_invalid", kid) from error


def _check_times(payload: JsonObject, kid: str, now: float) -> float:
    """Return the Unix time at which the token ends."""
    times = {name: payload[name] for name in ("exp", "nbf", "iat") if name in payload}
    numbers = {name: time for name, time in times.items() if type(time) is int}
    if len(numbers) < len(times) or "exp" not in numbers:
        raise Refused("claims_invalid", kid)
    if max(numbers.get("nbf", 0), numbers.get("iat", 0)) > now + LEEWAY_S:
        raise Refused("not_yet_valid", kid)
    if numbers["exp"] <= now - LEEWAY_S:
        raise Refused("expired", kid)
    return numbers["exp"] + LEEWAY_S
