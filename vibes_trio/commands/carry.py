"""`vibes-trio export` and `import`: what users have, in an open form, from one server to another."""

import os
import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import msgspec

from vibes_trio.commands.database import open_database, read, write
from vibes_trio.commands.output import OK, CommandFailed, print_json, tell, warn
from vibes_trio.config import load_config
from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.portable.give_out import Given, Scope, write_export
from vibes_trio.portable.take_in import Taken, Write, check_export, take_in
from vibes_trio.storage.carried import APPS, list_owners, list_rows
from vibes_trio.storage.interface import Database, Tx, iso_utc
from vibes_trio.storage.users import find_user
from vibes_trio.whole_files import PRIVATE, whole_file

P = ParamSpec("P")
T = TypeVar("T")
MAX_SHOWN = 20


def give_out(options: Namespace) -> int:
    """Write what is asked for into a file."""
    config = load_config(os.environ, options.settings)
    path = Path(options.out)
    made = iso_utc(time.time())
    if path.exists():
        raise CommandFailed(f"{path} is there already. Name another file.")
    with open_database(config) as db:
        scope = _scope(db, options)
        try:
            with whole_file(path, PRIVATE) as file:
                given: Given = read(db, write_export, scope, file, made)
        except OSError as error:
            raise CommandFailed(f"{path}: {error.strerror or error}") from error
    if options.json:
        print_json({"path": str(path), **msgspec.to_builtins(given)})
        return OK
    print(path)
    tell(
        f"{given.users} users, {given.apps} apps with {given.releases} releases, {given.chats} chats, "
        f"{given.files} files"
    )
    if given.lacking:
        warn(f"{given.lacking} files that releases name are nowhere")
    return OK


def take(options: Namespace) -> int:
    """Add what is in a file."""
    config = load_config(os.environ, options.settings)
    path = Path(options.file)
    owners = check_export(path, config.limits)
    with open_database(config) as db:
        user = _user_of(db, options.user) if options.user else None
        if user is not None and len(owners) > 1:
            raise CommandFailed(
                f"{path} has things of {len(owners)} users: it can't be one's. Leave --user out."
            )
        taken = take_in(path, _writing(db), config.limits, user)
    if options.json:
        print_json(asdict(taken))
        return OK
    _tell(taken)
    return OK


def _writing(db: Database) -> Write:
    def run(fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return write(db, fn, *args, **kwargs)

    return run


def _tell(taken: Taken) -> None:
    print(
        f"{taken.users} users, {taken.apps} apps with {taken.releases} releases and {taken.chats} chats are new"
    )
    for before, after in taken.renamed.items():
        warn(f"{before} is called {after.partition(' ')[2]} here: its name was taken")
    if taken.there:
        more = "" if len(taken.there) <= MAX_SHOWN else f" and {len(taken.there) - MAX_SHOWN} more"
        tell(f"here already, and left as they are: {', '.join(taken.there[:MAX_SHOWN])}{more}")
    if taken.chats:
        tell("chats are found by their words once the server has started anew")


def _scope(db: Database, options: Namespace) -> Scope:
    asked = [bool(options.app), bool(options.user), options.all]
    if sum(asked) != 1:
        raise CommandFailed("Say what to export: an APP, --user NAME or --all.")
    if options.all:
        return Scope(tuple(read(db, list_owners)))
    if options.user:
        return Scope((UserId(_user_of(db, options.user)),))
    return read(db, _find_app, options.app)


def _user_of(db: Database, name: str) -> str:
    """Return the id of the user *name*, or *name* if it is one."""
    user = read(db, find_user, name)
    if user is not None:
        return user.user_id
    if UserId(name) in read(db, list_owners):
        return name
    raise CommandFailed(f"There is no user {name}. See `vibes-trio user list`.")


def _find_app(tx: Tx, name: str) -> Scope:
    handle, _, slug = name.rpartition("/")
    more = ("userSlug", handle) if handle else ()
    found = list_rows(tx, APPS, "appSlug", slug, *more)
    if len(found) != 1:
        told = ", ".join(f"{row['userSlug']}/{row['appSlug']}" for row in found[:MAX_SHOWN])
        raise CommandFailed(
            f"Several apps are called {slug}: {told}" if found else f"There is no app {name}."
        )
    (app,) = found
    owner = UserId(str(app["userId"]))
    return Scope((owner,), (UserSlug(str(app["userSlug"])), AppSlug(str(app["appSlug"]))))
