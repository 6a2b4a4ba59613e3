"""Changes in a folder, as they come: a little after the last one of a row, so that a save of many files is one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from vibes_trio.config import Limits
from vibes_trio.content.left_out import Choice
from vibes_trio.late import late

if TYPE_CHECKING:
    import watchfiles
else:
    watchfiles = late("watchfiles")

NAMES_SHOWN = 3


async def follow_folder(
    path: Path, choice: Choice | None, act: Callable[[Sequence[str]], Awaitable[None]], limits: Limits
) -> None:
    """Run *act* now, with no names, and with those of the files that have changed whenever some have. Never ends.

    What changes while it runs is told the next time.

    Args:
        path: a folder with all that is in it, or one file.
        choice: which files of a folder count; None: *path* is one file.
    """
    is_first = True
    async with aclosing(_changes(path, choice, limits)) as changes:
        # The first, empty answer says that it watches: what changes from here on is not missed.
        async for found in changes:
            if found or is_first:
                await act(sorted({Path(changed).name for _, changed in found}))
            is_first = False


def _changes(
    path: Path, choice: Choice | None, limits: Limits
) -> AsyncGenerator[set[tuple[watchfiles.Change, str]], None]:
    path = path.resolve()

    def counts(_: watchfiles.Change, changed: str) -> bool:
        if choice is None:
            return Path(changed) == path
        return not choice.why_left_out(Path(changed).relative_to(path).as_posix())

    return watchfiles.awatch(
        path if choice is not None else path.parent,
        watch_filter=counts,
        step=round(limits.watch_quiet_s * 1000),
        debounce=round(limits.watch_most_s * 1000),
        rust_timeout=round(limits.watch_turn_s * 1000),  # cancelling waits so long
        yield_on_timeout=True,
        recursive=choice is not None,
    )


def shown_names(names: Sequence[str]) -> str:
    """Return *names* for a line: the first few, and how many more."""
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more
