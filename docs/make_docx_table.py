"""docs/docx.md: element by element what of GB/T 9704-2012 holds in the Word files, in Word, WPS and LibreOffice.

What LibreOffice does is measured here, on the papers of docs/papers as it shows them; it has to be installed. What Word
and WPS do is said by what the file states, since neither runs here.

make_docx_table.py FILE
"""

import io
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pdfplumber
import pypdfium2
from make_papers import papers
from PIL import Image, ImageChops

from circular_gen.output.libreoffice import find_soffice, to_pdf

DOTS = 10
"""Pixels a mm."""
MM = 25.4 / 72
CELL = 156 / 28


class Line(NamedTuple):
    """A line of text: its baseline, left and right edge in mm from the page's upper left corner."""

    text: str
    baseline: float
    left: float
    right: float
    size: float


class Shown:
    """A paper as LibreOffice shows it."""

    def __init__(self, pdf: bytes) -> None:
        self._pdf = pdf
        self._document = pypdfium2.PdfDocument(pdf)

    def __len__(self) -> int:
        return len(self._document)

    def size(self, page: int) -> tuple[float, float]:
        width, height = self._document[page].get_size()
        return width * MM, height * MM

    @cached_property
    def lines(self) -> list[list[Line]]:
        """Of every page, downwards."""
        pages = []
        with pdfplumber.open(io.BytesIO(self._pdf)) as pdf:
            for page in pdf.pages:
                height = float(page.height)
                found: dict[float, list[dict[str, Any]]] = {}
                for char in page.chars:
                    if char["text"].strip() and char["upright"]:
                        found.setdefault(round((height - char["matrix"][5]) * MM, 1), []).append(char)
                pages.append([self._line(height, chars) for _baseline, chars in sorted(found.items())])
        return pages

    @staticmethod
    def _line(height: float, chars: list[dict[str, Any]]) -> Line:
        ordered = sorted(chars, key=lambda char: char["x0"])
        baseline = (height - ordered[0]["matrix"][5]) * MM
        text = "".join(char["text"] for char in ordered)
        return Line(text, baseline, ordered[0]["x0"] * MM, ordered[-1]["x1"] * MM, ordered[0]["size"])

    def find(self, words: str) -> tuple[int, Line]:
        """The page and the first line that holds `words`."""
        return next((page, line) for page, lines in enumerate(self.lines) for line in lines if words in line.text)

    def after(self, words: str, count: int = 1) -> Line:
        """The line `count` lines under the one that holds `words`."""
        page, line = self.find(words)
        return self.lines[page][self.lines[page].index(line) + count]

    def bands(self, page: int, colour: str = "black") -> list[tuple[float, float, float, float]]:
        """Bands of ink from the top down: upper edge, lower edge, left, right, in mm."""
        picture = self._document[page].render(scale=DOTS * MM).to_pil().convert("RGB")
        red, green, _blue = picture.split()
        if colour == "red":
            mask = ImageChops.subtract(red, green).point(lambda value: 255 * (value > 80))
        else:
            mask = red.point(lambda value: 255 * (value < 128))
        rows = [mask.crop((0, row, mask.width, row + 1)).getbbox() is not None for row in range(mask.height)]
        return [self._band(mask, top, end) for top, end in _runs(rows)]

    @staticmethod
    def _band(mask: Image.Image, top: int, end: int) -> tuple[float, float, float, float]:
        left, _top, right, _end = mask.crop((0, top, mask.width, end)).getbbox() or (0, 0, 0, 0)
        return top / DOTS, end / DOTS, left / DOTS, right / DOTS


def _runs(rows: list[bool]) -> list[tuple[int, int]]:
    found, top = [], None
    for row, full in enumerate([*rows, False]):
        if full and top is None:
            top = row
        elif not full and top is not None:
            found.append((top, row))
            top = None
    return found


Papers = dict[str, Shown]


