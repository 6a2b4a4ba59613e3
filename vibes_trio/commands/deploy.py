"""`vibes-trio deploy`: send a folder to a server and print where the app is."""

import os
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

import msgspec

from vibes_trio.commands.app_files import (
    MAX_APP_NAME_CHARS,
    FoundApp,
    find_app,
    read_files,
    shown_size,
    slug_of,
)
from vibes_trio.commands.env_files import read_env_files
from vibes_trio.commands.left_out import describe
from vibes_trio.commands.output import OK, USAGE, CommandFailed, print_table, tell, warn
from vibes_trio.commands.session import Asker, find_asker, find_server, with_server
from vibes_trio.config import load_config
from vibes_trio.content.filenames import lang_of
from vibes_trio.content.project import ProjectFile
from vibes_trio.content.project_words import READ_AS, describe_project
from vibes_trio.content.read_project import read_project
from vibes_trio.wire.base import encode
from vibes_trio.wire.deploy import ReqEnsureAppSlug, ResEnsureAppSlug


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
    url = find_server(options, config, os.environ)
    asker = find_asker(options, config, os.environ)
    request = make_request(options, path, app, asker, env)
    number = f"{len(app.files)} file{'s' if len(app.files) > 1 else ''}"
    tell(f"{path}: {number}, {shown_size(app.size)}, to {url} …")
    show_release(options, with_server(url, asker, config, lambda session: session.ask(request)))
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
