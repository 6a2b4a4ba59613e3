"""`vibes-trio toolchain`: the native compilers, esbuild and Dart Sass, from the package registry."""

import logging
import os
from argparse import Namespace
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import trio

from vibes_trio.commands.output import OK, CommandFailed, tell
from vibes_trio.compilers.choose import WITHOUT, toolchain_path
from vibes_trio.compilers.sass import SASS_VERSION, find_sass, sass_folder
from vibes_trio.config import Config, Limits, load_config
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.modules.registry.npm_settings import find_registry
from vibes_trio.modules.registry.sass_tool import install_sass
from vibes_trio.modules.registry.toolchain import Tool, find_tool, install_toolchain
from vibes_trio.outbound import Outbound, open_outbound

log = logging.getLogger(__name__)
Say = Callable[[str], None]
FIRST_WORD_S, NEXT_WORD_S = 3.0, 20.0


def install(options: Namespace) -> int:
    """Fetch the pinned esbuild and Dart Sass into the data folder, unless they are there.

    With `--if-missing` any esbuild that works will do, nothing is printed about it, and Sass is left to the first app
    that needs it.
    """
    config = load_config(os.environ, options.settings)
    tool = trio.run(partial(_install, config, if_missing=options.if_missing, say=tell))
    if tool is not None:
        print(f"esbuild {tool.version}: {tool.path}")
    if not options.if_missing:
        print(f"Dart Sass {SASS_VERSION}: {trio.run(_install_sass, config)}")
    return OK


async def ensure_esbuild(config: Config) -> None:
    """Have an esbuild that works before a server starts, fetched if there is none. What is missing without is told.

    Whoever names one in VIBES_ESBUILD means that one; VIBES_REGISTRY_URL=none means that none is fetched.
    The wait for a registry has an end, and words.
    """
    if config.esbuild or not config.asks_registry or await find_tool(config) is not None:
        return
    seconds = config.limits.toolchain_wait_s
    try:
        with trio.fail_after(seconds):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_tell_waiting, seconds)
                await _install(config, if_missing=True, say=log.info)
                nursery.cancel_scope.cancel()
    except* trio.TooSlowError:
        log.warning("esbuild did not come within %g s. %s.", seconds, WITHOUT)
    except* CommandFailed as group:
        log.warning("%s Going on without it.", group.exceptions[0])


async def _tell_waiting(seconds: float) -> None:
    """Say now and then what is waited for, and how long at most."""
    started, pause_s = trio.current_time(), FIRST_WORD_S
    while True:
        await trio.sleep(pause_s)
        passed = trio.current_time() - started
        log.info("waiting for esbuild, from the package registry: %.0f of at most %g s …", passed, seconds)
        pause_s = NEXT_WORD_S


async def _install_sass(config: Config) -> Path:
    folder = sass_folder(config.data_dir)
    if find_sass("", config.data_dir):
        return folder
    try:
        return await _fetch(config, "Dart Sass", install_sass, tell)
    except (FetchFailed, ModuleFailed) as error:
        raise CommandFailed(
            f"Dart Sass can't be installed: {error}. Without it Sass is not compiled."
        ) from error


async def _install(config: Config, *, if_missing: bool, say: Say) -> Tool | None:
    """Return the tool that there is now; None if another one that was there will do."""
    found = await find_tool(config)
    if found is not None and if_missing:
        return None
    if found is not None and found.path == toolchain_path(config.data_dir):
        return found
    # May be the first to make it: others must not look into it, as `serve` has it.
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        await _fetch(config, "esbuild", install_toolchain, say)
    except (FetchFailed, ModuleFailed) as error:
        raise CommandFailed(f"esbuild can't be installed: {error}. {WITHOUT}.") from error
    installed = await find_tool(config)
    if installed is None:
        raise CommandFailed(
            f"{toolchain_path(config.data_dir)}: was fetched, but doesn't run on this machine."
        )
    return installed


async def _fetch(
    config: Config, name: str, fetch: Callable[[Outbound, Path, Limits], Awaitable[Path]], say: Say
) -> Path:
    registry = await find_registry(config, os.environ)
    if registry is None:
        raise FetchFailed("no package registry may be asked, as VIBES_REGISTRY_URL=none says")
    say(
        f"fetching {name} from the package registry at {urlsplit(registry.url).hostname} ({registry.source}) …"
    )
    async with open_outbound(registry, config.limits, os.environ) as outbound:
        return await fetch(outbound, config.data_dir, config.limits)