def mm(value: float) -> str:
    return f"{value:.1f} mm"


def cells(value: float) -> str:
    return f"{value / CELL:.1f} 字"


def _marks(shown: Papers) -> str:
    names = {"general": "通用", "letter": "信函", "order": "命令", "minutes": "纪要", "joint": "联合"}
    return "、".join(f"{word} {mm(shown[name].bands(0, 'red')[0][0])}" for name, word in names.items())


def _rule(shown: Papers) -> str:
    paper = shown["general"]
    rule = paper.bands(0, "red")[-1]
    number = [band for band in paper.bands(0) if band[1] <= rule[0]][-1]
    return f"距发文字号 {mm(rule[0] - number[1])}，长 {mm(rule[3] - rule[2])}"


def _approvers(shown: Papers) -> str:
    first = shown["upward"].find("签发人")[1]
    last = shown["upward"].find("欧阳某某")[1]
    return f"右空 {cells(184 - first.right)}；发文字号左空 {cells(last.left - 28)}"


def _title(shown: Papers) -> str:
    line = shown["general"].lines[0][[round(one.size) for one in shown["general"].lines[0]].index(22)]
    rule = shown["general"].bands(0, "red")[-1][1]
    blank = (line.baseline - 0.8 * 28.95 * MM - rule) / (28.95 * MM)
    return f"红线下空 {blank:.1f} 行，偏离中线 {mm(abs((line.left + line.right) / 2 - 106))}"


def _addressees(shown: Papers) -> str:
    line = shown["general"].find("各镇（街道）")[1]
    return f"左边缘 {mm(line.left)}"


def _body(shown: Papers) -> str:
    first = shown["general"].find("入冬以来")[1]
    second = shown["general"].after("入冬以来")
    third = shown["general"].after("入冬以来", 2)
    pitch = third.baseline - second.baseline
    return f"首行缩进 {cells(first.left - second.left)}；行距 {pitch / MM:.2f} 磅；一行 {len(second.text)} 字"


def _annex_list(shown: Papers) -> str:
    one, two = shown["general"].find("1.冬季森林防火")[1], shown["general"].find("2.值班安排")[1]
    return f"“1.”前空 {cells(one.left - 28)}；“2.”与“1.”的名称左边缘相差 {mm(abs(two.left - one.left - 3 * CELL))}"


def _signature(shown: Papers) -> str:
    _page, date = next(
        (page, line)
        for page, lines in enumerate(shown["general"].lines)
        for line in lines
        if re.fullmatch(r"2026年11月25日", line.text)
    )
    name = shown["general"].after("2.值班安排")
    middle = abs((name.left + name.right) / 2 - (date.left + date.right) / 2)
    return f"日期右空 {cells(184 - date.right)}；署名与日期中线相差 {mm(middle)}"


def _seals(shown: Papers) -> str:
    paper = shown["joint"]
    page, _line = paper.find("（此件公开发布）")
    bands = paper.bands(page, "red")
    name = paper.find("责令停工整改")[1]
    high = "、".join(mm(band[1] - band[0]) for band in bands)
    below, right = mm(bands[0][0] - name.baseline), mm(max(band[3] for band in bands))
    return f"{len(bands)} 排，高 {high}；首排顶端在正文末行基线下 {below}；最右 {right}"


def _company(shown: Papers) -> str:
    page, _line = shown["general"].find("（此件公开发布）")
    end = shown["general"].find("附件：")[1].baseline
    text = [line for line in shown["general"].lines[page] if line.baseline < end]
    return f"同页正文 {len(text)} 行"


def _chop(shown: Papers) -> str:
    title, date = shown["order"].find("局长")[1], shown["order"].after("局长")
    return f"职务下 {(date.baseline - title.baseline) / (28.95 * MM):.1f} 行为日期，日期右空 {cells(184 - date.right)}"


