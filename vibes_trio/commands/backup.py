"""`vibes-trio backup` and `restore`: all that the server keeps, in one file and back."""

import os
import time
from argparse import Namespace
from pathlib import Path

import msgspec

from vibes_trio.auth.keys import FILE_NAME as KEYS_FILE
from vibes_trio.auth.sealing import FILE_NAME as SEAL_KEY
from vibes_trio.backups.archive import Manifest, Wanted, check_files, write_backup
from vibes_trio.backups.kept import name_at
from vibes_trio.backups.restoring import restore
from vibes_trio.commands.output import OK, CommandFailed, print_json, tell, warn
from vibes_trio.config import MiB, load_config


def back_up(options: Namespace) -> int:
    """Write a backup and say what is in it."""
    config = load_config(os.environ, options.settings)
    now = time.time()
    target = _place(options.place, now)
    try:
        manifest = write_backup(config, target, Wanted(options.with_keys, options.with_modules), now)
    except OSError as error:
        raise CommandFailed(f"{target}: {error.strerror or error}") from error
    if options.json:
        print_json({"path": str(target), **msgspec.to_builtins(manifest)})
        return OK
    print(target)
    tell(f"{_told(manifest)}, {target.stat().st_size / MiB:.1f} MiB, read again and sound")
    if manifest.with_keys:
        warn(
            "it holds the server's keys: whoever has it can sign in as anybody. Only you may read it (mode 600)"
        )
    else:
        tell(f"{KEYS_FILE} and {SEAL_KEY} are not in it: keep a copy of them apart (or --with-keys)")
    return OK


def put_back(options: Namespace) -> int:
    """Put a backup into an empty data folder; or only look whether it is sound."""
    config = load_config(os.environ, options.settings)
    path = Path(options.file)
    if options.check:
        manifest = check_files(path)
    else:
        try:
            manifest = restore(config, path)
        except OSError as error:
            raise CommandFailed(f"{config.data_dir}: {error.strerror or error}. Run it again.") from error
    if options.json:
        print_json(msgspec.to_builtins(manifest))
        return OK
    if options.check:
        print(f"{path} is sound: {_told(manifest)}")
        return OK
    print(f"restored {_told(manifest)} into {config.data_dir}")
    if not manifest.with_keys:
        warn(
            f"the server's keys are not in it: put your {KEYS_FILE} and {SEAL_KEY} into {config.data_dir}; if they are "
            "lost, `vibes-trio keys rotate --lost` makes new ones, and every device has to be issued anew"
        )
    if not manifest.with_modules:
        tell(
            "packages of apps are not in it: the server builds them again, in the same versions, as it starts"
        )
    return OK


def _told(manifest: Manifest) -> str:
    facts = manifest.facts
    return f"{facts.releases} releases and {facts.chats} chats, as of {manifest.made}"


def _place(text: str, now: float) -> Path:
    """Return the file that *text*, a folder or a file, stands for: what is not there and has no ending is a folder."""
    if "://" in text:
        raise CommandFailed(
            f"{text}: only folders and files can be backed up to. Copy the file there afterwards."
        )
    path = Path(text)
    if path.is_dir() or text.endswith("/") or not (path.suffix or path.exists()):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path / name_at(now)
    return path
