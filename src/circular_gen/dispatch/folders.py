"""Folders: each unit has a shared one, in which every circular has its own, with an index to read.

    FOLDER/chengxi/index.html, 目录.txt
    FOLDER/chengxi/清安办发〔2026〕12号 关于…的通知/….pdf

In: the originals, a unit. Out: files, written aside and renamed; what else lies there is left alone. Doing it again
gives the same, so that an interrupted run is simply repeated.
"""

import html
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from circular_gen.disk import write_whole
from circular_gen.dispatch.letter import file_name
from circular_gen.dispatch.originals import Originals
from circular_gen.dispatch.outbox import Down, Fate, HandedOver, Refused
from circular_gen.errors import CircularGenError
from circular_gen.ledger import Intent, Intents
from circular_gen.ledger.deadlines import local
from circular_gen.messages import _
from circular_gen.records import Records
from circular_gen.workspace import Unit

if TYPE_CHECKING:
    from circular_gen.dispatch.dispatching import Parcel

INDEX, LIST = "index.html", "目录.txt"


def folder_of(records: Records, unit: Unit) -> Path:
    """A unit's shared folder. It has the unit's id: names change, and a share must not."""
    return records.root / records.office.dispatch.folder / unit.id


def absent_folders(addresses: Iterable[str]) -> list[str]:
    """A line for each place of shared folders that is not there, of units' folders that are to be written into."""
    return [_absent(place) for place in sorted({Path(one).parent for one in addresses}) if not place.is_dir()]


def _absent(place: Path) -> str:
    return _("the shared folder {path} is not there; make it, or connect the drive").format(path=place)


@dataclass(frozen=True, slots=True)
class Shared:
    """A circular in a unit's folder. `day`: when it was put there, as the office reads it."""

    folder: str
    number: str
    title: str
    day: str
    due: str
    files: tuple[str, ...]


class FolderCarrier:
    """Puts files into units' shared folders."""

    channel = "folder"
    doubtful = False

    def __init__(self, records: Records, originals: Originals, units: Mapping[str, Unit]) -> None:
        self._records, self._originals, self._units = records, originals, units

    def carry(self, intent: Intent, message: "Parcel") -> Fate:
        """The unit's files and its index. `Down` where the place itself is not there."""
        own = Path(intent.address)
        if not own.parent.is_dir():
            return Down(_absent(own.parent), final=True)
        name = folder_name(self._originals, intent)
        try:
            own.mkdir(exist_ok=True)
            put_whole(own / name, {file.name: file.data() for file in message.files})
            write_index(self._records, intent, message.name, name)
        except CircularGenError:
            raise
        except PermissionError as error:
            return Refused(_("{path}: {reason}").format(path=error.filename or own, reason=error.strerror))
        except OSError as error:
            text = _("{path}: {reason}").format(path=error.filename or own, reason=error.strerror or error)
            return Down(text, final=True)
        return HandedOver(name)

    def close(self) -> None:
        pass


def folder_name(originals: Originals, intent: Intent) -> str:
    """What the circular's own folder is called in a unit's."""
    edition = f"（修订{intent.revision}）" if intent.revision else ""
    again = f"（补发{intent.nth}）" if intent.purpose == "reissue" else ""
    return file_name(originals.paper.number, originals.paper.title, suffix="") + edition + again


def put_whole(folder: Path, files: Mapping[str, bytes]) -> None:
    """A folder with these files, whole or not at all; where it is there already, each file is replaced."""
    if folder.is_dir():
        for name, data in files.items():
            write_whole(folder / name, data)
        return
    aside = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    try:
        for name, data in files.items():
            (aside / name).write_bytes(data)
        if os.name == "posix":  # mkdtemp's is for its owner alone
            aside.chmod(folder.parent.stat().st_mode & 0o777)
        aside.rename(folder)
    except BaseException:
        for path in aside.glob("*"):
            path.unlink()
        aside.rmdir()
        raise


def write_index(records: Records, intent: Intent, unit: str, name: str) -> None:
    """The unit's index.html and 目录.txt: what was put there, the newest first."""
    zone = records.office.zone
    shared = []
    with records.ledger.reading() as reader:
        rows = [
            row
            for row in Intents(reader).find(units=(intent.unit,), channels=("folder",))
            if row.address == intent.address and (row.state == "handed-over" or row.key == intent.key)
        ]
        for row in rows:
            paper = reader.paper(row.circular)
            folder = name if row.key == intent.key else row.answer
            place = Path(row.address) / folder
            if paper is None or not folder or not place.is_dir():
                continue
            due = f"{local(paper.due, zone):%Y-%m-%d %H:%M}" if paper.due and paper.ask != "none" else ""
            files = tuple(sorted(path.name for path in place.iterdir() if path.is_file() and path.name[0] != "."))
            day = f"{local(row.created, zone):%Y-%m-%d}"
            shared.append(Shared(folder, paper.number, paper.title, day, due, files))
    shared.reverse()
    own = Path(intent.address)
    write_whole(own / INDEX, _html(records.office.name, unit, shared).encode())
    write_whole(own / LIST, ("\ufeff" + _list(records.office.name, unit, shared)).encode())


def _html(office: str, unit: str, shared: Iterable[Shared]) -> str:
    rows = []
    for one in shared:
        links = "<br>".join(
            f'<a href="{quote(one.folder)}/{quote(name)}">{html.escape(name)}</a>' for name in one.files
        )
        cells = (one.day, one.number, one.title, one.due or "——")
        texts = "".join(f"<td>{html.escape(text)}</td>" for text in cells)
        rows.append(f"<tr>{texts}<td>{links}</td></tr>")
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        f"<title>{html.escape(unit)}：文件目录</title>\n"
        "<style>body{font-family:sans-serif;margin:2em}table{border-collapse:collapse}"
        "td,th{border:1px solid #999;padding:.4em .6em;text-align:left;vertical-align:top}</style></head>\n"
        f"<body><h1>{html.escape(unit)}：文件目录</h1><p>{html.escape(office)}</p>\n"
        "<table><tr><th>日期</th><th>文号</th><th>标题</th><th>回执截止</th><th>文件</th></tr>\n"
        + "\n".join(rows)
        + "\n</table></body></html>\n"
    )


def _list(office: str, unit: str, shared: Iterable[Shared]) -> str:
    lines = [f"{unit}：文件目录", office, ""]
    for one in shared:
        due = f"（回执截止 {one.due}）" if one.due else ""
        lines += [f"{one.day}  {one.number}  {one.title}{due}", *(f"    {one.folder}/{name}" for name in one.files), ""]
    return "\r\n".join(lines)
