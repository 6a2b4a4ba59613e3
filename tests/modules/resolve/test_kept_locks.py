"""Locks of before: found again for the same packages while they are young, and for fewer when nothing else helps."""

import time

import msgspec
import pytest

from vibes_trio.config import Limits
from vibes_trio.modules.resolve.kept_locks import KeptLock, KeptLocks, lock_name
from vibes_trio.modules.resolve.package_lock import Lock

LIMITS = Limits(known_locks=2, kept_locks=3, lookup_cache_s=3600)
WANTED = {"d3": "7.9.0", "date-fns/format": "latest"}
LOCK = Lock(
    shared={"d3": "d3@7.9.0", "date-fns": "date-fns@4.1.0"},
    modules={"d3": "/~esm/d3@7.9.0/~a", "date-fns/format": "/~esm/date-fns@4.1.0/~b/format"},
)


@pytest.fixture
def kept(tmp_path):
    return KeptLocks(tmp_path, LIMITS)


def test_the_same_packages_find_their_lock_in_any_order_here_and_after_a_restart(kept, tmp_path):
    kept.keep(WANTED, LOCK)
    turned = dict(reversed(WANTED.items()))

    assert kept.find(turned) == LOCK
    assert KeptLocks(tmp_path, LIMITS).find(WANTED) is None, "that would read the disk"
    assert KeptLocks(tmp_path, LIMITS).load(turned) == LOCK
    assert kept.load({"d3": "7.9.0"}) is None
    assert kept.load(WANTED | {"d3": "latest"}) is None


def test_a_lock_that_is_old_is_resolved_anew_but_still_better_than_nothing(kept, tmp_path):
    old = KeptLock(wanted=WANTED, lock=LOCK, resolved=time.time() - LIMITS.lookup_cache_s)
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / lock_name(WANTED)).write_bytes(msgspec.json.encode(old))

    assert kept.load(WANTED) is None
    assert kept.find_alike(WANTED) == [LOCK]


def test_fewer_packages_find_a_lock_that_holds_them(kept):
    kept.keep(WANTED, LOCK)

    assert kept.find_alike({"d3": "latest"}) == [LOCK]
    assert kept.find_alike({"d3": "^7", "date-fns/format": "4.1.0"}) == [LOCK]
    assert kept.find_alike({"d3": "^6"}) == []
    assert kept.find_alike({"date-fns": "latest"}) == [], "it has no module of that part"
    assert kept.find_alike({"three": "latest"}) == []


def test_the_youngest_comes_first(kept):
    newer = msgspec.structs.replace(LOCK, notes=("newer",))
    kept.keep({"d3": "7.9.0"}, LOCK)
    kept.keep(WANTED, newer)

    assert kept.find_alike({"d3": "7"}) == [newer, LOCK]


def test_what_is_kept_is_bounded_in_memory_and_on_the_disk(kept, tmp_path):
    for number in range(5):
        kept.keep({"d3": str(number)}, LOCK)

    assert [kept.find({"d3": str(number)}) is not None for number in range(5)] == [False] * 3 + [True] * 2
    assert len(list((tmp_path / "locks").iterdir())) == 3


def test_a_broken_file_is_passed_over(kept, tmp_path):
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / lock_name(WANTED)).write_bytes(b"{}")

    assert kept.load(WANTED) is None
    assert kept.find_alike(WANTED) == []
    assert KeptLocks(tmp_path / "nothing", LIMITS).find_alike(WANTED) == []
