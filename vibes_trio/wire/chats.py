"""Chats as their owner sees them: lists, reading back, search, titles, deletion, ways in and out."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from vibes_trio.wire.base import Request, Response
from vibes_trio.wire.chat import Origin
from vibes_trio.wire.names import Owned, OwnedRequest


class ListedChat(Owned, frozen=True, kw_only=True):
    """A chat of the asker. Times are ISO.

    Attributes:
        updated: when it was appended to last.
        sections: how many it has.
        title: what its owner calls it; *preview* is the beginning of its text.
        deleted_at: since when it waits to be gone for good.
    """

    context_id: str
    created: str
    updated: str
    sections: int
    title: str = ""
    preview: str = ""
    app_slug: str = ""
    deleted_at: str = ""


class ResListChatContexts(Response, frozen=True, kw_only=True, tag="vibes.diy.res-list-chat-contexts"):
    """Some of the chats; *next_cursor* asks for those that follow."""

    items: tuple[ListedChat, ...]
    next_cursor: str = ""


class ReqListChatContexts(
    OwnedRequest[ResListChatContexts], frozen=True, kw_only=True, tag="vibes.diy.req-list-chat-contexts"
):
    """List my chats: what changed last first, or by `created` or `title`; of a handle, or one app; or those `deleted`.

    At most *limit* (1 to 100) come at once.
    """

    limit: int = 20
    cursor: str = ""
    order: Literal["recent", "created", "title"] = "recent"
    app_slug: str = ""
    deleted: bool = False


class ReadSection(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A section."""

    seq: int
    origin: Origin
    created: str
    blocks: msgspec.Raw


class ResReadChatSections(Response, frozen=True, kw_only=True, tag="vibes.diy.res-read-chat-sections"):
    """Some of the sections, in the order that was asked for; *next_cursor* asks for those that follow."""

    context_id: str
    items: tuple[ReadSection, ...]
    next_cursor: str = ""


class ReqReadChatSections(
    Request[ResReadChatSections], frozen=True, kw_only=True, tag="vibes.diy.req-read-chat-sections"
):
    """Read sections of a chat, from `seq` *start* on, or *backward* from the last before it (without it, the last).

    At most *limit* (1 to 100) come at once, and fewer of those that are long.
    """

    context_id: str
    start: int | UnsetType = UNSET
    backward: bool = False
    limit: int = 100
    cursor: str = ""


class ShownSection(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A section as people read it: *html* is safe on a page of any host that shows it."""

    seq: int
    origin: Origin
    created: str
    html: str


class ResShowChatSections(Response, frozen=True, kw_only=True, tag="vibes.diy.res-show-chat-sections"):
    """Some of the sections of *chat*, in the order that was asked for; *next_cursor* asks for those that follow."""

    context_id: str
    chat: ListedChat
    items: tuple[ShownSection, ...]
    next_cursor: str = ""


class ReqShowChatSections(
    Request[ResShowChatSections], frozen=True, kw_only=True, tag="vibes.diy.req-show-chat-sections"
):
    """Read sections of a chat as HTML, as `read-chat-sections` gives them: prose is Markdown, code is coloured.

    What takes too long to be shown so comes as plain text.
    """

    context_id: str
    start: int | UnsetType = UNSET
    backward: bool = False
    limit: int = 20
    cursor: str = ""


class SnippetPart(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A piece of a section's text; *hit*: it is what was looked for."""

    text: str
    hit: bool = False


class FoundSection(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A section that has all the words. *title*: of its chat, or how that begins."""

    context_id: str
    seq: int
    origin: str
    created: str
    title: str
    snippet: tuple[SnippetPart, ...]


class ResSearchChats(Response, frozen=True, kw_only=True, tag="vibes.diy.res-search-chats"):
    """Some of the sections that were found; *next_cursor* asks for those that follow."""

    items: tuple[FoundSection, ...]
    next_cursor: str = ""


class ReqSearchChats(Request[ResSearchChats], frozen=True, kw_only=True, tag="vibes.diy.req-search-chats"):
    """Find sections of my chats, or of one of them, that have all words of *text*.

    Where nothing has the last word, words that begin so are found.

    Younger chats come first, and later sections of one chat; at most *limit* (1 to 100) at once.
    """

    text: str
    limit: int = 20
    cursor: str = ""
    context_id: str = ""


class ResSetChatContext(
    Response, ListedChat, frozen=True, kw_only=True, tag="vibes.diy.res-set-chat-context"
):
    """The chat as it is now."""


class ReqSetChatContext(
    OwnedRequest[ResSetChatContext], frozen=True, kw_only=True, tag="vibes.diy.req-set-chat-context"
):
    """Give a chat a title, or an app that it is about (an empty `appSlug`: none); what is left out stays."""

    context_id: str
    title: str | UnsetType = UNSET
    app_slug: str | UnsetType = UNSET


class ResDeleteChatContext(Response, frozen=True, kw_only=True, tag="vibes.diy.res-delete-chat-context"):
    """Since when the chat is deleted, and until when it can be restored."""

    context_id: str
    deleted_at: str
    restorable_until: str


class ReqDeleteChatContext(
    Request[ResDeleteChatContext], frozen=True, kw_only=True, tag="vibes.diy.req-delete-chat-context"
):
    """Delete a chat; it can be restored for 7 days."""

    context_id: str


class ResRestoreChatContext(
    Response, ListedChat, frozen=True, kw_only=True, tag="vibes.diy.res-restore-chat-context"
):
    """The chat as it is now."""


class ReqRestoreChatContext(
    Request[ResRestoreChatContext], frozen=True, kw_only=True, tag="vibes.diy.req-restore-chat-context"
):
    """Undo the deletion of a chat."""

    context_id: str


Format = Literal["vibes", "open-webui", "chatgpt"]


class ExportedSection(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A section, as it stands in an export of ours."""

    origin: Origin
    blocks: msgspec.Raw
    created: str = ""


class ExportedChat(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An export of ours: a chat, whole."""

    sections: tuple[ExportedSection, ...]
    title: str = ""
    created: str = ""


class ResExportChatContext(Response, frozen=True, kw_only=True, tag="vibes.diy.res-export-chat-context"):
    """The chat. *left_out*: what the format can't carry, and how many of it."""

    format: Format
    content: msgspec.Raw
    left_out: dict[str, int] = msgspec.field(default_factory=dict)


class ReqExportChatContext(
    Request[ResExportChatContext], frozen=True, kw_only=True, tag="vibes.diy.req-export-chat-context"
):
    """Export a chat: in our form, or as Open WebUI or ChatGPT would."""

    context_id: str
    format: Format = "vibes"


class ImportedChat(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A chat that was made."""

    context_id: str
    title: str
    sections: int


class ResImportChatContexts(Response, frozen=True, kw_only=True, tag="vibes.diy.res-import-chat-contexts"):
    """The chats. *left_out*: what could not be carried, and how many of it."""

    items: tuple[ImportedChat, ...]
    left_out: dict[str, int] = msgspec.field(default_factory=dict)


class ReqImportChatContexts(
    Request[ResImportChatContexts], frozen=True, kw_only=True, tag="vibes.diy.req-import-chat-contexts"
):
    """Make chats of an export: of ours, Open WebUI's or ChatGPT's; one chat, or a list of them. All or none."""

    format: Format
    content: msgspec.Raw
