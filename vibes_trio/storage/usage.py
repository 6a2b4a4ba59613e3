"""What each user keeps here, and what is said when it is too much. Triggers count it: see migration 6."""

import msgspec

from vibes_trio.errors import LimitReached
from vibes_trio.exchange import UserId
from vibes_trio.storage.interface import Tx

NO_LIMIT = 2**63 - 1
"""More than any column counts to."""


class Usage(msgspec.Struct, frozen=True):
    """What a user keeps.

    Attributes:
        release_bytes: of the releases: their manifests, and each asset that they name, once.
        contexts, sections: of chats.
        chat_bytes: of the blocks of all sections, as UTF-8.
    """

    release_bytes: int = 0
    contexts: int = 0
    sections: int = 0
    chat_bytes: int = 0


def get_usage(tx: Tx, user_id: UserId) -> Usage:
    """Return what *user_id* keeps now; of an unknown user that is nothing."""
    rows = tx.execute(
        "SELECT releaseBytes, contexts, sections, chatBytes FROM UserUsage WHERE userId = ?", (user_id,)
    )
    return Usage(*rows[0]) if rows else Usage()


def limit_reached(what: str, setting: str, value: int, advice: str = "") -> LimitReached:
    """Return the refusal of *what* by the limit that *setting* has set to *value*; *advice* and how to raise
    it follow.

    Who runs a server for himself is the operator, so it names the setting and where it goes.
    """
    return LimitReached(
        f"{what} and {setting} is {value}. {advice}Whoever runs the server can raise it: put "
        f"`{setting} = {2 * value or 1}` into config.toml of its data folder, or into its environment, and start it "
        "again; `vibes-trio config show` tells what is set where.",
        limit=setting,
        value=value,
    )
