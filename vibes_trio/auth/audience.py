"""For which server a token is (`aud` of RFC 7519), so that one server can't use at another what it was sent.

Clients name the origin that they connect to. A server is reached under more names than it is told: through a proxy
that ends TLS, over loopback by its own machine, by that machine's name or address. `own_names` is the one place
that says which of them are ours. The scheme decides about the default port and nothing else, as a server behind
a proxy does not see it.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from types import MappingProxyType
from urllib.parse import urlsplit

import msgspec

from vibes_trio.config import ANY_HOST, Config

_PORTS: Mapping[str, int] = MappingProxyType({"http": 80, "ws": 80, "https": 443, "wss": 443})
# Domains that nobody can register: a name in one of them is given by the network at home.
_HOME_DOMAINS = ("local", "lan", "home", "home.arpa", "internal", "localdomain")
_MAX_CHARS = 512


class Place(msgspec.Struct, frozen=True):
    """A host (a name in lower case, or an address in its shortest form) and a port."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class OwnNames:
    """Where a server is reached.

    Attributes:
        hosts: names and addresses.
        domains: the same, and every name below them.
        ports: that it listens on, that its visitors see, and those of a proxy in front.
    """

    hosts: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    ports: frozenset[int] = frozenset()

    def has(self, origin: str) -> bool:
        """Say whether *origin*, an address as a token names it, leads here; the scheme may lack."""
        place = parse_place(origin if "://" in origin else f"https://{origin}")
        if place is None or place.port not in self.ports:
            return False
        parents = place.host.split(".")
        below = any(".".join(parents[start:]) in self.domains for start in range(len(parents)))
        return place.host in self.hosts or below or _is_address_here(place.host)


def own_names(config: Config) -> OwnNames:
    """Return under which names the server with these settings is reached; its port has to be known."""
    machine = socket.gethostname().lower().split(".")
    told = [
        parse_place(f"{config.protocol or 'http'}://{config.hostname_base}"),
        parse_place(config.wrapper_base_url),
        # `*` lets any name lead to apps; whose tokens these are it does not say.
        *(
            parse_place(f"http://{host.removeprefix('*.')}")
            for host in config.extra_hosts
            if host != ANY_HOST
        ),
    ]
    places = [place for place in told if place is not None]
    return OwnNames(
        hosts=frozenset(
            {
                _normal_host(config.host),
                ".".join(machine),
                machine[0],
                *(f"{machine[0]}.{domain}" for domain in _HOME_DOMAINS),
            }
        )
        - {""},
        domains=frozenset({"localhost", *(place.host for place in places)}),
        ports=frozenset({config.port, 80, 443, *(place.port for place in places)}),
    )


def origin_of(url: str) -> str:
    """Return the origin of the server at *url*, as a token names it; empty: *url* is no address of one."""
    place = parse_place(url)
    if place is None:
        return ""
    scheme = "https" if urlsplit(url).scheme in ("https", "wss") else "http"
    host = f"[{place.host}]" if ":" in place.host else place.host
    return f"{scheme}://{host}" + ("" if place.port == _PORTS[scheme] else f":{place.port}")


def parse_place(url: str) -> Place | None:
    """Return where *url* leads: whatever its case, default port, trailing dot or slash. None: it is no address."""
    if len(url) > _MAX_CHARS:
        return None
    try:
        parts = urlsplit(url)
        host, port = _normal_host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host or port == 0:
        return None
    return Place(host, port or _PORTS[parts.scheme])


def _normal_host(text: str) -> str:
    """Return the one way to write a host; empty: it is none.

    Raises:
        ValueError: letters that no host name has.
    """
    host = text.lower().removesuffix(".")
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    try:
        address = ip_address(host)
    except ValueError:
        return host
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _is_address_here(host: str) -> bool:
    """Say whether *host* is an address of this machine: then, and only then, a socket can have it."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if address.is_loopback:
        return True
    if address.is_unspecified or address.is_multicast:
        return False
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
