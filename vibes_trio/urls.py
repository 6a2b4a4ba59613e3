"""Hosts and paths of deployed apps: `{app}--{user}.{base}/~{fsId}~/path` taken apart and put together.

Source: `extractHostToBindings` of the reference, which takes any base. The Host header is parsed strictly
(platform-and-reliability.md, section 4): what is no host name is refused by the front before anything looks at it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

import msgspec

from vibes_trio.exchange import AppSlug, FsId, HostName, UserSlug

ANY = "*"
MODULES = "/~esm/"
"""What the paths of modules begin with that this server serves itself, on every host."""
HEALTH = ("/healthz", "/readyz")
"""Paths of the API host that tell whether the server lives, and whether it answers."""

METRICS = "/metrics"
"""Path of the API host that tells what the server counts, to its operator."""

SHARE = "/~share"
"""Where a page of an app's host posts what lets its browser see the app; no release has such a path."""

ERRORS = "/~errors"
"""Where a page of an app's host posts what went wrong in it; no release has such a path."""

SIGN_IN = "/settings/csr-to-cert"
"""Where programs send a browser to have their device certified; the path is the reference's."""
UPLOADS = "/assets"
"""Where files are uploaded to; the path is the reference's."""
OPEN_SESSION = "/sign-in"
"""Where a browser is signed in: a page, and what its form is posted to."""
END_SESSION = "/sign-out"
ACCEPT_INVITE = "/welcome"
"""Where somebody who is invited becomes a user."""
FORMS = frozenset({SIGN_IN, UPLOADS, OPEN_SESSION, END_SESSION, ACCEPT_INVITE})
"""Paths of the API host to which no messages are posted."""

ROUND = "/vibe"
"""What the paths of pages round apps begin with; the path is the reference's."""

_LABEL = r"[a-z0-9_-]+"
_HOST = re.compile(rf"(?:({_LABEL}(?:\.{_LABEL})*)\.?|(\[[0-9a-f:.]+\]))(?::([0-9]{{1,5}}))?")
_PORT = re.compile(r":[0-9]*\Z")
_PUNYCODE = "xn"
"""`xn--…` is a name in another script, and never an app called `xn`."""
_APP_LABEL = re.compile(r"([a-z0-9][a-z0-9-]*?)--([a-z0-9][a-z0-9-]+)")
_RELEASE_PATH = re.compile(r"/~(z[a-zA-Z0-9]{8,})~(/.*)?", re.DOTALL)
_DOT = re.compile(r"\.|%2e", re.IGNORECASE)
_DOTS = re.compile(r"(?:\.|%2e){2}", re.IGNORECASE)
_MAX_HOST_CHARS = 253


@dataclass(frozen=True, slots=True)
class Site:
    """Which hosts are apps', and which pages may speak to the API, that is to any other host.

    Attributes:
        bases: names under which apps live, and whole names of apps' hosts, all canonical; `*`: any.
        api: names that are the API's whatever they look like.
        origins: of pages that may send messages, and read the answers; `*`: any.
        protocol: `http` or `https`, as visitors see it.
    """

    bases: frozenset[str] = frozenset({ANY})
    api: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset({ANY})
    protocol: str = "http"


ANY_SITE = Site()


class EntryPoint(msgspec.Struct, frozen=True):
    """Which file of which release is asked for. Without *fs_id*: of the latest production release.

    *path* is normalised (dot segments gone) and still percent-encoded.
    """

    app: AppSlug
    user: UserSlug
    fs_id: FsId | None
    path: str


def make_site(
    hostname_base: str, extra_hosts: Iterable[str], origins: Iterable[str], protocol: str = "http"
) -> Site:
    """Return the site of a server with these settings (`config`): bases with or without port."""
    base = base_name(hostname_base)
    bases = frozenset({base, *map(base_name, extra_hosts)})
    return Site(bases, frozenset({base}), frozenset(origins), protocol)


