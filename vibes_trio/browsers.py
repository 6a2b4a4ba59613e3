"""What a browser says of itself and of the page that asks: whether its session counts. Pure.

The hosts of all apps are the same site as this one, so a browser sends our cookie whenever an app's page asks for
anything here. So it counts only where the browser says that a page of our own asks, by an `Origin` that is exactly
ours; and for what is only read, where somebody opens a page, which no other page can look into.
"""

from collections.abc import Mapping

COOKIE = "vibes-session"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""Where the server is reached by https: then no other host can set one of that name."""
MAX_TOKEN_CHARS = 100
MAX_PAIRS = 200


def is_own_page(headers: Mapping[str, str], host: str, protocol: str) -> bool:
    """Whether a page of this server's own, at *host* (with port), asks for what has these *headers*."""
    same = headers.get("sec-fetch-site", "same-origin") == "same-origin"
    return same and headers.get("origin") == f"{protocol}://{host.lower()}"


def is_same_page(headers: Mapping[str, str], host: str) -> bool:
    """Whether nothing says that a page of another host than *host* (with port) sent what has these *headers*.

    To servers without https browsers tell the origin alone; programs tell nothing.
    """
    origin = headers.get("origin")
    is_own = origin is None or origin.partition("://")[2] == host.lower()
    return is_own and headers.get("sec-fetch-site", "same-origin") == "same-origin"


def acting_session(headers: Mapping[str, str], host: str, protocol: str) -> str:
    """Return what says who asks for something to be done, or for a WebSocket; empty: nothing that counts."""
    return session_in(headers, protocol) if is_own_page(headers, host, protocol) else ""


def reading_session(headers: Mapping[str, str], protocol: str) -> str:
    """Return what says who opens a page; empty: nothing that counts.

    From a page of another origin only a link, or what leads on by itself, opens one: not what is embedded.
    """
    if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
        return session_in(headers, protocol)
    opens = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return session_in(headers, protocol) if opens else ""


def session_in(headers: Mapping[str, str], protocol: str) -> str:
    """Return the token in the cookies; empty: there is none, or more than one.

    Without https, apps can set cookies for all hosts below their base: whose session is meant can't be told then.
    """
    wanted = SECURE_COOKIE if protocol == "https" else COOKIE
    pairs = (pair.strip().partition("=") for pair in headers.get("cookie", "").split(";", MAX_PAIRS))
    found = {value for name, _, value in pairs if name == wanted and 0 < len(value) <= MAX_TOKEN_CHARS}
    return found.pop() if len(found) == 1 else ""


def session_cookie(token: str, protocol: str, age_s: float) -> str:
    """Return the Set-Cookie header that signs a browser in at this host alone; no script reads it.

    `Lax`: whoever follows a link to a page of ours is signed in there. An empty *token* signs out.
    """
    name, secure = (SECURE_COOKIE, "; Secure") if protocol == "https" else (COOKIE, "")
    age = int(age_s) if token else 0
    return f"{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}"
