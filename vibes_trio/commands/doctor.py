"""`vibes-trio doctor`: what may become a problem, and what to do about it. Changes nothing."""

import os
import shutil
import stat
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import trio

from vibes_trio.auth.ca import expiry_warning
from vibes_trio.auth.keys import FILE_NAME as KEYS_FILE
from vibes_trio.auth.keys import load_keys
from vibes_trio.commands.address import read_address
from vibes_trio.commands.doctor_around import (
    look_at_clock,
    look_at_limits,
    look_at_names,
    look_at_port,
    look_through_proxy,
)
from vibes_trio.commands.doctor_data import look_at_backups, look_at_built, look_at_devices
from vibes_trio.commands.finding import Finding, Level
from vibes_trio.commands.output import FAILED, OK, print_json
from vibes_trio.compilers.sass import find_sass
from vibes_trio.config import Config, MiB, load_config
from vibes_trio.errors import ConfigError, FetchFailed
from vibes_trio.logs.colours import Colour, paint
from vibes_trio.modules.home import GIVEN
from vibes_trio.modules.registry.npm_settings import find_registry
from vibes_trio.modules.registry.toolchain import find_tool
from vibes_trio.modules.store.local import open_store
from vibes_trio.modules.store.page_files import missing_files
from vibes_trio.outbound import Registry, document_address, open_outbound
from vibes_trio.storage.engines import describe_engine, holds_data, private_files

MIN_FREE_BYTES = 256 * MiB
ASK_TIMEOUT_S = 3.0
_COLOURS: dict[Level, Colour] = {"ok": "green", "note": "yellow", "problem": "red"}


def main(options: Namespace) -> int:
    """Print what was found; fail if there is a problem."""
    config = load_config(os.environ, options.settings)
    own = read_address(config.data_dir)
    findings = [
        *look_at_machine(config),
        *look_at_clock(),
        *look_at_limits(config),
        *look_at_data(config),
        *look_at_devices(config),
        *look_at_built(config, deep=options.deep),
        *look_at_backups(config, deep=options.deep),
        *look_at_names(config),
        *look_at_port(config, own),
        *trio.run(look_outside, config),
        *look_through_proxy(config, own),
    ]
    if options.json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            level = paint(finding.level.ljust(7), _COLOURS[finding.level], sys.stdout)
            print(f"{level}  {finding.what}: {finding.text}")
    return FAILED if any(finding.level == "problem" for finding in findings) else OK


