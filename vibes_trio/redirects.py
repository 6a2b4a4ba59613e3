"""Whether to go where another server sends us. Only for what is checked by its hash, wherever it comes from.

Registries keep archives at other hosts than their own. What may not be is that a registry has this server ask
what only this server can reach: a host is followed to one that is no nearer to us than it is itself, and never
from https to http.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    import httpx2

_PUBLIC, _PRIVATE, _OURS = range(3)


async def why_not_follow(asked: httpx2.URL, target: httpx2.URL) -> str:
    """Return why *target*, to which *asked* sends us, is not to be asked; empty: it may be.

    A name whose address nobody tells counts as public: it can't be connected to, or a proxy knows it.
    """
    if target.scheme not in ("https", asked.scheme):
        return "it is no https address"
    near = await _nearness(target)
    if near > _PUBLIC and near > await _nearness(asked):
        return "it is nearer to this server"
    return ""


async def _nearness(url: httpx2.URL) -> int:
    """Return how near the host of *url* is; of several addresses the nearest counts."""
    try:
        found = await trio.socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return _PUBLIC
    return max((_nearness_of(str(place[4][0])) for place in found), default=_PUBLIC)


def _nearness_of(address: str) -> int:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if ip.is_global and not ip.is_multicast:
        return _PUBLIC
    is_lan = ip.is_private and not (ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_reserved)
    return _PRIVATE if is_lan else _OURS
