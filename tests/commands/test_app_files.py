import os
from pathlib import Path

import pytest

from vibes_trio.commands.app_files import FoundFile, find_app, read_file, read_files
from vibes_trio.commands.output import CommandFailed
from vibes_trio.config import Limits
from vibes_trio.wire.files import CodeBlock, StrAssetBlock, Uint8AssetBlock, write_bytes


def fill(folder: Path, *names: str, content: str = "x") -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def found(path: Path) -> FoundFile:
    return FoundFile(f"/{path.name}", path, path.stat().st_size)


def test_all_files_are_found_by_their_names_in_the_app(tmp_path: Path) -> None:
    fill(tmp_path, "b/c/Row.jsx", "App.jsx", "b/a.css")

    app = find_app(tmp_path, Limits())

    assert [file.name for file in app.files] == ["/App.jsx", "/b/a.css", "/b/c/Row.jsx"]
    assert (app.size, app.warnings) == (3, ())


def test_hidden_files_and_packages_are_left_out(tmp_path: Path) -> None:
    fill(tmp_path, "App.jsx", ".env", ".git/config", "node_modules/react/index.js", "a/__pycache__/x.pyc")

    assert [file.name for file in find_app(tmp_path, Limits()).files] == ["/App.jsx"]


def test_what_is_left_out_is_listed_with_its_reason(tmp_path: Path) -> None:
    """Keys by their name, or by what is in them; copies, and what systems make."""
    fill(
        tmp_path,
        "App.jsx",
        "key.pem",
        "App.jsx~",
        "Thumbs.db",
        ".git/config",
        "src/env.local",
        "pkg/yarn.lock",
    )
    fill(tmp_path, "account.json", content='{"private_key": "-----BEGIN"}')
    fill(tmp_path, "notes", content="-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n")

    app = find_app(tmp_path, Limits())

    assert [file.name for file in app.files] == ["/App.jsx", "/pkg/yarn.lock"]
    assert sorted((left.reason, left.name) for left in app.left_out) == [
        ("editors' copies", "App.jsx~"),
        ("secrets", "account.json"),
        ("secrets", "key.pem"),
        ("secrets", "notes"),
        ("secrets", "src/env.local"),
        ("the system's", "Thumbs.db"),
        ("version control", ".git/"),
    ]


def test_what_is_asked_for_is_sent_all_the_same(tmp_path: Path) -> None:
    fill(tmp_path, "App.jsx", "key.pem", "node_modules/x/index.js", ".well-known/a.txt")
    fill(tmp_path, "account.json", content='{"private_key": "-----BEGIN"}')

    app = find_app(tmp_path, Limits(), ["key.pem", "node_modules", ".well-known", "account.json"])

    names = ["/App.jsx", "/account.json", "/key.pem", "/.well-known/a.txt", "/node_modules/x/index.js"]
    assert [file.name for file in app.files] == names
    assert (app.left_out, app.warnings) == ((), ())


def test_an_include_that_means_nothing_is_a_warning(tmp_path: Path) -> None:
    fill(tmp_path, "App.jsx")

    assert find_app(tmp_path, Limits(), ["kye.pem"]).warnings == (
        f"--include kye.pem: there is no such file in {tmp_path}.",
    )


def test_a_private_key_in_a_source_is_sent_with_a_warning(tmp_path: Path) -> None:
    """Without it the app would not work, and nobody knew why."""
    fill(tmp_path, "App.jsx", content="const k = `-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n`")

    app = find_app(tmp_path, Limits())

    assert (len(app.files), app.left_out) == (1, ())
    assert "App.jsx: holds a private key" in app.warnings[0]


def test_what_the_folder_says_is_no_part_of_it_is_not_sent(tmp_path: Path) -> None:
    fill(tmp_path, "App.jsx", "drafts/a/b.jsx", "logo.psd", "keep.psd")
    (tmp_path / ".vibesignore").write_text("drafts/\n*.psd\n!keep.psd\n")

    app = find_app(tmp_path, Limits())

    assert [file.name for file in app.files] == ["/App.jsx", "/keep.psd"]


def test_a_folder_of_nothing_but_secrets_says_so(tmp_path: Path) -> None:
    fill(tmp_path, "key.pem")

    with pytest.raises(CommandFailed, match=r"no file in it to deploy.*secrets.*key\.pem"):
        find_app(tmp_path, Limits())


def test_a_lock_file_is_sent_up_to_a_size_and_makes_no_page_slow(tmp_path: Path) -> None:
    fill(tmp_path, "App.jsx")
    fill(tmp_path, "package-lock.json", content=" " * (2 * 1024 * 1024))

    sent = find_app(tmp_path, Limits())
    short = find_app(tmp_path, Limits(max_lock_bytes=1024))

    assert (len(sent.files), sent.warnings) == (2, ())
    assert [left.name for left in short.left_out] == ["package-lock.json"]


def test_a_folder_that_is_the_whole_disk_is_given_up(tmp_path: Path) -> None:
    fill(tmp_path, *(f"d{number}/x.log" for number in range(5)))

    with pytest.raises(CommandFailed, match="more than 6 files and folders"):
        find_app(tmp_path, Limits(folder_entries=6))


def test_one_file_is_an_app_too(tmp_path: Path) -> None:
    fill(tmp_path, "App.jsx", "other.jsx")

    assert [file.name for file in find_app(tmp_path / "App.jsx", Limits()).files] == ["/App.jsx"]


