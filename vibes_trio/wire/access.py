"""ACCESS: who may send which message about what. The one table of it; `services.access.admit` keeps to it.

How somebody stands to an app is the highest of: its owner (the handle that it lies under is theirs); an editor or a
viewer, as the owner has invited them; anybody who is signed in; anybody at all. To a handle, a chat and oneself there
are only the owner and others.
"""

from collections.abc import Mapping
from enum import Enum, IntEnum
from typing import Any

import msgspec

from vibes_trio.wire.apps import ReqListRecentVibes, ReqListVersions, ReqPinRecentVibe
from vibes_trio.wire.base import Request
from vibes_trio.wire.chat import ReqAppendChatSection, ReqEnsureChatContext
from vibes_trio.wire.chats import (
    ReqDeleteChatContext,
    ReqExportChatContext,
    ReqImportChatContexts,
    ReqListChatContexts,
    ReqReadChatSections,
    ReqRestoreChatContext,
    ReqSearchChats,
    ReqSetChatContext,
)
from vibes_trio.wire.deletions import (
    ReqDeleteApp,
    ReqDeleteRelease,
    ReqDeleteUserSlugBinding,
    ReqForkApp,
    ReqListDeletions,
    ReqRenameApp,
    ReqUndoDeletion,
)
from vibes_trio.wire.deploy import ReqEnsureAppSlug
from vibes_trio.wire.devices import ReqCertFromCsr, ReqListDevices, ReqRevokeDevice
from vibes_trio.wire.live import (
    ReqSubscribeApps,
    ReqSubscribeChatSections,
    ReqSubscribeReleases,
    ReqUnsubscribe,
)
from vibes_trio.wire.me import (
    ReqCreateUserSlugBinding,
    ReqEnsureUserSettings,
    ReqListUserSlugAppSlug,
    ReqListUserSlugBindings,
    ReqSuggestHandleCandidates,
    ReqWhoAmI,
)
from vibes_trio.wire.prompts import (
    ReqGetApplicationChat,
    ReqGetChatDetails,
    ReqGetChatResponse,
    ReqListApplicationChats,
    ReqListCodegenChats,
    ReqOpenChat,
    ReqPromptChatSection,
)
from vibes_trio.wire.settings import ReqEnsureAppSettings
from vibes_trio.wire.sharing import (
    ReqApproveRequest,
    ReqCreateInvite,
    ReqCreateShareLink,
    ReqHasAccessInvite,
    ReqHasAccessRequest,
    ReqInviteSetRole,
    ReqListInviteGrants,
    ReqListMembers,
    ReqListMemberships,
    ReqListRequestGrants,
    ReqListShareLinks,
    ReqRedeemInvite,
    ReqRequestAccess,
    ReqRequestSetRole,
    ReqRevokeInvite,
    ReqRevokeRequest,
    ReqRevokeShareLink,
)
from vibes_trio.wire.uploads import ReqAssetUploadGrant, ReqListMissingAssets
from vibes_trio.wire.versions import (
    ReqCompareReleases,
    ReqGetAppByFsid,
    ReqGetReleaseFiles,
    ReqPublishApp,
    ReqSetModeFs,
    ReqSetUnpublish,
)


class Relation(IntEnum):
    """How who asks stands to what is asked about; each may do what those below may."""

    ANYONE = 0
    SIGNED_IN = 1
    VIEWER = 2
    EDITOR = 3
    OWNER = 4


class Kind(Enum):
    """What a message is about."""

    ME = "oneself"
    HANDLE = "a handle"
    APP = "an app"
    CHAT = "a chat"
    DELETION = "what was deleted"
    INVITE = "an invitation"
    DEVICE = "a device"


class Rule(msgspec.Struct, frozen=True):
    """Who may send a message.

    Attributes:
        about: which kind of thing it is about.
        least: the least relation to it that may. Of a private app at least `VIEWER` is needed, whatever this says.
        makes: what isn't there is made: then who asks is its owner.
        changes: the least relation that may change something by it; others may send it all the same, and only read.
            None: who may send it may.
        refused: what others are answered. Nobody learns by it whether a private thing is there.
    """

    about: Kind
    least: Relation
    makes: bool = False
    changes: Relation | None = None
    refused: str = "`not-found`"


_TOLD = "`not-owner`, as in the reference"

_MINE = Rule(Kind.ME, Relation.SIGNED_IN, refused="`require-login`")

