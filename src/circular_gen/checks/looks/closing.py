"""What the rules look at after the body: annex list, signature, date, note, annexes.

In: an `Eye`. Out: what was `Seen`.
"""

import math
import re
from collections.abc import Iterator

from circular_gen.checks.anatomy import annex_names, compact, is_beside
from circular_gen.checks.looks.eye import Eye, Look, Seen
from circular_gen.checks.paper import NOWHERE, Block, Place
from circular_gen.messages import _


def annex_list_blank(eye: Eye) -> Iterator[Seen]:
    if eye.paper.annex_list and eye.paper.annex_list[0].blank is not None:
        first = eye.paper.annex_list[0]
        yield eye.lines(first.blank, "blank.annex_list", 0.4, first.place)


def annex_list_indent(eye: Eye) -> Iterator[Seen]:
    if eye.paper.annex_list and eye.paper.annex_list[0].left is not None:
        first = eye.paper.annex_list[0]
        yield eye.cells(first.left, "indent.body", 0.45, first.place)


def annex_list_align(eye: Eye) -> Iterator[Seen]:
    """The number of every further annex stands under that of the first, right of 附件：."""
    if not eye.paper.annex_list or eye.paper.annex_list[0].left is None:
        return
    if any(not seen.right for seen in annex_list_indent(eye)):
        return
    first = eye.paper.annex_list[0]
    under = (first.left or 0) + 3 * eye.cell
    for block in eye.paper.annex_list[1:]:
        if block.left is not None and re.match(r"\d", compact(block.text)):
            off = block.left - under
            yield Seen(abs(off) <= 0.6 * eye.cell, off, 0.0, "off", block.place)


def annex_list_wrap(eye: Eye) -> Iterator[Seen]:
    """Further lines of a long name begin under its first character, right of 附件： and of its number."""
    for at, block in enumerate(eye.paper.annex_list):
        text = compact(block.text)
        numbered = re.match(r"(?:附件[：:])?\d", text) is not None
        if block.left is None or block.rest is None or len(block.lines) < 2 or not (at == 0 or numbered):
            continue
        off = block.rest - block.left - (3 * (at == 0) + numbered) * eye.cell
        yield Seen(abs(off) <= 0.7 * eye.cell, off, 0.0, "off", block.place)


def annex_list_punctuation(eye: Eye) -> Iterator[Seen]:
    for name in annex_names(eye.paper.annex_list):
        mark = name[-1:]
        yield Seen(mark not in "。；，、;,.", mark, _("none"), "", eye.paper.annex_list[0].place)


def annex_list_numbering(eye: Eye) -> Iterator[Seen]:
    names = annex_names(eye.paper.annex_list)
    place = eye.paper.annex_list[0].place if names else NOWHERE
    for at, name in enumerate(names, 1):
        found = re.match(f"(?:{_NUMBER_OF_NAME})?", name)
        number = found[0] if found else ""
        wanted = f"{at}." if len(names) > 1 else ""
        yield Seen(number in (wanted, wanted.replace(".", "．")), number or _("none"), wanted or _("none"), "", place)


_NUMBER_OF_NAME = r"(?:\d+[.．、]|[一二三四五六七八九十]+、|[（(].{1,2}[）)])"


def annex_match(eye: Eye) -> Iterator[Seen]:
    names = [
        re.sub(f"^{_NUMBER_OF_NAME}", "", name).rstrip("。；，、;,.") for name in annex_names(eye.paper.annex_list)
    ]
    titles = ["".join(compact(block.text) for block in annex.title) for annex in eye.paper.annexes]
    if not names or not titles:
        return
    for at in range(max(len(names), len(titles))):
        name = names[at] if at < len(names) else _("none")
        title = titles[at] if at < len(titles) else _("none")
        place = eye.paper.annexes[at].label.place if at < len(titles) else eye.paper.annex_list[0].place
        if title or at >= len(titles):
            yield Seen(_plain(name) == _plain(title), title, name, "", place)


def _plain(name: str) -> str:
    return re.sub('[《》“”"\\s]', "", name)


