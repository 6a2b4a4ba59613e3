"""A server that runs looks at everything itself, beside its loop, and waits for nothing too long."""

import threading
import time
from dataclasses import replace

import trio
from fakes import make_app

from vibes_trio.config import Limits
from vibes_trio.services import doctor
from vibes_trio.services.doctor import Finding, look_at_all


async def test_everything_is_looked_at_and_the_disk_in_a_thread(tmp_path, monkeypatch):
    threads = []
    plain = doctor.look_at_machine

    def look(config):
        threads.append(threading.current_thread())
        return plain(config)

    monkeypatch.setattr(doctor, "look_at_machine", look)
    config = replace(make_app().config, data_dir=tmp_path, registry_url="none")

    found = {one.what: one.level for one in await look_at_all(config)}

    assert {"Python", "disk", "data folder", "esbuild", "registry", "modules"} <= set(found)
    assert "time" not in found
    assert threads[0] is not threading.main_thread()


async def test_what_hangs_is_told_after_a_while_and_holds_up_nobody(tmp_path, monkeypatch):
    over = threading.Event()

    def hang(config):
        over.wait(30)
        return iter(())

    monkeypatch.setattr(doctor, "look_at_machine", hang)
    config = replace(make_app(limits=replace(Limits(), doctor_s=0.05)).config, data_dir=tmp_path)
    began = time.monotonic()
    passes = 0

    async with trio.open_nursery() as nursery:
        found: list[Finding] = []

        async def look() -> None:
            found.extend(await look_at_all(config))
            nursery.cancel_scope.cancel()

        nursery.start_soon(look)
        while True:
            passes += 1
            await trio.sleep(0.005)
            if nursery.cancel_scope.cancel_called:
                break
    over.set()

    assert [one.what for one in found] == ["time"]
    assert passes > 2
    assert time.monotonic() - began < 10
