"""What the rules look at in the head block: urgency, mark, number, approvers, red rules.

In: an `Eye`. Out: what was `Seen`.
"""

import re
from collections.abc import Iterator

from circular_gen.checks.anatomy import NUMBER, compact
from circular_gen.checks.looks.eye import Eye, Look, Seen, named_colour
from circular_gen.checks.paper import PT, Block, Format, Place, is_red
from circular_gen.messages import _


def urgency_place(eye: Eye) -> Iterator[Seen]:
    for block in eye.paper.urgency:
        if block.left is not None:
            yield Seen(abs(block.left) <= 1.2, block.left, 0.0, "off", block.place)


def urgency_word(eye: Eye) -> Iterator[Seen]:
    for block in eye.paper.urgency:
        found = compact(block.text)
        yield Seen(found in ("特急", "加急"), found, _("特急 or 加急"), "", block.place)


def copy_number_form(eye: Eye) -> Iterator[Seen]:
    block = eye.paper.copy_number
    if block is not None:
        found = compact(block.text)
        digits = re.sub(r"\D", "", found)
        yield Seen(bool(re.fullmatch(r"\d{6}", found)), found, f"{int(digits):06d}", "", block.place)


def copy_number_place(eye: Eye) -> Iterator[Seen]:
    block = eye.paper.copy_number
    if block is not None and block.left is not None:
        yield Seen(abs(block.left) <= 1.2, block.left, 0.0, "off", block.place)


def mark_letter(eye: Eye) -> Iterator[Seen]:
    """A letter's mark is the issuer's name alone."""
    if eye.paper.format == "letter" and eye.paper.mark:
        text = compact("".join(block.text for block in eye.paper.mark))
        yield Seen(not text.endswith("文件"), text, text.removesuffix("文件"), "", eye.paper.mark[0].place)


_UPWARD = re.compile("(?:请示|报告)$")
_DOWNWARD = re.compile("(?:通知|通报|决定|决议|公告|通告|公报|批复|命令|纪要|函)$")


def approver_upward(eye: Eye) -> Iterator[Seen]:
    """签发人 stands on papers to a superior and on no others; kinds that go either way tell nothing."""
    paper = eye.paper
    title = re.sub("（[^（）]*）$", "", compact("".join(block.text for block in paper.title)))
    if not paper.mark or paper.format != "general":
        return
    place = paper.title[0].place if paper.title else paper.mark[0].place
    if _UPWARD.search(title):
        yield Seen(bool(paper.approvers), _("none"), "签发人：…", "", place)
    elif _DOWNWARD.search(title):
        for block in paper.approvers[:1]:
            yield Seen(False, compact(block.text)[:12], _("none"), "", block.place)


def rule_thickness(eye: Eye) -> Iterator[Seen]:
    rule = eye.paper.rule
    if rule is not None:
        yield eye.near(rule.thickness / PT, "rule.thickness", 1.1, rule.place)


def letter_rule_place(eye: Eye) -> Iterator[Seen]:
    for pair in eye.paper.double_rules:
        line = pair[0]
        if line.x is not None and line.width is not None:
            off = line.x + line.width / 2 - eye.number("page.width") / 2
            yield Seen(abs(off) <= 1.0, off, 0.0, "off", line.place)


def _mark_key(eye: Eye) -> str:
    return {"letter": "mark.top.letter", "order": "mark.top.order"}.get(eye.paper.format, "mark.top")


def _mark_distance(eye: Eye) -> float | None:
    """mm from where the standard measures to the mark's ink."""
    tops = [block.ink_top for block in eye.paper.mark if block.ink_top is not None]
    if not tops:
        return None
    return min(tops) - (0.0 if eye.paper.format == "letter" else eye.type_area[1])


_OLD_MARK = 25.0
"""mm: what the edition of 1999 wanted."""


def mark_top(*formats: Format) -> Look:
    """Each format has its own distance, and all but a letter count it from the type area."""

    def look(eye: Eye) -> Iterator[Seen]:
        if eye.paper.format in formats and eye.paper.mark and all(seen.right for seen in mark_1999(eye)):
            within = 0.6 if eye.exact else 1.5
            yield eye.near(_mark_distance(eye), _mark_key(eye), within, eye.paper.mark[0].place)

    return look


def mark_1999(eye: Eye) -> Iterator[Seen]:
    distance = _mark_distance(eye)
    if distance is not None and eye.paper.format == "general":
        within = 0.7 if eye.exact else 1.5
        right = abs(distance - _OLD_MARK) > within
        yield Seen(right, distance, eye.number("mark.top"), "mm", eye.paper.mark[0].place)


def mark_place(eye: Eye) -> Iterator[Seen]:
    """The stack of a joint paper's names and what stands beside it are centred together."""
    places = [block.place for block in eye.paper.mark]
    starts = [place.x for place in places if place.x is not None]
    ends = [place.x + (place.width or 0) for place in places if place.x is not None]
    if len(places) < 2 or not starts:
        yield from eye.centred(eye.paper.mark)
        return
    left, _top, right, _bottom = eye.type_area
    off = (min(starts) + max(ends) - left - right) / 2
    yield Seen(abs(off) <= 2.5, off, 0.0, "off", places[0])