def date_form(eye: Eye) -> Iterator[Seen]:
    block = eye.paper.date
    if block is not None and re.match(r"\d", block.text.strip()):
        found = compact(block.text)
        year, month, day = (int(part) for part in re.findall(r"\d+", found)[:3])
        year += 2000 if year < 100 else 0
        wanted = f"{year}年{month}月{day}日"
        yield Seen(found == wanted, found, wanted, "", block.place)


def date_numerals(eye: Eye) -> Iterator[Seen]:
    block = eye.paper.date
    if block is not None:
        right = bool(re.match(r"\d", block.text.strip()))
        yield Seen(right, compact(block.text), _("Arabic figures"), "", block.place)


def _manner(eye: Eye) -> str:
    """Whether a paper's signature stands like that of a sealed or an unsealed one, or like the post before a chop."""
    date, signature = eye.paper.date, eye.paper.signature
    if date is None or not signature or date.left is None or signature[-1].left is None:
        return "sealed"
    below = signature[-1]
    if (date.blank or 0) > 0.5 * eye.line and len(signature) == 1 and len(compact(below.text)) < 12:
        return "chop"
    if date.end is not None and abs(date.end - 4 * eye.cell) < 0.5 * eye.cell:
        return "sealed"
    shift = (date.left - (below.left or 0)) / eye.cell
    if abs(shift - eye.number("indent.unsealed.date")) < 0.5:
        return "unsealed"
    close = signature[0].blank is not None and abs(signature[0].blank - eye.line) < 0.5 * eye.line
    inset = below.end is not None and abs(below.end / eye.cell - eye.number("indent.unsealed")) < 0.5
    return "unsealed" if close and inset else "sealed"


def date_place(eye: Eye) -> Iterator[Seen]:
    date = eye.paper.date
    if date is None:
        return
    if _manner(eye) == "sealed":
        yield eye.cells(date.end, "indent.sealed", 0.45, date.place)


def date_place_chop(eye: Eye) -> Iterator[Seen]:
    date = eye.paper.date
    if date is not None and _manner(eye) == "chop":
        yield eye.cells(date.end, "indent.chop", 0.45, date.place)


def date_blank_chop(eye: Eye) -> Iterator[Seen]:
    date = eye.paper.date
    if date is not None and date.blank is not None and _manner(eye) == "chop":
        yield eye.lines(date.blank, "blank.chop.date", 0.4, date.place)


def date_place_unsealed(eye: Eye) -> Iterator[Seen]:
    date, signature = eye.paper.date, eye.paper.signature
    if date is None or not signature or _manner(eye) != "unsealed":
        return
    if date.left is not None and signature[-1].left is not None:
        yield eye.cells(date.left - signature[-1].left, "indent.unsealed.date", 0.5, date.place)


def signature_place_unsealed(eye: Eye) -> Iterator[Seen]:
    date, signature = eye.paper.date, eye.paper.signature
    if date is None or not signature or _manner(eye) != "unsealed":
        return
    ends = [block.end for block in (date, *signature) if block.end is not None]
    yield eye.cells(min(ends) if ends else None, "indent.unsealed", 0.45, signature[0].place)


def signature_centre(eye: Eye) -> Iterator[Seen]:
    """Of a joint paper's names only the one above the date stands over it, where no other stands beside that one."""
    date, signature = eye.paper.date, eye.paper.signature
    if len(signature) > 1:
        signature = () if is_beside(signature[-2], signature[-1]) else signature[-1:]
    if date is None or date.centre is None or _manner(eye) != "sealed":
        return
    if not all(seen.right for seen in date_place(eye)):
        return
    for block in signature:
        if block.centre is not None:
            off = block.centre - date.centre
            at_edge = off < 0 and block.end is not None and block.end < 1.0
            yield Seen(abs(off) <= 0.5 * eye.cell or at_edge, off, 0.0, "off", block.place)


def signature_blank(manner: str) -> Look:
    def look(eye: Eye) -> Iterator[Seen]:
        signature = eye.paper.signature
        if signature and _manner(eye) == manner and signature[0].blank is not None:
            yield eye.lines(signature[0].blank, f"blank.{manner}", 0.5, signature[0].place)

    return look


_SEAL = (20.0, 70.0)
"""mm: how wide a picture of a seal is at least and at most."""


