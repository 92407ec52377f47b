"""Originals: what each unit is to have of an issued circular, from records/issued and from nowhere else.

In: open records and a circular's name. Out: files with the hashes they were issued with. The manifest is the one whose
hash the ledger recorded, else nothing is given out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from circular_gen.dispatch.letter import File, file_name, one_line
from circular_gen.errors import CircularGenError
from circular_gen.ledger import Paper
from circular_gen.messages import _
from circular_gen.records import MANIFEST, Records, RecordsError, read_manifest, sha256_of
from circular_gen.workspace.circular import chinese_date

_FORMS = {"acknowledge": "签收回执", "report": "落实情况反馈表", "attend": "参会回执"}
_TITLES = {"checklist": "检查清单", "receipt": "签收回执"}


class NotToBeSentError(CircularGenError):
    """The circular may not be sent; says why."""


@dataclass(frozen=True, slots=True)
class Originals:
    """The originals of a circular's newest edition. `said`: what its event says of it."""

    paper: Paper
    folder: Path
    entries: Mapping[str, Mapping[str, Any]]
    said: Mapping[str, Any]

    @property
    def title(self) -> str:
        return self.paper.title

    @property
    def subject(self) -> str:
        """发文字号 and title."""
        return one_line(f"{self.paper.number} {self.paper.title}")

    def file(self, path: str, *name: str) -> File:
        """The file at `path` of the originals, called by the words of `name`."""
        entry = self.entries[path]
        place = self.folder / path
        return File(file_name(*name, suffix=place.suffix), place, entry["sha256"], entry["bytes"])

    def whole(self, unit: str) -> File:
        """All that a unit is to read, in one file: its package; the circular alone where that is all; the Word file
        where there is no PDF. NotToBeSentError where there is none."""
        name = (self.paper.number, self.paper.title)
        forms = any(f"{unit}/{kind}.{suffix}" in self.entries for kind in _TITLES for suffix in ("pdf", "docx"))
        packages = [f"{unit}/package.pdf"]
        circulars = [f"{unit}/circular.pdf", "circular.pdf", f"{unit}/circular.docx", "circular.docx"]
        for path in packages + circulars if forms else circulars + packages:
            if path in self.entries:
                return self.file(path, *name)
        message = _("the originals of {name} hold nothing for {unit}")
        raise NotToBeSentError(message.format(name=self.paper.circular, unit=unit))

    def files(self, unit: str, *, word_forms: bool = False) -> tuple[File, ...]:
        """What a unit gets as files. `word_forms`: its forms as DOCX too."""
        found = [self.whole(unit)]
        packed = self._packed(unit)
        for kind in _TITLES:
            called = self._called(kind)
            pdf, word = f"{unit}/{kind}.pdf", f"{unit}/{kind}.docx"
            if pdf in self.entries and not packed:
                found.append(self.file(pdf, self.paper.number, called))
            if word in self.entries and (word_forms or (pdf not in self.entries and not packed)):
                found.append(self.file(word, self.paper.number, called))
        return tuple(found)

    def enclosed(self, unit: str) -> tuple[str, ...]:
        """The forms that the unit's whole file holds besides the circular, as papers call them."""
        if not self._packed(unit):
            return ()
        return tuple(self._called(kind) for kind in _TITLES if f"{unit}/{kind}.pdf" in self.entries)

    def _packed(self, unit: str) -> bool:
        return self.whole(unit).path.name == "package.pdf"

    def _called(self, kind: str) -> str:
        return _FORMS.get(self.paper.ask, _TITLES[kind]) if kind == "receipt" else _TITLES[kind]

    def asked(self, unit: str) -> bool:
        """Whether a receipt is asked of the unit."""
        return any(f"{unit}/receipt.{suffix}" in self.entries for suffix in ("pdf", "docx"))


def read_originals(records: Records, name: str) -> Originals:
    """The originals of the newest edition of `name`. UsageError and CircularGenError for what is not issued,
    NotToBeSentError for what is withdrawn or abolished, RecordsError where the originals are missing or changed."""
    paper = records.paper(name)
    if void := paper.withdrawn or paper.abolished:
        message = _("{name} is withdrawn or abolished ({reason}); it is not sent")
        raise NotToBeSentError(message.format(name=paper.circular, reason=void))
    edition = records.edition(paper.circular).payload
    folder = records.folder(paper.circular, paper.revision)
    recorded = edition.get("files", {}).get(MANIFEST)
    if recorded is None or not (folder / MANIFEST).is_file():
        message = _("the originals of {name} are not in {folder}; what was issued can only be sent from there")
        raise RecordsError(message.format(name=paper.circular, folder=folder))
    if sha256_of(folder / MANIFEST) != recorded:
        message = _("the originals of {name} in {folder} are not those that were issued; run ledger verify")
        raise RecordsError(message.format(name=paper.circular, folder=folder))
    return Originals(paper, folder, read_manifest(folder)["files"], edition)


def moment_text(moment: datetime | None) -> str:
    """2026年12月25日17时30分; the day alone for its end."""
    if moment is None:
        return ""
    day = chinese_date(date(moment.year, moment.month, moment.day))
    if (moment.hour, moment.minute) == (23, 59):
        return day
    return f"{day}{moment.hour}时" + (f"{moment.minute}分" if moment.minute else "")


def digests(files: Iterable[File]) -> list[list[str]]:
    """Names and hashes, for a payload's digest."""
    return [[file.name, file.sha256] for file in files]
