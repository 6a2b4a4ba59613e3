"""An app with a real database without threads, and a compiler that costs nothing."""

import pytest
from asking import FakeCompiler
from fakes import make_app, open_database


@pytest.fixture
def compiler():
    return FakeCompiler()


@pytest.fixture
def app(tmp_path, compiler):
    db = open_database(tmp_path)
    yield make_app(db, compiler=compiler)
    db.close()
