"""ACCESS: who may send which message about what. The one table of it; `services.access.admit` keeps to it.

How somebody stands to an app is the highest of: its owner (the handle that it lies under is theirs); an editor or a
viewer, as the owner has invited them; anybody who is signed in; anybody at all. To a handle, a chat and oneself there
are only the owner and others.
"""

from collections.abc import Mapping
from enum import Enum, IntEnum
from typing import Any

import msgspec


class Relation(IntEnum):
    """How who asks stands to what is asked about; each may do what those below may.

    `OPERATOR` is to the server alone: of what is others' an operator may no more than anybody.
    """

    ANYONE = 0
    SIGNED_IN = 1
    VIEWER = 2
    EDITOR = 3
    OWNER = 4
    OPERATOR = 5


class Kind(Enum):
    """What a message is about."""

    ME = "oneself"
    HANDLE = "a handle"
    APP = "an app"
    CHAT = "a chat"
    DELETION = "what was deleted"
    INVITE = "an invitation"
    DEVICE = "a device"
    SESSION = "a session"
    PASSKEY = "a passkey"
    SERVER = "the server"


class Rule(msgspec.Struct, frozen=True):
    """Who may send a message.

    Attributes:
        about: which kind of thing it is about.
        least: the least relation to it that may. Of a private app at least `VIEWER` is needed, whatever this says.
        makes: what isn't there is made: then who asks is its owner.
        changes: the least relation that may change something by it; others may send it all the same, and only read.
            None: who may send it may.
        refused: what others are answered. Nobody learns by it whether a private thing is there.
        of_apps: an app may send it, about itself alone, with what the page round it handed to it for its visitor.
    """

    about: Kind
    least: Relation
    makes: bool = False
    changes: Relation | None = None
    refused: str = "`not-found`"
    of_apps: bool = False


_TOLD = "`not-owner`, as in the reference"

_OPERATORS = Rule(Kind.SERVER, Relation.OPERATOR, refused="`not-operator`")

_MINE = Rule(Kind.ME, Relation.SIGNED_IN, refused="`require-login`")

