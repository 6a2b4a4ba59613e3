"""What is done to an app is noted with it, and what was refused behind the answer."""

import pytest
from asking import DEPLOY, ask, deploy, js, jsx

from vibes_trio.errors import Overloaded

LOG = "vibes.diy.req-read-app-log"
GARDEN = {"appSlug": "garden", "ownerHandle": "ada"}


async def told(app, *members, user="ada", **of):
    """What the log says, oldest first: the kind of each entry, or *members* of it."""
    items = (await ask(app, user, LOG, **{**GARDEN, **of}))["items"]
    items.reverse()
    return [tuple(item.get(member) for member in members) if members else item["kind"] for item in items]


async def do(app, kind, user="ada", **members):
    reply = await ask(app, user, f"vibes.diy.req-{kind}", **{**GARDEN, **members})
    assert "code" not in reply, reply
    return reply


async def test_deploys_are_noted_and_the_same_again_is_not(app):
    await deploy(app, js("/a.js", "1"), message="the first")
    await deploy(app, js("/a.js", "1"))
    await deploy(app, js("/a.js", "2"), mode="dev")

    assert await told(app, "kind", "releaseSeq", "mode", "words") == [
        ("deployed", 1, "production", "the first"),
        ("deployed", 2, "dev", None),
    ]
    assert await told(app, "by", "code") == [("ada", None)] * 2


async def test_a_known_release_that_is_shown_anew_is_noted(app):
    await deploy(app, js("/a.js", "1"))
    await deploy(app, js("/a.js", "2"))
    await deploy(app, js("/a.js", "1"))

    assert await told(app, "kind", "releaseSeq") == [("deployed", 1), ("deployed", 2), ("deployed", 3)]


async def test_what_is_shown_taken_down_and_named_anew_is_noted(app):
    first = await deploy(app, js("/a.js", "1"))
    await deploy(app, js("/a.js", "2"))
    await do(app, "publish-app", fsId=first["fsId"])
    await do(app, "publish-app", fsId=first["fsId"])
    await do(app, "set-unpublish", unpublish=True)
    await do(app, "set-unpublish", unpublish=True)
    await do(app, "set-unpublish", unpublish=False)
    await do(app, "set-mode-fs", fsId=first["fsId"], mode="dev")
    await do(app, "rename-app", newAppSlug="park")

    assert (await told(app, "kind", "words", appSlug="park"))[2:] == [
        ("published", "was v1"),
        ("unpublished", None),
        ("published", None),
        ("mode-set", None),
        ("renamed", "garden → park"),
    ]


async def test_what_is_deleted_tells_of_it_once_it_is_back(app):
    first = await deploy(app, js("/a.js", "1"))
    await deploy(app, js("/a.js", "2"))
    for kind, more in (
        ("delete-release", {"fsId": first["fsId"]}),
        ("delete-app", {}),
        ("delete-user-slug-binding", {}),
    ):
        await do(app, kind, **more, dryRun=True)
        gone = await do(app, kind, **more)
        await do(app, "undo-deletion", deletionId=gone["deletionId"])

    assert (await told(app, "kind", "words"))[2:] == [
        (kind, what) for what in ("release", "app", "handle") for kind in ("deleted", "restored")
    ]


async def test_a_fork_says_what_it_was_made_from(app):
    await deploy(app, js("/a.js", "1"))
    made = await ask(app, "bob", "vibes.diy.req-fork-app", srcAppSlug="garden", srcUserSlug="ada")

    name = {"appSlug": made["appSlug"], "ownerHandle": made["ownerHandle"]}
    assert await told(app, "kind", "words", user="bob", **name) == [("deployed", "forked from ada/garden")]


async def test_a_refused_deploy_is_noted_with_its_words(app, compiler):
    await deploy(app, js("/a.js", "1"))
    compiler.fails_on = "/App.jsx"
    await deploy(app, jsx(), appSlug="Garden")

    assert (await told(app, "kind", "code", "by"))[1:] == [("refused", "transform-failed", "ada")]
    assert "made to fail" in (await told(app, "words"))[-1][0]


@pytest.mark.parametrize("named", [{"appSlug": "nothing"}, {"userSlug": "nobody"}])
async def test_a_refused_deploy_of_what_is_not_there_is_noted_nowhere(app, compiler, named):
    await deploy(app, js("/a.js", "1"))
    compiler.fails_on = "/App.jsx"

    assert (await deploy(app, jsx(), **named))["code"] == "transform-failed"
    assert await told(app) == ["deployed"]


async def test_what_others_are_refused_fills_nobodys_log(app):
    await deploy(app, js("/a.js", "1"))

    assert (await deploy(app, js("/a.js", "2"), user="bob"))["code"] == "slug-taken"
    assert await told(app) == ["deployed"]


async def test_a_deploy_is_refused_in_its_own_words_where_nothing_can_be_noted(app, compiler, monkeypatch):
    await deploy(app, js("/a.js", "1"))
    compiler.fails_on = "/App.jsx"

    def full(*_):
        raise Overloaded("too much waits")

    monkeypatch.setattr(app.db, "submit", full)

    assert (await deploy(app, jsx()))["code"] == "transform-failed"


async def test_a_deploy_without_names_is_refused_and_noted_nowhere(app, compiler):
    compiler.fails_on = "/App.jsx"
    reply = await ask(app, "ada", DEPLOY, mode="dev", fileSystem=[jsx()])

    assert reply["code"] == "transform-failed"
