"""How an app is now: shown, for trying out only, taken down; and whether its packages are there."""

from dataclasses import dataclass

from vibes_trio.context import App
from vibes_trio.exchange import FsId
from vibes_trio.services.packages import find_lacking, why_lacking
from vibes_trio.services.releases import read_extras
from vibes_trio.storage.app_states import AppState
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.page_errors import count_errors
from vibes_trio.storage.versions import Glance, find_glance
from vibes_trio.wire.apps import AppNow, State


@dataclass(frozen=True, slots=True)
class AppGlance:
    """What storage knows of how an app is. *glance* None: it has no release. *errors*: different ones, of its page."""

    app: AppState
    glance: Glance | None
    errors: int


def glance_at(tx: Tx, app: AppState) -> AppGlance:
    """Return what is known of *app*."""
    return AppGlance(app, find_glance(tx, app), count_errors(tx, app))


def app_now(app: App, found: AppGlance) -> AppNow:
    """Return how the app is, to who may deploy it."""
    state = state_of(app, found)
    if found.glance is None:
        return AppNow(state=state, visibility=found.app.visibility, errors=found.errors)
    version = found.glance.version
    return AppNow(
        state=state,
        visibility=found.app.visibility,
        fs_id=version.fs_id,
        release_seq=version.release_seq,
        mode=version.mode,
        created=version.created,
        size=version.size,
        errors=found.errors,
    )


def state_of(app: App, found: AppGlance) -> State:
    """Return the one word for it."""
    if found.app.unpublished:
        return "down"
    glance = found.glance
    if glance is None:
        return "dev"
    name = (found.app.app_slug, found.app.user_slug, FsId(glance.version.fs_id))
    if app.builds.find(name) is not None:
        return "building"
    extras = read_extras(glance.extras)
    if extras is not None and any(why_lacking(extras, text) for text in find_lacking(app.modules, extras)):
        return "failing"
    return "live" if glance.is_published else "dev"
