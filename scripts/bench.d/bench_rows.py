"""The rows: what is measured, and with which sides. A side opens what it needs and gives what measures one run."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import bench_ours as ours_side
from bench_figures import BenchError, Sample, percentile
from bench_loads import (
    Bench,
    Talk,
    hold_idle,
    run_bare_inserts,
    run_fan_out,
    run_watch,
    run_wrk,
    run_ws,
    verify_tokens,
    write_lines,
)
from bench_ours import LAUNCHER, make_app, run_ours
from bench_processes import Server, cpu_s, first_answer, free_port, memory_kib, run_server
from bench_projects import PROJECT_FILES, PROJECT_PACKAGES, make_project
from bench_tools import HERE, PYTHON, ROOT

from vibes_trio.auth.device import write_key_file

Measure = Callable[[], Sample]
Open = Callable[[Bench], AbstractContextManager[Measure]]

IDLE_CONNECTIONS = 10_000
SUBSCRIBERS = 1000
GOOD_CLIENTS = 16
GOOD_CLIENTS_PAUSE_MS = 10
NEW_TOKENS = 12_000
NEW_TOKEN_MESSAGES = 2_500
NEW_DEPLOYS = 100
NEW_PROJECTS = 5
KNOWN_DEPLOYS = 600
WATCHED_SAVES = 20
PACKAGES = ("d3", "react-markdown", "recharts")
PACKAGES_TIMEOUT_S = 120
START_POLL_S = 0.001
ECHO = "bench-0001"
"""In every message and so in every reply of a side that echoes."""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of work, and who does it; *sides* by name. *metric* is what ratios are made of."""

    key: str
    title: str
    sides: Mapping[str, Open]
    metric: str = "rate"


# -- servers ----------------------------------------------------------------------------------------------


def _ours(bench: Bench, *flags: str | Path, program: Path | None = None) -> AbstractContextManager[Server]:
    log = bench.folder / "ours.log"
    return run_ours(bench.ours.env, [bench.cores.server], log, [str(flag) for flag in flags], program)


def _node(bench: Bench, script: str, *arguments: Path) -> AbstractContextManager[Server]:
    if bench.tools.node is None:
        raise BenchError("Node is missing")
    port = free_port()
    command: list[str | Path] = [bench.tools.node, HERE / script, str(port), *arguments]
    return run_server(script, command, port, [bench.cores.server], bench.folder / "node.log")


def _packages(bench: Bench) -> Path:
    if bench.tools.node_packages is None:
        raise BenchError("Node's packages are missing")
    return bench.tools.node_packages


def _uvicorn(bench: Bench) -> AbstractContextManager[Server]:
    if bench.tools.other_python is None:
        raise BenchError("uvicorn is missing")
    port = free_port()
    uvicorn = [bench.tools.other_python, "-m", "uvicorn", "asgi_app:app", "--app-dir", HERE, "--port", port]
    options = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    env, log = os.environ | {"BENCH_FILE": str(_asset(bench))}, bench.folder / "uvicorn.log"
    return run_server("uvicorn", [*map(str, uvicorn), *options], port, [bench.cores.server], log, env)


