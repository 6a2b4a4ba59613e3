"""What ends soon is told thirty days before, and nothing else."""

import logging
from dataclasses import replace

import pytest
from fakes import NOW, make_app, open_database

from vibes_trio.auth.ca import make_ca
from vibes_trio.background.expiry import devices_end, warn_of_expiry
from vibes_trio.background.periodic import periodic_work
from vibes_trio.background.trust import ensure_keys
from vibes_trio.config import Limits
from vibes_trio.exchange import UserId
from vibes_trio.storage.certificates import Certificate, record_certificate, revoke_certificate
from vibes_trio.storage.interface import iso_utc
from vibes_trio.storage.users import add_user

DAY = 86400.0


@pytest.fixture
async def app(tmp_path):
    db = open_database(tmp_path)
    made = make_app(db, data_dir=tmp_path)
    ensure_keys(made.config, NOW)
    await db.write(add_user, UserId("u-ada"), "ada", "")
    yield made
    db.close()


async def issue(app, serial, days, user="u-ada"):
    certificate = Certificate(
        serial=serial,
        user_id=UserId(user),
        fingerprint="f",
        sha256=serial,
        issued=iso_utc(NOW),
        expires=iso_utc(NOW + days * DAY),
    )
    await app.db.write(record_certificate, certificate)


async def told(app, limits=None):
    return await app.db.read(devices_end, limits or Limits())


async def test_a_device_that_ends_within_thirty_days_is_told(app):
    await issue(app, "serial-soon", 29)
    await issue(app, "later", 31, "u-eve")

    (line,) = await told(app)

    assert line.startswith("The last certificate of ada's devices (serial-s…) ends on ")
    assert "vibes-trio device issue --user ada" in line


async def test_one_that_was_replaced_is_not(app):
    await issue(app, "old", 5)
    await issue(app, "new", 90)

    assert await told(app) == []


async def test_of_several_that_end_the_last_is_told(app):
    await issue(app, "a", 5)
    await issue(app, "b", 9)
    await issue(app, "c", 9)

    (line,) = await told(app)

    assert "(c…)" in line


async def test_one_that_counts_no_more_is_not(app):
    await issue(app, "ended", -1)
    await issue(app, "revoked", 5, "u-eve")
    await app.db.write(revoke_certificate, "revoked")

    assert await told(app) == []


async def test_many_are_told_as_a_few(app):
    for number in range(5):
        await issue(app, f"s{number}", 5, f"u-{number}")

    lines = await told(app, Limits(expiry_told=2))

    assert [line.split(" ")[0] for line in lines] == ["The", "The", "Certificates"]
    assert "u-0" in lines[0]


@pytest.mark.parametrize("is_told", [False, True])
async def test_the_ca_is_told_before_it_ends(app, caplog, is_told):
    ca = make_ca(NOW)
    before_end = ca.not_after - NOW - 10 * DAY
    later = replace(app, now=lambda: NOW + (before_end if is_told else 0))
    await issue(app, "soon", 20)

    with caplog.at_level(logging.WARNING):
        await warn_of_expiry(later)

    assert ("expires in" in caplog.text) is is_told
    assert "ends on" in caplog.text


async def test_keys_that_are_gone_are_told_elsewhere(app, caplog):
    (app.config.data_dir / "keys.json").unlink()

    await warn_of_expiry(app)

    assert caplog.text == ""
    assert not (app.config.data_dir / "keys.json").exists()


async def test_it_is_looked_at_once_a_day(app):
    (work,) = [work for work in periodic_work(app) if work.name == "look at what expires"]

    assert work.interval_s == DAY
