"""What a user has, on another server: the same ids, the same files, the same pages."""

import json
import shutil
import sqlite3
import zipfile
from contextlib import closing

import pytest
import trio
from asking import APPEND, DEPLOY, ENSURE_CHAT, text
from recorded import token
from serving import http_client, running
from test_appends import block

from vibes_trio.cli import main
from vibes_trio.commands.output import FAILED, OK

SAME = (
    "UserSlugBindings",
    "AppSlugBindings",
    "Apps",
    "ReleaseAssets",
    "ChatContexts",
    "ChatSections",
    "UserUsage",
)


async def fill(folder):
    """Deploy two apps, one twice, and write a chat; return what a browser is shown of each release."""
    async with running(folder) as app, http_client(app.config.port) as client:
        made = []
        for slug, words in (("shop", "one"), ("shop", "two"), ("garden", "three")):
            files = [
                text("/index.html", f"<h1>{words}</h1><script type=module src=x.js></script>"),
                text("/x.js", f'export default "{words}"'),
            ]
            made.append(
                await client.ask(
                    token("A"), DEPLOY, appSlug=slug, userSlug="ada-a", mode="production", fileSystem=files
                )
            )
        await client.ask(token("A"), ENSURE_CHAT, contextId="talk")
        for line in ("hello", "goodbye"):
            await client.ask(token("A"), APPEND, contextId="talk", origin="user", blocks=[block(line)])
        await client.ask(token("B"), ENSURE_CHAT, contextId="of another")
        return [(m["appSlug"], m["userSlug"], m["fsId"]) for m in made], await pages(app, made)


async def pages(app, made, user=None):
    found = {}
    async with http_client(app.config.port) as client:
        for m in made:
            for path in ("", "x.js"):
                host = f"{m['appSlug']}--{user or m['userSlug']}.localhost"
                status, _, body = await client.get(host, f"/~{m['fsId']}~/{path}")
                found[m["fsId"], path] = status, body.replace(f":{app.config.port}".encode(), b"")
    return found


def rows_of(folder, table):
    with closing(sqlite3.connect(folder / "vibes.sqlite3")) as connection:
        rows = connection.execute(f"SELECT * FROM {table}").fetchall()
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    left = {"indexed"}
    return sorted(
        tuple(value for name, value in zip(names, row, strict=True) if name not in left) for row in rows
    )


def owner_of(folder, table="Apps"):
    with closing(sqlite3.connect(folder / "vibes.sqlite3")) as connection:
        return connection.execute(f"SELECT DISTINCT userId FROM {table}").fetchall()[0][0]


def run(capsys, *words):
    status = main([str(word) for word in (*words, "--json")])
    return status, json.loads(capsys.readouterr().out or "null")


@pytest.fixture
async def source(tmp_path):
    made, shown = await fill(tmp_path / "source")
    return (
        tmp_path / "source",
        [dict(zip(("appSlug", "userSlug", "fsId"), m, strict=True)) for m in made],
        shown,
    )


async def in_thread(function, *args):
    """Commands run Trio by themselves."""
    return await trio.to_thread.run_sync(function, *args)


async def test_a_user_is_the_same_on_another_server(source, tmp_path, capsys):
    folder, made, shown = source
    path, new = tmp_path / "a.zip", tmp_path / "new"
    user = owner_of(folder)

    status, given = await in_thread(
        run, capsys, "export", "--user", user, "--out", path, "--data-dir", folder
    )
    taken_status, taken = await in_thread(run, capsys, "import", path, "--data-dir", new)

    assert (status, taken_status) == (OK, OK)
    assert (given["apps"], given["releases"], given["chats"], given["lacking"]) == (2, 3, 1, 0)
    assert (taken["apps"], taken["releases"], taken["chats"], taken["renamed"]) == (2, 3, 1, {})
    for table in SAME:
        mine = [row for row in rows_of(folder, table) if table != "ChatContexts" or user in row]
        mine = [row for row in mine if table != "UserUsage" or user in row]
        assert rows_of(new, table) == mine, table
    shutil.copy(folder / "keys.json", new)
    async with running(new) as app:
        assert await pages(app, made) == shown
    assert {status for status, _ in shown.values()} == {200}


