"""What is told to who leads to nothing; how it is served is looked at in test_serving.py."""

import pytest
from asking import get
from fakes import make_app, open_database

from vibes_trio.content.notice_page import Notice
from vibes_trio.services.notices import notice_reply


def test_a_notice_is_kept_by_nobody_and_has_the_status_of_what_it_stands_for():
    reply = notice_reply(Notice("Busy", []), status=503)

    assert reply.status == 503
    assert ("cache-control", "no-store") in reply.headers
    assert not reply.repeatable


@pytest.mark.parametrize("entry", ["/", "/~zzzzzzzzzzz~/"])
async def test_what_is_not_there_leads_to_the_page_round_it_where_one_signs_in(tmp_path, entry):
    db = open_database(tmp_path)
    try:
        app = make_app(db)
        reply = await get(app, entry, host="shed--ada.apps.test", accept="text/html")
    finally:
        db.close()

    assert reply.status == 404
    assert b"There is no app called shed" in reply.body
    assert b'href="https://apps.test/vibe/ada/shed"' in reply.body
