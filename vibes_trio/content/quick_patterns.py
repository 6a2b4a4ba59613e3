"""Patterns that are looked for in whole sources: words first, so that what lies between is passed over fast.

`re` skips to where a pattern can begin if it begins with letters. With `\\b` first it tries at each character, which
takes many times as long, and every deploy waits for it.
"""


def word(text: str) -> str:
    """Return a pattern for *text*, letters, where no other letter stands before it."""
    return rf"{text}(?<=\b{text})"


def words(*texts: str) -> str:
    """Return a pattern for any of *texts*; see `word`."""
    return f"(?:{'|'.join(map(word, texts))})"
