"""Chats of apps as newer clients lead them: open one, say something in it, and read them back."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from vibes_trio.wire.base import Request, Response
from vibes_trio.wire.files import VibeFile
from vibes_trio.wire.names import AppRequest, Owned, OwnedRequest

PromptMode = Literal["codegen", "runtime", "img", "fs-update", "fs-set"]


class ResOpenChat(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-open-chat"):
    """The chat. What stands in it has been told before this, as events of the same `tid`; what is said goes on so."""

    app_slug: str
    chat_id: str
    mode: PromptMode


class ReqOpenChat(OwnedRequest[ResOpenChat], frozen=True, kw_only=True, tag="vibes.diy.req-open-chat"):
    """Get or make the chat of an app, and be told what stands in it and what is said in it. Over a WebSocket.

    In `codegen` and the `fs-` modes that is my one chat in which the app is made; in `runtime` and `img` a new one
    with each call. Without *app_slug* it is for a new app.
    """

    mode: PromptMode
    app_slug: str = ""
    chat_id: str = ""


class EvtSection(Response, frozen=True, kw_only=True, tag="vibes.diy.section-event"):
    """Something of a turn. *block_seq* counts the events of a turn from 0."""

    chat_id: str
    prompt_id: str
    block_seq: int
    timestamp: str
    blocks: msgspec.Raw


class RemovedFile(msgspec.Struct, frozen=True):
    """A file that goes."""

    filename: str


class FsUpdate(msgspec.Struct, frozen=True):
    """What changes in the files of a release."""

    update: list[VibeFile]
    remove: list[RemovedFile]


class TextPart(msgspec.Struct, frozen=True, tag="text"):
    """Words."""

    text: str


class ImageUrl(msgspec.Struct, frozen=True):
    """Where an image is."""

    url: str


class ImagePart(msgspec.Struct, frozen=True, tag="image_url"):
    """An image."""

    image_url: ImageUrl


class FilePart(msgspec.Struct, frozen=True, kw_only=True, tag="vibes_file", rename="camel"):
    """A file that was uploaded."""

    upload_id: str
    name: str
    mime_type: str
    kind: str


class PromptMessage(msgspec.Struct, frozen=True):
    """What somebody says."""

    role: Literal["system", "user", "assistant"]
    content: list[TextPart | ImagePart | FilePart]


class Prompt(msgspec.Struct, frozen=True):
    """What a model is asked, as far as it is looked at here."""

    messages: list[PromptMessage]


class ResPromptChatSection(
    Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-prompt-chat-section"
):
    """The turn that came of it; its events have the `tid` by which the chat was opened."""

    mode: PromptMode
    chat_id: str
    app_slug: str
    prompt_id: str
    outer_tid: str


class ReqPromptChatSection(
    Request[ResPromptChatSection], frozen=True, kw_only=True, tag="vibes.diy.req-prompt-chat-section"
):
    """Say something in a chat of an app of mine: files that make its next dev release, all or what changes.

    A model isn't asked here; of what one would be asked, `variant: "access-wizard"` is answered with a plain
    `access.js`.
    """

    mode: PromptMode
    chat_id: str
    outer_tid: str
    prompt: msgspec.Raw | UnsetType = UNSET
    variant: str = ""
    ref_fs_id: str = ""
    fs_update: FsUpdate | UnsetType = UNSET
    fs_set: list[VibeFile] | UnsetType = UNSET


# -- reading ----------------------------------------------------------------------------------------------


class ListedChat(Owned, frozen=True, kw_only=True):
    """A chat of an app. *user_handle*: of whose chat it is, where that is told."""

    chat_id: str
    app_slug: str
    created: str
    user_handle: str = ""


class ResListCodegenChats(Response, frozen=True, kw_only=True, tag="vibes.diy.res-list-codegen-chats"):
    """Some of the chats, newest first; *next_cursor* asks for those that follow."""

    items: tuple[ListedChat, ...]
    next_cursor: str = ""


class ReqListCodegenChats(
    OwnedRequest[ResListCodegenChats], frozen=True, kw_only=True, tag="vibes.diy.req-list-codegen-chats"
):
    """List my chats in which apps are made, all, a handle's or an app's."""

    app_slug: str = ""
    limit: int = 20
    cursor: str = ""


class ResListApplicationChats(
    Response, frozen=True, kw_only=True, tag="vibes.diy.res-list-application-chats"
):
    """As `ResListCodegenChats`."""

    items: tuple[ListedChat, ...]
    next_cursor: str = ""


class ReqListApplicationChats(
    OwnedRequest[ResListApplicationChats],
    frozen=True,
    kw_only=True,
    tag="vibes.diy.req-list-application-chats",
):
    """List the chats that people have in an app or under a handle of mine, or those that I have in apps."""

    app_slug: str = ""
    limit: int = 20
    cursor: str = ""


class ResGetApplicationChat(Response, frozen=True, kw_only=True, tag="vibes.diy.res-get-application-chat"):
    """The blocks of a chat, oldest first; none of one that is not there for the asker.

    *next_cursor* asks for those that follow, if all would be too much.
    """

    chat_id: str = ""
    app_slug: str = ""
    owner_handle: str = ""
    blocks: tuple[msgspec.Raw, ...]
    next_cursor: str = ""


class ReqGetApplicationChat(
    Request[ResGetApplicationChat], frozen=True, kw_only=True, tag="vibes.diy.req-get-application-chat"
):
    """Read a chat that I, or others in an app of mine, have had."""

    chat_id: str
    cursor: str = ""


class ChatPrompt(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was asked for, and the release that came of it."""

    prompt: str
    fs_id: str
    created: str


class ResGetChatDetails(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-get-chat-details"):
    """The newest turns of which a release came, newest first."""

    chat_id: str = ""
    app_slug: str
    prompts: tuple[ChatPrompt, ...]


class ReqGetChatDetails(
    AppRequest[ResGetChatDetails], frozen=True, kw_only=True, tag="vibes.diy.req-get-chat-details"
):
    """Tell what I asked for in the chat in which an app is made."""

    chat_id: str = ""


class ToldSection(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An event of a turn."""

    block_seq: int
    blocks: msgspec.Raw


class ToldTurn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A turn of a chat."""

    chat_id: str
    prompt_id: str
    created: str
    fs_id: str = ""
    sections: tuple[ToldSection, ...]


class ResGetChatResponse(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-get-chat-response"):
    """The newest turns, as many as fit into an answer, newest first."""

    chat_id: str = ""
    app_slug: str
    turns: tuple[ToldTurn, ...]


class ReqGetChatResponse(
    AppRequest[ResGetChatResponse], frozen=True, kw_only=True, tag="vibes.diy.req-get-chat-response"
):
    """Read turns of my chat in which an app is made: the newest, or one."""

    chat_id: str = ""
    prompt_id: str = ""