def _seals(eye: Eye) -> list[Place]:
    """Pictures near signature and date that are as large and about as high as wide as a seal."""
    signed = [block.place for block in _signed(eye) if block.place.x is not None]
    if not signed or _manner(eye) == "chop":
        return []
    page = signed[-1].page
    left, right = min(one.x or 0 for one in signed), max((one.x or 0) + (one.width or 0) for one in signed)
    top, low = min(one.y or 0 for one in signed if one.page == page), max((one.y or 0) for one in signed)
    found = []
    for picture in eye.paper.sheet.pictures:
        width, height = picture.width or 0, picture.height or 1
        sealed = _SEAL[0] <= width <= _SEAL[1] and 0.8 < width / height < 1.25
        middle, centre = (picture.x or 0) + width / 2, (picture.y or 0) + height / 2
        near = left - width < middle < right + width and top - height < centre < low + height
        if sealed and near and picture.page == page:
            found.append(picture)
    return found


def _middle(place: Place) -> float:
    return (place.x or 0) + (place.width or 0) / 2


def seal_centre(eye: Eye) -> Iterator[Seen]:
    """A seal stands over the middle of the date; of a joint paper's seals each over its own name."""
    seals, date = _seals(eye), eye.paper.date
    if date is None:
        return
    names = [block.place for block in eye.paper.signature] if len(eye.paper.signature) > 1 else [date.place]
    for seal in seals:
        off = min((_middle(seal) - _middle(name) for name in names), key=abs)
        yield Seen(abs(off) <= 4.0, off, 0.0, "off", seal)


def seal_over(eye: Eye) -> Iterator[Seen]:
    """Signature and date lie a little below the middle of the one seal over them."""
    seals, signed = _seals(eye), _signed(eye)
    if len(seals) == 1 and len(eye.paper.signature) == 1 and seals[0].y is not None:
        middle = ((signed[0].ink_top or 0) + (signed[-1].ink_bottom or 0)) / 2
        below = middle - seals[0].y - (seals[0].height or 0) / 2
        yield Seen(-1.0 <= below <= 10.0, below, _("a little"), "mm", seals[0])


def seal_top(eye: Eye) -> Iterator[Seen]:
    above = eye.paper.before_signature
    for seal in _seals(eye)[:1]:
        if above is not None and above.ink_bottom is not None and seal.y is not None and above.place.page == seal.page:
            gap = (seal.y - above.ink_bottom) / eye.line
            yield Seen(gap <= 1.1, gap, 1.0, "line", seal)


def seal_apart(eye: Eye) -> Iterator[Seen]:
    """No two seals touch, and none reaches beyond the type area."""
    seals = _seals(eye)
    left, _top, right, _bottom = eye.type_area
    for at, seal in enumerate(seals):
        out = max(left - (seal.x or 0), (seal.x or 0) + (seal.width or 0) - right)
        if out > 1.0:
            yield Seen(False, _("outside the type area"), _("inside it"), "", seal)
        for other in seals[at + 1 :]:
            across, down = abs(_middle(seal) - _middle(other)), abs((seal.y or 0) - (other.y or 0))
            apart = math.hypot(across, down) > (seal.width or 0)
            yield Seen(apart, _("touching"), _("apart"), "", other)


def _signed(eye: Eye) -> list[Block]:
    return [*eye.paper.signature, *([eye.paper.date] if eye.paper.date is not None else [])]


def signature_face(eye: Eye) -> Iterator[Seen]:
    yield from eye.faces(_signed(eye), "signature")


def signature_size(eye: Eye) -> Iterator[Seen]:
    yield from eye.size(_signed(eye), "signature")


def _attending(eye: Eye) -> list[Block]:
    """Of minutes: who was there, and who was not."""
    if eye.paper.format != "minutes":
        return []
    blocks = (*eye.paper.body, *([eye.paper.note] if eye.paper.note else []))
    return [block for block in blocks if re.match("(?:出席|请假|列席)[：:]", compact(block.text))]


def attendance_blank(eye: Eye) -> Iterator[Seen]:
    for block in _attending(eye)[:1]:
        if block.blank is not None:
            yield eye.lines(block.blank, "blank.attendance", 0.5, block.place)


