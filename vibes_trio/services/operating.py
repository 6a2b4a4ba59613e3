"""What only whoever runs the server may ask: users, settings, what may become a problem."""

from vibes_trio.context import Ctx
from vibes_trio.services.app_list import clamp
from vibes_trio.services.server_findings import look_at_all
from vibes_trio.services.server_settings import describe
from vibes_trio.storage import user_list
from vibes_trio.storage.interface import iso_utc
from vibes_trio.wire.cursors import read_cursor, write_cursor
from vibes_trio.wire.operator import (
    ListedUser,
    ReqGetServerFindings,
    ReqListServerSettings,
    ReqListUsers,
    ResGetServerFindings,
    ResListServerSettings,
    ResListUsers,
    UserUsage,
)


async def list_users(ctx: Ctx, req: ReqListUsers) -> ResListUsers:
    """Return users by name, with what they keep.

    Raises:
        BadRequest: a cursor of another list.
        NotOperator: it is somebody else who asks.
    """
    limit = clamp(req.limit, ctx)
    after = read_cursor(req.cursor, "users", tuple[str])[0] if req.cursor else ""
    found = await ctx.app.db.read(user_list.list_kept, after=after, limit=limit + 1)
    items = found[:limit]
    cursor = write_cursor("users", items[-1].name) if len(found) > limit else ""
    return ResListUsers(items=tuple(map(_told, items)), next_cursor=cursor)


def _told(user: user_list.KeptUser) -> ListedUser:
    return ListedUser(
        user_id=user.user_id,
        name=user.name,
        email=user.email,
        role=user.role,
        created=user.created,
        usage=UserUsage(
            apps=user.apps,
            releases=user.releases,
            release_bytes=user.usage.release_bytes,
            chats=user.usage.contexts,
            sections=user.usage.sections,
            chat_bytes=user.usage.chat_bytes,
        ),
    )


async def list_server_settings(ctx: Ctx, req: ReqListServerSettings) -> ResListServerSettings:
    """Return every setting; nothing secret.

    Raises:
        NotOperator: it is somebody else who asks.
    """
    return ResListServerSettings(items=describe(ctx.app.config))


async def get_server_findings(ctx: Ctx, req: ReqGetServerFindings) -> ResGetServerFindings:
    """Return what `vibes-trio doctor` finds; it looks at most once in `limits.doctor_kept_s`, for all who ask.

    Raises:
        NotOperator: it is somebody else who asks.
    """
    app = ctx.app

    async def look() -> ResGetServerFindings:
        found = await look_at_all(app.config)
        return ResGetServerFindings(items=found, looked=iso_utc(app.now()))

    return await app.findings.get(look)
