"""The table from wire code to HTTP status."""

import vibes_trio.errors as errors
from vibes_trio.errors import VibesError
from vibes_trio.front.status import STATUS


def test_every_error_has_a_status():
    codes = {c.code for c in vars(errors).values() if isinstance(c, type) and issubclass(c, VibesError)}

    assert codes == set(STATUS)
