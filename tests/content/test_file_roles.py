import pytest

from vibes_trio.content.file_roles import is_apart, is_copy, is_server, stem_of


@pytest.mark.parametrize(
    "name",
    [
        "/vite.config.ts",
        "/tailwind.config.js",
        "/postcss.config.cjs",
        "/eslint.config.mjs",
        "/config.js",
        "/src/App.test.jsx",
        "/src/App.spec.tsx",
        "/src/__tests__/App.jsx",
        "/src/setupTests.js",
        "/vitest.setup.ts",
        "/src/Button.stories.jsx",
        "/src/vite-env.d.ts",
        "/types/styles.d.css.ts",
        "/cypress/support/commands.js",
        "/babelrc.js",
    ],
)
def test_files_of_tools_are_apart(name):
    assert is_apart(name)


@pytest.mark.parametrize(
    "name", ["/App.jsx", "/src/main.tsx", "/src/configure.js", "/latest.js", "/test.jsx", "/d.ts"]
)
def test_files_of_the_app_are_not(name):
    assert not is_apart(name)


@pytest.mark.parametrize(
    "name",
    [
        "/App copy.jsx",
        "/App-old.jsx",
        "/App (1).jsx",
        "/Copy of App.jsx",
        "/HeaderOld.jsx",
        "/App.backup2.jsx",
    ],
)
def test_copies_are_known_by_their_name(name):
    assert is_copy(name)


@pytest.mark.parametrize("name", ["/App.jsx", "/Scaffold.jsx", "/Old.jsx", "/Gold.jsx", "/Threshold.jsx"])
def test_other_names_are_no_copies(name):
    assert not is_copy(name)


def test_server_files_are_known_by_their_name():
    assert is_server("/server.js")
    assert not is_server("/servers.js")


def test_a_stem_is_the_last_part_without_its_ending():
    assert stem_of("/src/App.tsx") == "App"
