"""`archive export`: the hand-over set for a digital-archives system: a folder with XML, neither packed nor encrypted.

In: a bag that is good. Out, aside and renamed:

    sip.xml                    the items with their metadata, and every file with size, format and SHA-256
    items/0001/…               the items' files as in the bag
    catalogue.* notes.*        归档文件目录, 备考表
    four-properties-*.*        四性检测报告, phase 移交
    transfer.pdf .docx         电子档案移交与接收登记表, filled in as far as the program can
    unfiled.pdf .docx .json    what was not filed, and why
    digests-sha256.txt         the digest sheet
    eep/CODE.eep.xml           if asked for: each item as an EEP package (DA/T 48-2009)

The set counts only after it was read back by other means than it was written with: the standard library's XML and a
walk over the files, against the bag's own manifest (one product was seen to archive a database's row where the file's
bytes should have been). Nothing in it is signed; that is for whoever takes it over.
"""

import base64
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from lxml import etree

from circular_gen.archive.bag import MANIFESTS, BagError, read_manifest
from circular_gen.archive.chain import read_events
from circular_gen.archive.items import NOT_ITEMS, subjects
from circular_gen.archive.making import archived_entries, read_catalogue
from circular_gen.archive.reading import read_json
from circular_gen.archive.report import report_files
from circular_gen.archive.verification import Verification, verify_bag
from circular_gen.disk import disk_errors, flush, sha256_of
from circular_gen.errors import CircularGenError
from circular_gen.ledger.reading import document_number
from circular_gen.messages import _
from circular_gen.press import FormPress
from circular_gen.records import NothingIssuedError, Records, open_records
from circular_gen.workspace import Office

SIP, DIGESTS = "sip.xml", "digests-sha256.txt"
_COPIED = ("catalogue.pdf", "catalogue.docx", "catalogue.xlsx", "catalogue.xml", "notes.pdf", "notes.docx")
_EEP_FORMAT = "本EEP根据中华人民共和国档案行业标准DA/T 48-2009《基于XML的电子文件封装规范》生成"
_EEP_ROLES = ("paper", "receipts", "findings", "evidence", "reminder")
_GB = 1e9
_CHUNK = 3 << 18


class HandoverError(CircularGenError):
    """A set that is not what it should be when it is read back."""


@dataclass(frozen=True, slots=True)
class Handover:
    """A set that was written and read back."""

    path: Path
    items: int
    files: int
    octets: int
    unfiled: int
    verdict: str

    def record(self) -> dict[str, Any]:
        return {
            "path": str(self.path),
            "items": self.items,
            "files": self.files,
            "bytes": self.octets,
            "unfiled": self.unfiled,
            "verdict": self.verdict,
        }


def export(bag: Path, folder: Path, root: Path | None = None, *, eep: bool = False) -> Handover:
    """Write the hand-over set of `bag` into the new folder `folder`. `root`: the workspace, which knows what was not
    filed. BagError for a bag in doubt, HandoverError where what was written is not what is read back."""
    if folder.exists():
        raise CircularGenError(_("{path} exists already; nothing was written").format(path=folder))
    done = verify_bag(bag, phase="YJ")
    if done.exit_code:
        first = done.findings[0]
        message = _("{bag} is in doubt, nothing was exported: {path} {reason}")
        raise BagError(message.format(bag=bag, path=first.path, reason=first.message))
    catalogue = read_catalogue(bag)
    with disk_errors():
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".exporting.", dir=folder.parent))
        try:
            unfiled = _unfiled(root, catalogue)
            _write(bag, aside, catalogue, done, unfiled, eep=eep)
            files, octets = read_back(aside, bag)
            flush(aside)
            aside.rename(folder)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
    return Handover(folder, len(catalogue["items"]), files, octets, len(unfiled), done.verdict)


# -- what is not in it -------------------------------------------------------------------------------------------------


def _unfiled(root: Path | None, catalogue: Mapping[str, Any]) -> list[dict[str, str]]:
    """What the year has and no bag holds, and why."""
    rows = [
        {"number": entry["number"], "title": entry["title"], "reason": note}
        for entry in catalogue["items"]
        for note in entry.get("notes", ())
    ]
    if root is None:
        return rows
    try:
        with open_records(root) as records:
            return rows + list(_unfiled_in(records, catalogue["year"]))
    except NothingIssuedError:
        return rows


