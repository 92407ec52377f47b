"""Papers that others made: Word files as python-docx and old Words write them, PDFs of reportlab. What is found is what
a reader would see, and what cannot be known is not guessed."""

import io
from pathlib import Path

import docx
import pytest
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

from circular_gen.checks.measuring import FileFinding, check_file, measure, standard

from .papers import LONG

CENTRE, RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
TITLE = "清河市应急管理局关于做好安全防范工作的通知"
BODY = ("现就有关要求通知如下：", "一、提高认识。" + LONG, "（一）矿山。" + LONG, "1.自查。" + LONG)


def document() -> Document:
    made = docx.Document()
    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = (
        Mm(37),
        Mm(35),
        Mm(28),
        Mm(26),
    )
    return made


def add(
    made: Document,
    text: str,
    font: str = "仿宋_GB2312",
    size: float = 16,
    *,
    align: WD_ALIGN_PARAGRAPH | None = None,
    named: bool = True,
    red: bool = False,
) -> Paragraph:
    """A paragraph; `named`: with the font for Hanzi, which python-docx leaves out."""
    paragraph = made.add_paragraph()
    run = paragraph.add_run(text)
    run.font.name, run.font.size = font, Pt(size)
    if named:
        run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    if red:
        run.font.color.rgb = RGBColor(0xFF, 0, 0)
    paragraph.alignment = align
    paragraph.paragraph_format.space_after = Pt(0)
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    paragraph.paragraph_format.line_spacing = Pt(max(28.95, size * 1.3))
    return paragraph


def checked(folder: Path, made: Document | bytes, name: str = "foreign.docx") -> dict[str, list[FileFinding]]:
    """What is found, by rules."""
    path = folder / name
    if isinstance(made, bytes):
        path.write_bytes(made)
    else:
        made.save(str(path))
    found: dict[str, list[FileFinding]] = {}
    for finding in check_file(path):
        found.setdefault(finding.rule, []).append(finding)
    return found


def test_a_font_that_is_named_for_latin_only_leaves_hanzi_in_the_themes_font(tmp_path: Path) -> None:
    """`run.font.name = "仿宋_GB2312"` in python-docx: Word shows 宋体, whatever the script's writer thinks."""
    made = document()
    add(made, TITLE, "方正小标宋简体", 22, align=CENTRE, named=False)
    add(made, "各镇（街道）：")
    for text in BODY:
        add(made, text, named=False)
    found = checked(tmp_path, made)
    assert found["title-face"][0].measured == "宋体（宋体）"
    assert found["body-face"][0].measured == "宋体（宋体）"
    assert "addressees-face" not in found


def test_words_built_in_headings_are_measured_through_their_styles(tmp_path: Path) -> None:
    """Size, weight and colour come from styles that are based on others and on the theme."""
    made = document()
    made.add_heading(TITLE, 0)
    made.add_paragraph("各镇（街道）：")
    made.add_heading("一、提高认识", 1)
    made.add_paragraph(LONG)
    made.add_heading("（一）矿山", 2)
    made.add_paragraph(LONG)
    made.add_paragraph("清河市应急管理局")
    made.add_paragraph("2026年11月25日")
    path = tmp_path / "styles.docx"
    made.save(str(path))
    paper = measure(path, standard())
    assert not paper.mark  # a large title is no issuer mark
    assert [block.text for block in paper.title] == [TITLE]
    assert [block.text for block in paper.signature] == ["清河市应急管理局"]
    found = checked(tmp_path, made)
    assert found["title-size"][0].measured == 26
    assert found["heading-bold"][0].text == "一、提高认识"
    assert "蓝色" in found["text-colour"][0].message
    assert {finding.measured for finding in found["body-size"]} == {14, 13, 11}