def mark_joint(eye: Eye) -> Iterator[Seen]:
    """文件 stands beside the middle one of a joint paper's names, or between the two middle ones."""
    lines = [compact(line) for block in eye.paper.mark for line in block.lines] if eye.exact else []
    with_suffix = [at for at, line in enumerate(lines) if line.endswith("文件")]
    names = sum(line != "文件" for line in lines)
    if names < 2 or len(with_suffix) != 1:
        return
    above: float = sum(line != "文件" for line in lines[: with_suffix[0]])
    if lines[with_suffix[0]] != "文件":
        above += 0.5  # on a name's own line
    yield Seen(above == names / 2, above + 0.5, names / 2 + 0.5, "", eye.paper.mark[0].place)


def mark_colour(eye: Eye) -> Iterator[Seen]:
    for block in eye.paper.mark:
        colour = block.spans[0].colour
        yield Seen(is_red(colour), named_colour(colour), _("red"), "", block.place)


def red(eye: Eye) -> Iterator[Seen]:
    """Red things have the standard's red. Programs turn CMYK into RGB in different ways: hence the wide bounds."""
    wanted = tuple(round(part * 255) for part in eye.style.red)
    colours: list[tuple[str, Place]] = [
        (block.spans[0].colour, block.place) for block in eye.paper.mark if is_red(block.spans[0].colour)
    ]
    lines = [eye.paper.rule] if eye.paper.rule else [line for pair in eye.paper.double_rules for line in pair]
    colours += [(line.colour, line.place) for line in lines if is_red(line.colour)]
    told = set()
    for colour, place in colours:
        parts = tuple(int(colour[at : at + 2], 16) for at in (0, 2, 4))
        if colour not in told:
            told.add(colour)
            right = all(abs(part - want) <= 45 for part, want in zip(parts, wanted, strict=True))
            yield Seen(right, f"#{colour}", "C0 M80 Y80 K0（#{:02X}{:02X}{:02X}）".format(*wanted), "", place)


def number_form(eye: Eye) -> Iterator[Seen]:
    block = eye.paper.number
    match = NUMBER.fullmatch(compact(block.text)) if block else None
    if block is None or match is None or not _in_brackets(match):
        return
    number = match["number"].lstrip("0")
    right = not match["ordinal"] and number == match["number"] and len(match["year"]) == 4
    year = match["year"] if len(match["year"]) == 4 else f"20{match['year'][-2:]}"
    yield Seen(right, match[0], f"{match['code']}〔{year}〕{number}号", "", block.place)


def _in_brackets(match: re.Match[str]) -> bool:
    return (match["open"], match["close"]) == ("〔", "〕")


def number_brackets(eye: Eye) -> Iterator[Seen]:
    block = eye.paper.number
    match = NUMBER.fullmatch(compact(block.text)) if block else None
    if block is not None and match is not None:
        found = f"{match['open']}{match['year']}{match['close']}"
        yield Seen(_in_brackets(match), found, f"〔{match['year']}〕", "", block.place)


def number_blank(eye: Eye) -> Iterator[Seen]:
    """Empty lines between the mark's ink and the line of the number (of the first approver, where there are any)."""
    paper = eye.paper
    if paper.number is None or not paper.mark or paper.format == "letter":
        return
    if not eye.exact:
        if not paper.approvers and paper.number.blank is not None:
            yield eye.lines(paper.number.blank, "blank.number", 0.4, paper.number.place)
        return
    low = max((block.ink_bottom for block in paper.mark if block.ink_bottom is not None), default=None)
    first = min((paper.number, *paper.approvers), key=lambda block: block.ink_top or 0)
    top = _line_top(eye, first, "number")
    empty = top - low if top is not None and low is not None else None
    yield eye.lines(empty, "blank.number", 0.6, first.place)


def _line_top(eye: Eye, block: Block, kind: str) -> float | None:
    """Where the box of a block's first line begins."""
    if block.ink_top is None:
        return None
    # The ink of a Hanzi rises to 0.85 em above the baseline, its body to 0.88.
    size = eye.style.type(kind).size * PT
    return block.ink_top - 0.03 * size - (eye.line - size) / 2


def number_place(eye: Eye) -> Iterator[Seen]:
    number = eye.paper.number
    if number is None or eye.paper.format == "letter":
        return
    if eye.paper.approvers:
        if number.left is not None:
            yield eye.cells(number.left, "indent.number", 0.5, number.place)
    else:
        yield from eye.centred([number])


def number_place_letter(eye: Eye) -> Iterator[Seen]:
    number = eye.paper.number
    if number is not None and eye.paper.format == "letter":
        right = None if number.end is None else abs(number.end) <= 1.5
        yield Seen(right is not False, number.end, 0.0, "mm", number.place)


