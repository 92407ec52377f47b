"""Lint of drafts: what in a circular's YAML is wrong, or would make a careful reader stop.

In: an open workspace and a circular's id. Out: findings with a stable code and a place. Errors are what `read` finds
(the paper cannot be made) and a number used twice; all else warns. The looks of finished files are measured elsewhere.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from circular_gen.annexes import reading
from circular_gen.annexes.seals import office_seals
from circular_gen.messages import _
from circular_gen.sheet.numbering import NUMERAL, numbering, numeral, sign
from circular_gen.typefaces import office_faces
from circular_gen.typeset.fonts import Faces, MissingGlyph
from circular_gen.workspace import Circular, Copy, Finding, Workspace, WorkspaceError, plan_copies
from circular_gen.workspace.findings import by_place
from circular_gen.workspace.keys import SECTIONS
from circular_gen.workspace.reading import At, Document, read

TITLE_LENGTH = 50
_FILE_KEYS = SECTIONS["annex"]["file"].spellings
_NAMED = 5
_TRUE = ("true", "yes", "是")
_H = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_FULL_WIDTH = {",": "，", ".": "。", ";": "；", ":": "：", "!": "！", "?": "？", "(": "（", ")": "）"}
_HALF_WIDTH = re.compile(
    rf"(?<=[{_H}\"”’》）])[,.;:!?](?=[{_H}]|[ \u3000]*$)|(?<=[{_H}])[()]|[()](?=[{_H}])", re.MULTILINE
)
_STRAIGHT = re.compile(rf"(?<=[{_H}，。、；：？！（《])[\"']|[\"'](?=[{_H}，。、；：？！）》])")
_DOUBLED = re.compile("([，。、；：！？])\\1+|[，、；：][，。、；：！？]|[。！？][，。、；：]")
_YEAR = re.compile(
    r"[\[［【]((?:19|20)\d\d)[\]］】](?:第?0*(\d+)号)?|[(（]((?:19|20)\d\d)[)）](?=第?\d+号)|〔(?:19|20)\d\d〕(?:第|0)\d+号"
)
_TRAILING = re.compile("(?<![ \u3000\u00a0])[ \u3000\u00a0]+$", re.MULTILINE)
_INDENT = re.compile("^[ \u3000\u00a0]+(?=[^ \u3000\u00a0\n])", re.MULTILINE)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064]")
_ANNEX = re.compile(
    rf"(?<![》号原其])附件[ ]?(?:(?P<first>\d{{1,2}}|{NUMERAL})(?:[ ]?[-—–~～至][ ]?(?:附件)?(?P<last>\d{{1,2}}))?"
    rf"|(?=[）)《]))|(?:见|按|按照|根据|依据|填写|填报|参照)附件(?![ ]?[\d一二三四五六七八九十])"
)


def lint(workspace: Workspace, name: str, today: date | None = None) -> tuple[Finding, ...]:
    """Every finding of the draft `name`, in the file's order. `today`: what its date is measured by; default: now."""
    circular, findings = workspace.read(name)
    found = list(findings)
    document = read(workspace.path(name))[0]
    if document is not None and isinstance(document.data, dict):
        faces = office_faces(workspace.root, workspace.office)
        for at, text in _texts(document, ()):
            found += _typography(document, at, text)
            found += _glyphs(document, at, text, faces)
        for at, text in _running_texts(document):
            found += _numbering(document, at, text)
        found += _named_annexes(document)
        found += _number_twice(workspace, name, document)
    if circular is not None and document is not None:
        found += _title(document, circular)
        found += _date(document, circular, today or datetime.now(workspace.office.zone).date())
        found += _receipt(document, circular)
        found += _upward(document, circular)
        found += _seal(document, circular, workspace)
        copies = plan_copies(circular, workspace.registry)
        found += _tasks(document, circular, copies)
        found += _contacts(document, copies)
        found += _annex_files(document, circular, faces)
    return by_place(found)


def _texts(document: Document, at: At) -> Iterator[tuple[At, str]]:
    """Every text of the file with its place; names of files are as they are."""
    value = document.value(at)
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            if key not in _FILE_KEYS:
                yield from _texts(document, (*at, key))


def _running_texts(document: Document) -> Iterator[tuple[At, str]]:
    """The body and the annexes' bodies."""
    annexes = document.at((), "circular", "annexes")
    found = document.value(annexes)
    places = [document.at((), "circular", "body")]
    if isinstance(found, list):
        places += [document.at((*annexes, number), "annex", "body") for number in range(len(found))]
    for at in places:
        if isinstance(text := document.value(at), str):
            yield at, text


