"""What a bag holds beside its items: the catalogue, and what explains the bag to whoever finds it.

In: the bag's head and the catalogue's entries. Out: paths below data/ and bytes.
"""

import html
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from string import Template
from typing import Any
from zoneinfo import ZoneInfo

from circular_gen.archive.catalogue import FORMS, differing_forms, forms, remark
from circular_gen.ledger import Event
from circular_gen.ledger.exchange import exported
from circular_gen.press import FormPress
from circular_gen.resources import FONTS

PAGES = Path(__file__).parent / "pages"
LICENCES = tuple(sorted(path.name for path in FONTS.glob("OFL-*.txt")))
FIXED: tuple[str, ...] = (
    "catalogue.json",
    *FORMS,
    "README.txt",
    "index.html",
    *(f"fonts/{name}" for name in LICENCES),
)
"""What every bag holds beside items and ledger."""
_STATES = {
    "not-sent": "未发",
    "sent": "已发",
    "delivered": "已送达",
    "opened": "已打开",
    "received": "已签收",
    "reported": "已反馈",
    "closed": "已办结",
}


def ledger_lines(event: Event) -> bytes:
    """An event as its line, with line end."""
    return (exported(event) + "\n").encode()


def json_bytes(value: Any) -> bytes:
    """Readable JSON."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def contents(
    press: FormPress, catalogue: dict[str, Any], index: Iterable[bytes]
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The files, one after the other, each in pieces. `index`: of each item, what the page of the bag shows (see
    `index_entry`)."""
    yield "catalogue.json", [json_bytes(catalogue)]
    for path, data in forms(press, catalogue):
        yield path, [data]
    yield "README.txt", [_readme(catalogue)]
    yield "index.html", _index(catalogue, index)
    for name in LICENCES:
        yield f"fonts/{name}", [(FONTS / name).read_bytes()]


def differences(bag: Path, catalogue: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where a form of the catalogue says something else than catalogue.json: its path below data/, and what."""
    return differing_forms(bag, catalogue)


def _readme(catalogue: Mapping[str, Any]) -> bytes:
    text = Template((PAGES / "README.txt").read_text(encoding="utf-8")).substitute(
        fonds_name=catalogue["fonds name"],
        fonds=catalogue["fonds"],
        year=catalogue["year"],
        retention=catalogue["retention"],
        bag=catalogue["bag"],
        supplements=f"（{catalogue['supplements']} 的补充）" if catalogue["supplements"] else "",
        items=len(catalogue["items"]),
        pages=catalogue["pages"],
        program=catalogue["program"],
        office=catalogue["office"],
    )
    return text.encode()


def index_entry(item: Mapping[str, Any], zone: ZoneInfo) -> bytes:
    """What the bag's page shows of an item, as a line of JSON that can stand in a page: short, since a year may have
    tens of thousands of receipts. A unit is [name, received, state, by, [evidence, …]], evidence [path, 1 where its
    pages lie beside it upright, else 0]."""
    files = item["files"]
    roles = {
        file["role"]: file["path"].removeprefix("data/")
        for file in files
        if file["role"] in ("paper", "receipts", "findings")
    }
    upright = {Path(file["path"]).name[:64] for file in files if file["role"] == "straightened"}
    word = [file["path"] for file in files if file.get("name", "").endswith("/circular.docx")]
    links = [["元数据", f"{item['folder'].removeprefix('data/')}/item.xml"]]
    if "findings" in roles:
        links.insert(0, ["隐患整改台账", roles["findings"]])
    if "receipts" in roles:
        links.insert(0, ["签收登记表", roles["receipts"]])
    if word:
        links.insert(0, ["Word", word[-1].removeprefix("data/")])
    units = [
        [
            unit["name"] if "name" in unit else unit["unit"],
            f"{datetime.fromisoformat(unit['received']).astimezone(zone):%Y-%m-%d %H:%M}" if "received" in unit else "",
            "免签收" if "exempt" in unit else "已撤回" if "withdrawn" in unit else _STATES[unit["state"]],
            unit.get("by", ""),
            [[path.removeprefix("data/"), int(Path(path).name[:64] in upright)] for path in unit.get("evidence", ())],
        ]
        for unit in item["distribution"]
    ]
    entry = {
        "code": item["code"],
        "number": item["number"],
        "title": item["title"],
        "kind": item.get("kind", ""),
        "date": item["date"],
        "pages": item["pages"],
        "sectors": item.get("sectors", []),
        "note": remark(item),
        "paper": roles.get("paper", ""),
        "links": links,
        "asked": item["asked"] if item["state"] == "in force" else 0,
        "units": units,
    }
    data = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
    for character, escape in (("<", "\\u003c"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
        data = data.replace(character, escape)  # or a title could end the script
    return (data + "\n").encode()


def _index(catalogue: Mapping[str, Any], index: Iterable[bytes]) -> Iterator[bytes]:
    """The page, around the items' lines."""
    title = f"{catalogue['fonds name']} {catalogue['year']}年归档文件（{catalogue['retention']}）"
    parts = [f"全宗号 {catalogue['fonds']}", f"{len(catalogue['items'])} 件", f"{catalogue['pages']} 页"]
    if catalogue["supplements"]:
        parts.append(f"{catalogue['supplements']} 的补充")
    values = {
        "title": html.escape(title),
        "subtitle": html.escape("，".join(parts)),
        "more": '<a href="catalogue.xlsx">Excel</a>',
        "foot": html.escape(f"{catalogue['bag']}　{catalogue['program']}"),
    }
    before, _data, after = (PAGES / "index.html").read_text(encoding="utf-8").partition("$data")
    yield Template(before).substitute(values).encode() + b"["
    for number, line in enumerate(index):
        yield b"," + line if number else line
    yield b"]" + Template(after).substitute(values).encode()
