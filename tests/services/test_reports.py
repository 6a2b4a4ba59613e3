"""What visitors find wrong with an app is written to the log, in one line, and not too often."""

import logging

import pytest
from asking import FakeCompiler, ask, deploy, js
from fakes import make_app, open_database

REPORT = "vibes.diy.req-report-app"
GARDEN = {"appSlug": "garden", "ownerHandle": "ada"}


@pytest.fixture
async def app(tmp_path):
    db = open_database(tmp_path)
    app = make_app(db, compiler=FakeCompiler())
    await deploy(app, js("/a.js", "1"))
    yield app
    db.close()


async def test_a_report_is_one_line_of_the_log(app, caplog):
    caplog.set_level(logging.WARNING, "vibes_trio.reports")

    reply = await ask(app, "eve", REPORT, **GARDEN, reason="It asks for\n my password", fsId="z1\x1b")

    assert reply["type"] == "vibes.diy.res-report-app"
    assert [record.getMessage() for record in caplog.records] == [
        r"eve reports the app ada/garden (release z1\x1b): It asks for my password"
    ]


@pytest.mark.parametrize(
    ("reason", "code"), [(" \n", "bad-request"), ("x" * 1001, "bad-request"), (7, "bad-request")]
)
async def test_a_report_says_something_and_not_too_much(app, reason, code, caplog):
    assert (await ask(app, "eve", REPORT, **GARDEN, reason=reason))["code"] == code
    assert not caplog.records


async def test_somebody_reports_a_few_and_others_may_all_the_same(app):
    codes = [(await ask(app, "eve", REPORT, **GARDEN, reason="bad")).get("code") for _ in range(7)]

    assert codes == [None] * 5 + ["overloaded"] * 2
    assert (await ask(app, "bob", REPORT, **GARDEN, reason="bad")).get("code") is None
