"""Insert and commit 1 KiB rows one after another, each synced to disk: what a durable append costs at the least.

Usage: bare_insert.py DATABASE SECONDS. Prints "begin", "end" and a line of JSON, as ws_load does.
"""

import json
import sqlite3
import sys
import time

BLOCKS = "x" * 1024


def main() -> None:
    db = sqlite3.connect(sys.argv[1], isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE IF NOT EXISTS Sections (seq INTEGER PRIMARY KEY, blocks TEXT)")
    for _ in range(100):
        db.execute("INSERT INTO Sections (blocks) VALUES (?)", (BLOCKS,))
    print("begin", flush=True)
    took_ms: list[float] = []
    start = now = time.perf_counter()
    end = start + float(sys.argv[2])
    while now < end:
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO Sections (blocks) VALUES (?)", (BLOCKS,))
        db.execute("COMMIT")
        before, now = now, time.perf_counter()
        took_ms.append((now - before) * 1000)
    print("end", flush=True)
    took_ms.sort()
    count = len(took_ms)
    figures = {"count": count, "seconds": now - start, "errors": 0}
    figures |= {"p50_ms": took_ms[count // 2], "p99_ms": took_ms[count * 99 // 100]}
    print(json.dumps(figures))


main()