_NGINX = """\
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;{user}
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; open_file_cache max=100;
  types {{ application/javascript js; }}
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def _nginx(bench: Bench) -> AbstractContextManager[Server]:
    if bench.tools.nginx is None:
        raise BenchError("nginx is missing")
    port, user = free_port(), " user root;" if os.geteuid() == 0 else ""
    config = bench.folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=bench.folder, root=_asset(bench).parent, port=port, user=user))
    command: list[str | Path] = [
        bench.tools.nginx,
        "-c",
        config,
        "-p",
        bench.folder,
        "-e",
        bench.folder / "nginx.log",
    ]
    return run_server("nginx", command, port, [bench.cores.server], bench.folder / "nginx.log")


def _asset(bench: Bench) -> Path:
    """Return the file that the other sides serve; as large as ours."""
    path = bench.folder / "static" / "asset.js"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text("x" * ours_side.ASSET_BYTES)
    return path


# -- HTTP -------------------------------------------------------------------------------------------------


def _warm(bench: Bench, measure: Callable[[float | None], Sample]) -> Measure:
    if bench.warm_up:
        measure(1)
    return lambda: measure(None)


def _gets(
    serve: Callable[[Bench], AbstractContextManager[Server]],
    headers: Mapping[str, str],
    *,
    vary: bool = False,
) -> Open:
    """Return a side that serves a file and no more."""

    @contextmanager
    def side(bench: Bench) -> Iterator[Measure]:
        with serve(bench) as server:
            yield _warm(bench, lambda s: run_wrk(bench, server, "/asset.js", headers, vary=vary, seconds=s))

    return side


def _ours_gets(
    what: str = "asset",
    *,
    full: bool = False,
    vary: bool = False,
    cached: bool = False,
    part: bool = False,
    workers: int | None = None,
) -> Open:
    """Return our side of a GET: of the asset or the page, with its tag if *cached*, of a *part* that is all of it."""

    @contextmanager
    def side(bench: Bench) -> Iterator[Measure]:
        path = bench.ours.asset_path if what == "asset" else bench.ours.page_path
        headers = {"Host": bench.ours.app_host}
        headers |= {"If-None-Match": bench.ours.etag} if cached else {}
        headers |= {"Range": "bytes=0-"} if part else {}
        both = [bench.cores.server, bench.cores.load] if workers else None
        flags = ["--workers", str(workers)] if workers and workers > 1 else []
        start = run_ours(
            _own_copy(bench, f"ours-{workers}") if workers else bench.ours.env,
            both or [bench.cores.server],
            bench.folder / "ours.log",
            ["--full-lane"] if full else flags,
            LAUNCHER if full else None,
        )
        with start as server:
            yield _warm(
                bench, lambda s: run_wrk(bench, server, path, headers, vary=vary, seconds=s, cores=both)
            )

    return side


def _own_copy(bench: Bench, name: str) -> dict[str, str]:
    """Return the environment of a server with a data folder of its own: one server serves one folder."""
    folder = bench.folder / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(bench.ours.data_dir, folder)
    return {**bench.ours.env, "VIBES_DATA_DIR": str(folder)}


def _node_http(bench: Bench) -> AbstractContextManager[Server]:
    return _node(bench, "node_http.mjs", _asset(bench))


def _nginx_304(bench: Bench) -> AbstractContextManager[Measure]:
    # nginx makes its tag of the file's time and size.
    seen = _asset(bench).stat()
    return _gets(_nginx, {"If-None-Match": f'"{int(seen.st_mtime):x}-{seen.st_size:x}"'})(bench)


def _posts(serve: Callable[[Bench], AbstractContextManager[Server]]) -> Open:
    """Return a side that gives the JSON back which is posted to it."""

    @contextmanager
    def side(bench: Bench) -> Iterator[Measure]:
        bodies = write_lines(bench.folder / "echo.txt", [_echo_message(bench)])
        headers = {"Content-Type": "application/json"}
        with serve(bench) as server:
            yield _warm(bench, lambda s: run_wrk(bench, server, "/", headers, bodies=bodies, seconds=s))

    return side


def _ours_posts(*, full: bool = False) -> Open:
    """Return our side of ensureChatContext, always with the same token."""

    @contextmanager
    def side(bench: Bench) -> Iterator[Measure]:
        message = ours_side.ensure_context(bench.ours.token(), bench.ours.contexts[0])
        bodies = write_lines(bench.folder / f"post-{full}.txt", [message])
        headers = {"Host": ours_side.API_HOST, "Content-Type": "application/json"}
        start = _ours(bench, "--full-lane", program=LAUNCHER) if full else _ours(bench)
        with start as server:
            ours_side.ask(server, message)
            yield _warm(bench, lambda s: run_wrk(bench, server, "/", headers, bodies=bodies, seconds=s))

    return side


@contextmanager
def _ours_posts_new_tokens(bench: Bench) -> Iterator[Measure]:
    """A new token in every message, each on the same certificate; a run is one second, for tokens are dear."""
    headers = {"Host": ours_side.API_HOST, "Content-Type": "application/json"}
    with _ours(bench) as server:

        def measure() -> Sample:
            bodies = write_lines(bench.folder / "post-new.txt", _with_new_tokens(bench))
            sample = run_wrk(bench, server, "/", headers, bodies=bodies, seconds=1)
            if sample["rate"] > NEW_TOKENS:
                raise BenchError(f"{NEW_TOKENS} tokens are too few for a second")
            return sample

        yield measure


# -- messages over WebSockets -----------------------------------------------------------------------------


def _echo_message(bench: Bench, size: int = 0) -> str:
    return ours_side.ensure_context(None, bench.ours.contexts[0], size or 285)


def _with_new_tokens(bench: Bench) -> list[str]:
    context = bench.ours.contexts[0]
    return [ours_side.ensure_context(bench.ours.token(), context) for _ in range(NEW_TOKENS)]


def _node_talks(connections: int, size: int = 0) -> Open:
    @contextmanager
    def side(bench: Bench) -> Iterator[Measure]:
        messages = write_lines(bench.folder / "ws-echo.txt", [_echo_message(bench, size)])
        with _node(bench, "node_ws.mjs", _packages(bench)) as server:
            yield lambda: run_ws(bench, server, Talk(messages, connections, ECHO))

    return side


def _ours_talks(connections: int, size: int = 0) -> Open:
    """Return our side of ensureChatContext over WebSockets, always with the same token."""

    @contextmanager
    def side(bench: Bench) -> Iterator[Measure]:
        message = ours_side.ensure_context(bench.ours.token(), bench.ours.contexts[0], size or 285)
        messages = write_lines(bench.folder / "ws.txt", [message])
        with _ours(bench) as server:
            yield lambda: run_ws(bench, server, Talk(messages, connections, ours_side.CONTEXT_ANSWER))

    return side


@contextmanager
def _ours_talks_new_tokens(bench: Bench) -> Iterator[Measure]:
    with _ours(bench) as server:

        def measure() -> Sample:
            messages = write_lines(bench.folder / "ws-new.txt", _with_new_tokens(bench))
            talk = Talk(messages, 64, ours_side.CONTEXT_ANSWER, True, 0.1, NEW_TOKEN_MESSAGES)
            return run_ws(bench, server, talk)

        yield measure


# -- appends ----------------------------------------------------------------------------------------------


def _appends(bench: Bench, token: str | None, in_flight: int) -> Talk:
    """Return the talk in which each connection appends to a chat context of its own."""
    name = "append.txt" if token else "append-bare.txt"
    lines = [ours_side.append(token, context) for context in bench.ours.contexts[:in_flight]]
    return Talk(write_lines(bench.folder / name, lines), in_flight, ours_side.APPEND_ANSWER)


def _ours_appends(in_flight: int) -> Open:
    @contextmanager
    def side(bench: Bench) -> Iterator[Measure]:
        talk = _appends(bench, bench.ours.token(), in_flight)
        with _ours(bench) as server:
            yield lambda: run_ws(bench, server, talk)

    return side


def _node_appends(in_flight: int) -> Open:
    @contextmanager
    def side(bench: Bench) -> Iterator[Measure]:
        talk, packages = _appends(bench, None, in_flight), _packages(bench)
        with _node(bench, "node_append.mjs", packages, bench.folder / "node.sqlite3") as server:
            yield lambda: run_ws(bench, server, talk)

    return side


@contextmanager
def _bare_inserts(bench: Bench) -> Iterator[Measure]:
    yield lambda: run_bare_inserts(bench, bench.folder / "bare.sqlite3", PYTHON)


def _ours_stall(in_flight: int) -> Open:
    """Return our side with a look at how late the event loop comes round while appends are in flight."""

    @contextmanager
    def side(bench: Bench) -> Iterator[Measure]:
        talk = _appends(bench, bench.ours.token(), in_flight)
        stall = bench.folder / "stall.json"

        def measure() -> Sample:
            with _ours(bench, "--stall", stall, program=LAUNCHER) as server:
                run_ws(bench, server, talk)
            beats = json.loads(stall.read_text())
            late, work = beats["late"], beats["work"]
            return {
                "p50_ms": percentile(late, 0.5),
                "p99_ms": percentile(late, 0.99),
                "own_p99_ms": percentile(work, 0.99),
            }

        yield measure

    return side


def _ours_fan_out(deaf: int) -> Open:
    """Return our side of telling many subscribers of a chat of each section; *deaf* of them do not read."""

    @contextmanager
    def side(bench: Bench) -> Iterator[Measure]:
        token, context = bench.ours.token(), bench.ours.contexts[0]
        subscribe = write_lines(bench.folder / "subscribe.txt", [ours_side.subscribe(token, context)])
        append = write_lines(bench.folder / "append-one.txt", [ours_side.append(token, context)])

        def measure() -> Sample:
            with _ours(bench) as server:
                before = memory_kib(server.pid)
                found = run_fan_out(bench, server, SUBSCRIBERS, deaf, subscribe, append)
                grown = memory_kib(server.pid) - before
            return {
                "p50_ms": percentile(found["all"], 0.5),
                "p99_ms": percentile(found["all"], 0.99),
                "each_p99_ms": percentile(found["each"], 0.99),
                "memory_kib": grown,
            }

        yield measure

    return side


# -- deploys, idle connections, starts --------------------------------------------------------------------


def _deploys(bench: Bench, name: str, count: int, *, known: bool, packages: Sequence[str] = ()) -> list[str]:
    """Return *count* deploys of an app each, which imports *packages*: of others each time, or of the same."""
    token = bench.ours.token()
    imports = "".join(f'import "{package}";\n' for package in packages)
    names = [name if known else f"{name} {number}" for number in range(count)]
    apps = [imports + make_app(one, ours_side.APP_BYTES) for one in names]
    slug = bench.ours.user_slug
    return [ours_side.deploy(token, slug, "bench-deploys", [("/App.jsx", "jsx", app)]) for app in apps]


def _ours_deploys(*, known: bool) -> Open:
    """Return our side of deploys one after another, over one WebSocket: of new apps or of the same."""
    count = KNOWN_DEPLOYS if known else NEW_DEPLOYS

    @contextmanager
    def side(bench: Bench) -> Iterator[Measure]:
        with _ours(bench) as server:

            def measure() -> Sample:
                first, *lines = _deploys(bench, f"app {time.monotonic_ns()}", count + 2, known=known)
                ours_side.ask(server, first)
                messages = write_lines(bench.folder / "deploy.txt", lines)
                return run_ws(bench, server, Talk(messages, 1, ours_side.DEPLOY_ANSWER, True, 0, count))

            yield measure

    return side


@contextmanager
def _ours_watch(bench: Bench) -> Iterator[Measure]:
    """Our side of a folder that is watched, with its page open in a browser."""
    device = bench.folder / "device.json"
    device.write_text(write_key_file(bench.ours.device), "utf-8")

    def measure() -> Sample:
        with _ours(bench) as server:
            took = run_watch(bench, server, device, WATCHED_SAVES)
        return {"p50_ms": percentile(took, 0.5), "p99_ms": percentile(took, 0.99)}

    yield measure


def _ours_deploys_with_packages(modules: str) -> Open:
    """Return our side of deploys of new apps that import packages which are known: built here before, or the CDN's."""

    @contextmanager
    def side(bench: Bench) -> Iterator[Measure]:
        env = _own_copy(bench, f"ours-{modules}") | {"VIBES_MODULES": modules}
        with run_ours(env, [bench.cores.server], bench.folder / "ours.log") as server:

            def measure() -> Sample:
                messages = _deploys(
                    bench, f"app {time.monotonic_ns()}", NEW_DEPLOYS + 2, known=False, packages=PACKAGES
                )
                first, *lines = messages
                deployed = ours_side.ask(server, first)
                _wait_for_packages(server, urlsplit(deployed["entryPointUrl"]))
                talk = Talk(
                    write_lines(bench.folder / "deploy.txt", lines),
                    *(1, ours_side.DEPLOY_ANSWER, True, 0, NEW_DEPLOYS),
                )
                return run_ws(bench, server, talk)

            yield measure

    return side