async def test_it_can_be_taken_in_twice(source, tmp_path, capsys):
    path, new = tmp_path / "a.zip", tmp_path / "new"
    words = ("export", "--all", "--out", path, "--data-dir", source[0])
    await in_thread(run, capsys, *words)
    await in_thread(run, capsys, "import", path, "--data-dir", new)
    before = {table: rows_of(new, table) for table in SAME}

    _, again = await in_thread(run, capsys, "import", path, "--data-dir", new)

    assert {table: rows_of(new, table) for table in SAME} == before
    assert (again["apps"], again["chats"], again["renamed"]) == (0, 0, {})
    assert len(again["there"]) == 4


async def test_what_is_taken_gets_another_name(source, tmp_path, capsys):
    """There a handle, a chat and their words are somebody else's."""
    folder, made, _ = source
    path, new = tmp_path / "a.zip", tmp_path / "new"
    await in_thread(run, capsys, "export", "--user", owner_of(folder), "--out", path, "--data-dir", folder)
    handle = made[0]["userSlug"]
    async with running(new) as app, http_client(app.config.port) as client:
        await client.ask(
            token("B"),
            DEPLOY,
            appSlug="shop",
            userSlug=handle,
            mode="production",
            fileSystem=[
                text("/index.html", "<h1>of B</h1><script type=module src=x.js></script>"),
                text("/x.js", "1"),
            ],
        )
        await client.ask(token("B"), ENSURE_CHAT, contextId="talk")

    _, taken = await in_thread(run, capsys, "import", path, "--data-dir", new)

    assert taken["renamed"] == {f"handle {handle}": f"handle {handle}-2", "chat talk": "chat talk-2"}
    async with running(new) as app, http_client(app.config.port) as client:
        found = await pages(app, made, f"{handle}-2")
        _, _, theirs = await client.get(f"shop--{handle}.localhost", "/")
    assert b"<h1>one</h1>" in found[made[0]["fsId"], ""][1]
    assert b"<h1>of B</h1>" in theirs


async def test_all_of_it_can_be_given_to_another(source, tmp_path, capsys):
    folder, made, shown = source
    path, new = tmp_path / "a.zip", tmp_path / "new"
    await in_thread(run, capsys, "export", "--user", owner_of(folder), "--out", path, "--data-dir", folder)
    await in_thread(run, capsys, "user", "add", "ada", "--id", "ada-id", "--data-dir", new)

    status, taken = await in_thread(run, capsys, "import", path, "--user", "ada", "--data-dir", new)

    assert (status, taken["apps"], taken["users"]) == (OK, 2, 0)
    assert {owner_of(new, table) for table in ("Apps", "AppSlugBindings", "ChatContexts")} == {"ada-id"}
    shutil.copy(folder / "keys.json", new)
    async with running(new) as app:
        assert await pages(app, made) == shown


async def test_a_server_that_runs_shows_what_was_taken_in(source, tmp_path, capsys):
    """Though it has told a visitor before that there is no such app."""
    folder, made, shown = source
    path, new = tmp_path / "a.zip", tmp_path / "new"
    await in_thread(run, capsys, "export", "--user", owner_of(folder), "--out", path, "--data-dir", folder)
    async with running(new) as app:
        before = await pages(app, made)
        await in_thread(run, capsys, "import", path, "--data-dir", new)
        after = await pages(app, made)

    assert {status for status, _ in before.values()} == {404}
    assert after == shown


