"""The two names of a handle: `ownerHandle` is the newer one, `userSlug` the older; both are taken and both answered."""

from typing import Generic, TypeVar

import msgspec

from vibes_trio.wire.base import Request, Response

R = TypeVar("R", bound=Response)


class Owned(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of what is told of a handle, or of something under it. Whoever gives one name has given both."""

    owner_handle: str = ""
    user_slug: str = ""

    def __post_init__(self) -> None:
        """Fill the name that is missing. Raises ValueError, which msgspec turns into its own error."""
        _fill_in(self)


class OwnedRequest(Request[R], Generic[R], frozen=True, kw_only=True, rename="camel"):
    """Base of requests that name a handle, or something under it. Empty: not given."""

    owner_handle: str = ""
    user_slug: str = ""

    def __post_init__(self) -> None:
        """As `Owned`."""
        _fill_in(self)


class AppRequest(OwnedRequest[R], Generic[R], frozen=True, kw_only=True, rename="camel"):
    """Base of requests that are about one app, whose handle has to be named as well."""

    app_slug: str


def _fill_in(named: Owned | OwnedRequest[R]) -> None:
    """Give *named* both names.

    Raises:
        ValueError: they are two different ones.
    """
    if named.owner_handle and named.user_slug and named.owner_handle.lower() != named.user_slug.lower():
        raise ValueError("userSlug and ownerHandle are two names of one thing, but differ: send one of them")
    handle = named.owner_handle or named.user_slug
    # The record is new, nobody else has seen it.
    msgspec.structs.force_setattr(named, "owner_handle", handle)
    msgspec.structs.force_setattr(named, "user_slug", named.user_slug or handle)
