"""The elements of a paper: each block to its setting.

In: a block, the blocks around it and the measures. Out: a `Setting` (of a block that every unit has) or an `OwnBlock`
(of one with slots). Lines of text are broken here; pages come later. All lengths are mm.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from circular_gen.sheet.blocks import (
    Addressees,
    Annex,
    AnnexList,
    Art,
    Attendance,
    Block,
    Colophon,
    Fields,
    Figure,
    Note,
    Paragraph,
    Qr,
    Sheet,
    Signature,
    Signs,
    Space,
    Subtitle,
    Table,
    Title,
    is_own,
)
from circular_gen.sheet.slots import has_slot
from circular_gen.typeset.colophon import set_colophon
from circular_gen.typeset.flow import Metrics
from circular_gen.typeset.forms import set_qr, set_signs
from circular_gen.typeset.head import Head, set_head
from circular_gen.typeset.measures import Measures
from circular_gen.typeset.page import Bookmark, Entry, Image
from circular_gen.typeset.setting import Fixed, Items, Lines, OwnBlock, OwnLines, OwnSymbol, Setting, constant
from circular_gen.typeset.signature import sealed, unsealed
from circular_gen.typeset.table import TableSetter, fields_grid, table_grid
from circular_gen.typeset.text import Typist

T = TypeVar("T")
_SEAL = "{issuer}印章"
"""What is read out where a seal's picture stands."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where a block stands: on which pages, and between which others."""

    typist: Typist
    sheet: Sheet
    landscape: bool = False
    before: Block | Head | None = None
    after: Block | Head | None = None

    @property
    def style(self) -> Measures:
        return self.typist.measures


def set_block(block: Block | Head, context: Context) -> Setting | OwnBlock:
    """The setting of `block`."""
    if isinstance(block, Table | Fields):
        return _table(block, context)
    if isinstance(block, Figure):
        return _figure(block, context)
    setter = _SETTERS[type(block)]
    if isinstance(block, Qr) and has_slot(block.payload) and not has_slot(block.caption):
        return OwnSymbol(block.payload, _qr(block, context))
    if is_own(block):
        return OwnLines(block, lambda bound: setter(bound, context))
    return constant(setter(block, context))


def _table(block: Table | Fields, context: Context) -> Setting | OwnBlock:
    style = context.style
    area = style.area(context.landscape)
    grid = fields_grid(block, style.label_share, style.field_height) if isinstance(block, Fields) else table_grid(block)
    before = style.table_gap if context.before is not None else 0.0
    table = TableSetter(grid, context.typist, area.left, area.width, area.bottom - area.top, before)
    if table.own:
        return table
    setting = table.setting({})
    if isinstance(block, Fields) and isinstance(context.after, Signs):
        # Nobody signs a page that does not show what for.
        setting = replace(setting, metrics=tuple(metrics._replace(glued=True) for metrics in setting.metrics))
    return setting


def _set(
    context: Context,
    runs: Sequence[tuple[str, str]],
    *,
    left: float = 0.0,
    right: float = 0.0,
    first: float = 0.0,
    rest: float = 0.0,
    align: str = "justify",
    line: str = "body",
) -> list[Items]:
    """The lines of (text, kind of type) `runs`, inset by `left` and `right` mm, on lines of kind `line`."""
    area = context.style.area(context.landscape)
    typist = context.typist
    return typist.set(
        runs, area.left + left, area.width - left - right, typist.baseline(line), first=first, rest=rest, align=align
    )


def _lines(
    context: Context,
    items: Iterable[Items],
    role: str,
    *,
    before: float = 0.0,
    line: str = "body",
    glued: bool = False,
    **flags: Any,
) -> Lines:
    """Lines of kind `line`, `before` mm above the first. `glued`: all stay together and with what follows."""
    items = tuple(items)
    height = context.typist.pitch(line)
    first = Metrics(height, before, glued, **flags)
    rest = Metrics(height, 0.0, glued, **flags) if before and len(items) > 1 else first
    return Lines((first, *[rest] * (len(items) - 1)) if items else (), items, role)


def _bookmarked(lines: Lines, text: str, level: int) -> Lines:
    if not lines.metrics:
        return lines
    metrics = lines.metrics[0]._replace(bookmarks=(Bookmark(text, level, 0.0),))
    return lines._replace(metrics=(metrics, *lines.metrics[1:]))


def _title(block: Title, context: Context) -> Lines:
    style = context.style
    kind = "form_title" if context.sheet.form else "title"
    line = "form_title" if context.sheet.form else "title"
    broken = context.typist.title(block.text, kind, style.area(context.landscape).width)
    items = [part for text in broken for part in _set(context, [(text, kind)], align="center", line=line)]
    before = style.blank("title") if isinstance(context.before, Head) else 0.0
    lines = _lines(context, items, "title", before=before, line=line, glued=True)
    return _bookmarked(lines, block.text.replace("\n", ""), 1)


def _subtitle(block: Subtitle, context: Context) -> Lines:
    items = _set(context, [(block.text, "subtitle")], align="center", line="form")
    return _lines(context, items, "subtitle", line="form", glued=True)


