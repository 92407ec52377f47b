"""署名、成文日期、印章: who signs, when, and where the seals stand (clause 7.3.5).

In: the widths of names and date, the seals' diameter. Out: where each stands; the same for both writers. A seal is
upright, centred on what it covers, and its top within one line of the text above; those of a joint paper stand in rows,
level, in the issuers' order, none touching another, no row wider than the type area. All lengths are mm.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_SLACK = 0.01


@dataclass(frozen=True, slots=True)
class SealMeasures:
    """`width`: of the type area; `line`: a line's height; `inset`: right of the date; `diameter`: of a seal; `rise`:
    how far a seal's centre lies above the middle of signature and date; `gap`, `spread`: the least and the most
    between columns of a row."""

    width: float
    line: float
    inset: float
    diameter: float
    rise: float
    gap: float
    spread: float


@dataclass(frozen=True, slots=True)
class SealRow:
    """Names side by side. `centres`: of each name (and its seal) from the type area's left; `before`: from the text
    above, or from the row above, to the line of names; `seal`: from the top of that line to the seals' top."""

    first: int
    centres: tuple[float, ...]
    before: float
    seal: float


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed paper's rows of names; `date`: the date's left edge, under the last name; `below`: how far the last
    seals reach below the date's line."""

    rows: tuple[SealRow, ...]
    date: float
    below: float


def sealed(names: Sequence[float], date: float, blank: float | None, m: SealMeasures) -> Sealed:
    """Where names of these widths and a date stand. `blank`: above the names; None: as the seal's size asks."""
    last = m.width - m.inset - date / 2
    """Where the middle of the date would be."""
    joint = len(names) > 1
    middle = m.line / 2 if joint else m.line - m.rise
    """From the top of a line of names to the centre of its seal: that of the names, or a little above that of name and
    date."""
    top = middle - m.diameter / 2
    if blank is None:
        blank = max(0, math.ceil((-top) / m.line - 1e-6)) * m.line
    rows: list[SealRow] = []
    first = 0
    for columns in _columns(names, m) if names else ():
        before = blank if not rows else m.diameter + m.gap - m.line
        rows.append(SealRow(first, _centres(columns, last, m), before, top))
        first += len(columns)
    if joint:
        last = rows[-1].centres[-1]
    elif names:  # a name that would pass the type area's edge moves to the left, the date stays
        rows[0] = SealRow(0, (min(last, m.width - names[0] / 2),), blank, top)
    return Sealed(tuple(rows), last - date / 2, max(0.0, top + m.diameter - (2 if names else 1) * m.line))


def _columns(names: Sequence[float], m: SealMeasures) -> list[list[float]]:
    """The widths of the columns of each row: all equal, where at least two stand side by side, and the rows as even as
    can be; else as many in a row as there is room for."""
    widths = [max(m.diameter, name) for name in names]
    widest = max(widths)
    most = int((m.width + m.gap + _SLACK) / (widest + m.gap))
    if most > 1 or len(names) == 1:
        rows = math.ceil(len(names) / max(1, most))
        each = math.ceil(len(names) / rows)
        return [[widest] * len(names[start : start + each]) for start in range(0, len(names), each)]
    made: list[list[float]] = [[]]
    for width in widths:
        if made[-1] and sum(made[-1]) + len(made[-1]) * m.gap + width > m.width + _SLACK:
            made.append([])
        made[-1].append(width)
    return made


def _centres(columns: Sequence[float], last: float, m: SealMeasures) -> tuple[float, ...]:
    """The columns' centres: the last one under `last` as far as there is room, the others left of it."""
    gaps = len(columns) - 1
    least = sum(columns) + gaps * m.gap
    end = max(min(last + columns[-1] / 2, m.width), min(least, m.width))
    gap = m.gap + (min(m.spread - m.gap, max(0.0, end - least) / gaps) if gaps and m.spread > m.gap else 0.0)
    centres = []
    for width in reversed(columns):
        centres.append(max(end - width / 2, min(width, m.width) / 2))
        end -= width + gap
    return tuple(reversed(centres))


def unsealed(width: float, name: float, date: float, inset: float, shift: float) -> tuple[float, float]:
    """Left edges of an unsealed paper's signature and date (clause 7.3.5.2): the date begins `shift` right of the
    signature, which is inset from the right; a date that would reach past the signature's end is inset itself, and the
    signature further."""
    left = width - inset - name
    if date > name:
        left = width - inset - date - shift
    return max(0.0, left), max(0.0, left) + shift
