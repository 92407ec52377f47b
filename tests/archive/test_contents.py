"""What people find in a bag: catalogue, notes, stamp, metadata, README and the page that opens without a server."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image, ImageChops

from circular_gen.archive.catalogue import HEADINGS
from circular_gen.archive.contents import index_entry
from circular_gen.archive.reading import page_texts
from circular_gen.archive.stamp import HEIGHT, WIDTH, free_spot
from circular_gen.output.pdfa_rules import examine

from .conftest import BAG, DAY, UNITS, YEAR


@pytest.fixture(scope="module")
def data(archived: Path) -> Path:
    return archived / "records" / "archive" / BAG / "data"


@pytest.fixture(scope="module")
def catalogue(data: Path) -> Any:
    return json.loads((data / "catalogue.json").read_text("utf-8"))


def test_the_catalogue_says_the_same_in_all_forms(data: Path, catalogue: Any) -> None:
    sheet = openpyxl.load_workbook(data / "catalogue.xlsx").worksheets[0]
    rows = [["" if value is None else str(value) for value in row] for row in sheet.iter_rows(3, values_only=True)]
    assert rows[0] == list(HEADINGS)
    assert rows[1][:2] == ["1", f"Z109-WS·{YEAR}-D30-BGS-0001"]
    assert rows[1][2:6] == [
        f"清安办发〔{YEAR}〕1号",
        "清河市安全生产委员会办公室",
        "关于做好森林防火工作的通知",
        f"{DAY:%Y%m%d}",
    ]
    root = etree.parse(data / "catalogue.xml").getroot()
    assert [[one.findtext(name) or "" for name in HEADINGS] for one in root] == rows[1:]
    text = "".join("".join(page_texts(data / "catalogue.pdf")).split())
    with zipfile.ZipFile(data / "catalogue.docx") as package:
        word = re.sub(r"<[^>]+>|\s", "", package.read("word/document.xml").decode())
    for row in rows[1:]:
        for value in row[1:5]:
            assert "".join(value.split()) in text
            assert "".join(value.split()) in word
    assert "未办结归档：年底集中归档" in rows[2][8]


def test_the_notes_are_for_signature(data: Path) -> None:
    text = "".join("".join(page_texts(data / "notes.pdf")).split())
    for word in ("备考表", "件数3", "整理人", "检查人", "已签收4个次", "2个单位未签收"):
        assert word in text, word


def test_every_paper_made_is_pdf_a(data: Path) -> None:
    for name in ("catalogue.pdf", "notes.pdf", "items/0001/receipts.pdf"):
        assert (examine(data / name).part, examine(data / name).faults) == (2, ())
    assert (examine(data / "items/0001/paper.pdf").part, examine(data / "items/0001/paper.pdf").faults) == (3, ())


def test_the_signing_sheet_says_who_confirmed(data: Path) -> None:
    text = "".join("".join(page_texts(data / "items" / "0001" / "receipts.pdf")).split())
    assert text.count("张某") == 3
    assert "城西街道办事处" in text


# -- the stamp ---------------------------------------------------------------------------------------------------------


def picture(pdf: bytes, page: int = 0) -> Image.Image:
    document = pypdfium2.PdfDocument(pdf)
    image: Image.Image = document[page].render(scale=4 * 25.4 / 72).to_pil().convert("L")
    document.close()
    return image


def test_the_stamp_stands_on_blank_paper(data: Path) -> None:
    original = next((data / "items/0001/r0").glob("circular.pdf")).read_bytes()
    stamped = (data / "items/0001/paper.pdf").read_bytes()
    before, after = picture(original), picture(stamped)
    changed = ImageChops.difference(before, after).getbbox()
    assert changed is not None
    left, top, right, bottom = (value / 4 for value in changed)
    assert (right - left, bottom - top) == pytest.approx((WIDTH, HEIGHT), abs=0.6)
    assert before.crop(changed).getextrema() == (255, 255)
    assert bottom < 297 / 2
    for page in range(1, len(pypdfium2.PdfDocument(original))):
        assert ImageChops.difference(picture(original, page), picture(stamped, page)).getbbox() is None


def test_the_stamp_says_its_six_fields(data: Path, catalogue: Any) -> None:
    plain = page_texts(data / "items/0002/r0/circular.pdf")[0]
    text = page_texts(data / "items/0002/paper.pdf")[0]
    added = "".join(text.split()).replace("".join(plain.split()), "")
    assert added == f"Z109{YEAR}2BGS30年{catalogue['items'][1]['pages']}"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 290), st.integers(1, 60), st.integers(1, 60)), max_size=25)
)
def test_a_spot_is_free_whatever_stands_on_the_page(boxes: list[tuple[int, int, int, int]]) -> None:
    image = Image.new("L", (840, 1188), 255)
    for x, y, width, height in boxes:
        image.paste(0, (4 * x, 4 * y, 4 * (x + width), 4 * (y + height)))
    file = io.BytesIO()
    image.save(file, "PDF", resolution=101.6)
    spot = free_spot(file.getvalue())
    if spot is None:
        assert boxes
        return
    for x, y, width, height in boxes:
        aside = x + width <= spot.x or x >= spot.x + WIDTH
        assert aside or y + height <= spot.y or y >= spot.y + HEIGHT
    assert spot.y + HEIGHT <= 297


# -- metadata and README -----------------------------------------------------------------------------------------------


def test_the_metadata_are_xml_too(data: Path) -> None:
    root = etree.parse(data / "items" / "0001" / "item.xml").getroot()
    told = {
        name: root.findtext(name)
        for name in ("全宗号", "年度", "保管期限", "件号", "题名", "文件编号", "日期", "签发人")
    }
    assert told == {
        "全宗号": "Z109",
        "年度": f"{YEAR}",
        "保管期限": "30年",
        "件号": "1",
        "题名": "关于做好森林防火工作的通知",
        "文件编号": f"清安办发〔{YEAR}〕1号",
        "日期": f"{DAY:%Y%m%d}",
        "签发人": "王某某",
    }
    assert [one.get("标识") for one in root.iterfind("分发/单位")] == list(UNITS)


def test_the_readme_explains_the_chain_so_that_it_can_be_followed(data: Path, archived: Path) -> None:
    """What it says, done by hand with nothing of ours."""
    import hashlib

    text = (data / "README.txt").read_text("utf-8")
    for word in ("index.html", "circular-gen event 1", "circular-gen genesis 1", "payload-sha256.txt", BAG):
        assert word in text, word
    events = []
    for path in (*sorted(data.glob("items/*/events.jsonl")), data / "ledger" / "events.jsonl"):
        events += [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    events.sort(key=lambda event: event["sequence"])
    head = json.loads((data / "ledger" / "head.json").read_text("utf-8"))
    previous = hashlib.sha256(b"circular-gen genesis 1\0" + head["origin"].encode()).digest()
    for event in events:
        line = {key: value for key, value in event.items() if key not in ("hash", "previous")}
        written = json.dumps(line, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        previous = hashlib.sha256(b"circular-gen event 1\0" + previous + written).digest()
        assert previous.hex() == event["hash"]
    assert previous.hex() == head["chain"]
    listed = hashlib.sha256((data / "ledger" / "payload-sha256.txt").read_bytes()).hexdigest()
    assert [e["payload"]["sha256"] for e in events if e["kind"] == "archiving" and e["payload"]["bag"] == BAG] == [
        listed
    ]


def test_what_is_written_does_not_depend_on_the_clerks_language(
    desk: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from circular_gen import messages
    from circular_gen.archive.making import archive_year

    monkeypatch.setenv("CIRCULAR_GEN_LANG", "zh_CN")
    messages._catalogue.cache_clear()
    archive_year(desk, YEAR, as_is="年底集中归档")
    for name in ("catalogue.json", "notes.pdf", "index.html", "items/0002/item.json", "items/0002/item.xml"):
        assert (desk / "records" / "archive" / BAG / "data" / name).read_bytes() == (data / name).read_bytes(), name


def test_nothing_is_open_with_a_paper_that_was_withdrawn(data: Path) -> None:
    item = json.loads((data / "items" / "0002" / "item.json").read_text("utf-8"))
    assert json.loads(index_entry(item, ZoneInfo("Asia/Shanghai")))["asked"] == 3
    assert json.loads(index_entry(item | {"state": "withdrawn"}, ZoneInfo("Asia/Shanghai")))["asked"] == 0


# -- the page that opens without a server ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(data: Path) -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        import shutil

        browser = running.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        opened = browser.new_page()
        opened.wrong = []
        opened.on("pageerror", lambda error: opened.wrong.append(str(error)))
        opened.on("console", lambda message: opened.wrong.append(message.text))
        opened.on("request", lambda request: request.url.startswith("file:") or opened.wrong.append(request.url))
        opened.goto((data / "index.html").as_uri())
        yield opened
        browser.close()


def titles(page: Any) -> list[str]:
    return [str(text) for text in page.locator("#papers > tbody > tr > td:nth-child(3) > a").all_inner_texts()]


@pytest.mark.chromium
def test_the_page_finds_filters_and_opens(page: Any, data: Path) -> None:
    from playwright.sync_api import expect

    assert len(titles(page)) == 3
    page.fill("#words", "燃气")
    assert titles(page) == ["关于加强城镇燃气安全管理的通知"]
    page.fill("#words", "柳某")
    assert titles(page) == ["关于加强城镇燃气安全管理的通知"]
    assert page.locator("details[open] tbody tr").count() == 3
    row = page.locator("details[open] tbody tr", has_text="柳林镇").inner_text()
    assert re.search(r"已签收\s+\d{4}-\d\d-\d\d \d\d:\d\d\s+柳某", row)
    upright, original = page.locator("details[open] tbody tr", has_text="柳林镇").locator("a").all()
    assert (data / upright.get_attribute("href")).read_bytes().startswith(b"%PDF")
    assert (data / original.get_attribute("href")).read_bytes().startswith(b"\x89PNG")
    page.fill("#words", "")
    page.select_option("#state", "open")
    assert titles(page) == ["关于加强城镇燃气安全管理的通知"]
    page.select_option("#state", "")
    page.select_option("#sector", "矿山")
    assert len(titles(page)) == 3
    page.select_option("#sector", "")
    for details in page.locator("#papers summary").all():
        details.click()
    expect(page.locator("#papers a", has_text="原件")).to_have_count(5)  # a list is filled after its toggle
    for link in page.locator("#papers a").all():
        assert (data / link.get_attribute("href")).is_file()
    page.fill("#words", "没有这样的文件")
    assert page.locator("#none").is_visible()
    assert page.wrong == []


@pytest.mark.chromium
def test_a_title_cannot_act(page: Any, data: Path, tmp_path: Path) -> None:
    from circular_gen.archive.contents import _index

    catalogue = json.loads((data / "catalogue.json").read_text("utf-8"))
    bad = "</script><script>document.title='bad'</script><img src=x onerror=1>"
    item = json.loads((data / "items" / "0001" / "item.json").read_text("utf-8")) | {"title": bad}
    lines = [index_entry(item, ZoneInfo("Asia/Shanghai"))]
    (tmp_path / "index.html").write_bytes(b"".join(_index(catalogue, lines)))
    page.goto((tmp_path / "index.html").as_uri())
    assert page.title() != "bad"
    assert "</script>" in page.locator("#papers").inner_text()
    page.goto((data / "index.html").as_uri())
