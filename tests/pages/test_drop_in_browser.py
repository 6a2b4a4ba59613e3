"""What is dropped, chosen or pasted on a page, in Chromium: read as the command line reads it, archives with care."""

import base64
import io
import json
import struct
import zipfile
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from asking import js
from browser import Page
from page_client import page_socket, say
from page_walk import OTHER, Walk, walking

from vibes_trio.commands.app_files import find_app, read_files
from vibes_trio.config import Limits
from vibes_trio.pages.static_files import static_path

pytestmark = pytest.mark.browser

KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\n-----END PRIVATE KEY-----\n"
RESULT = "document.querySelector('#drop-result:not([hidden]) .notice')?.innerText"
ZIP_LIMITS = {"entries": 20, "fileBytes": 100_000, "releaseBytes": 250_000, "nameChars": 100}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with something of all that is sent, left out, or sent in another way."""
    folder = tmp_path_factory.mktemp("dropped") / "My Shop"
    contents = {
        "index.html": b"<!doctype html><title>Shop</title><h1></h1><script src=a.js></script>",
        "a.js": b"document.querySelector('h1').textContent = 'Shop ' + document.title",
        "utf16.css": "h1 { color: red }".encode("utf-16"),
        "img/b.png": b"\x89PNG\0" + bytes(range(256)),
        "img/deep/er/c.txt": "grüße".encode(),
        "empty.txt": b"",
        "big.json": json.dumps(list(range(20_000))).encode(),
        "node_modules/x/index.js": b"never",
        ".git/HEAD": b"ref",
        "drafts/d.psd": b"psd",
        "keys/plain.txt": KEY.encode(),
        "server.pem": b"x",
        ".env": b"VITE_NAME=shop\nSECRET=never\n",
        ".vibesignore": b"drafts/\n",
    }
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@asynccontextmanager
async def home(folder: Path):
    """Give a server and the page of somebody's apps."""
    async with walking(folder) as walk:
        page = await walk.open("user")
        await page.send("Page.setBypassCSP", enabled=True)  # for code of the tests
        await page.goto(walk.address("/"))
        yield walk, page


async def choose(page: Page, selector: str, *paths: Path) -> None:
    """Choose files in a field, as its dialog does."""
    found = await page.send("DOM.getDocument")
    node = await page.send("DOM.querySelector", nodeId=found["root"]["nodeId"], selector=selector)
    await page.send("DOM.setFileInputFiles", nodeId=node["nodeId"], files=list(map(str, paths)))


async def drop(page: Page, *paths: Path) -> None:
    """Drop files on the page, as the mouse does."""
    data = {"items": [], "files": list(map(str, paths)), "dragOperationsMask": 1}
    box = await page.evaluate(
        "(() => { const b = document.querySelector('#drop-zone'); b.scrollIntoView({block: 'center'});"
        " const r = b.getBoundingClientRect(); return [r.x + 20, r.y + 20]; })()"
    )
    for kind in ("dragEnter", "dragOver", "drop"):
        await page.send("Input.dispatchDragEvent", type=kind, x=box[0], y=box[1], data=data)


async def deployed(walk: Walk, slug: str):
    """Return name → content of what the last release of an app has, and the values for its page."""
    async with page_socket(walk.app, walk.cookies[OTHER]) as socket:
        named = {"appSlug": slug, "ownerHandle": OTHER}
        told = await say(socket, "vibes.diy.req-get-release-files", **named)
        release = await say(socket, "vibes.diy.req-get-app-by-fsid", **named)
    return {one["fileName"]: base64.b64decode(one["data"]) for one in told["files"]}, release["env"]


def read_as_the_command_does(folder: Path) -> set[str]:
    return {file.filename for file in read_files(find_app(folder, Limits()))}


def zipped(folder: Path, target: Path, top: str) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, f"{top}{path.relative_to(folder).as_posix()}")
    return target


