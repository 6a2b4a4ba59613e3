"""`/metrics`: what all processes of this server count, for the operator's Prometheus.

Told to programs of this machine, and to who has the token. What comes through a proxy comes from elsewhere; and a page
in a browser of this machine is whoever's it is, so none is told anything, nor is who was led here by a name of his own.
"""

import hmac
from collections.abc import Sequence
from ipaddress import ip_address

import trio

from vibes_trio.context import Ctx
from vibes_trio.errors import RequireLogin
from vibes_trio.exchange import HttpIncoming, Reply, address_in
from vibes_trio.exposition import OPEN_TYPE, PLAIN_TYPE, Snapshot, add_up, decode, take, wants_open, write
from vibes_trio.urls import Site

_BEARER = "bearer"
_BY_PROXY = ("x-forwarded-for", "forwarded", "x-real-ip", "via", "x-forwarded-host")
_BY_PAGE = ("origin", "referer")
_REFUSED = (
    "Metrics are for programs of this machine, and for who sends the value of VIBES_METRICS_TOKEN: "
    "`Authorization: Bearer …`."
)


async def serve_metrics(ctx: Ctx, incoming: HttpIncoming) -> Reply:
    """Return the numbers of all processes.

    Raises:
        RequireLogin: whoever asks may not have them.
    """
    app = ctx.app
    if not may_read(incoming, app.config.metrics_token, app.site):
        raise RequireLogin("no metrics token", _REFUSED)
    others = await app.counts.of_others()
    is_open = wants_open(incoming.headers.get("accept", ""))
    # Thousands of lines take longer than anybody should wait who asks for something else.
    text = await trio.to_thread.run_sync(_write, take(app.counts), others, is_open)
    headers = (
        ("content-type", OPEN_TYPE if is_open else PLAIN_TYPE),
        ("cache-control", "no-store"),
        ("vary", "accept"),
    )
    return Reply(200, headers, b"" if incoming.method == "HEAD" else text, len(text))


def _write(own: Snapshot, others: Sequence[bytes], is_open: bool) -> bytes:
    return write(add_up((own, *map(decode, others))), is_open=is_open)


def may_read(incoming: HttpIncoming, token: str, site: Site) -> bool:
    """Whether *incoming* comes from a program of this machine, or brings *token*; an empty one is none."""
    scheme, _, given = incoming.headers.get("authorization", "").partition(" ")
    if given and scheme.lower() == _BEARER:
        return bool(token) and hmac.compare_digest(given.strip().encode(), token.encode())
    headers = incoming.headers
    if any(name in headers for name in (*_BY_PROXY, *_BY_PAGE)):
        return False
    # A page that is opened by hand is not a page that asks.
    if headers.get("sec-fetch-site", "none") != "none":
        return False
    name = incoming.host_name.name if incoming.host_name is not None else ""
    is_ours = name == "localhost" or name in site.api or _is_loopback(name.strip("[]"))
    return is_ours and _is_loopback(address_in(incoming.client))


def _is_loopback(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
