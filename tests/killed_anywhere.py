"""Does something again and again, each time killed one step later, and tells what was left.

Run as a program: `killed_anywhere.py backup|restore|rotate FOLDER ARCHIVE`. A step is whatever changes or opens a file.
"""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from vibes_trio.auth.keys import FILE_NAME, read_key_file, rotate_keys, settings_of
from vibes_trio.backups.archive import Wanted, check_files, write_backup
from vibes_trio.backups.restoring import restore
from vibes_trio.config import Config
from vibes_trio.errors import ConfigError
from vibes_trio.storage.engines import check_data, make_for_commands

STEPS = (
    "open",
    "os.rename",
    "os.mkdir",
    "os.remove",
    "os.rmdir",
    "os.link",
    "sqlite3.connect",
    "shutil.rmtree",
)


def killed_at(step: int, work) -> bool:
    """Do *work* in a process that is killed before its *step*; return whether it was."""
    child = os.fork()
    if child == 0:
        left = [step]

        def look(event, args):
            if event in STEPS:
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(look)
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0, "it failed, and was not killed"
    return os.WIFSIGNALED(status)


def state_of_backup(target: Path) -> str:
    return "none" if not target.exists() else str(check_files(target).facts.chats)


def state_of_folder(folder: Path) -> str:
    """Return what a program that opens the data finds: nothing, that it may not, or how many chats."""
    config = Config(folder)
    db = make_for_commands(config, lambda: 0.0)
    if not db.path.exists():
        return "none"
    return str(check_data(db.path).chats)


def main() -> None:
    what, folder, archive = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    keys = (folder / FILE_NAME).read_bytes()
    old = settings_of(read_key_file(folder), secret=True)
    found, step, killed, new = [], 0, True, folder.with_name("restored")
    while killed:
        step += 1
        if what == "rotate":
            (folder / FILE_NAME).write_bytes(keys)
            killed = killed_at(step, lambda: rotate_keys(folder, time.time(), None))
            found.append("old" if settings_of(read_key_file(folder), secret=True) == old else "new")
            continue
        if what == "backup":
            archive.unlink(missing_ok=True)
            killed = killed_at(
                step, lambda: write_backup(Config(folder), archive, Wanted(keys=True, modules=True), 0.0)
            )
            found.append(state_of_backup(archive))
            continue
        shutil.rmtree(new, ignore_errors=True)
        killed = killed_at(step, lambda: restore(Config(new), archive))
        try:
            found.append(state_of_folder(new))
        except ConfigError:
            found.append("refused")
        if found[-1] != state_of_folder(folder):
            restore(Config(new), archive)  # run again, it ends well
            assert state_of_folder(new) == state_of_folder(folder)
    print(json.dumps(found))


main()
