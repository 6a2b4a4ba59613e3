"""A server that runs looks at everything by a process of its own, and waits for nothing too long."""

import sys
from dataclasses import replace

import pytest
import trio
from fakes import make_app

from vibes_trio.config import Limits
from vibes_trio.services import server_findings
from vibes_trio.services.server_findings import look_at_all
from vibes_trio.wire.operator import ToldFinding


def config_of(tmp_path, **limits):
    return replace(make_app(limits=replace(Limits(), **limits)).config, data_dir=tmp_path, port=0)


async def test_everything_that_the_doctor_knows_is_looked_at(tmp_path, monkeypatch):
    monkeypatch.setenv("VIBES_REGISTRY_URL", "https://of-nobody.invalid")
    config = replace(
        config_of(tmp_path, doctor_s=60.0), registry_url="none", origins={"VIBES_REGISTRY_URL": "flag"}
    )

    found = {one.what: one for one in await look_at_all(config)}

    assert {"Python", "disk", "data folder", "registry"} <= set(found)
    assert str(tmp_path) in found["data folder"].text
    assert "VIBES_REGISTRY_URL=none" in found["registry"].text


async def test_what_hangs_is_told_after_a_while_and_holds_up_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(server_findings, "COMMAND", (sys.executable, "-c", "import time; time.sleep(600)"))
    passes = 0

    async with trio.open_nursery() as nursery:

        async def count() -> None:
            nonlocal passes
            while True:
                passes += 1
                await trio.sleep(0.001)

        nursery.start_soon(count)
        (found,) = await look_at_all(config_of(tmp_path, doctor_s=0.2))
        nursery.cancel_scope.cancel()

    assert (found.what, found.level) == ("doctor", "problem")
    assert "within 0.2 s" in found.text
    assert passes > 10


@pytest.mark.parametrize("command", [(sys.executable, "-c", "print('odd')"), ("/none/such",)])
async def test_what_fails_is_told(tmp_path, monkeypatch, command):
    monkeypatch.setattr(server_findings, "COMMAND", command)

    assert await look_at_all(config_of(tmp_path)) == (
        ToldFinding(what="doctor", level="problem", text="it gave no answer. Run: vibes-trio doctor"),
    )
