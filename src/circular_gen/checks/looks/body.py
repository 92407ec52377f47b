"""What the rules look at from the title to the last paragraph.

In: an `Eye`. Out: what was `Seen`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from circular_gen.checks.anatomy import compact
from circular_gen.checks.looks.eye import FACES, Eye, Look, Seen, named_colour
from circular_gen.checks.paper import PT, Block, Span
from circular_gen.messages import _
from circular_gen.sheet.blocks import Face
from circular_gen.sheet.numbering import NUMERAL, Numbering, numbering, numeral, sign
from circular_gen.typeset.lines import cells_of
from circular_gen.typeset.title import word_ends

_SPACES = " \u3000\u00a0"


def title_blank(eye: Eye) -> Iterator[Seen]:
    paper = eye.paper
    if not paper.title or paper.format == "order":
        return
    title = paper.title[0]
    empty = None
    if eye.exact and title.ink_top is not None:
        size = title.size * PT
        top = title.ink_top - 0.03 * size - (eye.line - size) / 2
        if paper.rule is not None and paper.rule.y is not None:
            empty = top - paper.rule.y
        elif paper.format == "letter":
            empty = title.blank
    elif paper.number is not None:
        empty = title.blank
    if paper.rule is not None or paper.format == "letter":
        yield eye.lines(empty, "blank.title", 0.6, title.place)


def title_length(eye: Eye) -> Iterator[Seen]:
    most = eye.number("title.cells")
    for block in eye.paper.title:
        for line in block.lines:
            count = cells_of(compact(line))
            yield Seen(count <= most, count, most, "count", block.place)


def _title_lines(eye: Eye) -> list[str]:
    return [compact(line) for block in eye.paper.title for line in block.lines if compact(line)]


def title_shape(eye: Eye) -> Iterator[Seen]:
    """A line narrower than those above and below it, as an hourglass has, is neither trapezoid nor diamond."""
    widths = [cells_of(line) for line in _title_lines(eye)]
    if len(widths) < 3:
        return
    waist = any(
        max(widths[:at]) > widths[at] and max(widths[at + 1 :]) > widths[at] for at in range(1, len(widths) - 1)
    )
    shown = "、".join(f"{width:g}" for width in widths)
    yield Seen(not waist, shown, _("growing or shrinking, or the middle widest"), "", eye.paper.title[0].place)


def title_words(eye: Eye) -> Iterator[Seen]:
    """No line ends inside a word of the dictionary."""
    lines = _title_lines(eye)
    if len(lines) < 2:
        return
    ends, at = word_ends("".join(lines)), 0
    for line, following in pairwise(lines):
        at += len(line)
        if len(line) > 1 and len(following) > 1:
            shown = f"{line[-2:]}｜{following[:2]}"
            yield Seen(at in ends, shown, _("at a word's end"), "", eye.paper.title[0].place)


def title_lines(eye: Eye) -> Iterator[Seen]:
    """No line ends inside 《》 that a line could hold, and none is a single character."""
    wrong = list(_torn(eye, _title_lines(eye)))
    yield from wrong
    if not wrong and len(_title_lines(eye)) > 1:
        yield Seen(True, _("on one line"), _("on one line"), "", eye.paper.title[0].place)


def _torn(eye: Eye, lines: Sequence[str]) -> Iterator[Seen]:
    most, text = eye.number("title.cells"), "".join(lines)
    at = 0
    for number, line in enumerate(lines):
        if len(line) == 1 and len(lines) > 1:
            yield Seen(False, line, _("at least two characters"), "", eye.paper.title[0].place)
        at += len(line)
        opened = text.rfind("《", 0, at)
        closed = text.find("》", opened)
        inside = opened >= 0 and closed >= at and number + 1 < len(lines)
        if inside and cells_of(text[opened : closed + 1]) <= most:
            yield Seen(False, text[opened : closed + 1], _("on one line"), "", eye.paper.title[0].place)


def order_blank(eye: Eye) -> Iterator[Seen]:
    first = eye.paper.body[0] if eye.paper.body else None
    if eye.paper.format == "order" and first is not None and first.blank is not None:
        yield eye.lines(first.blank, "blank.title.order", 0.6, first.place)


def addressees_place(eye: Eye) -> Iterator[Seen]:
    block = eye.paper.addressees
    if block is None:
        return
    for left in (block.left, block.rest):
        if left is not None:
            yield Seen(abs(left) <= 1.2, left, 0.0, "off", block.place)
            if abs(left) > 1.2:
                return


def addressees_colon(eye: Eye) -> Iterator[Seen]:
    block = eye.paper.addressees
    if block is not None:
        last = compact(block.text)[-1:]
        yield Seen(last == "：", last, "：", "", block.place)


def addressees_blank(eye: Eye) -> Iterator[Seen]:
    block = eye.paper.addressees
    if block is not None and block.blank is not None:
        yield eye.lines(block.blank, "blank.addressees", 0.4, block.place)


def body_first_page(eye: Eye) -> Iterator[Seen]:
    body = eye.paper.body
    if eye.exact and eye.paper.title and body:
        page = body[0].place.page
        yield Seen(page == 1, _("page {page}").format(page=page), _("page {page}").format(page=1), "", body[0].place)


def _running(eye: Eye) -> list[Block]:
    """Paragraphs of the body that are set as such: not centred lines."""

    def is_display(block: Block) -> bool:
        return block.centre is not None and abs(block.centre) < 1.5 and (block.left or 0) > 16

    return [block for block in eye.paper.body if not is_display(block)]


def _heading(block: Block) -> tuple[Numbering | None, str]:
    """The numbering of a paragraph and its run-in heading: to the first 。, or the whole where it ends without."""
    text = block.text
    found = numbering(text.lstrip(_SPACES))
    if found is None:
        return None, ""
    end = text.find("。")
    heading = text if end < 0 else text[: end + 1]
    return found, heading


_LABEL = re.compile("[^：:]{2,4}[：:]")
_WRONG_SIGN = re.compile(
    f"(?P<one>{NUMERAL})[.．，,]|[（(](?P<two>{NUMERAL})[）)]、|[（(](?P<four>\\d{{1,2}})[）)][、.．]"
)


def heading_numbers(eye: Eye) -> Iterator[Seen]:
    """一、 → （一） → 1. → （1）, each with its own mark and none left out."""
    last = 0
    for block in eye.paper.body:
        text = compact(block.text)
        wrong = _WRONG_SIGN.match(text)
        found = numbering(text)
        if wrong is not None:
            level = {"one": 1, "two": 2, "four": 4}[str(wrong.lastgroup)]
            digits = str(wrong[str(wrong.lastgroup)])
            yield Seen(False, wrong[0], sign(level, numeral(digits), digits), "", block.place)
            last = level
        elif found is not None:
            wanted = sign(found.level, found.value, found.digits)
            right = found.text.replace("．", ".") == wanted
            skipped = last > 0 and found.level > last + 1
            if right and skipped:
                first = sign(last + 1, 1, "一" if last < 2 else "1")
                yield Seen(False, found.text, _("{sign} before it").format(sign=first), "", block.place)
            else:
                yield Seen(right, found.text, wanted, "", block.place)
            last = found.level


def heading_face(level: int) -> Look:
    def look(eye: Eye) -> Iterator[Seen]:
        for block in _running(eye):
            found, heading = _heading(block)
            if found is not None and found.level == level:
                spans = block.begins(min(len(heading), len(found.text) + 12))
                if level > 2 and {span.face for span in spans} == {None}:
                    continue
                yield from eye.face(spans, f"heading{level}", block.place)

    return look


def heading_run_in(eye: Eye) -> Iterator[Seen]:
    """A heading's face goes on after its first 。, other than that of the plain text."""
    common = _common_face(block for block in _running(eye) if _heading(block)[0] is None)
    for block in _running(eye):
        found, heading = _heading(block)
        rest = _first(_after(block, len(heading)), 12) if found is not None else []
        faces = {span.face for span in rest if span.text.strip()}
        if found is None or not faces or found.level > 2:
            continue
        kind = f"heading{found.level}"
        own = eye.style.type(kind).face
        right = own not in faces or own == common
        yield Seen(right, FACES[own], FACES[eye.style.type("body").face], "", block.place)


