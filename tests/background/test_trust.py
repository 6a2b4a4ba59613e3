"""Keys and revocations that others change come into force."""

from dataclasses import replace

import pytest
import trio
import trio.testing
from fakes import NOW, make_app, open_database
from memory_engine import MemoryDatabase

from vibes_trio.auth.ca import make_ca
from vibes_trio.auth.device import issue_device, mint_token
from vibes_trio.auth.device_id import DeviceVerifier
from vibes_trio.auth.keys import rotate_keys
from vibes_trio.auth.verifier import Claims
from vibes_trio.background.trust import ensure_keys, read_trust, refresh_trust, watch_trust
from vibes_trio.config import Limits
from vibes_trio.errors import ConfigError, Overloaded, RequireLogin
from vibes_trio.exchange import UserId
from vibes_trio.storage import certificates
from vibes_trio.storage.certificates import Certificate
from vibes_trio.storage.sqlite.engine import SqliteDatabase

ADA = Claims(UserId("ada"), "ada", "user", "ada@example.org", True)


@pytest.fixture
async def app(tmp_path):
    db = open_database(tmp_path)
    app = make_app(db, data_dir=tmp_path)
    keys = ensure_keys(app.config, NOW)
    devices = DeviceVerifier(await read_trust(app.config, db, keys.trusted), lambda: NOW)
    yield make_app(db, data_dir=tmp_path, devices=devices)
    db.close()


def issue(app):
    """A device of Ada's, recorded; returns it and its serial number."""
    device, issued = issue_device(ensure_keys(app.config, NOW).ca, ADA, "laptop", NOW)
    record = Certificate(
        serial=issued.serial,
        user_id=ADA.user_id,
        fingerprint=issued.fingerprint,
        sha256=issued.sha256_hex,
        issued="2026-11-22T00:00:00.000Z",
        expires="2027-01-01T00:00:00.000Z",
        revoked=None,
    )
    return device, issued.serial, record


async def test_a_revocation_is_seen_within_the_poll_time(app, autojump_clock):
    device, serial, record = issue(app)
    await app.db.write(certificates.record_certificate, record)
    assert (await app.devices(mint_token(device, NOW))).user_id == "ada"

    async with trio.open_nursery() as nursery:
        await nursery.start(watch_trust, app)
        await app.db.write(certificates.revoke_certificate, serial)
        await trio.sleep(app.config.limits.trust_poll_s * 1.5)
        nursery.cancel_scope.cancel()

    with pytest.raises(RequireLogin):
        await app.devices(mint_token(device, NOW))


async def test_without_lookups_at_once_what_is_issued_is_seen_within_the_poll_time(tmp_path, autojump_clock):
    db = MemoryDatabase(Limits(), lambda: NOW)
    db.open()
    app = make_app(db, data_dir=tmp_path, device_chain="registry")
    trust = await read_trust(app.config, db, ensure_keys(app.config, NOW).trusted)
    app = replace(app, devices=DeviceVerifier(trust, lambda: NOW))
    _, serial, record = issue(app)
    wait_s = app.config.limits.trust_poll_s * 1.5

    async with trio.open_nursery() as nursery:
        await nursery.start(watch_trust, app)
        known = [app.devices.trust.is_issued(record.sha256)]
        for change, what in (
            (certificates.record_certificate, record),
            (certificates.revoke_certificate, serial),
        ):
            await db.write(change, what)
            await trio.sleep(wait_s)
            known.append(app.devices.trust.is_issued(record.sha256))
        nursery.cancel_scope.cancel()

    assert known == [False, True, False]


async def test_a_new_ca_counts_and_a_dropped_one_no_more(app, autojump_clock):
    device, _, _ = issue(app)
    token = mint_token(device, NOW)
    await app.devices(token)

    async with trio.open_nursery() as nursery:
        await nursery.start(watch_trust, app)
        rotate_keys(app.config.data_dir, NOW, None, drop_old=True)
        await trio.sleep(app.config.limits.trust_poll_s * 1.5)
        nursery.cancel_scope.cancel()

    with pytest.raises(RequireLogin):
        await app.devices(token)
    renewed, _, _ = issue(app)
    assert (await app.devices(mint_token(renewed, NOW))).user_id == "ada"


async def test_what_this_process_revokes_counts_at_once(app, autojump_clock):
    device, serial, record = issue(app)
    await app.db.write(certificates.record_certificate, record)
    token = mint_token(device, NOW)
    await app.devices(token)

    async with trio.open_nursery() as nursery:
        await nursery.start(watch_trust, app)
        started = trio.current_time()
        await app.db.write(certificates.revoke_certificate, serial)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(RequireLogin):
            await app.devices(token)
        assert trio.current_time() == started
        nursery.cancel_scope.cancel()


async def test_a_database_that_cannot_be_read_for_a_while_ends_nothing(
    app, monkeypatch, caplog, autojump_clock
):
    device, serial, record = issue(app)
    await app.db.write(certificates.record_certificate, record)
    token = mint_token(device, NOW)
    await app.devices(token)
    poll_s = app.config.limits.trust_poll_s

    def refuse(*args):
        raise Overloaded("The database is in use by another program.")

    async with trio.open_nursery() as nursery:
        await nursery.start(watch_trust, app)
        with monkeypatch.context() as patch:
            patch.setattr(SqliteDatabase, "get", refuse)
            await app.db.write(certificates.revoke_certificate, serial)
            await trio.sleep(poll_s * 3.5)
        assert (await app.devices(token)).user_id == "ada"
        await trio.sleep(poll_s)
        nursery.cancel_scope.cancel()

    assert caplog.text.count("in use by another program") == 1
    with pytest.raises(RequireLogin):
        await app.devices(token)


