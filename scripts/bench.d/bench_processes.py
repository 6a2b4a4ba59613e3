"""Servers as child processes, pinned, and what they cost: CPU time and memory of each with its children."""

import ctypes
import http.client
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench_figures import BenchError, read_busy_ticks, read_cpu_ticks, read_pss_kib

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 10

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Cores:
    """Which core serves and which makes the load."""

    server: int
    load: int


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers on *port* of 127.0.0.1, and its process."""

    name: str
    port: int
    pid: int


def choose_cores() -> Cores:
    """Return two cores.

    Raises:
        BenchError: this process may use only one.
    """
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise BenchError("Two cores are needed: one for the server, one for the load.")
    return Cores(allowed[0], allowed[1])


def raise_file_limit() -> int:
    """Let this process and its children open as many files as the system allows; return how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def run_server(
    name: str,
    command: Sequence[str | Path],
    port: int,
    cores: Sequence[int],
    log: Path,
    env: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Run *command* on *cores* until the context ends; it has begun when the port answers.

    Raises:
        BenchError: it ended, or did not answer in time; the end of its log is told.
    """
    pinned = ["taskset", "-c", ",".join(map(str, cores)), *map(str, command)]
    said_before = log.stat().st_size if log.exists() else 0
    with log.open("ab") as output:
        process = subprocess.Popen(
            pinned,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=env,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
    try:
        _wait_until_answering(name, process, port, log, said_before)
        yield Server(name, port, process.pid)
        if process.poll() is not None:
            raise BenchError(f"{name} ended while it was measured: {_tail(log, said_before)}")
    finally:
        _stop(process)


def _end_with_parent() -> None:
    """Ask the system to end this process with the benchmark, however that ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_until_answering(
    name: str, process: subprocess.Popen[bytes], port: int, log: Path, said_before: int
) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not first_answer(port):
        if process.poll() is not None:
            raise BenchError(f"{name} did not start: {_tail(log, said_before)}")
        if time.monotonic() > deadline:
            raise BenchError(f"{name} does not answer: {_tail(log, said_before)}")
        time.sleep(0.002)


def first_answer(port: int) -> bool:
    """Return whether a request is answered, by whatever status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_TIMEOUT_S)
    try:
        connection.request("GET", "/healthz", headers={"Host": f"localhost:{port}"})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # the group is this server's own
        process.wait()


def _tail(log: Path, said_before: int) -> str:
    """Return the end of what *log* holds beyond what other servers said before."""
    return log.read_bytes()[said_before:].decode("utf-8", "replace").strip()[-600:]


def tree_of(pid: int) -> list[int]:
    """Return *pid* and all its living descendants."""
    found = [pid]
    for parent in found:  # grows while it is walked
        for task in Path(f"/proc/{parent}/task").glob("*"):
            try:
                found.extend(int(child) for child in (task / "children").read_text().split())
            except OSError:
                continue  # the thread has ended
    return found


def cpu_s(pid: int) -> float:
    """Return the user and system seconds of *pid* and its descendants so far, ended ones included."""
    ticks = 0
    for process in tree_of(pid):
        try:
            ticks += read_cpu_ticks(Path(f"/proc/{process}/stat").read_text())
        except OSError:
            continue  # ended; its parent counts it
    return ticks / TICKS_PER_S


def memory_kib(pid: int) -> int:
    """Return the proportional memory of *pid* and its descendants."""
    return sum(read_pss_kib(Path(f"/proc/{process}/smaps_rollup").read_text()) for process in tree_of(pid))


def busy_s() -> float:
    """Return how long all CPUs together have worked for any process, or were taken by another machine."""
    return read_busy_ticks(Path("/proc/stat").read_text()) / TICKS_PER_S
