"""The built-in templates on the sample: every unit's papers say what they must, and equal ones are one object."""

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace

import pytest

from circular_gen.annexes.content import Content
from circular_gen.press import office_faces, office_style
from circular_gen.sheet.blocks import (
    Addressees,
    Annex,
    AnnexList,
    Block,
    Cell,
    Check,
    Colophon,
    Column,
    Fields,
    File,
    Mark,
    Number,
    Paragraph,
    Row,
    Sheet,
    Sign,
    Signature,
    Table,
    Title,
    Turn,
    Urgency,
    bind,
    is_own,
)
from circular_gen.sheet.completing import Completion
from circular_gen.sheet.rendering import TemplateError, Templates, unit_values
from circular_gen.sheet.slots import OPEN, slot
from circular_gen.typeset.pages import Typesetter
from circular_gen.workspace import Annex as WrittenAnnex
from circular_gen.workspace import Circular, Contact, Copy, Office, Receipt, Unit, Workspace

from .conftest import FLOOD, MEETING, WINTER

Planned = Callable[[Circular], tuple[Copy, ...]]


def inside(value: object, kind: type) -> Iterator:
    """Every value of `kind` in a sheet."""
    if isinstance(value, kind):
        yield value
    if isinstance(value, tuple):
        for part in value:
            yield from inside(part, kind)
    elif is_dataclass(value):
        for field in fields(value):
            yield from inside(getattr(value, field.name), kind)


def words(value: object) -> str:
    return "".join(inside(value, str))


def papers(copy: Copy) -> list[str]:
    return ["circular", *["checklist"] * bool(copy.tasks), *["receipt"] * copy.receipt]


@pytest.mark.parametrize("name", [WINTER, MEETING, FLOOD])
def test_every_paper_of_every_unit(
    name: str, workspace: Workspace, office: Office, templates: Templates, copies: Planned
) -> None:
    circular = workspace.circular(name)
    for copy in copies(circular):
        values = unit_values(copy.unit)
        for kind in papers(copy):
            sheet = bind(templates.paper(kind, office, circular, copy), values)
            assert not is_own(sheet), "a slot has no value"
            assert sheet.kind == kind
            assert sheet.form == (kind != "circular")
            assert sheet.title
            assert OPEN not in words(sheet)
            named = [part.name for part in inside(sheet, (Check, Sign))]
            assert len(named) == len(set(named))
            if kind != "circular":
                assert copy.unit.name in words(sheet)


def test_the_notice_has_its_elements_in_order(
    office: Office, winter: Circular, templates: Templates, copies: Planned
) -> None:
    sheet = templates.paper("circular", office, winter, None)
    assert [type(block) for block in sheet.blocks if not isinstance(block, Paragraph)][:5] == [
        Urgency,
        Mark,
        Number,
        Title,
        Addressees,
    ]
    (mark,), (number,) = inside(sheet, Mark), inside(sheet, Number)
    assert (mark.names, mark.suffix) == (("清河市安全生产委员会办公室",), "文件")
    assert (number.text, number.approvers) == ("清安办发〔2026〕12号", ())
    body = [block for block in sheet.blocks if isinstance(block, Paragraph)]
    assert "\n".join(p.heading + p.text for p in body) == winter.body.strip()
    (listed,) = inside(sheet, AnnexList)
    annexes = list(inside(sheet, Annex))
    assert listed.names == tuple(annex.title for annex in annexes) == tuple(annex.title for annex in winter.annexes)
    assert [annex.label for annex in annexes] == ["附件1", "附件2"]
    (table,) = inside(annexes[0], Table)
    assert table.rows[0].head
    assert [tuple(words(cell) for cell in row.cells) for row in table.rows[1:]] == list(winter.annexes[0].table.rows)
    assert sum(column.width for column in table.columns) == pytest.approx(1)
    (signature,), (colophon,) = inside(sheet, Signature), inside(sheet, Colophon)
    assert (signature.issuers, signature.date) == ((office.name,), "2026年11月25日")
    assert (colophon.cc, colophon.printed_by, colophon.printed_on) == (
        winter.cc,
        office.printed_by,
        "2026年11月25日",
    )
    assert sheet.blocks[-1] == colophon


def test_one_circular_for_all_is_one_object(
    office: Office, winter: Circular, templates: Templates, copies: Planned
) -> None:
    sheet = templates.paper("circular", office, winter, None)
    assert not is_own(sheet)
    assert {id(templates.paper("circular", office, winter, copy)) for copy in copies(winter)} == {id(sheet)}


def test_units_with_the_same_tasks_share_their_papers(
    office: Office, winter: Circular, templates: Templates, copies: Planned
) -> None:
    addressees = [copy for copy in copies(winter) if copy.tasks]
    for kind, expected in (("checklist", len({copy.tasks for copy in addressees})), ("receipt", 1)):
        sheets = {id(templates.paper(kind, office, winter, copy)) for copy in addressees}
        assert len(sheets) == expected < len(addressees)


