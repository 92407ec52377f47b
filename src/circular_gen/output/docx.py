"""Sheets as DOCX: a sheet is compiled once into a mould and stamped for every unit.

In: a `Sheet` with slots, the style, the names of the fonts that a DOCX asks for. Out: `DocxMould.copy(values)`, the
bytes of a Word file. Word breaks the lines and pages; styles, indents, exact lines and fields say how. Every element
of the sheet is a paragraph in its own named style, or a table; "空 N 字" is an indent and "空 N 行" spacing, never
characters.
"""

import datetime
import functools
import io
import math
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part as OpcPart
from docx.parts.story import StoryPart
from lxml import etree

from circular_gen.output import docx_tables as tables
from circular_gen.output.docx_measures import Measures, spaced_cells, text_cells
from circular_gen.output.docx_package import lean_document
from circular_gen.output.docx_styles import AFTER_HEADING, APPROVER, LABEL, URGENCY, add_styles
from circular_gen.output.mould import Mould, Part, Picture
from circular_gen.output.page_pictures import as_picture
from circular_gen.output.qr import png
from circular_gen.output.wordml import Element, element, page_field, paragraph, picture, picture_behind, run
from circular_gen.sheet.blocks import (
    Addressees,
    Annex,
    AnnexList,
    Art,
    Attendance,
    Block,
    Colophon,
    Face,
    Fields,
    Figure,
    Mark,
    Note,
    Number,
    Paragraph,
    Qr,
    Sheet,
    Signature,
    Signs,
    Space,
    Subtitle,
    Table,
    Title,
    Turn,
    Urgency,
)
from circular_gen.sheet.slots import Values, slot
from circular_gen.typeset.style import Style

WORD_FONTS: dict[Face, str] = {
    "fangsong": "仿宋_GB2312",
    "xiaobiaosong": "方正小标宋简体",
    "hei": "黑体",
    "kai": "楷体_GB2312",
    "song": "宋体",
}
_QR_SCALE = 4
"""Pixels a module: a symbol of 24 mm then has some 150 dpi, and its edges stay sharp."""
_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")


