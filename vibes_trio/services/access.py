"""Whether who asks may: `admit` looks it up in `wire.access.ACCESS`, in the transaction that does what was asked."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from vibes_trio.auth.handoff import REFUSED
from vibes_trio.content.slugs import own_names, parse_app_slug, parse_user_slug
from vibes_trio.context import Ctx
from vibes_trio.errors import BadRequest, NotFound, NotOperator, NotOwner, RequireLogin
from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.storage.app_states import AppState, find_app
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.members import Role, find_role
from vibes_trio.storage.users import is_operator
from vibes_trio.wire.access import Relation, rule_of

_RELATIONS: Mapping[Role, Relation] = {"viewer": Relation.VIEWER, "editor": Relation.EDITOR}
AppName = tuple[AppSlug, UserSlug]


class Admitted(msgspec.Struct, frozen=True):
    """An app, and how who asks stands to it."""

    app: AppState
    relation: Relation


class NamesApp(Protocol):
    """A request that names an app."""

    @property
    def owner_handle(self) -> str:
        """Under which handle it lies."""

    @property
    def app_slug(self) -> str:
        """How it is called."""


def admit(tx: Tx, ctx: Ctx, req: NamesApp) -> Admitted:
    """Return the app that *req* names, if who asks may send *req* about it.

    What isn't there takes as long as what is somebody else's.

    Raises:
        BadRequest: a slug that can't be one.
        NotFound: there is no such app, or none that they may see: nothing tells which.
        NotOwner: they may see it, and that is all.
        RequireLogin: an app asks about another.
    """
    name = find_named(ctx, req)
    if ctx.of_app not in ("", full_name(*name)):
        raise RequireLogin("wrong_audience", REFUSED)
    app = find_app(tx, *name)
    relation = relation_if_there(tx, name, app, ctx.user_id)
    if app is None or relation < least_to_see(app):
        raise no_such_app(req)
    if relation < rule_of(req).least:
        raise NotOwner(f"The app {app.app_slug} of {app.user_slug} belongs to someone else.")
    return Admitted(app, relation)


async def admit_operator(ctx: Ctx) -> None:
    """Return if who asks runs this server.

    Raises:
        NotOperator: they don't.
    """
    if not await ctx.app.db.get(is_operator, ctx.asker.user_id):
        raise NotOperator("Only operators of this server may: vibes-trio user role makes somebody one.")


def find_named(ctx: Ctx, req: NamesApp) -> AppName:
    """Return the slugs of the app that *req* names.

    Raises:
        BadRequest: one is missing, or can't be one.
    """
    if not req.owner_handle:
        raise BadRequest("ownerHandle: whose app is it? Name the handle that it lies under.")
    own = own_names(ctx.app.config.hostname_base)
    return parse_app_slug(req.app_slug, own), parse_user_slug(req.owner_handle, own)


def full_name(app_slug: AppSlug, user_slug: UserSlug) -> str:
    """Return what an app is called as a whole: by whose handle it lies under, too."""
    return f"{user_slug}/{app_slug}"


def relation_to(tx: Tx, app: AppState, user_id: UserId | None) -> Relation:
    """Return how *user_id* (None: nobody who is known) stands to *app*."""
    return relation_if_there(tx, (app.app_slug, app.user_slug), app, user_id)


def relation_if_there(tx: Tx, name: AppName, app: AppState | None, user_id: UserId | None) -> Relation:
    """As `relation_to`, of *app*, what was found of that *name*: where nothing was, it takes as long."""
    if user_id is None:
        return Relation.ANYONE
    if app is not None and app.user_id == user_id:
        return Relation.OWNER  # sooner, which tells nobody but the owner
    role = find_role(tx, name[1], name[0], user_id)
    return _RELATIONS[role] if role is not None else Relation.SIGNED_IN


def hides_from(tx: Tx, name: AppName, user_id: UserId | None) -> bool:
    """Return whether there is an app of that *name* that *user_id* must not know of; it takes as long if not."""
    app = find_app(tx, *name)
    relation = relation_if_there(tx, name, app, user_id)
    return app is not None and relation < least_to_see(app)


def least_to_see(app: AppState) -> Relation:
    """Return the least relation to *app* that may know of it."""
    return Relation.VIEWER if app.visibility == "private" else Relation.ANYONE


def no_such_app(req: NamesApp) -> NotFound:
    """Return the one answer for what is not there and for what is not theirs to see."""
    return NotFound(f"There is no app {req.app_slug[:100]!r} of {req.owner_handle[:100]!r} that you may see.")
