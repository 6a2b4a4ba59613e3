"""Secrets that their content gives away: private keys, in PEM or as a JWK, and the files of service accounts."""

import re
from typing import Any

import msgspec

from vibes_trio.config import KiB

MAX_SECRET_BYTES = 256 * KiB  # no key is larger
SUSPECT = "-----begin|putty-user-key-file-|age-secret-key-1|kty|priv(?:ate)?_?key|client_?secret|secret_?access_?key"
"""What a file has in it, in letters of any case, of which more has to be known: JavaScript reads the pattern, too."""
_SUSPECT = re.compile(SUSPECT.encode(), re.IGNORECASE)
_PEM = re.compile(
    rb"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    rb"(?:\s|\\[nr])+(?:[A-Za-z-]{1,40}: [^\r\n\\]{0,200}(?:\s|\\[nr])+){0,8}[A-Za-z0-9+/=]{16}"
)
# As a line of its own: then a key follows, whatever it looks like.
_PEM_LINE = re.compile(rb"^-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----[ \t\r]*$", re.MULTILINE)
_OTHERS = re.compile(rb"^PuTTY-User-Key-File-[0-9]|^AGE-SECRET-KEY-1[0-9A-Z]{20}", re.MULTILINE)
_SECRET_MEMBER = re.compile(
    r"(?:.*[_.-])?(?:priv(?:ate)?_?key|client_?secret|secret_?access_?key)", re.IGNORECASE
)
_PEM_START = "-----BEGIN"
_MIN_SECRET_CHARS = 20
_MAX_DEPTH = 6


def holds_secret(name: str, content: bytes) -> bool:
    """Return whether the file *name* with *content* is, or holds, a key that nobody else may have.

    The words `-----BEGIN PRIVATE KEY-----` within a line are none: programs that read keys are full of them.
    """
    if len(content) > MAX_SECRET_BYTES or not _SUSPECT.search(content):
        return False
    if _PEM.search(content) or _PEM_LINE.search(content) or _OTHERS.search(content):
        return True
    return name.lower().endswith(".json") and _json_holds_secret(content)


def _json_holds_secret(content: bytes) -> bool:
    try:
        document = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return _is_secret(document, _MAX_DEPTH)


def _is_secret(value: Any, depth: int) -> bool:  # Any: whatever JSON holds
    if depth == 0 or not isinstance(value, dict | list):
        return False
    if isinstance(value, list):
        return any(_is_secret(item, depth - 1) for item in value)
    is_private_jwk = isinstance(value.get("kty"), str) and isinstance(value.get("d"), str)
    members = any(_SECRET_MEMBER.fullmatch(key) and _is_key(text) for key, text in value.items())
    return is_private_jwk or members or any(_is_secret(item, depth - 1) for item in value.values())


def _is_key(value: Any) -> bool:  # Any: as above
    """A key has no blanks: `{"privateKey": "Your private key"}` is a translation."""
    if not isinstance(value, str):
        return False
    return value.startswith(_PEM_START) or (len(value) >= _MIN_SECRET_CHARS and not re.search(r"\s", value))
