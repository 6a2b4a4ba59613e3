"""The registry that a package URL of type npm resolves to when nothing else is said.

The address stands in a library that knows where each kind of package lives, so that it is written nowhere here.
"""

from typing import TYPE_CHECKING

from vibes_trio.late import late

if TYPE_CHECKING:
    from packageurl.contrib import purl2url
else:
    purl2url = late("packageurl.contrib.purl2url")

_PACKAGE = ("react", "19.2.1")


def public_registry() -> str:
    """Return the address of the public registry, which ends with `/`; empty: the library knows none.

    It is what is left of the address of an archive without its tail, `{name}/-/{name}-{version}.tgz`.
    """
    name, version = _PACKAGE
    address = purl2url.get_download_url(f"pkg:npm/{name}@{version}") or ""  # type: ignore[no-untyped-call]
    base, tail, rest = address.partition(f"{name}/-/{name}-{version}.tgz")
    return base if tail and not rest else ""
