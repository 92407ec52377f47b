"""The papers of reminders: 催办通知, 督办通知, 通报, from their templates, as PDF and DOCX.

In: what is claimed of whom (reminders.py), numbers, the circular as the ledger has it, the office. Out: bytes. Nothing
is written here, and nothing is decided. Units whose papers differ only by name and number share one sheet, as in the
press.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from circular_gen.annexes.seals import office_seals
from circular_gen.dispatch.reminders import BulletinRow, Claim
from circular_gen.ledger import Paper, brief
from circular_gen.ledger.deadlines import local
from circular_gen.ledger.hazards import LEVELS, Hazard
from circular_gen.output.docx import DocxMould
from circular_gen.output.pdf import PdfWriter
from circular_gen.press import characters_of, office_style, template_texts
from circular_gen.sheet.blocks import Sheet
from circular_gen.sheet.rendering import Templates
from circular_gen.sheet.slots import slot
from circular_gen.typefaces import office_faces
from circular_gen.typeset.page import Pages
from circular_gen.typeset.pages import Typesetter
from circular_gen.workspace.circular import chinese_date
from circular_gen.workspace.codes import Checkpoint, Code, Codes
from circular_gen.workspace.keys import KINDS
from circular_gen.workspace.office import Office

ANSWERS = {"acknowledge": "签收回执", "report": "落实情况反馈表", "attend": "参会回执"}
"""What a circular wants back, as papers call it."""
_SITUATION = {"acknowledge": "签收情况", "report": "落实情况反馈情况", "attend": "参会回执报送情况"}
_DIGITS = "零一二三四五六七八九"
_ABOUT = re.compile(rf"关于(.+)的({'|'.join(KINDS)})$")
_THIS = re.compile(rf"本({'|'.join((*KINDS, '方案', '文件'))})")
_UNNUMBERED = "　"
"""Room for the number of a draft."""


@dataclass(frozen=True, slots=True)
class HazardLine:
    """A hazard as a paper lists it."""

    number: str
    place: str
    text: str
    level: str
    responsible: str
    due: str


@dataclass(frozen=True, slots=True)
class Words:
    """What the templates reminder and escalation read under `reminder`; texts as papers print them."""

    heading: str
    number: str
    nth: int
    nth_text: str
    title: str
    circular_number: str
    circular_date: str
    answer: str
    due: str
    original_due: str
    late: int
    as_of: str
    before_text: str
    within: int
    answer_by: str
    basis: str
    date: str
    approver: str = ""
    superior: str = ""
    hazards: tuple[HazardLine, ...] = ()
    checkpoint: str = slot("checkpoint")
    slip_code: str = slot("slip.code")
    slip_readable: str = slot("slip.readable")


@dataclass(frozen=True, slots=True)
class TableRow:
    """A line of the bulletin's table."""

    name: str
    due: str
    at: str
    late: int
    remark: str


@dataclass(frozen=True, slots=True)
class BulletinWords:
    """What the template bulletin reads under `bulletin`."""

    heading: str
    number: str
    addressees: str
    opening: str
    sections: tuple[str, ...]
    table_title: str
    rows: tuple[TableRow, ...]
    as_of: str
    date: str
    cc: str = ""
    checkpoint: str = slot("checkpoint")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A paper to be made: the template, what it reads, and the slots' values."""

    kind: str
    words: Words | BulletinWords
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Printed:
    """A paper as bytes."""

    pdf: bytes
    docx: bytes
    pages: int
    heading: str


