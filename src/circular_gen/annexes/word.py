"""A Word file → paragraphs with our levels, tables and pictures: its words in the paper's own type.

In: the bytes of a .docx. Out: blocks. What the reader of the file sees is taken: numbers of lists as texts, accepted
changes, results of fields; not hidden text and comments. Type, colours and spacing are the paper's own. What cannot be
carried over (drawings, charts, formulas as such) is left out with a notice, never silently.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lxml import etree

from circular_gen.annexes.content import Content, UnreadableError
from circular_gen.annexes.list_numbers import ListNumbers, W
from circular_gen.annexes.pictures import picture
from circular_gen.annexes.tables import Box, cleaned, table_blocks
from circular_gen.messages import _
from circular_gen.sheet.blocks import Align, Art, Block, Figure, Paragraph, Table, Turn
from circular_gen.sheet.numbering import paragraphs

MOST_XML = 40_000_000
"""Bytes of one part, unpacked."""
MOST_PICTURES = 300
_PICTURE_BYTES = 50_000_000
_DEPTH = 6
"""Tables in tables."""
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_V = "{urn:schemas-microsoft-com:vml}"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_JC: dict[str, Align] = {"center": "center", "right": "right", "end": "right"}
_SYMBOLS = {"F0A8": "□", "F06F": "□", "F071": "□", "F0FE": "√", "F052": "√", "F0FC": "√", "F0FB": "×", "F0FD": "×",
            "F06C": "●", "F0B7": "·", "F0E0": "→", "F0D8": "●"}  # fmt: skip
"""What stands in Word's symbol fonts."""
_EMU = 36_000
_HEADING = 60
"""Characters up to which a paragraph on an outline level is a heading."""


def read_word(data: bytes) -> Content:
    """The words, tables and pictures of a Word file. UnreadableError."""
    package = _Package(data)
    try:
        return _Reader(package).content()
    except (KeyError, IndexError, AttributeError, TypeError, ValueError, RecursionError):
        raise UnreadableError(_("the Word file is damaged; save it anew as .docx")) from None


