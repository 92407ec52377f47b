"""An office with a year of circulars, some answered on paper, and the bags made of them."""

import io
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image, ImageDraw

from circular_gen import evidence, messages
from circular_gen.archive.making import archive_year
from circular_gen.issuing import issue
from circular_gen.ledger import draft
from circular_gen.ledger.checkpoint import brief
from circular_gen.output.image_pdf import ImagePage, image_pdf
from circular_gen.records import open_records
from circular_gen.workspace.codes import Code
from circular_gen.workspace.secret import office_codes

NOW = datetime.now(ZoneInfo("Asia/Shanghai"))
DAY = date(NOW.year, 1, 4) if NOW.timetuple().tm_yday > 4 else NOW.date()
YEAR = DAY.year
DUE = NOW + timedelta(days=9)
UNITS = ("chengxi", "chengdong", "liulin")
OFFICE = """\
name: 清河市安全生产委员会办公室
code: 清安办发
contact: {name: 综合科, phone: 0359-0000000}
archive: {fonds: Z109, department: BGS, fonds_name: 清河市安全生产委员会}
"""
RECIPIENTS = """\
units:
  - {id: chengxi, name: 城西街道办事处, short: 城西街道, tags: [街道], sectors: [矿山],
     contacts: [{name: 张某, phone: "1"}]}
  - {id: chengdong, name: 城东街道办事处, tags: [街道], contacts: [{name: 杨某, phone: "2"}]}
  - {id: liulin, name: 柳林镇人民政府, tags: [镇], sectors: [矿山, 城镇燃气], contacts: [{name: 柳某, phone: "3"}]}
groups:
  各镇（街道）: {tags: [镇, 街道]}
"""
CIRCULAR = """\
title: {title}
number: 清安办发〔{year}〕{number}号
date: {day}
approver: 王某某
addressees: 各镇（街道）
retention: {retention}
body: |
  现就有关要求通知如下：
  一、提高认识。各单位要高度重视{word}工作。
  二、压实责任。各单位要逐级落实责任。
{more}
"""
RECEIPT = "receipt: {{ask: acknowledge, by: {due:%Y-%m-%d} 17:00, needs: [signature], basis: 本通知}}"
CIRCULARS = {
    "fire": ("关于做好森林防火工作的通知", 1, "30年", "森林防火", RECEIPT.format(due=DUE)),
    "mines": ("关于开展非煤矿山安全检查的通知", 2, "10年", "矿山检查", RECEIPT.format(due=DUE)),
    "gas": ("关于加强城镇燃气安全管理的通知", 3, "30年", "燃气管理", RECEIPT.format(due=DUE)),
    "汛期": ("关于公布防汛值班电话的通知", 4, "30年", "防汛值班", ""),
}


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CIRCULAR_GEN_LANG", "en")
    monkeypatch.setenv("CIRCULAR_GEN_SOFFICE", "")
    messages._catalogue.cache_clear()
    yield
    messages._catalogue.cache_clear()


def scan_of(text: str) -> bytes:
    """What a scanner makes of a signed page."""
    image = Image.new("L", (400, 560), 255)
    ImageDraw.Draw(image).text((40, 40), text, fill=0)
    data = io.BytesIO()
    image.save(data, "PNG", dpi=(200, 200))
    return data.getvalue()


def straighten(root: Path, sha256: str) -> None:
    """What `receipts archive-image` leaves beside a scan; where it is not there, archiving starts a process for it."""
    scan = evidence.find(root, sha256)
    assert scan is not None
    with Image.open(scan) as image:
        jpeg = io.BytesIO()
        image.save(jpeg, "JPEG")
        page = ImagePage(jpeg.getvalue(), *image.size, grey=True, width=210, height=297)
    scan.with_name(sha256 + evidence.STRAIGHT).write_bytes(image_pdf([page], sha256))


def answer(root: Path, name: str, unit: str, page: bytes, by: str = "张某") -> str:
    """A signed receipt that came back on paper, with its code."""
    sha256 = evidence.keep_bytes(root, page, ".png")
    if page.startswith(b"\x89PNG"):
        straighten(root, sha256)
    with open_records(root) as records:
        short = records.ledger.checkpoint().short()
        code = office_codes(root).payload(Code("receipt", name, unit, 1, 0, short))
        root_text = brief(short).partition("-")[2]
        records.ledger.append(
            draft("scanned", "综合科", evidence=[sha256], file=f"{unit}.png", page=1),
            draft("received", "综合科", name, unit, by=by, how="scan", evidence=[sha256]),
            draft("witnessed", "综合科", name, unit, size=short.size, root=root_text, agrees=True, code=code,
                  evidence=[sha256], page=1),
        )  # fmt: skip
    return sha256


def new_office(root: Path) -> Path:
    (root / "circulars").mkdir(parents=True)
    (root / "office.yaml").write_text(OFFICE, "utf-8")
    (root / "recipients.yaml").write_text(RECIPIENTS, "utf-8")
    for name, (title, number, retention, word, more) in CIRCULARS.items():
        text = CIRCULAR.format(
            title=title, number=number, retention=retention, word=word, more=more, day=DAY, year=YEAR
        )
        (root / "circulars" / f"{name}.yaml").write_text(text, "utf-8")
        issue(root, name)
    return root


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four circulars: `fire` and `mines` answered by all, `gas` by one unit of three, `汛期` asks for nothing (one page
    serves `fire` and `汛期`). Do not change it: see `desk`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIRCULAR_GEN_SOFFICE", "")
        root = new_office(tmp_path_factory.mktemp("archive") / "office")
        for unit in UNITS:
            answer(root, "fire", unit, scan_of(f"fire {unit}"))
            answer(root, "mines", unit, scan_of(f"mines {unit}"))
        answer(root, "汛期", "chengxi", scan_of("fire chengxi"))  # one page, two circulars
        answer(root, "gas", "liulin", scan_of("gas liulin"), by="柳某")
    return root


@pytest.fixture
def desk(office: Path, tmp_path: Path) -> Path:
    """A workspace of its own."""
    root = tmp_path / "office"
    shutil.copytree(office, root)
    return root


@pytest.fixture(scope="session")
def archived(office: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose year is archived as it is. Do not change it: see `bag`."""
    root = tmp_path_factory.mktemp("archived") / "office"
    shutil.copytree(office, root)
    archive_year(root, YEAR, as_is="年底集中归档")
    return root


BAG = f"Z109-WS-{YEAR}-D30-BGS"


@pytest.fixture
def bag(archived: Path, tmp_path: Path) -> Path:
    """A copy of the bag with three items."""
    return Path(shutil.copytree(archived / "records" / "archive" / BAG, tmp_path / BAG))
