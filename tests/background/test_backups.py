"""The server backs up by itself when it is time, and keeps as many as it should."""

import pytest
import trio
from serving import running

from vibes_trio.background import backups
from vibes_trio.background.backups import back_up_if_due, folder_of
from vibes_trio.background.periodic import periodic_work
from vibes_trio.backups.archive import check_files
from vibes_trio.backups.kept import list_backups, name_at
from vibes_trio.errors import Internal

HOUR = 3600.0


def names(app):
    return [path.name for path in list_backups(folder_of(app.config))]


async def made(app):
    with trio.fail_after(60):
        while not folder_of(app.config).is_dir() or not names(app):  # noqa: ASYNC110 - another process does it
            await trio.sleep(0.05)


async def test_at_the_first_look_one_is_made_that_is_sound(tmp_path):
    async with running(tmp_path / "data", VIBES_BACKUP_EVERY="24") as app:
        await made(app)
        (path,) = list_backups(folder_of(app.config))
        manifest = check_files(path)
        await back_up_if_due(app)

        assert names(app) == [name_at(app.now())]
        assert app.counts.read("last_backup_seconds")[()] == app.now()

    assert not manifest.with_keys


async def test_without_the_setting_there_is_none(tmp_path):
    async with running(tmp_path / "data") as app:
        assert not any(work.name == "backup" for work in periodic_work(app))


async def test_only_the_newest_are_kept(tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    async with running(
        tmp_path / "data", VIBES_BACKUP_EVERY="0", VIBES_BACKUP_DIR=str(folder), VIBES_BACKUP_KEEP="2"
    ) as app:
        for hours in (1, 2, 3):
            (folder / name_at(app.now() - hours * HOUR)).write_text("old")
        await back_up_if_due(app)

        assert names(app) == [name_at(app.now()), name_at(app.now() - HOUR)]


async def test_one_that_fails_is_told_with_the_reason(tmp_path):
    async with running(tmp_path / "data", VIBES_BACKUP_DIR=str(tmp_path / "b")) as app:
        target = folder_of(app.config) / name_at(app.now())
        target.parent.mkdir()
        target.write_text("in its place")

        with pytest.raises(Internal, match=r"the backup to .* failed: .*is there already"):
            await backups._run(app.config, target)

    (tmp_path / "file").write_text("")
    async with running(tmp_path / "data2", VIBES_BACKUP_DIR=str(tmp_path / "file" / "x")) as app:
        with pytest.raises(Internal, match="Not a directory"):
            await back_up_if_due(app)
