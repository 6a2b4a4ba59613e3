"""Which file an import means."""

import pytest

from vibes_trio.bundle.places import make_places
from vibes_trio.content.tool_settings import Alias

NAMES = (
    "/web/src/App.tsx",
    "/web/src/lib/utils.ts",
    "/web/src/parts/index.jsx",
    "/web/public/logo.svg",
    "/shared/colours.css",
    "/web/src/old.ts",
)
ALIASES = (
    Alias("@/", ("/web/src/",)),
    Alias("@/shared/", ("/shared/", "/web/src/")),
    Alias("config", ("/web/src/old.ts",), exact=True),
)
PLACES = make_places(NAMES, "/web", "/web/public", ALIASES)


@pytest.mark.parametrize(
    ("specifier", "found"),
    [
        ("./lib/utils", "/web/src/lib/utils.ts"),
        ("./lib/utils.js", "/web/src/lib/utils.ts"),
        ("./parts", "/web/src/parts/index.jsx"),
        ("../../shared/colours.css", "/shared/colours.css"),
        ("@/lib/utils", "/web/src/lib/utils.ts"),
        ("@/shared/colours.css", "/shared/colours.css"),
        ("@/shared/lib/utils", "/web/src/lib/utils.ts"),
        ("config", "/web/src/old.ts"),
        ("/src/lib/utils", "/web/src/lib/utils.ts"),
        ("/logo.svg", "/web/public/logo.svg"),
        ("/Logo.SVG", "/web/public/logo.svg"),
        ("./Lib/Utils", "/web/src/lib/utils.ts"),
        ("@/lib/Utils", "/web/src/lib/utils.ts"),
        ("/shared/colours.css", "/shared/colours.css"),
        ("configured", None),
        ("react", None),
        ("/react", None),
        ("https://example.org/x.js", None),
        ("./none", None),
        ("@/none", None),
        ("/none", None),
    ],
)
def test_a_specifier_means_a_file_or_none(specifier, found):
    assert PLACES.find("/web/src/App.tsx", specifier) == found


@pytest.mark.parametrize(
    ("specifier", "is_own"),
    [
        ("./none", True),
        ("/none", True),
        ("@/none", True),
        ("/react", False),
        ("react", False),
        ("https://example.org", False),
        ("#inner", False),
    ],
)
def test_what_can_only_be_a_file_is_known(specifier, is_own):
    assert PLACES.is_own(specifier) is is_own


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("./parts/*.jsx", ["/web/src/parts/*.jsx"]),
        ("../*.ts", ["/web/*.ts"]),
        ("/src/**", ["/web/src/**"]),
        ("@/parts/*", ["/web/src/parts/*"]),
        ("react/*", []),
    ],
)
def test_patterns_start_where_imports_do(pattern, found):
    assert list(PLACES.expand("/web/src/App.tsx", pattern)) == found


def test_a_name_in_letters_of_another_size_is_not_exact():
    assert PLACES.find_exact("/web/src/App.tsx", "./lib/utils") == "/web/src/lib/utils.ts"
    assert PLACES.find_exact("/web/src/App.tsx", "./lib/Utils") is None
