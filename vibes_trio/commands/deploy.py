"""`vibes-trio deploy`: send a folder to a server and print where the app is."""

import os
from argparse import Namespace
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from vibes_trio.commands.app_files import FoundApp, read_files
from vibes_trio.commands.compare import Change, compare_folder, print_changes
from vibes_trio.commands.output import OK, USAGE, CommandFailed, tell, warn
from vibes_trio.commands.plan import Plan, find_handle, look_at, make_plan, make_request, shown_number
from vibes_trio.commands.profile import find_profile
from vibes_trio.commands.redeploy import watch
from vibes_trio.commands.sending import send_deploy
from vibes_trio.commands.session import Session, find_asker, find_server, with_server
from vibes_trio.commands.show_release import show_release
from vibes_trio.config import Config, load_config
from vibes_trio.content.filenames import lang_of
from vibes_trio.content.left_out import PROFILE_FILE
from vibes_trio.content.project import ProjectFile
from vibes_trio.content.project_words import describe_project
from vibes_trio.content.read_project import read_project
from vibes_trio.errors import VibesError


def main(options: Namespace) -> int:
    """Deploy a folder, or one file."""
    config = load_config(os.environ, options.settings)
    path = find_folder(options.path)
    profile = find_profile(options, path if path.is_dir() else path.parent, os.environ)
    plan = make_plan(options, path, profile, config.limits)
    app = look_at(plan)
    url = find_server(options, config, os.environ, profile)
    if options.dry_run:
        dry_run(options, plan, app, url, config)
        return OK
    asker = find_asker(options, config, os.environ, url)
    tell(f"{path}: {shown_number(app)}, to {url} …")
    work = watch if options.watch else send_once
    with_server(url, asker, config, partial(work, plan, app))
    return OK


def find_folder(named: str) -> Path:
    """Return the folder or file that is meant. Without a word it is this folder, but only where a file says so.

    Raises:
        CommandFailed: none is named, and this one might be anything: whoever's home, for one.
    """
    if not named and not Path(PROFILE_FILE).exists():
        raise CommandFailed(
            f"Which folder? `vibes-trio deploy .` publishes this one; with a {PROFILE_FILE} in it the dot may lack.",
            USAGE,
        )
    return Path(named or ".")


async def send_once(plan: Plan, app: FoundApp, session: Session) -> None:
    """Deploy *app* and print where it is."""
    request = make_request(plan, app, await find_handle(plan, session))
    show_release(plan, await send_deploy(session, request))


def dry_run(options: Namespace, plan: Plan, app: FoundApp, url: str, config: Config) -> None:
    """Show what a deploy of *app* would send, and change by what is there, if the server can be asked."""
    changes = None
    try:
        asker = find_asker(options, config, os.environ, url)
        changes = with_server(url, asker, config, partial(compare_folder, plan, app))
    except (CommandFailed, VibesError) as error:
        tell(f"What is there can't be told: {error}")
    listed = changes or [Change(file.name, file.size, "") for file in app.files]
    print_changes(listed, as_json=plan.as_json, is_compared=changes is not None)
    tell_reading(app, plan.env, plan.entry)


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
