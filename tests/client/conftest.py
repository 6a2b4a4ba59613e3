"""A server of ours, with two people's key files."""

from collections.abc import Iterator

import pytest
from served import Served, serving_people


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_people(tmp_path_factory.mktemp("client")) as served:
        yield served
