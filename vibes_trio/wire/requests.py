"""REQUESTS: every request there is, by its `type` on the wire. What each of them is stands where it is defined."""

from collections.abc import Mapping
from typing import Any

from vibes_trio.wire.app_log import ReqReadAppLog, ReqSubscribeAppLog
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
    ReqShowChatSections,
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
from vibes_trio.wire.folders import ReqPlanDeploy
from vibes_trio.wire.handoff import ReqHandOff
from vibes_trio.wire.handoff import ReqWhoAmI as ReqWhoLooks
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
from vibes_trio.wire.operator import (
    ReqGetServerFindings,
    ReqGetServerStatus,
    ReqListServerSettings,
    ReqListUsers,
)
from vibes_trio.wire.packages import ReqListReleasePackages
from vibes_trio.wire.page_errors import ReqClearPageErrors, ReqListPageErrors
from vibes_trio.wire.passkeys import ReqAddPasskey, ReqListPasskeys, ReqPasskeyOptions, ReqRemovePasskey
from vibes_trio.wire.people import (
    ReqCreateUserInvite,
    ReqListUserInvites,
    ReqRevokeUserInvite,
    ReqSetUserRole,
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
from vibes_trio.wire.reports import ReqReportApp
from vibes_trio.wire.sessions import ReqListSessions, ReqRevokeSession
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

REQUESTS: Mapping[str, type[Request[Any]]] = {
    str(request.__struct_config__.tag): request
    for request in (
        ReqEnsureAppSlug,
        ReqPlanDeploy,
        ReqListReleasePackages,
        ReqListPageErrors,
        ReqClearPageErrors,
        ReqListRecentVibes,
        ReqPinRecentVibe,
        ReqListVersions,
        ReqWhoAmI,
        ReqListUserSlugBindings,
        ReqCreateUserSlugBinding,
        ReqSuggestHandleCandidates,
        ReqListUserSlugAppSlug,
        ReqEnsureUserSettings,
        ReqEnsureAppSettings,
        ReqDeleteRelease,
        ReqDeleteApp,
        ReqDeleteUserSlugBinding,
        ReqUndoDeletion,
        ReqListDeletions,
        ReqListDevices,
        ReqPasskeyOptions,
        ReqAddPasskey,
        ReqListPasskeys,
        ReqRemovePasskey,
        ReqListSessions,
        ReqRevokeSession,
        ReqCreateUserInvite,
        ReqListUserInvites,
        ReqRevokeUserInvite,
        ReqSetUserRole,
        ReqListUsers,
        ReqGetServerStatus,
        ReqListServerSettings,
        ReqGetServerFindings,
        ReqRevokeDevice,
        ReqRenameApp,
        ReqForkApp,
        ReqCreateInvite,
        ReqRedeemInvite,
        ReqHasAccessInvite,
        ReqInviteSetRole,
        ReqRevokeInvite,
        ReqListInviteGrants,
        ReqRequestAccess,
        ReqHasAccessRequest,
        ReqApproveRequest,
        ReqRequestSetRole,
        ReqRevokeRequest,
        ReqListRequestGrants,
        ReqListMembers,
        ReqListMemberships,
        ReqCreateShareLink,
        ReqListShareLinks,
        ReqRevokeShareLink,
        ReqPublishApp,
        ReqSetModeFs,
        ReqSetUnpublish,
        ReqGetAppByFsid,
        ReqGetReleaseFiles,
        ReqCompareReleases,
        ReqCertFromCsr,
        ReqWhoLooks,
        ReqHandOff,
        ReqReportApp,
        ReqSubscribeApps,
        ReqSubscribeReleases,
        ReqReadAppLog,
        ReqSubscribeAppLog,
        ReqUnsubscribe,
        ReqListChatContexts,
        ReqShowChatSections,
        ReqSearchChats,
        ReqImportChatContexts,
        ReqExportChatContext,
        ReqReadChatSections,
        ReqSetChatContext,
        ReqDeleteChatContext,
        ReqRestoreChatContext,
        ReqSubscribeChatSections,
        ReqAssetUploadGrant,
        ReqListMissingAssets,
        ReqOpenChat,
        ReqPromptChatSection,
        ReqListCodegenChats,
        ReqListApplicationChats,
        ReqGetApplicationChat,
        ReqGetChatDetails,
        ReqGetChatResponse,
        ReqEnsureChatContext,
        ReqAppendChatSection,
    )
}