class DocxMould:
    """A sheet compiled to a Word file whose slots are open.

    `word_fonts`: names for some or all faces, the usual ones for the rest. `created`: the date in the file's
    properties; left out, it is the sheet's date of issue, and a sheet without one says none."""

    def __init__(
        self,
        sheet: Sheet,
        style: Style,
        word_fonts: Mapping[Face, str] | None = None,
        *,
        created: datetime.datetime | None = None,
    ) -> None:
        fonts = WORD_FONTS | dict(word_fonts or {})
        approvers = [(len(block.approvers) + 1) // 2 for block in sheet.blocks if isinstance(block, Number)]
        measures = Measures(style, sheet.format, approvers=max(1, *approvers, 1))
        self._mould = Mould(_Writer(sheet, measures, fonts, created or _date_of(sheet)).parts())

    def copy(self, values: Values) -> bytes:
        """The Word file with every slot filled; KeyError for a slot that `values` lacks."""
        return self._mould.copy(values)

    def parts(self, values: Values) -> tuple[bytes, bytes]:
        """The same in two: what is one object for all units, and the rest."""
        return self._mould.parts(values)


def _date_of(sheet: Sheet) -> datetime.datetime | None:
    """Midnight of the sheet's date of issue."""
    for block in sheet.blocks:
        if isinstance(block, Signature) and (match := _DATE.search(block.date)):
            year, month, day = map(int, match.groups())
            return datetime.datetime(year, month, day, tzinfo=datetime.UTC)
    return None


_IGNORABLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Ignorable"


class _Writer:
    """Writes one sheet into a python-docx document. `parts()` gives the package's members."""

    def __init__(
        self, sheet: Sheet, m: Measures, word_fonts: Mapping[Face, str], created: datetime.datetime | None
    ) -> None:
        self.sheet, self.m = sheet, m
        self.letter = sheet.format == "letter"
        self.document = lean_document(word_fonts, m.size("body"), sheet.title, sheet.author, created)
        add_styles(self.document, m, word_fonts)
        self.body: list[Element] = []
        self.pictures: dict[str, tuple[Picture, OpcPart]] = {}
        self.arts: dict[str, OpcPart] = {}
        self.drawings = 0
        self.landscape = sheet.landscape
        self.sections = 0
        self.footers: dict[tuple[str, bool], str] = {}
        self.header_identities: list[str] = []
        self.stories: list[Element] = []
        """The headers and footers."""
        self.urgency: list[str] = []

    def parts(self) -> list[Part | Picture]:
        """The members of the whole package, the list of contents first."""
        self.blocks(_arranged(self.sheet, self.m))
        if self.body and self.body[-1].tag.endswith("}tbl"):
            self.gap()
        body = self.document.element.body
        body.remove(body.sectPr)
        body.extend([*self.body, self.section_properties()])
        for story in self.stories:
            _tidy(story)
        file = io.BytesIO()
        self.document.save(file)
        drawn = {picture.name: picture for picture, _ in self.pictures.values()}
        with zipfile.ZipFile(file) as package:
            return [drawn.get(name) or Part(name, package.read(name)) for name in package.namelist()]

    # Blocks, each in its style ---------------------------------------------------------------------------------------

    def blocks(self, blocks: Sequence[Block], first: Block | None = None) -> None:
        """`first`: what stands before the first of `blocks`."""
        padded: list[Block | None] = [first, *blocks, None]
        for before, block, after in zip(padded, padded[1:], padded[2:], strict=False):
            if block is not None:
                self.block(block, before, after)

    def block(self, block: Block, before: Block | None, after: Block | None) -> None:
        m = self.m
        match block:
            case Urgency():
                self.write_urgency(block)
            case Mark():
                self.write_mark(block)
            case Number():
                self.write_number(block)
            case Title():
                self.write_title(block, before)
            case Subtitle():
                self.add("GwSubtitle", run(block.text))
            case Addressees():
                self.add("GwAddressees", run(block.text + "："))
            case Paragraph():
                self.write_paragraph(block, before, after)
            case AnnexList():
                self.write_annex_list(block)
            case Signature():
                self.write_signature(block)
            case Note():
                self.add("GwNote", run(f"（{block.text}）"))
            case Table() | Fields() | Signs():
                self.write_table(block, before, after)
            case Qr():
                self.add("GwCode", self.qr(self.document.part, block.payload, block.size), jc={"val": block.align})
                if block.caption:
                    self.add("GwCode", run(block.caption), jc={"val": block.align})
            case Figure():
                self.write_figure(block, before)
            case Turn():
                self.turn(block.landscape, always=True)
            case Space():
                self.add("GwBody", spacing={"line": m.lines(block.lines), "lineRule": "exact"})
            case Attendance():
                self.write_attendance(block, before)
            case Annex():
                self.write_annex(block)
            case Colophon():
                if self.turn(landscape=False):
                    self.gap()  # a section must not begin with a floating table
                self.body.append(tables.colophon(block, m, self.letter))
                self.gap()

    def add(self, style: str, *content: Element, **values: Any) -> None:
        self.body.append(paragraph(style, *content, **values))

    def gap(self, height: int = 0, **values: Any) -> None:
        """An empty paragraph of `height` twips, or as low as Word makes one: above tables, at a table's end."""
        self.add("GwGap", **({"spacing": {"line": height, "lineRule": "exact"}} if height else {}), **values)

    def write_urgency(self, block: Urgency) -> None:
        self.urgency.append(block.text)  # in a letter it stands under the mark, beside the number
        if not self.letter:
            self.add("GwUrgency", run(block.text))

    def write_mark(self, block: Mark) -> None:
        m = self.m
        text = block.names[0] + block.suffix  # a joint letter shows its organiser alone (clause 10.1)
        if len(block.names) > 1 and not self.letter:
            self.gap(m.joint_before(block.names, block.suffix, len(self.urgency)))
            self.body.append(tables.joint_mark(block, m))
            return
        size = m.mark_size(text)
        letters: dict[str, Any] = {}
        if size != m.size("mark"):
            letters = {"sz": {"val": round(size * 2)}, "szCs": {"val": round(size * 2)}}
        if self.letter:
            place, under = m.letter_mark(size)
            self.add("GwMark", run(text, values=letters), framePr=place)
            self.add("GwGap", framePr=under, pBdr=m.double_rule(thick_first=True))
        else:
            before = m.mark_before(size, len(self.urgency))
            self.add("GwMark", run(text, values=letters), spacing=m.exact(m.points("mark.line"), before))

    def write_number(self, block: Number) -> None:
        m = self.m
        end = m.area_width
        if self.letter:
            urgency = [run("、".join(self.urgency), URGENCY)] * bool(self.urgency)
            tabs = [("tab", {"val": "right", "pos": end})]
            self.add("GwNumber", *urgency, run("\t" + block.text), jc={"val": "left"}, tabs=tabs)
            self.urgency.clear()
            return
        ruled: dict[str, Any] = {} if self.sheet.format == "order" else {"pBdr": [("bottom", m.red_rule)]}
        if not block.approvers:
            self.add("GwNumber", run(block.text), spacing=m.exact(m.line, m.lines(m.blank("number"))), **ruled)
            return
        inset = m.cells(m.number("indent.number"))
        pairs = [block.approvers[index : index + 2] for index in range(0, len(block.approvers), 2)]
        widest = [max((text_cells(pair[at]) for pair in pairs if len(pair) > at), default=0.0) for at in (0, 1)]
        width = text_cells("签发人：") + widest[0] + (widest[1] + 1) * (widest[1] > 0)
        label = end - inset - m.cells(width)
        first = label + m.cells(text_cells("签发人："))
        second = first + m.cells(widest[0] + 1)
        tabs = [("tab", {"val": "left", "pos": place}) for place in (label, first, second)]
        for index, pair in enumerate(pairs):
            last = index == len(pairs) - 1
            start = run((block.text if last else "") + "\t" + ("签发人：" if index == 0 else "\t"))
            names = [run(("\t" if place else "") + name, APPROVER) for place, name in enumerate(pair)]
            spacing = m.exact(m.line, m.lines(m.blank("number")) if index == 0 else 0)
            own = {"jc": {"val": "left"}, "ind": {"firstLine": inset}, "tabs": tabs, "spacing": spacing}
            self.add("GwNumber", start, *names, **own, **(ruled if last else {}))

    def write_title(self, block: Title, before: Block | None) -> None:
        m = self.m
        if self.letter and self.urgency:  # a letter without a number
            self.add("GwUrgency", run("、".join(self.urgency)))
            self.urgency.clear()
        if before is None and self.sheet.form:
            self.add("GwFormTitle", run(block.text))
            return
        own: dict[str, Any] = {} if before is not None else {"spacing": m.exact(m.line, 0)}
        self.add("GwTitle", run("\n".join(m.title_lines(block.text))), **own)

    def write_paragraph(self, block: Paragraph, before: Block | None, after: Block | None) -> None:
        m = self.m
        style = {"body": "GwBody", "form": "GwForm", "hint": "GwHint"}[block.style]
        if block.level and block.heading:
            style = f"GwHeading{block.level}"
        own: dict[str, Any] = {}
        if block.indent != m.number("indent.body"):
            own["ind"] = {"firstLine": m.cells(block.indent)}
        if block.align != "justify":
            own["jc"] = {"val": block.align}
        if isinstance(before, Title) and not self.sheet.form:
            own["spacing"] = m.exact(m.line, m.lines(m.blank("addressees")))
        if isinstance(before, Annex):
            own["spacing"] = m.exact(m.line, m.lines(m.blank("annex_body")))
        if isinstance(before, Table | Fields | Signs):
            own["spacing"] = {"before": m.mm(m.number("table.gap"))}
        if isinstance(before, Number) and self.sheet.format == "order":
            own["spacing"] = m.exact(m.line, m.lines(m.blank("title.order")))
        if isinstance(after, Signature | AnnexList) or (block.heading and not block.text):
            own["keepNext"] = {}
        runs = [run(block.heading)] if block.heading else []
        if block.text:
            apart = block.level and block.heading and m.face(f"heading{block.level}") != m.face("body")
            runs.append(run(block.text, AFTER_HEADING if apart else ""))
        self.add(style, *runs, **own)

    def write_annex_list(self, block: AnnexList) -> None:
        m = self.m
        label = "附件："
        start, label_width = m.cells(m.number("indent.body")), m.cells(text_cells(label))
        for index, name in enumerate(block.names):
            number = m.annex_number(index + 1) if len(block.names) > 1 else ""
            hanging = m.cells(text_cells(number))
            left = start + label_width + hanging
            own: dict[str, Any] = {"ind": {"left": left, "hanging": hanging}} if hanging else {"ind": {"left": left}}
            if index == 0:
                own = {"ind": {"left": left, "hanging": left - start}}
                own["spacing"] = m.exact(m.line, m.lines(m.blank("annex_list")))
            self.add("GwAnnexList", run((label if index == 0 else "") + number + name), **own)

    def write_sealed(self, block: Signature) -> None:
        """Names, in rows where they are several, the date under the last one, and behind the text the seals that have
        pictures: they hang on the date's paragraph."""
        m = self.m
        placed = m.sealed(block)
        line = m.number("grid.line") * 25.4 / 72
        tops = [placed.rows[0].before] if placed.rows else []
        for row in placed.rows[1:]:
            tops.append(tops[-1] + line + row.before)
        inset = {"ind": {"right": m.cells(m.number("indent.sealed"))}}
        for row in placed.rows:
            names = block.issuers[row.first : row.first + len(row.centres)]
            spacing = m.exact(m.line, m.mm(row.before))
            if len(block.issuers) == 1:
                centre = m.number("indent.sealed") + spaced_cells(block.date) / 2  # cells from the right edge
                too_long = text_cells(names[0]) > 2 * centre
                own = {"jc": {"val": "right"}} if too_long else {"ind": {"left": m.cells(m.area_cells - 2 * centre)}}
                self.add("GwSignature", run(names[0]), spacing=spacing, **own)
                continue
            self.add(
                "GwSignature", run("".join(f"\t{name}" for name in names)), spacing=spacing, **m.centred(row.centres)
            )
        if not block.date:
            return
        seals: list[Element] = []
        bottom = tops[-1] + line if tops else 0.0
        for row, top in zip(placed.rows, tops, strict=True):
            for index, centre in enumerate(row.centres, row.first):
                art = block.seals[index] if block.seals else None
                if art is not None:
                    seals.append(self.seal(art, block, index, centre, top + row.seal - bottom))
        spacing = m.exact(m.line, 0 if placed.rows else m.lines(m.blank("sealed")))
        if len(block.issuers) > 1:
            dated = m.centred(placed.rows[-1].centres[-1:])
            self.add("GwDate", *seals, run("\t" + block.date), spacing=spacing, **dated)
        else:
            self.add("GwDate", *seals, run(block.date), spacing=spacing, **inset)

    def seal(self, art: Art, block: Signature, index: int, centre: float, top: float) -> Element:
        """The picture in the middle of a square as wide as the seal, from `top` under the top of the date's line."""
        diameter = self.m.diameter(block)
        scale = diameter / max(art.width, art.height)
        size = art.width * scale, art.height * scale
        self.drawings += 1
        return picture_behind(
            self.art(art),
            self.drawings,
            f"印章{self.drawings}",
            f"{block.issuers[index]}印章",
            size,
            (centre - size[0] / 2, top + (diameter - size[1]) / 2),
        )

    def write_signature(self, block: Signature) -> None:
        m = self.m
        if block.manner == "sealed":
            self.write_sealed(block)
            return
        date, name = spaced_cells(block.date), max((text_cells(name) for name in block.issuers), default=0.0)
        before = m.lines(m.blank(block.manner))
        rows = list(block.issuers)
        signature: dict[str, Any]
        if block.manner == "unsealed":
            right, left = m.unsealed(name, date)
            signature = {"jc": {"val": "right"}, "ind": {"right": m.cells(right)}}
            dated: dict[str, Any] = {"jc": {"val": "left"}, "ind": {"left": m.cells(left)}}
        else:
            inset = m.number("indent.chop")
            dated = {"ind": {"right": m.cells(inset)}}
            rows = [block.signer_title] if block.signer_title else []
            signature = {
                "jc": {"val": "right"},
                "ind": {"right": m.cells(inset + m.number("chop.width") + m.number("chop.gap"))},
            }
        for index, text in enumerate(rows):
            self.add("GwSignature", run(text), spacing=m.exact(m.line, before if index == 0 else 0), **signature)
        if block.date:
            above = before if not rows else m.lines(m.blank("chop.date")) if block.manner == "chop" else 0
            self.add("GwDate", run(block.date), spacing=m.exact(m.line, above), **dated)

    def write_table(self, block: Table | Fields | Signs, before: Block | None, after: Block | None) -> None:
        m = self.m
        if before is not None:
            self.gap(m.mm(m.number("table.gap")), **({} if isinstance(before, Table) else {"keepNext": {}}))
        width = m.area_height if self.landscape else m.area_width
        if isinstance(block, Table):
            self.body.append(tables.table(block, m, width))
        elif isinstance(block, Fields):
            filled = tables.fields(block, m, width)
            if isinstance(after, Signs):  # nobody signs a page that does not show what for
                for line in filled.xpath(".//w:p"):
                    line.get_or_add_pPr().get_or_add_keepNext()
            self.body.append(filled)
        else:
            self.body.append(tables.signs(block, m, width))

    def write_attendance(self, block: Attendance, before: Block | None) -> None:
        m = self.m
        label = block.label + "："
        hanging = m.cells(text_cells(label))
        above = 0 if isinstance(before, Attendance) else m.lines(m.blank("attendance"))
        indent = {"left": m.cells(m.number("indent.body")) + hanging, "hanging": hanging}
        self.add("GwAttendance", run(label, LABEL), run(block.names), ind=indent, spacing=m.exact(m.line, above))

    def write_annex(self, block: Annex) -> None:
        m = self.m
        turned = self.turn(bool(block.landscape))
        if block.label:
            self.add("GwAnnexLabel", run(block.label), **({"pageBreakBefore": {"val": 0}} if turned else {}))
        if block.title:
            own: dict[str, Any] = {} if block.label else {"spacing": m.exact(m.line, 0)}
            if not block.label and not turned:
                own["pageBreakBefore"] = {}
            self.add("GwAnnexTitle", run("\n".join(m.title_lines(block.title))), **own)
        self.blocks(block.blocks, block)

    def write_figure(self, block: Figure, before: Block | None) -> None:
        m, art = self.m, block.art
        width, height = m.figure(block, before if isinstance(before, Annex) else None, self.landscape)
        relationship = self.art(art)
        self.drawings += 1
        shown = picture(
            relationship, self.drawings, f"图{self.drawings}", block.description or block.caption, width, height
        )
        kept: dict[str, Any] = {"keepNext": {}} if block.caption else {}
        self.add("GwFigure", shown, spacing={"before": m.mm(m.number("figure.gap")), "after": 0}, **kept)
        if block.caption:
            self.add("GwCaption", run(block.caption))

    def art(self, art: Art) -> str:
        """The relationship of a picture's part."""
        if art.digest not in self.arts:
            data, suffix = as_picture(art)
            name = PackURI(f"/word/media/art{len(self.arts) + 1}.{suffix}")
            self.arts[art.digest] = OpcPart(
                name, f"image/{'png' if suffix == 'png' else 'jpeg'}", data, self.document.part.package
            )
        return str(self.document.part.relate_to(self.arts[art.digest], RELATIONSHIP_TYPE.IMAGE))

    # Sections, headers and footers -----------------------------------------------------------------------------------

    def turn(self, landscape: bool, *, always: bool = False) -> bool:
        """Go on on pages of this orientation; whether a new section, and so a new page, began. `always`: begin one."""
        if landscape == self.landscape and not always:
            return False
        if not self.body or self.body[-1].tag.endswith("}tbl"):
            self.gap()
        self.body[-1].pPr.append(self.section_properties())
        self.landscape = landscape
        return True

    def section_properties(self) -> Element:
        """w:sectPr of the section that ends here."""
        m = self.m
        first = (self.letter or bool(self.sheet.running)) and self.sections == 0
        self.sections += 1
        kinds = ["default", "even"] + ["first"] * first
        made = element("sectPr")
        if self.sheet.form:
            made.extend(
                element("headerReference", {"type": kind, "r:id": identity})
                for kind, identity in zip(kinds, self.headers(), strict=False)
            )
        made.extend(
            element("footerReference", {"type": kind, "r:id": self.footer(kind, self.landscape)}) for kind in kinds
        )
        made.append(element("type", {"val": "nextPage"}))
        made.extend(element(name, attributes) for name, attributes in m.page(self.landscape).items())
        if first:
            made.append(element("titlePg"))
        made.append(element("docGrid", {"type": "lines", "linePitch": m.line}))
        return made

    def footer(self, kind: str, landscape: bool) -> str:
        """The relationship of the footer for odd (`default`), even or `first` pages."""
        if (kind, landscape) not in self.footers:
            part, identity = self.document.part.add_footer_part()  # type: ignore[no-untyped-call]
            self.stories.append(_empty(part.element))
            foot = self.letter_foot() if kind == "first" and self.letter else self.page_number(kind, landscape)
            part.element.extend(foot)
            self.footers[kind, landscape] = identity
        return self.footers[kind, landscape]

    def page_number(self, kind: str, landscape: bool) -> list[Element]:
        """The page number between two dashes, one cell in from the outer edge."""
        m = self.m
        side = "left" if kind == "even" else "right"
        number = paragraph(
            "GwPageNumber",
            run(m.number_before),
            *page_field(),
            run(m.number_after),
            jc={"val": side},
            ind={side: m.own_cells("page_number", m.number("page_number.inset"))},
        )
        if not landscape:
            return [number]
        return [tables.turned_footer(number, m), paragraph("GwGap")]

    def letter_foot(self) -> list[Element]:
        """The double rule at the foot of a letter's first page, which carries no number."""
        rules = self.m.double_rule(thick_first=False)
        return [paragraph("GwGap", framePr=self.m.letter_foot, pBdr=rules), paragraph("GwGap")]

    def headers(self) -> list[str]:
        """The relationships of the headers (odd, even, first) of a paper that comes back: the code on every page, and
        on all but the first whose it is."""
        if not self.header_identities:
            kind, m = self.sheet.kind, self.m
            for which in ("default", "even", *["first"] * bool(self.sheet.running)):
                part, identity = self.document.part.add_header_part()  # type: ignore[no-untyped-call]
                self.stories.append(_empty(part.element))
                symbol = self.qr(part, slot(f"code:{kind}:0"), m.number("form.qr.docx"))
                code = slot(f"readable:{kind}:0")
                part.element.append(paragraph("GwCode", symbol, jc={"val": "right"}))
                if self.sheet.running and which != "first":
                    tabs = [("tab", {"val": "right", "pos": m.area_width})]
                    text = run(f"{self.sheet.running}\t{code}")
                    part.element.append(paragraph("GwCode", text, jc={"val": "left"}, tabs=tabs))
                else:
                    part.element.append(paragraph("GwCode", run(code), jc={"val": "right"}))
                self.header_identities.append(identity)
        return self.header_identities

    def qr(self, part: StoryPart, payload: str, size: float) -> Element:
        """A run with the symbol of `payload`, `size` mm wide, for the body or a header (`part`)."""
        if payload not in self.pictures:
            name = f"word/media/qr{len(self.pictures) + 1}.png"
            image = OpcPart(PackURI("/" + name), "image/png", b"", self.document.part.package)
            self.pictures[payload] = Picture(name, payload, functools.partial(png, scale=_QR_SCALE)), image
        relationship = part.relate_to(self.pictures[payload][1], RELATIONSHIP_TYPE.IMAGE)
        self.drawings += 1
        return picture(relationship, self.drawings, f"二维码{self.drawings}", "回执二维码", size, size)


def _arranged(sheet: Sheet, m: Measures) -> tuple[Block, ...]:
    """The sheet's blocks, the addressees moved into the colophon where page 1 would show no body for them (clause
    7.3.2). Word alone knows its lines; theirs are counted here by the cells they take."""
    titles = [block for block in sheet.blocks if isinstance(block, Title)]
    addressees = [block for block in sheet.blocks if isinstance(block, Addressees)]
    if not titles or not addressees or sheet.form:
        return sheet.blocks
    lines = math.ceil((text_cells(addressees[0].text) + 1) / m.area_cells)
    if lines + len(m.title_lines(titles[0].text)) + 1 <= m.first_page_lines:
        return sheet.blocks
    moved = addressees[0].text
    kept = [block for block in sheet.blocks if block is not addressees[0]]
    if not any(isinstance(block, Colophon) for block in kept):
        kept.append(Colophon())
    return tuple(replace(block, addressees=moved) if isinstance(block, Colophon) else block for block in kept)


def _empty(story: Element) -> Element:
    """A new header or footer without what python-docx's own has in it."""
    for child in list(story):
        story.remove(child)
    return story


def _tidy(story: Element) -> None:
    """Take the names of vocabularies from a header or footer that it has nothing of; python-docx's own carries
    seventeen, a twentieth of a circular's file."""
    story.attrib.pop(_IGNORABLE, None)
    etree.cleanup_namespaces(story)
