"""Autobahn|Testsuite's 301 cases against our front, and how scripts/autobahn judges what the suite says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.frames import Frame, Opcode

from vibes_trio.front.protocol import text_head

sys.path.append(str(Path(__file__).resolve().parents[1] / "scripts" / "autobahn.d"))

from autobahn_echo import BinaryMessage, KindKeepingAssembly, join_in_kind
from autobahn_report import CASES, MIN_STRICT, find_faults, format_table, read_verdicts
from autobahn_suite import HERE, Missing, find_python, is_set_up


@pytest.mark.slow
def test_the_front_passes_autobahn() -> None:
    """About 20 seconds. No case may fail, and 293 of the 301 have to be strictly right."""
    try:
        find_python()
    except Missing as missing:
        pytest.skip(f"Autobahn can't be run: {missing}")
    if not is_set_up():
        pytest.skip("Autobahn is not there: `scripts/autobahn --setup` fetches it")

    command = [sys.executable, HERE / "autobahn_main.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)

    assert done.returncode == 0, done.stdout + done.stderr


def verdicts_of(strict: int, non_strict: int = 0, failed: int = 0) -> dict[str, str]:
    given = ["OK"] * strict + ["NON-STRICT"] * non_strict + ["FAILED"] * failed
    return {f"1.{number}": verdict for number, verdict in enumerate(given)}


@pytest.mark.parametrize(
    ("behavior", "at_close", "verdict"),
    [
        ("OK", "OK", "OK"),
        ("OK", "INFORMATIONAL", "OK"),
        ("NON-STRICT", "OK", "NON-STRICT"),
        ("INFORMATIONAL", "INFORMATIONAL", "INFORMATIONAL"),
        ("FAILED", "OK", "FAILED"),
        ("OK", "FAILED", "FAILED"),
        ("OK", "UNCLEAN", "FAILED"),
        ("OK", "WRONG CODE", "FAILED"),
        ("UNIMPLEMENTED", "OK", "FAILED"),
    ],
)
def test_a_case_fails_by_its_messages_or_by_its_closing(
    tmp_path: Path, behavior: str, at_close: str, verdict: str
) -> None:
    index = tmp_path / "index.json"
    index.write_text(json.dumps({"us": {"7.1.5": {"behavior": behavior, "behaviorClose": at_close}}}))

    assert read_verdicts(index, "us") == {"7.1.5": verdict}


@pytest.mark.parametrize(
    ("verdicts", "fault"),
    [
        (verdicts_of(CASES), None),
        (verdicts_of(MIN_STRICT, CASES - MIN_STRICT), None),
        (verdicts_of(MIN_STRICT - 1, CASES - MIN_STRICT + 1), "only 292 cases are strictly right"),
        (verdicts_of(CASES - 1, failed=1), "1 of 301 cases failed"),
        (verdicts_of(CASES - 1), "300 cases were run, not 301"),
    ],
)
def test_whole_run_has_to_be_whole_strict_enough_and_without_failure(
    verdicts: dict[str, str], fault: str | None
) -> None:
    faults = find_faults(verdicts, whole=True)

    assert len(faults) == (fault is not None)
    assert fault is None or faults[0].startswith(fault)


def test_chosen_cases_must_not_fail_and_there_must_be_some() -> None:
    assert find_faults(verdicts_of(2, 1), whole=False) == []
    assert find_faults(verdicts_of(2, failed=1), whole=False) == ["1 of 3 cases failed"]
    assert find_faults({}, whole=False) == ["0 of 0 cases failed"]


def test_table_counts_by_section_and_names_what_is_not_strictly_right() -> None:
    verdicts = {"10.1.1": "OK", "9.1.1": "OK", "2.10": "NON-STRICT", "2.9": "NON-STRICT", "2.1": "FAILED"}

    lines = [line.split() for line in format_table(verdicts).splitlines()]

    assert lines == [
        ["section", "OK", "NON-STRICT", "INFORMATIONAL", "FAILED", "cases"],
        ["2", "0", "2", "0", "1", "3"],
        ["9", "1", "0", "0", "0", "1"],
        ["10", "1", "0", "0", "0", "1"],
        ["all", "2", "2", "0", "1", "5"],
        ["NON-STRICT:", "2.9,", "2.10"],
        ["FAILED:", "2.1"],
    ]


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
def test_echo_comes_back_in_the_kind_it_came_in(opcode: Opcode) -> None:
    assembly = KindKeepingAssembly(100)

    assert assembly.add(Frame(opcode, b"one, ", fin=False)) is None
    message = assembly.add(Frame(Opcode.CONT, b"two"))
    assert isinstance(message, bytes)

    assert isinstance(message, BinaryMessage) == (opcode is Opcode.BINARY)
    assert b"".join(join_in_kind(text_head(8), message)) == Frame(opcode, b"one, two").serialize(mask=False)
