"""A PDF's geometry and glyphs: every line of text and every rule, where it stands.

In: a PDF's bytes and the style (for what a type area is expected to be). Out: a `Sheet`; FileError for a file that is
damaged, encrypted or a mere picture. Ink is taken from the glyphs' outlines, not from pixels. Lengths are mm from the
page's upper left corner.
"""

import ctypes
import math
import re
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from circular_gen.checks.files import FileError
from circular_gen.checks.paper import PT, Area, Block, Line, PageNumber, Place, Sheet, Span, face_of
from circular_gen.messages import _
from circular_gen.typeset.style import Style

MOST_PAGES = 500
MOST_GLYPHS, MOST_SHAPES = 20_000, 20_000
"""A page: what has more glyphs is no paper, and further shapes are not looked at."""
_SAME_LINE = 0.8
"""mm: glyphs whose baselines differ by less stand on one line."""
_GAP = 2.0
"""em: a wider gap parts a line in two."""
_FULL = 1.7
"""cells: a line that ends nearer to the right edge than so much goes on in the next one."""
_OFF = 1.95
"""mm: a type area that begins farther from where it should is measured from where it is."""
_HANZI = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
_PAGE_NUMBER = re.compile(r"[—–―\-－─]{0,2}\s*(\d{1,4})\s*[—–―\-－─]{0,2}|第\s*\d+\s*页.*")
_OWN_LINE = re.compile(r"附\s*件\s*\d{0,2}[：:]?|(?:抄送|抄报|主送|主题词)[：:].*")
"""A line that continues no other, even where the one before it is full."""
_LABELLED = re.compile("(?:附件|出席|请假|列席)[：:]")
_NUMBERED = re.compile(r"\d{1,2}[.．、]")
_DASHES = "—–―-－─"
_INK_ABOVE, _INK_BELOW = 0.85, 0.09
"""em from the baseline: a Hanzi's upper and lower edge."""
_NO_INK = 0.01
"""em: even the stroke of 一 is higher."""
_LOWER = 2.0
"""mm: lines that reach farther below the type area show that it is higher than it should be."""


@dataclass(frozen=True, slots=True)
class _Glyph:
    """`x`, `y`: origin on the baseline; `end`: where its width ends; `ink`: left, top, right, bottom."""

    text: str
    x: float
    y: float
    end: float
    ink: tuple[float, float, float, float]
    size: float
    font: str
    bold: bool
    colour: str


@dataclass(frozen=True, slots=True)
class _TextLine:
    page: int
    glyphs: tuple[_Glyph, ...]

    @property
    def y(self) -> float:
        return statistics.median_low([glyph.y for glyph in self.glyphs])

    @property
    def x(self) -> float:
        return self.glyphs[0].x

    @property
    def end(self) -> float:
        return self.glyphs[-1].end

    @property
    def size(self) -> float:
        return Counter(glyph.size for glyph in self.glyphs).most_common(1)[0][0]

    @property
    def text(self) -> str:
        return "".join(glyph.text for glyph in self.glyphs)

    @property
    def ink_top(self) -> float:
        return min(glyph.ink[1] for glyph in self.glyphs)

    @property
    def ink_bottom(self) -> float:
        return max(glyph.ink[3] for glyph in self.glyphs)


@dataclass(frozen=True, slots=True)
class _Page:
    width: float
    height: float
    lines: tuple[_TextLine, ...]
    rules: tuple[Line, ...]
    tables: tuple[tuple[float, float, float, float], ...]
    pictures: tuple[tuple[float, float, float, float], ...]


