"""What went wrong on an app's page, as its visitors' browsers told."""

from typing import Annotated

import msgspec

from vibes_trio.wire.base import Response
from vibes_trio.wire.names import AppRequest, Owned

MAX_MESSAGE_CHARS = 1000
MAX_FILE_CHARS = 512
MAX_LINE = 10_000_000


class ToldError(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a page posts. *file*, *line*: where, in what the author wrote; empty and 0: it isn't known."""

    fs_id: Annotated[str, msgspec.Meta(max_length=MAX_FILE_CHARS)]
    message: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_MESSAGE_CHARS)]
    file: Annotated[str, msgspec.Meta(max_length=MAX_FILE_CHARS)] = ""
    line: Annotated[int, msgspec.Meta(ge=0, le=MAX_LINE)] = 0


class PageError(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An error.

    Attributes:
        fs_id: the release in which it was met last.
        file, line: where; none: it isn't known.
        count: how often it was told.
        first, last: when, ISO.
    """

    fs_id: str
    message: str
    file: str = ""
    line: int = 0
    count: int
    first: str
    last: str


class ResListPageErrors(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-list-page-errors"):
    """The errors that are kept, the last one first. *told*: whether pages of this server tell of theirs."""

    app_slug: str
    items: tuple[PageError, ...]
    told: bool


class ReqListPageErrors(
    AppRequest[ResListPageErrors], frozen=True, kw_only=True, tag="vibes.diy.req-list-page-errors"
):
    """List the errors that an app's page met in the browsers of its visitors"""


class ResClearPageErrors(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-clear-page-errors"):
    """How many there were."""

    app_slug: str
    cleared: int


class ReqClearPageErrors(
    AppRequest[ResClearPageErrors], frozen=True, kw_only=True, tag="vibes.diy.req-clear-page-errors"
):
    """Forget the errors that an app's page met"""
