"""Line ends of our own breaking beside LibreOffice's of the DOCX, on random papers: the same but for what is named.

LibreOffice 7 differs from Word, and so from us, in four things:
- marks that meet are not narrowed;
- a line's marks are not narrowed to take a character in where a break is forbidden;
- —— and …… and numbers may be torn;
- Hanzi and Latin stand a fifth of the type's size apart, not a quarter.
Every line end that differs must be one of these. Text with none of them breaks alike to the last character.
"""

import ctypes
import random
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

import pypdfium2
import pytest
from pypdfium2 import raw

from circular_gen.output.docx import DocxMould
from circular_gen.resources import FONTS, PACKAGED_FACES, TEMPLATES
from circular_gen.sheet.blocks import Paragraph, Sheet
from circular_gen.typeset.fonts import Faces, FontSource
from circular_gen.typeset.lines import CLOSING, OPENING, break_text, may_break, spaced
from circular_gen.typeset.measures import PT, Measures
from circular_gen.typeset.style import Style, load_style

from ..libreoffice import WORD_FONTS, render

WORDS = """
安全生产 责任 落实 各级 各部门 要 进一步 排查 隐患 整治 工作 加强 组织 领导 认真 做好 矿山
危险化学品 消防 城镇 燃气 道路 交通 建筑 施工 特种 设备 值班 值守 应急 救援 预案 培训 演练
监测 预警 检查 督导 通报 情况 问题 台账 清单 整改 到位 人员 企业 单位 主体 制度 措施 标准
全面 深入 扎实 开展 专项 行动 及时 报告 处置 严禁 杜绝 违章 作业 群众 生命 财产
""".split()  # noqa: SIM905
LATIN = """
2026年 12月31日 24小时 3.5万元 100% GB/T9704 5G 15时30分 （12）
第3条 AQ3013 36.5℃ 1000kg 1.2‰
""".split()  # noqa: SIM905
MARKS = CLOSING | OPENING


def paper(seed: int, plain: bool, count: int = 60) -> list[str]:
    """Paragraphs of one to six lines. `plain`: nothing but Hanzi and single marks."""
    chance = random.Random(seed)

    def phrase() -> str:
        return "".join(chance.choice(WORDS) for _ in range(chance.randint(1, 4)))

    def piece() -> str:
        kind = chance.random()
        for share, mark in ((0.4, "，"), (0.52, "、"), (0.62, "。"), (0.68, "；")):
            if kind < share:
                return mark + phrase()
        if plain:
            return phrase()
        if kind < 0.86:
            one, other = phrase(), phrase()
            forms = (
                f"“{one}”",
                f"《{one}规定》",
                f"（{one}）",
                f"，“{one}”、“{other}”",
                f"，《{one}》（{other}）",
                f"：“{one}。”",
            )
            return chance.choice(forms) + phrase()
        return chance.choice((*LATIN, *LATIN, "——", "……")) + phrase()

    texts = []
    for _ in range(count):
        text, length = phrase(), chance.randint(40, 160)
        while len(text) < length:
            text += piece()
        texts.append(text + "。")
    return texts


@cache
def style(cell: str) -> Style:
    return load_style((TEMPLATES / "gbt9704.yaml").read_text(encoding="utf-8"), cell=cell)


@cache
def faces() -> Faces:
    return Faces({face: FontSource((FONTS / name).read_bytes(), 0, name) for face, name in PACKAGED_FACES.items()})


def own_widths(text: str, cell: float) -> list[float]:
    """Of each character in the body's type, mm; full-width ones take a cell of `cell` mm."""
    advances = [faces().advance(character, "fangsong") for character in text]
    return [cell if advance > 0.9 else advance * 16 * PT for advance in advances]


def ours(text: str, cell: str, first: bool) -> str:
    """The line that `text` begins with, indented by two cells where it is a paragraph's first."""
    measures = Measures(style(cell))
    indent = 2 * measures.cell if first else 0.0
    line = break_text(text, own_widths(text, measures.cell), measures.cell, measures.area(False).width, indent)[0]
    return text[: line.end]


