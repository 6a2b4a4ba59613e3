"""What a command is, as data, and the arguments that many have. Light on purpose: `--help` loads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: its flags (or the name of a positional one) and what argparse has to know of it."""

    names: tuple[str, ...]
    options: Mapping[str, Any]  # Any: the keywords of `ArgumentParser.add_argument`


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        words: as typed, for example `device issue`.
        target: `module:function` that takes the parsed arguments and returns the exit code.
        summary: what it does, a line.
        examples: lines to type, after the program's name.
        heading: under which `--help` shows it, one of HEADINGS; that of a group's first command is the group's.
        log_level: from which on it logs, unless told otherwise.
        takes_settings: whether each setting has a flag; else only the data folder has.
        writes_outside: what it writes lies where the user says, with the modes that the user's umask gives. Files
            of the data folder are the owner's alone, whatever the umask.
    """

    words: str
    target: str
    summary: str
    arguments: tuple[Argument, ...] = ()
    examples: tuple[str, ...] = ()
    heading: str = "server"
    log_level: str = "warning"
    takes_settings: bool = False
    writes_outside: bool = False


def argument(*names: str, **options: Any) -> Argument:  # Any: as in Argument
    return Argument(names, options)


JSON = argument("--json", action="store_true", help="print the result as JSON")
DEVICE = argument(
    "--device",
    metavar="FILE",
    help="key file to sign in with; otherwise VIBES_DEVICE_ID, then this machine's own",
)
URL = argument(
    "--url",
    default="",
    help="address of the server; otherwise VIBES_URL, then the one on this machine",
)
TOKEN = argument("--token", default="", help="a token of `vibes-trio token`, in place of a key file")
PROFILE = argument(
    "--profile",
    default="",
    metavar="NAME",
    help="the table of vibes.toml that says where the app goes; otherwise VIBES_ENV",
)
APP = argument(
    "app",
    nargs="?",
    default="",
    metavar="APP",
    help="slug of the app, or HANDLE/SLUG; otherwise what vibes.toml in this folder says, or its name",
)
LIMIT = argument("--limit", type=int, default=50, metavar="N", help="show at most so many (50)")
YES = argument("--yes", action="store_true", help="don't ask")
ASKING = (URL, DEVICE, TOKEN, PROFILE, JSON)
"""What every command takes that asks a server."""
