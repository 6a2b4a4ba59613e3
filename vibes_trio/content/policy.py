"""What the pages of a server with local modules may ask: the Content-Security-Policy of all that it serves.

A page may ask its own origin, what the operator's settings name, and nobody else. It may run whatever it likes:
apps are made of inline scripts and styles, some evaluate code (calculators do, and zod where it can), bundled
packages start workers from blobs and load WebAssembly. That harms nobody, as each app has an origin of its own.

The header goes with every file, not with pages alone: an SVG opened directly is a document that runs scripts,
and a worker is bound by the policy that its own script came with. What is neither page nor file (errors, above all)
has a policy, too, `LOCKED`, which the front adds (`front/http.py`): any answer of an app's host can be shown in a
frame by the app's page, is a document of the same origin, and would lend the page its freedom.

It keeps a page from fetching elsewhere; it does not lock up what a page knows: no policy stops a link, a script
that sends its visitor to another address, WebRTC, or `<link rel=preconnect>`, which opens a connection and asks
nothing.

What it leaves out: who may frame an app (pages around apps do), and a Referrer-Policy, as browsers tell other hosts
no more than the origin by themselves. Service workers need no rule of their own: one is of its app's origin, and
bound by the policy that its script came with.
"""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from vibes_trio.config import ANY_HOST

LOCKED = "default-src 'none'; sandbox"
"""For answers that are no part of an app: nothing, and not even the origin of their host."""

ASKED = ("FPCLOUD_URL", "DASHBOARD_URL", "CALLAI_CHAT_URL", "CALLAI_IMG_URL")
"""Settings whose addresses apps ask."""
SHOWN = ("CALLAI_IMG_URL",)
"""Those of them that pictures come from."""

_HOST_CHARS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.")
_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
# A policy takes `https://host` for that scheme alone, and a socket is another.
_ALIKE = {"https": ("https", "wss"), "http": ("http", "ws"), "": ("https", "http", "wss", "ws")}


def calc_policy(hosts: Sequence[str], app_env: Mapping[str, str]) -> str:
    """Return the policy's text; empty: pages may ask any host.

    Args:
        hosts: as `VIBES_PAGE_HOSTS` names them, checked by `config`.
        app_env: what the server's settings hand to every app; of these addresses the origins may be asked.
    """
    if ANY_HOST in hosts:
        return ""
    own = ["'self'", "data:", "blob:"]
    opened = _sources(hosts)
    asked = _sources(_hosts_of(app_env, ASKED))
    shown = _sources(_hosts_of(app_env, SHOWN))
    directives = (
        ["default-src", *own, "'unsafe-inline'", "'unsafe-eval'", *opened],
        ["connect-src", *own, *opened, *asked],
        ["img-src", *own, *opened, *shown],
        ["object-src", "'none'"],
        ["base-uri", "'self'"],
        ["form-action", "'self'", *opened],
    )
    return "; ".join(" ".join(dict.fromkeys(words)) for words in directives)


def may_ask(hosts: Iterable[str], address: str) -> bool:
    """Return whether a page may ask *address* (absolute, with scheme) when *hosts* are opened."""
    url = urlsplit(address)
    wanted = (url.scheme, url.hostname or "", url.port or _DEFAULT_PORTS.get(url.scheme, 0))
    return any(host == ANY_HOST or _is_of(host, *wanted) for host in hosts)


def _is_of(pattern: str, scheme: str, name: str, port: int) -> bool:
    given, _, rest = pattern.rpartition("://")
    host, _, at = rest.partition(":")
    is_name = name.endswith(host[1:]) if host.startswith("*.") else name == host
    is_port = at == "*" or port == (int(at) if at else _DEFAULT_PORTS.get(scheme, 0))
    return is_name and is_port and scheme in _ALIKE.get(given, (given,))


def _sources(hosts: Iterable[str]) -> list[str]:
    sources = []
    for host in hosts:
        scheme, _, rest = host.rpartition("://")
        sources += [f"{alike}://{rest}" for alike in _ALIKE.get(scheme, (scheme,))]
    return sources


def _hosts_of(app_env: Mapping[str, str], names: Iterable[str]) -> list[str]:
    """Return scheme, host and port of the addresses called *names*; what is none asks nobody."""
    found = []
    for name in names:
        try:
            url = urlsplit(app_env.get(name, ""))
            port = f":{url.port}" if url.port else ""
        except ValueError:
            continue
        host = url.hostname or ""
        if host and _HOST_CHARS.issuperset(host):
            # `fpcloud://` and the like name a host, and leave the scheme to the library.
            scheme = f"{url.scheme}://" if url.scheme in _DEFAULT_PORTS else ""
            found.append(f"{scheme}{host}{port}")
    return found
