"""A Word file's measures, from its XML: styles resolved through inheritance, themes and defaults.

In: a DOCX's bytes. Out: a `Sheet`; FileError for a damaged file. What only a renderer can know (where lines and pages
end, how high a line of free height is) stays None. A line of exact height is taken to have its baseline at four fifths
of it, as Word sets it. Lengths are mm.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from lxml import etree

from circular_gen.checks.docx_styles import Properties, Styles, W, attribute, number, on, twips
from circular_gen.checks.files import FileError, member, open_package
from circular_gen.checks.paper import PT, Area, Block, Line, PageNumber, Place, Sheet, Span, face_of, is_red
from circular_gen.messages import _
from circular_gen.typeset.lines import cells_of, spaced
from circular_gen.typeset.style import Style

Element = Any
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_VML = "{urn:schemas-microsoft-com:vml}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_TWIP = PT / 20
_EMU = 1 / 36_000
"""mm."""
_BASELINE = 0.8
"""Where an exact line has its baseline, as a share of its height."""
_INK_ABOVE, _INK_BELOW, _DASH = 0.85, 0.09, 0.38
"""em from the baseline: a Hanzi's upper and lower edge, a dash."""
_COLOPHON = re.compile("(?:抄送|抄报|主送|主题词)[：:]|.*日印发$")
_SKIPPED = {W + name for name in ("del", "moveFrom", "instrText", "delText", "rPr", "pPr")}


def measure_docx(data: bytes, style: Style) -> Sheet:
    """What the Word file `data` says."""
    with open_package(data) as package:
        parts = {
            name: _parse(member(package, name))
            for name in package.namelist()
            if re.fullmatch(
                r"word/(?:document|styles|settings|numbering|footer\d*|theme/theme\d*|_rels/document\.xml)\.(?:xml|rels)",
                name,
            )
        }
    document = parts.get("word/document.xml")
    body = document.find(W + "body") if document is not None else None
    if body is None:
        raise FileError(_("the file is damaged"))
    reader = _Reader(parts, style)
    reader.read(body)
    if not any(block.text.strip() for block in reader.blocks):
        raise FileError(_("there is no text in it"))
    return reader.sheet()


def _parse(data: bytes) -> Element:
    """The root of a part, None of an empty one. No entities are resolved and nothing is fetched."""
    if not data:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(data.replace(_STRICT, W[1:-1].encode()), parser)
    except etree.XMLSyntaxError as error:
        raise FileError(_("the file is damaged")) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise FileError(_("the file is damaged"))
    return root


@dataclass(frozen=True, slots=True)
class _Page:
    """A section's page: margins of the type area."""

    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float
    footer: float
    pitch: float | None
    """pt: of its grid of lines; None where it has none."""
    char_space: float
    """pt: what its grid of characters adds to each."""

    @property
    def room(self) -> float:
        return self.width - self.left - self.right


def _page(section: Element) -> _Page:
    def get(tag: str) -> Mapping[str, str]:
        found = section.find(W + tag) if section is not None else None
        return {} if found is None else {key.removeprefix(W): value for key, value in found.attrib.items()}

    size, margins, grid = get("pgSz"), get("pgMar"), get("docGrid")
    kind = grid.get("type", "default")
    pitch = number(grid.get("linePitch")) / 20 if kind != "default" and grid.get("linePitch") else None
    spread = number(grid.get("charSpace")) / 4096 if kind in ("linesAndChars", "snapToChars") else 0.0

    def mm(values: Mapping[str, str], name: str, default: float) -> float:
        return abs(twips(values.get(name), default)) * _TWIP

    return _Page(
        mm(size, "w", 11906),
        mm(size, "h", 16838),
        mm(margins, "left", 1800) + mm(margins, "gutter", 0),
        mm(margins, "top", 1440),
        mm(margins, "right", 1800),
        mm(margins, "bottom", 1440),
        mm(margins, "footer", 851),
        pitch,
        spread,
    )


@dataclass(slots=True)
class _Flow:
    """Where the next paragraph of page 1 begins; `known` ends with the first line of free height."""

    y: float
    known: bool = True
    blank: float | None = None
    """mm of empty room above the next paragraph; None at a page's beginning."""
    new_page: bool = True