def test_a_head_in_a_table_and_a_line_of_an_old_word_are_seen(tmp_path: Path) -> None:
    made = document()
    table = made.add_table(rows=1, cols=2)
    for cell, names in zip(table.rows[0].cells, (("清河市财政局", "清河市应急管理局"), ("文件",)), strict=True):
        for name in names:
            run = cell.add_paragraph().add_run(name)
            run.font.size, run.font.color.rgb = Pt(40), RGBColor(0xFF, 0, 0)
            run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "方正小标宋简体")
    add(made, "清应急[2026]12号", align=CENTRE)
    rule = add(made, "")
    rule._p.append(
        parse_xml(
            f'<w:r {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml"><w:pict><v:line from="0,5pt" to="400pt,5pt" '
            'strokecolor="red" strokeweight="1.5pt"/></w:pict></w:r>'
        )
    )
    add(made, "关于做好安全防范工作的通知", "方正小标宋简体", 22, align=CENTRE)
    add(made, "各镇（街道）：")
    for text in BODY:
        add(made, text)
    path = tmp_path / "head.docx"
    made.save(str(path))
    paper = measure(path, standard())
    assert [block.text for block in paper.mark] == ["清河市财政局", "清河市应急管理局", "文件"]
    assert paper.rule is not None
    assert paper.rule.width == pytest.approx(400 / 72 * 25.4)
    found = checked(tmp_path, made)
    assert found["number-brackets"][0].measured == "[2026]"
    assert found["red"][0].measured == "#FF0000"
    assert found["rule-width"][0].measured == pytest.approx(141.1, abs=0.1)
    assert found["mark-top"][0].severity == "note"  # where a table's lines stand only a renderer knows


def test_a_colophon_whose_date_is_pushed_right_by_spaces_is_one_all_the_same(tmp_path: Path) -> None:
    made = document()
    add(made, "清河市应急管理局文件", "方正小标宋简体", 48, align=CENTRE, red=True)
    add(made, "清应急〔2026〕12号", align=CENTRE)
    add(made, TITLE, "方正小标宋简体", 22, align=CENTRE)
    for text in BODY:
        add(made, text)
    add(made, "抄送：市委办公室", size=14)
    add(made, "清河市应急管理局          2026年11月25日印发", size=14)
    found = checked(tmp_path, made)
    assert "colophon-page" not in found
    assert "printed-form" not in found
    assert found["copies-ending"][0].measured == "室"


def reportlabs() -> bytes:
    """A paper of three pages in a font that is not embedded; its lines are not justified and reach too far down."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=(210 * mm, 297 * mm))

    def write(x: float, y: float, text: str, size: float, *, centred: bool = False) -> None:
        page.setFont("STSong-Light", size)
        (page.drawCentredString if centred else page.drawString)(x * mm, (297 - y) * mm, text)

    page.setFillColorRGB(1, 0, 0)
    write(106, 86, "清河市应急管理局文件", 42, centred=True)
    page.setFillColorRGB(0, 0, 0)
    write(106, 112, "清应急〔2026〕12号", 16, centred=True)
    write(106, 136, "关于做好今冬明春安全防范工作的通知", 22, centred=True)
    write(28, 156, "各镇（街道）：", 16)
    lines = [f"{'　　' if at % 3 == 0 else ''}{LONG * 2}"[: 27 if at % 3 < 2 else 20] for at in range(60)]
    y, number = 166.0, 1
    for line in lines:
        write(28, y, line, 16)
        y += 10.2
        if y > 285:
            write(106, 291, f"— {number} —", 14, centred=True)
            page.showPage()
            y, number = 44.0, number + 1
    page.save()
    return out.getvalue()


def test_a_pdf_of_a_font_that_is_not_embedded_is_measured_by_its_types_size(tmp_path: Path) -> None:
    """Such a font has no outlines to measure; ink is where a Hanzi's usually is, not on the baseline."""
    path = tmp_path / "paper.pdf"
    path.write_bytes(reportlabs())
    paper = measure(path, standard())
    (mark,) = paper.mark
    assert mark.ink_top == pytest.approx(86 - 0.85 * 42 * 25.4 / 72, abs=0.3)
    found = checked(tmp_path, reportlabs(), "paper.pdf")
    assert found["mark-top"][0].measured == pytest.approx(36.4, abs=0.6)
    assert found["body-face"][0].measured == "宋体（STSong-Light）"


def test_lines_that_are_not_stretched_do_not_make_the_type_area_narrower(tmp_path: Path) -> None:
    """27 Hanzi of 16 pt end 3.6 mm before the edge; what is centred or set from the right counts from the edge."""
    path = tmp_path / "paper.pdf"
    path.write_bytes(reportlabs())
    paper = measure(path, standard())
    assert paper.sheet.edges[2] == pytest.approx(184, abs=0.1)
    assert "area-width" not in {finding.rule for finding in check_file(path)}


def test_lines_below_the_type_area_show_that_it_is_too_high(tmp_path: Path) -> None:
    found = checked(tmp_path, reportlabs(), "paper.pdf")
    assert found["area-height"][0].severity == "error"
    assert found["area-height"][0].measured == pytest.approx(24 * 10.2, abs=0.5)
    assert "grid-lines" not in found
