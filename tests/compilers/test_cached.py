from collections import Counter

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from vibes_trio.compilers.cached import CachedCompiler
from vibes_trio.compilers.interface import Compiled, Lang, Source
from vibes_trio.errors import TransformFailed


class Fake:
    """Compiles by upper-casing once `released`; fails on "bad"."""

    version = "fake 1"

    def __init__(self) -> None:
        self.released = trio.Event()
        self.calls: Counter[str] = Counter()

    async def compile(self, source: Source, user: str = "") -> Compiled:
        self.calls[source.text] += 1
        await self.released.wait()
        if source.text == "bad":
            raise TransformFailed("no good", filename=source.filename, line=3, column=4)
        return Compiled(source.text.upper(), (), (), False)


def source(text: str, lang: Lang = "js", filename: str = "a.js") -> Source:
    return Source(filename, lang, text)


async def test_same_content_is_compiled_once_whatever_its_name() -> None:
    fake = Fake()
    fake.released.set()
    cached = CachedCompiler(fake, 10_000)

    first = await cached.compile(source("a"))
    second = await cached.compile(source("a", filename="b.js"))

    assert first is second
    assert first.code == "A"
    assert fake.calls == {"a": 1}
    assert cached.version == "fake 1"


async def test_other_language_is_compiled_apart() -> None:
    fake = Fake()
    fake.released.set()
    cached = CachedCompiler(fake, 10_000)

    await cached.compile(source("a", "js"))
    await cached.compile(source("a", "jsx"))

    assert fake.calls == {"a": 2}


async def test_equal_requests_at_once_share_one_compilation() -> None:
    fake = Fake()
    cached = CachedCompiler(fake, 10_000)
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(cached.compile, source("a"))
        await wait_all_tasks_blocked()

        fake.released.set()

    assert fake.calls == {"a": 1}


async def test_failure_is_shared_and_then_forgotten() -> None:
    fake = Fake()
    cached = CachedCompiler(fake, 10_000)
    failures: list[TransformFailed] = []

    async def compile_bad() -> None:
        with pytest.raises(TransformFailed) as caught:
            await cached.compile(source("bad"))
        failures.append(caught.value)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(compile_bad)
        nursery.start_soon(compile_bad)
        await wait_all_tasks_blocked()
        fake.released.set()
    assert fake.calls == {"bad": 1}

    await compile_bad()

    assert fake.calls == {"bad": 2}
    assert {failure.message for failure in failures} == {"a.js:3:4: no good"}
    assert len({id(failure) for failure in failures}) == 3


async def test_next_in_line_compiles_when_the_first_is_cancelled() -> None:
    fake = Fake()
    cached = CachedCompiler(fake, 10_000)
    results: list[Compiled] = []

    async def wait_for_result() -> None:
        results.append(await cached.compile(source("a")))

    async with trio.open_nursery() as nursery:
        first = trio.CancelScope()

        async def compile_first() -> None:
            with first:
                await cached.compile(source("a"))

        nursery.start_soon(compile_first)
        await wait_all_tasks_blocked()
        nursery.start_soon(wait_for_result)
        nursery.start_soon(wait_for_result)
        await wait_all_tasks_blocked()
        first.cancel()
        await wait_all_tasks_blocked()
        fake.released.set()

    assert [result.code for result in results] == ["A", "A"]
    assert fake.calls == {"a": 2}


async def test_least_used_result_goes_when_the_bound_is_reached() -> None:
    fake = Fake()
    fake.released.set()
    cached = CachedCompiler(fake, 2 * (1024 + 4 * 100))
    a, b, c = source("a" * 100), source("b" * 100), source("c" * 100)

    for each in (a, b, a, c, a, b):
        await cached.compile(each)

    assert fake.calls == {a.text: 1, b.text: 2, c.text: 1}


async def test_result_beyond_the_whole_bound_is_not_kept() -> None:
    fake = Fake()
    fake.released.set()
    cached = CachedCompiler(fake, 2000)

    await cached.compile(source("small"))
    await cached.compile(source("x" * 1000))
    await cached.compile(source("x" * 1000))

    assert fake.calls["x" * 1000] == 2


async def test_lone_surrogate_reaches_the_compiler() -> None:
    fake = Fake()
    fake.released.set()

    await CachedCompiler(fake, 10_000).compile(source("\ud800"))

    assert fake.calls == {"\ud800": 1}


async def test_users_do_not_wait_for_the_turn_of_another_who_has_the_same() -> None:
    """Without the user in the key of a flight, who floods can have what others compile stand far behind."""
    fake = Fake()
    cached = CachedCompiler(fake, 10_000)
    async with trio.open_nursery() as nursery:
        for user in ("ada", "ada", "bob"):
            nursery.start_soon(cached.compile, source("a"), user)
        await wait_all_tasks_blocked()

        assert fake.calls == {"a": 2}
        fake.released.set()
