"""What is told to who leads to nothing; how it is served is looked at in test_serving.py."""

from vibes_trio.content.notice_page import Notice
from vibes_trio.services.notices import notice_reply


def test_a_notice_is_kept_by_nobody_and_has_the_status_of_what_it_stands_for():
    reply = notice_reply(Notice("Busy", []), status=503)

    assert reply.status == 503
    assert ("cache-control", "no-store") in reply.headers
    assert not reply.repeatable
