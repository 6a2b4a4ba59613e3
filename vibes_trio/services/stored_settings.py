"""What is set of an app beside its title and icon, as it is stored."""

import logging

import msgspec
from msgspec import UNSET, Raw, UnsetType

from vibes_trio.storage.app_states import AppState

log = logging.getLogger(__name__)


class RemixOf(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The release that an app was made from."""

    src_fs_id: str
    src_owner_handle: str
    src_app_slug: str


class Stored(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What an app's owner has set.

    Attributes:
        env: what its pages find, over what a release came with.
        runtime, codegen, img: which model is used for what; objects.
        remix_of: set when it was made.
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


_decoder = msgspec.json.Decoder(Stored)


def read_settings(app: AppState) -> Stored:
    """Return what is set of *app*; nothing, if that can't be read (a damaged database)."""
    try:
        return _decoder.decode(app.settings_json)
    except msgspec.DecodeError as error:
        log.error("what is set of %s--%s can't be read: %s", app.app_slug, app.user_slug, error)
        return Stored()
