import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.content.specifiers import MAX_PACKAGE_CHARS, Kind, parse_specifier

TABLES = json.loads((Path(__file__).parents[1] / "conformance" / "tables.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("text", "package", "version", "subpath"),
    [
        ("left-pad", "left-pad", "", ""),
        ("lodash/fp/map.js", "lodash", "", "/fp/map.js"),
        ("lodash/", "lodash", "", "/"),
        ("@s/p@1/x/y", "@s/p", "1", "/x/y"),
        ("p@>=1 <2", "p", ">=1 <2", ""),
        ("p@latest/", "p", "latest", "/"),
        ("p/a.css?raw", "p", "", "/a.css?raw"),
        ("p/@scope/x@2", "p", "", "/@scope/x@2"),
        ("_under", "_under", "", ""),
        ("Apple", "Apple", "", ""),
        ("animate.css", "animate.css", "", ""),
        ("x" * MAX_PACKAGE_CHARS, "x" * MAX_PACKAGE_CHARS, "", ""),
    ],
)
def test_a_package_is_taken_apart(text: str, package: str, version: str, subpath: str) -> None:
    found = parse_specifier(text)

    assert (found.kind, found.text) == (Kind.PACKAGE, text)
    assert (found.package, found.version, found.subpath) == (package, version, subpath)


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        (Kind.RELATIVE, [".", "..", "./", "../", "./a.js", "../../a", "./a\nb", "./"]),
        (Kind.ABSOLUTE, ["/", "/a.js", "/react@18"]),
        (
            Kind.URL,
            ["https://x.test/a.js", "node:fs", "npm:left-pad", "data:text/javascript,1", "//x.test/a"],
        ),
        (
            Kind.ODD,
            ["", "#x", "a b", "a?b", "a%20b", "é", "@s", "@s/", "@/p", ".a", "...", "p@", "p@ü", "p\\x"],
        ),
        (
            Kind.ODD,
            ["p/../x", "p/./x", "p/..", "p//x", "p/x/..?y", "p/é", "p/x?a b", "x" * 215, "@@s/p", "p\n"],
        ),
    ],
)
def test_what_is_no_package_is_told_by_its_start(kind: Kind, texts: list[str]) -> None:
    assert [(text, parse_specifier(text).kind) for text in texts] == [(text, kind) for text in texts]


@pytest.mark.parametrize("row", TABLES["esm_sh"], ids=lambda row: repr(row["specifier"]))
def test_package_and_version_are_the_recorded_ones(row: dict[str, Any]) -> None:  # Any: recorded JSON
    found = parse_specifier(row["specifier"])

    if found.kind is Kind.PACKAGE:
        assert row["version_lookups"] == ([] if found.version else [found.package])
        # The reference cuts the key to the package; what follows is the same.
        version = found.version or "1.2.3"
        address = f"https://esm.sh/{found.package}@{version}{found.subpath.rstrip('/')}"
        assert row["result"] in ({found.package: address}, {})
    else:
        assert (found.package, found.version, found.subpath) == ("", "", "")


@given(st.text(max_size=40) | st.from_regex(r"(@\w+/)?\w+(@[\w.^]+)?(/\w+)*", fullmatch=True))
def test_the_parts_of_a_package_make_up_the_text(text: str) -> None:
    found = parse_specifier(text)

    if found.kind is Kind.PACKAGE:
        version = f"@{found.version}" if found.version else ""
        assert found.package + version + found.subpath == text
        assert found.package.isascii()
        assert not {" ", "\n", "?", "#", "%", "\\", ":"} & set(found.package)


def test_long_texts_take_little_time() -> None:
    for text in (
        "@" * 100_000,
        "a/" * 100_000 + "/",
        "a@" + " " * 100_000 + "\n",
        "a/" + "?" * 100_000 + " ",
    ):
        assert parse_specifier(text).kind is Kind.ODD