def _addressees(block: Addressees, context: Context) -> Lines:
    items = _set(context, [(block.text + "：", "addressees")])
    return _lines(context, items, "addressees", before=context.style.blank("addressees"))


def _paragraph(block: Paragraph, context: Context) -> Lines:
    style = context.style
    kind = block.style
    before = 0.0
    if isinstance(context.before, Title | Annex) and not context.sheet.form:
        before = style.blank("annex_body" if isinstance(context.before, Annex) else "addressees")
    elif isinstance(context.before, Head) and context.sheet.format == "order":
        before = style.blank("title.order")
    elif isinstance(context.before, Table | Fields | Signs):
        before = style.table_gap
    indent = block.indent * (style.cell if kind == "body" else context.typist.size_mm(kind))
    heading_kind = f"heading{block.level}" if block.level else kind
    runs = [(block.heading, heading_kind)] * bool(block.heading) + [(block.text, kind)] * bool(block.text)
    items = _set(context, runs or [("", kind)], first=indent, align=block.align, line=kind)
    heading = bool(block.level and block.heading)
    role = f"heading{block.level}" if heading and not block.text else kind if kind != "body" else "paragraph"
    lines = _lines(context, items, role, before=before, line=kind, text=kind == "body" and not context.sheet.form)
    return _bookmarked(lines, block.heading.rstrip("。"), block.level + 1) if heading else lines


def _annex_list(block: AnnexList, context: Context) -> Lines:
    style, typist = context.style, context.typist
    label = "附件："
    start = style.indent("body") + typist.width(label, "annex_list")
    items: list[Items] = []
    entries: list[Entry] = []
    for index, name in enumerate(block.names):
        number = f"{index + 1}." if len(block.names) > 1 else ""
        head = typist.width(number, "annex_list")
        text = (label if index == 0 else "") + number + name
        left = style.indent("body") if index == 0 else start
        hanging = start + head - left
        items += _set(context, [(text, "annex_list")], left=left, rest=hanging, align="left")
        entries += [Entry(index)] * (len(items) - len(entries))
    return _lines(context, items, "annex_list", before=style.blank("annex_list"))._replace(entries=tuple(entries))


def _signature(block: Signature, context: Context) -> Lines:
    style, typist = context.style, context.typist
    area = style.area(context.landscape)
    if block.manner == "sealed":
        return _sealed(block, context)
    date = typist.width(block.date, "date")
    names = [typist.width(name, "signature") for name in block.issuers]
    longest = max(names, default=0.0)
    before = style.blank(block.manner)
    rows: list[tuple[str, str, float]] = []
    """Text, kind of type, and left edge from the type area's."""
    if block.manner == "unsealed":
        name_left, date_left = unsealed(
            area.width, longest, date, style.indent("unsealed"), style.indent("unsealed.date")
        )
        rows = [(name, "signature", name_left) for name in block.issuers]
        rows.append((block.date, "date", date_left))
        above = 0.0
    else:
        chop = style.indent("chop") + style.indent("chop.width")
        title = typist.width(block.signer_title, "signature")
        rows = [(block.signer_title, "signature", max(0.0, area.width - chop - style.indent("chop.gap") - title))]
        rows.append((block.date, "date", area.width - style.indent("chop") - date))
        above = style.blank("chop.date")
    rows = [row for row in rows if row[0] or row[1] == "signature"]
    items = [_set(context, [(text, kind)], left=left, align="left")[0] for text, kind, left in rows]
    lines = _lines(context, items, "signature", before=before, glued=True, closing=True)
    metrics = list(lines.metrics)
    if above and len(metrics) > 1:
        metrics[-1] = metrics[-1]._replace(before=above)
    return lines._replace(metrics=_let_go(metrics, context))


def _sealed(block: Signature, context: Context) -> Lines:
    """Names in rows, the date under the last one, and under the text the seals that have pictures."""
    style, typist = context.style, context.typist
    area = style.area(context.landscape)
    seals = style.seals(block.diameter, area.width)
    names = [typist.width(name, "signature") for name in block.issuers]
    date = typist.width(block.date, "date")
    placed = sealed(names, date, None if block.diameter else style.blank("sealed"), seals)
    line = typist.pitch("body")
    items: list[Items] = []
    metrics: list[Metrics] = []
    under: list[Items] = []
    for row in placed.rows:
        texts: Items = ()
        pictures: Items = ()
        for index, centre in enumerate(row.centres, row.first):
            left = max(0.0, centre - names[index] / 2)
            texts += _set(context, [(block.issuers[index], "signature")], left=left, align="left")[0]
            art = block.seals[index] if block.seals else None
            if art is not None:
                pictures += (_seal(art, block.issuers[index], area.left + centre, row.seal, seals.diameter),)
        items.append(texts)
        under.append(pictures)
        under_line = max(0.0, row.seal + seals.diameter - line)
        metrics.append(Metrics(line, row.before, glued=True, closing=True, top=max(0.0, -row.seal), below=under_line))
    if block.date:
        items.append(_set(context, [(block.date, "date")], left=placed.date, align="left")[0])
        under.append(())
        metrics.append(Metrics(line, 0.0, glued=True, closing=True, below=placed.below))
    return Lines(_let_go(metrics, context), tuple(items), "signature", under=tuple(under))


