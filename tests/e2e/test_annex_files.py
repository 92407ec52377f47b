"""Annexes that are files, from the command line to the finished paper: every kind in the PDF and in the Word file."""

import io
import json
import shutil
import subprocess
from pathlib import Path

import docx
import pdfplumber
import pypdfium2
import pytest
from PIL import Image
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE
from tests.annexes.files import drawing, jpeg, pdf, png, word, workbook
from tests.libreoffice import render
from tests.preflight import assert_part_1

from circular_gen.annexes import reading
from circular_gen.output.libreoffice import to_pdf
from circular_gen.press import Press
from circular_gen.workspace import open_workspace
from circular_gen.workspace.codes import Codes

from .conftest import WINTER, Commands

LEFT, RIGHT, TOP, BOTTOM = 28, 184, 37, 262
MM = 72 / 25.4
TITLES = ("排查整治工作方案", "隐患整改台账", "联系人名单", "上级文件", "分布示意图", "现场照片")
CIRCULAR = """\
kind: 通知
number: 清安办发〔2026〕15号
title: 清河市安全生产委员会办公室关于做好排查整治工作的通知
date: 2026-11-25
addressees: 柳林镇，石门镇
address: {address}
body: |
  为做好排查整治工作，现就有关要求通知如下：
  一、提高认识。各单位要高度重视，认真组织，逐级落实责任。
  二、抓好落实。按照工作方案开展排查。
annexes:
  - {{title: 排查整治工作方案, file: plan.docx}}
  - {{title: 隐患整改台账, file: list.xlsx, sheet: 台账}}
  - {{title: 联系人名单, file: names.csv}}
  - {{title: 上级文件, file: paper.pdf, pages: 1-2}}
  - {{title: 分布示意图, file: map.png, caption: 图1 隐患分布}}
  - {{title: 现场照片, file: photo.jpg}}
"""


def _plan(document: docx.document.Document) -> None:
    document.add_paragraph("附件1")
    document.add_paragraph("排查整治工作方案")
    document.add_paragraph("为扎实做好工作，制定本方案。")
    document.add_paragraph("一、工作目标。全面摸清底数。")


def _list(sheet: object) -> None:
    sheet.title = "台账"
    sheet.append(["序号", "单位", "隐患数", "整改率", *[f"第{n}项措施" for n in range(1, 11)]])
    for number in range(1, 61):
        sheet.append([number, f"第{number}街道", number * 1000, number / 100, *["已落实到位"] * 10])
        sheet.cell(number + 1, 3).number_format = "#,##0"
        sheet.cell(number + 1, 4).number_format = "0.0%"


