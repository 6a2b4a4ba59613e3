import base64
import json

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.auth.encoding import encode_base64url
from vibes_trio.auth.jwk import new_key
from vibes_trio.auth.jws import Refused, has_signature_of, sign_jws, split_jws

MAX_BYTES = 32 * 1024


def compact(header, payload=b"{}", signature=b"x"):
    return ".".join(encode_base64url(part) for part in (header, payload, signature))


def test_signed_text_is_taken_apart_and_verified():
    key = new_key()

    token = sign_jws({"typ": "JWT", "kid": "k"}, {"é": "ü", "n": 1}, key)
    jws = split_jws(token, MAX_BYTES, typ="JWT")

    assert jws.header == {"alg": "ES256", "typ": "JWT", "kid": "k"}
    assert has_signature_of(jws, "ES256", key.public_key())
    assert not has_signature_of(jws, "ES256", new_key().public_key())
    assert jws.payload() == {"é": "ü", "n": 1}


def test_signature_is_understood_by_another_reader():
    key = new_key()

    token = sign_jws({"typ": "CERT+JWT"}, {"n": 1}, key)

    assert jwt.api_jws.decode(token, key.public_key(), algorithms=["ES256"]) == b'{"n":1}'
    assert len(base64.urlsafe_b64decode(token.split(".")[2] + "==")) == 64


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a",
        "a.b",
        "a.b.c.d",
        "...",
        " " + compact(b'{"alg":"x","typ":"JWT"}'),
        compact(b'{"alg":"x","typ":"JWT"}') + "\n",
        compact(b'{"alg":"x","typ":"JWT"}').replace(".", "=.", 1),
        compact(b"[]"),
        compact(b'"x"'),
        compact(b'{"typ":"JWT"}'),
        compact(b'{"alg":1,"typ":"JWT"}'),
        compact(b'{"alg":"x","alg":"y","typ":"JWT"}'),
        compact(b'{"alg":"x","typ":"JWT","crit":["exp"]}'),
        compact(b'{"alg":"x","typ":"JWT","crit":[]}'),
        compact(b'{"alg":"x","typ":"jwt"}'),
        compact(b'{"alg":"x","typ":null}'),
        compact(b'{"alg":"x","typ":"JWT","a":' + b"[" * 5000),
        compact(b'{"alg":"x","typ":"JWT","a":NaN}'),
        compact(b'{"alg":"x","typ":"JWT"}', b"x" * MAX_BYTES),
    ],
    ids=lambda token: token[:20] or "empty",
)
def test_other_text_is_malformed(token):
    with pytest.raises(Refused, match="malformed"):
        split_jws(token, MAX_BYTES, typ="JWT", typ_may_lack=True)


def test_typ_may_lack_only_where_it_says_so():
    token = compact(b'{"alg":"x"}')

    assert split_jws(token, MAX_BYTES, typ="JWT", typ_may_lack=True).header == {"alg": "x"}
    with pytest.raises(Refused):
        split_jws(token, MAX_BYTES, typ="CERT+JWT")


@pytest.mark.parametrize("payload", [b"", b"[]", b"x", b"\xff"])
def test_payload_that_is_no_object_is_malformed(payload):
    jws = split_jws(compact(b'{"alg":"x","typ":"JWT"}', payload), MAX_BYTES, typ="JWT")

    with pytest.raises(Refused, match="malformed"):
        jws.payload()


def test_no_variant_of_a_signature_verifies():
    key = new_key()
    head, _, signature = sign_jws({"typ": "JWT"}, {}, key).rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    loose_bits = signature[:-1] + {"A": "B", "Q": "R", "g": "h", "w": "x"}[signature[-1]]
    variants = ["", signature[:-1], signature + "A", loose_bits]
    variants += [
        encode_base64url(bytes(64)),
        encode_base64url(raw[32:] + raw[:32]),
        encode_base64url(raw + raw),
    ]

    for variant in variants:
        jws = split_jws(f"{head}.{variant}", MAX_BYTES, typ="JWT")
        assert not has_signature_of(jws, "ES256", key.public_key()), variant


def header_or_reason(token):
    try:
        return split_jws(token, MAX_BYTES, typ="JWT", typ_may_lack=True).header
    except Refused as refused:
        return refused.reason


@given(st.text(alphabet="aA0-_.=é\ud800 ", max_size=30))
def test_text_without_a_header_is_malformed(text):
    assert header_or_reason(text) == "malformed"


@given(st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | st.text(max_size=5), max_size=4))
def test_any_header_object_is_taken_or_malformed(header):
    assert header_or_reason(compact(json.dumps(header).encode())) in (header, "malformed")


def test_refusal_can_not_forge_a_line_of_the_log():
    assert "\n" not in str(Refused("expired", "serial\n2026 accepted"))
