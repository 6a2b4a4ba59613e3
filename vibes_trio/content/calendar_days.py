"""Days and dates of the Gregorian calendar, in any year: Python's own stops at 1 and 9999."""


def days_before(year: int, month: int) -> int:
    """Days from 1970-01-01 to the first of *month* in the Gregorian calendar, whatever the year."""
    shifted = year - (month <= 2)  # years that start in March have their leap day at the end
    leaps = shifted // 4 - shifted // 100 + shifted // 400
    in_year = (153 * ((month + 9) % 12) + 2) // 5
    return shifted * 365 + leaps + in_year - 719_468


def civil_date(days: int) -> tuple[int, int, int]:
    """Year, month and day of a count of days since 1970-01-01; `days_before` backwards."""
    era, in_era = divmod(days + 719_468, 146_097)
    year_of_era = (in_era - in_era // 1460 + in_era // 36524 - in_era // 146_096) // 365
    in_year = in_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * in_year + 2) // 153
    day = in_year - (153 * shifted_month + 2) // 5 + 1
    month = (shifted_month + 2) % 12 + 1
    return era * 400 + year_of_era + (month <= 2), month, day
