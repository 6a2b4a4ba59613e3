"""Whether a browser may see an app. What it may not see looks, and takes as long, as what isn't there.

A private app is shown to who has a cookie that stands for a link of somebody who may see it (`share_links.py`), or for
themselves, in the page round it (`handoff.py`). Nothing of it is kept for others: not among the answers that are ready
(`front/ready.py`), nor in caches on the way; and that page alone may show it in a frame.
"""

import hashlib
from urllib.parse import urlsplit

from msgspec import structs

from vibes_trio.context import App
from vibes_trio.exchange import AppSlug, HttpIncoming, Reply, UserId, UserSlug
from vibes_trio.services.access import least_to_see, relation_to
from vibes_trio.services.releases import ServedRelease, find_release
from vibes_trio.services.replies import Asked
from vibes_trio.storage import apps, entries, shares
from vibes_trio.storage.app_states import find_app
from vibes_trio.storage.interface import Tx
from vibes_trio.urls import EntryPoint, base_name

COOKIE = "vibes-share"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""Where the server is reached by https: then no other host can set one of that name."""
MAX_TOKEN_CHARS = 100
MAX_COOKIES = 4
"""Of that name are looked at: hosts beside this one may have set some, too."""
MAX_PAIRS = 200
NOBODYS = AppSlug("-")
"""No app is called so."""
_OTHERS = ("same-site", "cross-site")
_EMBEDDED = ("object", "embed")


def cookies_of(request: HttpIncoming) -> str:
    """Return the cookies of *request* that may count: none, if a page of another origin has a browser ask for a part.

    The hosts of all apps are one site, so a page of somebody else's could load scripts of a private app otherwise, or
    find out what there is for its visitor: what it embeds counts to browsers as navigation, but tells whether it loads.
    """
    cookies = request.headers.get("cookie", "")
    if COOKIE not in cookies:
        return ""
    is_others = request.headers.get("sec-fetch-site") in _OTHERS
    navigates = request.headers.get("sec-fetch-mode") == "navigate"
    is_embedded = request.headers.get("sec-fetch-dest") in _EMBEDDED
    return "" if is_others and (is_embedded or not navigates) else cookies


async def find_visible(app: App, asked: Asked, entry: EntryPoint) -> ServedRelease | None:
    """Return the release that *entry* names, if there is one and who asks may see it."""
    known = app.releases.get((entry.app, entry.user), entry.fs_id)
    if known is not None and not known.is_private:
        return known
    if await app.db.get(is_hidden, entry.app, entry.user, _tokens(app, asked.cookies)):
        await app.db.get(apps.find_latest, NOBODYS, entry.user)  # what isn't there is looked for as well
        return None
    return await find_release(app, entry)


def sealed(app: App, reply: Reply, release: ServedRelease) -> Reply:
    """Return *reply*, which shows something of *release*, as it may go out.

    Of a private app nothing is kept on the way, nothing is ready for the next who asks, and no page of another origin
    may load it. What is not public is not for search engines.
    """
    if release.is_listed:
        return reply
    headers = (*reply.headers, ("x-robots-tag", "noindex"))
    if not release.is_private:
        return structs.replace(reply, headers=headers)
    kept = [(name, value) for name, value in headers if name not in _OPENS]
    own = (
        ("cache-control", "private, no-cache"),
        ("cross-origin-resource-policy", "same-origin"),
        ("vary", "Cookie, Accept-Encoding, Sec-Fetch-Mode, Accept"),
    )
    return structs.replace(
        reply, headers=(*kept, *own), repeatable=False, policy=_framed_by_us(app, reply.policy)
    )


def _framed_by_us(app: App, policy: str | None) -> str | None:
    """Return *policy* with who may show it in a frame: the pages round apps, where no other page lies over it."""
    if policy is None:
        return None
    parts = urlsplit(app.config.wrapper_base_url)
    places = {f"{app.config.protocol}://{app.config.hostname_base}", f"{parts.scheme}://{parts.netloc}"}
    framing = " ".join(("frame-ancestors 'self'", *sorted(places)))
    return f"{policy}; {framing}" if policy else framing


_OPENS = ("cache-control", "access-control-allow-origin", "vary")


def hash_token(token: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def find_entrant(tx: Tx, app_slug: AppSlug, user_slug: UserSlug, tokens: tuple[str, ...]) -> UserId | None:
    """Return as whom the first of *tokens* that does so lets a browser into that app now.

    A token is of a link of somebody's (`share_links.py`), or of the page round the app (`handoff.py`). For what is
    there and what isn't the same is looked up.
    """
    app = find_app(tx, app_slug, user_slug)
    for token in tokens:
        token_hash = hash_token(token)
        link = shares.find_link(tx, token_hash)
        entrant = entries.find_entrant(tx, app_slug, user_slug, token_hash)
        if link is not None and (link.app_slug, link.user_slug) == (app_slug, user_slug):
            entrant = link.user_id
        if entrant is None or app is None:
            continue
        if relation_to(tx, app, entrant) >= least_to_see(app):
            return entrant
    return None


def is_hidden(tx: Tx, app_slug: AppSlug, user_slug: UserSlug, tokens: tuple[str, ...]) -> bool:
    """Return whether there is an app, and a browser with these *tokens* must not see it.

    It takes the same time for what is hidden and what isn't there.
    """
    app = find_app(tx, app_slug, user_slug)
    entrant = find_entrant(tx, app_slug, user_slug, tokens)
    return app is not None and app.visibility == "private" and entrant is None


def _tokens(app: App, cookies: str) -> tuple[str, ...]:
    """Return what a browser has to show."""
    if COOKIE not in cookies:
        return ()
    wanted = _cookie_name(app)
    pairs = (pair.strip().partition("=") for pair in cookies.split(";", MAX_PAIRS))
    found = [value for name, _, value in pairs if name == wanted and 0 < len(value) <= MAX_TOKEN_CHARS]
    return tuple(found[:MAX_COOKIES])


def _cookie_name(app: App) -> str:
    return SECURE_COOKIE if app.config.protocol == "https" else COOKIE


def cookie_for(app: App, token: str, *, framed: bool) -> str:
    """Return the Set-Cookie header that lets a browser with *token* in: for its host alone, and no script reads it.

    *framed*: in a frame of the page round the app. Where that is another site to browsers, as `localhost` and what is
    below it are, they take one only with `Partitioned`: then it counts in frames of that page alone.
    """
    config = app.config
    is_https = config.protocol == "https"
    here = base_name(config.hostname_base)
    is_trusted = is_https or here == "localhost" or here.endswith(".localhost")
    apart = framed and is_trusted
    secure = "; Secure" if is_https or apart else ""
    kind = "SameSite=None; Partitioned" if apart else "SameSite=Lax"
    age = int(config.limits.share_link_s)
    return f"{_cookie_name(app)}={token}; Path=/; HttpOnly; {kind}; Max-Age={age}{secure}"