def look_at_machine(config: Config) -> Iterator[Finding]:
    """Look at the interpreter, the database's engine and the disk."""
    yield Finding("Python", "ok", sys.version.split()[0])
    engine = describe_engine()
    yield Finding(
        engine.name, "note" if engine.advice else "ok", f"{engine.version} {engine.advice}".rstrip()
    )
    folder = next(path for path in (config.data_dir, *config.data_dir.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    enough = free >= max(MIN_FREE_BYTES, config.disk_reserve)
    yield Finding(
        "disk",
        "ok" if enough else "problem",
        f"{free // MiB} MiB free at {folder}"
        + (
            ""
            if enough
            else f". Make room: below {config.disk_reserve // MiB} MiB clients can store nothing more."
        ),
    )


def look_at_data(config: Config) -> Iterator[Finding]:
    """Look at the data folder, its modes and the keys in it."""
    if not config.data_dir.exists():
        yield Finding("data folder", "note", f"{config.data_dir} is not there yet; the first start makes it")
        return
    yield Finding("data folder", "ok", str(config.data_dir))
    secret = [config.data_dir, config.data_dir / KEYS_FILE, *private_files(config)]
    devices = config.data_dir / "devices"
    for path in [*secret, *(sorted(devices.iterdir()) if devices.is_dir() else ())]:
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            wanted = "700" if path.is_dir() else "600"
            yield Finding("modes", "problem", f"others may read {path}. Run: chmod {wanted} '{path}'")
    yield from _look_at_keys(config)
    if config.modules != "cdn":
        yield _look_at_store(config)


def _look_at_keys(config: Config) -> Iterator[Finding]:
    now = time.time()
    try:
        is_given = bool(config.device_id_ca_priv_key) or (config.data_dir / KEYS_FILE).exists()
        if not is_given and not holds_data(config):
            return  # the first start makes them
        ca = load_keys(config, now).ca
    except ConfigError as error:
        yield Finding("keys", "problem", f"{error} The server can't start. See `vibes-trio keys rotate`.")
        return
    warning = expiry_warning(ca, now)
    if warning is not None:
        yield Finding("keys", "problem", f"{warning} Run: vibes-trio keys rotate")
        return
    until = time.strftime("%Y-%m-%d", time.gmtime(ca.not_after))
    yield Finding("keys", "ok", f"the device CA {ca.name!r} is good until {until}")


def _look_at_store(config: Config) -> Finding:
    store = open_store(config.data_dir, config.limits)
    if not all(store.record(address) for address in GIVEN.values()):
        return Finding(
            "modules", "note", "React is not stored: pages load it from the CDN. A start fetches it."
        )
    if missing_files(store):
        lack = "Tailwind or the pages' font is not stored: pages do without until a registry gives it."
        return Finding("modules", "note", lack)
    return Finding("modules", "ok", "all that every page loads is stored")


async def look_outside(config: Config) -> list[Finding]:
    """Look for the compiler, the registry and the running server."""
    findings = [await _look_for_compiler(config), await trio.to_thread.run_sync(_look_for_sass, config)]
    try:
        findings.append(await _look_at_registry(config, await find_registry(config, os.environ)))
    except ConfigError as error:
        findings.append(Finding("registry", "problem", str(error)))
    return [*findings, await trio.to_thread.run_sync(_look_for_server, config.data_dir)]


async def _look_for_compiler(config: Config) -> Finding:
    tool = await find_tool(config)
    if tool is not None:
        return Finding("esbuild", "ok", f"{tool.version} at {tool.path}")
    if config.esbuild:
        return Finding(
            "esbuild", "problem", f"VIBES_ESBUILD: {config.esbuild} does not work on this machine."
        )
    return Finding(
        "esbuild",
        "note",
        "not found: JSX is compiled in pure Python, TypeScript not at all. Run: vibes-trio toolchain install",
    )


def _look_for_sass(config: Config) -> Finding:
    command = find_sass(config.sass, config.data_dir)
    if not command:
        return Finding("sass", "ok", "not here yet: the first app that needs it has it fetched")
    try:
        done = subprocess.run(
            (*command[:-1], "--version"),
            capture_output=True,
            text=True,
            timeout=ASK_TIMEOUT_S,
            check=True,
            env={},
        )
    except (OSError, subprocess.SubprocessError):
        named = f"VIBES_SASS: {config.sass}" if config.sass else f"{command[0]}"
        return Finding("sass", "problem", f"{named} does not work on this machine.")
    return Finding("sass", "ok", f"{done.stdout.strip()} at {command[0]}")


async def _look_at_registry(config: Config, registry: Registry | None) -> Finding:
    if registry is None:
        return Finding(
            "registry", "note", "nobody is asked (VIBES_REGISTRY_URL=none): nothing new can be fetched"
        )
    try:
        async with open_outbound(registry, config.limits, os.environ) as outbound:
            await outbound.fetch(
                document_address(registry, "react", "latest"),
                max_bytes=config.limits.document_bytes,
                timeout_s=ASK_TIMEOUT_S,
            )
    except FetchFailed as error:
        return Finding(
            "registry",
            "note",
            f"{error} (from {registry.source}). It is waited for once, {config.limits.connect_timeout_s:g} s at most; "
            "what is stored already needs none. VIBES_REGISTRY_URL names another; with `none` nobody is asked.",
        )
    return Finding("registry", "ok", f"{urlsplit(registry.url).hostname} answers; from {registry.source}")


def _look_for_server(data_dir: Path) -> Finding:
    url = read_address(data_dir)
    if not url:
        return Finding("server", "note", "none runs on this data folder. Run: vibes-trio serve")
    try:
        build_opener(ProxyHandler({})).open(f"{url}/readyz", timeout=ASK_TIMEOUT_S).close()
    except (URLError, HTTPException, OSError) as error:
        return Finding("server", "problem", f"{url} was said to listen, but does not answer well: {error}.")
    return Finding("server", "ok", f"{url} is ready")
