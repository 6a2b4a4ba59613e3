"""`vibes-trio config`: every setting, its value and where it came from."""

import os
import sys
from argparse import Namespace

from vibes_trio.commands.output import OK, print_json, print_table
from vibes_trio.config import load_config
from vibes_trio.logs.colours import paint
from vibes_trio.services.server_settings import INSTEAD, describe


def show(options: Namespace) -> int:
    """Print all settings."""
    config = load_config(os.environ, options.settings)
    shown = describe(config)
    if options.json:
        print_json({s.name: {"value": s.value, "origin": s.origin} for s in shown})
        return OK
    rows = [(s.name, s.value or INSTEAD.get(s.name, "-"), s.origin) for s in shown]
    print_table(("SETTING", "VALUE", "FROM"), rows)
    print(paint(f"file: {config.data_dir / 'config.toml'}", "dim", sys.stdout))
    return OK
