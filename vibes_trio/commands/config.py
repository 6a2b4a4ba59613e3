"""`vibes-trio config`: every setting, its value and where it came from."""

import os
import sys
import tomllib
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from vibes_trio.commands.output import OK, print_json, print_table
from vibes_trio.config import SETTINGS, Config, load_config
from vibes_trio.logs.colours import paint

SECRETS = frozenset({"DEVICE_ID_CA_PRIV_KEY", "CALLAI_API_KEY"})
HIDDEN = "(hidden)"
# What stands for a setting that is empty, where that doesn't mean "none".
INSTEAD = {
    "VIBES_REGISTRY_URL": "(npm's own settings, else the public registry)",
    "VIBES_ESBUILD": "(data folder, PATH)",
    "DEVICE_ID_CA_PRIV_KEY": "(keys.json)",
    "DEVICE_ID_CA_CERT": "(keys.json)",
    "CLOUD_SESSION_TOKEN_PUBLIC": "(keys.json)",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting as people see it: secrets hidden; *origin* is `flag`, `environment`, a file or `default`."""

    name: str
    value: str
    origin: str
    meaning: str


def show(options: Namespace) -> int:
    """Print all settings."""
    config = load_config(os.environ, options.settings)
    shown = describe(config, options.settings, os.environ)
    if options.json:
        print_json({s.name: {"value": s.value, "origin": s.origin} for s in shown})
        return OK
    rows = [(s.name, s.value or INSTEAD.get(s.name, "-"), s.origin) for s in shown]
    print_table(("SETTING", "VALUE", "FROM"), rows)
    print(paint(f"file: {config.data_dir / 'config.toml'}", "dim", sys.stdout))
    return OK


def describe(config: Config, flags: Mapping[str, str], env: Mapping[str, str]) -> list[Shown]:
    """Return every setting of *config*, which was loaded from *flags*, *env* and its file."""
    in_file = _names_in(config.data_dir / "config.toml")
    final = config.with_port(config.port)
    return [
        Shown(
            setting.name,
            _value_of(final, setting.name, setting.field),
            _origin_of(setting.name, flags, env, in_file),
            setting.meaning,
        )
        for setting in SETTINGS
    ]


def _origin_of(name: str, flags: Mapping[str, str], env: Mapping[str, str], in_file: frozenset[str]) -> str:
    """Say where a setting came from; a numbered one counts when any of its numbers is given."""
    if name in flags:
        return "flag"
    if any(given == name or _base_of(given) == name for given, value in env.items() if value):
        return "environment"
    if any(given == name or _base_of(given) == name for given in in_file):
        return "config.toml"
    return "default"


def _base_of(name: str) -> str:
    base, _, number = name.rpartition("_")
    return base if number.isdigit() and base.startswith("CLERK_PUB_JWT_") else name


def _value_of(config: Config, name: str, field: str) -> str:
    value = config.app_env.get(name, "") if field == "app_env" else getattr(config, field)
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    if name in SECRETS:
        return HIDDEN if text else ""
    if urlsplit(text).password:  # an address may hold credentials
        return text.replace(f":{urlsplit(text).password}@", f":{HIDDEN}@")
    return text


def _names_in(path: Path) -> frozenset[str]:
    try:
        return frozenset(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return frozenset()
