"""What a deploy of a folder sends, as a page asks for it: the same as the command line would."""

import base64

import pytest
from asking import ask
from fakes import make_app, open_database

from vibes_trio.commands.app_files import find_app, read_files
from vibes_trio.config import Limits
from vibes_trio.content.left_out import IGNORED, MAX_IGNORE_BYTES, SECRET
from vibes_trio.wire.files import CodeBlock

PLAN = "vibes.diy.req-plan-deploy"
KEY = b"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\n-----END PRIVATE KEY-----\n"


async def plan(app, *names, folder="My App", ignore="", **contents):
    entries = [{"name": name, "size": 1} for name in names]
    entries += [
        {"name": name, "size": len(content), "content": base64.b64encode(content).decode()}
        for name, content in contents.items()
    ]
    return await ask(app, "ada", PLAN, entries=entries, folder=folder, ignore=ignore)


async def test_what_is_no_part_of_an_app_is_left_out_and_said_why(app):
    told = await plan(
        app, "node_modules/", "src/", "App.jsx", "drafts/a.psd", "id_rsa", ".env", ignore="\ufeff*.psd\n"
    )

    assert {one["name"]: one["reason"] for one in told["leftOut"]} == {
        "node_modules/": "packages",
        "drafts/a.psd": IGNORED,
        "id_rsa": SECRET,
        ".env": SECRET,
    }
    assert told["files"] == [{"name": "App.jsx", "lang": "jsx", "isText": True}]
    assert told["appSlug"] == "my-app"


async def test_a_secret_is_told_by_its_content_and_of_the_page_it_is_a_warning(app):
    told = await plan(app, **{"data.txt": KEY, "App.jsx": b"const key = `" + KEY + b"`", "plain.txt": b"kty"})

    assert [one["name"] for one in told["leftOut"]] == ["data.txt"]
    assert [one["name"] for one in told["files"]] == ["App.jsx", "plain.txt"]
    assert told["warnings"] == ["App.jsx: holds a private key, and everybody who opens the app can read it."]


async def test_what_vibesignore_asks_for_is_sent_whatever_it_is(app):
    told = await plan(app, ignore="!data.txt\n", **{"data.txt": KEY})

    assert [one["name"] for one in told["files"]] == ["data.txt"]


async def test_values_for_the_page_are_read_and_their_files_not_sent(app):
    told = await plan(app, **{".env": b"VITE_A=1\nSECRET=2\n", ".env.local": b"VITE_A=3"})

    assert (told["env"], told["files"]) == ({"VITE_A": "3"}, [])


async def test_the_page_of_a_site_is_flagged(app):
    site = await plan(app, "index.html", "a.js")
    project = await plan(app, "index.html", "src/main.tsx")

    assert [one.get("entryPoint", False) for one in site["files"]] == [True, False]
    assert not any("entryPoint" in one for one in project["files"])


async def test_what_has_nothing_to_show_is_told(app):
    nothing = [await plan(app, *names) for names in (["notes.txt"], ["a.html", "b.html"])]
    something = [await plan(app, *names) for names in (["a.js"], ["index.html", "b.html"], ["a.html"], [])]

    assert [told.get("showsNothing") for told in nothing] == [True, True]
    assert not any("showsNothing" in told for told in something)


async def test_it_is_what_the_command_line_sends(app, tmp_path):
    """One folder with something of every kind, looked at in both ways."""
    folder = tmp_path / "app"
    contents = {
        "App.jsx": b"export default () => 1",
        "style.css": b"a{}",
        "key.json": b'{"kty": "EC", "d": "x"}',
        "a.png": b"\x89PNG\0",
        "b~": b"",
        ".git/HEAD": b"x",
        "yarn.lock": b"x" * 20,
        "notes.md": b"n",
    }
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / ".vibesignore").write_text("*.md\n")
    small = make_app(open_database(tmp_path / "b"), limits=Limits(max_lock_bytes=10))

    told = await plan(
        small, ".vibesignore", ".git/", ignore="*.md\n", **{n: c for n, c in contents.items() if "/" not in n}
    )
    found = find_app(folder, small.config.limits)
    small.db.close()

    assert {one["name"]: one["reason"] for one in told["leftOut"]} == {
        left.name: left.reason for left in found.left_out
    }
    sent = {
        file.filename: getattr(file, "lang", "") for file in read_files(found) if isinstance(file, CodeBlock)
    }
    assert {f"/{one['name']}": one["lang"] for one in told["files"] if "lang" in one} == sent
    assert len(told["files"]) == len(found.files)


@pytest.mark.parametrize("name", ["", "/a.js", "../a.js", "a//b.js", "a\\b.js", "~~x/a.js", "x" * 600])
async def test_a_name_that_can_not_be_is_refused(app, name):
    assert (await plan(app, name))["code"] == "bad-request"


async def test_too_much_at_once_is_refused(app):
    most = app.config.limits.max_files

    assert (await plan(app, *(["a.js"] * (most + 1))))["code"] == "too-large"
    assert (await plan(app, ignore="#" * (MAX_IGNORE_BYTES + 1)))["code"] == "too-large"
    assert (await plan(app, ignore="!"))["code"] == "bad-request"


async def test_a_long_request_is_answered_where_it_is_read(app):
    names = [f"{'folder' * 20}/{number}.js" for number in range(900)]
    told = await plan(app, *names)

    assert [one["name"] for one in told["files"]] == names


async def test_only_who_is_signed_in_may_ask(app):
    assert (await ask(app, "bad", PLAN, entries=[]))["code"] == "require-login"
