"""归档文件目录: the catalogue of a bag in its forms, and 备考表.

In: catalogue.json, which is the catalogue itself. Out: rows; PDF/A, DOCX, XLSX and XML of them; and where such a form
says something else than catalogue.json.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lxml import etree

from circular_gen.archive.reading import page_texts
from circular_gen.ledger.register import Heading, Register, xlsx_bytes
from circular_gen.messages import _
from circular_gen.press import FormPress

HEADINGS = ("序号", "档号", "文号", "责任者", "题名", "日期", "密级", "页数", "备注")
_WIDTHS = (0.05, 0.17, 0.13, 0.13, 0.25, 0.08, 0.05, 0.05, 0.09)
_STATES = {"withdrawn": "已撤销", "abolished": "已废止"}
FORMS = ("catalogue.pdf", "catalogue.docx", "catalogue.xlsx", "catalogue.xml", "notes.pdf", "notes.docx")


def rows(catalogue: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """The rows as texts. 密级 is empty: classified papers are refused."""
    return tuple(
        (
            str(place),
            entry["code"],
            entry["number"],
            entry["issuer"],
            entry["title"],
            entry["date"].replace("-", ""),
            "",
            str(entry["pages"]),
            remark(entry),
        )
        for place, entry in enumerate(catalogue["items"], 1)
    )


def remark(entry: Mapping[str, Any]) -> str:
    """备注 of a row."""
    parts = [
        _STATES.get(entry["state"], ""),
        f"r{entry['revision']}" if entry.get("revision") else "",
        f"补充{entry['supplements']}" if entry.get("supplements") else "",
        f"未办结归档：{entry['as is']}" if entry.get("as is") else "",
    ]
    return "；".join(part for part in parts if part)


def _head(catalogue: Mapping[str, Any]) -> dict[str, Any]:
    items = catalogue["items"]
    return {
        "name": catalogue["bag"],
        "fonds": catalogue["fonds"],
        "fonds_name": catalogue["fonds name"],
        "year": catalogue["year"],
        "retention": catalogue["retention"],
        "department": catalogue["department"],
        "supplements": catalogue["supplements"],
        "first": items[0]["code"],
        "last": items[-1]["code"],
    }


def forms(press: FormPress, catalogue: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """The catalogue's forms and the 备考表: path below data/, bytes."""
    head, table = _head(catalogue), rows(catalogue)
    sheet = press.sheet("archive-catalogue", bag=head, rows=table)
    yield "catalogue.pdf", press.pdf(press.sheet("archive-cover", bag=head), sheet)
    yield "catalogue.docx", press.docx(sheet)
    yield "catalogue.xlsx", xlsx_bytes(_register(catalogue))
    yield "catalogue.xml", catalogue_xml(catalogue)
    notes = press.sheet("archive-notes", bag=head, counts=_counts(catalogue), remarks=tuple(_remarks(catalogue)))
    yield "notes.pdf", press.pdf(notes)
    yield "notes.docx", press.docx(notes)


def _register(catalogue: Mapping[str, Any]) -> Register:
    headings = tuple(
        Heading(text, width, "left" if text in ("文号", "责任者", "题名", "备注") else "center")
        for text, width in zip(HEADINGS, _WIDTHS, strict=True)
    )
    subtitle = f"{catalogue['fonds']}　{catalogue['fonds name']}　{catalogue['year']}年　{catalogue['retention']}"
    return Register("归档文件目录", subtitle, headings, rows(catalogue))


def _counts(catalogue: Mapping[str, Any]) -> dict[str, int]:
    items = catalogue["items"]
    return {
        "papers": len(items),
        "pages": catalogue["pages"],
        "units": sum(entry["asked"] for entry in items),
        "received": sum(entry["answered"] for entry in items),
        "evidence": sum(entry["evidence"] for entry in items),
    }


def _remarks(catalogue: Mapping[str, Any]) -> Iterator[str]:
    for entry in catalogue["items"]:
        for matter in entry.get("open", ()):
            yield f"{entry['code']}：{matter}（{entry.get('as is') or entry.get('supplements', '')}）"
        for note in entry.get("notes", ()):
            yield f"{entry['code']}：{note}"
        if entry["state"] in _STATES:
            yield f"{entry['code']}：{_STATES[entry['state']]}"


def catalogue_xml(catalogue: Mapping[str, Any]) -> bytes:
    """The catalogue as XML: elements are called as its columns."""
    root = etree.Element("归档文件目录")
    for key, value in _head(catalogue).items():
        root.set(_ATTRIBUTES[key], str(value))
    for row in rows(catalogue):
        item = etree.SubElement(root, "件")
        for heading, value in zip(HEADINGS, row, strict=True):
            etree.SubElement(item, heading).text = value
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


_ATTRIBUTES = {
    "name": "归档包",
    "fonds": "全宗号",
    "fonds_name": "全宗名称",
    "year": "年度",
    "retention": "保管期限",
    "department": "机构或问题",
    "supplements": "补充",
    "first": "起始档号",
    "last": "终止档号",
}


def differing_forms(bag: Path, catalogue: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Forms that say something else than catalogue.json: path below data/, and what."""
    expected = rows(catalogue)
    data = bag / "data"
    for path, read in (("catalogue.xlsx", _xlsx_rows), ("catalogue.xml", _xml_rows)):
        if (data / path).is_file():
            try:
                found = read(data / path)
            except Exception as error:  # noqa: BLE001 (whatever a damaged file makes its readers say)
                yield path, _("it cannot be read: {reason}").format(reason=str(error) or type(error).__name__)
                continue
            if found != expected:
                yield path, _("its rows are not those of catalogue.json")
    for path, text_of in (("catalogue.pdf", _pdf_text), ("catalogue.docx", _docx_text)):
        if (data / path).is_file():
            try:
                text = "".join(text_of(data / path).split())
            except Exception as error:  # noqa: BLE001
                yield path, _("it cannot be read: {reason}").format(reason=str(error) or type(error).__name__)
                continue
            missing = [
                row[1] for row in expected if not all("".join(cell.split()) in text for cell in (row[1], row[4]))
            ]
            if missing:
                yield path, _("it lacks rows of catalogue.json: {codes}").format(codes=", ".join(missing[:3]))


def _xlsx_rows(path: Path) -> tuple[tuple[str, ...], ...]:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    try:
        cells = book.worksheets[0].iter_rows(min_row=4, max_col=len(HEADINGS), values_only=True)
        return tuple(
            tuple("" if one is None else str(one) for one in row) for row in cells if row and row[0] is not None
        )
    finally:
        book.close()


def _xml_rows(path: Path) -> tuple[tuple[str, ...], ...]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(path.read_bytes(), parser)
    return tuple(tuple(item.findtext(heading) or "" for heading in HEADINGS) for item in root.findall("件"))


def _pdf_text(path: Path) -> str:
    return "".join(page_texts(path))


def _docx_text(path: Path) -> str:
    import zipfile

    with zipfile.ZipFile(path) as package:
        root = etree.fromstring(package.read("word/document.xml"), etree.XMLParser(resolve_entities=False))
    return "".join(str(text) for text in root.itertext())
