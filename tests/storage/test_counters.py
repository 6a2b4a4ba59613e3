"""What others look at to see that something changed."""

from vibes_trio.storage import Database
from vibes_trio.storage.counters import count_up, get_count


async def test_each_counter_grows_alone_from_nothing(inline: Database) -> None:
    assert await inline.get(get_count, "releases") == 0

    for _ in range(2):
        await inline.write(count_up, "releases")

    assert await inline.get(get_count, "releases") == 2
    assert await inline.get(get_count, "certificates") == 0
