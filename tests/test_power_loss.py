"""What a power cut leaves: every acknowledged section, in one piece, whatever became of the bytes behind it.

The server's storage appends in a process of its own, which is stopped at some moment; its files are copied, and
in the copies the sectors that may not have reached the disk are kept or wiped by chance. Which those are is known
from the acknowledgements: with each comes the length that the WAL file had then, and all up to there was synced.

What this can't see is a sync that was left out, as the copies are made of what the system has in memory:
`test_connections_are_durable_and_only_the_writer_checkpoints` looks at that.
"""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

CUTS = 4
DAMAGES_PER_CUT = 25
ACKNOWLEDGED_BETWEEN_CUTS = 40
SECTOR = 512

# Never checkpoints: then all that is written lies in the WAL file, in the order in which it was written.
APPENDER = """
import sys, time, trio
from vibes_trio.config import Limits
from vibes_trio.storage.sqlite.engine import SqliteDatabase
from vibes_trio.storage.chats import NewSection, append_sections, ensure_context

async def client(db, number):
    while True:
        section = NewSection("ada", "chat", "user", '["' + "x" * (number * 700) + '"]')
        seq = await db.submit_item(append_sections, section).wait()
        print(seq, db.wal_bytes, flush=True)

async def main():
    never = 1_000_000_000
    db = SqliteDatabase(sys.argv[1], Limits(commits_per_checkpoint=never, max_wal_bytes=never), now=time.time)
    db.open()
    await db.write(ensure_context, "ada", "chat", str)
    async with trio.open_nursery() as nursery:
        for number in range(8):
            nursery.start_soon(client, db, number)

trio.run(main)
"""


@contextmanager
def appending(path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", APPENDER, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_acknowledged(lines: IO[str], count: int) -> tuple[int, int]:
    """Read *count* acknowledgements; the highest number in them, and the length of the WAL file at the last."""
    told = [tuple(map(int, lines.readline().split())) for _ in range(count)]
    return max(seq for seq, _ in told), told[-1][1]


def copy_stopped(process: subprocess.Popen[str], path: Path, to: Path) -> None:
    """Copy the files of the database at *path* while nothing in *process* moves."""
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    try:
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{to}{suffix}")
    finally:
        process.send_signal(signal.SIGCONT)


def damage(wal: bytes, synced: int, rng: random.Random) -> bytes:
    """Return *wal* as a disk might have it that had synced so many bytes: whole sectors behind them are lost."""
    if rng.random() < 0.2:
        return wal[: rng.randint(synced, len(wal))]
    left = bytearray(wal)
    for start in range(-(-synced // SECTOR) * SECTOR, len(wal), SECTOR):
        if rng.random() < 0.5:
            left[start : start + SECTOR] = bytes(len(left[start : start + SECTOR]))
    return bytes(left)


def find_sections(path: Path) -> list[int]:
    """Return the numbers of the sections in a database that must be sound."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [seq for (seq,) in connection.execute("SELECT seq FROM ChatSections ORDER BY seq")]


def test_power_cut_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    rng = random.Random(7)
    copy, damaged = tmp_path / "copy.db", tmp_path / "damaged.db"
    highest = -1

    with appending(tmp_path / "live.db") as process:
        assert process.stdout is not None
        for _ in range(CUTS):
            count = ACKNOWLEDGED_BETWEEN_CUTS + rng.randrange(8)
            told, synced = read_acknowledged(process.stdout, count)
            highest = max(highest, told)
            copy_stopped(process, tmp_path / "live.db", copy)

            wal = Path(f"{copy}-wal").read_bytes()
            for _ in range(DAMAGES_PER_CUT):
                shutil.copy(copy, damaged)
                Path(f"{damaged}-wal").write_bytes(damage(wal, synced, rng))
                found = find_sections(damaged)
                assert found == list(range(len(found)))
                assert len(found) > highest
                Path(f"{damaged}-wal").unlink(missing_ok=True)
                Path(f"{damaged}-shm").unlink(missing_ok=True)