def _typography(document: Document, at: At, text: str) -> Iterator[Finding]:
    def warn(code: str, message: str, offset: int) -> Finding:
        return document.finding_inside("warning", code, message, at, offset)

    for match in _HALF_WIDTH.finditer(text):
        message = _("half-width {mark} beside Hanzi; write {right}")
        right = _FULL_WIDTH[match[0]]
        yield warn("half-width-punctuation", message.format(mark=match[0], right=right), match.start())
    for match in _STRAIGHT.finditer(text):
        message = _("straight quotation mark {mark}; write {right}")
        right = "“ ”" if match[0] == '"' else "‘ ’"
        yield warn("straight-quote", message.format(mark=match[0], right=right), match.start())
    for match in _DOUBLED.finditer(text):
        yield warn("doubled-mark", _("two marks in a row: {marks}").format(marks=match[0]), match.start())
    for match in _YEAR.finditer(text):
        message = _("a document number has its year in 〔 〕 and neither 第 nor a leading zero, not {found}")
        yield warn("year-bracket", message.format(found=match[0]), match.start())
    for match in _TRAILING.finditer(text):
        yield warn("trailing-space", _("spaces at the end of the line"), match.start())
    for match in _INDENT.finditer(text):
        message = _("spaces at the beginning of the paragraph; the layout indents it by itself")
        yield warn("indent-space", message, match.start())
    for match in _INVISIBLE.finditer(text):
        message = _("an invisible character (U+{point:04X}); delete it").format(point=ord(match[0]))
        yield warn("invisible-character", message, match.start())


def _annex_files(document: Document, circular: Circular, faces: Faces) -> Iterator[Finding]:
    """What is wrong with annexes that are files; characters that no font has, each once a file."""
    yield from reading.findings(circular, document)
    for file in reading.annex_files(circular):
        if isinstance(file.content, str):
            continue
        at = reading.at_file(document, file.number)
        characters = dict.fromkeys("".join(reading.texts(file.content.blocks)))
        for character in characters:
            if character != "\n" and not faces.covers(character):
                yield document.finding("error", "no-glyph", f"{file.annex.file}: {MissingGlyph(character)}", at)


def _glyphs(document: Document, at: At, text: str, faces: Faces) -> Iterator[Finding]:
    """Characters that no font has, each once a text: the paper cannot be made with them."""
    for character in sorted(set(text), key=text.index):
        if character != "\n" and not faces.covers(character):
            message = str(MissingGlyph(character))
            yield document.finding_inside("error", "no-glyph", message, at, text.index(character))


def _numbering(document: Document, at: At, text: str) -> Iterator[Finding]:
    last = [0, 0, 0, 0]
    offset = 0
    for line in text.split("\n"):
        start = len(line) - len(line.lstrip())
        if found := numbering(line[start:]):
            level = found.level - 1
            before, last[level:] = last[level], [found.value, 0, 0, 0][: 4 - level]
            if found.value != before + 1:
                if found.value <= before:
                    code, message = "numbering-repeat", _("{found} stands here again; {expected} would follow")
                else:
                    code, message = "numbering-jump", _("{found} stands here where {expected} would follow")
                message = message.format(found=found.text, expected=sign(found.level, before + 1, found.digits))
                yield document.finding_inside("warning", code, message, at, offset + start)
        offset += len(line) + 1


def _named_annexes(document: Document) -> Iterator[Finding]:
    annexes = document.value(document.at((), "circular", "annexes"))
    forwarded = SECTIONS["annex"]["forwarded"].spellings
    own = [
        annex
        for annex in (annexes if isinstance(annexes, list) else ())
        if not (isinstance(annex, dict) and any(str(annex.get(key)).lower() in _TRUE for key in forwarded))
    ]
    count = len(own)
    tasks = document.at((), "circular", "tasks")
    for at, text in (*_texts(document, document.at((), "circular", "body")), *_texts(document, tasks)):
        for match in _ANNEX.finditer(text):
            highest = max(numeral(match["first"] or ""), numeral(match["last"] or ""), 1)
            if highest > count:
                message = _("the text names {annex}, but there are {count} annexes")
                message = message.format(annex=match[0], count=count)
                yield document.finding_inside("warning", "missing-annex", message, at, match.start())


