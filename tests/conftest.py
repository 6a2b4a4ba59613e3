"""What every test may rely on."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import find_chromium, stop_chromium
from fake_registry import fill_store
from hypothesis import settings

# A busy machine is no fault of what is tested: what has to be quick is measured where it says so.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first: none is left for one process while the others have nothing more to do."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_sessionfinish() -> None:
    """All tests of a process share a browser: it ends with the last."""
    stop_chromium()


@pytest.fixture(autouse=True)
def _logging_stays_as_it_was() -> Iterator[None]:
    """Commands set the root logger up for a process of their own; here they share one with all tests."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def page_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with what every page is made of, built once: to be copied, for tests in a browser."""
    find_chromium()
    folder = tmp_path_factory.mktemp("store")
    fill_store(folder)
    return folder
