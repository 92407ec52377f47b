"""What the rules look at in the colophon and in page numbers.

In: an `Eye`. Out: what was `Seen`.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from circular_gen.checks.anatomy import DATE, compact
from circular_gen.checks.looks.eye import FACES, Eye, Seen
from circular_gen.checks.paper import NOWHERE, PT, Line, PageNumber, Place
from circular_gen.messages import _


def _colophon_rules(eye: Eye) -> tuple[Line, ...]:
    colophon = eye.paper.colophon
    return colophon.rules if colophon and eye.paper.format != "letter" else ()


def colophon_width(eye: Eye) -> Iterator[Seen]:
    for line in _colophon_rules(eye):
        yield eye.as_wide_as_area(line)


def colophon_outer(eye: Eye) -> Iterator[Seen]:
    rules = _colophon_rules(eye)
    for line in (*rules[:1], *rules[1:][-1:]):
        yield eye.near(line.thickness, "colophon.rule.outer", 0.06, line.place)


def colophon_inner(eye: Eye) -> Iterator[Seen]:
    for line in _colophon_rules(eye)[1:-1]:
        yield eye.near(line.thickness, "colophon.rule.inner", 0.06, line.place)


def colophon_foot(eye: Eye) -> Iterator[Seen]:
    rules = _colophon_rules(eye)
    if rules:
        bottom, last = eye.type_area[3], rules[-1]
        if last.y is None:
            yield Seen(True, None, bottom, "mm", last.place)
        else:
            yield Seen(abs(last.y - bottom) <= 0.6, last.y, bottom, "mm", last.place)


def colophon_page(eye: Eye) -> Iterator[Seen]:
    colophon, pages = eye.paper.colophon, eye.paper.sheet.pages
    if colophon is None or not (colophon.copies or colophon.printed):
        return
    block = (*colophon.printed, *colophon.copies)[0]
    if eye.exact:
        shown = _("page {page}")
        yield Seen(colophon.page == pages, shown.format(page=colophon.page), shown.format(page=pages), "", block.place)
        return
    last = max(item.place.paragraph for item in (*colophon.copies, *colophon.printed))
    behind = [b for b in eye.paper.sheet.blocks if b.place.paragraph > last and compact(b.text)]
    yield Seen(not behind, _("text follows it"), _("the end of the paper"), "", block.place)


def copies_ending(eye: Eye) -> Iterator[Seen]:
    if eye.paper.colophon and eye.paper.colophon.copies:
        last = eye.paper.colophon.copies[-1]
        mark = compact(last.text)[-1:]
        yield Seen(mark == "。", mark, "。", "", last.place)


def moved_addressees(eye: Eye) -> Iterator[Seen]:
    """Addressees that page 1 has no room for stand directly above the copies, without a rule between."""
    copies = eye.paper.colophon.copies if eye.paper.colophon else ()
    starts = [(compact(block.text)[:2], block) for block in copies if re.match("主送|抄送", compact(block.text))]
    for (label, block), (following, below) in pairwise(starts):
        if label == "抄送" and following == "主送":
            yield Seen(False, _("under the copies"), _("above them"), "", below.place)
        elif label == "主送" and following == "抄送" and eye.exact:
            top, low = block.ink_bottom or 0, below.ink_top or 0
            parted = (
                any(top < (line.y or 0) < low for line in eye.paper.colophon.rules) if eye.paper.colophon else False
            )
            yield Seen(not parted, _("a rule between"), _("none"), "", below.place)


def colophon_even(eye: Eye) -> Iterator[Seen]:
    """Of a paper printed on both sides the colophon stands on the back of a sheet."""
    colophon = eye.paper.colophon
    if eye.exact and colophon is not None and colophon.page > 1 and _colophon_rules(eye):
        place = colophon.rules[-1].place
        shown = _("page {page}").format(page=colophon.page)
        yield Seen(colophon.page % 2 == 0, shown, _("an even page"), "", place)


def letter_colophon_foot(eye: Eye) -> Iterator[Seen]:
    """The last line of a letter's copies is the last one of the type area."""
    copies = eye.paper.colophon.copies if eye.paper.colophon else ()
    if eye.exact and eye.paper.format == "letter" and copies and copies[-1].ink_bottom is not None:
        above = eye.type_area[3] - copies[-1].ink_bottom
        yield Seen(-1 <= above <= 0.8 * eye.line, above, 0.0, "mm", copies[-1].place)