def test_papers_are_shared_however_many_units_there_are(
    office: Office, winter: Circular, templates: Templates, copy: Copy
) -> None:
    units = (type(copy.unit)(id=f"u{number}", name=f"单位{number}") for number in range(5000))
    sheets = {id(templates.paper("receipt", office, winter, Copy(unit, "addressee", (), True))) for unit in units}
    assert len(sheets) == 1


def test_a_circular_to_each_names_its_unit_alone_and_the_line_stays_for_copies(
    workspace: Workspace, office: Office, templates: Templates, copies: Planned
) -> None:
    flood = workspace.circular(FLOOD)
    sheets = {}
    for copy in copies(flood):
        sheet = templates.paper("circular", office, flood, copy)
        sheets.setdefault(copy.role, set()).add(id(sheet))
        (line,) = inside(bind(sheet, unit_values(copy.unit)), Addressees)
        assert line.text == (copy.unit.name if copy.role == "addressee" else flood.addressees)
    assert {role: len(found) for role, found in sheets.items()} == {"addressee": 1, "cc": 1}


def test_a_letter_has_the_name_alone_as_its_mark(workspace: Workspace, office: Office, templates: Templates) -> None:
    sheet = templates.paper("circular", office, workspace.circular(MEETING), None)
    assert sheet.format == "letter"
    (mark,) = inside(sheet, Mark)
    assert (mark.names, mark.suffix) == (("清河市安全生产委员会办公室",), "")
    assert not list(inside(sheet, Colophon))  # nobody gets a copy


def test_an_upward_paper_shows_who_approved_it(office: Office, winter: Circular, templates: Templates) -> None:
    upward = winter.model_copy(update={"kind": "请示", "approver": ("王某某", "李某某"), "number": ""})
    (number,) = inside(templates.paper("circular", office, upward, None), Number)
    assert (number.text, number.approvers) == ("", ("王某某", "李某某"))


def test_a_joint_paper_names_all_its_issuers(office: Office, winter: Circular, templates: Templates) -> None:
    joint = winter.model_copy(update={"issuers": ("清河市应急管理局", "清河市公安局")})
    sheet = templates.paper("circular", office, joint, None)
    assert next(inside(sheet, Mark)).names == next(inside(sheet, Signature)).issuers == joint.issuers


def test_a_title_keeps_the_writers_lines(office: Office, winter: Circular, templates: Templates) -> None:
    broken = winter.model_copy(update={"title": "清河市安委办\n关于<试验>&“引号”的通知"})
    sheet = templates.paper("circular", office, broken, None)
    assert next(inside(sheet, Title)).text == "清河市安委办\n关于<试验>&“引号”的通知"
    assert sheet.title == "清河市安委办关于<试验>&“引号”的通知"


def test_the_checklist_has_a_row_and_boxes_for_each_task(
    office: Office, winter: Circular, templates: Templates, copies: Planned
) -> None:
    copy = max(copies(winter), key=lambda copy: len(copy.tasks))
    sheet = templates.paper("checklist", office, winter, copy)
    (table,) = inside(sheet, Table)
    head, *rows = table.rows
    assert head.head
    assert [words(row.cells[1]).partition("\n")[0] for row in rows] == [task.text for task in copy.tasks]
    for row, task in zip(rows, copy.tasks, strict=True):
        boxes = [check.name for check in inside(row, Check)]
        assert boxes == [f"{task.id}.yes", f"{task.id}.no", f"{task.id}.na"]
        assert row.cells[-1].name == f"{task.id}.finding"
        assert row.cells[3].content == (task.basis,)
    (boxes,) = (cell for cell in rows[0].cells if any(isinstance(part, Check) for part in cell.content))
    assert [part for part in boxes.content if isinstance(part, str)] == ["\n", "\n"]  # a box a line
    assert sum(column.width for column in table.columns) == pytest.approx(1)


def field_names(sheet: Sheet) -> list[str]:
    return [field.name for grid in inside(sheet, Fields) for field in grid.fields]


@pytest.mark.parametrize("ask", ["acknowledge", "report", "attend"])
@pytest.mark.parametrize("needs", [(), ("signature",), ("signature", "seal")])
def test_receipts_ask_for_what_the_circular_says(
    ask: str, needs: tuple[str, ...], office: Office, winter: Circular, templates: Templates, copies: Planned
) -> None:
    receipt = Receipt.model_validate({"ask": ask, "by": "2026-12-02 12:00", "needs": needs, "basis": "本通知第五部分"})
    circular = winter.model_copy(update={"receipt": receipt})
    copy = copies(circular)[0]
    sheet = templates.paper("receipt", office, circular, copy)
    assert [sign.kind for sign in inside(sheet, Sign)] == list(needs)
    said = {field.name: field.value for grid in inside(sheet, Fields) for field in grid.fields}
    assert said["basis"] == "本通知第五部分"
    assert said["deadline"] == "2026年12月2日12时"
    assert said["number"] == circular.number
    assert said["unit"] == slot("unit.name")
    assert all(text in said["return_to"] for text in (office.contact.name, office.contact.phone))
    boxes = [check.name for check in inside(sheet, Check)]
    cells = re.findall(r"name='([^']+)'", str(list(inside(sheet, Table))))
    if ask == "acknowledge":
        assert {"received_at", "received_by", "post", "phone", "own_number", "copies", "remark"} <= set(said)
        assert {"state.complete", "state.missing_pages", "briefed.yes", "briefed.no"} <= set(boxes)
    elif ask == "report":
        for task in copy.tasks:
            assert {f"{task.id}.done", f"{task.id}.ongoing", f"{task.id}.not_started"} <= set(boxes)
            assert {f"{task.id}.measures", f"{task.id}.problems"} <= set(cells)
    else:
        people = {name.partition(".")[0] for name in cells}
        assert people == {"p1", "p2", "p3", "p4"}
        assert {"p1.name", "p1.phone", "p1.plate", "p4.attend", "p4.leave"} <= {*cells, *boxes}