ACCESS: Mapping[type[Request[Any]], Rule] = {
    ReqEnsureAppSlug: Rule(Kind.APP, Relation.EDITOR, makes=True, refused="`slug-taken`"),
    ReqListRecentVibes: _MINE,
    ReqPinRecentVibe: Rule(Kind.APP, Relation.OWNER),
    ReqListVersions: Rule(Kind.APP, Relation.ANYONE, refused="no items"),
    ReqWhoAmI: _MINE,
    ReqListUserSlugBindings: _MINE,
    ReqCreateUserSlugBinding: Rule(Kind.HANDLE, Relation.OWNER, makes=True, refused="`slug-taken`"),
    ReqSuggestHandleCandidates: _MINE,
    ReqListUserSlugAppSlug: _MINE,
    ReqEnsureUserSettings: _MINE,
    ReqEnsureAppSettings: Rule(
        Kind.APP, Relation.ANYONE, changes=Relation.OWNER, refused="`error` in the answer"
    ),
    ReqDeleteRelease: Rule(Kind.APP, Relation.OWNER),
    ReqDeleteApp: Rule(Kind.APP, Relation.OWNER),
    ReqDeleteUserSlugBinding: Rule(Kind.HANDLE, Relation.OWNER),
    ReqUndoDeletion: Rule(Kind.DELETION, Relation.OWNER),
    ReqListDeletions: _MINE,
    ReqListDevices: _MINE,
    ReqRevokeDevice: Rule(Kind.DEVICE, Relation.OWNER),
    ReqRenameApp: Rule(Kind.APP, Relation.OWNER),
    ReqForkApp: Rule(Kind.APP, Relation.SIGNED_IN),
    ReqCreateInvite: Rule(Kind.APP, Relation.OWNER),
    ReqRedeemInvite: Rule(Kind.INVITE, Relation.SIGNED_IN),
    ReqHasAccessInvite: Rule(Kind.APP, Relation.SIGNED_IN, refused="`state` `not-found`"),
    ReqInviteSetRole: Rule(Kind.APP, Relation.OWNER),
    ReqRevokeInvite: Rule(Kind.APP, Relation.OWNER),
    ReqListInviteGrants: Rule(Kind.APP, Relation.OWNER),
    ReqRequestAccess: Rule(Kind.APP, Relation.SIGNED_IN),
    ReqHasAccessRequest: Rule(Kind.APP, Relation.SIGNED_IN, refused="`state` `not-found`"),
    ReqApproveRequest: Rule(Kind.APP, Relation.OWNER),
    ReqRequestSetRole: Rule(Kind.APP, Relation.OWNER),
    ReqRevokeRequest: Rule(Kind.APP, Relation.OWNER),
    ReqListRequestGrants: Rule(Kind.APP, Relation.OWNER),
    ReqListMembers: Rule(Kind.APP, Relation.VIEWER),
    ReqListMemberships: _MINE,
    ReqCreateShareLink: Rule(Kind.APP, Relation.VIEWER),
    ReqListShareLinks: Rule(Kind.APP, Relation.OWNER),
    ReqRevokeShareLink: Rule(Kind.APP, Relation.OWNER),
    ReqPublishApp: Rule(Kind.APP, Relation.EDITOR),
    ReqSetModeFs: Rule(Kind.APP, Relation.EDITOR),
    ReqSetUnpublish: Rule(Kind.APP, Relation.OWNER),
    ReqGetAppByFsid: Rule(Kind.APP, Relation.ANYONE, refused="`error` in the answer"),
    ReqGetReleaseFiles: Rule(Kind.APP, Relation.ANYONE),
    ReqCompareReleases: Rule(Kind.APP, Relation.ANYONE),
    ReqCertFromCsr: _MINE,
    ReqSubscribeApps: _MINE,
    ReqSubscribeReleases: Rule(Kind.APP, Relation.ANYONE),
    ReqUnsubscribe: _MINE,
    ReqListChatContexts: _MINE,
    ReqSearchChats: _MINE,
    ReqImportChatContexts: _MINE,
    ReqExportChatContext: Rule(Kind.CHAT, Relation.OWNER, refused=_TOLD),
    ReqReadChatSections: Rule(Kind.CHAT, Relation.OWNER, refused=_TOLD),
    ReqSetChatContext: Rule(Kind.CHAT, Relation.OWNER, refused=_TOLD),
    ReqDeleteChatContext: Rule(Kind.CHAT, Relation.OWNER, refused=_TOLD),
    ReqRestoreChatContext: Rule(Kind.CHAT, Relation.OWNER, refused=_TOLD),
    ReqSubscribeChatSections: Rule(Kind.CHAT, Relation.OWNER, refused=_TOLD),
    ReqAssetUploadGrant: Rule(Kind.APP, Relation.EDITOR, makes=True),
    ReqListMissingAssets: _MINE,
    ReqOpenChat: Rule(Kind.APP, Relation.EDITOR, makes=True),
    ReqPromptChatSection: Rule(Kind.CHAT, Relation.OWNER),
    ReqListCodegenChats: _MINE,
    ReqListApplicationChats: _MINE,
    ReqGetApplicationChat: Rule(Kind.CHAT, Relation.OWNER, refused="no blocks"),
    ReqGetChatDetails: Rule(Kind.APP, Relation.SIGNED_IN, refused="no turns"),
    ReqGetChatResponse: Rule(Kind.APP, Relation.SIGNED_IN, refused="no turns"),
    ReqEnsureChatContext: Rule(Kind.CHAT, Relation.OWNER, makes=True, refused=_TOLD),
    ReqAppendChatSection: Rule(Kind.CHAT, Relation.OWNER, refused=_TOLD),
}
"""By the request. A message without a row can't be answered: `handlers.message` looks it up."""
