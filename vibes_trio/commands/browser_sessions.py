"""`vibes-trio session`: which browsers are signed in, and signing them out."""

import os
from argparse import Namespace
from dataclasses import asdict

from vibes_trio.commands.database import open_database, read, write
from vibes_trio.commands.output import OK, CommandFailed, print_json, print_table, tell
from vibes_trio.config import Config, load_config
from vibes_trio.storage.interface import Database
from vibes_trio.storage.sessions import Session, end_session, list_sessions

MIN_ID_CHARS = 4


def list_all(options: Namespace) -> int:
    """List the browsers that are signed in, newest first."""
    config = load_config(os.environ, options.settings)
    with open_database(config) as db:
        found = [s for s in _all(db, config) if options.user in ("", s.user_name)]
    if options.json:
        print_json([asdict(session) for session in found])
    elif found:
        rows = [(s.session_id, s.user_name, s.browser, s.used[:10], s.expires[:10]) for s in found]
        print_table(("SESSION", "USER", "BROWSER", "USED", "EXPIRES"), rows)
    else:
        tell("No browser is signed in: vibes-trio login-link prints a link that signs one in.")
    return OK


def revoke(options: Namespace) -> int:
    """Sign out the browser with a session's id, or with an unambiguous start of one; or all of a user."""
    config = load_config(os.environ, options.settings)
    if bool(options.session) == bool(options.all_of):
        raise CommandFailed("Which? Name a session of `vibes-trio session list`, or --all-of a user.")
    with open_database(config) as db:
        found = [s for s in _all(db, config) if _is_meant(s, options)]
        if not found:
            raise CommandFailed("No browser is signed in so: see `vibes-trio session list`.")
        if options.session and len(found) > 1:
            raise CommandFailed(
                f"{options.session!r}: {len(found)} sessions start with that. Give more of it."
            )
        for session in found:
            write(db, end_session, None, session.session_id)
    if options.json:
        print_json([asdict(session) for session in found])
        return OK
    for session in found:
        print(f"signed out {session.user_name}: {session.browser}")
    tell("A running server knows within a second.")
    return OK


def _is_meant(session: Session, options: Namespace) -> bool:
    if options.all_of:
        return bool(session.user_name == options.all_of)
    if len(options.session) < MIN_ID_CHARS:
        raise CommandFailed(f"{options.session!r}: give at least {MIN_ID_CHARS} characters of the session.")
    return session.session_id.startswith(options.session)


def _all(db: Database, config: Config) -> tuple[Session, ...]:
    return read(db, list_sessions, None, config.limits, limit=config.limits.sessions)
