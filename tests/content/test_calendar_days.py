from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.content.calendar_days import civil_date, days_before

EPOCH = date(1970, 1, 1)


@given(st.dates())
def test_dates_are_pythons_own_where_python_has_them(day: date) -> None:
    days = (day - EPOCH).days

    assert civil_date(days) == (day.year, day.month, day.day)
    assert days_before(day.year, day.month) == (day.replace(day=1) - EPOCH).days


@given(st.integers(-100_000_000, 100_000_000))
def test_any_day_is_found_again(days: int) -> None:
    year, month, day = civil_date(days)

    assert days_before(year, month) + day - 1 == days


def test_a_leap_day_comes_every_fourth_year_but_not_every_hundredth() -> None:
    february = [(EPOCH + timedelta(days_before(year, 3) - 1)).day for year in (1996, 2000, 2023, 2100)]

    assert february == [29, 29, 28, 28]
