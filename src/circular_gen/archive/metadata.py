"""The metadata of an item, as JSON and XML.

In: an `Item` with its files. Out: bytes. JSON has English names. The XML's elements are called as DA/T 46 and
GB/T 33480 call them where that is known to us (docs/developers.md says which); their texts were not at hand.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lxml import etree

from circular_gen.archive.contents import json_bytes
from circular_gen.archive.items import Item
from circular_gen.ledger.deadlines import local
from circular_gen.ledger.standing import STATES
from circular_gen.messages import _
from circular_gen.workspace.office import Archive, Office

_RECEIVED = STATES.index("received")


def catalogue_entry(item: Item, office: Office) -> dict[str, Any]:
    """The item in the catalogue: what its row shows, and what links it to the ledger."""
    subject = item.subject
    paper, fields = subject.paper, subject.fields
    asked = [unit for unit in item.units if unit.get("owes")]
    entry = {
        "item": item.number,
        "code": item.code,
        "circular": paper.circular,
        "number": paper.number,
        "issuer": office.name,
        "title": paper.title,
        "kind": fields.get("kind", ""),
        "urgency": fields.get("urgency", ""),
        "date": fields.get("date") or f"{local(paper.issued_at, office.zone):%Y-%m-%d}",
        "approver": fields.get("approver", ""),
        "sectors": list(item.sectors),
        "pages": item.pages,
        "state": "withdrawn" if paper.withdrawn else "abolished" if paper.abolished else "in force",
        "revision": paper.revision,
        "units": len(item.units),
        "asked": len(asked),
        "answered": sum(STATES.index(unit["state"]) >= _RECEIVED for unit in asked),
        "evidence": len({file.path for file in item.files if file.role == "evidence"}),
        "first event": item.first,
        "last event": item.last,
        "supplements": item.supplements,
        "as is": item.as_is,
        "open": [matter.written for matter in subject.matters],
        "notes": [note.written for note in item.notes],
        "folder": f"data/{item.folder}",
    }
    return {key: value for key, value in entry.items() if value not in ("", [])}


def item_record(item: Item, office: Office) -> dict[str, Any]:
    """item.json: the catalogue's entry and all the rest."""
    fields = item.subject.fields
    record = catalogue_entry(item, office) | {
        "issued": item.subject.paper.issued_at,
        "retention": item.subject.retention,
        "annexes": fields.get("annexes", 0),
        "ask": fields.get("ask", "none"),
        "due": item.subject.paper.due,
        "basis": fields.get("basis", ""),
        "drafter": fields.get("drafter", ""),
        "distribution": list(item.units),
        "files": [file.record() for file in item.files],
    }
    return {key: value for key, value in record.items() if value not in ("", None)}


def item_files(record: Mapping[str, Any], archive: Archive, year: int) -> Iterator[tuple[str, bytes]]:
    """The item's metadata files: path below data/, bytes."""
    folder = record["folder"].removeprefix("data/")
    yield f"{folder}/item.json", json_bytes(record)
    yield f"{folder}/item.xml", item_xml(record, archive, year)


def item_xml(record: Mapping[str, Any], archive: Archive, year: int) -> bytes:
    """The item as XML."""
    root = etree.Element("电子文件")
    for name, value in _fields(record, archive, year):
        if value:
            etree.SubElement(root, name).text = value
    people = etree.SubElement(root, "分发")
    for unit in record["distribution"]:
        one = etree.SubElement(people, "单位", {"标识": unit["unit"], "主抄送": unit["role"]})
        for name, key in (
            ("名称", "name"),
            ("状态", "state"),
            ("签收时间", "received"),
            ("签收人", "by"),
            ("方式", "how"),
        ):
            if unit.get(key):
                etree.SubElement(one, name).text = str(unit[key])
    files = etree.SubElement(root, "电子文件组成")
    for file in record["files"]:
        one = etree.SubElement(files, "文件", {"角色": file["role"], "大小": str(file["bytes"])})
        one.text = file["path"]
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _fields(record: Mapping[str, Any], archive: Archive, year: int) -> Iterator[tuple[str, str]]:
    yield "聚合层次", "件"
    yield "立档单位名称", record["issuer"]
    yield "全宗号", archive.fonds
    yield "门类代码", archive.category
    yield "档号", record["code"]
    yield "年度", f"{year}"
    yield "保管期限", record["retention"]
    yield "机构或问题", archive.department
    yield "件号", str(record["item"])
    yield "题名", record["title"]
    yield "文件编号", record["number"]
    yield "责任者", record["issuer"]
    yield "日期", record["date"].replace("-", "")
    yield "文种", record.get("kind", "")
    yield "紧急程度", record.get("urgency", "")
    yield "签发人", record.get("approver", "")
    yield "拟稿人", record.get("drafter", "")
    yield "页数", str(record["pages"])
    yield "附件数", str(record.get("annexes", 0))
    yield "主送", "，".join(_names(record, "addressee"))
    yield "抄送", "，".join(_names(record, "cc"))
    yield "签发时间", record.get("issued", "")
    yield "备注", "；".join(record.get("open", ()))


def _names(record: Mapping[str, Any], role: str) -> list[str]:
    return [unit.get("name", unit["unit"]) for unit in record["distribution"] if unit["role"] == role]


_COMPARED = {"档号": "code", "题名": "title", "文件编号": "number", "保管期限": "retention", "责任者": "issuer"}


def differing_xml(bag: Path, item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where item.xml says something else than item.json: its path in the bag, and what."""
    path = f"{item['folder']}/item.xml"
    if not (bag / path).is_file():
        return
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        root = etree.fromstring((bag / path).read_bytes(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        yield path, _("it cannot be read: {reason}").format(reason=error)
        return
    wrong = [name for name, key in _COMPARED.items() if root.findtext(name) != str(item.get(key, ""))]
    units = [one.get("标识") for one in root.iterfind("分发/单位")]
    files = [one.text for one in root.iterfind("电子文件组成/文件")]
    wrong += ["分发"] if units != [unit["unit"] for unit in item["distribution"]] else []
    wrong += ["电子文件组成"] if files != [file["path"] for file in item["files"]] else []
    if wrong:
        yield path, _("it says something else than item.json: {fields}").format(fields=", ".join(wrong))
