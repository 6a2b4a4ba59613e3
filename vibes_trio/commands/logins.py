"""Key files that `vibes-trio login` got, one for each server, and the server of the last one."""

import os
import re
from pathlib import Path

from vibes_trio.auth.audience import origin_of

FOLDER = "logins"
LAST = "last"


def login_file(data_dir: Path, url: str) -> Path:
    """Return where the key file for the server at *url* is, if there is one."""
    return data_dir / FOLDER / f"{re.sub(r'[^a-z0-9.]+', '_', origin_of(url))}.json"


def note_login(data_dir: Path, url: str) -> None:
    """Keep *url* as the server that is meant where none is named. The folder has to be there."""
    with open(os.open(data_dir / FOLDER / LAST, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(f"{url}\n")


def last_login(data_dir: Path) -> str:
    """Return the server that was signed in to last; empty: none."""
    try:
        return (data_dir / FOLDER / LAST).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