def put(root: Path, address: str = "all") -> Path:
    folder = root / "circulars" / "notice"
    folder.mkdir()
    (folder / "plan.docx").write_bytes(word(_plan))
    (folder / "list.xlsx").write_bytes(workbook(_list))
    (folder / "names.csv").write_bytes(
        "单位,姓名,电话\n柳林镇,张某,0359-0000001\n石门镇,李某,0359-0000002\n".encode("gb18030")
    )
    (folder / "paper.pdf").write_bytes(pdf([b"0 g 0 0 595 842 re f", b"0 g 50 50 100 100 re f", b""]))
    (folder / "map.png").write_bytes(png(drawing("RGBA", (1200, 800)), dpi=(100, 100)))
    (folder / "photo.jpg").write_bytes(jpeg(drawing(size=(800, 600)), dpi=(200, 200)))
    (folder / "circular.yaml").write_text(CIRCULAR.format(address=address), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from .conftest import make_workspace

    root = make_workspace(tmp_path_factory.mktemp("annexes") / "office")
    put(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIRCULAR_GEN_SOFFICE", "")
        Commands(root)("build", "notice", "--jobs", "1")
    return root / "out" / "notice"


@pytest.fixture(scope="module")
def paper(built: Path) -> list[pdfplumber.page.Page]:
    return pdfplumber.open(built / "circular.pdf").pages


def texts(paper: list[pdfplumber.page.Page]) -> list[str]:
    return [page.extract_text() for page in paper]


def page_of(paper: list[pdfplumber.page.Page], title: str) -> pdfplumber.page.Page:
    """The annex's first page."""
    label = f"附件{TITLES.index(title) + 1}"
    pages = zip(paper, texts(paper), strict=True)
    return next(page for page, text in pages if text.replace(" ", "").startswith(f"{label}\n{title}"))


def test_every_annex_shows_what_its_file_holds(paper: list[pdfplumber.page.Page]) -> None:
    whole = "\n".join(texts(paper)).replace(" ", "")
    for words in (*TITLES, "全面摸清底数。", "60,000", "60.0%", "0359-0000002", "图1隐患分布"):
        assert words in whole
    assert whole.count("排查整治工作方案") == 2, "in the list and over the annex, not once more from the file"


def test_nothing_stands_outside_the_type_area_but_page_numbers(paper: list[pdfplumber.page.Page]) -> None:
    for page in paper:
        lies = page.width > page.height
        left, top, right, bottom = (35, 28, 260, 184) if lies else (LEFT, TOP, RIGHT, BOTTOM)
        for image in [*page.images, *page.rects, *page.lines]:
            assert image["x0"] >= left * MM - 1
            assert image["x1"] <= right * MM + 1
            assert image["top"] >= top * MM - 1
            assert image["bottom"] <= bottom * MM + 1


def test_a_table_too_wide_lies_and_repeats_its_head(paper: list[pdfplumber.page.Page]) -> None:
    lying = [page for page in paper if page.width > page.height]
    assert len(lying) > 1
    assert all("序号" in page.extract_text() for page in lying)
    assert page_of(paper, "联系人名单").width < page_of(paper, "联系人名单").height


def test_numbers_stand_at_the_right_of_their_column(paper: list[pdfplumber.page.Page]) -> None:
    page = next(page for page in paper if page.width > page.height)
    ends = {word["text"]: word["x1"] for word in page.extract_words()}
    assert ends["1,000"] == pytest.approx(ends["5,000"], abs=0.5)
    assert ends["1.0%"] == pytest.approx(ends["5.0%"], abs=0.5)


def test_pages_of_a_pdf_fill_the_width_and_pictures_keep_their_size(paper: list[pdfplumber.page.Page]) -> None:
    photo = page_of(paper, "现场照片").images[0]
    assert (photo["x1"] - photo["x0"]) / MM == pytest.approx(800 / 200 * 25.4, abs=0.1)
    assert (photo["x0"] + photo["x1"]) / 2 / MM == pytest.approx((LEFT + RIGHT) / 2, abs=0.1)
    chart = page_of(paper, "分布示意图").images[0]
    assert (chart["x1"] - chart["x0"]) / MM == pytest.approx(156, abs=0.1), "305 mm are made to fit"
    number = page_of(paper, "上级文件").page_number
    black = pypdfium2.PdfDocument(paper[0].pdf.stream.name)[number].render(scale=1 / MM * 10).to_pil().convert("L")
    box = black.crop((0, 0, 2100, 2620)).point(lambda value: 255 * (value < 128)).getbbox()
    assert box is not None  # the second page's square, on a page as wide as the type area
    scale = 156 / (595 / MM)
    assert box[0] / 10 == pytest.approx(28 + 50 / MM * scale, abs=0.3)
    assert (box[2] - box[0]) / 10 == pytest.approx(100 / MM * scale, abs=0.3)


def test_the_word_file_has_them_too(built: Path) -> None:
    document = docx.Document(str(built / "circular.docx"))
    words = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "全面摸清底数。" in words
    assert "图1 隐患分布" in words
    assert [len(table.rows) for table in document.tables][:2] == [61, 3]
    assert len(document.inline_shapes) == 4, "two pages, two pictures"
    sizes = [(shape.width / 36_000, shape.height / 36_000) for shape in document.inline_shapes]
    assert all(width <= 156.1 and height <= 225 for width, height in sizes)
    pictures = [part for part in document.part.package.iter_parts() if "/media/" in part.partname]
    for picture in pictures:
        assert Image.open(io.BytesIO(picture.blob)).mode in ("L", "RGB")


def test_it_is_made_again_when_a_file_changes_and_only_then(workspace: Path, run: Commands) -> None:
    folder = put(workspace)
    shutil.move(folder / "circular.yaml", workspace / "circulars" / "flat.yaml")
    for file in folder.iterdir():
        shutil.move(file, workspace / "circulars" / file.name)
    folder.rmdir()
    run("build", "flat", "--jobs", "1")
    manifest = json.loads((workspace / "out" / "flat" / "manifest.json").read_text("utf-8"))
    assert {"circulars/plan.docx", "circulars/map.png"} <= manifest["inputs"].keys()
    assert "0" in run("build", "flat").output.splitlines()[-1]
    before = (workspace / "out" / "flat" / "circular.pdf").read_bytes()
    names = workspace / "circulars" / "names.csv"
    names.write_text("单位,姓名\n柳林镇,王某\n", encoding="utf-8")
    run("build", "flat", "--jobs", "1")
    after = (workspace / "out" / "flat" / "circular.pdf").read_bytes()
    assert before != after
    assert "王某" in "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(after))


def test_what_is_issued_is_frozen_with_its_files(workspace: Path, run: Commands) -> None:
    folder = put(workspace, "each")
    run("issue", "notice")
    kept = workspace / "records" / "issued" / "notice" / "r0"
    for name in ("plan.docx", "list.xlsx", "names.csv", "paper.pdf", "map.png", "photo.jpg"):
        assert (kept / "_input" / "circulars" / "notice" / name).read_bytes() == (folder / name).read_bytes()
    units = sorted(path.parent.name for path in kept.glob("*/circular.pdf"))
    assert units == ["liulin", "shimen"]


def test_every_wrong_file_is_one_line_where_it_is_named(workspace: Path, run: Commands) -> None:
    folder = put(workspace)
    (folder / "plan.docx").write_bytes(b"PK\x03\x04 nothing")
    (folder / "paper.pdf").write_bytes(b"%PDF-1.7 nothing")
    result = run("build", "notice", "--jobs", "1", code=1)
    lines = [line for line in result.output.splitlines() if "circular.yaml:" in line]
    assert [line.split("circular.yaml:")[1].split(": ")[0] for line in lines] == ["12:29", "15:25"]
    assert ["plan.docx" in lines[0], "paper.pdf" in lines[1]] == [True, True]
    assert not (workspace / "out" / "notice" / "circular.pdf").exists()


def test_a_reader_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCULAR_GEN_LANG", "en")
    answer = reading.read_apart(pdf([b""]), {"suffix": ".pdf"}, seconds=0.01)
    assert isinstance(answer, str)
    assert "too long" in answer


def circular_pdf(root: Path, name: str) -> bytes:
    workspace = open_workspace(root)
    press = Press(workspace, workspace.circular(name), Codes(b"k" * 32))
    return press.paper_pdf("circular", press.copies[0])


@pytest.mark.preflight
@pytest.mark.qpdf
def test_a_paper_with_pages_and_pictures_is_archival(sample: Path, workspace: Path, tmp_path: Path) -> None:
    folder = put(workspace)
    shutil.copyfile(sample / "out" / WINTER / "circular.pdf", folder / "paper.pdf")
    file = tmp_path / "circular.pdf"
    file.write_bytes(circular_pdf(workspace, "notice"))
    assert_part_1(file.read_bytes(), tmp_path)
    done = subprocess.run(["qpdf", "--check", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.preflight
@pytest.mark.libreoffice
def test_pages_of_another_program_stay_text_and_are_archival(workspace: Path, tmp_path: Path) -> None:
    folder = put(workspace)
    soffice = shutil.which("soffice")
    assert soffice
    (folder / "paper.pdf").write_bytes(to_pdf([(folder / "plan.docx").read_bytes()], Path(soffice))[0])
    (folder / "circular.yaml").write_text(CIRCULAR.format(address="all").replace(", pages: 1-2", ""), encoding="utf-8")
    pdf = circular_pdf(workspace, "notice")
    assert_part_1(pdf, tmp_path)
    words = "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf))
    assert words.count("全面摸清底数") == 2


@pytest.mark.libreoffice
def test_the_word_file_lays_its_annexes_out_within_the_page(built: Path, tmp_path: Path) -> None:
    (document,) = render([built / "circular.docx"], tmp_path / "shown")
    pages = ["".join(page.get_textpage().get_text_bounded().split()) for page in document]
    lying = [page.get_width() > page.get_height() for page in document]
    assert any("第60街道" in text and lies for text, lies in zip(pages, lying, strict=True))
    photo = next(index for index, text in enumerate(pages) if "现场照片" in text and "附件6" in text)
    (picture,) = [item for item in document[photo].get_objects() if item.type == FPDF_PAGEOBJ_IMAGE]
    left, _bottom, right, _top = picture.get_bounds()
    assert (right - left) / MM == pytest.approx(800 / 200 * 25.4, abs=0.5)
    assert (left + right) / 2 / MM == pytest.approx((LEFT + RIGHT) / 2, abs=1.0)