def base_name(host: str) -> str:
    """Return the canonical name of *host* (`apps.example.org:8787`, `*.example.org`, `*`), without port."""
    name = host.lower().removeprefix("*.")
    return _PORT.sub("", name).rstrip(".")


def parse_host(text: str, site: Site) -> HostName | None:
    """Return the host that a Host header names, or None if it is not exactly one host name and port.

    User names, lists, blanks, paths and anything but ASCII are refused. Only `{app}--{user}.{base}`, or what is
    named so as a whole, is an app's host: the base is the API's.
    """
    match = _HOST.fullmatch(text.lower()) if text.isascii() and len(text) <= _MAX_HOST_CHARS + 6 else None
    if match is None or int(match[3] or 0) > 65535:
        return None
    name = match[1] or match[2]
    label, _, base = name.partition(".")
    bases = site.bases
    is_apps = (base in bases or name in bases or ANY in bases) and name not in site.api
    app = _APP_LABEL.fullmatch(label) if is_apps else None
    if app is None or app[1] == _PUNYCODE:
        return HostName(name)
    return HostName(name, AppSlug(app[1]), UserSlug(app[2]))


def is_for_app(host: HostName, path: str) -> bool:
    """Whether *path* (normalised) of *host*, which is no app's, was meant for an app, or can't be meant at all.

    Such are hosts that look like an app's, paths like a release's, and what is no text.
    """
    return "--" in host.name.partition(".")[0] or path.startswith("/~") or decode_path(path) is None


def may_be_page(host: HostName, method: str, target: str) -> bool:
    """Whether a page of this server's own may be asked for: of the API host, and what is known to be nothing else."""
    if host.app is not None or method not in ("GET", "HEAD", "POST"):
        return False
    path = normalize_path(target)
    if method == "POST":
        return path in FORMS
    return (
        path not in HEALTH and path != METRICS and not path.startswith((MODULES, "//"))
    )  # Quart takes `//x` for `/x`


@lru_cache(maxsize=16)  # a request asks several times, and a long one of nothing but dots takes 2 ms
def normalize_path(target: str) -> str:
    """Return the path of a request target without query and dot segments, as browsers resolve them."""
    path = target.split("?", 1)[0]
    if "." not in path and "%2" not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for index, segment in enumerate(segments):
        last = index == len(segments) - 1
        if _DOTS.fullmatch(segment):
            if kept:
                kept.pop()
            if last:
                kept.append("")
        elif _DOT.fullmatch(segment):
            if last:
                kept.append("")
        else:
            kept.append(segment)
    return "/" + "/".join(kept)


def parse_entry_point(host: HostName, target: str) -> EntryPoint | None:
    """Return what *target* asks of an app's host, or None on any other host."""
    if host.app is None or host.user is None:
        return None
    path = normalize_path(target)
    match = _RELEASE_PATH.fullmatch(path)
    if match:
        return EntryPoint(host.app, host.user, FsId(match[1]), match[2] or "/")
    return EntryPoint(host.app, host.user, None, path)


def decode_path(path: str) -> str | None:
    """Return *path* percent-decoded, or None if that is no UTF-8."""
    try:
        return unquote_to_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        return None


def entry_point_url(protocol: str, hostname_base: str, app: str, user: str, fs_id: str) -> str:
    """Return the address of a release, as visitors use it."""
    return f"{app_url(protocol, hostname_base, app, user)}~{fs_id}~/"


def app_url(protocol: str, hostname_base: str, app: str, user: str) -> str:
    """Return the address of an app, which shows what is published, as visitors use it."""
    return f"{protocol}://{app}--{user}.{hostname_base}/"


def page_round(protocol: str, hostname_base: str, user: str, app: str, fs_id: str = "") -> str:
    """Return the address of this server's page round an app, or round one release of it."""
    return f"{protocol}://{hostname_base}{ROUND}/{user}/{app}" + (f"/{fs_id}" if fs_id else "")


def wrapper_url(base: str, user: str, app: str, fs_id: str) -> str:
    """Return the address of the page round a release."""
    return f"{base}/{user}/{app}/{fs_id}"
