"""Texts that JavaScript's `Date` can read, in a server whose time zone is UTC.

A text is read first as ECMA-262's date-time string and, where that ends, by the rules for older forms that
V8 has always had: `Thu, 22 Jan 2026 06:51:35 GMT`, `1/22/2026 6:51 pm`, `22 January 2026 (noon) EST`. The
standard leaves those to the engine, so they are written down here as V8 applies them (its
`src/date/dateparser-inl.h` names the same rules), faults included: `2026-02-31` is 3 March.
"""

import re
from dataclasses import dataclass, field

import msgspec

from vibes_trio.content.calendar_days import days_before

MAX_MS = 8_640_000_000_000_000
DAY_MS = 86_400_000
_SIGNIFICANT_DIGITS = 9
_MAX_SMALL_INT = 2**31 - 1

# White space of JavaScript at or above "A"; it ends a word. The line separators U+2028 and U+2029 do not.
_WIDE_SPACE = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff"
_TOKEN = re.compile(
    rf"(?P<number>[0-9]+)|(?P<symbol>[-:+.)])|(?P<word>[^\x00-@{_WIDE_SPACE}]+)"
    rf"|(?P<space>[\t-\r {_WIDE_SPACE}])|(?P<other>.)",
    re.DOTALL,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONES = {"ut": 0, "utc": 0, "z": 0, "gmt": 0, "est": -5, "edt": -4}
_ZONES |= {"cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
_HALVES = {"am": 0, "pm": 12}


def parse_date(text: str) -> int | None:
    """Return milliseconds since 1970-01-01 UTC, or None for what `Date.parse` calls NaN."""
    reading = _Reading(_scan(text))
    if not (_read_iso(reading) and _read_legacy(reading)):
        return None
    days, ms, offset_ms = reading.day.days(), reading.time.ms(), reading.zone.ms()
    if days is None or ms is None or offset_ms is None:
        return None
    total = days * DAY_MS + ms - offset_ms
    return total if abs(total) <= MAX_MS else None


class _Token(msgspec.Struct, frozen=True):
    kind: str  # number, symbol, word, space, other, or end
    text: str = ""

    @property
    def number(self) -> int:
        """The value; digits after the ninth significant one don't count."""
        return int(self.text.lstrip("0")[:_SIGNIFICANT_DIGITS] or "0")

    def is_digits(self, count: int) -> bool:
        return self.kind == "number" and len(self.text) == count

    def is_sign(self) -> bool:
        return self.text in ("+", "-")

    def sign(self) -> int:
        return -1 if self.text == "-" else 1

    def keyword(self) -> str:
        """The word in lower case; of a longer one only a month's first three letters count."""
        # V8 lower-cases by setting one bit, so "[" counts as "{": no keyword holds either.
        word = "".join(chr(ord(c) | 0x20) for c in self.text[:3])
        return word if len(self.text) <= 3 or word in _MONTHS else ""


_END = _Token("end")


def _scan(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        if text[at] == "(":
            at = _skip_parentheses(text, at)
            tokens.append(_Token("other"))
            continue
        match = _TOKEN.match(text, at)
        assert match is not None, "every character is some token"
        assert match.lastgroup is not None, "every token is of some kind"
        tokens.append(_Token(match.lastgroup, match[0]))
        at = match.end()
    return tokens


def _skip_parentheses(text: str, at: int) -> int:
    """Return where the text in parentheses that opens at *at* ends; one that never closes takes all."""
    depth = 0
    for index in range(at, len(text)):
        depth += (text[index] == "(") - (text[index] == ")")
        if depth == 0:
            return index + 1
    return len(text)


@dataclass(slots=True)
class _Day:
    numbers: list[int] = field(default_factory=list)
    named_month: int | None = None
    is_iso: bool = False

    def add(self, number: int) -> bool:
        if len(self.numbers) == 3:
            return False
        self.numbers.append(number)
        return True

    def days(self) -> int | None:
        """Days since 1970-01-01; a day too many for its month runs into the next."""
        if not self.numbers:
            return None
        year, month, day = self._ordered([*self.numbers, 1, 1][:3])
        if not self.is_iso and 0 <= year <= 99:
            year += 2000 if year < 50 else 1900
        if not (1 <= month <= 12 and 1 <= day <= 31):
            return None
        return days_before(year, month) + day - 1

    def _ordered(self, numbers: list[int]) -> tuple[int, int, int]:
        first, second, third = numbers
        starts_with_day = 1 <= first <= 31
        if self.named_month is not None:
            # Day first: DMY, MDY; else year first: YMD, MYD.
            year, day = (second, first) if starts_with_day else (first, second)
            return year, self.named_month, day
        if self.is_iso or not starts_with_day:
            return first, second, third
        return third, first, second


@dataclass(slots=True)
class _Time:
    numbers: list[int] = field(default_factory=list)
    half: int | None = None

    def add(self, number: int) -> bool:
        if len(self.numbers) == 4:
            return False
        self.numbers.append(number)
        return True

    def expects(self, number: int) -> bool:
        """Whether *number* can be the next part: a minute, a second or milliseconds."""
        bounds = {1: 60, 2: 60, 3: 1000}
        return number < bounds.get(len(self.numbers), 0)

    def end_with(self, number: int) -> None:
        self.numbers = [*self.numbers, number, 0, 0, 0][:4]

    def ms(self) -> int | None:
        hour, minute, second, ms = [*self.numbers, 0, 0, 0, 0][:4]
        if self.half is not None:
            if hour > 12:
                return None
            hour = hour % 12 + self.half
        in_day = hour < 24 and minute < 60 and second < 60 and ms < 1000
        if not in_day and (hour, minute, second, ms) != (24, 0, 0, 0):
            return None
        return ((hour * 60 + minute) * 60 + second) * 1000 + ms


class _Zone(msgspec.Struct):
    sign: int | None = None
    hour: int | None = None
    minute: int | None = None

    def set(self, hours: int) -> None:
        self.sign, self.hour, self.minute = (-1 if hours < 0 else 1), abs(hours), 0

    def is_utc(self) -> bool:
        return self.hour == 0 and self.minute == 0

    def expects(self, number: int) -> bool:
        return self.hour is not None and self.minute is None and number < 60

    def ms(self) -> int | None:
        """The offset to take away; without a zone the time is local, and local is UTC."""
        seconds = ((self.hour or 0) * 3600 + (self.minute or 0) * 60) % 2**32  # V8 counts in 32 bits
        return None if seconds > _MAX_SMALL_INT else (self.sign or 1) * seconds * 1000


@dataclass(slots=True)
class _Reading:
    """All state of one parse: the tokens not yet read, and what those before them said."""

    tokens: list[_Token]
    at: int = 0
    day: _Day = field(default_factory=_Day)
    time: _Time = field(default_factory=_Time)
    zone: _Zone = field(default_factory=_Zone)

    def peek(self) -> _Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else _END

    def next(self) -> _Token:
        token = self.peek()
        self.at += 1
        return token

    def skip(self, symbol: str) -> bool:
        found = self.peek().text == symbol
        self.at += found
        return found

    def two_digits(self, low: int, high: int) -> int | None:
        """Read a number of exactly two digits between *low* and *high*, or nothing."""
        if self.peek().is_digits(2) and low <= self.peek().number <= high:
            return self.next().number
        return None


def _read_iso(reading: _Reading) -> bool:
    """Read the standard's form as far as it goes. False: the text can be no date at all.

    What is left over is for `_read_legacy`; after a `T` nothing may be.
    """
    if not _read_iso_day(reading):
        return True
    if reading.peek().keyword() == "t":
        reading.next()
        if not (_read_iso_time(reading) and _read_iso_zone(reading) and reading.peek() is _END):
            return False
    elif reading.peek() is not _END:
        return True
    reading.day.is_iso = True
    return True


def _read_iso_day(reading: _Reading) -> bool:
    """Read `YYYY[-MM[-DD]]` or, with a sign, six digits of year. False: it broke off, older rules go on.

    A sign without its year stays unread; every other part that was read keeps its meaning.
    """
    token = reading.peek()
    if token.is_sign():
        year = reading.tokens[reading.at + 1] if reading.at + 1 < len(reading.tokens) else _END
        if not year.is_digits(6):
            return False
        reading.at += 2
        if token.sign() < 0 and year.number == 0:
            return False  # there is no year -0; V8 forgets the number and goes on
        reading.day.add(token.sign() * year.number)
    elif token.is_digits(4):
        reading.day.add(reading.next().number)
    else:
        return False
    for high in (12, 31):
        if not reading.skip("-"):
            break
        part = reading.two_digits(1, high)
        if part is None:
            return False
        reading.day.add(part)
    return True


def _read_iso_time(reading: _Reading) -> bool:
    """Read `hh:mm[:ss[.fraction]]`; of hour 24 only the very start is allowed."""
    hour = reading.two_digits(0, 24)
    if hour is None or not reading.skip(":"):
        return False
    reading.time.add(hour)
    top = 0 if hour == 24 else 59
    minute = reading.two_digits(0, top)
    if minute is None:
        return False
    reading.time.add(minute)
    if not reading.skip(":"):
        return True
    second = reading.two_digits(0, top)
    if second is None:
        return False
    reading.time.add(second)
    if reading.skip("."):
        fraction = reading.next()
        if fraction.kind != "number" or (hour == 24 and fraction.number > 0):
            return False
        reading.time.add(_fraction_ms(fraction))
    return True


def _read_iso_zone(reading: _Reading) -> bool:
    """Read `Z`, `±hh:mm` or `±hhmm`, or nothing."""
    if reading.peek().keyword() == "z":
        reading.next()
        reading.zone.set(0)
        return True
    if not reading.peek().is_sign():
        return True
    reading.zone.sign = reading.next().sign()
    if reading.peek().is_digits(4):
        hour, minute = divmod(reading.next().number, 100)
        reading.zone.hour, reading.zone.minute = hour, minute
        return hour < 24 and minute < 60
    reading.zone.hour = reading.two_digits(0, 23)
    if reading.zone.hour is None or not reading.skip(":"):
        return False
    reading.zone.minute = reading.two_digits(0, 59)
    return reading.zone.minute is not None


def _read_legacy(reading: _Reading) -> bool:
    """Read what is left by the older rules. False: the text is no date."""
    number_seen = bool(reading.day.numbers)
    while (token := reading.next()) is not _END:
        if token.kind == "number":
            number_seen = True
            if not _read_number(reading, token.number):
                return False
        elif token.kind == "word":
            if not _read_word(reading, token, number_seen):
                return False
        elif token.is_sign() and (reading.zone.is_utc() or reading.time.numbers):
            number_seen = True
            if not _read_offset(reading, token.sign()):
                return False
        elif number_seen and (token.is_sign() or token.text == ")"):
            return False
    return True


def _read_number(reading: _Reading, number: int) -> bool:
    time = reading.time
    if reading.skip(":"):
        if reading.skip(":"):  # "12::" is 12:00:
            empty = not time.numbers
            time.numbers = [number, 0]
            return empty
        added = time.add(number)
        reading.skip(".")
        return added
    if reading.skip(".") and time.expects(number):
        time.add(number)
        fraction = reading.next()
        if fraction.kind != "number":
            return False
        time.end_with(_fraction_ms(fraction))
        return True
    if reading.zone.expects(number):
        reading.zone.minute = number
        return True
    if time.expects(number):
        time.end_with(number)
        after = reading.peek()
        return after.kind in ("space", "end") or after.keyword() == "z" or after.is_sign()
    added = reading.day.add(number)
    reading.skip("-")
    return added


def _read_word(reading: _Reading, token: _Token, number_seen: bool) -> bool:
    word = token.keyword()
    if word in _HALVES and reading.time.numbers:
        reading.time.half = _HALVES[word]
    elif word in _MONTHS:
        reading.day.named_month = _MONTHS.index(word) + 1
        reading.skip("-")
    elif word in _ZONES and number_seen:
        reading.zone.set(_ZONES[word])
    else:
        # A word that means nothing may stand before the first number, apart from it.
        return not number_seen and reading.peek().kind != "number"
    return True


def _read_offset(reading: _Reading, sign: int) -> bool:
    """Read what follows the sign of an offset: `h`, `hh`, `hmm`, `hhmm`, or `hh` and later `:mm`."""
    zone = reading.zone
    zone.sign = sign
    digits = reading.next() if reading.peek().kind == "number" else _Token("number")
    if reading.peek().text == ":":
        zone.hour, zone.minute = digits.number, None
    elif len(digits.text) in (1, 2):
        zone.hour, zone.minute = digits.number, 0
    elif len(digits.text) in (3, 4):
        zone.hour, zone.minute = divmod(digits.number, 100)
    else:
        return False
    return True


def _fraction_ms(token: _Token) -> int:
    """The first three digits of a fraction of a second, as V8 finds them.

    It counts leading zeros as digits of a number that it read without them, up to nine.
    """
    if len(token.text) <= 3:
        return int(token.text.ljust(3, "0"))
    surplus = min(len(token.text), _SIGNIFICANT_DIGITS) - 3
    return int(str(token.number)[:-surplus] or "0")