class _Package:
    """The parts of a .docx, unpacked within bounds."""

    def __init__(self, data: bytes) -> None:
        if data.startswith(b"\xd0\xcf\x11\xe0"):
            message = _(
                "the Word file is protected by a password or of the old kind (.doc); save it as .docx without one"
            )
            raise UnreadableError(message)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError):
            raise UnreadableError(_("the Word file is damaged; save it anew as .docx")) from None
        self._names = set(self._zip.namelist())
        self.main = "word/document.xml"
        for target in self.relations("").values():
            if target[0].endswith("/officeDocument"):
                self.main = target[1]
        if self.main not in self._names:
            raise UnreadableError(_("the file is no Word document (.docx)"))

    def read(self, name: str, most: int) -> bytes:
        """A part's bytes; UnreadableError where it is damaged or too large."""
        try:
            size = self._zip.getinfo(name).file_size
            if size > most:
                message = _("a part of the file has {size:.0f} MB when unpacked; at most {most:.0f} MB are read")
                raise UnreadableError(message.format(size=size / 1e6, most=most / 1e6))
            with self._zip.open(name) as part:
                data = part.read(most + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, KeyError):
            raise UnreadableError(_("the Word file is damaged; save it anew as .docx")) from None
        if len(data) > most:
            raise UnreadableError(_("the Word file is damaged; save it anew as .docx"))
        return data

    def xml(self, name: str) -> Any:
        """A part's root; None where there is none."""
        if name not in self._names:
            return None
        parser = etree.XMLParser(
            resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True
        )
        data = self.read(name, MOST_XML).replace(_STRICT.encode(), W[1:-1].encode())
        try:
            return etree.fromstring(data, parser)
        except etree.XMLSyntaxError:
            raise UnreadableError(_("the Word file is damaged; save it anew as .docx")) from None

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Identity → kind and target (a part's name) of what `part` refers to."""
        folder, _slash, name = part.rpartition("/")
        root = self.xml(f"{folder}/_rels/{name}.rels".lstrip("/"))
        found: dict[str, tuple[str, str]] = {}
        for relation in root.iter(_RELATION) if root is not None else ():
            target = relation.get("Target") or ""
            if relation.get("TargetMode") != "External":
                path = target[1:] if target.startswith("/") else f"{folder}/{target}".lstrip("/")
                found[relation.get("Id") or ""] = (relation.get("Type") or "", _normal(path))
        return found


def _normal(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in (".", ".."):
            parts.append(part)
    return "/".join(parts)


def _attribute(element: Any, name: str, attribute: str = "val") -> str | None:
    child = element.find(W + name) if element is not None else None
    return child.get(W + attribute) if child is not None else None


def _on(element: Any, name: str) -> bool | None:
    """A switch of Word's: None where it is not there."""
    child = element.find(W + name) if element is not None else None
    return None if child is None else child.get(W + "val") not in ("0", "false", "off")


class _Styles:
    """Styles resolved through what they are based on."""

    def __init__(self, root: Any) -> None:
        self._styles = {style.get(W + "styleId"): style for style in root.iter(W + "style")} if root is not None else {}
        self.usual = next(
            (
                identity
                for identity, style in self._styles.items()
                if style.get(W + "type") == "paragraph" and style.get(W + "default") in ("1", "true")
            ),
            None,
        )

    def chain(self, identity: str | None) -> Iterator[Any]:
        """The style and those it is based on."""
        seen: set[str] = set()
        while identity is not None and identity in self._styles and identity not in seen:
            seen.add(identity)
            yield self._styles[identity]
            identity = _attribute(self._styles[identity], "basedOn")


class _Reader:
    def __init__(self, package: _Package) -> None:
        self.package = package
        self.root = package.xml(package.main)
        self.relations = package.relations(package.main)
        self.styles = _Styles(package.xml(self._part("/styles")))
        self.numbers = ListNumbers(package.xml(self._part("/numbering")))
        self.notices: dict[str, None] = {}
        self.notes: list[str] = []
        self.arts: dict[str, Art | None] = {}
        self.depth = 0

    def _part(self, kind: str) -> str:
        return next((target for of, target in self.relations.values() if of.endswith(kind)), "")

    def content(self) -> Content:
        body = self.root.find(W + "body")
        if body is None:
            raise UnreadableError(_("the Word file is damaged; save it anew as .docx"))
        sections: list[tuple[bool, list[Block]]] = []
        blocks: list[Block] = []
        for element in _shown(body):
            blocks += self._block(element)
            properties = element.find(f"{W}pPr/{W}sectPr") if element.tag == W + "p" else None
            if element.tag == W + "sectPr":
                properties = element
            if properties is not None:
                sections.append((_lies(properties), blocks))
                blocks = []
        if blocks:
            sections.append((sections[-1][0] if sections else False, blocks))
        if self.notes:
            last = sections[-1][1] if sections else []
            last += [Paragraph(note, style="form") for note in self.notes]
        made: list[Block] = []
        landscape = here = False
        for lies, found in sections:
            held = _trimmed(found)
            if held and not made:
                landscape = lies
            elif held and lies != here:
                made.append(Turn(lies))
            if held:
                here = lies
            made += held
        if not made:
            raise UnreadableError(_("the Word file is empty"))
        return Content(tuple(made), landscape, tuple(self.notices))

    # Blocks ----------------------------------------------------------------------------------------------------------

    def _block(self, element: Any) -> Iterator[Block]:
        if element.tag == W + "p":
            yield from self._paragraph(element)
        elif element.tag == W + "tbl":
            yield from self._table(element)
        elif element.tag == W + "sdt":
            content = element.find(W + "sdtContent")
            for child in _shown(content) if content is not None else ():
                yield from self._block(child)
        elif element.tag == W + "altChunk":
            self.notices[_("another document inside the file is left out")] = None

    def _paragraph(self, element: Any) -> Iterator[Block]:
        properties = element.find(W + "pPr")
        styles = list(self.styles.chain(_attribute(properties, "pStyle") or self.styles.usual))
        runs = _Runs(self, element)
        text = runs.text
        number = self._number(properties, styles, bool(text.strip()) or bool(runs.figures))
        align = self._align(properties, styles)
        lines = [cleaned(line).strip() for line in text.split("\n")]
        lines = [re.sub(" {2,}", " ", line) for line in lines]
        if number and lines and lines[0]:
            lines[0] = _joined(number, lines[0])
        outline = self._outline(properties, styles)
        for index, line in enumerate(line for line in lines if line):
            yield _set(line, align, outline if index == 0 else None)
        yield from runs.figures
        for box in runs.boxes:
            for child in _shown(box):
                yield from self._block(child)

    def _number(self, properties: Any, styles: list[Any], shows: bool) -> str:
        """What Word writes before the paragraph."""
        identity = level = None
        for holder in (properties, *(style.find(W + "pPr") for style in styles)):
            found = holder.find(W + "numPr") if holder is not None else None
            if found is not None:
                identity = identity or _attribute(found, "numId")
                level = level or _attribute(found, "ilvl")
        if identity is None or identity == "0" or not shows:
            return ""
        return self.numbers.next(identity, int(level) if level and level.isdecimal() else 0)

    def _align(self, properties: Any, styles: list[Any]) -> Align:
        for holder in (properties, *(style.find(W + "pPr") for style in styles)):
            if (found := _attribute(holder, "jc")) is not None:
                return _JC.get(found, "justify")
        return "justify"

    def _outline(self, properties: Any, styles: list[Any]) -> int | None:
        """The paragraph's outline level, from 1."""
        for holder in (properties, *(style.find(W + "pPr") for style in styles)):
            if (found := _attribute(holder, "outlineLvl")) is not None:
                return int(found) + 1 if found.isdecimal() and int(found) < 9 else None
        return None

    # Tables ----------------------------------------------------------------------------------------------------------

    def _table(self, element: Any) -> Iterator[Block]:
        self.depth += 1
        if self.depth > _DEPTH:
            raise UnreadableError(_("tables are nested too deep"))
        grid = [_twips(column.get(W + "w")) for column in element.findall(f"{W}tblGrid/{W}gridCol")]
        rows, heads, after = self._rows(element, len(grid))
        self.depth -= 1
        if not rows:
            return
        columns = max([len(grid), *(sum(box.columns for _start, box in row) for row in rows)])
        boxes = _spanning(rows, columns)
        shares = grid if len(grid) == columns and all(width > 0 for width in grid) else None
        single = all(len(row) == 1 for row in boxes) and columns == 1 and len(boxes) == 1
        if single and len(boxes[0][0].text) > 0 and not heads:
            yield from paragraphs(boxes[0][0].text)  # a frame around text
        else:
            yield from table_blocks(boxes, columns, heads or None, shares)
        yield from after

    def _rows(self, element: Any, count: int) -> tuple[list[list[tuple[str, Box]]], int, list[Block]]:
        """Of each row its cells, each with its part in a merged one (restart, continue); how many rows repeat; what
        cannot stand in a cell."""
        rows: list[list[tuple[str, Box]]] = []
        heads = 0
        after: list[Block] = []
        for row in _within(element, W + "tr"):
            about = row.find(W + "trPr")
            if about is not None and (about.find(W + "del") is not None or _on(about, "hidden")):
                continue
            if _on(about, "tblHeader") and heads == len(rows):
                heads += 1
            cells: list[tuple[str, Box]] = []
            before = _attribute(about, "gridBefore")
            if before and before.isdecimal():
                cells.append(("", Box("", min(int(before), 60))))
            for cell in _within(row, W + "tc"):
                properties = cell.find(W + "tcPr")
                span = _attribute(properties, "gridSpan")
                columns = min(max(1, int(span)), 60) if span and span.isdecimal() else 1
                merged = properties.find(W + "vMerge") if properties is not None else None
                part = "" if merged is None else merged.get(W + "val") or "continue"
                text, align, figures = self._cell(cell)
                after += figures
                cells.append((part, Box(text, columns, 1, align)))
            missing = count - sum(box.columns for _part, box in cells)
            if cells and missing > 0:
                cells.append(("", Box("", missing)))
            if cells:
                rows.append(cells)
        return rows, heads, after

    def _cell(self, cell: Any) -> tuple[str, Align | None, list[Block]]:
        lines: list[str] = []
        aligns: set[Align] = set()
        figures: list[Block] = []
        for child in _shown(cell):
            for block in self._block(child):
                if isinstance(block, Paragraph):
                    lines.append(block.heading + block.text)
                    aligns.add(block.align)
                elif isinstance(block, Table):
                    self.notices[_("a table inside a table is written as its text")] = None
                    lines += [
                        "　".join("".join(map(str, inner.content)) for inner in row.cells).strip("　")
                        for row in block.rows
                    ]
                elif isinstance(block, Figure):
                    self.notices[_("a picture inside a table stands under it")] = None
                    figures.append(block)
        return "\n".join(lines), aligns.pop() if len(aligns) == 1 else None, figures

    # Pictures --------------------------------------------------------------------------------------------------------

    def figure(self, identity: str, width: float, height: float, description: str) -> Figure | None:
        """The picture that relation `identity` names, `width` × `height` mm as the file shows it (0: its own)."""
        target = self.relations.get(identity, ("", ""))[1]
        if target not in self.arts:
            self.arts[target] = self._art(target)
        art = self.arts[target]
        if art is None:
            return None
        if width > 1 and height > 1:
            art = replace(art, width=width, height=height)
        return Figure(art, "", cleaned(description).strip())

    def _art(self, target: str) -> Art | None:
        if len(self.arts) > MOST_PICTURES:
            raise UnreadableError(_("the Word file has more than {most} pictures").format(most=MOST_PICTURES))
        if not target.lower().endswith((".png", ".jpg", ".jpeg")):
            message = _("a picture of a kind other than PNG and JPEG is left out ({name})")
            self.left_out(message.format(name=target.rpartition("/")[2] or "?"))
            return None
        try:
            return picture(self.package.read(target, _PICTURE_BYTES))
        except UnreadableError as error:
            self.left_out(_("a picture is left out: {reason}").format(reason=error.message))
            return None

    def left_out(self, notice: str) -> None:
        self.notices[notice] = None

    def footnote(self, kind: str, identity: str) -> str:
        """The sign of a foot- or endnote in the text; its words come last."""
        root = self.package.xml(self._part(f"/{kind}s"))
        note = next((n for n in root.iter(W + kind) if n.get(W + "id") == identity), None) if root is not None else None
        if note is None:
            return ""
        sign = f"注{len(self.notes) + 1}"
        words = " ".join(_Runs(self, paragraph).text.strip() for paragraph in note.iter(W + "p"))
        self.notes.append(f"{sign}：{cleaned(words).strip()}")
        return f"（{sign}）"


def _set(line: str, align: Align, outline: int | None) -> Paragraph:
    """A paragraph of the file as one of the paper's."""
    if align in ("center", "right"):
        return Paragraph(line, align=align, indent=0.0)
    (made,) = paragraphs(line)
    if outline and not made.level and len(line) <= _HEADING:
        return Paragraph("", min(outline, 4), line)
    return made


def _joined(number: str, text: str) -> str:
    """A list's number and the paragraph's text; a space where both are Latin or the number ends bare."""
    if text.startswith(number):
        return text
    apart = (
        " "
        if (number[-1:].isascii() and number[-1:].isalnum())
        or (number[-1:] in ".)" and text[:1].isascii())
        or number in "●■◆○·▶√□"
        else ""
    )
    return number + apart + text


def _trimmed(blocks: list[Block]) -> list[Block]:
    return [block for block in blocks if not (isinstance(block, Paragraph) and not (block.text or block.heading))]


def _lies(properties: Any) -> bool:
    size = properties.find(W + "pgSz")
    if size is None:
        return False
    width, height = _twips(size.get(W + "w")), _twips(size.get(W + "h"))
    return size.get(W + "orient") == "landscape" or width > height > 0


def _twips(text: str | None) -> float:
    match = re.fullmatch(r"-?(\d{1,7})(?:\.\d+)?", text or "")
    return float(match[1]) if match else 0.0


def _spanning(rows: list[list[tuple[str, Box]]], columns: int) -> list[list[Box]]:
    """Rows of cells, those that go on downwards joined."""
    made: list[list[Box]] = []
    open_cells: dict[int, tuple[int, int]] = {}
    """First column of a cell that may go on → its row, its place in it."""
    for number, row in enumerate(rows):
        line: list[Box] = []
        column = 0
        still: dict[int, tuple[int, int]] = {}
        for part, box in row:
            if part == "continue" and column in open_cells:
                above, place = open_cells[column]
                upper = made[above][place]
                text = "\n".join(text for text in (upper.text, box.text) if text)
                made[above][place] = replace(upper, text=text, rows=number - above + 1)
                still[column] = open_cells[column]
            else:
                if part in ("restart", "continue"):
                    still[column] = (number, len(line))
                line.append(replace(box, columns=min(box.columns, max(1, columns - column))))
            column += box.columns
        open_cells = still
        made.append(line)
    return made


def _shown(element: Any) -> Iterator[Any]:
    """What stands in `element`, with what was inserted and without what was deleted."""
    for child in element:
        if child.tag in (W + "ins", W + "moveTo", W + "smartTag", W + "customXml"):
            yield from _shown(child)
        elif child.tag == _MC + "AlternateContent":
            chosen = child.find(_MC + "Choice")
            chosen = chosen if chosen is not None else child.find(_MC + "Fallback")
            if chosen is not None:
                yield from _shown(chosen)
        elif child.tag not in (W + "del", W + "moveFrom"):
            yield child


def _within(element: Any, tag: str) -> Iterator[Any]:
    """Rows of a table, cells of a row, also inside content controls."""
    for child in _shown(element):
        if child.tag == tag:
            yield child
        elif child.tag == W + "sdt":
            content = child.find(W + "sdtContent")
            if content is not None:
                yield from _within(content, tag)


class _Runs:
    """What a paragraph says. `figures`: its pictures; `boxes`: text boxes that hang on it."""

    def __init__(self, reader: _Reader, paragraph: Any) -> None:
        self._reader = reader
        self.figures: list[Figure] = []
        self.boxes: list[Any] = []
        self._pieces: list[str] = []
        self._fields: list[bool] = []
        """Of each open field: whether its result is being shown."""
        self._read(paragraph, 0)
        self.text = "".join(self._pieces)

    def _read(self, element: Any, depth: int) -> None:
        if depth > 40:
            raise UnreadableError(_("the Word file is damaged; save it anew as .docx"))
        for child in _shown(element):
            tag = child.tag
            if tag == W + "r":
                self._run(child)
            elif tag in (W + "hyperlink", W + "fldSimple", W + "dir", W + "bdo"):
                self._read(child, depth + 1)
            elif tag == W + "sdt":
                content = child.find(W + "sdtContent")
                if content is not None:
                    self._read(content, depth + 1)
            elif tag in (_M + "oMath", _M + "oMathPara"):
                self._pieces.append("".join(child.itertext(_M + "t")))
                self._reader.left_out(
                    _("a formula is written as plain text: {text}").format(text=self._pieces[-1][:40])
                )
            elif tag == W + "ruby":
                self._read(child, depth + 1)

    def _run(self, run: Any) -> None:
        about = run.find(W + "rPr")
        hidden = _on(about, "vanish") is True
        raised = _attribute(about, "vertAlign")
        start = len(self._pieces)
        for child in _shown(run):
            self._piece(child, hidden)
        if raised in ("superscript", "subscript"):
            self._pieces[start:] = [self._raised("".join(self._pieces[start:]), raised)]

    def _raised(self, text: str, how: str) -> str:
        """m² for a raised 2; 10^6 where no font has the raised sign."""
        if how == "subscript" or not re.fullmatch(r"[0-9+\-n]+", text):
            return text
        if not text.strip("123"):
            return text.translate(_SMALL)
        self._reader.left_out(_("the raised {text} is written ^{text}").format(text=text))
        return f"^{text}"

    def _piece(self, child: Any, hidden: bool) -> None:
        tag = child.tag
        if tag == W + "fldChar":
            kind = child.get(W + "fldCharType")
            if kind == "begin":
                self._fields.append(False)
            elif kind == "separate" and self._fields:
                self._fields[-1] = True
            elif kind == "end" and self._fields:
                self._fields.pop()
            return
        if hidden or not all(self._fields):
            return
        if tag == W + "t":
            self._pieces.append(child.text or "")
        elif tag in (W + "tab", W + "ptab"):
            self._pieces.append(" ")
        elif tag == W + "br" or tag == W + "cr":
            self._pieces.append("\n")
        elif tag == W + "noBreakHyphen":
            self._pieces.append("-")
        elif tag == W + "sym":
            code = (child.get(W + "char") or "").upper()
            self._pieces.append(_SYMBOLS.get(code, "□"))
        elif tag in (W + "footnoteReference", W + "endnoteReference"):
            kind = "footnote" if tag == W + "footnoteReference" else "endnote"
            self._pieces.append(self._reader.footnote(kind, child.get(W + "id") or ""))
        elif tag == W + "drawing":
            self._drawing(child)
        elif tag in (W + "pict", W + "object"):
            self._old_picture(child)
        elif tag == W + "ruby":
            base = child.find(W + "rubyBase")
            if base is not None:
                self._read(base, 1)

    def _drawing(self, drawing: Any) -> None:
        boxes = list(drawing.iter(W + "txbxContent"))
        self.boxes += boxes
        found = False
        for blip in drawing.iter(_A + "blip"):
            extent = drawing.find(f".//{_WP}extent")
            about = drawing.find(f".//{_WP}docPr")
            description = (about.get("descr") or "") if about is not None else ""
            sizes = [int(extent.get(name) or 0) / _EMU for name in ("cx", "cy")] if extent is not None else [0.0, 0.0]
            if len(list(drawing.iter(_A + "blip"))) > 1:
                sizes = [0.0, 0.0]
            figure = self._reader.figure(blip.get(_R + "embed") or "", sizes[0], sizes[1], description)
            found = True
            if figure is not None:
                self.figures.append(figure)
        if not found and not boxes:
            self._reader.left_out(_("a drawing or chart is left out; put it in as a picture"))

    def _old_picture(self, picture_: Any) -> None:
        boxes = list(picture_.iter(W + "txbxContent"))
        self.boxes += boxes
        images = list(picture_.iter(_V + "imagedata"))
        for image in images:
            figure = self._reader.figure(image.get(_R + "id") or "", 0.0, 0.0, image.get("title") or "")
            if figure is not None:
                self.figures.append(figure)
        if not images and not boxes:
            self._reader.left_out(_("a drawing or chart is left out; put it in as a picture"))


_SMALL = str.maketrans("123", "¹²³")
