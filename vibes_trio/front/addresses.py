"""Who a client is, and how many connections each holds, so that no one takes the room of all.

A client is an IPv4 address, or the /64 network of an IPv6 one, of which its holder may use any. Connections from this
machine and private networks are not counted: a proxy is there, and speaks for everybody. Behind a proxy at a
public address the limit is shared by all who come through it.
"""

import socket
from collections import Counter
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

_PREFIX_BITS = 64
KNOWN_ADDRESSES = 1024
"""So many of the last ones are not taken apart again."""

NOT_COUNTED = ""


class Addresses:
    """The connections of each client that is counted. State: a number for each that has any.

    Args:
        limit: connections that one may hold.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: Counter[str] = Counter()

    def enter(self, client: str) -> bool:
        """Count a connection of *client*; returns False, and counts nothing, if it holds its share already."""
        if client == NOT_COUNTED:
            return True
        if self._held[client] >= self._limit:
            return False
        self._held[client] += 1
        return True

    def leave(self, client: str) -> None:
        """Count a connection less, of a *client* that has entered."""
        if client == NOT_COUNTED:
            return
        self._held[client] -= 1
        if not self._held[client]:
            del self._held[client]


def client_of(sock: socket.socket) -> str:
    """Return as whose connection *sock* counts."""
    try:
        return calc_client(sock.getpeername()[0])
    except OSError:
        return NOT_COUNTED  # it has left already


def peer_of(sock: socket.socket) -> str:
    """Return who takes turns with others on *sock*: its client, or the connection itself where a proxy may speak."""
    try:
        return calc_peer(*sock.getpeername()[:2])
    except OSError:
        return NOT_COUNTED


def calc_peer(address: str, port: int) -> str:
    """As `peer_of`, of a connection from there. `exchange.address_in` takes the port off again."""
    return calc_client(address) or f"{address}:{port}"


@lru_cache(maxsize=KNOWN_ADDRESSES)
def calc_client(address: str) -> str:
    """Return as whose a connection from *address* counts."""
    # Loopback and link-local addresses are private, too.
    return NOT_COUNTED if ip_address(address).is_private else calc_network(address)


def address_of(sock: socket.socket) -> str:
    """Return whose memory it is that the connection *sock* holds: near clients are told apart as all others are."""
    try:
        return calc_network(sock.getpeername()[0])
    except (OSError, ValueError):
        return NOT_COUNTED  # it has left already, or is no connection over IP


@lru_cache(maxsize=KNOWN_ADDRESSES)
def calc_network(address: str) -> str:
    """Return *address*, of an IPv6 one the network that its holder has."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed.packed, _PREFIX_BITS), strict=False))
    return str(parsed)


def peer_address(sock: socket.socket) -> str:
    """Return the address that *sock* comes from, without port; empty: it has left."""
    try:
        address: str = sock.getpeername()[0]
    except (OSError, IndexError):
        return NOT_COUNTED
    return address
