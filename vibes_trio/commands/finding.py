"""One thing that `doctor` looked at."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `ok`, a `note` to mind, or a `problem` to mend; *text* says what to do."""

    what: str
    level: Level
    text: str