def test_a_report_without_tasks_leaves_rows_to_write(
    office: Office, winter: Circular, templates: Templates, copy: Copy
) -> None:
    circular = winter.model_copy(update={"receipt": Receipt(ask="report")})
    (table,) = inside(templates.paper("receipt", office, circular, copy), Table)
    assert len(table.rows) == 4


def test_an_office_without_contact_still_says_where_to_return(
    winter: Circular, templates: Templates, copy: Copy
) -> None:
    sheet = templates.paper("receipt", Office(name="甲办", code="甲"), winter, copy)
    (value,) = (field.value for grid in inside(sheet, Fields) for field in grid.fields if field.name == "return_to")
    assert value == "甲办"


def test_a_unit_without_contact_has_empty_values(copy: Copy) -> None:
    assert unit_values(copy.unit)["unit.contact.phone"] == ""
    short = type(copy.unit)(id="a", name="甲局", contacts=(Contact(name="张某", phone="0359"),))
    values = unit_values(short)
    assert (values["unit.short"], values["unit.contact.name"], values["unit.contact.phone"]) == ("甲局", "张某", "0359")


def test_what_a_file_holds_takes_its_place_without_the_title_that_the_paper_prints(
    office: Office, winter: Circular, sources: dict[str, str]
) -> None:
    filed = winter.model_copy(update={"annexes": (WrittenAnnex(title="工作方案", file="plan.docx"),)})
    held = Content((Paragraph("附件1："), Paragraph("工作方案", align="center"), Paragraph("为做好工作，制定本方案。")))
    completion = Completion({File("plan.docx"): held}, 36.0)
    sheet = Templates(sources, completion).paper("circular", office, filed, None)
    (annex,) = inside(sheet, Annex)
    assert annex == Annex("附件", "工作方案", (Paragraph("为做好工作，制定本方案。"),), landscape=False)


def test_a_template_that_leaves_an_annex_file_out_is_an_error(
    office: Office, winter: Circular, sources: dict[str, str]
) -> None:
    filed = winter.model_copy(update={"annexes": (WrittenAnnex(title="工作方案", file="plan.docx"),)})
    completion = Completion({File("plan.docx"): Content((Paragraph("甲"),))}, 36.0)
    without = sources | {"circular.xml.j2": "<sheet><title>{{ circular.title }}</title></sheet>"}
    with pytest.raises(TemplateError, match=r"plan\.docx"):
        Templates(without, completion).paper("circular", office, filed, None)


def test_pages_turn_for_a_table_too_wide_and_back_again(
    office: Office, winter: Circular, sources: dict[str, str]
) -> None:
    table = Table((Column(),) * 20, (Row((Cell(("一二三四",)),) * 20),))
    text = Paragraph("正文" * 60)
    filed = winter.model_copy(update={"annexes": (WrittenAnnex(title="工作方案", file="plan.docx"),)})

    def annex(*blocks: Block) -> Annex:
        completion = Completion({File("plan.docx"): Content(blocks)}, 36.0)
        return next(inside(Templates(sources, completion).paper("circular", office, filed, None), Annex))

    assert annex(text, table, text).blocks == (text, Turn(True), table, Turn(False), text)
    assert annex(text, table, text).landscape is False
    assert annex(Paragraph("单位：万元"), table).landscape is True
    assert annex(text, replace(table, columns=(Column(),) * 5, rows=(Row((Cell(("一",)),) * 5),))).landscape is False


class _Values(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "CG1" + name.upper()[:10]


@pytest.mark.parametrize("ask", ["acknowledge", "attend"])
def test_a_receipt_fits_on_one_page(
    ask: str, workspace: Workspace, office: Office, winter: Circular, templates: Templates, copy: Copy
) -> None:
    receipt = {"ask": ask, "by": "2026-12-02 12:00", "needs": ["signature", "seal"], "basis": winter.receipt.basis * 2}
    circular = winter.model_copy(update={"receipt": Receipt.model_validate(receipt)})
    unit = Unit(id=copy.unit.id, name="清河市经济技术开发区管理委员会应急管理和生态环境局")
    sheet = templates.paper("receipt", office, circular, replace(copy, unit=unit))
    typesetter = Typesetter(sheet, office_style(workspace.root, office), office_faces(workspace.root, office))
    pages = typesetter.pages(_Values(unit_values(unit)))
    assert len(pages.shape.pages) == 1
