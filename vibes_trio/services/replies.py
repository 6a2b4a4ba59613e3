"""Content as a reply: whole, in part, compressed, or not at all (RFC 9110, 12 to 14)."""

from collections.abc import Mapping
from dataclasses import dataclass

from vibes_trio.compressor import ENCODERS
from vibes_trio.content.mime import is_compressible
from vibes_trio.content.policy import calc_policy
from vibes_trio.context import App
from vibes_trio.exchange import Cid, Reply
from vibes_trio.services.ranges import parse_range
from vibes_trio.urls import EntryPoint

REVALIDATE = "no-cache"
MIN_COMPRESSED_BYTES = 512
MAX_COPIED_BYTES = 4 * 1024
"""A part up to this is copied; of a larger one each reader would have a copy."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A GET or HEAD. *entry*, *host* and *target* are set for an app's host.

    *cookies*: by which a browser may see what is not public (`visibility.py`); nothing public depends on them.
    """

    head: bool
    headers: Mapping[str, str]
    path: str
    entry: EntryPoint | None = None
    host: str = ""
    target: str = ""
    cookies: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes to serve, with what identifies them.

    *vary*: a header of the request that led to them. *shared*: pages of any origin may read them.
    """

    body: bytes
    mime: str
    cid: Cid
    asset_id: str
    cache_control: str
    vary: str = ""
    shared: bool = False


async def respond(app: App, asked: Asked, content: Content) -> Reply:
    """Return *content* in the form that the request's headers ask for.

    A part is never compressed, and HEAD has no parts: ranges are defined for GET alone (RFC 9110, 14.2). What there
    is no room to compress at the moment is sent as it is.
    """
    compressible = is_compressible(content.mime) and len(content.body) >= MIN_COMPRESSED_BYTES
    encoding = choose_encoding(asked.headers.get("accept-encoding", "")) if compressible else ""
    span = None if asked.head else _wanted_part(asked, content)
    if span is not None:
        encoding = ""
    plain = bool(encoding) and not _can_compress(app, content, encoding)
    if plain:
        encoding = ""
    headers = [
        ("content-type", content.mime),
        ("x-vibes-asset-id", content.asset_id),
        ("etag", _tag(content.cid, encoding)),
        ("cache-control", content.cache_control),
        ("accept-ranges", "bytes"),
    ]
    policy = _policy(app)
    if content.shared:
        headers.append(("access-control-allow-origin", "*"))
    vary = [name for name in (content.vary, "Accept-Encoding" if compressible else "") if name]
    if vary:
        headers.append(("vary", ", ".join(vary)))
    if _matches(asked.headers.get("if-none-match", ""), content.cid):
        return Reply(304, tuple(headers), repeatable=True, policy=policy)
    if span is not None:
        return _part(content, headers, span, policy)
    body = content.body
    if encoding:
        body = await compress(app, content, encoding)
        headers.append(("content-encoding", encoding))
    sent = b"" if asked.head else body
    return Reply(200, tuple(headers), sent, len(body), repeatable=not plain, policy=policy)


def _policy(app: App) -> str:
    """Return what pages may ask: all, when what they are made of comes from elsewhere anyway."""
    return "" if app.modules is None else calc_policy(app.config.page_hosts, app.config.app_env)


def _wanted_part(asked: Asked, content: Content) -> slice | None:
    """Return which bytes are asked for; None: all. `If-Range` with another tag, or a date, means all."""
    whole = _tag(content.cid, "")
    if asked.headers.get("if-range", whole) != whole:
        return None
    return parse_range(asked.headers.get("range", ""), len(content.body))


def _part(content: Content, headers: list[tuple[str, str]], span: slice, policy: str) -> Reply:
    size = len(content.body)
    if span.start >= span.stop:
        return Reply(416, (*headers, ("content-range", f"bytes */{size}")), policy=policy)
    headers.append(("content-range", f"bytes {span.start}-{span.stop - 1}/{size}"))
    small = span.stop - span.start <= MAX_COPIED_BYTES
    part = content.body[span] if small else memoryview(content.body)[span]
    return Reply(206, tuple(headers), part, policy=policy)


def choose_encoding(accept: str) -> str:
    """Return the encoding to answer an Accept-Encoding header with; empty: as it is.

    Of those that the client likes best, the first of ours. What it prefers uncompressed stays so.
    """
    offered: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, _, parameters = part.strip().partition(";")
        offered[name.strip()] = _quality(parameters)
    default = offered.get("*", 0.0)
    best = max(ENCODERS, key=lambda name: offered.get(name, default))  # the first of equals
    quality = offered.get(best, default)
    return best if quality > 0 and quality >= offered.get("identity", 0.0) else ""


async def compress(app: App, content: Content, encoding: str) -> bytes:
    """Return the body in *encoding*, kept by content; made once for all who ask."""
    return await app.assets.get_or_make(
        (content.cid, encoding), lambda: app.compressor.compress(encoding, content.body)
    )


def _can_compress(app: App, content: Content, encoding: str) -> bool:
    """Whether the body is there in *encoding*, is being made, or may be: else it is sent as it is."""
    return app.assets.has((content.cid, encoding)) or app.compressor.has_room(len(content.body))


def _quality(parameters: str) -> float:
    """Return the weight of an offer, 0 if it can't be read."""
    name, _, value = parameters.partition(";")[0].strip().partition("=")
    if not name:
        return 1.0
    try:
        quality = float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0


def _tag(cid: str, encoding: str) -> str:
    return f'"{cid}-{encoding}"' if encoding else f'"{cid}"'


def _matches(if_none_match: str, cid: str) -> bool:
    """Whether a client holds this content, in whatever encoding."""
    if if_none_match.strip() == "*":
        return True
    tags = (tag.strip().removeprefix("W/").strip('"') for tag in if_none_match.split(","))
    return any(tag.partition("-")[0] == cid for tag in tags)
