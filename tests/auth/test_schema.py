import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.auth.certificate import CERTIFICATE, CLAIMS, EXTENSIONS
from vibes_trio.auth.csr import PAYLOAD as CSR_PAYLOAD
from vibes_trio.auth.schema import (
    ShapeError,
    array,
    boolean,
    country,
    either,
    email,
    integer,
    natural,
    nothing,
    one_of,
    record,
    text,
    url,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["iss", "sub", "params", "certificate", "csr", "subject", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (text, ""),
        (boolean, False),
        (integer, -(2**53) + 1),
        (natural, 0),
        (nothing, None),
        (country, "US"),
        (email, "a.b+c@mail.example.com"),
        (email, "ü@example.org"),
        (url, "https://example.com/x?y"),
        (url, "urn:isbn:1"),
        (one_of("a", "b"), "b"),
        (array(text), ["x", ""]),
        (either(text, array(text)), ["x"]),
    ],
)
def test_fitting_value_is_taken_as_it_is(shape, value):
    assert shape(value) == value


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (text, 1),
        (text, None),
        (boolean, 0),
        (boolean, "true"),
        (integer, True),
        (integer, 1.5),
        (integer, "1"),
        (integer, 2**53),
        (natural, -1),
        (nothing, False),
        (country, "USA"),
        (country, 12),
        (email, ""),
        (email, "a@b"),
        (email, "a@@example.com"),
        (email, ".a@example.com"),
        (email, "a..b@example.com"),
        (email, "a b@example.com"),
        (email, "a@example.com\n"),
        (email, "a" * 250 + "@example.com"),
        (url, "example"),
        (url, "//example.com"),
        (url, "http://[::1"),
        (url, "https://"),
        (one_of("a"), "b"),
        (one_of("a"), ["a"]),
        (array(text), "x"),
        (array(text), {"0": "x"}),
        (array(text), [1]),
        (either(text, nothing), 1),
        (record({}), []),
    ],
)
def test_other_value_is_refused(shape, value):
    with pytest.raises(ShapeError):
        shape(value)


def test_undeclared_members_are_dropped_at_every_level():
    shape = record({"a": record({"b": text})}, {"c": array(record({}, {"d": text}))})

    normal = shape({"a": {"b": "x", "z": 1}, "c": [{"d": "y", "z": 1}, {}], "z": 1})

    assert normal == {"a": {"b": "x"}, "c": [{"d": "y"}, {}]}


def test_closed_record_refuses_undeclared_members():
    with pytest.raises(ShapeError, match="unknown member z"):
        record({"a": text}, closed=True)({"a": "x", "z": 1})


def test_missing_member_is_named_with_its_path():
    with pytest.raises(ShapeError, match=r"^a: 1: b: is missing$"):
        record({"a": array(record({"b": text}))})({"a": [{"b": "x"}, {}]})


def test_optional_member_may_be_absent_but_not_null():
    shape = record({}, {"a": text})

    assert shape({}) == {}
    with pytest.raises(ShapeError):
        shape({"a": None})


@pytest.mark.parametrize("given_value", [{}, {"a": None}, {"a": 1}])
def test_filled_member_stands_in_for_what_does_not_fit(given_value):
    assert record({}, filled={"a": (text, "-")})(given_value) == {"a": "-"}


@given(JSON)
def test_shapes_give_a_normal_form_or_a_shape_error(value):
    for shape in (CERTIFICATE, CLAIMS, EXTENSIONS, CSR_PAYLOAD):
        try:
            normal = shape(value)
        except ShapeError:
            continue
        assert shape(normal) == normal


def test_hostile_email_is_refused_in_linear_time():
    with pytest.raises(ShapeError):
        email("a." * 100 + "@" + "a-." * 15 + "1")
