import hashlib

from vibes_trio.auth.verifier import VerifiedCache, digest_of


def test_entry_is_given_out_before_its_time_and_not_at_it():
    cache: VerifiedCache[str] = VerifiedCache(10)
    cache.keep(b"a", "A", until=100)

    assert cache.find(b"a", now=99.9) == "A"
    assert cache.find(b"a", now=100) is None
    assert len(cache) == 0


def test_unknown_digest_is_not_found():
    assert VerifiedCache(10).find(b"a", now=0) is None


def test_oldest_entry_goes_when_it_is_full():
    cache: VerifiedCache[int] = VerifiedCache(2)

    for number in range(4):
        cache.keep(bytes([number]), number, until=100)

    assert [cache.find(bytes([number]), now=0) for number in range(4)] == [None, None, 2, 3]


def test_drop_forgets_everything():
    cache: VerifiedCache[int] = VerifiedCache(2)
    cache.keep(b"a", 1, until=100)

    cache.drop()

    assert cache.find(b"a", now=0) is None


def test_digest_is_the_sha256_of_the_text_and_takes_any_text():
    assert digest_of("abc") == hashlib.sha256(b"abc").digest()
    assert digest_of("\ud800") != digest_of("\ud801")