def _unfiled_in(records: Records, year: int) -> Iterator[dict[str, str]]:
    archived = archived_entries(records)
    for subject in subjects(records, year):
        if subject.paper.circular not in archived:
            reason = "；".join(matter.written for matter in subject.matters) or "尚未归档"
            yield {"number": subject.paper.number, "title": subject.paper.title, "reason": reason}
    for number in records.ledger.numbers(year):
        if number.void:
            written = document_number(number.code, number.year, number.ordinal)
            yield {"number": written, "title": "", "reason": "文号作废，没有文件"}
    issued = {paper.circular for paper in _papers(records)}
    for path in sorted((records.root / "circulars").glob("*")):
        name = path.stem if path.suffix == ".yaml" else path.name
        if path.name[0] not in "._" and (path.suffix == ".yaml" or path.is_dir()) and name not in issued:
            yield {"number": "", "title": name, "reason": "草稿，未印发"}


def _papers(records: Records) -> tuple[Any, ...]:
    with records.ledger.reading() as reader:
        return tuple(reader.papers())


# -- writing -----------------------------------------------------------------------------------------------------------


def _write(
    bag: Path,
    aside: Path,
    catalogue: Mapping[str, Any],
    done: Verification,
    unfiled: list[dict[str, str]],
    *,
    eep: bool,
) -> None:
    items = [read_json(bag / entry["folder"] / "item.json") for entry in catalogue["items"]]
    for path in _paths(items):
        target = aside / path.removeprefix("data/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(bag / path, target)
    for name in _COPIED:
        shutil.copyfile(bag / "data" / name, aside / name)
    from datetime import datetime
    from zoneinfo import ZoneInfo

    moment = datetime.now(ZoneInfo(catalogue["timezone"]))
    for suffix, data in report_files(done, moment):
        (aside / f"four-properties-{catalogue['bag']}-YJ.{suffix}").write_bytes(data)
    press = FormPress(None, Office(name=catalogue["office"], code="-"))
    head = {"year": catalogue["year"], "fonds_name": catalogue["fonds name"]}
    _form(press, aside, "unfiled", bag=head, rows=unfiled)
    (aside / "unfiled.json").write_text(json.dumps(unfiled, ensure_ascii=False, indent=1) + "\n", "utf-8")
    (aside / SIP).write_bytes(_sip(aside, catalogue, items))
    if eep:
        (aside / "eep").mkdir()
        for item in items:
            _eep(bag, aside / "eep" / f"{item['item']:04}.eep.xml", item, catalogue)
    files = [path for path in aside.rglob("*") if path.is_file()]
    _form(press, aside, "transfer", set=_transfer(catalogue, done, aside, files))
    lines = [
        f"{sha256_of(path)}  {path.relative_to(aside).as_posix()}\n"
        for path in sorted(path for path in aside.rglob("*") if path.is_file())
    ]
    (aside / DIGESTS).write_text("# 算法 algorithm: SHA-256\n" + "".join(lines), "utf-8", newline="\n")


def _form(press: FormPress, folder: Path, name: str, **values: object) -> None:
    sheet = press.sheet(f"archive-{name}", **values)
    (folder / f"{name}.pdf").write_bytes(press.pdf(sheet))
    (folder / f"{name}.docx").write_bytes(press.docx(sheet))


def _paths(items: list[dict[str, Any]]) -> list[str]:
    paths: dict[str, None] = {}
    for item in items:
        for path in (f"{item['folder']}/item.json", f"{item['folder']}/item.xml"):
            paths.setdefault(path)
        for file in item["files"]:
            paths.setdefault(file["path"])
    return list(paths)


def _transfer(catalogue: Mapping[str, Any], done: Verification, aside: Path, files: list[Path]) -> dict[str, Any]:
    items = catalogue["items"]
    results = []
    for name in ("真实性", "完整性", "可用性", "安全性"):
        own = [line for line in done.lines if line.check.property == name]
        failed = [line for line in own if line.result in ("不合格", "无法检测")]
        waits = sum(line.result == "待人工确认" for line in own)
        results.append(f"机检{'不合格' if failed else '合格'}，{waits}项待人工确认")
    return {
        "bag": catalogue["bag"],
        "work": f"{catalogue['fonds name']}{catalogue['year']}年文书档案移交",
        "content": f"{catalogue['office']} {catalogue['year']}年印发的公文及签收凭据，保管期限{catalogue['retention']}",
        "papers": len(items),
        "files": len(files),
        "volume": f"{sum(path.stat().st_size for path in files) / _GB:.3f}",
        "first": items[0]["code"],
        "last": items[-1]["code"],
        "digest": f"SHA-256；{SIP} 的摘要：{sha256_of(aside / SIP)}",
        "results": [*results, ""],
    }


def _sip(aside: Path, catalogue: Mapping[str, Any], items: list[dict[str, Any]]) -> bytes:
    """The description of the set."""
    root = etree.Element("移交信息包", {"版本": "1", "归档包": catalogue["bag"], "摘要算法": "SHA-256"})
    for name, value in (
        ("全宗号", catalogue["fonds"]),
        ("全宗名称", catalogue["fonds name"]),
        ("立档单位名称", catalogue["office"]),
        ("年度", str(catalogue["year"])),
        ("保管期限", catalogue["retention"]),
        ("件数", str(len(items))),
    ):
        etree.SubElement(root, name).text = value
    for item in items:
        one = etree.SubElement(root, "件")
        metadata = etree.parse(aside / item["folder"].removeprefix("data/") / "item.xml").getroot()
        for field in metadata:
            if field.tag != "电子文件组成":
                one.append(field)
        files = etree.SubElement(one, "电子文件")
        folder = item["folder"].removeprefix("data/")
        for path, role in (
            (f"{folder}/item.json", "metadata"),
            (f"{folder}/item.xml", "metadata"),
            *((file["path"].removeprefix("data/"), file["role"]) for file in item["files"]),
        ):
            size, digest = (aside / path).stat().st_size, sha256_of(aside / path)
            file = etree.SubElement(files, "文件", {"角色": role, "大小": str(size), "摘要": digest})
            file.set("格式", Path(path).suffix.removeprefix("."))
            file.text = path
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _eep(bag: Path, target: Path, item: Mapping[str, Any], catalogue: Mapping[str, Any]) -> None:
    """An item as EEP: its metadata and files as 文件实体块, its events as 业务实体块, units as 机构人员实体块. Written
    as a stream: base64 of a year's scans does not fit into memory."""
    metadata = etree.parse(bag / item["folder"] / "item.xml").getroot()
    with target.open("w", encoding="utf-8", newline="\n") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<电子文件封装包>\n')
        file.write(f"<封装包格式描述>{_EEP_FORMAT}</封装包格式描述>\n")
        file.write('<版本>2009</版本>\n<被签名对象 eep版本="2009">\n<封装包类型>原始型</封装包类型>\n')
        file.write("<封装包类型描述>本封装包包含电子文件数据及其元数据，原始封装，未经修改</封装包类型描述>\n")
        file.write(f"<封装包创建时间>{escape(item['issued'])}</封装包创建时间>\n")
        file.write(
            f"<封装包创建单位>{escape(catalogue['office'])}</封装包创建单位>\n<封装内容>\n<文件实体块>\n<文件实体>\n"
        )
        for field in metadata:
            if field.tag not in ("分发", "电子文件组成") and field.text:
                file.write(f"<{field.tag}>{escape(field.text)}</{field.tag}>\n")
        file.write("<文件数据>\n")
        for place, one in enumerate((f for f in item["files"] if f["role"] in _EEP_ROLES), 1):
            path = bag / one["path"]
            name, suffix = escape(path.name), escape(path.suffix.removeprefix("."))
            file.write(f'<文档 文档标识符="{place}" 角色="{one["role"]}"><文档序号>{place}</文档序号><编码>\n')
            file.write(f"<电子属性><格式信息>{suffix}</格式信息><计算机文件名>{name}</计算机文件名>")
            file.write(f"<计算机文件大小>{path.stat().st_size}</计算机文件大小></电子属性>\n")
            digitized = digitization(path) if one["role"] == "evidence" else {}
            told = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in digitized.items())
            file.write(f"<数字化属性>{told}</数字化属性>\n" if told else "<数字化属性/>\n")
            file.write(f'<编码数据 编码="base64" 摘要="{sha256_of(path)}">')
            with path.open("rb") as source:
                while chunk := source.read(_CHUNK):
                    file.write(base64.b64encode(chunk).decode("ascii"))
            file.write("</编码数据></编码></文档>\n")
        file.write("</文件数据>\n</文件实体>\n</文件实体块>\n<业务实体块>\n")
        for event in read_events(bag / item["folder"] / "events.jsonl"):
            if event.kind not in NOT_ITEMS:
                file.write(
                    f'<业务实体 业务标识符="{event.sequence}"><业务行为>{escape(event.kind)}</业务行为>'
                    f"<行为时间>{escape(event.at)}</行为时间><行为描述>{escape(event.text)}</行为描述></业务实体>\n"
                )
        file.write("</业务实体块>\n<机构人员实体块>\n")
        for place, unit in enumerate(item["distribution"], 1):
            name = escape(unit.get("name", unit["unit"]))
            file.write(f'<机构人员实体 机构人员标识符="{place}"><机构人员名称>{name}</机构人员名称></机构人员实体>\n')
        file.write("</机构人员实体块>\n</封装内容>\n</被签名对象>\n</电子文件封装包>\n")


