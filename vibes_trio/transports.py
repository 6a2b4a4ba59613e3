"""How outbound connections are made: which certificates are trusted, and through which proxy a host is reached.

Certificates: certifi's list (or SSL_CERT_FILE, SSL_CERT_DIR in its place), the system's, NODE_EXTRA_CA_CERTS, and
those of npm's settings. Proxies: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY; for package registries npm's
settings come before these. What is only named wrongly is told and passed over, as Node, npm and pip do; a
proxy of a kind that can't be used is an error, as going round it may be forbidden.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from vibes_trio.errors import ConfigError
from vibes_trio.late import late

if TYPE_CHECKING:
    import urllib.request as urllib_request

    import certifi
    import httpx2
else:
    certifi = late("certifi")
    httpx2 = late("httpx2")
    urllib_request = late("urllib.request")

log = logging.getLogger(__name__)

PROXY_SCHEMES = ("http://", "https://")


class Access(msgspec.Struct, frozen=True):
    """How package registries are reached, as npm's settings say.

    Attributes:
        proxy: address of the proxy; empty: what the environment says.
        no_proxy: hosts and domains that are reached without one.
        ca_file: file of certificates to trust besides the others; empty: none.
        ca: certificates to trust besides the others, in PEM.
        is_checked: whether a registry's certificate has to be good (`strict-ssl`).
    """

    proxy: str = ""
    no_proxy: tuple[str, ...] = ()
    ca_file: str = ""
    ca: str = ""
    is_checked: bool = True


def open_client(bases: Sequence[str], access: Access, env: Mapping[str, str]) -> httpx2.AsyncClient:
    """Return an HTTP client, which its caller closes; registries at the addresses *bases* are reached by *access*.

    Args:
        env: of its variables only NODE_EXTRA_CA_CERTS is read; httpx2 and Python read the process's own.

    Raises:
        ConfigError: a proxy is none that can be used.
    """
    trusted = _tls_context(env, access)
    of_registries = trusted if access.is_checked else httpx2.create_ssl_context(verify=False)
    if not access.is_checked:
        log.warning("strict-ssl=false in npm's settings: certificates of package registries are not checked")
    mounts: dict[str, httpx2.AsyncBaseTransport | None] = {}
    for base in bases:
        url = httpx2.URL(base)
        proxy = _proxy_of(url, access)
        mounts[f"{url.scheme}://{url.netloc.decode()}"] = httpx2.AsyncHTTPTransport(
            verify=of_registries, proxy=proxy or None
        )
    try:
        return httpx2.AsyncClient(verify=trusted, mounts=mounts)
    except (ImportError, ValueError, httpx2.InvalidURL) as error:
        # Whoever is not a registry (Clerk) is asked straight then: its own fetch fails where that is forbidden.
        log.warning("HTTP_PROXY, HTTPS_PROXY, ALL_PROXY or NO_PROXY can't be used for other hosts: %s", error)
        return httpx2.AsyncClient(verify=trusted, mounts=mounts, trust_env=False)


def _proxy_of(url: httpx2.URL, access: Access) -> str:
    """Return the address of the proxy for the registry at *url*; empty: it is reached without one."""
    told = urllib_request.getproxies()
    straight = (*access.no_proxy, *(host.strip() for host in told.get("no", "").split(",")))
    if any(_covers(entry, url) for entry in straight if entry):
        return ""
    proxy = access.proxy or told.get(url.scheme) or told.get("all") or ""
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    if proxy and not proxy.lower().startswith(PROXY_SCHEMES):
        setting = "npm's proxy setting" if access.proxy else "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY"
        raise ConfigError(
            f"{setting}: a proxy is reached by http:// or https://, not by {proxy.partition(':')[0]}://. Name another"
            f" one, or have {url.host} reached without: NO_PROXY={url.host}."
        )
    return proxy


def _covers(entry: str, url: httpx2.URL) -> bool:
    """Return whether NO_PROXY's *entry* means *url*: `*`, a host or a domain, perhaps with a port, or a network."""
    try:
        return ipaddress.ip_address(url.host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        pass  # one of them is a name
    domain = entry.lower().removeprefix("*").removeprefix(".")
    is_under = domain != "" and url.host.endswith(f".{domain}")
    return entry == "*" or domain in (url.host, url.netloc.decode()) or is_under


def _tls_context(env: Mapping[str, str], access: Access) -> ssl.SSLContext:
    try:
        context = httpx2.create_ssl_context()
    except OSError as error:
        log.warning("SSL_CERT_FILE, SSL_CERT_DIR: passed over: %s", error)
        context = httpx2.create_ssl_context(trust_env=False)
    if not (os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")):
        context.load_verify_locations(certifi.where())  # a small system, as in a container, may have no list
    context.load_default_certs()  # a company's own certificate lies in the system's list
    for extra in filter(None, (env.get("NODE_EXTRA_CA_CERTS"), access.ca_file)):
        try:
            context.load_verify_locations(cafile=Path(extra).expanduser())
        except (OSError, RuntimeError) as error:
            log.warning("certificates in %s are passed over: %s", extra, error)
    if access.ca:
        try:
            context.load_verify_locations(cadata=access.ca)
        except (OSError, TypeError, ValueError) as error:
            log.warning("ca in npm's settings is passed over: %s", error)
    return context