@contextmanager
def _ours_projects(bench: Bench) -> Iterator[Measure]:
    """Our side of deploys of Vite projects whose packages are built here already: reply, and page after it."""
    env = _own_copy(bench, "ours-projects") | {"VIBES_MODULES": "local"}

    def deploy(server: Server) -> tuple[float, float]:
        files = make_project(f"project {time.monotonic_ns()}")
        message = ours_side.deploy(bench.ours.token(), bench.ours.user_slug, "bench-projects", files)
        began = time.perf_counter()
        deployed = ours_side.ask(server, message)
        replied = time.perf_counter()
        page = urlsplit(deployed["entryPointUrl"])
        while (status := ours_side.fetch(server, page.netloc, page.path)[0]) == 202:
            if time.perf_counter() - replied > PACKAGES_TIMEOUT_S:
                raise BenchError(f"the packages were not built in {PACKAGES_TIMEOUT_S} s")
            time.sleep(0.01)
        if status != 200:
            raise BenchError(f"the page of the project is answered with {status}")
        return (replied - began) * 1000, (time.perf_counter() - replied) * 1000

    with run_ours(env, [bench.cores.server], bench.folder / "ours.log") as server:
        deploy(server)

        def measure() -> Sample:
            before = cpu_s(server.pid)
            times = [deploy(server) for _ in range(NEW_PROJECTS)]
            cpu_us = (cpu_s(server.pid) - before) / NEW_PROJECTS * 1e6
            replies, pages = ([each[which] for each in times] for which in (0, 1))
            return {
                "p50_ms": percentile(replies, 0.5),
                "p99_ms": percentile(replies, 0.99),
                "page_ms": percentile(pages, 0.5),
                "cpu_us": cpu_us,
            }

        yield measure


