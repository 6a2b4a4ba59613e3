"""What Autobahn's report says: a verdict for each case, counted by section, and whether that will do."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

STRICT, NON_STRICT, INFORMATIONAL, FAILED = "OK", "NON-STRICT", "INFORMATIONAL", "FAILED"
VERDICTS = (STRICT, NON_STRICT, INFORMATIONAL, FAILED)

# Sections 12 and 13 are about compression, which we never negotiate; 8 and 11 hold no cases.
SECTIONS = (1, 2, 3, 4, 5, 6, 7, 9, 10)
CASES = 301
MIN_STRICT = 293


def read_verdicts(index: Path, agent: str) -> dict[str, str]:
    """Return the verdict of each case in Autobahn's *index* of reports.

    A case fails if the messages or the closing were wrong; "unclean", "wrong code", "unimplemented" and what
    else the suite may say fail too. Otherwise it is as good as its messages were.
    """
    cases = json.loads(index.read_text("utf-8"))[agent]
    return {case: _judge(said["behavior"], said["behaviorClose"]) for case, said in cases.items()}


def _judge(behavior: str, at_close: str) -> str:
    fine = VERDICTS[:-1]
    return behavior if behavior in fine and at_close in fine else FAILED


def find_faults(verdicts: Mapping[str, str], *, whole: bool) -> list[str]:
    """Return in words what is not good enough; the number of cases and of strict ones only of a *whole* run."""
    count = Counter(verdicts.values())
    faults = []
    if count[FAILED] or not verdicts:
        faults.append(f"{count[FAILED]} of {len(verdicts)} cases failed")
    if whole and len(verdicts) != CASES:
        faults.append(f"{len(verdicts)} cases were run, not {CASES}")
    if whole and count[STRICT] < MIN_STRICT:
        faults.append(f"only {count[STRICT]} cases are strictly right, at least {MIN_STRICT} have to be")
    return faults


def format_table(verdicts: Mapping[str, str]) -> str:
    """Return a line for each section and their sum, then the cases that are not strictly right."""
    sections: dict[str, Counter[str]] = {}
    for case in sorted(verdicts, key=_in_order):
        sections.setdefault(case.split(".")[0], Counter())[verdicts[case]] += 1
    lines = ["".join(["section", *(f"{name:>15}" for name in (*VERDICTS, "cases"))])]
    lines += [_row(name, count) for name, count in sections.items()]
    lines.append(_row("all", Counter(verdicts.values())))
    for verdict in VERDICTS[1:]:
        cases = sorted((case for case, given in verdicts.items() if given == verdict), key=_in_order)
        if cases:
            lines.append(f"{verdict}: {', '.join(cases)}")
    return "\n".join(lines)


def _in_order(case: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", case)]


def _row(name: str, count: Counter[str]) -> str:
    figures = (*(count[verdict] for verdict in VERDICTS), count.total())
    return "".join([f"{name:>7}", *(f"{figure:>15}" for figure in figures)])
