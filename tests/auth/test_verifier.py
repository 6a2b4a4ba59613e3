from vibes_trio.auth.verifier import VerifiedCache


def test_entry_is_given_out_before_its_time_and_not_at_it():
    cache: VerifiedCache[str] = VerifiedCache(10, 100)
    cache.keep("a", "A", until=100)

    assert cache.find("a", now=99.9) == "A"
    assert cache.find("a", now=100) is None
    assert len(cache) == 0


def test_unknown_text_is_not_found():
    cache: VerifiedCache[str] = VerifiedCache(10, 100)
    cache.keep("a", "A", until=100)

    assert cache.find("A", now=0) is None
    assert cache.find("\ud800", now=0) is None


def test_oldest_entry_goes_when_there_are_too_many():
    cache: VerifiedCache[int] = VerifiedCache(2, 100)

    for number in range(4):
        cache.keep(str(number), number, until=100)

    assert [cache.find(str(number), now=0) for number in range(4)] == [None, None, 2, 3]


def test_oldest_entries_go_when_their_texts_are_too_long_together():
    cache: VerifiedCache[int] = VerifiedCache(10, 100)

    for letter in "abcd":
        cache.keep(letter * 30, 1, until=100)
    assert [cache.find(letter * 30, now=0) for letter in "abcd"] == [None, 1, 1, 1]

    cache.keep("e" * 101, 1, until=100)
    assert len(cache) == 0


def test_what_expired_or_was_kept_again_counts_once():
    cache: VerifiedCache[int] = VerifiedCache(10, 100)
    for _ in range(3):
        cache.keep("a" * 60, 1, until=100)
    assert cache.find("a" * 60, now=100) is None

    cache.keep("b" * 100, 2, until=100)

    assert cache.find("b" * 100, now=0) == 2


def test_drop_forgets_everything():
    cache: VerifiedCache[int] = VerifiedCache(2, 100)
    cache.keep("a" * 100, 1, until=100)

    cache.drop()

    assert cache.find("a" * 100, now=0) is None
    cache.keep("b" * 100, 1, until=100)
    assert len(cache) == 1