def _wait_for_packages(server: Server, page: SplitResult) -> None:
    give_up = time.monotonic() + PACKAGES_TIMEOUT_S
    while ours_side.fetch(server, page.netloc, page.path)[0] == 202:
        if time.monotonic() > give_up:
            raise BenchError(f"the packages were not built in {PACKAGES_TIMEOUT_S} s")
        time.sleep(0.2)


def _idle(serve: Callable[[Bench], AbstractContextManager[Server]], expect: str, *, echo: bool) -> Open:
    """Return a side that holds 10,000 idle WebSockets while a few good clients talk."""

    @contextmanager
    def side(bench: Bench) -> Iterator[Measure]:
        token = None if echo else bench.ours.token()
        message = ours_side.ensure_context(token, bench.ours.contexts[0], 285)
        messages = write_lines(bench.folder / f"good-{echo}.txt", [message])
        good = Talk(messages, GOOD_CLIENTS, expect, think_ms=GOOD_CLIENTS_PAUSE_MS)

        def measure() -> Sample:
            # A server anew each time: memory that was used once is not given back to the system.
            with serve(bench) as server:
                run_ws(bench, server, good)
                before = memory_kib(server.pid)
                with hold_idle(bench, server, IDLE_CONNECTIONS):
                    kib = (memory_kib(server.pid) - before) / IDLE_CONNECTIONS
                    sample = run_ws(bench, server, good)
            return {"kib": kib, "p50_ms": sample["p50_ms"], "p99_ms": sample["p99_ms"]}

        yield measure

    return side


