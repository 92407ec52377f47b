"""Finished files measured against GB/T 9704-2012.

In: the path of a DOCX or PDF and the style whose figures hold. Out: findings, each with its rule, clause and strength,
what was measured and what was expected. Only what the standard requires is an error; what it recommends or what is
mere practice warns; what this kind of file cannot tell is a note.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from circular_gen.checks.anatomy import compact, name_elements
from circular_gen.checks.files import FileError, recognise
from circular_gen.checks.looks.eye import Eye, Seen
from circular_gen.checks.paper import NOWHERE, Paper, Place
from circular_gen.checks.rules import RULES, Rule
from circular_gen.messages import _
from circular_gen.resources import TEMPLATES
from circular_gen.typeset.style import Source, Style, load_style

Severity = Literal["error", "warning", "note"]
MOST_OF_A_RULE = 5
"""Findings of one rule in one file; the last one says how many more there are."""
_UNITS = {"off": "mm"}
"""What a program is told."""
_BEGINNING = 12
"""Characters of what stands where something is found."""
UNREADABLE, NO_PAPER, CLASSIFIED = "unreadable", "no-paper", "classified"
"""Codes of what is found before any rule is looked at."""


@dataclass(frozen=True, slots=True)
class FileFinding:
    """One line for a clerk, one record for a program. `measured` and `expected` are in `unit` (mm, pt, line, cell,
    count) or are words; `clause` is empty where the standard says nothing."""

    path: Path
    rule: str
    severity: Severity
    message: str
    clause: str = ""
    strength: str = ""
    measured: float | str | None = None
    expected: float | str | None = None
    unit: str = ""
    place: Place = NOWHERE
    more: int = 0
    """Further places with the same fault that have no finding of their own."""
    text: str = ""
    """How the paragraph or line begins that stands there."""

    @property
    def where(self) -> str:
        """The place as words; empty for the whole file."""
        return places([self.place], text=self.text)


def places(listed: Sequence[Place], more: int = 0, text: str = "") -> str:
    """Where something is found, as words, and in how many places more; empty for the whole file. A single one is told
    by what it says, too: nobody counts the paragraphs of a Word file."""
    paragraphs = list(dict.fromkeys(place.paragraph for place in listed if place.paragraph))
    pages = list(dict.fromkeys(place.page for place in listed if place.page))
    first = listed[0]
    if paragraphs:
        words = _("paragraph {number}").format(number="、".join(map(str, paragraphs)))
    elif not pages:
        return ""
    elif len(listed) == 1 and first.x is not None and first.y is not None:
        words = _("page {page}").format(page=first.page)
        words += _(", {x:.0f} mm from the left, {y:.0f} mm from the top").format(x=first.x, y=first.y)
    else:
        words = _("page {page}").format(page="、".join(map(str, pages)))
        if len(listed) > len(pages):
            words += _(" ({count} places)").format(count=len(listed) + more)
            more = 0
    if text and len(listed) == 1:
        words += f"“{text}”"
    return words + (_(" and {count} more").format(count=more) if more else "")


def in_words(rule: str) -> str:
    """What a rule measures."""
    return next((_(known.what) for known in RULES if known.name == rule), rule)


def record(finding: FileFinding) -> dict[str, Any]:
    """`finding` as --json gives it."""
    place = {name: value for name, value in asdict(finding.place).items() if value}
    rest = {name: value for name, value in asdict(finding).items() if name not in ("path", "rule", "place")}
    return {"path": finding.path.as_posix(), "code": finding.rule, **rest, "place": place}


@cache
def standard() -> Style:
    """The packaged figures."""
    return load_style((TEMPLATES / "gbt9704.yaml").read_text("utf-8"))


def measure(path: Path, style: Style) -> Paper:
    """The paper in the file at `path`; FileError where it cannot be measured."""
    kind, data = recognise(path)
    if kind == "pdf":
        from circular_gen.checks.pdf_measure import measure_pdf

        return name_elements(measure_pdf(data, style))
    from circular_gen.checks.docx_measure import measure_docx

    return name_elements(measure_docx(data, style))


def check_file(path: Path, style: Style | None = None) -> tuple[FileFinding, ...]:
    """Everything that is wrong with the file at `path`, in the order of the rules, then what cannot be measured. A file
    that cannot be measured at all is itself the finding."""
    style = style or standard()
    try:
        paper = measure(path, style)
    except FileError as fault:
        return (FileFinding(path, UNREADABLE, "error", str(fault)),)
    if paper.classified is not None:
        message = _("marked {mark}: a classified paper does not belong on this computer; not measured")
        message = message.format(mark=compact(paper.classified.text)[:2])
        return (FileFinding(path, CLASSIFIED, "error", message, place=paper.classified.place),)
    addressed = paper.addressees is not None and paper.addressees.text.rstrip().endswith(("：", ":"))
    if not (paper.mark or paper.number or paper.colophon or addressed):
        message = _("no official paper: neither issuer mark nor document number, addressees or colophon; not measured")
        return (FileFinding(path, NO_PAPER, "warning", message),)
    return judge(path, paper, style)


def judge(path: Path, paper: Paper, style: Style) -> tuple[FileFinding, ...]:
    """The findings about `paper`."""
    eye = Eye(paper, style, standard())
    wrong: list[FileFinding] = []
    unknown: list[FileFinding] = []
    texts = {block.place: _beginning(block.text) for block in reversed(paper.sheet.blocks)}
    for rule in RULES:
        seen = list(rule.look(eye))
        faults = [one for one in seen if not one.right]
        wrong += (replace(one, text=texts.get(one.place, "")) for one in _findings(path, rule, faults, style))
        if seen and all(one.measured is None for one in seen):
            unknown.append(_unknown(path, rule, seen[0], style))
    return (*wrong, *unknown)


def _beginning(text: str) -> str:
    text = compact(text)
    return text if len(text) <= _BEGINNING else text[:_BEGINNING] + "…"


def source_of(name: str, style: Style) -> Source:
    """Clause and strength of a measure, type or rule; of the packaged file where `style` lacks it."""
    for known in (style, standard()):
        if name in known.rules:
            return known.rules[name]
        if name in known.measures:
            return known.measures[name].source
        if name in known.types:
            return known.types[name].source
    raise KeyError(name)


def _findings(path: Path, rule: Rule, faults: list[Seen], style: Style) -> list[FileFinding]:
    found = []
    more = len(faults) - MOST_OF_A_RULE
    for number, one in enumerate(faults[:MOST_OF_A_RULE], 1):
        source = source_of(one.source or rule.source, style)
        measured = shown(one.measured, one.unit) if one.measured is not None else ""
        expected = shown(one.expected, one.unit)
        message = _sentence(source).format(
            what=_(rule.what), measured=measured, expected=expected, clause=source.clause
        )
        found.append(
            FileFinding(
                path,
                rule.name,
                "error" if source.strength == "required" else "warning",
                message,
                source.clause,
                source.strength,
                _plain(one.measured),
                _plain(one.expected),
                _UNITS.get(one.unit, one.unit),
                one.place,
                max(more, 0) if number == MOST_OF_A_RULE else 0,
            )
        )
    return found


def _sentence(source: Source) -> str:
    """How binding the figure is, in the standard's words; practice never claims the standard."""
    return {
        "required": _("{what}: {measured}; required: {expected} (GB/T 9704-2012, {clause})"),
        "usual": _("{what}: {measured}; usual: {expected} (GB/T 9704-2012, {clause})"),
        "recommended": _("{what}: {measured}; recommended: {expected} (GB/T 9704-2012, {clause})"),
        "optional": _("{what}: {measured}; possible: {expected} (GB/T 9704-2012, {clause})"),
    }.get(source.strength, _("{what}: {measured}; in practice: {expected} (not said by the standard)"))