async def test_one_app_goes_alone(source, tmp_path, capsys):
    folder, made, _ = source
    path = tmp_path / "garden.zip"

    status, given = await in_thread(
        run, capsys, "export", f"{made[2]['userSlug']}/garden", "--out", path, "--data-dir", folder
    )

    assert (status, given["apps"], given["releases"], given["chats"]) == (OK, 1, 1, 0)
    with zipfile.ZipFile(path) as archive:
        (release,) = archive.read("releases.jsonl").splitlines()
        assert json.loads(release)["fsId"] == made[2]["fsId"]
        assert len([name for name in archive.namelist() if name.startswith("files/")]) == given["files"] > 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("export", "--out", "x.zip"), "Say what to export"),
        (("export", "shop", "--all", "--out", "x.zip"), "Say what to export"),
        (("export", "none", "--out", "x.zip"), "There is no app none"),
        (("export", "--user", "none", "--out", "x.zip"), "There is no user none"),
        (("export", "--all", "--out", "there.zip"), "is there already"),
        (("import", "none.zip"), "can't be read"),
        (("import", "there.zip"), "no whole export"),
    ],
)
async def test_what_can_not_be_done_is_told(tmp_path, capsys, monkeypatch, words, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.zip").write_text("mine")

    status = await in_thread(main, [*words, "--data-dir", str(tmp_path / "data")])

    assert status == FAILED
    assert told in capsys.readouterr().err
    assert [path.name for path in tmp_path.glob("*.zip")] == ["there.zip"]


def rewrite(path, change):
    with zipfile.ZipFile(path) as old:
        files = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w") as new:
        for name, content in files.items():
            new.writestr(name, change(name, content))


def line(file, **members):
    """Return what changes the first line of *file*."""

    def change(name, content):
        if name != file:
            return content
        if name == "manifest.json":
            return json.dumps(json.loads(content) | members)
        first, _, rest = content.partition(b"\n")
        return json.dumps(json.loads(first) | members).encode() + b"\n" + rest

    return change


HOSTILE = {
    "no JSON": lambda name, content: b"{\n" if name == "apps.jsonl" else content,
    "no object": lambda name, content: b"[]\n" if name == "apps.jsonl" else content,
    "a file that was changed": lambda name, content: content + b"x" if name.startswith("files/") else content,
    "another's handle": line("handles.jsonl", userId="eve"),
    "another's release": line("releases.jsonl", userId="eve"),
    "a release of no app": line("releases.jsonl", appSlug="none"),
    "no slug": line("apps.jsonl", appSlug="../x"),
    "a slug with capitals": line("handles.jsonl", userSlug="ADA"),
    "a slug too long": line("handles.jsonl", userSlug="a" * 64),
    "no id": line("releases.jsonl", fsId="<script>"),
    "a text for a number": line("releases.jsonl", releaseSeq="1"),
    "a truth for a number": line("releases.jsonl", releaseSeq=True),
    "a number too large": line("releases.jsonl", releaseSeq=2**60),
    "a number for a text": line("releases.jsonl", env=1),
    "nothing": line("releases.jsonl", fileSystem=None),
    "a mode": line("releases.jsonl", mode="live"),
    "files that are no list": line("releases.jsonl", fileSystem="{}"),
    "settings that are none": line("apps.jsonl", settings="["),
    "a gap": line("sections.jsonl", seq=7),
    "sections of no chat": line("sections.jsonl", contextId="none"),
    "an origin": line("sections.jsonl", origin="root"),
    "another form": line("manifest.json", format="x"),
    "a newer form": lambda name, content: (
        b'{"format":"vibes-trio export","version":9}' if name == "manifest.json" else content
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
async def test_what_is_not_as_it_should_be_is_refused_as_a_whole(source, tmp_path, capsys, kind):
    path, new = tmp_path / "a.zip", tmp_path / "new"
    await in_thread(run, capsys, "export", "--all", "--out", path, "--data-dir", source[0])
    rewrite(path, HOSTILE[kind])

    status = await in_thread(main, ["import", str(path), "--data-dir", str(new)])

    assert status == FAILED
    assert capsys.readouterr().err.count("\n") <= 2
    assert not new.exists()