def _starts(
    command: Callable[[Bench, int], list[str | Path]], env: Callable[[Bench, int], dict[str, str]]
) -> Open:
    """Return a side that is started and asked until it answers."""

    @contextmanager
    def side(bench: Bench) -> Iterator[Measure]:
        def measure() -> Sample:
            port = free_port()
            pinned = ["taskset", "-c", str(bench.cores.server), *map(str, command(bench, port))]
            with (bench.folder / "start.log").open("ab") as log:
                began = time.perf_counter()
                process = subprocess.Popen(pinned, stdout=log, stderr=log, env=env(bench, port))
                try:
                    while not first_answer(port):
                        if process.poll() is not None or time.perf_counter() - began > 30:
                            raise BenchError("it does not start; see start.log")
                        time.sleep(START_POLL_S)
                    took_ms, spent_s = (time.perf_counter() - began) * 1000, cpu_s(process.pid)
                finally:
                    process.kill()
                    process.wait()
            return {"p50_ms": took_ms, "cpu_us": spent_s * 1e6}

        yield measure

    return side


def _start_ours(bench: Bench, port: int) -> list[str | Path]:
    return [PYTHON, "-m", "vibes_trio", "serve"]


def _start_node(bench: Bench, port: int) -> list[str | Path]:
    if bench.tools.node is None:
        raise BenchError("Node is missing")
    return [bench.tools.node, HERE / "node_http.mjs", str(port), _asset(bench)]