def _unknown(path: Path, rule: Rule, seen: Seen, style: Style) -> FileFinding:
    source = source_of(rule.source, style)
    message = _("{what}: cannot be measured in this file").format(what=_(rule.what))
    return FileFinding(
        path,
        rule.name,
        "note",
        message,
        source.clause,
        source.strength,
        None,
        _plain(seen.expected),
        _UNITS.get(seen.unit, seen.unit),
    )


def _plain(value: float | str | None) -> float | str | None:
    return round(value, 2) if isinstance(value, float) else value


def shown(value: float | str, unit: str) -> str:
    """A figure with its unit, in words."""
    if unit == "off" and isinstance(value, int | float):
        way = _("{value} mm too far right") if value > 0 else _("{value} mm too far left")
        return way.format(value=f"{abs(value):.1f}".removesuffix(".0")) if value else _("in its place")
    fine = unit == "pt" or (unit == "mm" and isinstance(value, float) and abs(value) < 1)
    places = 2 if fine else 1
    text = f"{value:.{places}f}".rstrip("0").rstrip(".") if isinstance(value, int | float) else value
    text = "0" if text == "-0" else text
    return {
        "mm": _("{value} mm"),
        "pt": _("{value} pt"),
        "line": _("{value} lines"),
        "cell": _("{value} Hanzi wide"),
        "count": "{value}",
    }.get(unit, "{value}").format(value=text)
