"""A circular's confirmations over time against its deadline, as a picture.

In: the ledger. Out: an SVG or PNG file. The line counts addressees that have confirmed (where a report is asked for:
reported); exempt ones and those it was withdrawn from are not counted.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from circular_gen.disk import write_whole
from circular_gen.errors import UsageError
from circular_gen.ledger import Paper, Standing
from circular_gen.ledger.deadlines import local, utc_now
from circular_gen.messages import _
from circular_gen.output.chart import Area, Drawing, Shape, Stroke, Words, png, svg
from circular_gen.records import open_records
from circular_gen.resources import FONTS, PACKAGED_FACES

FORMS = {".svg": svg, ".png": png}
_WIDTH, _HEIGHT = 960, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 920.0, 96.0, 416.0
_INK, _GREY, _PALE, _RED, _LINE, _FILL = "#1a1a1a", "#767676", "#e3e3e3", "#c00000", "#1f5fa8", "#dce8f5"
_TITLE = 47
"""Characters of a title that fit on a line."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How the confirmations came. Times in the office's zone; `confirmed`: when each unit did, in order; `asked`: of
    how many units it is asked; `first_due`: where the deadline was extended, the one before."""

    paper: Paper
    issued: datetime
    now: datetime
    due: datetime | None
    first_due: datetime | None
    asked: int
    confirmed: tuple[datetime, ...]


def write_chart(root: Path, name: str, file: Path) -> None:
    """Draw the circular `name` of the workspace at `root` into `file`, whose ending says whether as SVG or PNG.
    UsageError for another ending or an unknown circular."""
    form = FORMS.get(file.suffix.lower())
    if form is None:
        raise UsageError(_("{file}: a chart is written as .svg or .png").format(file=file))
    with open_records(root) as records:
        paper = records.paper(name)
        seen = progress(paper, records.ledger.standings(paper.circular), utc_now(), records.office.zone)
    write_whole(file, form(drawing(seen), FONTS / PACKAGED_FACES["hei"]))


def progress(paper: Paper, standings: Iterable[Standing], now: datetime, office: ZoneInfo) -> Progress:
    """What the chart shows, from the ledger's standings."""
    asked = [one for one in standings if one.role == "addressee" and not (one.exempt or one.withdrawn)]
    report = paper.ask == "report"
    done = [one.reported_at if report else one.received_at or one.reported_at for one in asked]
    due = local(paper.due, office) if paper.due else None
    first = local(paper.original_due, office) if paper.original_due and paper.original_due != paper.due else None
    confirmed = tuple(sorted(local(at, office) for at in done if at))
    return Progress(paper, local(paper.issued_at, office), now.astimezone(office), due, first, len(asked), confirmed)


def drawing(seen: Progress) -> Drawing:
    """The picture."""
    start = min([seen.issued, *seen.confirmed])
    moments = [seen.now, *seen.confirmed, *(due for due in (seen.due, seen.first_due) if due)]
    end = max(*moments, start + timedelta(hours=6))
    end += (end - start) / 40  # the last line should not lie on the frame
    most = max(seen.asked, 1)

    def x(moment: datetime) -> float:
        return _LEFT + (_RIGHT - _LEFT) * ((moment - start) / (end - start))

    def y(count: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (count / most)

    now = min(seen.now, end)
    steps = [(x(start), y(0))]
    for count, moment in enumerate(seen.confirmed, 1):
        steps += [(x(moment), y(count - 1)), (x(moment), y(count))]
    steps.append((max(x(now), steps[-1][0]), y(len(seen.confirmed))))
    shapes: list[Shape] = [Area((*steps, (steps[-1][0], _BOTTOM), (x(start), _BOTTOM)), _FILL)]
    for count in _counts(most):
        shapes.append(Stroke(((_LEFT, y(count)), (_RIGHT, y(count))), _PALE))
        shapes.append(Words(_LEFT - 8, y(count) + 5, str(count), 13, _GREY, "end"))
    for moment, label in _days(start, end):
        shapes.append(Stroke(((x(moment), _BOTTOM), (x(moment), _BOTTOM + 5)), _GREY))
        shapes.append(Words(x(moment), _BOTTOM + 22, label, 13, _GREY, "middle"))
    shapes.append(Stroke(((_LEFT, _BOTTOM), (_RIGHT, _BOTTOM)), _GREY))
    shapes.append(Stroke(tuple(steps), _LINE, 2.5))
    for due, color, text in (
        (seen.first_due, _GREY, _("first deadline {time}")),
        (seen.due, _RED, _("deadline {time}")),
    ):
        if due is not None:
            shapes.append(Stroke(((x(due), _TOP - 14), (x(due), _BOTTOM)), color, 1.5, 5))
            side = "end" if x(due) > (_LEFT + _RIGHT) / 2 else "start"
            place = x(due) + (-6 if side == "end" else 6)
            low = _TOP - 4 if due is seen.due else _TOP + 14
            shapes.append(Words(place, low, text.format(time=f"{due:%m-%d %H:%M}"), 13, color, side))  # type: ignore[arg-type]
    said = _("{confirmed} of {asked} units have confirmed, as of {time}").format(
        confirmed=len(seen.confirmed), asked=seen.asked, time=f"{seen.now:%Y-%m-%d %H:%M}"
    )
    title = f"{seen.paper.number}　{seen.paper.title}"
    short = title if len(title) <= _TITLE else title[: _TITLE - 1] + "…"
    shapes.append(Words(_LEFT - 24, 36, short, 18, _INK))
    shapes.append(Words(_LEFT - 24, 62, said, 14, _GREY))
    return Drawing(_WIDTH, _HEIGHT, tuple(shapes), title, said)


def _counts(most: int) -> Sequence[int]:
    """At most six numbers for the axis, the last one `most`."""
    step = next(step * 10**power for power in range(12) for step in (1, 2, 5) if most / (step * 10**power) <= 5)
    counts = [count for count in range(0, most, step) if most - count > step / 2]
    return [*counts, most]


def _days(start: datetime, end: datetime) -> Iterator[tuple[datetime, str]]:
    """At most nine moments for the axis with what they are called: days, or hours where the time is short."""
    span = end - start
    if span <= timedelta(days=2):
        step = next((hours for hours in (1, 2, 3, 6) if span / timedelta(hours=hours) <= 8), 6)
        moment = start.replace(minute=0, second=0, microsecond=0)
        while moment <= end:
            if moment >= start and moment.hour % step == 0:
                yield moment, f"{moment:%H:%M}" if moment.hour else f"{moment:%m-%d}"
            moment += timedelta(hours=1)
        return
    step = next((days for days in (1, 2, 3, 7, 14, 30, 60, 120, 240) if span / timedelta(days=days) <= 8), 480)
    moment = start.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while moment <= end:
        yield moment, f"{moment:%m-%d}"
        moment += timedelta(days=step)
