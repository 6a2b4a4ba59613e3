"""What an app's owner sets of it."""

from collections.abc import Mapping
from typing import ClassVar, Literal

import msgspec
from msgspec import UNSET, Raw, UnsetType

from vibes_trio.wire.apps import Icon
from vibes_trio.wire.base import Response
from vibes_trio.wire.names import AppRequest, Owned
from vibes_trio.wire.restrictions import Visibility


class Pair(msgspec.Struct, frozen=True):
    """A value that the app's pages find in `globalThis.VIBES_ENV`."""

    key: str
    value: str


class SecretSet(msgspec.Struct, frozen=True):
    """A secret, and its name."""

    key: str
    value: str


class SecretName(msgspec.Struct, frozen=True):
    """The name of a secret."""

    key: str


class SecretMeta(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is told of a secret. *last4*: its last characters; *updated_at*: Unix milliseconds; *set_by*: a handle."""

    key: str
    last4: str = ""
    updated_at: int
    set_by: str = ""


class Looks(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is set of an app; what isn't set is left out, but for *env*."""

    env: tuple[Pair, ...]
    title: str = ""
    skills: tuple[str, ...] = ()
    theme: str = ""
    color_theme: str = ""
    style: Raw | UnsetType = UNSET
    draft_style: Raw | UnsetType = UNSET
    icon_description: str = ""
    icon: Icon | UnsetType = UNSET
    runtime: Raw | UnsetType = UNSET
    codegen: Raw | UnsetType = UNSET
    img: Raw | UnsetType = UNSET
    secrets: tuple[SecretMeta, ...] = ()


class PublicAccess(msgspec.Struct, frozen=True, kw_only=True):
    """Whether everybody may see the app."""

    type: Literal["app.public.access"] = "app.public.access"
    enable: bool


class EnableRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether the app takes requests to be let in; with a role they are granted at once."""

    type: Literal["app.request"] = "app.request"
    enable: bool
    auto_accept_role: Literal["viewer", "editor"] | UnsetType = UNSET


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    enable: bool


class Asking(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    enable: bool
    auto_accept_role: Literal["viewer", "editor", ""] = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Newer clients' frame round it."""

    settings: Looks
    public_access: PublicAccess | UnsetType = UNSET
    enable_request: EnableRequest | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    posture: str = ""
    anon_write: str = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The same; *entries* are the single settings of newer clients, of which none is kept."""

    entry: Entry
    entries: tuple[Entry, ...]


class ResEnsureAppSettings(
    Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-ensure-app-settings"
):
    """What is set of the app. Of one that isn't there for who asks: `error`, and nothing is set.

    Attributes:
        user_id: the owner's, to who may deploy; to others `------`.
        ledger, tenant: newer clients want them; always empty.
    """

    user_id: str
    app_slug: str
    ledger: str
    tenant: str
    settings: Settings
    updated: str
    created: str
    error: str = ""


class ReqEnsureAppSettings(
    AppRequest[ResEnsureAppSettings], frozen=True, kw_only=True, tag="vibes.diy.req-ensure-app-settings"
):
    """Read what is set of an app, and, if it is mine, set what is named; `null` takes it back.

    Attributes:
        env: replaces all values that the app's pages find, beside those of its releases.
        runtime, codegen, img: which model is used for what; any object.
        visibility: `public` (anybody sees the app), `unlisted` (so, but search engines are told not to list it) or
            `private` (whom its owner lets in); `publicAccess`, `posture` and `access` say the same in other words.
        request: whether it takes requests to be let in; with a role they are granted at once.
        secret_set, secret_remove: one of the app's secrets; never told again, but for its name and last characters.
    """

    NOT_KEPT: ClassVar[Mapping[str, str]] = {
        "recommended_add": "recommendedAdd",
        "recommended_remove": "recommendedRemove",
        "recommended_mask": "recommendedMask",
        "db_acl": "dbAcl",
        "db_acl_remove": "dbAclRemove",
    }
    """Members that mean something to newer clients, and are refused; by field."""

    KEEPS: ClassVar[bool] = True
    CHANGES: ClassVar[tuple[str, ...]] = (
        "title",
        "skills",
        "theme",
        "color_theme",
        "style",
        "draft_style",
        "icon_description",
        "icon",
        "env",
        "runtime",
        "codegen",
        "img",
        "visibility",
        "public_access",
        "request",
    )
    title: str | UnsetType | None = UNSET
    skills: tuple[str, ...] | UnsetType | None = UNSET
    theme: str | UnsetType | None = UNSET
    color_theme: str | UnsetType | None = UNSET
    style: Raw | UnsetType = UNSET
    draft_style: Raw | UnsetType = UNSET
    icon_description: str | UnsetType | None = UNSET
    icon: Icon | UnsetType | None = UNSET
    env: tuple[Pair, ...] | UnsetType | None = UNSET
    runtime: Raw | UnsetType = UNSET
    codegen: Raw | UnsetType = UNSET
    img: Raw | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    public_access: Switch | UnsetType = UNSET
    request: Asking | UnsetType = UNSET
    secret_set: SecretSet | UnsetType = UNSET
    secret_remove: SecretName | UnsetType = UNSET
    recommended_add: Raw | UnsetType = UNSET
    recommended_remove: Raw | UnsetType = UNSET
    recommended_mask: Raw | UnsetType = UNSET
    db_acl: Raw | UnsetType = UNSET
    db_acl_remove: Raw | UnsetType = UNSET
