"""Names with wildcards."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.bundle.globs import MAX_ALTERNATIVES, MAX_PATTERN_CHARS, match_names

NAMES = (
    "/p/one.jsx",
    "/p/two.tsx",
    "/p/a/three.jsx",
    "/p/.hidden/x.jsx",
    "/p/node_modules/y.jsx",
    "/q/[id].jsx",
)


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["/p/*.jsx"], ["/p/one.jsx"]),
        (["/p/**/*.jsx"], ["/p/a/three.jsx", "/p/one.jsx"]),
        (["/p/**"], ["/p/a/three.jsx", "/p/one.jsx", "/p/two.tsx"]),
        (["/**/*.{tsx,css}"], ["/p/two.tsx"]),
        (["/p/{one,two}.{jsx,tsx}"], ["/p/one.jsx", "/p/two.tsx"]),
        (["/p/*", "!/p/t*"], ["/p/one.jsx"]),
        (["/p/t?o.tsx"], ["/p/two.tsx"]),
        (["/p/[a-o]*"], ["/p/one.jsx"]),
        (["/p/[!o]*"], ["/p/two.tsx"]),
        (["/p/[--t]*"], ["/p/two.tsx"]),
        (["/p/[o--]*"], ["/p/one.jsx"]),
        (["/p/.hidden/*"], ["/p/.hidden/x.jsx"]),
        (["/p/**/**/three.jsx"], ["/p/a/three.jsx"]),
        (["/q/[[]id[]].jsx"], ["/q/[id].jsx"]),
        (["/p"], []),
        (["/p/one.jsx/**"], ["/p/one.jsx"]),
    ],
)
def test_patterns_stand_for_what_people_mean(patterns, found):
    assert match_names(patterns, NAMES) == found


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("/" + "a" * MAX_PATTERN_CHARS, "characters"),
        ("{a,b}" * 7, str(MAX_ALTERNATIVES)),
        ("/[z-a]", "can't be read"),
    ],
)
def test_a_pattern_that_is_too_much_is_refused(pattern, told):
    with pytest.raises(ValueError, match=told):
        match_names([pattern], NAMES)


def test_a_hostile_pattern_takes_no_time():
    """A pattern of stars against names that nearly match: time is linear in each length, not a power of it."""
    started = time.process_time()

    match_names(["/" + "*a" * 200 + "b"], ["/" + "a" * 400] * 20)

    assert time.process_time() - started < 1


@given(st.text(alphabet="abc*?/[]{},!.-\\", max_size=30), st.text(alphabet="abc/.", max_size=20))
def test_any_pattern_is_read_or_refused(pattern, name):
    try:
        assert set(match_names([pattern], [name])) <= {name}
    except ValueError:
        pass


@given(st.text(alphabet="abc.", min_size=1, max_size=8))
def test_a_name_stands_for_itself(name):
    assert match_names([f"/{name}"], [f"/{name}"]) == [f"/{name}"]