async def test_a_folder_is_read_as_the_command_line_reads_it_whichever_way_it_comes(tmp_path, folder):
    """Dropped, chosen, as an archive of the folder, and as one of what is in it."""
    async with home(tmp_path) as (walk, page):
        named = zipped(folder, tmp_path / "named.zip", "My Shop/")
        flat = zipped(folder, tmp_path / "flat.zip", "")
        ways = {
            "my-shop": lambda: drop(page, folder),
            "chosen": lambda: choose(page, "#folder-input", folder),
            "zip": lambda: choose(page, "#files-input", named),
            "flat": lambda: drop(page, flat),
        }
        releases = {}
        for slug, act in ways.items():
            await page.evaluate(
                f"document.querySelector('#drop-name').value = {json.dumps(slug if slug != 'my-shop' else '')}"
            )
            await act()
            assert await page.wait_for(RESULT) == f"{slug} is published."
            left_out = await page.evaluate("document.querySelector('#drop-result details').textContent")
            releases[slug] = await deployed(walk, slug)
            assert "node_modules/" in left_out
            assert "keys/plain.txt" in left_out
            await page.evaluate("document.querySelector('#drop-result').hidden = true")

        files, env = releases["my-shop"]
        assert set(files) == read_as_the_command_does(folder)
        assert files["/utf16.css"].decode() == "h1 { color: red }"
        assert files["/img/b.png"] == (folder / "img/b.png").read_bytes()
        assert env == {"VITE_NAME": "shop"}
        assert all(other == releases["my-shop"] for other in releases.values())
        assert page.console == []


PASTED = {
    "export default function App() { return <p>hi</p>; }": "App.jsx",
    "```tsx\ninterface P { a: string }\nexport default (p: P) => <p>{p.a}</p>;\n```": "App.tsx",
    "<!doctype html><title>A page</title><p>hi</p>": "index.html",
    "<!-- made by hand -->\n<html><p>hi</p></html>": "index.html",
    "<div>just a piece</div>": "index.html",
    "```html\n<p>hi</p>\n```": "index.html",
    "<!-- read in one way alone -->\n" * 40 + "<div>a piece</div>": "index.html",
    "\n" * 50_000 + "x": "App.jsx",
}


async def test_pasted_code_is_called_what_it_is(tmp_path):
    async with home(tmp_path) as (_, page):
        named = await page.evaluate(
            f"import('{static_path('folder.js')}').then(({{ nameOfCode }}) =>"
            f" {json.dumps(list(PASTED))}.map(nameOfCode))"
        )

    assert dict(zip(PASTED, named, strict=True)) == PASTED


async def test_pasted_code_is_deployed(tmp_path):
    async with home(tmp_path) as (walk, page):
        await page.click("#paste-open")
        text = json.dumps("<!doctype html><title>Hello There</title><p>hi</p>")
        await page.evaluate(f"document.querySelector('#paste-code').value = {text}")
        await page.click("#paste-go")

        assert await page.wait_for(RESULT) == "hello-there is published."
        assert list((await deployed(walk, "hello-there"))[0]) == ["/index.html"]


async def test_a_pasted_component_gives_the_app_its_name(tmp_path):
    async with home(tmp_path) as (_, page):
        for code, name in (
            ("export default function EggTimer() { return <p>3</p> }", "egg-timer"),
            ("class Clock {}\nexport default Clock;", "clock"),
        ):
            await page.wait_for("!document.querySelector('#drop[aria-busy]')")
            await page.evaluate(f"document.querySelector('#paste-code').value = {json.dumps(code)}")
            await page.evaluate("document.querySelector('#paste-go').click()")
            await page.wait_for(f"({RESULT}) === '{name} is published.'")


async def test_what_shows_nothing_is_published_with_a_warning(tmp_path):
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "notes.txt").write_text("hi")
    async with home(tmp_path) as (_, page):
        await drop(page, tmp_path / "words")
        await page.wait_for(RESULT)

        assert "page will be empty" in await page.evaluate("document.querySelector('#drop-result').innerText")


