"""A real esbuild, where this machine has one."""

from pathlib import Path

import pytest
from fake_registry import require_esbuild

from vibes_trio.compilers.choose import open_compiler
from vibes_trio.config import Limits


@pytest.fixture
async def esbuild():
    async with open_compiler(Limits(), require_esbuild(), Path("/nowhere")) as compiler:
        yield compiler
