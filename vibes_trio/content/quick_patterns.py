"""Patterns that are looked for in whole sources, so that what they are not in is passed over fast.

`re` skips to where a pattern can begin if it begins with letters. With `\\b` first it tries at each character, which
takes many times as long, and every deploy waits for it. Where all that a pattern finds holds one of a few words,
looking for these first is faster still.
"""

import re
from dataclasses import dataclass
from typing import AnyStr, Generic


def word(text: str) -> str:
    """Return a pattern for *text*, letters, where no other letter stands before it."""
    return rf"{text}(?<=\b{text})"


def words(*texts: str) -> str:
    """Return a pattern for any of *texts*; see `word`."""
    return f"(?:{'|'.join(map(word, texts))})"


@dataclass(frozen=True, slots=True)
class Signed(Generic[AnyStr]):
    """A pattern, and *signs* of which whatever it finds holds one."""

    signs: tuple[AnyStr, ...]
    pattern: re.Pattern[AnyStr]

    def is_in(self, text: AnyStr) -> bool:
        """Whether *text* has it."""
        for sign in self.signs:
            if sign in text:
                return self.pattern.search(text) is not None
        return False