async def test_an_app_that_is_there_is_not_written_over_without_a_word(tmp_path, folder):
    async with home(tmp_path) as (walk, page):
        async with page_socket(walk.app, walk.cookies[OTHER]) as socket:
            await say(
                socket,
                "vibes.diy.req-ensure-app-slug",
                mode="production",
                appSlug="my-shop",
                ownerHandle=OTHER,
                fileSystem=[js("/mine.js", "1")],
            )
        await drop(page, folder)
        asked = await page.wait_for("document.querySelector('dialog[open] #asked')?.textContent")
        await page.click("dialog button[value='']")
        await page.wait_for("!document.querySelector('dialog')")
        assert "my-shop" in asked
        assert list((await deployed(walk, "my-shop"))[0]) == ["/mine.js"]

        await page.wait_for("!document.querySelector('#drop[aria-busy]')")
        await drop(page, folder)
        await page.wait_for("document.querySelector('dialog[open]')")
        await page.click("dialog button[value='yes']")
        assert await page.wait_for(RESULT) == "my-shop is published."


ODD = {
    "only-keys": ("key.pem", b"x", "nothing in it to deploy"),
    "no-code": ("a.js", b"const = 1", "a.js:1"),
    "no-text": ("a.js", b"\xff\xfe\xfa", "no UTF-8"),
    "no-zip": ("x.zip", b"PK no", "no zip archive"),
    "too-large": ("a.bin", bytes(9 << 20), "larger than the 8.0 MiB"),
}
"""By the folder: a file in it, and what is said."""


async def test_what_can_not_be_deployed_is_told_and_nothing_is_there(tmp_path):
    async with home(tmp_path) as (walk, page):
        for slug, (name, content, words) in ODD.items():
            folder = tmp_path / slug
            folder.mkdir()
            (folder / name).write_bytes(content)
            await drop(page, folder / name if name == "x.zip" else folder)
            told = await page.wait_for(RESULT)

            assert told.startswith("Nothing was deployed."), slug
            assert words in told
            async with page_socket(walk.app, walk.cookies[OTHER]) as socket:
                named = {"appSlug": slug, "ownerHandle": OTHER}
                there = await say(socket, "vibes.diy.req-ensure-app-settings", **named)
            assert there["error"] == "not-found"
            await page.wait_for("!document.querySelector('#drop[aria-busy]')")
            await page.evaluate("document.querySelector('#drop-result').hidden = true")


# -- archives ---------------------------------------------------------------------------------------------


