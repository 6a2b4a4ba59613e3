"""What may become a problem of a server that runs: what `vibes-trio doctor` finds, in a process of its own.

It looks at disks, names and other hosts, which may take long or hang: nobody else waits for it, and it has a deadline.
"""

import logging
import os
import subprocess
import sys
from collections.abc import Mapping

import msgspec
import trio

from vibes_trio.config import SETTINGS, Config
from vibes_trio.wire.operator import ToldFinding

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "vibes_trio", "doctor", "--json")

_decoder = msgspec.json.Decoder(tuple[ToldFinding, ...])


async def look_at_all(config: Config) -> tuple[ToldFinding, ...]:
    """Return what is found; where that takes longer than `limits.doctor_s`, or fails, that is what is found."""
    with trio.move_on_after(config.limits.doctor_s):
        try:
            done = await trio.run_process(
                COMMAND,
                capture_stdout=True,
                capture_stderr=True,
                check=False,
                env=_settings_of(config),
                deliver_cancel=_kill,
            )
            return _decoder.decode(done.stdout)
        except (OSError, subprocess.SubprocessError, msgspec.DecodeError) as error:
            log.warning("vibes-trio doctor, asked by the server, gave no answer: %s", error)
            return _problem("it gave no answer. Run: vibes-trio doctor")
    seconds = f"{config.limits.doctor_s:g} s"
    words = f"not everything was looked at within {seconds}: the disk or the network is slow. Run: vibes-trio doctor"
    return _problem(words)


def _problem(text: str) -> tuple[ToldFinding, ...]:
    return (ToldFinding(what="doctor", level="problem", text=text),)


async def _kill(process: trio.Process) -> None:
    process.kill()


def _settings_of(config: Config) -> Mapping[str, str]:
    """Return the environment in which a command has the settings of this server, flags included."""
    given = {"VIBES_DATA_DIR": str(config.data_dir), "VIBES_PORT": str(config.port)}
    for setting in SETTINGS:
        if config.origins.get(setting.name) == "flag" and setting.parse not in (
            "app_env",
            "numbered",
            "path",
        ):
            value = getattr(config, setting.field)
            given[setting.name] = ",".join(value) if isinstance(value, tuple) else str(value)
    return {**os.environ, **given}
