"""What an app asks module hosts for while it runs: addresses that scripts put together, that style sheets and workers
name.

A release answers them itself, under a folder of its own: `/~~hosted~~/unpkg.com/name@1/file.js` is the file that
`https://unpkg.com/name@1/file.js` means. `hosted.js` leads elements, workers and requests there; addresses in style
sheets and of `importScripts` are led there as the files are served, or built.
"""

import re
from collections.abc import Iterable, Sequence
from types import MappingProxyType

from vibes_trio.content.module_hosts import Hosted, read_file
from vibes_trio.content.policy import may_ask

HOSTED_FOLDER = "/~~hosted~~/"
MAX_PACKAGES = 20
"""Packages that an app may name in addresses within its code."""

HOSTS = MappingProxyType(
    {
        "ajax.googleapis.com": "/ajax/libs/",
        "cdn.jsdelivr.net": "/npm/",
        "cdnjs.cloudflare.com": "/ajax/libs/",
        "code.jquery.com": "/",
        "fastly.jsdelivr.net": "/npm/",
        "sql.js.org": "/dist/",
        "unpkg.com": "/",
        "www.unpkg.com": "/",
    }
)
"""Hosts of files → what paths of packages begin with there."""

_NAMES = "|".join(re.escape(host) for host in HOSTS)
_ADDRESS = re.compile(rb"(?:https?:)?//(?:" + _NAMES.encode() + rb")/[\w@./+~%-]{1,300}")
_OF_STYLES = re.compile(
    rb"((?:@import\s{1,20}(?:url\(\s{0,20})?|\burl\(\s{0,20})[\"']?)(?:https?:)?//((?:"
    + _NAMES.encode()
    + rb")/[\w@./+~%-]{1,300})"
)
_OF_WORKERS = re.compile(rb"\bimportScripts\s{0,20}\(([^()]{0,2000})\)")
_QUOTED = re.compile(rb"([\"'`])(?:https?:)?//((?:" + _NAMES.encode() + rb")/[\w@./+~%-]{1,300})(?=\1)")
_NOT_MEANT = frozenset(("react", "react-dom", "@babel/standalone", "@tailwindcss/browser"))


def read_at_run(address: str) -> Hosted | None:
    """Return what *address*, absolute, means as a file of a package; None: nothing, or a module."""
    found = read_file(address)
    return None if found is None or found.is_module else found


def address_behind(path: str) -> str:
    """Return the address that *path*, in `HOSTED_FOLDER`, stands for."""
    return f"https://{path.removeprefix(HOSTED_FOLDER)}"


def closed_hosts(hosts: Sequence[str]) -> tuple[str, ...]:
    """Return those of `HOSTS` that pages may not ask themselves when *hosts* are opened to them."""
    return tuple(host for host in HOSTS if not may_ask(hosts, f"https://{host}/"))


def find_at_run(contents: Iterable[bytes], known: Sequence[str]) -> tuple[str, ...]:
    """Return an address for each package that files with *contents* name in addresses, beside those of *known*: its
    `package.json`, which every package has, as who knows which files will be asked for."""
    there = {(found.package, found.version) for text in known if (found := read_file(text)) is not None}
    addresses: dict[str, None] = {}
    for content in contents:
        if b"//" not in content:
            continue
        for match in _ADDRESS.finditer(content):
            text = match[0].decode()
            found = read_at_run(text if ":" in text else f"https:{text}")
            if found is None or (found.package, found.version) in there or found.package in _NOT_MEANT:
                continue
            version = f"@{found.version}" if found.version else ""
            addresses[f"https://cdn.jsdelivr.net/npm/{found.package}{version}/package.json"] = None
            if len(addresses) >= MAX_PACKAGES:
                return tuple(addresses)
    return tuple(addresses)


def with_hosted(content: bytes, mime: str, root: str) -> bytes:
    """Return *content*, a style sheet or a script, with the addresses that it has loaded led to the release at *root*
    (with a slash at its end). Of a script that is what `importScripts` names."""
    own = root.removesuffix("/").encode() + HOSTED_FOLDER.encode()
    if mime == "text/css":
        return _OF_STYLES.sub(lambda found: found[1] + own + found[2], content)
    if b"importScripts" not in content:
        return content
    whole = b"self.location.origin + "  # the script of a worker may be text that stands in another script
    return _OF_WORKERS.sub(
        lambda call: (
            b"importScripts(" + _QUOTED.sub(lambda found: whole + found[1] + own + found[2], call[1]) + b")"
        ),
        content,
    )


def hosted_path(address: str) -> str:
    """Return the path in a release that answers for *address*; empty: it is of none of the hosts, or no file there."""
    url = f"https:{address}" if address.startswith("//") else address
    return HOSTED_FOLDER + url.partition("//")[2] if read_at_run(url) is not None and _is_ours(url) else ""


def _is_ours(url: str) -> bool:
    host, slash, path = url.partition("//")[2].partition("/")
    return host in HOSTS and (slash + path).startswith(HOSTS[host])
