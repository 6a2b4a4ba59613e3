"""What a deploy sends and where to, by its flags, by `vibes.toml` and by what the folder is called."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vibes_trio.commands.app_files import FoundApp, find_app, read_files
from vibes_trio.commands.env_files import read_env_files
from vibes_trio.commands.output import USAGE, CommandFailed, tell, warn
from vibes_trio.commands.profile import Profile
from vibes_trio.commands.session import Session
from vibes_trio.config import Limits
from vibes_trio.content.left_out import describe
from vibes_trio.content.sizes import shown_size
from vibes_trio.content.slugs import MAX_APP_NAME_CHARS, slug_of
from vibes_trio.wire.deploy import Mode, ReqEnsureAppSlug


@dataclass(frozen=True, slots=True)
class Plan:
    """What is deployed, and where to.

    Attributes:
        path: of the folder, or the one file.
        app, user: slug and handle; empty: not given.
        env: values for the app's page.
        entry: file that is the app's entry; empty: not given.
        message: what the deploy is for.
        wait: whether it ends only when its packages are built.
    """

    path: Path
    app: str
    user: str
    mode: Mode
    env: Mapping[str, str]
    include: Sequence[str]
    entry: str
    message: str
    wait: bool
    limits: Limits
    as_json: bool


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
        env=find_env(path, {**profile.env, **read_env(options.env)}),
        include=options.include,
        entry=options.entry,
        message=options.message,
        wait=options.wait,
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


def find_env(path: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Return the values for the page: of the app's own files, see `env_files`; those that are *given* win."""
    found = read_env_files(path if path.is_dir() else path.parent)
    names = [name for name in found.values if name not in given]
    if names:
        tell(
            f"values for the page, from {', '.join(found.files)}: {', '.join(names)} (--env NAME= leaves one out)"
        )
    return {**found.values, **given}


async def find_handle(plan: Plan, session: Session) -> str:
    """Return the handle to publish under; empty: the server makes one up."""
    handle = plan.user or await session.own_handle()
    if not handle:
        warn("You have no handle yet, so the server makes one up. Name one: --user SLUG.")
    return handle


def make_request(plan: Plan, app: FoundApp, handle: str) -> ReqEnsureAppSlug:
    """Return the message.

    Raises:
        CommandFailed: a file that can't be sent.
    """
    return ReqEnsureAppSlug(
        mode=plan.mode,
        app_slug=plan.app,
        user_slug=handle,
        env=dict(plan.env),
        file_system=read_files(app, plan.entry),
        message=plan.message,
        progress=plan.wait,
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
