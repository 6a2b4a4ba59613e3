"""Which names a file of an app may have."""

import pytest

from vibes_trio.content.filenames import check_filename, lang_of
from vibes_trio.errors import BadRequest


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "must start with /"),
        ("a.txt", "must start with /"),
        ("./a.txt", "must start with /"),
        ("/", "names no file"),
        ("//a", "empty folder name"),
        ("/a//b", "empty folder name"),
        ("/../a", "dot segment"),
        ("/a/../b", "dot segment"),
        ("/a/./b", "dot segment"),
        ("/a/..", "dot segment"),
        ("/a/.", "dot segment"),
        ("/a\\b", "backslash"),
        ("/a\x00b", "control character"),
        ("/a\nb", "control character"),
        ("/~~calculated~~/x", "server's own"),
        ("/~esm/react", "server's own"),
        ("/~z12345678~/x", "server's own"),
        ("/" + "x" * 512, "longer than 512"),
    ],
)
def test_a_name_that_breaks_a_rule_is_refused_and_told_why(name, words):
    with pytest.raises(BadRequest, match=words):
        check_filename(name, 512, "$.fileSystem[0].filename")


@pytest.mark.parametrize(
    "name",
    ["/App.jsx", "/a b.txt", "/ü.txt", "/a?b", "/a%20b", "/.env", "/a/", "/a..b", "/...", "/~z1", "/~x"],
)
def test_other_names_are_taken(name):
    check_filename(name, 512, "$.fileSystem[0].filename")


def test_the_language_of_a_module_comes_from_its_name():
    assert [lang_of(name) for name in ("/A.JSX", "/a.mjs", "/a.b.ts", "/a.tsx", "/jsx", "/a.css")] == [
        "jsx",
        "js",
        "ts",
        "tsx",
        None,
        None,
    ]