_COLOURS = {"1": "黑白二值", "L": "灰度", "LA": "灰度", "P": "彩色", "I;16": "灰度", "CMYK": "彩色"}
_SCHEMES = {"JPEG": "JPEG", "PNG": "Deflate（无损）", "WEBP": "WebP", "GIF": "LZW（无损）", "BMP": "无压缩"}


def digitization(path: Path) -> dict[str, str]:
    """The 数字化属性 (DA/T 46) of a scan or photo: what its own file says, nothing that it does not say. Empty for what
    is no picture."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            kind, mode, size = image.format or "", image.mode, image.size
            resolution = image.info.get("dpi")
            scheme = str(image.info.get("compression", "")) if kind == "TIFF" else _SCHEMES.get(kind, kind)
    except Exception:  # noqa: BLE001 (what came back may be anything)
        return {}
    across = round(float(resolution[0])) if resolution and float(resolution[0]) > 1 else 0
    told = {
        "数字化对象形态": f"纸质件，{size[0]}×{size[1]}像素",
        "扫描分辨率": f"{across}dpi" if across else "",
        "扫描色彩模式": _COLOURS.get(mode, "彩色"),
        "图像压缩方案": scheme,
    }
    return {name: value for name, value in told.items() if value}


# -- reading back ------------------------------------------------------------------------------------------------------


def read_back(folder: Path, bag: Path) -> tuple[int, int]:
    """Read a set as whoever takes it over does, and hold it against the bag's manifest: how many files and bytes.
    HandoverError naming the first file that is not as it should be."""
    manifest = dict(read_manifest(bag / MANIFESTS[0], "sha256"))
    digests = {}
    for line in (folder / DIGESTS).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            said, _spaces, name = line.partition("  ")
            digests[name] = said
    files = octets = 0
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name == DIGESTS:
            continue
        inside = path.relative_to(folder).as_posix()
        data = path.read_bytes()
        files, octets = files + 1, octets + len(data)
        digest = hashlib.sha256(data).hexdigest()
        if digests.pop(inside, None) != digest:
            raise HandoverError(_("{path} is not what the digest sheet says").format(path=inside))
        if inside.startswith(("items/", "shared/")) and manifest.get(f"data/{inside}") != digest:
            raise HandoverError(_("{path} is not what the bag holds").format(path=inside))
    if digests:
        raise HandoverError(_("{path} is missing").format(path=next(iter(digests))))
    root = ElementTree.parse(folder / SIP).getroot()  # noqa: S314 (written by ourselves just now)
    described = {}
    for item in root.findall("件"):
        if not item.findtext("档号") or not item.findtext("题名"):
            raise HandoverError(_("an item in {file} has no code or no title").format(file=SIP))
        for file in item.findall("电子文件/文件"):
            described[file.text or ""] = (file.get("摘要"), file.get("大小"))
    there = {
        path.relative_to(folder).as_posix(): path
        for top in ("items", "shared")
        for path in (folder / top).rglob("*")
        if path.is_file()
    }
    for inside in sorted(there.keys() ^ described.keys()):
        raise HandoverError(_("{path}: described, or there, but not both").format(path=inside))
    for inside, (sha256, size) in described.items():
        if (manifest.get(f"data/{inside}"), str(there[inside].stat().st_size)) != (sha256, size):
            raise HandoverError(_("{path} is not what {file} says").format(path=inside, file=SIP))
    codes = [entry["code"] for entry in read_catalogue(bag)["items"]]
    if [item.findtext("档号") for item in root.findall("件")] != codes:
        raise HandoverError(_("the items of {file} are not those of the bag").format(file=SIP))
    for path in sorted((folder / "eep").glob("*.xml")) if (folder / "eep").is_dir() else ():
        _read_back_eep(path, folder)
    return files + 1, octets


def _read_back_eep(path: Path, folder: Path) -> None:
    for _event, element in ElementTree.iterparse(path):  # noqa: S314
        if element.tag == "编码数据":
            digest = hashlib.sha256(base64.b64decode(element.text or "", validate=True)).hexdigest()
            if digest != element.get("摘要"):
                raise HandoverError(_("{path} is not what the bag holds").format(path=path.relative_to(folder)))
            element.clear()
