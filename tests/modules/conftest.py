"""A server's settings and a registry, both new for each test."""

from pathlib import Path

import pytest
from fake_registry import FakeRegistry, require_esbuild

from vibes_trio.config import Config, Limits


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path, esbuild=require_esbuild(), limits=Limits(fetch_tries=1))


@pytest.fixture
def registry() -> FakeRegistry:
    return FakeRegistry()
