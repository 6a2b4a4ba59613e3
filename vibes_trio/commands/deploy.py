"""`vibes-trio deploy`: send a folder to a server and print where the app is."""

import os
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import msgspec
import trio

from vibes_trio.auth.audience import origin_of
from vibes_trio.auth.device import mint_token, read_token_name, read_token_times
from vibes_trio.client.api import connect
from vibes_trio.client.clock import shown_span
from vibes_trio.client.connection import CannotConnect, ConnectionLost, RequestTimedOut
from vibes_trio.commands.app_files import (
    MAX_APP_NAME_CHARS,
    FoundApp,
    find_app,
    read_files,
    shown_size,
    slug_of,
)
from vibes_trio.commands.credentials import device_name, find_device, find_url
from vibes_trio.commands.env_files import read_env_files
from vibes_trio.commands.left_out import describe
from vibes_trio.commands.output import (
    OK,
    UNREACHABLE,
    USAGE,
    CommandFailed,
    print_table,
    tell,
    warn,
)
from vibes_trio.config import Config, load_config
from vibes_trio.content.filenames import lang_of
from vibes_trio.content.project import ProjectFile
from vibes_trio.content.project_words import READ_AS, describe_project
from vibes_trio.content.read_project import read_project
from vibes_trio.errors import RequireLogin, SlugTaken
from vibes_trio.wire.auth import DashAuth
from vibes_trio.wire.base import encode
from vibes_trio.wire.deploy import ReqEnsureAppSlug, ResEnsureAppSlug

DEFAULT_URL = "http://127.0.0.1:8787"
TOKEN_TYPE = "device-id"
CLOCK_SLACK_S = 1.0
CLOCK_OFF = (
    "Your clock is {} the server's, so what this machine signs does not count there now. Set the clock right (have it"
    " set by the network), then deploy again."
)
ASK_OPERATOR = "Its operator sees in its log why, and can issue a new key file: vibes-trio device issue."


@dataclass(frozen=True, slots=True)
class Asker:
    """Who deploys: gives credentials whenever they are needed, and the name to publish under (may be empty)."""

    auth: Callable[[], DashAuth]
    slug: str


def main(options: Namespace) -> int:
    """Deploy a folder, or one file."""
    config = load_config(os.environ, options.settings)
    path = Path(options.path)
    app = find_app(path, config.limits, options.include)
    for line in describe(app.left_out):
        tell(line)
    for warning in app.warnings:
        warn(warning)
    env = find_env(path, options.env)
    if options.dry_run:
        print_table(("FILE", "SIZE"), [(file.name, shown_size(file.size)) for file in app.files])
        tell_reading(app, env, options.entry)
        return OK
    url = find_url(options, config, os.environ) or DEFAULT_URL
    asker = find_asker(options, config, os.environ, url)
    request = make_request(options, path, app, asker, env)
    number = f"{len(app.files)} file{'s' if len(app.files) > 1 else ''}"
    tell(f"{path}: {number}, {shown_size(app.size)}, to {url} …")
    show_release(options, trio.run(send, url, asker.auth, request, config))
    return OK


def tell_reading(app: FoundApp, env: Mapping[str, str], entry: str = "") -> None:
    """Say how a server will read *app*, and what it will warn of that the files alone show.

    Raises:
        CommandFailed: a file that can't be sent, or is not there (*entry*).
    """
    files = read_files(app, entry)
    entry_point = next((file.filename for file in files if file.entry_point is True), "")
    contents = [ProjectFile(found.name, found.path.read_bytes(), lang_of(found.name)) for found in app.files]
    project = read_project(contents, entry_point, env)
    for warning in project.warnings:
        warn(warning)
    tell(describe_project(project))
    tell("nothing was sent, and nothing compiled: what does not compile is told when it is deployed")


def find_asker(options: Namespace, config: Config, env: Mapping[str, str], url: str) -> Asker:
    """Return who deploys to the server at *url*: the bearer of `--token`, else the device found by `find_device`.

    The device's tokens count at that server only, which could use them elsewhere otherwise.

    Raises:
        CommandFailed: nobody; see `find_device`.
    """
    if options.token:
        name = slug_of(read_token_name(options.token), MAX_APP_NAME_CHARS)
        return Asker(lambda: DashAuth(type=TOKEN_TYPE, token=options.token), name)
    device = find_device(options, config, env)
    numbers, audience = count(1), origin_of(url)

    def mint() -> DashAuth:
        token = mint_token(device, time.time(), seq=next(numbers), audience=audience)
        return DashAuth(type=TOKEN_TYPE, token=token)

    return Asker(
        mint,
        slug_of(device_name(device), MAX_APP_NAME_CHARS),
    )


