"""All sections of a chat at once, for tests."""

from vibes_trio.exchange import UserId
from vibes_trio.storage import Tx
from vibes_trio.storage.chats import Page, Section, read_sections


def list_sections(
    tx: Tx, user_id: UserId, context_id: str, *, after: int = -1, limit: int
) -> tuple[Section, ...]:
    return read_sections(tx, user_id, context_id, Page(after + 1, limit, 2**60))
