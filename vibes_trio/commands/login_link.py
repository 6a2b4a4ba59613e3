"""`vibes-trio login-link`: a link that signs a browser in, once."""

import os
import secrets
from argparse import Namespace
from urllib.parse import urlsplit

from vibes_trio.auth.codes import CODE_CHARS, hash_code
from vibes_trio.commands.address import read_address
from vibes_trio.commands.credentials import LOCAL_USER
from vibes_trio.commands.database import open_database, read, write
from vibes_trio.commands.output import OK, CommandFailed, print_json, tell
from vibes_trio.config import Config, load_config
from vibes_trio.storage.interface import Database
from vibes_trio.storage.sessions import is_anybody_signed_in
from vibes_trio.storage.users import User, add_invite, find_user
from vibes_trio.urls import OPEN_SESSION, base_name

SECRET_CHARS = 26
"""Of 32 that a code is made of: 130 bits."""


def main(options: Namespace) -> int:
    """Print a link for a user, by default for who runs this server."""
    config = load_config(os.environ, options.settings)
    origin = origin_of_server(config)
    with open_database(config) as db:
        user = read(db, find_user, options.user)
        if user is None:
            raise CommandFailed(
                f"There is no user {options.user!r}: vibes-trio user list shows who there is."
            )
        link = f"{origin}{OPEN_SESSION}#{new_sign_in_code(db, user, config)}"
    if options.json:
        print_json({"url": link, "user": user.name, "validS": config.limits.invite_valid_s})
        return OK
    print(link)
    minutes = int(config.limits.invite_valid_s // 60)
    tell(f"It signs a browser in as {user.name}, once, for {minutes} minutes: hand it over like a password.")
    return OK


def new_sign_in_code(db: Database, user: User, config: Config) -> str:
    """Return a new one-time code of *user*."""
    code = "".join(secrets.choice(CODE_CHARS) for _ in range(SECRET_CHARS))
    write(db, add_invite, user.user_id, hash_code(code), valid_s=config.limits.invite_valid_s)
    return code


def code_for_first_visit(db: Database, config: Config) -> str:
    """Return a code for who runs this server; empty: some browser is signed in already.

    The local user has to be there.
    """
    if read(db, is_anybody_signed_in, config.limits):
        return ""
    user = read(db, find_user, LOCAL_USER)
    return new_sign_in_code(db, user, config) if user is not None else ""


def origin_of_server(config: Config) -> str:
    """Return where browsers find the server of *config*'s data folder.

    Raises:
        CommandFailed: none has run there yet.
    """
    url = read_address(config.data_dir)
    if not url:
        raise CommandFailed("No server has run on this data folder yet: start it by `vibes-trio serve`.")
    return origin_for_browsers(config.with_port(urlsplit(url).port or 0), url)


def origin_for_browsers(config: Config, url: str) -> str:
    """Return where browsers find the server with these settings, whose port is known.

    *url*: where it is reached from this machine; that is it, where nothing else is set.
    """
    is_here = config.protocol == "http" and base_name(config.hostname_base) == "localhost"
    return url if is_here else f"{config.protocol}://{config.hostname_base}"


def sign_in_link(config: Config, url: str, code: str) -> str:
    """Return the link that hands *code* in; see `origin_for_browsers`."""
    return f"{origin_for_browsers(config, url)}{OPEN_SESSION}#{code}"
