"""Who accepts next, where several processes share a listening socket.

The system wakes all that wait, and an idle machine's first to run is always the same one: it would end up with
every connection. So each process shows how many it holds, in memory that all see, and one that holds more than
another lets the others go first for a moment.
"""

import mmap
import tempfile
from typing import IO

_CELL_BYTES = 4
_ABSENT = 2**32 - 1
_SLACK = 1


class Balance:
    """How many connections each process holds that it accepted itself; a cell for each, written by it alone.

    Args:
        fd: of a file that all share, see `make_cells`.
        index: which cell is this process's; the owner has 0.
    """

    def __init__(self, fd: int, index: int, processes: int) -> None:
        self._memory = mmap.mmap(fd, processes * _CELL_BYTES)
        self._view = memoryview(self._memory)
        self._cells = self._view.cast("I")
        self.index = index
        self._cells[index] = 0

    def add(self, connections: int) -> None:
        """Count *connections* more, or less."""
        self._cells[self.index] += connections

    def is_ahead(self) -> bool:
        """Whether another process holds clearly fewer."""
        return self._cells[self.index] > min(self._cells) + _SLACK

    def drop(self, index: int) -> None:
        """Note that the process of that cell has ended; one in its place counts from 0."""
        self._cells[index] = _ABSENT

    def close(self) -> None:
        """Give the memory back."""
        self._cells.release()
        self._view.release()
        self._memory.close()


def make_cells(processes: int) -> IO[bytes]:
    """Return a file without a name that holds a cell for each of so many processes, none of which is there."""
    file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - the caller closes it
    file.write(_ABSENT.to_bytes(_CELL_BYTES) * processes)
    return file
