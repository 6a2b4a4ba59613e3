"""Apps that visitors find something wrong with: whoever runs the server reads of them in the log."""

import logging

from vibes_trio.context import Ctx
from vibes_trio.errors import BadRequest, Overloaded
from vibes_trio.services.access import admit, full_name
from vibes_trio.wire.reports import ReqReportApp, ResReportApp

log = logging.getLogger("vibes_trio.reports")


async def report_app(ctx: Ctx, req: ReqReportApp) -> ResReportApp:
    """Write down what somebody finds wrong with an app.

    Raises:
        BadRequest: they say nothing.
        NotFound: see `access.admit`.
        Overloaded: they have told of too many.
    """
    app = (await ctx.app.db.read(admit, ctx, req)).app
    reason = " ".join(req.reason.split())
    if not reason:
        raise BadRequest("reason: what is wrong with the app? A few words are wanted.")
    if not ctx.app.reports.take(ctx.asker.user_id, ctx.app.now()):
        raise Overloaded("You have told of several apps just now: try again in a while.", retry_after_s=60)
    name = full_name(app.app_slug, app.user_slug)
    # `ascii`: nobody writes lines of the log.
    log.warning(
        "%s reports the app %s (release %s): %s",
        ascii(ctx.asker.user_id)[1:-1],
        name,
        ascii(req.fs_id)[1:-1] or "as published",
        ascii(reason)[1:-1],
    )
    return ResReportApp(app_slug=app.app_slug, owner_handle=app.user_slug)