def find_env(path: Path, pairs: list[str]) -> dict[str, str]:
    """Return the values for the page: of the app's own files, see `env_files`, and of `--env`, which win.

    Raises:
        CommandFailed: see `read_env`.
    """
    given = read_env(pairs)
    found = read_env_files(path if path.is_dir() else path.parent)
    names = [name for name in found.values if name not in given]
    if names:
        tell(
            f"values for the page, from {', '.join(found.files)}: {', '.join(names)} (--env NAME= leaves one out)"
        )
    return {**found.values, **given}


def make_request(
    options: Namespace, path: Path, app: FoundApp, asker: Asker, env: Mapping[str, str]
) -> ReqEnsureAppSlug:
    """Return the message. Names that are not given come from the folder and the device, so that they stay.

    Raises:
        CommandFailed: a file that can't be sent.
    """
    folder_name = path.resolve().stem if path.is_file() else path.resolve().name
    if not options.user and not asker.slug:
        warn("Without --user the server makes up a name to publish under, another one each time.")
    return ReqEnsureAppSlug(
        mode=options.mode,
        app_slug=options.app or slug_of(folder_name, MAX_APP_NAME_CHARS),
        user_slug=options.user or asker.slug,
        env=dict(env),
        file_system=read_files(app, options.entry),
    )


def read_env(pairs: list[str]) -> dict[str, str]:
    """Return `NAME=VALUE` pairs as names and values.

    Raises:
        CommandFailed: one is none.
    """
    for pair in pairs:
        if not pair.partition("=")[1] or pair.startswith("="):
            raise CommandFailed(f"--env: NAME=VALUE is wanted; got {pair!r}.", USAGE)
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


async def send(
    url: str, auth: Callable[[], DashAuth], request: ReqEnsureAppSlug, config: Config
) -> ResEnsureAppSlug:
    """Send *request* to the server at *url* and return its answer.

    Raises:
        CommandFailed: the server can't be reached, or does not take the credentials.
        VibesError: the server refuses the app; says why.
    """
    try:
        async with connect(url, auth, limits=config.limits) as api:
            if api.hint:
                warn(api.hint)
            signed = msgspec.structs.replace(request, auth=auth())
            try:
                return await api.request(signed)
            except RequireLogin as error:
                assert signed.auth is not None, "it was put in just now"
                why = why_refused(signed.auth.token, time.time(), api.clock_ahead_s)
                raise CommandFailed(
                    f"{url}: the server does not take these credentials. It says: {error.message} {why}"
                ) from error
    except (ConnectionLost, RequestTimedOut) as error:
        advice = " Is a server running there? Start one with `vibes-trio serve`, or name another: --url."
        is_nobody = isinstance(error, CannotConnect)
        raise CommandFailed(f"{error}{advice if is_nobody else ''}", UNREACHABLE) from error
    except SlugTaken as error:
        raise CommandFailed(f"{error.message} Name one: --user SLUG.") from error


def why_refused(token: str, now: float, ahead_s: float | None) -> str:
    """Return what is most likely wrong with *token*, which a server did not take, and what to do.

    Args:
        now: Unix seconds by this machine's clock.
        ahead_s: how far that is ahead of the server's; None: it isn't known.
    """
    try:
        begins, ends = read_token_times(token)
    except ValueError:
        return ASK_OPERATOR
    server_now = now - (ahead_s or 0.0)
    if begins > server_now - CLOCK_SLACK_S and (ahead_s or 0.0) >= CLOCK_SLACK_S:
        return CLOCK_OFF.format(f"{shown_span(server_now - now)} ahead of")
    if ends < server_now + CLOCK_SLACK_S:
        if ends > now:
            return CLOCK_OFF.format(f"{shown_span(server_now - now)} behind")
        return f"The token ended {shown_span(now - ends)} ago. Make another: vibes-trio token."
    return ASK_OPERATOR


def show_release(options: Namespace, release: ResEnsureAppSlug) -> None:
    """Print the address of *release* alone to standard output, so that scripts can use it, or all as JSON."""
    for warning in release.warnings:
        (tell if warning.startswith(READ_AS) else warn)(warning)
    if options.json:
        print(msgspec.json.format(encode(release)).decode(), flush=True)
        return
    # Only this release's own address is the result: the other shows another app after the next deploy.
    if release.mode == "production":
        newest = release.entry_point_url.partition("/~")[0]
        tell(
            f"published {release.app_slug} of {release.user_slug}; the newest release is always at {newest}/"
        )
    else:
        tell(
            f"published {release.app_slug} of {release.user_slug} for trying out; its plain address stays as it is"
        )
    print(release.entry_point_url, flush=True)
