"""`vibes-trio serve`: prepare what the first start needs, then run the server until it is told to stop."""

import contextlib
import logging
import os
import shlex
import sys
import time
from argparse import Namespace
from collections.abc import Mapping
from functools import partial

import trio

from vibes_trio import __version__
from vibes_trio.auth.ca import expiry_warning
from vibes_trio.background.trust import ensure_keys
from vibes_trio.collector import settle_collector
from vibes_trio.commands.address import remove_address, url_of, write_address
from vibes_trio.commands.database import open_database
from vibes_trio.commands.local_device import ensure_local_device
from vibes_trio.commands.login_link import code_for_first_visit, sign_in_link
from vibes_trio.commands.output import OK, program
from vibes_trio.commands.toolchain import ensure_esbuild
from vibes_trio.config import Config, default_data_dir, load_config
from vibes_trio.context import App
from vibes_trio.errors import LimitReached
from vibes_trio.interpreter import share_interpreter
from vibes_trio.logs.colours import paint
from vibes_trio.server import serve
from vibes_trio.storage.engines import serving_alone

log = logging.getLogger(__name__)


def main(options: Namespace) -> int:
    """Run the server until SIGTERM or Ctrl-C."""
    config = load_config(os.environ, options.settings)
    with serving_alone(config):
        code = prepare(config, time.time())
        trio.run(ensure_esbuild, config)
        try:
            trio.run(_serve, config, code)
        finally:
            remove_address(config.data_dir, os.getpid())
    return OK


def prepare(config: Config, now: float) -> str:
    """Make keys, database and the device of this machine's own user, where they are missing.

    Returns a code with which that user signs in with a browser; empty: there is one that is signed in.
    """
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = ensure_keys(config, now)
    warning = expiry_warning(keys.ca, now)
    if warning:
        log.warning("%s", warning)
    with open_database(config) as db:
        try:
            ensure_local_device(config, db, keys, now)
        except LimitReached as error:
            log.warning("deploying from this machine needs a key file: %s", error.message)
        return code_for_first_visit(db, config)


async def _serve(config: Config, code: str) -> None:
    await serve(config, announce=partial(announce_and_settle, code=code))


def announce(app: App, code: str = "") -> None:
    """Leave the address in the data folder, and tell people where the server listens and what to do next."""
    url = url_of(app.config.host, app.config.port)
    write_address(app.config.data_dir, url, os.getpid())
    with contextlib.suppress(BrokenPipeError):  # nobody reads: no reason not to serve
        print("\n".join(greeting(app, url, code)), flush=True)


def announce_and_settle(app: App, code: str = "") -> None:
    """Announce; then let the collector pass over what the start made."""
    announce(app, code)
    settle_collector()
    share_interpreter()


def greeting(app: App, url: str, code: str = "") -> list[str]:
    """Return the lines to start with. The first has `listening on URL`, on terminals and in pipes alike.

    *code*: signs a browser in, once; empty: a browser is signed in already.
    """
    config = app.config
    # The colour goes round the whole line's end, so that the words stay together for whoever searches them.
    return [
        f"vibes-trio {__version__} {paint(f'listening on {url}', 'green', sys.stdout)}",
        f"  data     {config.data_dir}",
        f"  apps     {config.protocol}://APP--USER.{config.hostname_base}/",
        *([f"  workers  {config.workers} processes"] if config.workers > 1 else []),
        *(f"  {note}" for note in app.notes),
        _way_in(config, url, code),
        f"  example  {program()} example my-app",
        f"  deploy   {program()} deploy my-app{data_dir_flag(config, os.environ)}",
        "  stop     Ctrl-C",
    ]


def _way_in(config: Config, url: str, code: str) -> str:
    if code:
        return f"  sign in  {sign_in_link(config, url, code)}   (once, within ten minutes)"
    flag = data_dir_flag(config, os.environ)
    return f"  open     {url}   (to sign in another browser: {program()} login-link{flag})"


def data_dir_flag(config: Config, env: Mapping[str, str]) -> str:
    """Return what a command has to be told to find the data folder of *config*; empty: nothing."""
    is_found = config.data_dir == default_data_dir(env) or env.get("VIBES_DATA_DIR")
    return "" if is_found else f" --data-dir {shlex.quote(str(config.data_dir))}"