def order_colophon(eye: Eye) -> Iterator[Seen]:
    colophon = eye.paper.colophon
    if eye.paper.format == "order":
        place = (*colophon.copies, *colophon.printed)[0].place if colophon and colophon.copies else NOWHERE
        yield Seen(colophon is None, _("a colophon"), _("none"), "", place)


def copies_align(eye: Eye) -> Iterator[Seen]:
    """Further lines of the copies begin under the first name, right of 抄送：."""
    copies = eye.paper.colophon.copies if eye.paper.colophon else ()
    if not copies or copies[0].left is None:
        return
    em = eye.style.type("colophon").size * PT
    under = copies[0].left + 3 * em
    starts = [(copies[0].rest, copies[0].place)] if len(copies[0].lines) > 1 else []
    starts += [(block.left, block.place) for block in copies[1:] if not re.match(".送[：:]", compact(block.text))]
    for start, place in starts:
        if start is not None:
            yield Seen(abs(start - under) <= 0.6 * em, start - under, 0.0, "off", place)


def colophon_inset(eye: Eye) -> Iterator[Seen]:
    """The left one of its lines, the right one of the printing date."""
    colophon = eye.paper.colophon
    if colophon is None:
        return
    em = eye.style.type("colophon").size * PT
    for block in (*colophon.copies[:1], *colophon.printed[:1]):
        if block.left is not None and not re.fullmatch(f"(?:{DATE.pattern})印发", compact(block.text)):
            yield eye.near(block.left, "colophon.inset", 1.3, block.place, per=em, unit="cell")
    for block in colophon.printed:
        if block.end is not None and re.search("印发$", compact(block.text)):
            yield eye.near(block.end, "colophon.inset", 1.3, block.place, per=em, unit="cell")


def printed_form(eye: Eye) -> Iterator[Seen]:
    for block in eye.paper.colophon.printed if eye.paper.colophon else ():
        text = compact(block.text)
        if match := DATE.search(text):
            yield Seen(text.endswith("印发"), text, match[0] + "印发", "", block.place)


def colophon_size(eye: Eye) -> Iterator[Seen]:
    if eye.paper.colophon:
        yield from eye.size((*eye.paper.colophon.copies, *eye.paper.colophon.printed), "colophon")


def colophon_face(eye: Eye) -> Iterator[Seen]:
    if eye.paper.colophon:
        yield from eye.faces((*eye.paper.colophon.copies, *eye.paper.colophon.printed), "colophon")


def letter_colophon(eye: Eye) -> Iterator[Seen]:
    colophon = eye.paper.colophon
    if colophon is not None and eye.paper.format == "letter":
        place = (*colophon.copies, *colophon.printed, *colophon.keywords)[0].place
        what = _("rules") if colophon.rules else _("printing office and date")
        yield Seen(not colophon.rules and not colophon.printed, what, _("neither"), "", place)


def keywords(eye: Eye) -> Iterator[Seen]:
    found = eye.paper.colophon.keywords if eye.paper.colophon else ()
    for block in found:
        yield Seen(False, compact(block.text)[:20], _("none"), "", block.place)
    if not found:
        yield Seen(True, _("none"), _("none"))


def _numbers(eye: Eye) -> tuple[PageNumber, ...]:
    return eye.paper.sheet.numbers


def page_number_present(eye: Eye) -> Iterator[Seen]:
    sheet = eye.paper.sheet
    if sheet.pages > 1 or not eye.exact:
        shown = _("there") if sheet.numbers else _("none")
        yield Seen(bool(sheet.numbers), shown, _("on every page"), "", Place(1 if eye.exact else 0))


def page_number_sequence(eye: Eye) -> Iterator[Seen]:
    """Annexes that are bound with their paper go on with its page numbers."""
    shift = None
    for number in sorted(_numbers(eye), key=lambda number: number.place.page) if eye.exact else ():
        digits = re.sub(r"\D", "", number.text)
        if digits and number.place.page:
            shift = int(digits) - number.place.page if shift is None else shift
            wanted = number.place.page + shift
            yield Seen(int(digits) == wanted, digits, str(wanted), "", number.place)