def theirs(document: pypdfium2.PdfDocument, texts: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Text, start and end of every line. LibreOffice loses a mark that hangs at a line's end when it writes a PDF."""
    shown = [row for page in document for row in _rows(page)]
    number = 0
    for text in texts:
        start = 0
        while start < len(text):
            end, row = start, shown[number]
            assert text.startswith(row, end), (text[end : end + 30], row)
            end += len(row)
            number += 1
            following = shown[number] if number < len(shown) else ""
            if end < len(text) and text[end] in CLOSING and not text.startswith(following[:8] or "-", end):
                end += 1
            yield text, start, end
            start = end


def _rows(page: pypdfium2.PdfPage) -> Iterator[str]:
    """The lines of a page's type area from the top down, without spaces."""
    text = page.get_textpage()
    rows: dict[int, list[tuple[float, str]]] = {}
    x, y = ctypes.c_double(), ctypes.c_double()
    for index in range(text.count_chars()):
        character = chr(raw.FPDFText_GetUnicode(text, index))
        raw.FPDFText_GetCharOrigin(text, index, x, y)
        if character.isprintable() and not character.isspace() and y.value > 35 / 25.4 * 72:
            rows.setdefault(round(y.value / 28.95), []).append((x.value, character))
    for at in sorted(rows, reverse=True):
        yield "".join(character for _, character in sorted(rows[at], key=lambda one: one[0]))


def reason(text: str, start: int, end: int, mine: str, cell: str) -> str:
    """Which of the four differences ends the line `mine` elsewhere than at `end`; empty: none."""
    line = text[start : start + max(len(mine), end - start) + 1]
    if any(a in MARKS and b in MARKS for a, b in pairwise(line)):
        return "marks that meet"
    if not may_break(text[end - 1], text[end]):
        return "torn"
    measures = Measures(style(cell))
    natural = sum(spaced(mine, own_widths(mine, measures.cell), measures.cell))
    room = measures.area(False).width - (2 * measures.cell if start == 0 else 0)
    if natural > room + 0.01 and len(mine) > end - start:
        return "squeezed"
    if any(c.isascii() for c in line) and abs(end - start - len(mine)) <= 2:
        return "Latin"
    return ""


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, bool], pypdfium2.PdfDocument]:
    folder = tmp_path_factory.mktemp("lines")
    kinds = [(cell, plain) for cell in ("natural", "grid") for plain in (True, False)]
    files = []
    for number, (cell, plain) in enumerate(kinds):
        sheet = Sheet("circular", tuple(Paragraph(text) for text in paper(number, plain)))
        files.append(folder / f"{number}.docx")
        files[-1].write_bytes(DocxMould(sheet, style(cell), WORD_FONTS).copy({}))
    return dict(zip(kinds, render(files, folder / "libreoffice"), strict=True))


@pytest.mark.libreoffice
@pytest.mark.parametrize("cell", ["natural", "grid"])
def test_plain_text_breaks_as_in_libreoffice(
    documents: dict[tuple[str, bool], pypdfium2.PdfDocument], cell: str
) -> None:
    texts = paper(list(documents).index((cell, True)), True)
    lines = list(theirs(documents[cell, True], texts))
    assert len(lines) > 150
    for text, start, end in lines:
        assert ours(text[start:], cell, start == 0) == text[start:end]


@pytest.mark.libreoffice
@pytest.mark.parametrize("cell", ["natural", "grid"])
def test_what_differs_is_what_libreoffice_cannot(
    documents: dict[tuple[str, bool], pypdfium2.PdfDocument], cell: str
) -> None:
    texts = paper(list(documents).index((cell, False)), False)
    same, different = 0, []
    for text, start, end in theirs(documents[cell, False], texts):
        mine = ours(text[start:], cell, start == 0)
        if mine == text[start:end]:
            same += 1
        else:
            different.append(reason(text, start, end, mine, cell) or (mine, text[start:end]))
    assert set(different) <= {"marks that meet", "torn", "squeezed", "Latin"}
    assert same > 2 * len(different)