def measure_pdf(data: bytes, style: Style) -> Sheet:
    """What the PDF `data` shows."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        code = pdfium.FPDF_GetLastError()
        if code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            message = _("an encrypted PDF; save it without a password")
        else:
            message = _("the file is damaged")
        raise FileError(message) from error
    try:
        if not 0 < len(document) <= MOST_PAGES:
            raise FileError(_("{count} pages; no official paper is like this").format(count=len(document)))
        pages = [_page(document, index) for index in range(len(document))]
    except pypdfium2.PdfiumError as error:
        raise FileError(_("the file is damaged")) from error
    finally:
        document.close()
    if not any(page.lines for page in pages):
        message = (
            _("a scan: pictures without text, nothing in it can be measured")
            if any(page.pictures for page in pages)
            else _("there is no text in it")
        )
        raise FileError(message)
    return _sheet(pages, style)


# Reading a page ------------------------------------------------------------------------------------------------------


def _page(document: Any, index: int) -> _Page:
    page = document[index]
    left, _bottom, _right, top = page.get_bbox()
    turned = page.get_rotation()
    width, height = page.get_size()
    text = page.get_textpage()
    count = text.count_chars()
    if count > MOST_GLYPHS:
        raise FileError(_("far too much text on a page"))
    glyphs = [] if turned else list(_glyphs(text, count, left, top))
    shapes = iter(()) if turned else _shapes(page, left, top)
    rules, uprights = [], []
    for x, y, end, low, thickness, colour in islice(shapes, MOST_SHAPES):
        if low - y < 2.5 and end - x > 20:
            rules.append(Line(index + 1, x, (y + low) / 2, end - x, thickness, colour))
        elif end - x < 2.5 and low - y > 3:
            uprights.append((x, y, end, low))
    lines = tuple(_lines(glyphs, index + 1))
    pictures = tuple(_pictures(page, left, top))
    return _Page(width * PT, height * PT, lines, tuple(_joined(rules)), tuple(_tables(uprights)), pictures)


def _glyphs(text: Any, count: int, left: float, top: float) -> Iterator[_Glyph]:
    """The visible glyphs of a text page that stand upright."""
    fonts: dict[bytes, str] = {}
    x, y = ctypes.c_double(), ctypes.c_double()
    loose, matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
    buffer, flags = ctypes.create_string_buffer(256), ctypes.c_int()
    colour = [ctypes.c_uint() for _ in range(4)]
    for index in range(count):
        character = chr(pdfium.FPDFText_GetUnicode(text, index))
        if character.isspace() or character == "\0" or pdfium.FPDFText_IsGenerated(text, index) == 1:
            continue
        pdfium.FPDFText_GetMatrix(text, index, matrix)
        if matrix.a <= 0 or abs(matrix.b) > 0.05 * matrix.a:
            continue  # turned: the page number of a landscape page
        pdfium.FPDFText_GetCharOrigin(text, index, x, y)
        pdfium.FPDFText_GetLooseCharBox(text, index, loose)
        ink = text.get_charbox(index)
        body = pdfium.FPDFText_GetFontSize(text, index) * math.hypot(matrix.c, matrix.d)
        if ink[3] - ink[1] < _NO_INK * body:  # a font that is not embedded has no outlines here: a Hanzi's usual ones
            ink = (x.value, y.value - _INK_BELOW * body, loose.right, y.value + _INK_ABOVE * body)
        length = pdfium.FPDFText_GetFontInfo(text, index, buffer, 256, flags)
        raw = buffer.raw[: max(0, min(length, 256) - 1)]
        if raw not in fonts:
            fonts[raw] = _font(raw)
        name = fonts[raw]
        pdfium.FPDFText_GetFillColor(text, index, *colour)
        bold = _is_stroked(text, index)
        yield _Glyph(
            character,
            (x.value - left) * PT,
            (top - y.value) * PT,
            (loose.right - left) * PT,
            ((ink[0] - left) * PT, (top - ink[3]) * PT, (ink[2] - left) * PT, (top - ink[1]) * PT),
            round(body, 1),
            name,
            bold or (bool(re.search("bold|black|heavy", name, re.IGNORECASE)) and "Serif" not in name),
            "".join(f"{part.value & 255:02X}" for part in colour[:3]),
        )


def _is_stroked(text: Any, index: int) -> bool:
    """Bold made by drawing the outline too, as Word does for a face without a bold cut."""
    item = pdfium.FPDFText_GetTextObject(text, index)
    return bool(item) and pdfium.FPDFTextObj_GetTextRenderMode(item) == pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE


def _font(raw: bytes) -> str:
    """A font's name; one that is no UTF-8 was written by an old Chinese program."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _shapes(page: Any, left: float, top: float) -> Iterator[tuple[float, float, float, float, float, str]]:
    """The bounds of every piece of every path: left, top, right, bottom, thickness, colour."""
    for item, matrix in _on(page, pdfium.FPDF_PAGEOBJ_PATH):
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDFPath_GetDrawMode(item, fill, stroke)
        if not fill.value and not stroke.value:
            continue
        own = pdfium.FS_MATRIX()
        pdfium.FPDFPageObj_GetMatrix(item, own)
        whole = _times(_matrix(own), matrix)
        colour = [ctypes.c_uint() for _ in range(4)]
        width = ctypes.c_float()
        pdfium.FPDFPageObj_GetStrokeWidth(item, width)
        look = pdfium.FPDFPageObj_GetFillColor if fill.value else pdfium.FPDFPageObj_GetStrokeColor
        look(item, *colour)
        line = 0.0 if fill.value else width.value * math.sqrt(abs(whole[0] * whole[3] - whole[1] * whole[2]))
        for piece in _pieces(item):
            points = [_apply(whole, point) for point in piece]
            xs, ys = [point[0] for point in points], [point[1] for point in points]
            x, end = (min(xs) - left) * PT, (max(xs) - left) * PT
            y, low = (top - max(ys)) * PT, (top - min(ys)) * PT
            thickness = line * PT or min(end - x, low - y)
            yield x, y, end, low, thickness, "".join(f"{part.value & 255:02X}" for part in colour[:3])


