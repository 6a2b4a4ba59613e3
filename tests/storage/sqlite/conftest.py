import pytest


@pytest.fixture
def engine() -> str:
    """What is under this folder is about SQLite alone."""
    return "sqlite"
