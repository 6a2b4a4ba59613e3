"""What a visitor tells whoever runs the server about an app."""

from typing import Annotated

import msgspec

from vibes_trio.wire.base import Response
from vibes_trio.wire.names import AppRequest, Owned

MAX_REASON_CHARS = 1000


class ResReportApp(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-report-app"):
    """Whoever runs the server is told."""

    app_slug: str


class ReqReportApp(AppRequest[ResReportApp], frozen=True, kw_only=True, tag="vibes.diy.req-report-app"):
    """Tell whoever runs the server what is wrong with an app; it is written to the log"""

    reason: Annotated[str, msgspec.Meta(max_length=MAX_REASON_CHARS)]
    fs_id: Annotated[str, msgspec.Meta(max_length=100)] = ""
