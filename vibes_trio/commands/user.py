"""`vibes-trio user`: who may sign in with a device."""

import os
import secrets
from argparse import Namespace
from dataclasses import asdict

from vibes_trio.commands.database import open_database, read, write
from vibes_trio.commands.output import OK, print_json, print_table, tell
from vibes_trio.config import load_config
from vibes_trio.exchange import UserId
from vibes_trio.storage.users import add_user, list_users

USER_ID_BYTES = 12


def new_user_id() -> UserId:
    """Return an id that nobody has. Those of Clerk start with `user_`."""
    return UserId(f"local_{secrets.token_hex(USER_ID_BYTES)}")


def add(options: Namespace) -> int:
    """Add a user and print the id."""
    config = load_config(os.environ, options.settings)
    user_id = UserId(options.id) if options.id else new_user_id()
    with open_database(config) as db:
        user = write(db, add_user, user_id, options.name, options.email)
    if options.json:
        print_json(asdict(user))
        return OK
    print(f"{user.name} has the id {user.user_id}")
    tell(f"next: vibes-trio device issue --user {user.name} --out {user.name}.json")
    return OK


def list_all(options: Namespace) -> int:
    """List all users."""
    with open_database(load_config(os.environ, options.settings)) as db:
        users = read(db, list_users)
    if options.json:
        print_json([asdict(user) for user in users])
    elif users:
        rows = [(user.name, user.email, user.user_id, user.created[:10]) for user in users]
        print_table(("NAME", "E-MAIL", "ID", "SINCE"), rows)
    else:
        tell("No users yet: the first `vibes-trio serve` adds `me`, `vibes-trio user add NAME` others.")
    return OK
