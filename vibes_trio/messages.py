"""MESSAGES: what clients may ask but deploys and chats that grow, which `handlers.py` has. A message is one line here.

Imported once the server listens: it is a fifth of all that there is to import, and most clients send none of these.
"""

from functools import partial
from typing import Any

from vibes_trio.dispatch import Handler
from vibes_trio.messaging import message
from vibes_trio.services import (
    app_list,
    app_log_reads,
    app_secrets,
    chat_list,
    chat_reads,
    chat_search,
    chat_shown,
    chat_transfer,
    deletions,
    devices,
    folders,
    forks,
    handoff,
    live,
    me,
    my_sessions,
    operating,
    page_errors,
    passkeys,
    people,
    prompts,
    release_packages,
    reports,
    server_status,
    share_links,
    sharing,
    uploads,
    version_list,
    versions,
)
from vibes_trio.services.deploys import ensure_app_slug
from vibes_trio.wire import app_log as of_app_log
from vibes_trio.wire import apps as of_apps
from vibes_trio.wire import chats as of_chats
from vibes_trio.wire import deletions as of_deletions
from vibes_trio.wire import devices as of_devices
from vibes_trio.wire import folders as of_folders
from vibes_trio.wire import handoff as of_handoff
from vibes_trio.wire import live as of_live
from vibes_trio.wire import me as of_me
from vibes_trio.wire import operator as of_operator
from vibes_trio.wire import packages as of_packages
from vibes_trio.wire import page_errors as of_page_errors
from vibes_trio.wire import passkeys as of_passkeys
from vibes_trio.wire import people as of_people
from vibes_trio.wire import prompts as of_prompts
from vibes_trio.wire import reports as of_reports
from vibes_trio.wire import sessions as of_sessions
from vibes_trio.wire import settings as of_settings
from vibes_trio.wire import sharing as of_sharing
from vibes_trio.wire import uploads as of_uploads
from vibes_trio.wire import versions as of_versions