def _common_face(blocks: Iterable[Block]) -> Face | None:
    """The face that most of the text of `blocks` has."""
    counts: Counter[Face | None] = Counter()
    for block in blocks:
        for span in block.spans:
            counts[span.face] += len(span.text)
    return counts.most_common(1)[0][0] if counts else None


def _after(block: Block, count: int) -> tuple[Span, ...]:
    found = []
    for span in block.spans:
        if count < len(span.text):
            text = span.text[count:]
            found.append(Span(text, span.font, span.face, span.size, span.bold, span.colour, span.advance))
        count = max(0, count - len(span.text))
    return tuple(found)


def _first(spans: Sequence[Span], count: int) -> list[Span]:
    found = []
    for span in spans:
        if count > 0:
            text = span.text[:count]
            found.append(Span(text, span.font, span.face, span.size, span.bold, span.colour, span.advance))
        count -= len(span.text)
    return found


def body_face(eye: Eye) -> Iterator[Seen]:
    run_in = {seen.place for seen in heading_run_in(eye) if not seen.right}
    for block in _running(eye):
        found, heading = _heading(block)
        if found is None:
            label = _LABEL.match(block.text)  # of those present: it has its own face
            spans = _after(block, len(label[0])) if label and eye.paper.format == "minutes" else block.spans
            yield from eye.face(spans, "body", block.place)
        elif block.place not in run_in:
            yield from eye.face(_after(block, len(heading)), "body", block.place)


def body_size(eye: Eye) -> Iterator[Seen]:
    yield from eye.size(_running(eye), "body")


def heading_bold(eye: Eye) -> Iterator[Seen]:
    for block in _running(eye):
        found, heading = _heading(block)
        if found is not None:
            bold = any(span.bold for span in block.begins(len(heading)))
            yield Seen(not bold, _("bold"), _("not bold"), "", block.place)


def text_colour(eye: Eye) -> Iterator[Seen]:
    for block in (*eye.paper.title, *_running(eye), *eye.paper.signature):
        other = [span.colour for span in block.spans if span.text.strip() and not _is_black(span.colour)]
        yield Seen(not other, named_colour(other[0] if other else "000000"), _("black"), "", block.place)


def _is_black(colour: str) -> bool:
    return all(int(colour[at : at + 2], 16) < 90 for at in (0, 2, 4))


def _leading_spaces(block: Block) -> bool:
    return bool(block.text) and block.text[0] in _SPACES


def body_indent(eye: Eye) -> Iterator[Seen]:
    for block in _running(eye):
        if not _leading_spaces(block) and block.left is not None:
            yield eye.cells(block.left, "indent.body", 0.45, block.place)


def indent_characters(eye: Eye) -> Iterator[Seen]:
    for block in eye.paper.body:
        yield Seen(not _leading_spaces(block), _("spaces"), _("an indent"), "", block.place)