def _start_uvicorn(bench: Bench, port: int) -> list[str | Path]:
    if bench.tools.other_python is None:
        raise BenchError("uvicorn is missing")
    return [bench.tools.other_python, "-m", "uvicorn", "asgi_app:app", "--app-dir", HERE, "--port", str(port)]


def _env_ours(bench: Bench, port: int) -> dict[str, str]:
    return dict(bench.ours.env) | {"VIBES_PORT": str(port), "PYTHONPATH": str(ROOT)}


def _env_other(bench: Bench, port: int) -> dict[str, str]:
    return os.environ | {"BENCH_FILE": str(_asset(bench))}


@contextmanager
def _help(bench: Bench) -> Iterator[Measure]:
    command = ["taskset", "-c", str(bench.cores.server), str(PYTHON), "-m", "vibes_trio", "--help"]

    def measure() -> Sample:
        began = time.perf_counter()
        subprocess.run(command, cwd=ROOT, capture_output=True, timeout=30, check=True)
        return {"p50_ms": (time.perf_counter() - began) * 1000}

    yield measure


def _verifies(which: str) -> Open:
    @contextmanager
    def side(bench: Bench) -> Iterator[Measure]:
        env = os.environ | {"PYTHONPATH": str(ROOT)}
        yield lambda: {"cpu_us": verify_tokens(bench, PYTHON, env, 500, 50_000)[which]}

    return side


# -- all of it --------------------------------------------------------------------------------------------

_PLAIN: Mapping[str, str] = {}