def archive(*entries: tuple[str, bytes], kind: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytearray:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", kind) as made:
        for name, content in entries:
            made.writestr(name, content)
        made.comment = comment
    return bytearray(held.getvalue())


def central(data: bytearray, index: int = 0) -> int:
    """Return where an entry of the directory begins."""
    at = struct.unpack_from("<I", data, data.rindex(b"PK\5\6") + 16)[0]
    for _ in range(index):
        at = data.index(b"PK\1\2", at + 4)
    return at


def changed(data: bytearray, offset: int, layout: str, value: int) -> bytearray:
    struct.pack_into(layout, data, offset, value)
    return data


def renamed(name: str) -> bytearray:
    """Return an archive of a file that no program would call so."""
    stand_in = "x" * len(name.encode())
    return bytearray(bytes(archive((stand_in, b"1"))).replace(stand_in.encode(), name.encode()))


def linked() -> bytearray:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        info = zipfile.ZipInfo("link")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        made.writestr(info, "/etc/passwd")
        made.writestr("a.txt", "1")
    return bytearray(held.getvalue())


def overlapping() -> bytearray:
    data = archive(("a.txt", b"1" * 1000), ("b.txt", b"1" * 1000), kind=zipfile.ZIP_STORED)
    return changed(data, central(data, 1) + 42, "<I", 10)


BOMB = b"\0" * 5_000_000
GOOD = archive(
    ("a/b.txt", b"words " * 500), ("ü.txt", b""), ("c.bin", bytes(range(256))), comment=b"PK\5\6 no end"
)
HOSTILE = {
    "leads out": (renamed("../../evil.js"), "leads out"),
    "leads out inside": (renamed("a/../../b"), "leads out"),
    "absolute": (renamed("/etc/passwd"), "leads out"),
    "drive": (renamed("C:/x.js"), "leads out"),
    "backslash": (renamed("..\\x.js"), "leads out"),
    "control": (renamed("a\1b.js"), "leads out"),
    "twice": (
        bytearray(bytes(archive(("a.txt", b"1"), ("b.txt", b"2"))).replace(b"b.txt", b"a.txt")),
        "two files",
    ),
    "bomb that says so": (archive(("a", BOMB)), "larger than"),
    "many that are too much": (archive(*((f"{n}", b"\0" * 90_000) for n in range(4))), "All files together"),
    "overlap": (overlapping(), "over each other"),
    "encrypted": ((lambda d: changed(d, central(d) + 8, "<H", 1))(archive(("a", b"1"))), "encrypted"),
    "method": ((lambda d: changed(d, central(d) + 10, "<H", 12))(archive(("a", b"1"))), "don't know"),
    "crc": ((lambda d: changed(d, central(d) + 16, "<I", 7))(archive(("a", b"1"))), "damaged"),
    "zip64": (
        (lambda d: changed(d, d.rindex(b"PK\5\6") + 10, "<H", 0xFFFF))(
            changed(archive(("a", b"1")), len(archive(("a", b"1"))) - 14, "<H", 0xFFFF)
        ),
        "larger than",
    ),
    "parts": ((lambda d: changed(d, d.rindex(b"PK\5\6") + 4, "<H", 1))(archive(("a", b"1"))), "a part"),
    "cut": (archive(("a", b"1"))[:-5], "no zip archive"),
    "no zip": (bytearray(b"words"), "no zip archive"),
    "too many": (archive(*((f"{n}.txt", b"") for n in range(21))), "more than 20"),
    "long name": (archive(("x" * 101, b"1")), "too long a name"),
    "directory elsewhere": (
        (lambda d: changed(d, d.rindex(b"PK\5\6") + 16, "<I", 3))(archive(("a", b"1"))),
        "broken",
    ),
    "data elsewhere": (
        (lambda d: changed(d, central(d) + 42, "<I", 1 << 30))(archive(("a", b"1"))),
        "broken",
    ),
    "another inside": (bytearray(bytes(archive(("aaaa", b"1"))).replace(b"aaaa", b"bbbb", 1)), "broken"),
}
# Their directory says less than what comes out, which only shows while it is unpacked.
LYING = (lambda d: changed(d, central(d) + 24, "<I", 10))(archive(("a", BOMB)))


async def read_zip(page: Page, data: bytes | bytearray):
    """Return name → content, or the words of the refusal."""
    return await page.evaluate(
        f"""import('{static_path("zip.js")}').then(async ({{ readZip }}) => {{
            const bytes = Uint8Array.from(atob("{base64.b64encode(data).decode()}"), (one) => one.charCodeAt(0));
            try {{
                const entries = await readZip(new Blob([bytes]), {json.dumps(ZIP_LIMITS)});
                const found = {{}};
                for (const entry of entries) found[entry.name] = Array.from(await entry.read());
                return found;
            }} catch (error) {{ return error.constructor.name + ": " + error.message; }}
        }})"""
    )


async def test_archives_are_unpacked_and_what_is_hostile_is_refused_with_words(tmp_path):
    async with home(tmp_path) as (_, page):
        good = await read_zip(page, GOOD)
        stored = await read_zip(page, archive(("a", b"1"), ("b/", b""), kind=zipfile.ZIP_STORED))
        link = await read_zip(page, linked())
        told = {name: await read_zip(page, data) for name, (data, _) in HOSTILE.items()}
        lying = await read_zip(page, LYING)

    assert {name: bytes(content) for name, content in good.items()} == {
        "a/b.txt": b"words " * 500,
        "ü.txt": b"",
        "c.bin": bytes(range(256)),
    }
    assert stored == {"a": [49]}
    assert list(link) == ["a.txt"]
    wrong = {
        name: told[name]
        for name, (_, words) in HOSTILE.items()
        if not (isinstance(told[name], str) and told[name].startswith("ZipError") and words in told[name])
    }
    assert wrong == {}
    assert lying == "ZipError: a is damaged in this zip archive."