def page_number_blank(eye: Eye) -> Iterator[Seen]:
    """Neither a blank page before the colophon nor then the colophon's own page has a number."""
    colophon = eye.paper.colophon
    if not eye.exact or colophon is None or colophon.page < 2:
        return
    filled = {block.place.page for block in eye.paper.sheet.blocks}
    if colophon.page - 1 not in filled:
        numbered = {number.place.page: number for number in _numbers(eye)}
        for page in (colophon.page - 1, colophon.page):
            number = numbered.get(page)
            place = number.place if number is not None else Place(page)
            yield Seen(number is None, number.text.strip() if number is not None else "", _("none"), "", place)


def page_number_lying(eye: Eye) -> Iterator[Seen]:
    """On a landscape page the number stands where it does on upright ones: turned, at the short edge."""
    for page, upright in eye.paper.sheet.lying:
        yield Seen(
            upright is None, _("along the long edge"), _("where upright pages have it"), "", upright or Place(page)
        )


def page_number_size(eye: Eye) -> Iterator[Seen]:
    for number in _numbers(eye):
        yield Seen(
            abs(number.size - eye.style.type("page_number").size) <= 0.3,
            number.size,
            eye.style.type("page_number").size,
            "pt",
            number.place,
        )


def page_number_face(eye: Eye) -> Iterator[Seen]:
    """Only in a Word file: in a PDF another font's digits may stand in for those of 宋体."""
    for number in _numbers(eye) if not eye.exact else ():
        if number.face is not None:
            yield Seen(number.face == "song", FACES[number.face], FACES["song"], "", number.place)


def page_number_dashes(eye: Eye) -> Iterator[Seen]:
    for number in _numbers(eye):
        right = re.fullmatch("[—–―－─].*[—–―－─]", compact(number.text)) is not None
        shown = number.text.strip()
        yield Seen(right, shown, "— 1 —", "", number.place)


def page_number_gap(eye: Eye) -> Iterator[Seen]:
    if any(not seen.right for seen in footer_distance(eye)):
        return
    for number in _numbers(eye):
        if not all(seen.right for seen in page_number_dashes(eye)):
            return
        within = 0.6 if eye.exact else 1.2
        seen = eye.near(number.gap, "page_number.gap", within, number.place)
        if number.gap is not None:  # a type area that is itself in the wrong place is another fault
            for style in (eye.style, eye.standard):
                gap = number.gap + eye.type_area[3] - style.number("page.top") - style.number("area.height")
                seen = seen._replace(right=seen.right or abs(gap - eye.number("page_number.gap")) <= within)
        yield seen


def page_number_side(eye: Eye) -> Iterator[Seen]:
    names = {"left": _("left"), "right": _("right"), "center": _("centred")}
    for number in _numbers(eye):
        wanted = "right" if number.odd else "left"
        if number.side != "center":
            yield Seen(number.side == wanted, names[number.side], names[wanted], "", number.place)


def page_number_centred(eye: Eye) -> Iterator[Seen]:
    for number in _numbers(eye):
        wanted = _("right") if number.odd else _("left")
        yield Seen(number.side != "center", _("centred"), wanted, "", number.place)


def page_number_inset(eye: Eye) -> Iterator[Seen]:
    em = eye.style.type("page_number").size * PT
    if not all(seen.right for seen in page_number_dashes(eye)):
        return
    for number in _numbers(eye):
        if number.side == ("right" if number.odd else "left") and number.inset is not None:
            yield eye.near(number.inset, "page_number.inset", 1.6, number.place, per=em, unit="cell")


def footer_distance(eye: Eye) -> Iterator[Seen]:
    distance = eye.paper.sheet.footer_distance
    if distance is not None and eye.paper.sheet.numbers:
        wrong = abs(distance - eye.number("page_number.gap")) < 0.6
        yield Seen(not wrong, distance, eye.number("page_number.footer"), "mm", eye.paper.sheet.numbers[0].place)


def letter_page_number(eye: Eye) -> Iterator[Seen]:
    if eye.paper.format == "letter":
        right = 1 in eye.paper.sheet.unnumbered
        yield Seen(right, _("a page number"), _("none"), "", Place(1))