_Edges = tuple[float, float, float, float]
_Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: _Matrix = (1, 0, 0, 1, 0, 0)


def _matrix(of: Any) -> _Matrix:
    return of.a, of.b, of.c, of.d, of.e, of.f


def _times(inner: _Matrix, outer: _Matrix) -> _Matrix:
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _apply(matrix: _Matrix, point: tuple[float, float]) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * point[0] + c * point[1] + e, b * point[0] + d * point[1] + f


def _pictures(page: Any, left: float, top: float) -> Iterator[tuple[float, float, float, float]]:
    """The bounds of every picture: left, top, right, bottom."""
    for item, matrix in _on(page, pdfium.FPDF_PAGEOBJ_IMAGE):
        own = pdfium.FS_MATRIX()
        pdfium.FPDFPageObj_GetMatrix(item, own)
        whole = _times(_matrix(own), matrix)
        points = [_apply(whole, corner) for corner in ((0, 0), (0, 1), (1, 0), (1, 1))]
        xs, ys = [point[0] for point in points], [point[1] for point in points]
        yield (min(xs) - left) * PT, (top - max(ys)) * PT, (max(xs) - left) * PT, (top - min(ys)) * PT


def _on(page: Any, kind: int) -> Iterator[tuple[Any, _Matrix]]:
    return _objects(page.raw, pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject, _IDENTITY, 0, kind)


def _objects(
    holder: Any, count: Any, get: Any, matrix: _Matrix, depth: int, wanted: int
) -> Iterator[tuple[Any, _Matrix]]:
    """The objects of a kind on a page and in the forms on it, each with the matrix of the forms around it."""
    for index in range(count(holder)):
        item = get(holder, index)
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == wanted:
            yield item, matrix
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < 8:
            own = pdfium.FS_MATRIX()
            pdfium.FPDFPageObj_GetMatrix(item, own)
            inside = _times(_matrix(own), matrix)
            get_count, get_object = pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject
            yield from _objects(item, get_count, get_object, inside, depth + 1, wanted)


def _pieces(path: Any) -> Iterator[list[tuple[float, float]]]:
    """The points of each piece of a path."""
    piece: list[tuple[float, float]] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for index in range(pdfium.FPDFPath_CountSegments(path)):
        segment = pdfium.FPDFPath_GetPathSegment(path, index)
        if pdfium.FPDFPathSegment_GetType(segment) == pdfium.FPDF_SEGMENT_MOVETO and piece:
            yield piece
            piece = []
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        piece.append((x.value, y.value))
    if piece:
        yield piece


def _joined(rules: Sequence[Line]) -> Iterator[Line]:
    """`rules` from the top, pieces that continue each other made one (Word draws a border cell by cell)."""
    made: list[Line] = []
    for rule in sorted(rules, key=lambda rule: (round(rule.y or 0, 1), rule.x or 0)):
        last = made[-1] if made else None
        if (
            last is not None
            and abs((last.y or 0) - (rule.y or 0)) < 0.15
            and (last.x or 0) + (last.width or 0) + 0.6 > (rule.x or 0)
            and last.colour == rule.colour
        ):
            end = max((last.x or 0) + (last.width or 0), (rule.x or 0) + (rule.width or 0))
            made[-1] = replace(last, width=end - (last.x or 0), thickness=max(last.thickness, rule.thickness))
        else:
            made.append(rule)
    yield from made