def attendance_align(eye: Eye) -> Iterator[Seen]:
    """Further names begin under the first one, right of the colon."""
    for block in _attending(eye):
        if block.left is not None and block.rest is not None and len(block.lines) > 1:
            off = block.rest - block.left - 3 * eye.cell
            yield Seen(abs(off) <= 0.6 * eye.cell, off, 0.0, "off", block.place)


def attendance_face(eye: Eye) -> Iterator[Seen]:
    for block in _attending(eye):
        yield from eye.face(block.begins(2), "attendance", block.place)


def signature_company(eye: Eye) -> Iterator[Seen]:
    """At least two lines of body on the signature's page."""
    date = eye.paper.date
    if not eye.exact or date is None or date.place.page <= 1:
        return
    text = [b for b in (*eye.paper.body, *eye.paper.annex_list) if b.place.page <= date.place.page]
    lines = sum(len(block.lines) for block in text if block.place.page == date.place.page)
    begun = [b for b in text if b.place.page == date.place.page - 1 and (b.ink_bottom or 0) < (b.ink_top or 0)]
    for block in begun[-1:]:  # a paragraph that began on the page before and ends here
        lines += round(((block.ink_bottom or 0) - eye.type_area[1]) / eye.line)
    yield Seen(lines >= 2, float(lines), 2.0, "line", date.place)


def signature_statement(eye: Eye) -> Iterator[Seen]:
    found = [block for block in eye.paper.sheet.blocks if re.search("此页无正文", compact(block.text))]
    for block in found:
        yield Seen(False, compact(block.text)[:20], _("none"), "", block.place)
    if not found:
        yield Seen(True, _("none"), _("none"))


def note_brackets(eye: Eye) -> Iterator[Seen]:
    note = eye.paper.note
    if note is not None:
        text = compact(note.text)
        right = text.startswith("（") and text.endswith("）")
        yield Seen(right, text[:1] + "…" + text[-1:], "（…）", "", note.place)


def note_blank(eye: Eye) -> Iterator[Seen]:
    note = eye.paper.note
    if note is not None and note.blank is not None:
        yield eye.lines(note.blank, "blank.note", 0.4, note.place)


def note_indent(eye: Eye) -> Iterator[Seen]:
    note = eye.paper.note
    if note is not None and note.left is not None:
        yield eye.cells(note.left, "indent.note", 0.45, note.place)


def annex_label(eye: Eye) -> Iterator[Seen]:
    for annex in eye.paper.annexes:
        text = compact(annex.label.text)
        wanted = re.sub("[：:]$", "", text)
        yield Seen(text == wanted, text, wanted, "", annex.label.place)


def annex_label_number(eye: Eye) -> Iterator[Seen]:
    """附件1, 附件2 … as the list has them; 附件 where it has but one."""
    count = max(len(annex_names(eye.paper.annex_list)), len(eye.paper.annexes))
    for at, annex in enumerate(eye.paper.annexes if eye.paper.annex_list else (), 1):
        text = re.sub("[：:]$", "", compact(annex.label.text))
        wanted = f"附件{at}" if count > 1 else "附件"
        yield Seen(text == wanted, text, wanted, "", annex.label.place)


def annex_label_place(eye: Eye) -> Iterator[Seen]:
    for annex in eye.paper.annexes:
        if annex.label.left is not None:
            yield Seen(abs(annex.label.left) <= 1.2, annex.label.left, 0.0, "off", annex.label.place)


def annex_label_face(eye: Eye) -> Iterator[Seen]:
    yield from eye.faces([annex.label for annex in eye.paper.annexes], "annex_label")


def annex_label_size(eye: Eye) -> Iterator[Seen]:
    yield from eye.size([annex.label for annex in eye.paper.annexes], "annex_label")


def annex_page(eye: Eye) -> Iterator[Seen]:
    for annex in eye.paper.annexes:
        yield Seen(annex.label.new_page, _("on the page before it"), _("a new page"), "", annex.label.place)


def annex_title_line(eye: Eye) -> Iterator[Seen]:
    for annex in eye.paper.annexes:
        if annex.title and annex.title[0].blank is not None:
            yield eye.lines(annex.title[0].blank, "blank.annex_title", 0.5, annex.title[0].place)


def annex_title_place(eye: Eye) -> Iterator[Seen]:
    for annex in eye.paper.annexes:
        yield from eye.centred(annex.title, 3.5)
