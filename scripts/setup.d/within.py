"""Run a step of the set-up that waits for something outside: within a deadline, and saying what it waits for.

    within.py SECONDS WHAT COMMAND...

After a few seconds, and now and then from there on, a line says what is waited for and how long at most. At the
deadline the command and all that it started are ended, and the exit code is 124. Otherwise it is the command's.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time

FIRST_WORD_S = 3.0
NEXT_WORD_S = 20.0
END_S = 2.0
TIMED_OUT = 124


def main(seconds: float, what: str, command: list[str]) -> int:
    """Run *command*; see above."""
    started = time.monotonic()
    try:
        process = subprocess.Popen(command, start_new_session=True)
    except OSError as error:
        say(f"error: {what}: {error}")
        return 127
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: stop(process, 128 + number))
    word_s = FIRST_WORD_S
    while (left_s := started + seconds - time.monotonic()) > 0:
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = process.wait(min(left_s, word_s))
            return code if code >= 0 else 128 - code
        if left_s > word_s:
            say(f"waiting for {what}: {time.monotonic() - started:.0f} of at most {seconds:g} s …")
        word_s = NEXT_WORD_S
    say(f"{what}: more than {seconds:g} s went by, stopped.")
    end(process)
    return TIMED_OUT


def end(process: "subprocess.Popen[bytes]") -> None:
    """End the process with all of its group: politely, then not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_S)


def stop(process: "subprocess.Popen[bytes]", code: int) -> None:
    """Answer a signal: it is for what we wait for."""
    end(process)
    os._exit(code)


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2], sys.argv[3:]))