ACCESS: Mapping[str, Rule] = {
    "vibes.diy.req-ensure-app-slug": Rule(Kind.APP, Relation.EDITOR, makes=True, refused="`slug-taken`"),
    "vibes.diy.req-plan-deploy": _MINE,
    "vibes.diy.req-list-recent-vibes": _MINE,
    "vibes.diy.req-pin-recent-vibe": Rule(Kind.APP, Relation.OWNER),
    "vibes.diy.req-list-versions": Rule(Kind.APP, Relation.ANYONE, refused="no items"),
    "vibes.diy.req-who-am-i": _MINE,
    "vibes.diy.req-list-user-slug-bindings": _MINE,
    "vibes.diy.req-create-user-slug-binding": Rule(
        Kind.HANDLE, Relation.OWNER, makes=True, refused="`slug-taken`"
    ),
    "vibes.diy.req-suggest-handle-candidates": _MINE,
    "vibes.diy.req-list-user-slug-app-slug": _MINE,
    "vibes.diy.req-ensure-user-settings": _MINE,
    "vibes.diy.req-ensure-app-settings": Rule(
        Kind.APP, Relation.ANYONE, changes=Relation.OWNER, refused="`error` in the answer"
    ),
    "vibes.diy.req-delete-release": Rule(Kind.APP, Relation.OWNER),
    "vibes.diy.req-delete-app": Rule(Kind.APP, Relation.OWNER),
    "vibes.diy.req-delete-user-slug-binding": Rule(Kind.HANDLE, Relation.OWNER),
    "vibes.diy.req-undo-deletion": Rule(Kind.DELETION, Relation.OWNER),
    "vibes.diy.req-list-deletions": _MINE,
    "vibes.diy.req-list-devices": _MINE,
    "vibes.diy.req-revoke-device": Rule(Kind.DEVICE, Relation.OWNER),
    "vibes.diy.req-passkey-options": _MINE,
    "vibes.diy.req-add-passkey": _MINE,
    "vibes.diy.req-list-passkeys": _MINE,
    "vibes.diy.req-remove-passkey": Rule(Kind.PASSKEY, Relation.OWNER),
    "vibes.diy.req-list-sessions": _MINE,
    "vibes.diy.req-revoke-session": Rule(Kind.SESSION, Relation.OWNER),
    "vibes.diy.req-create-user-invite": _OPERATORS,
    "vibes.diy.req-list-user-invites": _OPERATORS,
    "vibes.diy.req-revoke-user-invite": _OPERATORS,
    "vibes.diy.req-set-user-role": _OPERATORS,
    "vibes.diy.req-list-users": _OPERATORS,
    "vibes.diy.req-get-server-status": _OPERATORS,
    "vibes.diy.req-list-server-settings": _OPERATORS,
    "vibes.diy.req-get-server-findings": _OPERATORS,
    "vibes.diy.req-rename-app": Rule(Kind.APP, Relation.OWNER),
    "vibes.diy.req-fork-app": Rule(Kind.APP, Relation.SIGNED_IN),
    "vibes.diy.req-create-invite": Rule(Kind.APP, Relation.OWNER),
    "vibes.diy.req-redeem-invite": Rule(Kind.INVITE, Relation.SIGNED_IN),
    "vibes.diy.req-has-access-invite": Rule(Kind.APP, Relation.SIGNED_IN, refused="`state` `not-found`"),
    "vibes.diy.req-invite-set-role": Rule(Kind.APP, Relation.OWNER),
    "vibes.diy.req-revoke-invite": Rule(Kind.APP, Relation.OWNER),
    "vibes.diy.req-list-invite-grants": Rule(Kind.APP, Relation.OWNER),
    "vibes.diy.req-request-access": Rule(Kind.APP, Relation.SIGNED_IN),
    "vibes.diy.req-has-access-request": Rule(Kind.APP, Relation.SIGNED_IN, refused="`state` `not-found`"),
    "vibes.diy.req-approve-request": Rule(Kind.APP, Relation.OWNER),
    "vibes.diy.req-request-set-role": Rule(Kind.APP, Relation.OWNER),
    "vibes.diy.req-revoke-request": Rule(Kind.APP, Relation.OWNER),
    "vibes.diy.req-list-request-grants": Rule(Kind.APP, Relation.OWNER),
    "vibes.diy.req-list-members": Rule(Kind.APP, Relation.VIEWER),
    "vibes.diy.req-list-memberships": _MINE,
    "vibes.diy.req-create-share-link": Rule(Kind.APP, Relation.VIEWER),
    "vibes.diy.req-list-share-links": Rule(Kind.APP, Relation.OWNER),
    "vibes.diy.req-revoke-share-link": Rule(Kind.APP, Relation.OWNER),
    "vibes.diy.req-publish-app": Rule(Kind.APP, Relation.EDITOR),
    "vibes.diy.req-set-mode-fs": Rule(Kind.APP, Relation.EDITOR),
    "vibes.diy.req-set-unpublish": Rule(Kind.APP, Relation.OWNER),
    "vibes.diy.req-get-app-by-fsid": Rule(Kind.APP, Relation.ANYONE, refused="`error` in the answer"),
    "vibes.diy.req-get-release-files": Rule(Kind.APP, Relation.ANYONE),
    "vibes.diy.req-compare-releases": Rule(Kind.APP, Relation.ANYONE),
    "vibes.diy.req-list-release-packages": Rule(Kind.APP, Relation.ANYONE),
    "vibes.diy.req-list-page-errors": Rule(Kind.APP, Relation.EDITOR),
    "vibes.diy.req-clear-page-errors": Rule(Kind.APP, Relation.EDITOR),
    "reqCertFromCsr": _MINE,
    "vibe.req.whoAmI": Rule(Kind.APP, Relation.ANYONE, of_apps=True),
    "vibes.diy.req-hand-off": Rule(Kind.APP, Relation.ANYONE),
    "vibes.diy.req-report-app": Rule(Kind.APP, Relation.SIGNED_IN),
    "vibes.diy.req-subscribe-apps": _MINE,
    "vibes.diy.req-subscribe-releases": Rule(Kind.APP, Relation.ANYONE),
    "vibes.diy.req-read-app-log": Rule(Kind.APP, Relation.EDITOR),
    "vibes.diy.req-subscribe-app-log": Rule(Kind.APP, Relation.EDITOR),
    "vibes.diy.req-unsubscribe": _MINE,
    "vibes.diy.req-list-chat-contexts": _MINE,
    "vibes.diy.req-search-chats": _MINE,
    "vibes.diy.req-import-chat-contexts": _MINE,
    "vibes.diy.req-export-chat-context": Rule(Kind.CHAT, Relation.OWNER, refused=_TOLD),
    "vibes.diy.req-read-chat-sections": Rule(Kind.CHAT, Relation.OWNER, refused=_TOLD),
    "vibes.diy.req-show-chat-sections": Rule(Kind.CHAT, Relation.OWNER, refused=_TOLD),
    "vibes.diy.req-set-chat-context": Rule(Kind.CHAT, Relation.OWNER, refused=_TOLD),
    "vibes.diy.req-delete-chat-context": Rule(Kind.CHAT, Relation.OWNER, refused=_TOLD),
    "vibes.diy.req-restore-chat-context": Rule(Kind.CHAT, Relation.OWNER, refused=_TOLD),
    "vibes.diy.req-subscribe-chat-sections": Rule(Kind.CHAT, Relation.OWNER, refused=_TOLD),
    "vibes.diy.req-asset-upload-grant": Rule(Kind.APP, Relation.EDITOR, makes=True),
    "vibes.diy.req-list-missing-assets": _MINE,
    "vibes.diy.req-open-chat": Rule(Kind.APP, Relation.EDITOR, makes=True),
    "vibes.diy.req-prompt-chat-section": Rule(Kind.CHAT, Relation.OWNER),
    "vibes.diy.req-list-codegen-chats": _MINE,
    "vibes.diy.req-list-application-chats": _MINE,
    "vibes.diy.req-get-application-chat": Rule(Kind.CHAT, Relation.OWNER, refused="no blocks"),
    "vibes.diy.req-get-chat-details": Rule(Kind.APP, Relation.SIGNED_IN, refused="no turns"),
    "vibes.diy.req-get-chat-response": Rule(Kind.APP, Relation.SIGNED_IN, refused="no turns"),
    "vibes.diy.req-ensure-chat-context": Rule(Kind.CHAT, Relation.OWNER, makes=True, refused=_TOLD),
    "vibes.diy.req-append-chat-section": Rule(Kind.CHAT, Relation.OWNER, refused=_TOLD),
}
"""By the `type` of the request. A message without a row can't be answered: `messaging.message` looks it up."""


# Any: each request is of a type of its own; mypy knows none that all of them have.
def rule_of(request: Any) -> Rule:
    """Return the rule of *request*, which may be its type."""
    return ACCESS[str(request.__struct_config__.tag)]
