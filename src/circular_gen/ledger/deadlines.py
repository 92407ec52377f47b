"""Deadlines in the office's zone, and work days: pure functions over times, dates and a `Calendar`.

A deadline is written without a zone (2026-12-25 17:00) and means the office's own; the ledger holds it in UTC. Work
days are those of the State Council's yearly arrangement (chinesecalendar), overridden by the workspace's holidays.yaml;
a year that neither knows counts Monday to Friday, and `unknown_years` says so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from circular_gen.errors import CircularGenError
from circular_gen.messages import _

_KEYS = {"holidays": "rest", "休息": "rest", "放假": "rest", "workdays": "work", "上班": "work", "调休上班": "work"}


class CalendarError(CircularGenError):
    """A zone or a holidays.yaml that cannot be read."""


@cache
def zone(name: str) -> ZoneInfo:
    """The zone called `name`, e.g. Asia/Shanghai."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CalendarError(_("the time zone {name} is unknown; write it as Asia/Shanghai").format(name=name)) from None


def in_zone(moment: datetime, office: ZoneInfo) -> datetime:
    """A time as the office reads it: one without a zone is the office's own, any other is turned to it."""
    return moment.replace(tzinfo=office) if moment.tzinfo is None else moment.astimezone(office)


def local(text: str, office: ZoneInfo) -> datetime:
    """A time of the ledger (ISO with zone) in the office's zone."""
    return datetime.fromisoformat(text).astimezone(office)


def days_late(due: datetime, now: datetime, office: ZoneInfo) -> int:
    """逾期天数: begun calendar days of the office's zone since the deadline; 0 until it has passed."""
    if now <= due:
        return 0
    return max(1, (in_zone(now, office).date() - in_zone(due, office).date()).days)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked. `rest`, `work`: the workspace's own days off and days on; they win."""

    rest: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()

    def is_workday(self, day: date) -> bool:
        """Whether the day is worked."""
        if day in self.work:
            return True
        if day in self.rest:
            return False
        holidays, workdays, years = _published()
        if day.year not in years:
            return day.weekday() < 5
        return day in workdays or (day.weekday() < 5 and day not in holidays)

    def after(self, day: date, workdays: int) -> date:
        """The day so many work days after `day` (before it where negative); 0 gives `day` itself."""
        step = timedelta(days=1 if workdays > 0 else -1)
        for _n in range(abs(workdays)):
            day += step
            while not self.is_workday(day):
                day += step
        return day

    def between(self, start: date, end: date) -> int:
        """How many work days lie after `start`, up to and with `end`; 0 where `end` is not after `start`."""
        return sum(self.is_workday(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))

    def unknown_years(self, start: date, end: date) -> tuple[int, ...]:
        """The years from `start` to `end` for which only weekdays are counted, since nothing is published yet."""
        known = _published()[2] | {day.year for day in self.rest | self.work}
        return tuple(year for year in range(start.year, end.year + 1) if year not in known)


def warnings(calendar: Calendar, start: date, end: date) -> tuple[str, ...]:
    """A line for each year whose work days are only guessed."""
    return tuple(
        _("no holidays are known for {year}: every Monday to Friday counts; write them into holidays.yaml").format(
            year=year
        )
        for year in calendar.unknown_years(start, end)
    )


def read_calendar(text: str, name: str = "holidays.yaml") -> Calendar:
    """The calendar that a holidays.yaml describes: lists of dates under `holidays` (休息) and `workdays` (上班); a span
    is written 2027-02-05/2027-02-11. CalendarError for anything else."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise CalendarError(_("{place}: this is no YAML").format(place=place)) from None
    days: dict[str, set[date]] = {"rest": set(), "work": set()}
    if not isinstance(content, Mapping | None):
        raise CalendarError(_("{name}: expected the keys holidays and workdays").format(name=name))
    for key, values in (content or {}).items():
        if key not in _KEYS or not isinstance(values, list):
            raise CalendarError(
                _("{name}: {key}: expected a list under holidays or workdays").format(name=name, key=key)
            )
        for value in values:
            days[_KEYS[key]].update(_span(value, name))
    if both := sorted(days["rest"] & days["work"]):
        raise CalendarError(_("{name}: {day} is both a day off and a day on").format(name=name, day=both[0]))
    return Calendar(frozenset(days["rest"]), frozenset(days["work"]))


def _span(value: object, name: str) -> Iterable[date]:
    if isinstance(value, date) and not isinstance(value, datetime):
        return (value,)
    try:
        first, _slash, last = str(value).partition("/")
        start = date.fromisoformat(first.strip())
        count = (date.fromisoformat(last.strip() or first.strip()) - start).days
        if not 0 <= count < 366:
            raise ValueError(value)
    except ValueError:
        raise CalendarError(
            _("{name}: {value} is no date; write 2027-02-05, or 2027-02-05/2027-02-11").format(name=name, value=value)
        ) from None
    return tuple(start + timedelta(days=n) for n in range(count + 1))


@cache
def _published() -> tuple[frozenset[date], frozenset[date], frozenset[int]]:
    from chinese_calendar.constants import holidays, workdays  # takes a while to import, and few commands need it

    return frozenset(holidays), frozenset(workdays), frozenset(day.year for day in holidays)


def utc_now() -> datetime:
    """The computer's clock."""
    return datetime.now(UTC)