@dataclass(slots=True)
class _Reader:
    parts: Mapping[str, Element]
    style: Style
    styles: Styles = field(init=False)
    blocks: list[Block] = field(default_factory=list)
    rules: list[Line] = field(default_factory=list)
    page: _Page = field(init=False)
    pages: list[_Page] = field(default_factory=list)
    sections: list[Element] = field(default_factory=list)
    paragraph: int = 0
    pitches: Counter[float] = field(default_factory=Counter)
    advances: Counter[float] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        theme = next((root for name, root in sorted(self.parts.items()) if "/theme/" in name), None)
        self.styles = Styles(self.parts.get("word/styles.xml"), theme, self.parts.get("word/numbering.xml"))

    # The body --------------------------------------------------------------------------------------------------------

    def read(self, body: Element) -> None:
        self.sections = list(body.iter(W + "sectPr"))
        self.pages = [_page(section) for section in self.sections] or [_page(None)]
        self.page = self.pages[0]
        flow = _Flow(self.page.top)
        self._children(body, flow, cell=False)

    def _children(self, parent: Element, flow: _Flow, *, cell: bool) -> None:
        for child in parent:
            if child.tag == W + "p":
                self._paragraph(child, flow, cell=cell)
            elif child.tag == W + "tbl":
                self._table(child, flow)
            elif child.tag in (W + "sdt", W + "sdtContent", W + "ins", W + "customXml", W + "smartTag"):
                self._children(child, flow, cell=cell)

    def _table(self, table: Element, flow: _Flow) -> None:
        text = [re.sub(r"\s", "", "".join(p.itertext(W + "t"))) for p in table.iter(W + "p")]
        colophon = any(_COLOPHON.match(line) for line in text) and len(text) < 12
        start = self.paragraph + 1
        inner = _Flow(0, known=False)
        page = self.page
        if colophon and (width := sum(twips(attribute(column, "w"), 0) for column in table.iter(W + "gridCol"))):
            self.page = replace(page, right=page.width - page.left - width * _TWIP)  # its lines end with the table
        for row in table.iterchildren(W + "tr"):
            for place in row.iterchildren(W + "tc"):
                self._children(place, inner, cell=not colophon)
        self.page = page
        if colophon:
            self._colophon_rules(table, start)
        flow.known, flow.blank = False, None

    def _colophon_rules(self, table: Element, paragraph: int) -> None:
        """The rules of a table that holds the colophon, from its borders."""
        properties = table.find(W + "tblPr")
        borders = self.styles.table_borders(properties)
        rows = list(table.iterchildren(W + "tr"))
        floated = properties.find(W + "tblpPr") if properties is not None else None
        foot = None
        if (
            floated is not None
            and attribute(floated, "tblpYSpec") == "bottom"
            and attribute(floated, "vertAnchor") == "margin"
        ):
            foot = self.page.height - self.page.bottom
        grid = [twips(attribute(column, "w"), 0) for column in table.iter(W + "gridCol")]
        width = sum(grid) * _TWIP if grid else None
        for at in range(len(rows) + 1):
            kind = "top" if at == 0 else "bottom" if at == len(rows) else "insideH"
            border = borders.get(kind)
            for row, side in ((rows[at - 1] if at else None, "bottom"), (rows[at] if at < len(rows) else None, "top")):
                own = row.find(f"{W}tc/{W}tcPr/{W}tcBorders/{W}{side}") if row is not None else None
                border = own if own is not None else border
            if border is not None and attribute(border, "val") not in ("nil", "none", None):
                last = at == len(rows)
                self.rules.append(
                    Line(
                        0,
                        None,
                        foot if last else None,
                        width,
                        number(attribute(border, "sz")) / 8 * PT,
                        _colour(attribute(border, "color")),
                        paragraph,
                    )
                )

    def _paragraph(self, element: Element, flow: _Flow, *, cell: bool) -> None:
        self.paragraph += 1
        properties = self.styles.paragraph(element)
        for box in element.iter(W + "txbxContent"):
            if not any(parent.tag == _FALLBACK for parent in box.iterancestors()):
                number_here = self.paragraph
                self._children(box, _Flow(0, known=False), cell=cell)
                self.paragraph = number_here
        self.rules += self._drawn(element)
        spans, breaks = self._spans(element, properties)
        look = spans[0] if spans else self._empty_span(element, properties)
        line, exact = self._line(properties, look)
        before, after = self._spacing(properties, line)
        if on(properties.get("pageBreakBefore")) or breaks == "before":
            flow.new_page, flow.known, flow.blank = True, False, None
        text = "".join(span.text for span in spans)
        frame = properties.get("framePr")
        if frame and _is_placed(frame):
            self._framed(spans, properties, frame, line, cell=cell)
            return
        flow.y += before
        if flow.blank is not None:
            flow.blank += before
        elif not flow.new_page:
            flow.blank = None
        if not exact:
            flow.known = False
        if text.strip():
            self._text(spans, properties, flow, line, cell=cell)
            lines = self._count_lines(spans, properties)
            flow.y += lines * line * PT
            flow.blank, flow.new_page = after, False
            flow.known = flow.known and lines == 1 + text.count("\n")
        else:
            flow.y += line * PT
            flow.blank = None if flow.blank is None else flow.blank + line * PT + after
        flow.y += after
        self._borders(properties, flow, after)
        if breaks == "after":
            flow.new_page, flow.known, flow.blank = True, False, None
        section = element.find(f"{W}pPr/{W}sectPr")
        if section is not None and section in self.sections:
            index = self.sections.index(section) + 1
            self.page = self.pages[min(index, len(self.pages) - 1)]
            flow.new_page, flow.known, flow.blank = True, False, None

    def _empty_span(self, element: Element, properties: Properties) -> Span:
        return self._look("", self.styles.run(element, None, properties))

    def _look(self, text: str, run: Properties) -> Span:
        font = self.styles.font(run)
        size = number((run.get("sz") or {}).get("val"), 20) / 2
        spacing = twips((run.get("spacing") or {}).get("val"), 0) / 20
        colour = _colour((run.get("color") or {}).get("val"))
        return Span(text, font, face_of(font), size, on(run.get("b")), colour, size + spacing + self.page.char_space)

    def _spans(self, element: Element, properties: Properties) -> tuple[list[Span], Literal["before", "after", ""]]:
        """The visible text of a paragraph by looks, and where a page break stands in it."""
        spans: list[Span] = []
        breaks: Literal["before", "after", ""] = ""
        prefix = self.styles.number_text(properties)
        for run in _runs(element):
            text = "".join(_texts(run))
            if any(attribute(item, "type") == "page" for item in run.iter(W + "br")):
                breaks = "after" if spans else "before"
            resolved = self.styles.run(element, run, properties)
            if not text or on(resolved.get("vanish")):
                continue
            if prefix:
                spans.append(self._look(prefix, resolved))
                prefix = ""
            span = self._look(text, resolved)
            if spans and replace(spans[-1], text="") == replace(span, text=""):
                spans[-1] = replace(span, text=spans[-1].text + text)
            else:
                spans.append(span)
        return spans, breaks

    def _line(self, properties: Properties, look: Span) -> tuple[float, bool]:
        """The height of a line in pt, and whether it is exact; one of free height is guessed."""
        spacing = properties.get("spacing") or {}
        line, rule = twips(spacing.get("line"), 0), spacing.get("lineRule", "auto")
        if rule == "exact" and line:
            return line / 20, True
        natural = look.size * 1.3
        if self.page.pitch and on(properties.get("snapToGrid"), default=True):
            natural = self.page.pitch * max(1, math.ceil(natural / self.page.pitch - 0.05))
        if rule == "atLeast":
            return max(line / 20, natural), False
        return natural * (line / 240 if line else 1), False

    def _spacing(self, properties: Properties, line: float) -> tuple[float, float]:
        """mm before and after a paragraph."""
        spacing = properties.get("spacing") or {}
        found = []
        for side in ("before", "after"):
            lines = number(spacing.get(f"{side}Lines"))
            pitch = self.page.pitch or line
            found.append(lines / 100 * pitch * PT if lines else twips(spacing.get(side), 0) * _TWIP)
        return found[0], found[1]

    # Geometry of a paragraph -----------------------------------------------------------------------------------------

    def _indents(self, properties: Properties, size: float) -> tuple[float, float, float]:
        """mm from the left and right edges of the type area, and of the first line from the left one."""
        indent = properties.get("ind") or {}

        def side(*names: str) -> float:
            for name in names:
                chars = number(indent.get(f"{name}Chars"))
                if chars:
                    return chars / 100 * size * PT
            return next((twips(indent[name], 0) * _TWIP for name in names if name in indent), 0.0)

        left, right = side("left", "start"), side("right", "end")
        hanging = side("hanging")
        return left, right, left + (-hanging if hanging else side("firstLine"))

    def _count_lines(self, spans: Sequence[Span], properties: Properties) -> int:
        size = max(span.size for span in spans)
        left, right, first = self._indents(properties, size)
        room = self.page.room - left - right
        count = 0
        for index, text in enumerate("".join(span.text for span in spans).split("\n")):
            width = _width(text, spans)
            count += max(1, math.ceil((width + (first - left if index == 0 else 0) - 0.4) / max(room, 1)))
        return count

    def _text(self, spans: Sequence[Span], properties: Properties, flow: _Flow, line: float, *, cell: bool) -> None:
        """Notes the block or blocks of a paragraph; tabs part it."""
        text = "".join(span.text for span in spans)
        size = Counter({span.size: len(span.text) for span in spans}).most_common(1)[0][0]
        ink_top = ink_bottom = None
        if flow.known:
            count = 1 + text.count("\n")
            ink_top = flow.y + (_BASELINE * line - _INK_ABOVE * size) * PT
            ink_bottom = flow.y + ((count - 1) * line + _BASELINE * line + _INK_BELOW * size) * PT
        if len(text) > 40 and not cell:
            spacing = properties.get("spacing") or {}
            grid = self.page.pitch and on(properties.get("snapToGrid"), default=True)
            if spacing.get("lineRule") == "exact" or grid:
                self.pitches[line] += len(text)
        if not cell:
            for span in spans:
                hanzi = sum("\u4e00" <= character <= "\u9fff" for character in span.text)
                if span.advance and hanzi:
                    self.advances[span.advance] += hanzi
        pieces = _split(spans) if "\t" in text.strip("\t") or text.startswith("\t") else [(0, tuple(spans))]
        x, tabs = self._indents(properties, size)[2], 0
        for index, piece in pieces:
            width = _width("".join(span.text for span in piece), piece)
            geometry = self._tabbed(width, properties, x, index - tabs) if index else self._set(piece, properties)
            left, rest, end, centre = geometry
            x, tabs = (left if left is not None else x) + width, index
            if not "".join(span.text for span in piece).strip():
                continue
            place = Place(paragraph=self.paragraph)
            lines = tuple("".join(span.text for span in piece).split("\n"))
            self.blocks.append(
                Block(
                    tuple(piece),
                    place,
                    lines,
                    left,
                    rest,
                    end,
                    centre,
                    None if flow.new_page else flow.blank,
                    ink_top,
                    ink_bottom,
                    flow.new_page,
                    cell,
                )
            )

    def _set(
        self, spans: Sequence[Span], properties: Properties
    ) -> tuple[float | None, float | None, float | None, float | None]:
        """`left`, `rest`, `end` and `centre` of a paragraph."""
        text = "".join(span.text for span in spans)
        size = max(span.size for span in spans)
        left, right, first = self._indents(properties, size)
        room = self.page.room
        leading = _width(text[: len(text) - len(text.lstrip(" \u3000\u00a0"))], spans)
        widths = [_width(line, spans) for line in text.split("\n")]
        width = max(widths)
        single = len(widths) == 1 and first + width <= room - right + 0.4
        jc = (properties.get("jc") or {}).get("val", "both")
        if jc == "center":
            middle = (first + room - right) / 2
            fits = width <= room - right - first + 0.4
            return (middle - width / 2 if fits else first, None, None, middle - room / 2)
        if jc in ("right", "end"):
            start = room - right - width
            return (start if single else None, None, right, start + width / 2 - room / 2 if single else None)
        if len(widths) > 1 and all(one <= room - left - right + 0.4 for one in widths):  # lines ended by hand
            middles = [(first if at == 0 else left) + one / 2 - room / 2 for at, one in enumerate(widths)]
            return first, left, None, max(middles, key=abs)
        start = first + leading
        end = room - first - width if single else None
        centre = first + (width + leading) / 2 - room / 2 if single else None
        return start, None if single else left, end, centre

    def _tabbed(
        self, width: float, properties: Properties, x: float, tabs: int
    ) -> tuple[float | None, float | None, float | None, float | None]:
        """The same of what is `width` mm wide and stands so many tabs after what ends at `x`."""
        kind, position = "", x
        for _tab in range(tabs):
            stops = [(kind, at * _TWIP) for kind, at in self.styles.tabs(properties) if at * _TWIP > position + 0.1]
            if not stops:
                return None, None, None, None
            kind, position = stops[0]
        start = position - {"right": width, "end": width, "center": width / 2}.get(kind, 0.0)
        room = self.page.room
        return start, None, room - start - width, start + width / 2 - room / 2

    def _framed(
        self, spans: Sequence[Span], properties: Properties, frame: Mapping[str, str], line: float, *, cell: bool
    ) -> None:
        """A paragraph in a frame that is placed on the page: a letter's mark or double rule."""
        y = twips(frame.get("y"), 0) * _TWIP
        if frame.get("vAnchor") == "margin":
            y += self.page.top
        known = frame.get("vAnchor") in ("page", "margin") and not frame.get("yAlign")
        width = twips(frame.get("w"), 0) * _TWIP or None
        text = "".join(span.text for span in spans)
        if text.strip():
            size = max(span.size for span in spans)
            middle = frame.get("xAlign") == "center" and (properties.get("jc") or {}).get("val") == "center"
            block = Block(
                tuple(spans),
                Place(paragraph=self.paragraph),
                tuple(text.split("\n")),
                centre=0.0 if middle else None,
                ink_top=y + (_BASELINE * line - _INK_ABOVE * size) * PT if known else None,
                ink_bottom=y + (_BASELINE * line + _INK_BELOW * size) * PT if known else None,
                cell=cell,
            )
            self.blocks.append(block)
        for side, offset in (("top", 0.0), ("bottom", line * PT)):
            border = self.styles.border(properties, side)
            if border:
                thickness = number(border.get("sz")) / 8 * PT
                self.rules.append(
                    Line(
                        0,
                        None,
                        y + offset + thickness / 2 if known else None,
                        width,
                        thickness,
                        _colour(border.get("color")),
                        self.paragraph,
                    )
                )

    def _borders(self, properties: Properties, flow: _Flow, after: float) -> None:
        """Rules above and below a paragraph."""
        left, right, _first = self._indents(properties, 16)
        for side in ("top", "bottom"):
            border = self.styles.border(properties, side)
            if border:
                thickness = number(border.get("sz")) / 8 * PT
                y = None
                if flow.known and side == "bottom":
                    y = flow.y - after + number(border.get("space")) * PT + thickness / 2
                width = self.page.room - left - right
                colour = _colour(border.get("color"))
                self.rules.append(Line(0, None, y, width, thickness, colour, self.paragraph))

    def _drawn(self, element: Element) -> Iterator[Line]:
        """Straight lines that are drawn as shapes: only their length, thickness and colour are known."""
        for old in element.iter(_VML + "line"):
            if not any(parent.tag == _FALLBACK for parent in old.iterancestors()):
                yield self._old_line(old)
        for drawing in (*element.iter(_WP + "anchor"), *element.iter(_WP + "inline")):
            shape = next(drawing.iter(_A + "prstGeom"), None)
            if shape is None or shape.get("prst") not in ("line", "straightConnector1"):
                continue
            extent, line = drawing.find(_WP + "extent"), next(drawing.iter(_A + "ln"), None)
            width = number(extent.get("cx")) * _EMU if extent is not None else None
            colour = next(line.iter(_A + "srgbClr"), None) if line is not None else None
            thickness = number(line.get("w"), 9525) * _EMU if line is not None else 0.0
            yield Line(
                0,
                None,
                None,
                width,
                thickness,
                _colour(colour.get("val") if colour is not None else None),
                self.paragraph,
            )

    def _old_line(self, line: Element) -> Line:
        """A line as Word drew it before 2010."""
        start, end = (
            [twips(part, 0) * _TWIP for part in str(line.get(name) or "").split(",")] for name in ("from", "to")
        )
        width = abs(end[0] - start[0]) if start and end else None
        weight = twips(line.get("strokeweight"), 15) * _TWIP
        colour = str(line.get("strokecolor") or "").split(" ")[0].removeprefix("#")
        colour = {"red": "FF0000", "black": "000000"}.get(colour, colour)
        return Line(0, None, None, width, weight, _colour(colour), self.paragraph)

    # The whole -------------------------------------------------------------------------------------------------------

    def sheet(self) -> Sheet:
        page = self.pages[0]
        numbers, lower, empty_first = self._footers()
        self.rules += lower
        area = Area(page.left, page.top, page.room, page.height - page.top - page.bottom)
        advance = self.advances.most_common(1)[0][0] if self.advances else None
        return Sheet(
            "docx",
            tuple((one.width, one.height, Place()) for one in self.pages),
            area,
            (page.left, page.top, page.width - page.right, page.height - page.bottom),
            tuple(self.blocks),
            tuple(self.rules),
            tuple(numbers),
            0,
            self.pitches.most_common(1)[0][0] if self.pitches else None,
            advance,
            None,
            page.footer,
            (1,) if empty_first else (),
        )

    def _footers(self) -> tuple[list[PageNumber], list[Line], bool]:
        """Page numbers, rules in the first page's footer, and whether the first page goes without a number."""
        if not self.sections:
            return [], [], False
        section = self.sections[0]
        targets = {
            attribute(reference, "type") or "default": self._part(reference.get(_R + "id"))
            for reference in section.iterchildren(W + "footerReference")
        }
        settings = self.parts.get("word/settings.xml")
        apart = settings is not None and on(_flag(settings.find(W + "evenAndOddHeaders")))
        first = on(_flag(section.find(W + "titlePg")))
        numbers: list[PageNumber] = []
        for kind, odd in (("default", True), ("even" if apart else "default", False)):
            root = targets.get(kind)
            found = self._page_number(root, odd=odd) if root is not None else None
            if found is not None:
                numbers.append(found)
        lines: list[Line] = []
        root = targets.get("first")
        if first and root is not None:
            inner = _Reader(self.parts, self.style)
            inner.page, inner.pages = self.page, self.pages
            inner._children(root, _Flow(0, known=False), cell=False)
            lines = [replace(line, paragraph=0) for line in inner.rules if is_red(line.colour)]
        empty = first and (root is None or self._page_number(root, odd=True) is None)
        return numbers, lines, empty

    def _part(self, identity: str | None) -> Element:
        relations = self.parts.get("word/_rels/document.xml.rels")
        for relation in relations if relations is not None else ():
            if relation.get("Id") == identity:
                return self.parts.get("word/" + str(relation.get("Target", "")).removeprefix("/word/"))
        return None

    def _page_number(self, footer: Element, *, odd: bool) -> PageNumber | None:
        paragraphs = [p for p in footer.iter(W + "p") if not any(up.tag == _FALLBACK for up in p.iterancestors())]
        for at, paragraph in enumerate(paragraphs):
            fields = [*paragraph.iter(W + "instrText")]
            own = [item for item in fields if next(item.iterancestors(W + "p")) is paragraph]
            named = "".join(item.text or "" for item in own)
            simple = [attribute(item, "instr") or "" for item in paragraph.iter(W + "fldSimple")]
            if not re.search(r"\bPAGE\b", " ".join([named, *simple])):
                continue
            properties = self.styles.paragraph(paragraph)
            spans, _breaks = self._spans(paragraph, properties)
            look = max(spans, key=lambda span: len(span.text)) if spans else self._empty_span(paragraph, properties)
            side, inset = self._side(paragraph, properties, look, odd=odd)
            line, exact = self._line(properties, look)
            floated = side is None
            below = paragraphs[at + 1 :]
            gap = None
            if not floated and not below:
                under = (1 - _BASELINE) * line if exact else 0.25 * look.size
                page = self.pages[0]
                dash = page.height - page.footer - (under + _DASH * look.size) * PT
                gap = dash - (page.height - page.bottom)
            text = "".join(span.text for span in spans).strip()
            return PageNumber(text, odd, look.size, look.face, side or "left", inset, gap, Place())
        return None

    def _side(
        self, paragraph: Element, properties: Properties, look: Span, *, odd: bool
    ) -> tuple[Literal["left", "right", "center"], float | None]:
        """Where a page number stands, and mm from that edge of the type area."""
        align = None
        anchor = next(paragraph.iterancestors(_WP + "anchor"), None)
        if anchor is not None:
            found = anchor.find(f"{_WP}positionH/{_WP}align")
            align = found.text if found is not None else None
        frame = properties.get("framePr")
        if frame:
            align = frame.get("xAlign")
        if align in ("outside", "inside"):
            return ("right" if odd == (align == "outside") else "left"), None
        if align in ("left", "right", "center"):
            return align, None
        left, right, first = self._indents(properties, look.size)
        jc = (properties.get("jc") or {}).get("val", "left")
        if jc == "center":
            return "center", None
        if jc in ("right", "end"):
            return "right", right
        tabs = "".join(_text for run in _runs(paragraph) for _text in _texts(run)).count("\t")
        return ("center", None) if tabs == 1 else ("right", right) if tabs > 1 else ("left", first or left)