def _tables(uprights: Sequence[tuple[float, float, float, float]]) -> Iterator[tuple[float, float, float, float]]:
    """The bounds of what upright rules enclose: two or more of them at one height."""
    groups: list[list[float]] = []
    counts: list[int] = []
    for x, y, end, low in sorted(uprights, key=lambda box: (box[1], box[0])):
        if groups and y < groups[-1][3] + 1:
            box = groups[-1]
            groups[-1] = [min(box[0], x), min(box[1], y), max(box[2], end), max(box[3], low)]
            counts[-1] += 1
        else:
            groups.append([x, y, end, low])
            counts.append(1)
    for box, count in zip(groups, counts, strict=True):
        if count > 1:
            yield box[0], box[1], box[2], box[3]


def _lines(glyphs: Sequence[_Glyph], page: int) -> Iterator[_TextLine]:
    """`glyphs` by baselines, from the top; parted where a wide gap is."""
    rows: list[list[_Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: glyph.y):
        if rows and glyph.y - rows[-1][0].y < _SAME_LINE:
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    for row in rows:
        row.sort(key=lambda glyph: glyph.x)
        start = 0
        for index, (before, after) in enumerate(pairwise(row), 1):
            if after.x - before.end > _GAP * max(before.size, after.size) * PT:
                yield _TextLine(page, tuple(row[start:index]))
                start = index
        yield _TextLine(page, tuple(row[start:]))


# From lines to a sheet -----------------------------------------------------------------------------------------------


def _sheet(pages: Sequence[_Page], style: Style) -> Sheet:
    cell, line = style.number("grid.cell") * PT, style.number("grid.line") * PT
    upright = {number for number, page in enumerate(pages, 1) if page.width <= page.height}
    everything = [line for page in pages for line in page.lines]
    cells = {id(line) for page in pages for line in page.lines if _inside(line, page.tables)}
    body = _body_lines([one for one in everything if one.page in upright and id(one) not in cells])
    tops = {number: min(page.lines, key=lambda line: line.y) for number, page in enumerate(pages, 1) if page.lines}
    area, edges, pitch = _area(body, tops, style)
    numbers = [one for one in everything if one.page in upright and _is_number(one, edges[3], pages)]
    taken = {id(one) for one in numbers}
    own = [_turned(edges, page) for page in pages]
    blocks = _blocks([one for one in everything if id(one) not in taken], cells, own, cell, pitch or line)
    advances = [
        b.x - a.x for one in body for a, b in pairwise(one.glyphs) if _HANZI.match(a.text) and _HANZI.match(b.text)
    ]
    return Sheet(
        "pdf",
        tuple(
            (page.width, page.height, Place(number, 0, 0, page.width, page.height))
            for number, page in enumerate(pages, 1)
        ),
        area,
        edges,
        tuple(blocks),
        tuple(rule for page in pages for rule in page.rules),
        tuple(_number(one, edges) for one in numbers),
        len(pages),
        pitch / PT if pitch else None,
        statistics.median(advances) / PT if len(advances) > 50 else None,
        _full_lines(body, pitch),
        None,
        tuple(sorted(set(range(1, len(pages) + 1)) - {one.page for one in numbers})),
        tuple(_lying(pages)),
        tuple(
            Place(number, x, y, end - x, low - y)
            for number, page in enumerate(pages, 1)
            for x, y, end, low in page.pictures
        ),
    )


def _turned(edges: _Edges, page: _Page) -> _Edges:
    """The type area of a page: a landscape one's is that of the upright ones, turned with its foot to the left."""
    left, top, right, bottom = edges
    if page.width <= page.height:
        return edges
    return page.width - bottom, left, page.width - top, right


def _lying(pages: Sequence[_Page]) -> Iterator[tuple[int, Place | None]]:
    for number, page in enumerate(pages, 1):
        if page.width > page.height:
            upright = (
                line
                for line in page.lines
                if not 25 < line.y < page.height - 25 and _PAGE_NUMBER.fullmatch(line.text.strip())
            )
            yield number, next((Place(number, line.x, line.ink_top, line.end - line.x, 4) for line in upright), None)


def _inside(line: _TextLine, tables: Sequence[tuple[float, float, float, float]]) -> bool:
    return any(left <= line.x <= right and top <= line.y <= bottom for left, top, right, bottom in tables)


def _body_lines(lines: Sequence[_TextLine]) -> list[_TextLine]:
    """The lines of the size that most text has and that are long: running text."""
    if not lines:
        return []
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.glyphs)
    size = sizes.most_common(1)[0][0]
    return [line for line in lines if line.size == size]


