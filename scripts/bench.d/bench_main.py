"""The command: gets the tools, runs the rows, tells the goals, writes the JSON and the picture."""

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench_chart import FOOTNOTE, make_panels
from bench_figures import BenchError, Results, as_json
from bench_goals import Verdict, judge
from bench_loads import Bench
from bench_ours import prepare
from bench_processes import choose_cores, raise_file_limit
from bench_report import say_goals
from bench_rows import ROWS, Row
from bench_run import run_rows
from bench_tools import BUILD, HERE, ROOT, Tools, get_tools

ROUNDS, SECONDS = 5, 2.0
QUICK_ROUNDS, QUICK_SECONDS = 1, 1.0
PICTURE = ROOT / "tests" / "pictures" / "bench.png"


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; return 0 unless a row could not be measured. A goal not met is told, and no failure."""
    options = _read_options(arguments)
    rows = _choose_rows(options.only)
    load_before = os.getloadavg()[0]
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that servers are ended
    try:
        cores = choose_cores()
        raise_file_limit()
        tools = get_tools()
        for note in tools.notes:
            print(f"note: {note}")
        os.sched_setaffinity(0, {cores.load})
        folder = Path(
            tempfile.mkdtemp(prefix="bench-", dir=BUILD)
        )  # on the disk of the checkout: syncs are real
        try:
            ours = prepare(tools, cores, folder, os.environ)
            bench = Bench(tools, cores, folder, options.seconds, ours, warm_up=not options.quick)
            print(
                f"{len(rows)} rows, {options.rounds} rounds of {options.seconds:g} s; load average {load_before:.2f}"
            )
            results = run_rows(bench, rows, options.rounds)
        finally:
            if not options.keep:
                shutil.rmtree(folder, ignore_errors=True)
    except BenchError as error:
        print(f"bench: {error}")
        return 2
    verdicts = judge(results, {row.key for row in rows})
    say_goals(verdicts)
    print(f"\nLoad average {load_before:.2f} before, {os.getloadavg()[0]:.2f} after.")
    _write(results, verdicts, options, load_before)
    if not options.only and not options.quick:
        _draw(tools, results)
    return 1 if results.failed else 0


def _read_options(arguments: Sequence[str]) -> argparse.Namespace:
    keys = ", ".join(row.key for row in ROWS)
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measure the server, whole and with real tokens, against its goals and against others.",
        epilog=f"Rows: {keys}. Figures go to .build/bench.json, the picture to tests/pictures/bench.png.",
    )
    parser.add_argument("--quick", action="store_true", help="one short round: does everything still run?")
    parser.add_argument(
        "--only", default="", metavar="ROW,…", help="these rows; `ws` means all that begin so"
    )
    parser.add_argument("--rounds", type=int, help=f"runs of each side ({ROUNDS})")
    parser.add_argument("--seconds", type=float, help=f"length of a run ({SECONDS:g})")
    parser.add_argument("--keep", action="store_true", help="keep the folder with data and logs in .build")
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    options.seconds = options.seconds or (QUICK_SECONDS if options.quick else SECONDS)
    return options


def _choose_rows(only: str) -> list[Row]:
    wanted = [part.strip() for part in only.split(",") if part.strip()]
    if not wanted:
        return list(ROWS)
    chosen = [
        row for row in ROWS if any(row.key == part or row.key.startswith(f"{part}.") for part in wanted)
    ]
    if not chosen:
        raise SystemExit(f"bench: no row is called {only!r}; see --help")
    needed = {"verify.known", "verify.new"} if any(row.key[:2] in ("po", "ws") for row in chosen) else set()
    return [row for row in ROWS if row in chosen or row.key in needed]


def _write(
    results: Results, verdicts: Sequence[Verdict], options: argparse.Namespace, load_before: float
) -> None:
    goals = [
        {"row": v.goal.row, "text": v.goal.text, "value": v.value, "limit": v.goal.limit, "met": v.met}
        for v in verdicts
    ]
    run = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "rounds": options.rounds,
        "seconds": options.seconds,
        "loadAverage": [load_before, os.getloadavg()[0]],
    }
    path = BUILD / "bench.json"
    path.write_text(
        json.dumps({"run": run, **as_json(results), "goals": goals}, indent=1, ensure_ascii=False)
    )
    print(f"Figures: {path.relative_to(ROOT)}")


def _draw(tools: Tools, results: Results) -> None:
    if tools.other_python is None:
        print("No picture: matplotlib is missing.")
        return
    given = json.dumps({"panels": [asdict(panel) for panel in make_panels(results)], "footnote": FOOTNOTE})
    PICTURE.parent.mkdir(exist_ok=True)
    command = [tools.other_python, HERE / "draw_chart.py", PICTURE]
    done = subprocess.run(command, input=given, text=True, capture_output=True, timeout=120, check=False)
    print(
        f"Picture: {PICTURE.relative_to(ROOT)}"
        if done.returncode == 0
        else f"No picture: {done.stderr[-300:]}"
    )
