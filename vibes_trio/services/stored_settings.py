"""What is set of an app beside its title and icon, as it is stored."""

import logging
from typing import Literal

import msgspec
from msgspec import UNSET, Raw, UnsetType

from vibes_trio.errors import NotOwner
from vibes_trio.storage.app_states import AppState
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.settings import AppChange, change_app
from vibes_trio.wire.restrictions import SAYS_NOTHING, AppAccess

log = logging.getLogger(__name__)


class RemixOf(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The release that an app was made from."""

    src_fs_id: str
    src_owner_handle: str
    src_app_slug: str


class Asking(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Whether an app takes requests to be let in; with a role they are granted at once."""

    enable: bool = False
    auto_accept_role: Literal["viewer", "editor", ""] = ""


class Stored(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What an app's owner has set.

    Attributes:
        env: what its pages find, over what a release came with.
        runtime, codegen, img: which model is used for what; objects.
        remix_of: set when it was made.
        posture, anon_write: what newer clients sent with it, as they are told it again.
    """

    env: dict[str, str] = {}
    skills: tuple[str, ...] = ()
    theme: str = ""
    color_theme: str = ""
    style: Raw | UnsetType = UNSET
    draft_style: Raw | UnsetType = UNSET
    icon_description: str = ""
    runtime: Raw | UnsetType = UNSET
    codegen: Raw | UnsetType = UNSET
    img: Raw | UnsetType = UNSET
    remix_of: RemixOf | UnsetType = UNSET
    request: Asking = Asking()
    posture: str = ""
    anon_write: str = ""


_decoder = msgspec.json.Decoder(Stored)


def read_settings(app: AppState) -> Stored:
    """Return what is set of *app*; nothing, if that can't be read (a damaged database)."""
    try:
        return _decoder.decode(app.settings_json)
    except msgspec.DecodeError as error:
        log.error("what is set of %s--%s can't be read: %s", app.app_slug, app.user_slug, error)
        return Stored()


def keep_access(tx: Tx, app: AppState, access: AppAccess, *, is_owner: bool) -> None:
    """Keep what a deploy, say, tells of who may see *app*.

    Raises:
        NotOwner: an editor says something else than the owner did.
    """
    visibility = access.visibility or app.visibility
    if not is_owner and visibility != app.visibility:
        raise NotOwner("Who may see this app says its owner: leave `access` and `posture` out.")
    if not is_owner or access == SAYS_NOTHING:
        return
    there = read_settings(app)
    stored = msgspec.structs.replace(
        there, posture=access.posture or there.posture, anon_write=access.anon_write or there.anon_write
    )
    if stored != there or visibility != app.visibility:
        settings = msgspec.json.encode(stored).decode()
        change_app(tx, app, AppChange(app.title, app.icon_json, settings, visibility))