def _seal(art: Art, issuer: str, centre: float, top: float, diameter: float) -> Image:
    """The picture in a square of `diameter`, in the middle of it."""
    scale = diameter / max(art.width, art.height)
    width, height = art.width * scale, art.height * scale
    return Image(art, centre - width / 2, top + (diameter - height) / 2, width, height, _SEAL.format(issuer=issuer))


def _let_go(metrics: Sequence[Metrics], context: Context) -> tuple[Metrics, ...]:
    """`metrics`, the last line of which holds on to a note alone."""
    if not metrics or isinstance(context.after, Note):
        return tuple(metrics)
    return (*metrics[:-1], metrics[-1]._replace(glued=False))


def _note(block: Note, context: Context) -> Lines:
    items = _set(context, [(f"（{block.text}）", "note")], first=context.style.indent("note"))
    return _lines(context, items, "note")


def _attendance(block: Attendance, context: Context) -> Lines:
    style, typist = context.style, context.typist
    label = block.label + "："
    left = style.indent("body")
    before = 0.0 if isinstance(context.before, Attendance) else style.blank("attendance")
    rest = typist.width(label, "attendance")
    # set apart, so that no line's justification moves the names off their edge
    items = _set(context, [(block.names, "body")], left=left + rest)
    items[0] = (*_set(context, [(label, "attendance")], left=left, align="left")[0], *items[0])
    return _lines(context, items, "paragraph", before=before)


def _annex(block: Annex, context: Context) -> Lines:
    """The label on line 1 and the title from line 3 (clause 7.3.7); without a label the title on line 1."""
    style, typist = context.style, context.typist
    label = _set(context, [(block.label, "annex_label")]) if block.label else []
    lines = _lines(context, label, "annex_label", glued=True)
    if block.title:
        broken = typist.title(block.title, "annex_title", style.area(context.landscape).width)
        items = [
            part
            for text in broken
            for part in _set(context, [(text, "annex_title")], align="center", line="annex_title")
        ]
        title = _lines(context, items, "title", before=style.blank("annex_title"), line="annex_title", glued=True)
        lines = Lines((*lines.metrics, *title.metrics), (*lines.items, *title.items), "title")
    name = f"{block.label} {block.title}".replace("\n", "").strip()
    return _bookmarked(lines, name, 1)


def _figure(block: Figure, context: Context) -> Setting:
    """The picture in the middle, no larger than the room that its caption leaves it on a page; as the first thing of an
    annex, than what the annex's label and title leave."""
    style, art = context.style, block.art
    area = style.area(context.landscape)
    caption: list[Items] = []
    if block.caption:
        caption = _set(context, [(block.caption, "caption")], align="center", line="caption")
    before = style.figure_gap
    room = area.bottom - area.top - len(caption) * context.typist.pitch("caption")
    if isinstance(context.before, Annex):
        head = _annex(context.before, context).metrics
        room -= sum(metrics.before + metrics.height for metrics in head) + before
    most = math.inf if art.kind == "pdf" else 1.0  # a page fills the room, a picture is not blown up
    scale = min(most, area.width / art.width, room / art.height)
    width, height = art.width * scale, art.height * scale
    left = area.left + (area.width - width) / 2
    image = Image(art, left, 0.0, width, height, block.description or block.caption)
    under = [Metrics(context.typist.pitch("caption"), glued=True)] * len(caption)
    metrics = [Metrics(height, before, glued=bool(caption)), *under]
    metrics[-1] = metrics[-1]._replace(glued=False)
    said = [(Fixed(line, "paragraph"),) for line in caption]
    return Setting(tuple(metrics), ((Fixed((image,), "figure"),), *said))


def _space(block: Space, context: Context) -> Lines:
    line = "form" if context.sheet.form else "body"
    return Lines((Metrics(block.lines * context.typist.pitch(line)),), ((),))


def _colophon(block: Colophon, context: Context) -> Lines:
    return set_colophon(block, context.typist, letter=context.sheet.format == "letter")


def _head(block: Head, context: Context) -> Lines:
    return set_head(block, context.typist, context.sheet.format)


def _signs(block: Signs, context: Context) -> Lines:
    return set_signs(block, context.typist, context.style.area(context.landscape))


def _qr(block: Qr, context: Context) -> Lines:
    return set_qr(block, context.typist, context.style.area(context.landscape))


_SETTERS: dict[type, Callable[[Any, Context], Lines]] = {
    Head: _head,
    Title: _title,
    Subtitle: _subtitle,
    Addressees: _addressees,
    Paragraph: _paragraph,
    AnnexList: _annex_list,
    Signature: _signature,
    Note: _note,
    Attendance: _attendance,
    Annex: _annex,
    Space: _space,
    Colophon: _colophon,
    Signs: _signs,
    Qr: _qr,
}