def test_links_are_told_and_not_followed(tmp_path: Path) -> None:
    outside = fill(tmp_path / "outside", "secret.txt")
    app_folder = fill(tmp_path / "app", "App.jsx")
    (app_folder / "leak.txt").symlink_to(outside / "secret.txt")
    (app_folder / "folder").symlink_to(outside)

    app = find_app(app_folder, Limits())

    assert [file.name for file in app.files] == ["/App.jsx"]
    assert len(app.warnings) == 2
    assert all("is a link" in warning for warning in app.warnings)


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_nothing_to_deploy_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(CommandFailed, match="there is no"):
        find_app(tmp_path / name, Limits())


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    fill(tmp_path, *(f"f{number}.js" for number in range(4)))

    with pytest.raises(CommandFailed, match="more than 3 files"):
        find_app(tmp_path, Limits(max_files=3))


def test_a_file_that_is_too_large_is_named(tmp_path: Path) -> None:
    fill(tmp_path, "App.jsx", "sub/large.txt", content="12345")

    with pytest.raises(CommandFailed, match=r"App\.jsx: 5 bytes are more than the 4 bytes"):
        find_app(tmp_path, Limits(max_file_bytes=4))


def test_an_app_that_is_too_large_tells_its_largest_files(tmp_path: Path) -> None:
    fill(tmp_path, "App.jsx", "a.txt")
    fill(tmp_path, "large.txt", content="x" * 50)

    with pytest.raises(CommandFailed, match=r"52 bytes are more than the 51 bytes .* Largest: .*large\.txt"):
        find_app(tmp_path, Limits(max_release_bytes=51))


def test_a_big_file_is_a_warning(tmp_path: Path) -> None:
    fill(tmp_path, "App.jsx")
    (tmp_path / "film.mp4").write_bytes(b"\0" * (2 * 1024 * 1024))

    assert [w for w in find_app(tmp_path, Limits()).warnings if "film.mp4: 2.0 MiB" in w]


def test_an_app_without_a_page_is_a_warning(tmp_path: Path) -> None:
    fill(tmp_path, "notes.txt")

    assert "the page will be empty" in find_app(tmp_path, Limits()).warnings[0]


def test_a_page_of_plain_html_is_no_reason_to_warn(tmp_path: Path) -> None:
    fill(tmp_path, "index.html")

    assert find_app(tmp_path, Limits()).warnings == ()


@pytest.mark.parametrize(
    ("names", "flagged"),
    [
        (("index.html",), ["/index.html"]),
        (("index.html", "js/main.js", "style.css", "old/index.html"), ["/index.html"]),
        (("index.html", "src/main.jsx"), []),
        (("index.html", "main.ts"), []),
        (("App.jsx",), []),
    ],
)
def test_a_page_is_the_apps_own_where_nothing_has_to_be_compiled(
    tmp_path: Path, names: tuple[str, ...], flagged: list[str]
) -> None:
    files = read_files(find_app(fill(tmp_path, *names), Limits()))

    assert [file.filename for file in files if file.entry_point is True] == flagged
    assert len(files) == len(names)


def test_a_name_that_no_file_of_an_app_may_have_is_refused(tmp_path: Path) -> None:
    fill(tmp_path, "App.jsx", "~~/x.js")

    with pytest.raises(CommandFailed, match="folder of the server's own"):
        find_app(tmp_path, Limits())


def test_a_name_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.js")).write_text("x")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")

    with pytest.raises(CommandFailed, match="is no UTF-8"):
        find_app(tmp_path, Limits())


@pytest.mark.parametrize(
    ("name", "lang"),
    [("a.jsx", "jsx"), ("a.js", "js"), ("a.mjs", "js"), ("a.ts", "ts"), ("a.tsx", "tsx"), ("A.JSX", "jsx")],
)
def test_modules_are_sent_with_their_language(tmp_path: Path, name: str, lang: str) -> None:
    path = fill(tmp_path, name, content="export {}") / name

    assert read_file(found(path)) == CodeBlock(filename=f"/{name}", lang=lang, content="export {}")  # type: ignore[arg-type]


def test_text_is_sent_as_text_whatever_its_characters(tmp_path: Path) -> None:
    path = tmp_path / "a.css"
    path.write_bytes("\ufeffä\r\n😀".encode())

    assert read_file(found(path)) == StrAssetBlock(filename="/a.css", content="\ufeffä\r\n😀")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_what_windows_writes_in_utf_16_is_read(tmp_path: Path, encoding: str) -> None:
    for name in ("a.jsx", "a.css", "a.bin"):
        (tmp_path / name).write_bytes("\ufeffä😀".encode(encoding))

    assert read_file(found(tmp_path / "a.jsx")) == CodeBlock(filename="/a.jsx", lang="jsx", content="ä😀")
    assert read_file(found(tmp_path / "a.css")) == StrAssetBlock(filename="/a.css", content="ä😀")
    assert isinstance(read_file(found(tmp_path / "a.bin")), Uint8AssetBlock)


@pytest.mark.parametrize("content", [b"\x89PNG\r\n", b"a\0b", b"\xff"])
def test_all_else_is_sent_as_base64(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)

    sent = read_file(found(path))

    assert sent == Uint8AssetBlock(filename="/a.png", content=write_bytes(content))


def test_a_module_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsx"
    path.write_bytes(b"abc\xff")

    with pytest.raises(CommandFailed, match="no UTF-8 text at byte 3"):
        read_file(found(path))


def test_one_page_of_any_name_is_shown_and_of_several_one_is_to_be_named(tmp_path: Path) -> None:
    (tmp_path / "game.html").write_text("<p>")

    alone = find_app(tmp_path, Limits()).warnings
    (tmp_path / "other.html").write_text("<p>")

    assert alone == ()
    assert (
        find_app(tmp_path, Limits()).warnings[0].endswith("Name the page that is meant: --entry game.html.")
    )