def _annex(shown: Papers) -> str:
    page, label = next(
        (page, line) for page, lines in enumerate(shown["general"].lines) for line in lines if line.text == "附件1"
    )
    title = shown["general"].lines[page][1]
    under = (title.baseline - label.baseline) / (28.95 * MM)
    return f"第 {page + 1} 面首行顶格（{mm(label.left)}），标题在其下 {under:.1f} 行"


def _issued(shown: Papers) -> str:
    page, line = next(
        (page, line)
        for page, lines in enumerate(shown["issued"].lines)
        for line in lines
        if line.text == "清河市安全生产巡查办法（试行）"
    )
    return f"第 {page + 1} 面第 {shown['issued'].lines[page].index(line) + 1} 行"


def _landscape(shown: Papers) -> str:
    turned = [page for page in range(len(shown["general"])) if shown["general"].size(page)[0] > 250]
    bands = shown["general"].bands(turned[0])
    return f"横排 {len(turned)} 面；页码左边缘 {mm(min(band[2] for band in bands))}（竖放的页码，距纸左边）"


def _colophon(shown: Papers) -> str:
    last = len(shown["general"]) - 1
    rules = [band for band in shown["general"].bands(last) if band[3] - band[2] > 150]
    return f"在第 {last + 1} 面；末条线下缘 {mm(rules[-1][1])}；{len(rules)} 条线"


def _numbers(shown: Papers) -> str:
    first, second = (next(line for line in shown["general"].lines[page] if line.baseline > 262) for page in (0, 1))
    band = next(band for band in shown["general"].bands(0) if band[0] > 263)
    return (
        f"墨迹上缘在版心下 {mm(band[0] - 262)}（数字略高于一字线）；"
        f"单页右空 {mm(184 - first.right)}、双页左空 {mm(second.left - 28)}"
    )


def _letter(shown: Papers) -> str:
    bands = [band for band in shown["letter"].bands(0, "red") if band[3] - band[2] > 165]
    number = [line for line in shown["letter"].lines[0] if "—" in line.text]
    return (
        f"上线距标志 {mm(bands[0][0] - shown['letter'].bands(0, 'red')[0][1])}、下线距纸底 {mm(297 - bands[2][0])}，"
        f"长 {mm(bands[0][3] - bands[0][2])}；首页{'有' if number else '无'}页码"
    )


def _minutes(shown: Papers) -> str:
    present, next_ = shown["minutes"].find("出席：")[1], shown["minutes"].after("出席：")
    return f"左空 {cells(present.left - 28)}；回行左空 {cells(next_.left - 28)}（标签 3 字）"


class Row(NamedTuple):
    """`word`: how the file says it, for Word; `wps`: as far as known; `look`: what LibreOffice shows."""

    element: str
    wanted: str
    word: str
    wps: str
    look: Callable[[Papers], str]