async def test_a_key_file_that_goes_while_the_server_runs_is_not_made_anew(app, caplog, autojump_clock):
    """Fails without the guard of `load_keys`: the watch then makes a new CA, and every device is locked out."""
    device, _, record = issue(app)
    await app.db.write(certificates.record_certificate, record)
    path = app.config.data_dir / "keys.json"
    kept = path.read_bytes()
    poll_s = app.config.limits.trust_poll_s

    async with trio.open_nursery() as nursery:
        await nursery.start(watch_trust, app)
        path.unlink()
        await trio.sleep(poll_s * 3.5)
        assert not path.exists()
        assert (await app.devices(mint_token(device, NOW))).user_id == "ada"
        path.write_bytes(kept)
        await trio.sleep(poll_s * 1.5)
        assert (await app.devices(mint_token(device, NOW))).user_id == "ada"
        nursery.cancel_scope.cancel()

    assert caplog.text.count("is missing") == 1


async def test_keys_that_can_be_read_again_count_though_their_file_did_not_change(
    app, monkeypatch, autojump_clock
):
    poll_s = app.config.limits.trust_poll_s

    def fail(*args, **settings):
        raise ConfigError("keys.json: can't be used: Input/output error.")

    async with trio.open_nursery() as nursery:
        await nursery.start(watch_trust, app)
        with monkeypatch.context() as patch:
            patch.setattr("vibes_trio.background.trust.load_keys", fail)
            rotate_keys(app.config.data_dir, NOW, None)
            await trio.sleep(poll_s * 2.5)
        await trio.sleep(poll_s)
        nursery.cancel_scope.cancel()

    device, _, _ = issue(app)
    assert (await app.devices(mint_token(device, NOW))).user_id == "ada"


async def test_a_revocation_counts_though_the_keys_cannot_be_read(app):
    device, serial, record = issue(app)
    await app.db.write(certificates.record_certificate, record)
    await app.db.write(certificates.revoke_certificate, serial)
    (app.config.data_dir / "keys.json").write_text("{}")

    assert not await refresh_trust(app)

    with pytest.raises(RequireLogin):
        await app.devices(mint_token(device, NOW))


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO Certificates VALUES ('s', 'ada', '', '', '', '', NULL)",
        "INSERT INTO UserSlugBindings (userId, userSlug, created) VALUES ('ada', 'ada', '')",
        "INSERT INTO ChatContexts (contextId, userId, created) VALUES ('c', 'ada', '')",
    ],
)
def test_keys_are_never_made_beside_data(tmp_path, sql):
    """Fails without `holds_data`: a new file would be made, under which none of the data's devices counts."""
    db = open_database(tmp_path)
    config = make_app(db, data_dir=tmp_path).config
    db.points.get(lambda tx: tx.execute("PRAGMA query_only = OFF"))
    db.points.get(lambda tx: tx.execute(sql))

    with pytest.raises(ConfigError, match=r"keys\.json: is missing.*keys rotate --lost"):
        ensure_keys(config, NOW)
    db.close()
    with pytest.raises(ConfigError, match="is missing"):
        ensure_keys(config, NOW)

    assert not (tmp_path / "keys.json").exists()


async def test_keys_that_cannot_be_used_leave_the_old_ones_in_force(app, caplog):
    device, _, _ = issue(app)
    (app.config.data_dir / "keys.json").write_text("{}")

    assert not await refresh_trust(app)

    assert "keys" in caplog.text
    assert (await app.devices(mint_token(device, NOW))).user_id == "ada"


async def test_tokens_of_another_ca_never_count(app):
    device, _ = issue_device(make_ca(NOW), ADA, "laptop", NOW)

    with pytest.raises(RequireLogin):
        await app.devices(mint_token(device, NOW))


@pytest.mark.parametrize("damage", ["gone", "empty folder", "cut", "no JSON", "a folder"])
async def test_keys_that_are_lost_under_a_running_server_are_never_made_anew(app, tmp_path, caplog, damage):
    """New ones would lock all devices out, once the server starts again: it goes on with those that it has."""
    device, _, record = issue(app)
    await app.db.write(certificates.record_certificate, record)
    path = tmp_path / "keys.json"
    whole = path.read_bytes()
    if damage == "empty folder":
        app = replace(app, config=replace(app.config, data_dir=tmp_path / "gone"))
    else:
        path.unlink()
    if damage == "a folder":
        path.mkdir()
    if damage in ("cut", "no JSON"):
        path.write_bytes(whole[:100] if damage == "cut" else b"words")

    assert not await refresh_trust(app)

    assert (await app.devices(mint_token(device, NOW))).user_id == "ada"
    assert "can't be used; the old ones stay" in caplog.text
    assert not (app.config.data_dir / "keys.json").is_file() or damage in ("cut", "no JSON")
    assert not (tmp_path / "gone").exists()