class ReminderPress:
    """Makes the papers of one run."""

    def __init__(self, root: Path, office: Office) -> None:
        self._office = office
        self._templates = Templates(template_texts(root), office_seals(root, office))
        self._style = office_style(root, office)
        self._faces = office_faces(root, office)

    def make(self, wanted: Sequence[Wanted]) -> tuple[Printed, ...]:
        """The papers, in order. TemplateError."""
        sheets: dict[int, tuple[Sheet, Typesetter, DocxMould]] = {}
        set_: list[tuple[Pages, DocxMould, Mapping[str, str]]] = []
        for one in wanted:
            name = "bulletin" if one.kind == "bulletin" else "reminder"
            unit = {"unit": SimpleNamespace(name=slot("unit.name"))} if name == "reminder" else {}
            sheet = self._templates.form(one.kind, {"office": self._office, name: one.words, **unit})
            if id(sheet) not in sheets:
                mould = DocxMould(sheet, self._style, self._office.word_fonts.given)
                sheets[id(sheet)] = (sheet, Typesetter(sheet, self._style, self._faces), mould)
            _sheet, typesetter, mould = sheets[id(sheet)]
            set_.append((typesetter.pages(one.values), mould, one.values))
        writer = PdfWriter(self._faces.sources, characters_of([pages for pages, _m, _v in set_]), red=self._style.red)
        return tuple(
            Printed(writer.write(pages), mould.copy(values), len(pages.shape.pages), one.words.heading)
            for one, (pages, mould, values) in zip(wanted, set_, strict=True)
        )


# -- words -------------------------------------------------------------------------------------------------------------


def reminder_words(
    claim: Claim,
    paper: Paper,
    office: ZoneInfo,
    now: datetime,
    *,
    within: int,
    answer_by: date,
    basis: str = "",
    approver: str = "",
    superior: str = "",
    hazards: Sequence[Hazard] = (),
) -> Words:
    """The words of a notice, a 催办 or a 督办; number and unit stand in it as slots."""
    answer = ANSWERS.get(paper.ask, "")
    day = now.astimezone(office).date()
    headings = {
        "notice": f"关于按时报送{answer}的提醒",
        "reminder": f"关于报送{answer}的催办通知（{ordinal(claim.nth)}）",
        "escalation": f"关于报送{answer}的督办通知",
        "hazards": f"关于整改逾期隐患的催办通知（{ordinal(max(claim.nth, 1))}）",
    }
    return Words(
        heading=headings[claim.manner],
        number=slot("number") if claim.manner != "notice" else "",
        nth=claim.nth,
        nth_text=ordinal(claim.nth) if claim.nth else "",
        title=paper.title,
        circular_number=paper.number,
        circular_date=chinese_date(date.fromisoformat(paper.date)) if paper.date else "",
        answer=answer,
        due=moment_text(claim.due, office),
        original_due=moment_text(claim.original_due, office) if claim.original_due != claim.due else "",
        late=claim.late,
        as_of=hour_text(now, office),
        before_text=f"催办{_times(claim.before)}次" if claim.before else "",
        within=within,
        answer_by=chinese_date(answer_by),
        basis=quoted_basis(basis),
        date=chinese_date(day),
        approver=approver,
        superior=superior,
        hazards=tuple(_hazard_line(hazard) for hazard in hazards),
    )


def _hazard_line(hazard: Hazard) -> HazardLine:
    due = date.fromisoformat(hazard.due)
    text = hazard.due and f"{due.month}月{due.day}日"
    who = hazard.responsible
    return HazardLine(str(hazard.number), hazard.place, hazard.hazard, LEVELS[hazard.level], who, text)


def reminder_values(
    unit: str, name: str, number: str, circular: str, revision: int, checkpoint: Checkpoint, codes: Codes
) -> dict[str, str]:
    """The slots of a unit's own paper. `number`: empty while it is a draft."""
    payload = codes.payload(Code("escalation", circular, unit, 1, revision, checkpoint))
    return {
        "unit.name": name,
        "number": number or _UNNUMBERED,
        "checkpoint": brief(checkpoint),
        "slip.code": payload,
        "slip.readable": codes.readable(payload),
    }