def approver_place(eye: Eye) -> Iterator[Seen]:
    ends = [block for block in eye.paper.approvers if block.end is not None]
    if ends:
        last = min(ends, key=lambda block: block.end or 0)
        within = abs((last.end or 0) / eye.cell - eye.number("indent.number")) <= 0.6
        yield Seen(within, (last.end or 0) / eye.cell, eye.number("indent.number"), "cell", last.place)


def approver_face(eye: Eye) -> Iterator[Seen]:
    for block in eye.paper.approvers:
        names = [span for span in block.spans if "签发人" not in span.text]
        text = "".join(span.text for span in block.spans)
        if len(names) < len(block.spans) or "签发人" not in text:
            yield from eye.face(names, "approver", block.place)


def approver_size(eye: Eye) -> Iterator[Seen]:
    expected = eye.style.type("approver").size
    for block in eye.paper.approvers:
        for span in block.spans:
            if span.text.strip() and "签发人" not in span.text:
                yield Seen(abs(span.size - expected) <= 0.3, span.size, expected, "pt", block.place)


def approver_align(eye: Eye) -> Iterator[Seen]:
    """The first name of every line stands under that of the first."""
    lines: dict[int, list[tuple[float, Place]]] = {}
    for block in eye.paper.approvers:
        if eye.exact and block.ink_top is not None and block.place.x is not None:
            label = 4 * eye.cell if "签发人" in block.text else 0.0
            lines.setdefault(round(block.ink_top / eye.line), []).append((block.place.x + label, block.place))
    starts = [min(start for start, _ in lines[at]) for at in sorted(lines)]
    for at, start in zip(sorted(lines)[1:], starts[1:], strict=True):
        off = start - starts[0]
        yield Seen(abs(off) <= 0.5 * eye.cell, off, 0.0, "off", lines[at][0][1])


def rule_gap(eye: Eye) -> Iterator[Seen]:
    rule, number = eye.paper.rule, eye.paper.number
    if rule is None or number is None:
        return
    low = max((b.ink_bottom for b in (number, *eye.paper.approvers) if b.ink_bottom is not None), default=None)
    gap = rule.y - rule.thickness / 2 - low if rule.y is not None and low is not None else None
    yield eye.near(gap, "rule.gap", 0.35 if eye.exact else 1.2, rule.place)


def rule_width(eye: Eye) -> Iterator[Seen]:
    rule = eye.paper.rule
    if rule is not None:
        yield eye.as_wide_as_area(rule)


def rule_colour(eye: Eye) -> Iterator[Seen]:
    rule = eye.paper.rule
    if rule is not None:
        yield Seen(is_red(rule.colour), named_colour(rule.colour), _("red"), "", rule.place)


def letter_rules(eye: Eye) -> Iterator[Seen]:
    for pair in eye.paper.double_rules:
        widest = max(pair, key=lambda line: line.width or 0)
        yield eye.near(widest.width, "letter.rule.width", 1.2, widest.place)


def letter_gap(eye: Eye) -> Iterator[Seen]:
    if eye.paper.double_rules and eye.paper.mark:
        upper = eye.paper.double_rules[0][0]
        low = max((block.ink_bottom or 0 for block in eye.paper.mark), default=0)
        gap = upper.y - upper.thickness / 2 - low if upper.y is not None and low else None
        yield eye.near(gap, "rule.gap", 0.6 if eye.exact else 1.2, upper.place)


def letter_foot(eye: Eye) -> Iterator[Seen]:
    if len(eye.paper.double_rules) > 1:
        lower = eye.paper.double_rules[-1]
        top = min((line.y - line.thickness / 2 for line in lower if line.y is not None), default=None)
        distance = eye.number("page.height") - top if top is not None else None
        yield eye.near(distance, "letter.rule.foot", 0.7, lower[0].place)


def letter_rule_order(eye: Eye) -> Iterator[Seen]:
    """The upper double rule is thick over thin, the lower one thin over thick."""
    thick_over_thin, thin_over_thick = _("thick over thin"), _("thin over thick")
    for pair, upper in zip(eye.paper.double_rules[:2], (True, False), strict=False):
        if len(pair) == 2 and abs(pair[0].thickness - pair[1].thickness) > 0.1:
            found = pair[0].thickness > pair[1].thickness
            names = {True: thick_over_thin, False: thin_over_thick}
            yield Seen(found == upper, names[found], names[upper], "", pair[0].place)


def letter_number_gap(eye: Eye) -> Iterator[Seen]:
    """Seven eighths of a character between the rule and the number's ink."""
    number, rules = eye.paper.number, eye.paper.double_rules
    if number is None or not rules or eye.paper.format != "letter":
        return
    low = max((line.y + line.thickness / 2 for line in rules[0] if line.y is not None), default=None)
    gap = number.ink_top - low if eye.exact and low is not None and number.ink_top is not None else None
    em = eye.style.type("number").size * PT
    yield eye.near(gap, "letter.number.gap", 0.8, number.place, per=em)
