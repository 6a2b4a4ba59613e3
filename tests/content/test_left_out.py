"""Names that are no part of an app, and who has the last word on them."""

import pytest

from vibes_trio.config import Limits
from vibes_trio.content.left_out import (
    IGNORED,
    SECRET,
    LeftOut,
    describe,
    is_any_meant,
    is_lock_too_large,
    make_choice,
    why_by_name,
)
from vibes_trio.errors import BadRequest

SECRETS = [
    *(
        ".env",
        ".env.local",
        "env",
        "env.local",
        "env.production",
        "env.production.local",
        "prod.env",
        "ENV.LOCAL",
    ),
    *("key.pem", "server.key", "a.p12", "a.PFX", "store.jks", "id_rsa", "id_ed25519", "x.ppk", "login.kdbx"),
    *("serviceAccountKey.json", "service-account.json", "app-firebase-adminsdk-x1.json", ".npmrc", ".netrc"),
]
PARTS_OF_APPS = [
    *(
        "App.jsx",
        "env.js",
        "env.ts",
        "env.d.ts",
        "vite-env.d.ts",
        "environment.ts",
        "keys.json",
        "pem.js",
        "README.md",
    ),
    *(
        "package.json",
        "package-lock.json",
        "yarn.lock",
        "id_rsa.pub",
        "cert.crt",
        "key.pem.js",
        "monkey.png",
        "a~b.js",
    ),
    *("App copy.jsx", "logo.svg", "backup.jsx", "log.js", "secret.jsx", "thumbs.json", "icon.png", "tmp.css"),
]


@pytest.mark.parametrize("name", SECRETS)
def test_what_is_called_like_a_secret_is_one(name: str) -> None:
    assert why_by_name(name) == SECRET
    assert why_by_name(f"a/b/{name}") == SECRET


@pytest.mark.parametrize(
    "name",
    [
        "App.jsx~",
        "App.jsx.bak",
        "App.jsx.orig",
        "#App.jsx#",
        ".#App.jsx",
        ".App.jsx.swp",
        "a.swp",
        "~$doc.docx",
    ],
)
def test_what_editors_leave_behind_is_no_part_of_an_app(name: str) -> None:
    assert why_by_name(name) == "editors' copies"


@pytest.mark.parametrize(
    "name",
    [
        ".DS_Store",
        "._App.jsx",
        "Icon\r",
        "Thumbs.db",
        "ehthumbs.db",
        "Desktop.ini",
        "__MACOSX/",
        "$RECYCLE.BIN/",
    ],
)
def test_what_systems_leave_behind_is_no_part_of_an_app(name: str) -> None:
    assert why_by_name(name) == "the system's"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("node_modules/", "packages"),
        ("__pycache__/", "packages"),
        (".git/", "version control"),
        ("CVS/", "version control"),
        ("npm-debug.log", "logs"),
        (".vscode/", "hidden"),
        (".eslintrc", "hidden"),
    ],
)
def test_what_tools_keep_for_themselves_is_no_part_of_an_app(name: str, reason: str) -> None:
    assert why_by_name(name) == reason


@pytest.mark.parametrize("name", [*PARTS_OF_APPS, "src/", "env/", "logs/", "keys/"])
def test_everything_else_is(name: str) -> None:
    assert why_by_name(name) == ""


def choose(ignore: str, *include: str, name: str) -> str:
    return make_choice(IGNORED, ignore.splitlines(), include).why_left_out(name)


@pytest.mark.parametrize(
    ("ignore", "name", "reason"),
    [
        ("*.psd", "art/logo.psd", IGNORED),
        ("drafts/", "drafts/", IGNORED),
        ("drafts/", "src/drafts/", IGNORED),
        ("/drafts", "src/drafts/", ""),
        ("*.md\n!README.md", "README.md", ""),
        ("*.md\n!README.md", "NOTES.md", IGNORED),
        ("# *.jsx\n\n", "App.jsx", ""),
        ("!key.pem", "key.pem", ""),
        ("!node_modules/", "node_modules/x/index.js", ""),
        ("*.psd\r\n", "logo.psd", IGNORED),
    ],
)
def test_a_vibesignore_counts_as_a_gitignore_does(ignore: str, name: str, reason: str) -> None:
    assert choose(ignore, name=name) == reason


@pytest.mark.parametrize(
    ("include", "name", "is_sent"),
    [
        ("key.pem", "a/key.pem", True),
        ("/key.pem", "a/key.pem", False),
        ("*.pem", "key.pem", True),
        ("node_modules", "node_modules/", True),
        ("node_modules", "node_modules/x/y.js", True),
        ("node_modules/x/y.js", "node_modules/", True),
        ("node_modules/x/y.js", "node_modules/x/", True),
        ("node_modules/x/y.js", "node_modules/x/y.js", True),
        ("node_modules/x/y.js", "node_modules/x/z.js", False),
        ("node_modules/x/y.js", "node_modules/z/", False),
        ("node_modules", "node_modules/.bin/tool", True),
    ],
)
def test_include_has_the_last_word(include: str, name: str, is_sent: bool) -> None:
    assert (choose("*.pem", include, name=name) == "") is is_sent


def test_a_pattern_that_can_not_be_used_is_named() -> None:
    with pytest.raises(BadRequest, match=r"there/\.vibesignore: .*Invalid"):
        make_choice("there/.vibesignore", ["\\"])
    with pytest.raises(BadRequest, match="--include: Invalid"):
        make_choice(IGNORED, [], ["!"])


def test_a_pattern_that_means_nothing_is_found_out() -> None:
    assert is_any_meant("*.pem", ["a/key.pem"])
    assert not is_any_meant("*.pme", ["a/key.pem"])


def test_what_is_left_out_is_told_by_reason_and_cut_short() -> None:
    left = [LeftOut(f"f{number}~", "editors' copies") for number in range(7)]
    left += [LeftOut("key\x1b.pem", SECRET), LeftOut(".vibesignore", "hidden"), LeftOut("x.psd", IGNORED)]

    assert list(describe(left)) == [
        "not sent (secrets): key?.pem",
        "not sent (.vibesignore): x.psd",
        "not sent (editors' copies): f0~, f1~, f2~, f3~, f4~ and 2 more",
        "not sent: --include NAME sends it all the same",
    ]
    assert list(describe([])) == []
    assert list(describe([LeftOut("x.psd", IGNORED)])) == ["not sent (.vibesignore): x.psd"]


def test_lock_files_are_worth_sending_up_to_a_size() -> None:
    limits = Limits(max_lock_bytes=10)

    assert not is_lock_too_large("a/package-lock.json", 10, limits)
    assert is_lock_too_large("a/package-lock.json", 11, limits)
    assert not is_lock_too_large("data.json", 11, limits)
