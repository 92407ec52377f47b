"""Deadlines in the office's zone, and work days."""

from datetime import UTC, date, datetime

import pytest

from circular_gen.ledger.deadlines import (
    Calendar,
    CalendarError,
    days_late,
    in_zone,
    local,
    read_calendar,
    utc_now,
    warnings,
    zone,
)

SHANGHAI = zone("Asia/Shanghai")


def test_a_deadline_is_the_offices() -> None:
    due = in_zone(datetime(2026, 12, 25, 17, 0), SHANGHAI)  # noqa: DTZ001
    assert due.astimezone(UTC) == datetime(2026, 12, 25, 9, 0, tzinfo=UTC)
    assert in_zone(datetime(2026, 12, 25, 9, 0, tzinfo=UTC), SHANGHAI).hour == 17
    assert f"{local('2026-12-25T09:00:00.000000Z', SHANGHAI):%Y-%m-%d %H:%M}" == "2026-12-25 17:00"
    assert utc_now().tzinfo == UTC
    with pytest.raises(CalendarError):
        zone("Asia/Nowhere")


def test_days_late_are_begun_days_of_the_offices_calendar() -> None:
    due = datetime(2026, 12, 25, 17, 0, tzinfo=SHANGHAI)
    assert days_late(due, due, SHANGHAI) == 0
    assert days_late(due, datetime(2026, 12, 25, 17, 1, tzinfo=SHANGHAI), SHANGHAI) == 1
    assert days_late(due, datetime(2026, 12, 27, 16, 30, tzinfo=UTC), SHANGHAI) == 3


def test_work_days_are_the_state_councils() -> None:
    calendar = Calendar()
    assert not calendar.is_workday(date(2026, 1, 1))
    assert calendar.is_workday(date(2026, 1, 4))  # a Sunday that is worked instead
    assert calendar.after(date(2025, 12, 31), 1) == date(2026, 1, 4)
    assert calendar.after(date(2026, 1, 5), -2) == date(2025, 12, 31)
    assert calendar.after(date(2026, 1, 3), 0) == date(2026, 1, 3)
    assert calendar.between(date(2025, 12, 31), date(2026, 1, 5)) == 2
    assert calendar.between(date(2026, 1, 5), date(2025, 12, 31)) == 0


def test_a_year_nobody_knows_counts_weekdays_and_says_so() -> None:
    calendar = Calendar()
    assert calendar.is_workday(date(2031, 1, 1))
    assert not calendar.is_workday(date(2031, 1, 4))
    assert calendar.unknown_years(date(2026, 12, 1), date(2031, 2, 1))[-1] == 2031
    assert 2026 not in calendar.unknown_years(date(2026, 12, 1), date(2031, 2, 1))
    (warning,) = warnings(calendar, date(2031, 1, 1), date(2031, 2, 1))
    assert "2031" in warning


def test_the_workspaces_own_days_win() -> None:
    calendar = read_calendar("休息: [2026-07-01, 2031-02-01/2031-02-03]\n上班:\n- 2026-10-01\n")
    assert not calendar.is_workday(date(2026, 7, 1))
    assert not calendar.is_workday(date(2031, 2, 3))
    assert calendar.is_workday(date(2026, 10, 1))
    assert calendar.unknown_years(date(2031, 1, 1), date(2031, 2, 1)) == ()
    assert read_calendar("") == Calendar()


@pytest.mark.parametrize(
    "text",
    [
        *("[", "- 2026-01-01", "holiday: [2026-01-01]", "holidays: 2026-01-01", "holidays: [soon]"),
        *("holidays: [2026-02-03/2026-02-01]", "holidays: [2026-02-03]\nworkdays: [2026-02-03]", "a: \x07"),
    ],
)
def test_a_calendar_that_cannot_be_read_names_the_file(text: str) -> None:
    with pytest.raises(CalendarError, match=r"holidays\.yaml"):
        read_calendar(text)