def _area(
    body: Sequence[_TextLine], tops: Mapping[int, _TextLine], style: Style
) -> tuple[Area, tuple[float, float, float, float], float | None]:
    """The type area as running text shows it, the edges to count from, and the mm from line to line. `tops`: the
    uppermost line of each page: a page that begins with a title does not show where its lines begin."""
    left, top = style.number("page.left"), style.number("page.top")
    width, height = style.number("area.width"), style.number("area.height")
    long = [line for line in body if line.end - line.x > 0.7 * width]
    starts = [start for start, count in Counter(round(line.x, 1) for line in body).items() if count >= 2]
    ends = Counter(round(line.end * 2) / 2 for line in long)
    place = Place(long[0].page, long[0].x, long[0].ink_top, long[0].end - long[0].x, 5) if long else Place()
    seen_left = seen_width = box = ink = None
    if starts and len(long) >= 3:
        seen_left = min(starts)
        common = ends.most_common(1)[0]
        near = [line.end for line in long if abs(line.end - common[0]) <= 0.5]
        if common[1] >= 3:
            seen_width = statistics.median(near) - seen_left
    steps = [b.y - a.y for a, b in pairwise(body) if a.page == b.page and 1.2 < (b.y - a.y) / (a.size * PT) < 2.6]
    pitch = statistics.median(steps) if len(steps) >= 5 else None
    firsts: dict[int, _TextLine] = {}
    for line in body:
        firsts.setdefault(line.page, line)
    later = [line for page, line in firsts.items() if page > 1 and line in long and line is tops[page]]
    if later and pitch:
        first = min(later, key=lambda line: line.y)
        size = first.size * PT
        ink = first.y - style.number("text.ascent") * size
        box = ink - (pitch - size) / 2
    x = seen_left if seen_left is not None else left
    used = box if box is not None and abs(box - top) > _OFF else top
    # Lines of whole characters that are not stretched end less than a cell before the edge.
    short = width - seen_width if seen_width is not None else 0.0
    right = width if seen_width is None or 0 <= short <= style.number("grid.cell") * PT else seen_width
    lines = _full_lines(body, pitch)
    seen_height = lines * pitch if lines and pitch else None
    if seen_height is not None and pitch and seen_height <= height - pitch:
        seen_height = None  # something else may stand below them
    longer = seen_height is not None and seen_height > height + _LOWER
    return (
        Area(seen_left, box, seen_width, seen_height, place, ink),
        (x, used, x + right, used + (seen_height if longer and seen_height else height)),
        pitch,
    )


def _full_lines(body: Sequence[_TextLine], pitch: float | None) -> int | None:
    """The lines of the fullest page but the first and the last of running text."""
    if not pitch:
        return None
    counts: dict[int, int] = {}
    for page in {line.page for line in body}:
        rows = sorted({round(line.y, 1) for line in body if line.page == page})
        if all(abs(b - a - pitch) < 0.3 for a, b in pairwise(rows)):
            counts[page] = len(rows)
    pages = {line.page for line in body}
    inner = [count for page, count in counts.items() if page > 1 and page + 1 in pages]
    return max(inner) if inner else None


def _is_number(line: _TextLine, bottom: float, pages: Sequence[_Page]) -> bool:
    below = line.y > pages[line.page - 1].height - 33 and line.y > bottom + 1
    return below and bool(_PAGE_NUMBER.fullmatch(line.text.strip()))