def bulletin_words(
    paper: Paper,
    rows: Sequence[BulletinRow],
    office: ZoneInfo,
    now: datetime,
    *,
    addressees: str,
    answer_by: date,
    basis: str = "",
    cc: str = "",
) -> BulletinWords:
    """The words of a 通报: who has answered and who has not, as of now; nothing that is not recorded."""
    answer, situation = ANSWERS[paper.ask], _SITUATION[paper.ask]
    as_of = hour_text(now, office)
    due = moment_text(paper.original_due or paper.due or "", office)
    asked = [row for row in rows if row.fact != "exempt"]
    done, done_late, late = ([row.name for row in asked if row.fact == fact] for fact in ("done", "done-late", "late"))
    rest = [row for row in asked if row.fact in ("review", "ours", "open")]
    opening = (
        f"《{paper.title}》（{paper.number}）要求各单位于{due}前报送{answer}。截至{as_of}，"
        f"应报送单位{len(asked)}个，已报送{len(done) + len(done_late)}个，其中按时报送{len(done)}个、"
        f"逾期报送{len(done_late)}个；逾期未报送{len(late)}个"
    )
    opening += f"；另有{len(rest)}个单位材料正在核对、正在联系或未到时限，见附件" if rest else ""
    opening += f"。{'依据' + quoted_basis(basis) + '，' if basis else ''}现将有关情况通报如下："
    sections = []
    if late:
        sections.append(f"逾期未报送的单位（{len(late)}个）。" + "、".join(late) + "。")
    if done_late:
        sections.append(f"逾期报送的单位（{len(done_late)}个）。" + "、".join(done_late) + "。")
    if late:
        demand = f"有关要求。请尚未报送的单位于{chinese_date(answer_by)}前报送{answer}；确有困难的，书面说明原因。"
        sections.append(demand + "各单位情况见附件，有出入的请与联系人核对。")
    return BulletinWords(
        heading=f"{_subject(paper)}{situation}的通报",
        number=slot("number"),
        addressees=addressees,
        opening=opening,
        sections=tuple(f"{chinese_number(place)}、{text}" for place, text in enumerate(sections, 1)),
        table_title=f"{situation}统计表",
        rows=tuple(_table_row(row, office) for row in rows),
        as_of=as_of,
        date=chinese_date(now.astimezone(office).date()),
        cc=cc,
    )


_REMARKS = {
    "late": "未报",
    "done-late": "逾期报送",
    "exempt": "免报",
    "review": "材料核对中",
    "ours": "正在联系",
    "open": "未到时限",
}


def _table_row(row: BulletinRow, office: ZoneInfo) -> TableRow:
    remark = _REMARKS.get(row.fact, "")
    if row.extended:
        remark = "、".join(filter(None, ("已延期", remark)))
    return TableRow(row.name, _short(row.due, office), _short(row.at, office), row.late, remark)


def _subject(paper: Paper) -> str:
    """The circular as another title names it: 关于做好…工作通知, without its issuer; by its number where its own title
    is of another shape."""
    match = _ABOUT.search(paper.title)
    return f"关于{match[1]}{match[2]}" if match else f"关于{paper.number}文件"


def quoted_basis(basis: str) -> str:
    """The basis that a circular gives, as another paper quotes it: its 本通知 is that circular, not this one."""
    return _THIS.sub(r"该\1", basis.strip().rstrip("。；"))


def _times(number: int) -> str:
    return "两" if number == 2 else chinese_number(number)


def _short(text: str | None, office: ZoneInfo) -> str:
    if not text:
        return ""
    moment = local(text, office)
    return f"{moment.month}月{moment.day}日" + ("" if _end_of_day(moment) else f"{moment.hour}时")


def moment_text(text: str, office: ZoneInfo) -> str:
    """A time of the ledger as papers print it: 2026年11月30日17时; the day alone where it is its end."""
    if not text:
        return ""
    moment = local(text, office)
    day = chinese_date(moment)
    if _end_of_day(moment):
        return day
    return f"{day}{moment.hour}时" + (f"{moment.minute}分" if moment.minute else "")


def hour_text(now: datetime, office: ZoneInfo) -> str:
    """The hour of a moment: 2026年12月1日9时."""
    moment = now.astimezone(office)
    return f"{chinese_date(moment)}{moment.hour}时" + (f"{moment.minute}分" if moment.minute else "")


def _end_of_day(moment: datetime) -> bool:
    return (moment.hour, moment.minute) == (23, 59)


def chinese_number(number: int) -> str:
    """1 to 99 in Hanzi: 三, 十二, 二十."""
    tens, ones = divmod(number, 10)
    return (_DIGITS[tens] if tens > 1 else "") + "十" * bool(tens) + (_DIGITS[ones] if ones or not tens else "")


def ordinal(number: int) -> str:
    """第一次."""
    return f"第{chinese_number(number)}次"
