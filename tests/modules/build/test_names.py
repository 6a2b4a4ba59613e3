import pytest

from vibes_trio.modules.build.names import _find_starred


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("export * from './a.js'", ["./a.js"]),
        ('export*from"a";export * from "b";', ["a", "b"]),
        ("export\n*\nfrom 'a'", ["a"]),
        ("// export * from 'a'", ["a"]),
        ("export * as x from 'a'; export { y } from 'b'; exports.z = 1", []),
        ("reexport * from 'a'", []),
        ("exportexport * from 'a'", []),
        ("export * from 'é'", ["é"]),
        ("", []),
    ],
)
def test_export_of_all_is_found_in_the_text(tmp_path, text, found):
    path = tmp_path / "m.js"
    path.write_text(text, "utf-8")

    assert _find_starred(path) == found