# Any: handlers of different payloads stand side by side.
MESSAGES: tuple[Handler[Any], ...] = (
    message(of_apps.ReqListRecentVibes, app_list.list_recent_vibes),
    message(of_apps.ReqPinRecentVibe, app_list.pin_recent_vibe),
    message(of_apps.ReqListVersions, version_list.list_versions),
    message(of_me.ReqWhoAmI, me.who_am_i),
    message(of_me.ReqListUserSlugBindings, me.list_handles),
    message(of_me.ReqCreateUserSlugBinding, me.create_handle),
    message(of_me.ReqSuggestHandleCandidates, me.suggest_handles),
    message(of_me.ReqListUserSlugAppSlug, me.list_handle_apps),
    message(of_me.ReqEnsureUserSettings, me.ensure_settings),
    message(of_deletions.ReqDeleteRelease, deletions.delete_release),
    message(of_deletions.ReqDeleteApp, deletions.delete_app),
    message(of_deletions.ReqDeleteUserSlugBinding, deletions.delete_handle),
    message(of_deletions.ReqUndoDeletion, deletions.undo_deletion),
    message(of_deletions.ReqListDeletions, deletions.list_deletions),
    message(of_deletions.ReqRenameApp, forks.rename),
    message(of_deletions.ReqForkApp, forks.fork_app),
    message(of_sharing.ReqCreateInvite, sharing.create_invite),
    message(of_sharing.ReqRedeemInvite, sharing.redeem_invite),
    message(of_sharing.ReqHasAccessInvite, sharing.has_access_invite),
    message(of_sharing.ReqInviteSetRole, sharing.invite_set_role),
    message(of_sharing.ReqRevokeInvite, sharing.revoke_invite),
    message(of_sharing.ReqListInviteGrants, sharing.list_invite_grants),
    message(of_sharing.ReqRequestAccess, sharing.request_access),
    message(of_sharing.ReqHasAccessRequest, sharing.has_access_request),
    message(of_sharing.ReqApproveRequest, sharing.approve_request),
    message(of_sharing.ReqRequestSetRole, sharing.request_set_role),
    message(of_sharing.ReqRevokeRequest, sharing.revoke_request),
    message(of_sharing.ReqListRequestGrants, sharing.list_request_grants),
    message(of_sharing.ReqListMembers, sharing.list_members),
    message(of_sharing.ReqListMemberships, sharing.list_memberships),
    message(of_sharing.ReqCreateShareLink, share_links.create_share_link),
    message(of_sharing.ReqListShareLinks, share_links.list_share_links),
    message(of_sharing.ReqRevokeShareLink, share_links.revoke_share_link),
    message(of_settings.ReqEnsureAppSettings, app_secrets.ensure_settings),
    message(of_versions.ReqPublishApp, versions.publish_app),
    message(of_versions.ReqSetModeFs, versions.set_mode_fs),
    message(of_versions.ReqSetUnpublish, versions.set_unpublish),
    message(of_versions.ReqGetAppByFsid, versions.get_app_by_fsid),
    message(of_versions.ReqGetReleaseFiles, versions.get_release_files),
    message(of_versions.ReqCompareReleases, versions.compare_releases),
    message(of_devices.ReqCertFromCsr, devices.cert_from_csr),
    message(of_devices.ReqListDevices, devices.list_devices),
    message(of_devices.ReqRevokeDevice, devices.revoke_device),
    message(of_handoff.ReqWhoAmI, handoff.who_am_i),
    message(of_handoff.ReqHandOff, handoff.hand_off),
    message(of_passkeys.ReqPasskeyOptions, passkeys.passkey_options),
    message(of_passkeys.ReqAddPasskey, passkeys.add_passkey),
    message(of_passkeys.ReqListPasskeys, passkeys.list_passkeys),
    message(of_passkeys.ReqRemovePasskey, passkeys.remove_passkey),
    message(of_sessions.ReqListSessions, my_sessions.list_sessions),
    message(of_sessions.ReqRevokeSession, my_sessions.revoke_session),
    message(of_people.ReqCreateUserInvite, people.create_user_invite),
    message(of_people.ReqListUserInvites, people.list_user_invites),
    message(of_people.ReqRevokeUserInvite, people.revoke_user_invite),
    message(of_people.ReqSetUserRole, people.set_user_role),
    message(of_reports.ReqReportApp, reports.report_app),
    message(of_chats.ReqListChatContexts, chat_list.list_chat_contexts),
    message(of_chats.ReqReadChatSections, chat_list.read_chat_sections),
    message(of_chats.ReqShowChatSections, chat_shown.show_chat_sections),
    message(of_chats.ReqSearchChats, chat_search.search_chats),
    message(of_chats.ReqExportChatContext, chat_transfer.export_chat_context),
    message(of_chats.ReqImportChatContexts, chat_transfer.import_chat_contexts),
    message(of_chats.ReqSetChatContext, chat_list.set_chat_context),
    message(of_chats.ReqDeleteChatContext, chat_list.delete_chat_context),
    message(of_chats.ReqRestoreChatContext, chat_list.restore_chat_context),
    message(of_operator.ReqListUsers, operating.list_users),
    message(of_operator.ReqListServerSettings, operating.list_server_settings),
    message(of_operator.ReqGetServerFindings, operating.get_server_findings),
    message(of_operator.ReqGetServerStatus, server_status.get_server_status),
    message(of_live.ReqSubscribeChatSections, live.subscribe_chat_sections),
    message(of_live.ReqSubscribeReleases, live.subscribe_releases),
    message(of_live.ReqSubscribeApps, live.subscribe_apps),
    message(of_app_log.ReqReadAppLog, app_log_reads.read_app_log),
    message(of_app_log.ReqSubscribeAppLog, app_log_reads.subscribe_app_log),
    message(of_live.ReqUnsubscribe, live.unsubscribe),
    message(of_uploads.ReqAssetUploadGrant, uploads.grant_upload),
    message(of_prompts.ReqOpenChat, prompts.open_chat),
    message(of_prompts.ReqPromptChatSection, partial(prompts.prompt_chat_section, ensure_app_slug)),
    message(of_prompts.ReqListCodegenChats, chat_reads.list_codegen_chats),
    message(of_prompts.ReqListApplicationChats, chat_reads.list_application_chats),
    message(of_prompts.ReqGetApplicationChat, chat_reads.get_application_chat),
    message(of_prompts.ReqGetChatDetails, chat_reads.get_chat_details),
    message(of_prompts.ReqGetChatResponse, chat_reads.get_chat_response),
    message(of_packages.ReqListReleasePackages, release_packages.list_release_packages),
    message(of_page_errors.ReqListPageErrors, page_errors.list_page_errors),
    message(of_page_errors.ReqClearPageErrors, page_errors.clear_page_errors),
    message(of_folders.ReqPlanDeploy, folders.plan_deploy),
    message(of_uploads.ReqListMissingAssets, uploads.list_missing_assets),
)
