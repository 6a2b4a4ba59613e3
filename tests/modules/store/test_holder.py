"""One process at a time builds into a store; others wait, and can see who it is."""

import pytest
import trio
import trio.testing

from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.store.holder import StoreHolder, find_builders, hold_store


async def test_the_second_waits_for_the_first(tmp_path, autojump_clock):
    order = []

    async def build(label):
        async with hold_store(tmp_path / "modules", label, 10):
            order.append(f"{label} in")
            assert find_builders(tmp_path / "modules") == {label}
            await trio.sleep(1)
            order.append(f"{label} out")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(build, "garden--ada")
        nursery.start_soon(build, "prefetch")

    first = order[0].split()[0]
    assert order[1] == f"{first} out"
    assert sorted(order) == ["garden--ada in", "garden--ada out", "prefetch in", "prefetch out"]
    assert not find_builders(tmp_path / "modules")


async def test_nobody_waits_for_ever(tmp_path, autojump_clock):
    async with hold_store(tmp_path, "long", 1):
        with pytest.raises(ModuleFailed, match="another process is building"):
            async with hold_store(tmp_path, "short", 1):
                raise AssertionError("it is held")

        assert find_builders(tmp_path) == {"long"}


async def test_who_leaves_with_an_error_leaves_it_free(tmp_path):
    with pytest.raises(ZeroDivisionError):
        async with hold_store(tmp_path, "first", 1):
            raise ZeroDivisionError

    async with hold_store(tmp_path, "second", 0):
        pass


async def test_a_folder_that_can_not_be_used_is_said_so(tmp_path):
    (tmp_path / "modules").write_text("a file")

    with pytest.raises(ModuleFailed, match=r"build\.lock can't be opened"):
        async with hold_store(tmp_path / "modules", "x", 1):
            pass


def test_without_a_store_nobody_builds(tmp_path):
    assert not find_builders(tmp_path / "nothing")


async def test_builds_of_one_process_hold_it_together_until_the_last_has_ended(tmp_path, autojump_clock):
    """Without the count, the second waits for itself, or the first to end lets others in."""
    holder = StoreHolder(tmp_path, 1)
    seen = []

    async def build(label, seconds):
        async with holder.hold(label):
            await trio.sleep(seconds)
            seen.append(find_builders(tmp_path))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(build, "a--ada", 1)
        nursery.start_soon(build, "b--bob", 2)
        await trio.sleep(0.5)
        with pytest.raises(ModuleFailed, match="another process is building"):
            async with hold_store(tmp_path, "other", 1):
                pass

    assert seen == [{"a--ada", "b--bob"}, {"b--bob"}]
    async with hold_store(tmp_path, "other", 0):
        pass
