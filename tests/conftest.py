"""What every test may rely on."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


SECRET = re.compile(
    r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}|PRIVATE KEY-----|[\"']d[\"']: ?[\"'][\w-]{40,}"
)
"""A signed token, or a private key."""


@pytest.fixture(autouse=True)
def _no_secret_is_logged() -> Iterator[None]:
    """Whatever a test makes the program log, at any level that is heard, no token and no key stands in it."""
    told: list[str] = []
    make = logging.getLogRecordFactory()

    def look(*args: Any, **kwargs: Any) -> logging.LogRecord:  # Any: whatever a record is made of
        record = make(*args, **kwargs)
        failed = record.exc_info[1] if record.exc_info else ""
        if record.name.startswith("vibes_trio") and SECRET.search(f"{record.getMessage()} {failed}"):
            told.append(f"{record.pathname}:{record.lineno}")
        return record

    logging.setLogRecordFactory(look)
    yield
    logging.setLogRecordFactory(make)
    assert told == []


@pytest.fixture(scope="session")
def page_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with what every page is made of, built once: to be copied, for tests in a browser."""
    find_chromium()
    folder = tmp_path_factory.mktemp("store")
    fill_store(folder)
    return folder