SAME = "同样的属性；未实测"
ROWS = (
    Row(
        "发文机关标志",
        "上边缘 72 mm（信函 30，命令 57）",
        "段前距加固定行高；信函用图文框定位。成立，差在字体的字面高低",
        SAME,
        _marks,
    ),
    Row("红色分隔线", "发文字号下 4 mm，长 156 mm", "段落下边框。成立", SAME, _rule),
    Row("签发人", "右空一字，发文字号左空一字", "制表位。成立，名字宽度按字数计", SAME, _approvers),
    Row("标题", "红线下空二行，居中", "段前距；行由本程序断好。成立", SAME, _title),
    Row("主送机关", "顶格", "成立；首页放不下正文时移入版记，按字数估计", SAME, _addressees),
    Row(
        "正文",
        "缩进二字，行距 28.95 磅，一行 28 字",
        "固定行距、缩进、字距 −0.25 磅。成立；断行由 Word 按装的字体定",
        SAME,
        _body,
    ),
    Row("附件说明", "左空二字，名称对齐", "悬挂缩进。成立", SAME, _annex_list),
    Row("署名、成文日期", "日期右空四字，署名居中", "缩进。成立，按字数计，西文数字略窄时差不到一字", SAME, _signature),
    Row(
        "印章",
        "端正、居中下压，顶端在一行之内，成排不相交",
        "浮于文字下方的图片，挂在成文日期那段。成立；落在页首时不保证",
        "支持衬于文字下方；未实测",
        _seals,
    ),
    Row("落款与正文同页", "至少两行", "“与下段同页”：Word 把末段的最后两行带过去；不收紧行距", SAME, _company),
    Row("签名章", "职务、日期隔一行，日期右空四字", "段前距和缩进。成立", SAME, _chop),
    Row("附件", "另面，标识顶格，标题在第三行", "段前分页。成立", SAME, _annex),
    Row("印发、转发的文件", "另面，不标附件", "段前分页。成立", SAME, _issued),
    Row(
        "横排附件",
        "横向页面，页码位置同竖排",
        "另一节，页码在左边的竖排文本框格里。成立",
        "竖排单元格的方向未实测",
        _landscape,
    ),
    Row(
        "版记",
        "末条线 262 mm；偶数页",
        "浮动表格贴版心下边。末页成立；不加空白页，不保证偶数页",
        "浮动表格；未实测",
        _colophon,
    ),
    Row("页码", "版心下 7 mm，单右双左", "奇偶页页脚、页脚距 24.7 mm、页码域。成立", SAME, _numbers),
    Row(
        "信函双线",
        "标志下 4 mm、距纸底 20 mm，长 170 mm；首页无页码",
        "图文框的上下边框、首页不同。成立",
        "图文框；未实测",
        _letter,
    ),
    Row("纪要人员", "左空二字，回行在冒号后对齐", "悬挂缩进。成立", SAME, _minutes),
)

TEXT = """\
# Word 成品里哪些成立

本程序的 PDF 按毫米排定，是准的那一份。Word 成品（DOCX）用同样的尺寸写成样式、缩进、段距和域，排版由打开它的软件完成：
装的字体不同、软件不同，结果就会有出入。下表逐个要素说明。

- **Word** 一栏：文件里是怎样规定的，按 Word 的排版规则成不成立。这里没有 Word，这一栏没有实测。
- **WPS** 一栏：只写知道的；没有实测的就写未实测。
- **LibreOffice** 一栏：`make docx-table` 用 {version} 打开 `docs/papers` 的样张，
  配程序自带的字体，从它排出的页面上量得。

| 要素 | 标准 | Word | WPS | LibreOffice 实测 |
|---|---|---|---|---|
{rows}

断行：字体相同时，LibreOffice 对只有汉字和单个标点的文字与本程序断得一样（`tests/output/test_line_ends.py`）；
两个标点相遇时它不挤压，也不为禁则压缩标点，会拆开“——”和数字，汉字与西文之间空五分之一字而不是四分之一字。
LibreOffice 还有两点与 Word 不同：“与下段同页”的段落它整段移到下一面，不拆开；`linesAndChars` 网格它一行只排 14 字，
所以文件里用的是 `lines` 网格，各段都不对齐到网格。

本文由 `docs/make_docx_table.py` 生成，不要手改。
"""


def main(file: Path) -> None:
    soffice = find_soffice()
    if soffice is None:
        sys.exit("LibreOffice is not installed here")
    made = papers()
    shown = dict(zip(made, map(Shown, to_pdf([files["docx"] for files in made.values()], soffice)), strict=True))
    asked = [str(soffice), "--version"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout  # noqa: S603 (our own arguments)
    version = " ".join(said.split()[:2]) or "LibreOffice"
    rows = [f"| {row.element} | {row.wanted} | {row.word} | {row.wps} | {row.look(shown)} |" for row in ROWS]
    file.write_text(TEXT.format(version=version, rows="\n".join(rows)), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
