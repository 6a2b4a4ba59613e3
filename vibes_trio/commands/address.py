"""Where the server of a data folder listens, told by a file in it while the server runs.

Commands on the same machine find the server by it whatever its port. It is a hint: after a crash it may be there
although nobody listens. One line, `{url} {process id}`.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from vibes_trio.whole_files import PRIVATE, whole_file

FILE_NAME = "address"
_REACHED_AT: Mapping[str, str] = MappingProxyType({"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"})


def url_of(host: str, port: int) -> str:
    """Return the address at which a server that listens on *host* is reached from this machine."""
    reached = _REACHED_AT.get(host, host)
    return f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"


def write_address(data_dir: Path, url: str, pid: int) -> None:
    """Tell that the process *pid* serves *data_dir* at *url*."""
    with whole_file(data_dir / FILE_NAME, PRIVATE) as file:
        file.write(f"{url} {pid}\n".encode("ascii"))


def read_address(data_dir: Path) -> str:
    """Return where the server of *data_dir* was last said to listen; empty: nowhere."""
    return _read(data_dir)[0]


def remove_address(data_dir: Path, pid: int) -> None:
    """Take the hint of process *pid* away; another server's stays."""
    if _read(data_dir)[1] == str(pid):
        (data_dir / FILE_NAME).unlink(missing_ok=True)


def _read(data_dir: Path) -> tuple[str, str]:
    try:
        words = (data_dir / FILE_NAME).read_text("ascii").split()
    except (OSError, UnicodeDecodeError):
        return "", ""
    return (words[0], words[1]) if len(words) == 2 else ("", "")
