"""`vibes-trio deploy`: send a folder to a server and print where the app is."""

import os
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vibes_trio.client.failures import ConnectionLost, RequestTimedOut
from vibes_trio.commands.app_files import (
    MAX_APP_NAME_CHARS,
    FoundApp,
    find_app,
    read_files,
    shown_size,
    slug_of,
)
from vibes_trio.commands.compare import Change, compare_folder, print_changes
from vibes_trio.commands.left_out import describe, read_choice
from vibes_trio.commands.output import OK, USAGE, CommandFailed, print_error, tell, warn
from vibes_trio.commands.profile import Profile, find_profile
from vibes_trio.commands.session import AppName, Asker, Session, find_asker, find_server, with_server
from vibes_trio.commands.shown import print_struct
from vibes_trio.commands.watch import follow_folder, shown_names
from vibes_trio.config import Config, Limits, load_config
from vibes_trio.content.filenames import lang_of
from vibes_trio.content.project import ProjectFile
from vibes_trio.content.project_words import describe_project
from vibes_trio.content.read_project import read_project
from vibes_trio.errors import RequireLogin, VibesError
from vibes_trio.wire.deploy import Mode, ReqEnsureAppSlug, ResEnsureAppSlug


@dataclass(frozen=True, slots=True)
class Plan:
    """What is deployed, and where to.

    Attributes:
        path: of the folder, or the one file.
        app, user: slug and handle; empty: not given.
        env: values for the app's page.
        message: what the deploy is for.
    """

    path: Path
    app: str
    user: str
    mode: Mode
    env: Mapping[str, str]
    include: Sequence[str]
    message: str
    limits: Limits
    as_json: bool


def main(options: Namespace) -> int:
    """Deploy a folder, or one file."""
    config = load_config(os.environ, options.settings)
    path = Path(options.path)
    profile = find_profile(options, path if path.is_dir() else path.parent, os.environ)
    plan = make_plan(options, path, profile, config.limits)
    app = look_at(plan)
    url = find_server(options, config, os.environ, profile)
    if options.dry_run:
        dry_run(options, plan, app, url, config)
        return OK
    asker = find_asker(options, config, os.environ)
    if not plan.user and not asker.slug:
        warn("Without --user the server makes up a name to publish under, another one each time.")
    tell(f"{path}: {shown_number(app)}, to {url} …")
    work = watch if options.watch else send_once
    with_server(url, asker, config, partial(work, plan, app))
    return OK


def make_plan(options: Namespace, path: Path, profile: Profile, limits: Limits) -> Plan:
    """Return what the flags say, and what they don't say as *profile* has it.

    Raises:
        CommandFailed: a `--env` that is no pair.
    """
    mode: Mode = options.mode or profile.mode or ("dev" if options.watch else "production")
    folder_name = path.resolve().stem if path.is_file() else path.resolve().name
    return Plan(
        path=path,
        app=options.app or profile.app or slug_of(folder_name, MAX_APP_NAME_CHARS),
        user=options.user or profile.user,
        mode=mode,
        env={**profile.env, **read_env(options.env)},
        include=options.include,
        message=options.message,
        limits=limits,
        as_json=options.json,
    )


def look_at(plan: Plan) -> FoundApp:
    """Return the files that there are now; tell what isn't sent, and what to mind.

    Raises:
        CommandFailed: there is nothing, or too much.
    """
    app = find_app(plan.path, plan.limits, plan.include)
    for line in describe(app.left_out):
        tell(line)
    for warning in app.warnings:
        warn(warning)
    return app


def shown_number(app: FoundApp) -> str:
    """Return how many files *app* has, and their size."""
    return f"{len(app.files)} file{'s' if len(app.files) > 1 else ''}, {shown_size(app.size)}"


async def send_once(plan: Plan, app: FoundApp, session: Session) -> None:
    """Deploy *app* and print where it is."""
    show_release(plan, await session.ask(make_request(plan, app, session.asker)))


async def watch(plan: Plan, app: FoundApp, session: Session) -> None:
    """Deploy *app*, and again whenever a file of it has changed, until interrupted."""
    await follow_folder(
        plan.path,
        read_choice(plan.path, plan.include) if plan.path.is_dir() else None,
        partial(_send_anew, plan, session, _Sent()),
        plan.limits,
    )


@dataclass(slots=True)
class _Sent:
    """What was sent last; nothing is sent twice in a row."""

    request: ReqEnsureAppSlug | None = None


async def _send_anew(plan: Plan, session: Session, sent: _Sent, changed: Sequence[str]) -> None:
    """Deploy what there is now, unless it is what there was. What goes wrong is told: the next change may mend it."""
    try:
        app = find_app(plan.path, plan.limits, plan.include)
        request = make_request(plan, app, session.asker)
        if request == sent.request:
            return
        if changed:
            tell(f"{shown_names(changed)} changed: {shown_number(app)} …")
        sent.request = request
        show_release(plan, await session.ask(request))
    except (VibesError, ConnectionLost, RequestTimedOut, OSError) as error:
        print_error(error.message if isinstance(error, VibesError) else str(error))
        sent.request = None if isinstance(error, OSError) else sent.request
    except CommandFailed as error:
        if isinstance(error.__cause__, RequireLogin):
            raise
        print_error(str(error))


def dry_run(options: Namespace, plan: Plan, app: FoundApp, url: str, config: Config) -> None:
    """Show what a deploy of *app* would send, and change by what is there, if the server can be asked."""
    changes = None
    try:
        asker = find_asker(options, config, os.environ)
        name = AppName(plan.user or asker.slug, plan.app)
        if name.handle:
            changes = with_server(url, asker, config, partial(compare_folder, app, name))
        if changes is None:
            tell(f"{name}: there is no such app yet, so all is new.")
    except CommandFailed as error:
        tell(f"What is there can't be told: {error}")
    listed = changes or [Change(file.name, file.size, "") for file in app.files]
    print_changes(listed, as_json=plan.as_json, is_compared=changes is not None)
    tell_reading(app, plan.env)


def tell_reading(app: FoundApp, env: Mapping[str, str]) -> None:
    """Say how a server will read *app*, and what it will warn of that the files alone show.

    Raises:
        CommandFailed: a file that can't be sent.
    """
    files = read_files(app)
    entry_point = next((file.filename for file in files if file.entry_point is True), "")
    contents = [ProjectFile(found.name, found.path.read_bytes(), lang_of(found.name)) for found in app.files]
    project = read_project(contents, entry_point, env)
    for warning in project.warnings:
        warn(warning)
    tell(describe_project(project))


def make_request(plan: Plan, app: FoundApp, asker: Asker) -> ReqEnsureAppSlug:
    """Return the message. Names that are not given come from the folder and the device, so that they stay.

    Raises:
        CommandFailed: a file that can't be sent.
    """
    return ReqEnsureAppSlug(
        mode=plan.mode,
        app_slug=plan.app,
        user_slug=plan.user or asker.slug,
        env=dict(plan.env),
        file_system=read_files(app),
        message=plan.message,
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


def show_release(plan: Plan, release: ResEnsureAppSlug) -> None:
    """Print the address of *release* alone to standard output, so that scripts can use it, or all as JSON."""
    for warning in release.warnings:
        warn(warning)
    if plan.as_json:
        print_struct(release)
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
