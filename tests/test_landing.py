from vibes_trio.exchange import Cid
from vibes_trio.landing import Landing

ONE, TWO = Cid("zOne"), Cid("zTwo")


def test_an_asset_is_landing_until_the_last_deploy_that_brings_it_is_over() -> None:
    landing = Landing()

    with landing.hold([ONE, TWO]):
        with landing.hold([ONE]):
            assert landing.cids == {ONE, TWO}
        assert landing.cids == {ONE, TWO}

    assert landing.cids == frozenset()
