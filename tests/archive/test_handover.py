"""The set that is handed over, read back by other means; and the yearly look at what was archived."""

import base64
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from circular_gen.archive.bag import BagError
from circular_gen.archive.handover import DIGESTS, SIP, HandoverError, digitization, export, read_back
from circular_gen.archive.making import archive_year
from circular_gen.archive.reading import page_texts
from circular_gen.archive.rechecking import exit_code, recheck
from circular_gen.errors import CircularGenError
from circular_gen.ledger import draft
from circular_gen.output.pdfa_rules import examine
from circular_gen.records import open_records
from circular_gen.voiding import void_number

from .conftest import BAG, YEAR


def plain(path: Path) -> str:
    return "".join("".join(page_texts(path)).split())


@pytest.fixture(scope="module")
def handed(archived: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = Path(shutil.copytree(archived, tmp_path_factory.mktemp("handover") / "office"))
    void_number(root, f"清安办发〔{YEAR}〕9号", "印错了")
    (root / "circulars" / "draft.yaml").write_text("title: x\n", "utf-8")
    folder = tmp_path_factory.mktemp("set") / "移交"
    done = export(root / "records" / "archive" / BAG, folder, root, eep=True)
    assert (done.items, done.unfiled, done.verdict) == (3, 2, "待复核")
    return folder


@pytest.fixture
def copied(handed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(handed, tmp_path / "set"))


def test_all_that_is_handed_over_is_there(handed: Path) -> None:
    names = {path.name for path in handed.iterdir()}
    assert {"items", "shared", SIP, DIGESTS, "eep", "catalogue.pdf", "catalogue.xlsx", "catalogue.xml", "notes.pdf",
            "transfer.pdf", "transfer.docx", "unfiled.pdf", "unfiled.json",
            f"four-properties-{BAG}-YJ.pdf"} <= names  # fmt: skip
    for path in handed.glob("*.pdf"):
        assert examine(path).faults == ()
        assert examine(path).part == 2
    assert (handed / DIGESTS).read_text("utf-8").startswith("# 算法 algorithm: SHA-256\n")


def test_the_transfer_form_is_filled_in(handed: Path) -> None:
    text = plain(handed / "transfer.pdf")
    codes = (f"Z109-WS·{YEAR}-D30-BGS-0001", f"Z109-WS·{YEAR}-D30-BGS-0003")
    for word in (*codes, "3件", "0.0", "GB", "SHA-256", "机检合格", "接收单位", "单位（印章）", "载体外观检验"):
        assert word in text, word


def test_what_was_not_filed_is_listed_with_its_reason(handed: Path) -> None:
    rows = {row["reason"] for row in json.loads((handed / "unfiled.json").read_text("utf-8"))}
    assert rows == {"文号作废，没有文件", "草稿，未印发"}
    assert f"清安办发〔{YEAR}〕9号" in plain(handed / "unfiled.pdf")


def test_the_description_names_every_file(handed: Path) -> None:
    root = ElementTree.parse(handed / SIP).getroot()
    items = root.findall("件")
    assert [item.findtext("文件编号") for item in items] == [f"清安办发〔{YEAR}〕{n}号" for n in (1, 3, 4)]
    for item in items:
        for file in item.findall("电子文件/文件"):
            data = (handed / (file.text or "")).read_bytes()
            assert (file.get("摘要"), file.get("大小")) == (hashlib.sha256(data).hexdigest(), str(len(data)))


def test_an_eep_package_carries_the_paper_itself(handed: Path) -> None:
    root = ElementTree.parse(handed / "eep" / "0001.eep.xml").getroot()
    document = root.find(".//文档[@角色='paper']//编码数据")
    assert document is not None
    assert base64.b64decode(document.text or "") == (handed / "items" / "0001" / "paper.pdf").read_bytes()
    kinds = [one.findtext("业务行为") for one in root.iter("业务实体")]
    assert kinds[0] == "issued"
    assert kinds.count("received") == 3
    assert root.findtext(".//题名") == "关于做好森林防火工作的通知"
    scans = root.findall(".//文档[@角色='evidence']//数字化属性")
    assert [[(one.tag, one.text) for one in scan] for scan in scans] == [
        [
            ("数字化对象形态", "纸质件，400×560像素"),
            ("扫描分辨率", "200dpi"),
            ("扫描色彩模式", "灰度"),
            ("图像压缩方案", "Deflate（无损）"),
        ]
    ] * 3
    assert [len(one) for one in root.findall(".//文档[@角色='paper']//数字化属性")] == [0]


@pytest.mark.parametrize(
    ("suffix", "mode", "more", "told"),
    [
        ("jpg", "RGB", {"dpi": (300, 300)}, ("300dpi", "彩色", "JPEG")),
        ("jpg", "RGB", {}, ("", "彩色", "JPEG")),
        ("tif", "1", {"dpi": (200, 200), "compression": "group4"}, ("200dpi", "黑白二值", "group4")),
        ("png", "L", {}, ("", "灰度", "Deflate（无损）")),
    ],
)
def test_a_scan_says_itself_how_it_was_digitized(
    tmp_path: Path, suffix: str, mode: str, more: dict[str, Any], told: tuple[str, ...]
) -> None:
    path = tmp_path / f"scan.{suffix}"
    Image.new(mode, (100, 200)).save(path, **more)
    found = digitization(path)
    assert tuple(found.get(name, "") for name in ("扫描分辨率", "扫描色彩模式", "图像压缩方案")) == told
    path.write_bytes(b"%PDF-1.7")
    assert digitization(path) == {}


@pytest.mark.parametrize(
    "change",
    [
        lambda path: (path / "items/0001/paper.pdf").write_bytes(b"a row of a database"),
        lambda path: (path / "items/0001/r0/circular.docx").unlink(),
        lambda path: (path / "items/0001/new.pdf").write_bytes(b"x"),
        lambda path: (path / SIP).write_text((path / SIP).read_text("utf-8").replace("森林", "草原"), "utf-8"),
        lambda path: (path / DIGESTS).write_text("", "utf-8"),
    ],
)
def test_a_set_that_is_not_what_it_says_does_not_count(copied: Path, archived: Path, change: object) -> None:
    bag = archived / "records" / "archive" / BAG
    assert read_back(copied, bag)[0] > 50
    change(copied)  # type: ignore[operator]
    with pytest.raises(HandoverError):
        read_back(copied, bag)


def test_nothing_comes_of_a_bag_in_doubt(bag: Path, tmp_path: Path) -> None:
    (bag / "data/items/0001/paper.pdf").unlink()
    with pytest.raises(BagError, match=r"paper\.pdf"):
        export(bag, tmp_path / "set")
    assert not list(tmp_path.glob("*set*")) + list(tmp_path.glob(".exporting*"))
    (tmp_path / "there").mkdir()
    with pytest.raises(CircularGenError, match="exists already"):
        export(bag, tmp_path / "there")


# -- the yearly look ---------------------------------------------------------------------------------------------------


def test_the_results_of_a_recheck_are_kept(desk: Path) -> None:
    assert recheck_is(desk, []) == []
    archive_year(desk, YEAR, as_is="年底")
    assert recheck_is(desk, ["good", "good"]) == ["", ""]
    path = desk / "records" / "archive" / BAG / "data" / "items" / "0001" / "paper.pdf"
    path.write_bytes(path.read_bytes() + b"\n")
    assert recheck_is(desk, ["good", "doubt"]) == ["good", "good"]
    shutil.rmtree(desk / "records" / "archive" / BAG)
    done = recheck(desk)
    assert [one.outcome for one in done] == ["good", "unchecked"]
    assert exit_code(done) == 3
    with open_records(desk) as records:
        events = records.ledger.events(kinds=("checked-archive",))
    assert [event.payload["outcome"] for event in events] == ["good", "good", "good", "doubt", "good", "unchecked"]
    kept = list((desk / "records" / "archive-checks" / BAG).rglob("*.pdf"))
    assert kept
    assert "CQ-1-01" in plain(kept[0])


def recheck_is(root: Path, outcomes: list[str]) -> list[str]:
    done = recheck(root)
    assert [one.outcome for one in done] == outcomes
    assert exit_code(done) == (1 if "doubt" in outcomes else 0)
    return [one.before for one in done]


def test_a_bag_of_another_past_is_in_doubt(desk: Path, archived: Path) -> None:
    """A whole bag, but of a ledger that went another way than the office's own."""
    archive_year(desk, YEAR, as_is="别的理由")
    with open_records(desk) as records:
        records.ledger.append(draft("noted", "综合科", text="x"))
    bag = archived / "records" / "archive" / BAG
    (one,) = recheck(desk, [bag])
    assert one.outcome == "doubt"
    assert {finding.check for finding in one.findings} == {"outside"}
