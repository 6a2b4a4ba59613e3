"""What people may be called."""

import pytest

from vibes_trio.content.names_of_people import MAX_EMAIL_CHARS, MAX_NAME_CHARS, check_email, check_user_name
from vibes_trio.errors import BadRequest


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("ada", "ada"),
        ("  Ada B ", "Ada B"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("x" * MAX_NAME_CHARS, "x" * MAX_NAME_CHARS),
    ],
)
def test_a_name_is_taken_without_blanks_round_it(name, taken):
    assert check_user_name(name) == taken


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\u202eb", "a\0b", "x" * (MAX_NAME_CHARS + 1)])
def test_what_can_be_no_name_is_refused(name):
    with pytest.raises(BadRequest, match="name:"):
        check_user_name(name)


@pytest.mark.parametrize(("email", "taken"), [("", ""), (" a@b.org ", "a@b.org")])
def test_an_address_may_be_left_out(email, taken):
    assert check_email(email) == taken


@pytest.mark.parametrize(
    "email", ["a", "a@", "@b", "a b@c", "<a@b>", "a@b,c@d", "x" * MAX_EMAIL_CHARS + "@b"]
)
def test_what_can_be_no_address_is_refused(email):
    with pytest.raises(BadRequest, match="email:"):
        check_email(email)
