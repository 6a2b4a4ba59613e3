"""`vibes-trio doctor`: what may become a problem, and what to do about it. Changes nothing."""

import os
import sys
from argparse import Namespace
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import msgspec
import trio

from vibes_trio.commands.address import read_address
from vibes_trio.commands.output import FAILED, OK, print_json
from vibes_trio.config import load_config
from vibes_trio.logs.colours import Colour, paint
from vibes_trio.services.doctor import (
    ASK_TIMEOUT_S,
    Finding,
    Level,
    look_at_data,
    look_at_machine,
    look_outside,
)

_COLOURS: dict[Level, Colour] = {"ok": "green", "note": "yellow", "problem": "red"}


def main(options: Namespace) -> int:
    """Print what was found; fail if there is a problem."""
    config = load_config(os.environ, options.settings)
    findings = [
        *look_at_machine(config),
        *look_at_data(config),
        *trio.run(look_outside, config),
        _look_for_server(config.data_dir),
    ]
    if options.json:
        print_json([msgspec.structs.asdict(finding) for finding in findings])
    else:
        for finding in findings:
            level = paint(finding.level.ljust(7), _COLOURS[finding.level], sys.stdout)
            print(f"{level}  {finding.what}: {finding.text}")
    return FAILED if any(finding.level == "problem" for finding in findings) else OK


def _look_for_server(data_dir: Path) -> Finding:
    url = read_address(data_dir)
    if not url:
        return Finding("server", "note", "none runs on this data folder. Run: vibes-trio serve")
    try:
        build_opener(ProxyHandler({})).open(f"{url}/readyz", timeout=ASK_TIMEOUT_S).close()
    except (URLError, HTTPException, OSError) as error:
        return Finding("server", "problem", f"{url} was said to listen, but does not answer well: {error}.")
    return Finding("server", "ok", f"{url} is ready")