def _number_twice(workspace: Workspace, name: str, document: Document) -> Iterator[Finding]:
    at = document.at((), "circular", "number")
    number = document.value(at)
    if not isinstance(number, str):
        return
    for other in workspace.names():
        path = workspace.path(other)
        if other != name and _number_of(path, path.stat().st_mtime_ns) == number:
            message = _("the number {number} is also that of {other}").format(number=number, other=other)
            yield document.finding("error", "number-twice", message, at)


@lru_cache(maxsize=10_000)
def _number_of(path: Path, _changed: int) -> str | None:
    document = read(path)[0]
    number = document.value(document.at((), "circular", "number")) if document else None
    return number if isinstance(number, str) else None


def _title(document: Document, circular: Circular) -> Iterator[Finding]:
    at = document.at((), "circular", "title")
    title = circular.title.replace("\n", "")
    ending = "令" if circular.kind == "命令" else circular.kind
    if not re.sub("（[^（）]*）$", "", title).endswith(ending):
        message = _("the title does not end with the kind of paper, {kind}").format(kind=ending)
        yield document.finding("warning", "title-kind", message, at)
    if len(title) > TITLE_LENGTH:
        message = _("the title has {count} characters; more than {most} are hard to read")
        yield document.finding("warning", "title-long", message.format(count=len(title), most=TITLE_LENGTH), at)


def _date(document: Document, circular: Circular, today: date) -> Iterator[Finding]:
    if (circular.date.year, circular.date.month, circular.date.day) > (today.year + 1, today.month, today.day):
        at = document.at((), "circular", "date")
        message = _("the date {date} is over a year ahead").format(date=circular.date.isoformat())
        yield document.finding("warning", "date-far", message, at)


def _receipt(document: Document, circular: Circular) -> Iterator[Finding]:
    if circular.receipt.ask == "none":
        return
    at = document.at((), "circular", "receipt")
    if circular.receipt.by is None:
        message = _("a receipt is asked for without a deadline; write by: with date and hour")
        yield document.finding("warning", "receipt-no-deadline", message, at, key=True)
    if not circular.receipt.basis.strip():
        message = _("a receipt is asked for without its basis; the form prints it, since units owe none without one")
        yield document.finding("warning", "receipt-no-basis", message, at, key=True)


def _seal(document: Document, circular: Circular, workspace: Workspace) -> Iterator[Finding]:
    """A picture of a seal looks like a seal and is none."""
    if workspace.office.seal is None or circular.signature != "sealed" or circular.format == "minutes":
        return
    at = document.at((), "circular", "signature")
    try:
        pictures = office_seals(workspace.root, workspace.office).pictures
    except WorkspaceError as error:
        yield from error.findings
        return
    names = circular.issuers or (workspace.office.name,)
    if any(name in pictures for name in names):
        message = _("the paper carries the picture of a seal; a printed picture is no legal electronic seal")
        yield document.finding("warning", "seal-picture", message, at)
    if lacking := [name for name in names if name not in pictures]:
        message = _("there is no seal's picture for {names}; room is left for the real one")
        yield document.finding("warning", "seal-missing", message.format(names="、".join(lacking)), at)


def _upward(document: Document, circular: Circular) -> Iterator[Finding]:
    if circular.is_upward and not circular.approver:
        message = _("a {kind} shows who approved it; write approver（签发人）").format(kind=circular.kind)
        yield document.finding("warning", "no-approver", message, document.at((), "circular", "kind"))


def _tasks(document: Document, circular: Circular, copies: Iterable[Copy]) -> Iterator[Finding]:
    reached = {task.id for tasks in {copy.tasks for copy in copies} for task in tasks}
    tasks = document.at((), "circular", "tasks")
    for number, task in enumerate(circular.tasks):
        if task.id not in reached:
            message = _("the task {task} reaches no addressee").format(task=task.id)
            at = document.at((*tasks, number), "task", "for")
            yield document.finding("warning", "task-no-unit", message, at)


def _contacts(document: Document, copies: Iterable[Copy]) -> Iterator[Finding]:
    for name, role in (("addressees", "addressee"), ("cc", "cc")):
        units = [copy.unit for copy in copies if copy.role == role]
        without = [unit for unit in units if not any(contact.phone or contact.email for contact in unit.contacts)]
        if without:
            names = "、".join(unit.short or unit.name for unit in without[:_NAMED])
            message = _("{count} units have no contact with phone or mail in recipients.yaml: {names}")
            message = message.format(count=len(without), names=names + (" …" if len(without) > _NAMED else ""))
            yield document.finding("warning", "unit-no-contact", message, document.at((), "circular", name))
