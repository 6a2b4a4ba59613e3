"""Browsers that somebody is signed in with: list them, sign them out."""

from vibes_trio.context import Ctx
from vibes_trio.services.app_list import clamp
from vibes_trio.sessions import hash_token
from vibes_trio.storage import sessions
from vibes_trio.storage.interface import Tx
from vibes_trio.wire.cursors import read_cursor, write_cursor
from vibes_trio.wire.sessions import (
    ReqListSessions,
    ReqRevokeSession,
    ResListSessions,
    ResRevokeSession,
    Session,
)


async def list_sessions(ctx: Ctx, req: ReqListSessions) -> ResListSessions:
    """Return sessions of who asks.

    Raises:
        BadRequest: a cursor of another list.
    """
    limit, limits = clamp(req.limit, ctx), ctx.app.config.limits
    behind = {"after": read_cursor(req.cursor, "sessions", tuple[str, str])} if req.cursor else {}
    found = await ctx.app.db.read(
        sessions.list_sessions, ctx.asker.user_id, limits, limit=limit + 1, **behind
    )
    current = await ctx.app.db.get(_current, ctx)
    last = found[limit - 1] if len(found) > limit else None
    return ResListSessions(
        items=tuple(_told(session, current) for session in found[:limit]),
        next_cursor=write_cursor("sessions", last.created, last.session_id) if last is not None else "",
    )


async def revoke_session(ctx: Ctx, req: ReqRevokeSession) -> ResRevokeSession:
    """Sign a browser of who asks out; none is named: all others.

    Raises:
        NotFound: they have none such.
    """
    return ResRevokeSession(revoked=await ctx.app.db.write(_revoke, ctx, req.session_id))


def _revoke(tx: Tx, ctx: Ctx, session_id: str) -> int:
    if not session_id:
        return sessions.end_others(tx, ctx.asker.user_id, _current(tx, ctx))
    sessions.end_session(tx, ctx.asker.user_id, session_id)
    return 1


def _current(tx: Tx, ctx: Ctx) -> str:
    """Return the session that asks; empty: none does."""
    limits = ctx.app.config.limits
    session = sessions.find_session(tx, hash_token(ctx.session), limits) if ctx.session else None
    return session.session_id if session is not None else ""


def _told(session: sessions.Session, current: str) -> Session:
    return Session(
        session_id=session.session_id,
        browser=session.browser,
        created=session.created,
        used=session.used,
        expires=session.expires,
        current=session.session_id == current,
    )
