"""Loads: one run of wrk or ws_load against a server, as a sample. All on 127.0.0.1, all bounded in time."""

import json
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bench_figures import BenchError, Sample, make_sample, read_load
from bench_ours import Ours
from bench_processes import Cores, Server, cpu_s
from bench_tools import HERE, Tools, tool_env

WARM_UP_S = 0.5
SLACK_S = 60
HTTP_CONNECTIONS = 32
FAN_OUT_APPENDS = 200


@dataclass(frozen=True, slots=True)
class Bench:
    """What every side needs to know. *seconds*: how long one run measures. *warm_up*: HTTP sides, for a second."""

    tools: Tools
    cores: Cores
    folder: Path
    seconds: float
    ours: Ours
    warm_up: bool = True


def run_wrk(
    bench: Bench,
    server: Server,
    path: str,
    headers: Mapping[str, str],
    *,
    bodies: Path | None = None,
    vary: bool = False,
    seconds: float | None = None,
    cores: Sequence[int] | None = None,
) -> dict[str, float]:
    """Send GET requests, or POSTs with *bodies*, over 32 kept connections. `load_us`: what a request costs wrk.

    Raises:
        BenchError: an answer was no 2xx or 3xx, or none came.
    """
    seconds = seconds or bench.seconds
    command = ["taskset", "-c", ",".join(map(str, cores or [bench.cores.load])), str(bench.tools.wrk)]
    command += ["-t1", f"-c{HTTP_CONNECTIONS}", f"-d{max(1, round(seconds))}s", "-s", str(HERE / "wrk.lua")]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    method = "POST" if bodies else "GET"
    command += [
        f"http://127.0.0.1:{server.port}{path}",
        "--",
        method,
        str(bodies or "-"),
        "vary" if vary else "-",
    ]
    before, load_before = cpu_s(server.pid), _ended_children_s()
    done = subprocess.run(
        command, capture_output=True, text=True, env=tool_env(), timeout=seconds + SLACK_S, check=False
    )
    spent, load_spent = cpu_s(server.pid) - before, _ended_children_s() - load_before
    load = read_load(done.stdout if done.returncode == 0 else done.stderr)
    return make_sample(load, spent) | {"load_us": load_spent / load["count"] * 1e6}


def _ended_children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@dataclass(frozen=True, slots=True)
class Talk:
    """What ws_load is to do; see the head of ws_load.c. *count* ends it in place of the time, if given."""

    messages: Path | None
    connections: int
    expect: str
    in_sequence: bool = False
    warm_up_s: float = WARM_UP_S
    count: int = 0
    think_ms: float = 0


def run_ws(bench: Bench, server: Server, talk: Talk) -> dict[str, float]:
    """Send messages over WebSockets, each connection the next when the last is answered.

    Raises:
        BenchError: a connection broke, or a reply lacks what is expected.
    """
    with _ws_load(bench, server, talk) as process:
        assert process.stdout is not None
        _wait_for("begin", process)
        before = cpu_s(server.pid)
        _wait_for("end", process)
        spent = cpu_s(server.pid) - before
        text = process.stdout.read()
    load = read_load(text)
    if talk.in_sequence and talk.messages and load["sent"] > _lines(talk.messages):
        raise BenchError("there were too few messages for this run: some were sent twice")
    return make_sample(load, spent)


@contextmanager
def hold_idle(bench: Bench, server: Server, connections: int) -> Iterator[None]:
    """Keep *connections* WebSockets open that say nothing; they are open when the context begins."""
    talk = Talk(None, connections, "", warm_up_s=0)
    with _ws_load(bench, server, talk) as process:
        _wait_for("begin", process)
        yield
        assert process.stdin is not None
        process.stdin.close()
        _wait_for("end", process)


@contextmanager
def _ws_load(bench: Bench, server: Server, talk: Talk) -> Iterator[subprocess.Popen[str]]:
    seconds = 0 if talk.count else bench.seconds
    figures = [talk.warm_up_s, seconds, talk.count, talk.think_ms]
    mode = "sequence" if talk.in_sequence else "each"
    command = ["taskset", "-c", str(bench.cores.load), str(bench.tools.ws_load), str(server.port), "/v1/ws"]
    command += [str(talk.connections), str(talk.messages or "-"), mode, talk.expect, *map(str, figures)]
    errors = bench.folder / "ws_load.log"
    with errors.open("w+") as said:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True
        )
        try:
            yield process
            if process.wait(SLACK_S):
                raise BenchError(errors.read_text().strip())
        except BenchError:
            raise BenchError(errors.read_text().strip()[-500:] or "ws_load failed") from None
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                _close(pipe)


def _close(pipe: IO[str] | None) -> None:
    if pipe is not None and not pipe.closed:
        pipe.close()


def _wait_for(word: str, process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if line != word:
        raise BenchError(f"ws_load said {line!r} in place of {word!r}")


def run_bare_inserts(bench: Bench, database: Path, python: Path) -> Sample:
    """Insert and commit rows one after another in a process of its own, on the server's core."""
    program = [python, HERE / "bare_insert.py", database, bench.seconds]
    command = ["taskset", "-c", str(bench.cores.server), *map(str, program)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=bench.seconds + SLACK_S, check=False
    )
    return make_sample(read_load(done.stdout if done.returncode == 0 else done.stderr))


def verify_tokens(
    bench: Bench, python: Path, env: Mapping[str, str], tokens: int, repeats: int
) -> dict[str, float]:
    """Return CPU microseconds per verification: `new` and `known`."""
    command: list[str | Path] = ["taskset", "-c", str(bench.cores.server), python, HERE / "verify_tokens.py"]
    text = "\n".join(bench.ours.token() for _ in range(tokens + 1))
    done = subprocess.run(
        [*command, bench.ours.data_dir, str(repeats)],
        input=text,
        capture_output=True,
        text=True,
        env=dict(env),
        timeout=SLACK_S,
        check=False,
    )
    if done.returncode:
        raise BenchError(done.stderr.strip()[-500:])
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def run_fan_out(
    bench: Bench, server: Server, subscribers: int, deaf: int, subscribe: Path, append: Path
) -> dict[str, list[float]]:
    """Return how long it took until subscribers had a section; see `fan_out.py`.

    Raises:
        BenchError: one did not hear it in time.
    """
    command = ["taskset", "-c", str(bench.cores.load), sys.executable, str(HERE / "fan_out.py")]
    command += [
        str(server.port),
        str(subscribers),
        str(deaf),
        str(FAN_OUT_APPENDS),
        str(subscribe),
        str(append),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SLACK_S, check=False)
    if done.returncode:
        raise BenchError(done.stderr.strip()[-500:] or "fan_out failed")
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found


def run_watch(bench: Bench, server: Server, device: Path, saves: int) -> list[float]:
    """Return how long it took from each save until a browser showed it; see `watch_page.py`.

    Raises:
        BenchError: there is no browser, or it showed nothing in time.
    """
    command = [sys.executable, str(HERE / "watch_page.py"), f"http://localhost:{server.port}"]
    command += [str(device), str(bench.folder), str(saves)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SLACK_S, check=False)
    if done.returncode:
        raise BenchError(done.stderr.strip()[-500:] or "watch_page failed")
    found: list[float] = json.loads(done.stdout)
    return found


def write_lines(path: Path, lines: Sequence[str]) -> Path:
    """Write one message a line; return *path*."""
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)
