"""Commands are called as functions: the parser has its own tests."""

from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from served import Served, serving_people

from vibes_trio.config import SETTINGS

Command = Callable[[Namespace], int]


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder that is not there yet, and no setting from outside."""
    for setting in SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)
    return tmp_path / "data"


@pytest.fixture
def options(data_dir: Path) -> Callable[..., Namespace]:
    """Parsed arguments of a command on that folder; what isn't given is as if not typed."""

    def make(settings: dict[str, str] | None = None, **given: Any) -> Namespace:
        return Namespace(
            **{"json": False} | given, settings={"VIBES_DATA_DIR": str(data_dir), **(settings or {})}
        )

    return make


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server, with two people's key files."""
    with serving_people(tmp_path_factory.mktemp("served")) as served:
        yield served
