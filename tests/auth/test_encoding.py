import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.auth.certificate import thumbprints
from vibes_trio.auth.encoding import (
    canonical_json,
    decode_base58btc,
    decode_base64,
    decode_base64url,
    encode_base58btc,
    encode_base64url,
    parse_json,
    parse_object,
    sorts_alike,
)

VECTORS = json.loads((Path(__file__).parents[1] / "conformance" / "auth-vectors.json").read_text("utf-8"))
CANONICAL = {vector["name"]: vector for vector in VECTORS["canonical"]}


@pytest.mark.parametrize("vector", VECTORS["base58btc"], ids=lambda vector: vector["hex"] or "empty")
def test_base58btc_is_as_recorded(vector):
    assert encode_base58btc(bytes.fromhex(vector["hex"])) == vector["base58btc"]
    assert decode_base58btc(vector["base58btc"]).hex() == vector["hex"]


@given(st.binary(max_size=80))
def test_base58btc_and_base64url_give_back_what_they_took(data):
    assert decode_base58btc(encode_base58btc(data)) == data
    assert decode_base64url(encode_base64url(data)) == data


@pytest.mark.parametrize("text", ["", "2NEpo7TZRRrLZSi2U", "z0", "zAQ4 ", " zAQ4", "zAQ4\n", "Z1", "zé"])
def test_other_text_is_no_base58btc(text):
    with pytest.raises(ValueError):
        decode_base58btc(text)


@pytest.mark.parametrize("text", ["A", "QQ==", "QR", "Q Q", "QQ\n", "Q+", "Q/", "é", "AAAAA"])
def test_padding_other_characters_and_loose_bits_are_no_base64url(text):
    with pytest.raises(ValueError):
        decode_base64url(text)


@pytest.mark.parametrize("text", ["QQ", "QQ==\n", "Q Q=", "Q-==", "é"])
def test_unpadded_or_url_safe_text_is_no_base64(text):
    with pytest.raises(ValueError):
        decode_base64(text)


@given(st.text(max_size=40))
def test_any_text_is_decoded_or_refused_with_value_error(text):
    for decode in (decode_base58btc, decode_base64url, decode_base64, lambda text: parse_json(text.encode())):
        with contextlib.suppress(ValueError):
            decode(text)


@pytest.mark.parametrize("name", ["certificate-alice", "certificate-bob"])
def test_canonical_json_has_the_bytes_that_javascript_hashes(name):
    vector = CANONICAL[name]

    text = canonical_json(vector["certificate_payload"])

    assert text == vector["canonical_json"]
    assert decode_base64(vector["x5c"]) == text.encode()


@pytest.mark.parametrize("name", CANONICAL)
def test_thumbprints_are_of_the_bytes_on_the_wire(name):
    vector = CANONICAL[name]

    assert thumbprints(decode_base64(vector["x5c"])) == (vector["x5t"], vector["x5t#S256"])


def test_names_that_clients_sort_by_locale_are_known_to_differ():
    payload = CANONICAL["certificate-carol"]["certificate_payload"]
    claims = payload["creatingUser"]["claims"]

    assert canonical_json(payload) != CANONICAL["certificate-carol"]["canonical_json"]
    assert parse_json(CANONICAL["certificate-carol"]["canonical_json"].encode()) == payload
    assert not sorts_alike(claims["params"]["public_meta"])
    assert not sorts_alike(claims["app_metadata"])


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        ({}, True),
        (None, True),
        ({"a": 1, "a_b": [{"c": "É"}]}, True),
        ({"a": 1.5}, False),
        ({"a": [{"B": 1}]}, False),
        ({"1": 1}, False),
        ({"a": {"é": 1}}, False),
        ({"": 1}, False),
    ],
)
def test_only_plain_names_and_ints_sort_and_print_alike_everywhere(value, verdict):
    assert sorts_alike(value) is verdict


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"NaN",
        b"[Infinity]",
        b"1e999",
        b'{"a":1,"a":2}',
        b'"\\ud800"',
        b'{"\\udc00":1}',
        b"[" * 100_000,
        b"1" * 5000,
        b"{} {}",
    ],
    ids=lambda data: repr(data)[:24],
)
def test_what_is_no_plain_json_is_refused(data):
    with pytest.raises(ValueError):
        parse_json(data)


def test_numbers_are_javascripts():
    assert parse_json(b"[1.0,-0.0,1e3,1.5,9007199254740993.0]") == [1, 0, 1000, 1.5, 9007199254740992.0]
    assert [type(number) for number in parse_json(b"[1.0,1e3,1.5,1e300]")] == [int, int, float, float]


def test_surrogate_pair_is_one_character():
    assert parse_json(b'"\\ud83e\\udd8a"') == "🦊"


@pytest.mark.parametrize("data", [b"[]", b'"x"', b"1", b"null"])
def test_other_values_are_no_object(data):
    with pytest.raises(ValueError):
        parse_object(data)


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_nesting_is_bounded_whatever_the_parser_could_do(opening, closing):
    fits = opening * 199 + b"[]" + closing * 199
    too_deep = opening * 200 + b"[]" + closing * 200

    assert parse_json(fits)
    with pytest.raises(ValueError, match="nested too deep"):
        parse_json(too_deep)


def test_many_members_side_by_side_are_not_deep():
    assert len(parse_json(b"[" + b"[]," * 5000 + b"[]]")) == 5001
