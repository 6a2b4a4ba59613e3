from dataclasses import replace

import pytest

from vibes_trio.errors import LimitReached, NotFound
from vibes_trio.exchange import UserId
from vibes_trio.storage import Database
from vibes_trio.storage.certificates import (
    Certificate,
    admit_certificate,
    count_live,
    get_issued_version,
    get_revocations_version,
    is_issued,
    list_certificates,
    list_issued_digests,
    list_revoked_serials,
    record_certificate,
    revoke_certificate,
)

ADA, BOB = UserId("ada"), UserId("bob")
NOW = "2026-01-22T06:51:35.123Z"

FIRST = Certificate(
    serial="z1",
    user_id=ADA,
    fingerprint="fp-1",
    sha256="11" * 32,
    issued="2026-01-01T00:00:00.000Z",
    expires="2026-04-01T00:00:00.000Z",
)
SECOND = replace(FIRST, serial="z2", sha256="22" * 32, issued="2026-01-02T00:00:00.000Z")
RUN_OUT = replace(FIRST, serial="z3", sha256="33" * 32, issued="2025-01-01T00:00:00.000Z", expires=NOW)
OTHERS = replace(FIRST, serial="z4", user_id=BOB, sha256="44" * 32, issued="2026-01-03T00:00:00.000Z")


@pytest.fixture
async def four(inline: Database) -> Database:
    for certificate in (FIRST, SECOND, RUN_OUT, OTHERS):
        await inline.write(record_certificate, certificate)
    return inline


async def test_certificates_are_listed_oldest_first(four: Database) -> None:
    assert await four.get(list_certificates) == (RUN_OUT, FIRST, SECOND, OTHERS)
    assert await four.get(list_certificates, ADA) == (RUN_OUT, FIRST, SECOND)
    assert await four.get(list_certificates, UserId("nobody")) == ()


async def test_issued_certificate_is_known_by_its_bytes_until_revoked(four: Database) -> None:
    assert await four.get(is_issued, FIRST.sha256)
    assert not await four.get(is_issued, "00" * 32)

    await four.write(revoke_certificate, FIRST.serial)

    assert not await four.get(is_issued, FIRST.sha256)
    assert await four.get(is_issued, SECOND.sha256)


async def test_what_counts_is_listed_by_its_bytes_and_each_issue_counted(four: Database) -> None:
    """For engines that can't look one up at once."""
    before = await four.get(get_issued_version)
    await four.write(record_certificate, replace(FIRST, serial="z9", sha256="99" * 32))
    await four.write(revoke_certificate, FIRST.serial)

    assert await four.get(get_issued_version) == before + 1
    listed = await four.get(list_issued_digests)
    assert {"99" * 32, SECOND.sha256} <= listed
    assert FIRST.sha256 not in listed


async def test_revoked_serials_are_listed_and_counted(four: Database) -> None:
    assert (await four.get(list_revoked_serials), await four.get(get_revocations_version)) == (frozenset(), 0)

    revoked = await four.write(revoke_certificate, "z1")
    await four.write(revoke_certificate, "z4")

    assert revoked == replace(FIRST, revoked=NOW)
    assert (await four.get(list_revoked_serials), await four.get(get_revocations_version)) == (
        {"z1", "z4"},
        2,
    )


async def test_revoking_again_keeps_the_first_time(four: Database, clock: object) -> None:
    await four.write(revoke_certificate, "z1")
    clock.seconds += 60  # type: ignore[attr-defined]

    assert (await four.write(revoke_certificate, "z1")).revoked == NOW


async def test_unknown_serial_is_not_found(four: Database) -> None:
    with pytest.raises(NotFound, match="serial number z9"):
        await four.write(revoke_certificate, "z9")

    assert await four.get(get_revocations_version) == 0


async def test_live_are_those_neither_revoked_nor_run_out(four: Database) -> None:
    assert (await four.get(count_live, ADA), await four.get(count_live, BOB)) == (2, 1)

    await four.write(revoke_certificate, "z2")

    assert (await four.get(count_live, ADA), await four.get(count_live, UserId("nobody"))) == (1, 0)


async def test_a_certificate_is_recorded_while_its_user_has_room_for_it(four: Database) -> None:
    """Those that count no longer take none."""
    third = replace(FIRST, serial="z5", sha256="55" * 32)
    await four.write(admit_certificate, third, 3)

    with pytest.raises(LimitReached, match="3 devices"):
        await four.write(admit_certificate, replace(third, serial="z6"), 3)

    assert third in await four.get(list_certificates, ADA)
