"""Where an app goes, kept beside its files: `vibes.toml` in its folder, a table in it for each environment.

    app = "shop"
    user = "ada"

    [profiles.staging]
    app = "shop-staging"
    mode = "dev"
    env = { GREETING = "hello from staging" }

`--profile` or VIBES_ENV names the environment; what its table doesn't say stands above all tables. Flags and the
environment's own variables win over the file.
"""

import tomllib
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from vibes_trio.commands.output import UNUSABLE, USAGE, CommandFailed
from vibes_trio.config import KiB
from vibes_trio.content.left_out import PROFILE_FILE

PROFILE_VARIABLE = "VIBES_ENV"
MAX_PROFILE_BYTES = 64 * KiB
MODES = ("production", "dev")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a file says of where an app goes; empty: nothing.

    Attributes:
        url: of the server.
        app, user: slug of the app, and the handle that it lies under.
        mode: `production` or `dev`.
        env: values for the app's page.
    """

    url: str = ""
    app: str = ""
    user: str = ""
    mode: Literal["production", "dev", ""] = ""
    env: Mapping[str, str] = field(default_factory=dict)


def find_profile(options: Namespace, folder: Path, env: Mapping[str, str]) -> Profile:
    """Return the profile of the app in *folder* that `--profile` or VIBES_ENV names.

    Raises:
        CommandFailed: the file can't be used, or has no such profile.
    """
    return read_profile(folder / PROFILE_FILE, options.profile or env.get(PROFILE_VARIABLE, ""))


def read_profile(file: Path, name: str) -> Profile:
    """Return the profile *name* of *file*; without a name what stands above all tables. No file: an empty one.

    Raises:
        CommandFailed: the file can't be used, or has no such profile; says which there are.
    """
    document = _read(file)
    tables = document.pop("profiles", {})
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise CommandFailed(f"{file}: profiles are tables, each as [profiles.NAME].", UNUSABLE)
    base = _profile(document, str(file))
    if not name:
        return base
    if name not in tables:
        known = ", ".join(sorted(tables)) or "none"
        raise CommandFailed(
            f"{file}: there is no profile {name!r}; there are: {known}. Add a table [profiles.{name}].", USAGE
        )
    chosen = _profile(tables[name], f"{file}: profiles.{name}")
    given = {part.name: getattr(chosen, part.name) for part in fields(Profile) if getattr(chosen, part.name)}
    return replace(base, **given | {"env": {**base.env, **chosen.env}})


def _read(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > MAX_PROFILE_BYTES:
            raise CommandFailed(f"{file}: is larger than {MAX_PROFILE_BYTES // KiB} KiB.", UNUSABLE)
        return tomllib.loads(file.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise CommandFailed(f"{file}: can't be read: {error.strerror}.", UNUSABLE) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CommandFailed(f"{file}: {error}.", UNUSABLE) from error


def _profile(table: dict[str, Any], where: str) -> Profile:
    known = {part.name for part in fields(Profile)}
    for name, value in table.items():
        if name not in known:
            raise CommandFailed(
                f"{where}: {name} is not known; there are {', '.join(sorted(known))}.", UNUSABLE
            )
        fits = _is_env(value) if name == "env" else isinstance(value, str)
        if not fits:
            wanted = "a table of texts" if name == "env" else "text"
            raise CommandFailed(f"{where}: {name} has to be {wanted}.", UNUSABLE)
    if table.get("mode", MODES[0]) not in MODES:
        raise CommandFailed(f"{where}: mode is {' or '.join(MODES)}; got {table['mode']!r}.", UNUSABLE)
    return Profile(**table)


def _is_env(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