def _is_placed(frame: Mapping[str, str]) -> bool:
    return "dropCap" not in frame and ("y" in frame or "yAlign" in frame)


def _flag(element: Element) -> Mapping[str, str] | None:
    if element is None:
        return None
    return {"val": attribute(element, "val") or "1"}


def _colour(value: str | None) -> str:
    return value.upper() if value and re.fullmatch("[0-9A-Fa-f]{6}", value) else "000000"


def _runs(element: Element) -> Iterator[Element]:
    """The runs of a paragraph that are shown, not those of text boxes in it."""
    for child in element:
        if child.tag == W + "r":
            yield child
        elif child.tag in _SKIPPED:
            continue
        elif child.tag in {W + name for name in ("ins", "hyperlink", "smartTag", "sdt", "sdtContent", "fldSimple")}:
            yield from _runs(child)


def _texts(run: Element) -> Iterator[str]:
    for child in run:
        if child.tag == W + "t":
            yield child.text or ""
        elif child.tag in (W + "tab", W + "ptab"):
            yield "\t"
        elif child.tag in (W + "br", W + "cr") and attribute(child, "type") in (None, "textWrapping"):
            yield "\n"
        elif child.tag == W + "noBreakHyphen":
            yield "-"


def _split(spans: Sequence[Span]) -> list[tuple[int, tuple[Span, ...]]]:
    """`spans` at their tabs, each piece with the number of tabs before it."""
    pieces: list[list[Span]] = [[]]
    for span in spans:
        for index, text in enumerate(span.text.split("\t")):
            if index:
                pieces.append([])
            if text:
                pieces[-1].append(replace(span, text=text))
    return [(index, tuple(piece)) for index, piece in enumerate(pieces) if piece]


def _width(text: str, spans: Sequence[Span]) -> float:
    """mm that `text` takes: Hanzi and full-width marks a cell each, others half of one, and a quarter of one between
    Hanzi and Latin or digits, as Word sets them."""
    looks = [span for span in spans if span.text.strip()] or list(spans)
    look = max(looks, key=lambda span: len(span.text))
    spacing = (look.advance or look.size) - look.size
    cells = sum(spaced(text, [cells_of(character) for character in text], 1.0))
    return (cells * look.size + len(text) * spacing) * PT
