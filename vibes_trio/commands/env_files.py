"""The files `.env…` of a folder; see `content.env_files`."""

from pathlib import Path

from vibes_trio.content.env_files import FILES, MAX_ENV_FILE_BYTES, EnvFiles, read_env_texts


def read_env_files(folder: Path) -> EnvFiles:
    """Return what the files of *folder* say for the page; of one that can't be read, or is too long, nothing."""
    return read_env_texts({name: _text_of(folder / name) for name in FILES})


def _text_of(path: Path) -> str:
    try:
        if path.is_symlink() or path.stat().st_size > MAX_ENV_FILE_BYTES:
            return ""
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""
