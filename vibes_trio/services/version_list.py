"""What there is of an app's versions: a list of them."""

from vibes_trio.context import Ctx
from vibes_trio.errors import NotFound
from vibes_trio.services.access import admit
from vibes_trio.services.app_list import clamp
from vibes_trio.services.me import find_default_handle
from vibes_trio.storage import versions
from vibes_trio.storage.interface import Tx
from vibes_trio.wire.access import Relation
from vibes_trio.wire.apps import ReqListVersions, ResListVersions, Version
from vibes_trio.wire.cursors import read_cursor, write_cursor


async def list_versions(ctx: Ctx, req: ReqListVersions) -> ResListVersions:
    """Return releases of an app.

    Raises:
        BadRequest: a slug that can't be one, or a cursor of another list.
    """
    limit = clamp(req.limit, ctx)
    (below,) = read_cursor(req.cursor, "versions", tuple[int]) if req.cursor else (versions.MOST,)
    try:
        found, unpublished = await ctx.app.db.read(_versions, ctx, req, below, limit + 1)
    except NotFound:
        found, unpublished = (), ""
    items = found[:limit]
    return ResListVersions(
        app_slug=req.app_slug,
        owner_handle=req.owner_handle,
        items=items,
        next_cursor=write_cursor("versions", items[-1].release_seq) if len(found) > limit else "",
        unpublished_at=unpublished,
    )


def _versions(
    tx: Tx, ctx: Ctx, req: ReqListVersions, below: int, limit: int
) -> tuple[tuple[Version, ...], str]:
    admitted = admit(tx, ctx, req)
    app, deploys = admitted.app, admitted.relation >= Relation.EDITOR
    if app.unpublished and not deploys:
        return (), ""
    published = versions.find_published_seq(tx, app)
    found = versions.list_versions(tx, app, below=below, limit=limit, published_only=not deploys)
    who = {one.deployed_by for one in found if one.deployed_by} if deploys else set()
    handles = {user_id: find_default_handle(tx, user_id) or "" for user_id in who}
    told = tuple(
        Version(
            fs_id=one.fs_id,
            mode=one.mode,
            release_seq=one.release_seq,
            created=one.created,
            published=one.release_seq == published,
            size=one.size,
            message=one.message,
            deployed_by=one.deployed_by if deploys else "",
            deployed_by_handle=handles.get(one.deployed_by, ""),
        )
        for one in found
    )
    return told, app.unpublished if deploys else ""
