"""The table itself: what holds for every row."""

from vibes_trio.wire.access import ACCESS, Kind, Relation, rule_of
from vibes_trio.wire.names import AppRequest
from vibes_trio.wire.requests import REQUESTS


def test_what_is_about_oneself_needs_nothing_but_a_sign_in():
    assert {rule.least for rule in ACCESS.values() if rule.about is Kind.ME} == {Relation.SIGNED_IN}


def test_what_names_an_app_is_about_one():
    named = {request for request in REQUESTS.values() if issubclass(request, AppRequest)}

    assert {rule_of(request).about for request in named} == {Kind.APP}


def test_every_request_has_its_row_and_every_row_a_request():
    assert set(ACCESS) == set(REQUESTS)


def test_only_apps_are_open_to_anyone():
    assert {rule.about for rule in ACCESS.values() if rule.least is Relation.ANYONE} == {Kind.APP}
