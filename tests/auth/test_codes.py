"""One-time codes: what is kept of them."""

from vibes_trio.auth.codes import hash_code


def test_how_a_code_is_typed_makes_no_difference():
    assert hash_code("ABCD-2345") == hash_code(" abcd 2345\n") == hash_code("ABCD2345")
    assert hash_code("ABCD2346") != hash_code("ABCD2345")
