"""`vibes-trio user`: who may sign in with a device."""

import os
from argparse import Namespace
from dataclasses import asdict

from vibes_trio.commands.database import open_database, read, write
from vibes_trio.commands.login_link import origin_of_server
from vibes_trio.commands.output import OK, CommandFailed, print_json, print_table, tell
from vibes_trio.config import load_config
from vibes_trio.exchange import UserId
from vibes_trio.services.people import invite_link, new_invite, new_invite_code, put_invite
from vibes_trio.storage.users import add_user, find_user, list_users, new_user_id, set_role


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
        rows = [(user.name, user.email, user.role, user.user_id, user.created[:10]) for user in users]
        print_table(("NAME", "E-MAIL", "ROLE", "ID", "SINCE"), rows)
    else:
        tell("No users yet: the first `vibes-trio serve` adds `me`, `vibes-trio user add NAME` others.")
    return OK


def invite(options: Namespace) -> int:
    """Print a link by which somebody becomes a user, once."""
    config = load_config(os.environ, options.settings)
    code = new_invite_code()
    new = new_invite(code, options.name, options.email, options.role, UserId(""))
    limits = config.limits
    link = invite_link(origin_of_server(config), code)
    with open_database(config) as db:
        made = write(db, put_invite, new, valid_s=limits.user_invite_s, limit=limits.user_invites)
    if options.json:
        print_json(asdict(made) | {"url": link})
        return OK
    print(link)
    days = int(limits.user_invite_s // 86400)
    tell(
        f"Whoever opens it first becomes {made.name or 'a user'} here, within {days} days: send it to nobody else."
    )
    return OK


def role(options: Namespace) -> int:
    """Make a user an operator, or one no longer."""
    with open_database(load_config(os.environ, options.settings)) as db:
        user = read(db, find_user, options.user)
        if user is None:
            raise CommandFailed(
                f"There is no user {options.user!r}: vibes-trio user list shows who there is."
            )
        user = write(db, set_role, user.user_id, options.role)
    if options.json:
        print_json(asdict(user))
        return OK
    print(f"{user.name} is {'an operator' if user.role == 'operator' else 'a user like others'} now")
    return OK
