"""One server at a time serves a data folder."""

from pathlib import Path

import pytest

from vibes_trio.errors import ConfigError
from vibes_trio.storage.sqlite.alone import LOCK, alone


def test_a_folder_is_free_again_when_its_server_has_ended(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    with alone(folder, 0), pytest.raises(ConfigError, match="another server"), alone(folder, 0):
        pass
    with alone(folder, 0):
        assert (folder / LOCK).stat().st_mode & 0o777 == 0o600


def test_a_data_folder_that_is_none_is_said_by_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError, match="VIBES_DATA_DIR"), alone(tmp_path / "file", 0):
        pass