ROWS = (
    Row(
        "asset.get",
        "GET of an 8 KiB asset, 32 connections",
        {
            "ours": _ours_gets(),
            "ours, full lane": _ours_gets(full=True),
            "node": _gets(_node_http, _PLAIN),
            "uvicorn": _gets(_uvicorn, _PLAIN),
            "nginx": _gets(_nginx, _PLAIN),
        },
    ),
    Row(
        "asset.browser",
        "the same with a browser's heads, each with another cookie",
        {"ours": _ours_gets(vary=True), "node": _gets(_node_http, _PLAIN, vary=True)},
    ),
    Row(
        "asset.304",
        "GET of an asset the client has (304), 32 connections",
        {
            "ours": _ours_gets(cached=True),
            "node": _gets(_node_http, {"If-None-Match": '"bench"'}),
            "nginx": _nginx_304,
        },
    ),
    Row(
        "page",
        "GET of an app's page, 32 connections",
        {"ours": _ours_gets("page"), "ours, full lane": _ours_gets("page", full=True)},
    ),
    Row("verify.known", "verification of a token seen before", {"ours": _verifies("known")}, "cpu_us"),
    Row("verify.new", "of a new token on a known certificate", {"ours": _verifies("new")}, "cpu_us"),
    Row(
        "post.known",
        "POST of ensureChatContext, 32 connections; the others echo 285 B without sign-in",
        {
            "ours": _ours_posts(),
            "ours, full lane": _ours_posts(full=True),
            "node": _posts(_node_http),
            "uvicorn": _posts(_uvicorn),
        },
    ),
    Row("post.new", "the same, a new token in each", {"ours": _ours_posts_new_tokens}),
    Row("ws.1", "ensureChatContext over 1 WebSocket", {"ours": _ours_talks(1), "node ws": _node_talks(1)}),
    Row("ws.64", "over 64 WebSockets", {"ours": _ours_talks(64), "node ws": _node_talks(64)}),
    Row("ws.64.new", "the same, a new token in each", {"ours": _ours_talks_new_tokens}),
    Row("ws.1000", "over 1,000 WebSockets", {"ours": _ours_talks(1000), "node ws": _node_talks(1000)}),
    Row(
        "ws.8k",
        "the same with 8 KiB that have to be looked through, 64 WebSockets; the others send them back",
        {"ours": _ours_talks(64, 8192), "node ws": _node_talks(64, 8192)},
    ),
    Row(
        "append.1",
        "durable append of 1 KiB, 1 in flight",
        {"ours": _ours_appends(1), "node ws + sqlite": _node_appends(1), "bare insert": _bare_inserts},
    ),
    Row("append.32", "32 in flight", {"ours": _ours_appends(32), "node ws + sqlite": _node_appends(32)}),
    Row("append.256", "256 in flight", {"ours": _ours_appends(256), "node ws + sqlite": _node_appends(256)}),
    Row("append.stall.32", "lateness of the event loop, 32 in flight", {"ours": _ours_stall(32)}, "p99_ms"),
    Row("append.stall.256", "256 in flight", {"ours": _ours_stall(256)}, "p99_ms"),
    Row(
        "fan.1000",
        "until 1,000 subscribers of a chat have a section",
        {"ours": _ours_fan_out(0), "ours, one does not read": _ours_fan_out(1)},
        "p99_ms",
    ),
    Row("deploy.new", "deploy of a new 12 KiB app", {"ours": _ours_deploys(known=False)}),
    Row("deploy.known", "deploy of a known one", {"ours": _ours_deploys(known=True)}),
    Row(
        "deploy.watch",
        "from a save until the page shows it in Chromium, with `deploy --watch`",
        {"ours": _ours_watch},
        "p50_ms",
    ),
    Row(
        "deploy.packages",
        f"deploy of a new app with {', '.join(PACKAGES)}",
        {
            "ours": _ours_deploys_with_packages("local"),
            "ours, from the CDN": _ours_deploys_with_packages("cdn"),
        },
        "cpu_us",
    ),
    Row(
        "deploy.project",
        f"deploy of a new Vite project of {PROJECT_FILES} files with {len(PROJECT_PACKAGES)} known packages",
        {"ours": _ours_projects},
        "p50_ms",
    ),
    Row(
        "idle",
        "10,000 idle WebSockets and 16 good clients",
        {
            "ours": _idle(_ours, ours_side.CONTEXT_ANSWER, echo=False),
            "node ws": _idle(lambda bench: _node(bench, "node_ws.mjs", _packages(bench)), ECHO, echo=True),
        },
        "kib",
    ),
    Row(
        "start",
        "start to first answer",
        {
            "ours": _starts(_start_ours, _env_ours),
            "node": _starts(_start_node, _env_other),
            "uvicorn": _starts(_start_uvicorn, _env_other),
        },
        "p50_ms",
    ),
    Row("help", "--help", {"ours": _help}, "p50_ms"),
    Row(
        "workers",
        "GET of the asset, load generator on the same two cores",
        {"ours, 1 process": _ours_gets(workers=1), "ours, 2 processes": _ours_gets(workers=2)},
    ),
    Row(
        "workers.part",
        "the same by Range (206): made anew each time, so that the server has more to do than the load generator",
        {
            "ours, 1 process": _ours_gets(part=True, workers=1),
            "ours, 2 processes": _ours_gets(part=True, workers=2),
        },
    ),
)
