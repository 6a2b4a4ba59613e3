"""Rows of releases; what deploys make of them is tried in `test_apps.py`."""

from dataclasses import replace

from releases import publish, release

from vibes_trio.storage import Database, Tx


def runs(tx: Tx) -> list[tuple[str, str, str, str]]:
    return tx.execute("SELECT fsId, mode, runId, message FROM Apps ORDER BY releaseSeq")  # type: ignore[return-value]


async def test_a_run_without_a_release_makes_one_and_then_replaces_it(inline: Database) -> None:
    await inline.write(publish, replace(release("z1"), run_id="r", message="first"))
    assert await inline.get(runs) == [("z1", "dev", "r", "first")]

    await inline.write(publish, replace(release("z2", "production"), run_id="r", message="second"))
    assert await inline.get(runs) == [("z2", "production", "r", "second")]

    late = await inline.write(publish, replace(release("z3"), run_id="r"))
    assert late.fs_id == "z2"
    assert await inline.get(runs) == [("z2", "production", "r", "second")]


async def test_runs_of_other_apps_are_others(inline: Database) -> None:
    await inline.write(publish, replace(release("z1"), run_id="r"))
    await inline.write(publish, replace(release("z2", app="other"), run_id="r"))

    assert [row[0] for row in await inline.get(runs)] == ["z1", "z2"]


async def test_a_run_takes_over_what_has_its_content_and_leaves_what_it_had(inline: Database) -> None:
    await inline.write(publish, release("z1"))
    await inline.write(publish, replace(release("z2"), run_id="r"))
    await inline.write(publish, replace(release("z1"), run_id="r"))

    assert [row[::2] for row in await inline.get(runs)] == [("z1", "r"), ("z2", "")]


async def test_a_deploy_without_words_leaves_those_that_are_there(inline: Database) -> None:
    await inline.write(publish, replace(release("z1"), message="first"))
    await inline.write(publish, release("z1"))

    assert await inline.get(runs) == [("z1", "dev", "", "first")]