def _number(line: _TextLine, edges: tuple[float, float, float, float]) -> PageNumber:
    left, _top, right, bottom = edges
    dashes = [glyph for glyph in line.glyphs if glyph.text in _DASHES]
    middle = (line.x + line.end) / 2 - (left + right) / 2
    side, inset = ("left", line.x - left) if middle < 0 else ("right", right - line.end)
    if abs(middle) < 8:
        side, inset = "center", abs(middle)
    digits = "".join(glyph.text for glyph in line.glyphs if glyph.text.isdigit())
    gap = min(glyph.ink[1] for glyph in dashes) - bottom if dashes else None
    place = Place(line.page, line.x, line.ink_top, line.end - line.x, line.ink_bottom - line.ink_top)
    odd = bool(int(digits[:4] or line.page) % 2)
    return PageNumber(line.text, odd, line.size, face_of(line.glyphs[0].font), side, inset, gap, place)  # type: ignore[arg-type]


def _blocks(
    lines: Sequence[_TextLine],
    cells: set[int],
    edges: Sequence[_Edges],
    cell: float,
    pitch: float,
) -> Iterator[Block]:
    """Lines put together where one continues the other."""
    group: list[_TextLine] = []
    above: _TextLine | None = None
    for line in lines:
        if group and not _continues(group, line, edges, cell, pitch):
            yield _block(group, above, cells, edges, pitch)
            above, group = group[-1], []
        group.append(line)
    if group:
        yield _block(group, above, cells, edges, pitch)


def _continues(
    group: Sequence[_TextLine],
    line: _TextLine,
    edges: Sequence[_Edges],
    cell: float,
    pitch: float,
) -> bool:
    last = group[-1]
    if line.page == last.page:
        step = line.y - last.y
        if step < _SAME_LINE or step > 1.3 * max(pitch, last.size * PT * 1.3):
            return False
    elif line.page != last.page + 1:
        return False
    if abs(line.size - last.size) > 1 or _OWN_LINE.fullmatch(line.text):
        return False
    right = edges[last.page - 1][2] - last.end
    if right >= _FULL * cell:
        return False
    indent = line.x - edges[line.page - 1][0]
    return indent < 0.7 * cell or _hangs(group[0], line, indent, cell)


def _hangs(first: _TextLine, line: _TextLine, indent: float, cell: float) -> bool:
    """Whether `line` goes on under the first name after a label: 附件：, 出席： or an annex's number."""
    if _NUMBERED.match(line.text) or _LABELLED.match(line.text):
        return False
    labelled = _LABELLED.match(first.text) is not None
    return (labelled and indent > 3 * cell) or (_NUMBERED.match(first.text) is not None and indent > 4.5 * cell)


def _block(
    group: Sequence[_TextLine],
    above: _TextLine | None,
    cells: set[int],
    edges: Sequence[_Edges],
    pitch: float,
) -> Block:
    first, last = group[0], group[-1]
    left, _top, right, _bottom = edges[first.page - 1]
    new_page = above is None or above.page != first.page
    blank = None
    if not new_page and above is not None:
        # The room between two line boxes: the baselines' distance but for one line.
        blank = first.y - above.y - pitch
    offsets = [(line.x + line.end) / 2 - (left + right) / 2 for line in group]
    return Block(
        tuple(_spans([glyph for line in group for glyph in line.glyphs])),
        Place(
            first.page,
            min(line.x for line in group if line.page == first.page),
            first.ink_top,
            max(line.end for line in group if line.page == first.page)
            - min(line.x for line in group if line.page == first.page),
            max(line.ink_bottom for line in group if line.page == first.page) - first.ink_top,
        ),
        tuple(line.text for line in group),
        first.x - left,
        min((line.x for line in group[1:]), default=first.x) - left if len(group) > 1 else None,
        right - last.end,
        max(offsets, key=abs),
        blank,
        first.ink_top,
        last.ink_bottom,
        new_page,
        id(first) in cells,
    )


def _spans(glyphs: Sequence[_Glyph]) -> Iterator[Span]:
    start = 0
    looks = [(glyph.font, glyph.size, glyph.bold, glyph.colour) for glyph in glyphs]
    for index in range(1, len(glyphs) + 1):
        if index == len(glyphs) or looks[index] != looks[start]:
            font, size, bold, colour = looks[start]
            text = "".join(glyph.text for glyph in glyphs[start:index])
            yield Span(text, font, face_of(font), size, bold, colour)
            start = index
