"""What users may be called, and what their address may look like."""

import re
import unicodedata

from vibes_trio.errors import BadRequest

MAX_NAME_CHARS = 60
MAX_EMAIL_CHARS = 320
_EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")


def check_user_name(name: str) -> str:
    """Return *name* without blanks round it, in the one form that its letters have.

    Raises:
        BadRequest: it is empty, too long, or has what is no letter to be seen.
    """
    name = unicodedata.normalize("NFC", name).strip()
    if not name:
        raise BadRequest("name: what shall the user be called?")
    if len(name) > MAX_NAME_CHARS:
        raise BadRequest(f"name: at most {MAX_NAME_CHARS} characters.")
    if not name.isprintable():
        raise BadRequest("name: there is a character in it that can't be seen.")
    return name


def check_email(email: str) -> str:
    """Return *email* without blanks round it; it may be empty.

    Raises:
        BadRequest: it is no address.
    """
    email = email.strip()
    if email and (len(email) > MAX_EMAIL_CHARS or not _EMAIL.fullmatch(email)):
        raise BadRequest("email: that is no address. It may be left out.")
    return email
