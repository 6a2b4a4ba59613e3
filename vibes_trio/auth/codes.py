"""One-time codes that people type or follow in a link: what they are made of, and what is kept of them."""

import hashlib
import re

CODE_CHARS = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"
_GAPS = re.compile(r"[\s-]+")


def hash_code(code: str) -> str:
    """Return what is kept of a one-time code; how it is grouped, and whether in capitals, makes no difference."""
    return hashlib.sha256(_GAPS.sub("", code).upper().encode()).hexdigest()
