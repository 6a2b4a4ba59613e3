"""Run Autobahn|Testsuite, the conformance suite for WebSockets (RFC 6455), against our front on loopback.

It needs a Python 2.7, and fetches the suite once into `.build/autobahn`; the reports land there too.
Fails if a case fails, or if fewer than 293 of the 301 cases of sections 1-7, 9 and 10 are strictly right.
Exit status: 0 good, 1 not good, 77 skipped, since the suite can't be had here.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import trio

sys.path.append(str(Path(__file__).resolve().parents[2]))

from autobahn_echo import serve_echo
from autobahn_report import SECTIONS, find_faults, format_table, read_verdicts
from autobahn_suite import AGENT, Missing, SuiteFailed, find_python, run, set_up

SKIPPED = 77


def main(arguments: Sequence[str]) -> int:
    """Do what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="scripts/autobahn", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--setup", action="store_true", help="only fetch the suite")
    parser.add_argument("cases", nargs="*", help="run these only, like 7.* or 1.1.1")
    asked = parser.parse_args(arguments)
    try:
        python = find_python()
        set_up(python)
    except Missing as missing:
        print(f"skipped: Autobahn can't be run: {missing}")
        return SKIPPED
    return 0 if asked.setup else trio.run(_test, python, asked.cases)


async def _test(python: Path, cases: Sequence[str]) -> int:
    async with serve_echo() as (port, counts):
        try:
            index = await run(python, port, cases or [f"{section}.*" for section in SECTIONS])
        except SuiteFailed as failure:
            print(f"not good: {failure}")
            return 1
    verdicts = read_verdicts(index, AGENT)
    print(format_table(verdicts))
    faults = find_faults(verdicts, whole=not cases)
    if counts.faults:
        faults.append(f"{counts.faults} connections met a fault of the server")
    for fault in faults:
        print(f"not good: {fault}")
    print(f"reports: {index.with_suffix('.html')}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
