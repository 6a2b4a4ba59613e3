"""Chat contexts, their sections and the blocks in them (blocks.md)."""

from typing import Literal

import msgspec

from vibes_trio.wire.base import Request, Response

Origin = Literal["user", "llm"]


class ResEnsureChatContext(Response, frozen=True, kw_only=True, tag="vibes.diy.res-ensure-chat-context"):
    """The context, which is the asker's."""

    context_id: str


class ReqEnsureChatContext(
    Request[ResEnsureChatContext], frozen=True, kw_only=True, tag="vibes.diy.req-ensure-chat-context"
):
    """Open a context, or make one."""

    context_id: str | msgspec.UnsetType = msgspec.UNSET


class ResAppendChatSection(Response, frozen=True, kw_only=True, tag="vibes.diy.res-append-chat-section"):
    """Where the section stands; *seq* counts from 0 without gap or twin."""

    context_id: str
    seq: int
    origin: Origin


APPEND = "vibes.diy.req-append-chat-section"
"""The message type whose order within one context and connection is kept."""

# A JavaScript number: not a bool, which msgspec's float refuses too.
Number = int | float


class Stats(msgspec.Struct, frozen=True):
    lines: Number
    bytes: Number
    cnt: Number | msgspec.UnsetType = msgspec.UNSET


class Stats4(msgspec.Struct, frozen=True):
    toplevel: Stats
    code: Stats
    image: Stats
    total: Stats


class ChatMessage(msgspec.Struct, frozen=True):
    role: Literal["system", "user", "assistant"]
    content: str


class LlmRequest(msgspec.Struct, frozen=True):
    model: str
    messages: list[ChatMessage]
    stream: bool | msgspec.UnsetType = msgspec.UNSET
    temperature: Number | msgspec.UnsetType = msgspec.UNSET
    max_tokens: Number | msgspec.UnsetType = msgspec.UNSET
    top_p: Number | msgspec.UnsetType = msgspec.UNSET
    frequency_penalty: Number | msgspec.UnsetType = msgspec.UNSET
    presence_penalty: Number | msgspec.UnsetType = msgspec.UNSET
    stop: str | list[str] | msgspec.UnsetType = msgspec.UNSET


class PromptTxt(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag="prompt.txt"):
    """What the user asked; the one element that is no `block.*`."""

    stream_id: str
    timestamp: str | Number
    request: LlmRequest


class BlockBase(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    block_id: str
    stream_id: str
    seq: Number
    block_nr: Number
    timestamp: str | Number


class BlockBegin(BlockBase, frozen=True, kw_only=True, tag="block.begin"):
    pass


class BlockEnd(BlockBase, frozen=True, kw_only=True, tag="block.end"):
    stats: Stats4


class BlockStats(BlockBase, frozen=True, kw_only=True, tag="block.stats"):
    stats: Stats4


class ToplevelBegin(BlockBase, frozen=True, kw_only=True, tag="block.toplevel.begin"):
    section_id: str


class ToplevelLine(BlockBase, frozen=True, kw_only=True, tag="block.toplevel.line"):
    section_id: str
    line_nr: Number
    line: str


class ToplevelEnd(BlockBase, frozen=True, kw_only=True, tag="block.toplevel.end"):
    section_id: str
    stats: Stats


class CodeBegin(BlockBase, frozen=True, kw_only=True, tag="block.code.begin"):
    section_id: str
    lang: str


class CodeLine(BlockBase, frozen=True, kw_only=True, tag="block.code.line"):
    section_id: str
    lang: str
    line_nr: Number
    line: str


class CodeEnd(BlockBase, frozen=True, kw_only=True, tag="block.code.end"):
    section_id: str
    lang: str
    stats: Stats


class BlockImage(BlockBase, frozen=True, kw_only=True, tag="block.image"):
    section_id: str
    url: str
    stats: Stats


Block = (
    BlockBegin
    | BlockEnd
    | BlockStats
    | ToplevelBegin
    | ToplevelLine
    | ToplevelEnd
    | CodeBegin
    | CodeLine
    | CodeEnd
    | BlockImage
    | PromptTxt
)


_blocks_decoder = msgspec.json.Decoder(list[Block])
_members_decoder = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])


class ReqAppendChatSection(
    Request[ResAppendChatSection], frozen=True, kw_only=True, tag="vibes.diy.req-append-chat-section"
):
    """Append one section.

    *blocks*, a list, is checked to hold nothing but a `Block` each and kept as sent, undeclared members included.
    It stays text: the shape is checked before the token, and nobody who isn't signed in may have us make
    millions of objects. `read_blocks` takes it apart.
    """

    context_id: str
    origin: Origin
    blocks: msgspec.Raw

    def __post_init__(self) -> None:
        """Check the blocks. Raises ValueError, which msgspec turns into its own error."""
        try:
            bytes(self.blocks).decode()  # what no Block declares is not looked into below
            _blocks_decoder.decode(self.blocks)
        except UnicodeDecodeError as error:
            raise ValueError(f"Not UTF-8 text (byte {error.start}) - at `$.blocks`") from None
        except msgspec.ValidationError as error:
            text = str(error) if "`$" in str(error) else f"{error} - at `$`"
            raise ValueError(text.replace("`$", "`$.blocks", 1)) from None


def read_blocks(request: ReqAppendChatSection) -> list[dict[str, msgspec.Raw]]:
    """Return the blocks of *request* by their members, each as it was sent."""
    return _members_decoder.decode(request.blocks)
