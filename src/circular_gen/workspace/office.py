"""office.yaml → Office: who issues, with which marks, fonts, seal and servers.

In: the document that `reading` gives. Out: the model, or located errors. Passwords never stand in it.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field, StringConstraints, TypeAdapter, ValidationInfo, field_validator
from pydantic import WithJsonSchema as Schema

from circular_gen.messages import _
from circular_gen.workspace.findings import Finding, nearest
from circular_gen.workspace.keys import SECTIONS
from circular_gen.workspace.reading import Document, validate
from circular_gen.workspace.recipients import Contact
from circular_gen.workspace.reminders import Reminders
from circular_gen.workspace.values import CellWidth, Line, Margins, Names, Truth, Written, written, wrong

FaceKey = Literal["fangsong", "xiaobiaosong", "hei", "kai", "song"]
_SUFFIX = "文件"
_ZONE = "Asia/Shanghai"


class Layout(Written):
    """`cell`: grid (28 Hanzi fill the line) or natural (16 pt); `margins`: plain or gb33476."""

    section: ClassVar[str] = "layout"
    model_config = written("layout")
    cell: CellWidth = "grid"
    margins: Margins = "plain"


class _Faces(Written):
    fangsong: Line = ""
    xiaobiaosong: Line = ""
    hei: Line = ""
    kai: Line = ""
    song: Line = ""

    @property
    def given(self) -> Mapping[FaceKey, str]:
        """Face → what the office wrote for it; faces without an entry are left out."""
        faces: tuple[FaceKey, ...] = ("fangsong", "xiaobiaosong", "hei", "kai", "song")
        return {face: text for face in faces if (text := getattr(self, face))}


class Fonts(_Faces):
    """Font files, face by face, as paths below the workspace's root."""

    section: ClassVar[str] = "fonts"
    model_config = written("fonts")


class WordFonts(_Faces):
    """Font names that a DOCX asks for, face by face."""

    section: ClassVar[str] = "word_fonts"
    model_config = written("word_fonts")


class Seal(Written):
    """`image`: a path below the workspace's root; `diameter` in mm; `others`: pictures of the other issuers of joint
    papers, by their names."""

    section: ClassVar[str] = "seal"
    model_config = written("seal")
    image: Line
    diameter: Annotated[float, Field(ge=10, le=60)] = 42.0
    others: dict[Line, Line] = Field(default_factory=dict)


def _server(*schemes: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, str):
            match = re.fullmatch(r"([a-z+]+)://(?:([^@/]*)@)?([^/@\s]+)(/\S*)?", value)
            if match is None or match[1] not in schemes:
                message = _("“{value}” is no server; it begins with {schemes}")
                raise wrong(
                    "bad-server", message.format(value=_hidden(value), schemes=", ".join(s + "://" for s in schemes))
                )
            if match[2] and ":" in match[2]:
                message = _(
                    "no password stands in office.yaml; give it as CIRCULAR_GEN_SMTP_PASSWORD or "
                    "CIRCULAR_GEN_IMAP_PASSWORD or in records/mail.yaml"
                )
                raise wrong("password", message)
        return value

    return BeforeValidator(check)


def _hidden(address: str) -> str:
    return re.sub(r":[^:@/]*@", ":…@", address)


class Mail(Written):
    """`smtp`, `imap`: addresses of servers, without passwords; `from_` (from): the sender's address;
    `done`: the mailbox's folder for mail that was taken in; `rate`: messages a minute, 0 for no limit; `plus`: each
    message's reports come to an address of its own."""

    section: ClassVar[str] = "mail"
    model_config = written("mail")
    smtp: Annotated[Line, _server("smtp", "smtp+starttls", "smtps"), Schema({"type": "string"})] = ""
    from_: Line = ""
    imap: Annotated[Line, _server("imap", "imap+starttls", "imaps"), Schema({"type": "string"})] = ""
    done: Line = "已处理"
    rate: Annotated[int, Field(ge=0, le=100_000)] = 0
    read_receipts: Truth = False
    plus: Truth = True


class Handing(Written):
    """How papers are handed over. `folder`: a path, from the workspace's root or absolute; `envelope`: a window."""

    section: ClassVar[str] = "dispatch"
    model_config = written("dispatch")
    folder: Line = ""
    word_forms: Truth = False
    envelope: Line = ""


class Sign(Written):
    """`trust`: files and folders of certificates below the workspace's root; whom they sign for is trusted."""

    section: ClassVar[str] = "sign"
    model_config = written("sign")
    trust: Names = ()


CODE_PLACES = ("fonds", "category", "year", "retention", "department", "item")
"""What a pattern of archival codes may hold, in braces."""


class Archive(Written):
    """`fonds`, `category`, `department`: codes of letters and digits. `code`: the pattern of an archival code, empty
    for that of DA/T 22. `time_authority`: a URL. `signing_key`: a PKCS #12 file below the workspace's root."""

    section: ClassVar[str] = "archive"
    model_config = written("archive")
    fonds: Annotated[Line, StringConstraints(pattern=r"^[A-Za-z0-9]{1,12}$")] = ""
    fonds_name: Line = ""
    category: Annotated[Line, StringConstraints(pattern=r"^[A-Za-z0-9]{1,8}$")] = "WS"
    department: Annotated[Line, StringConstraints(pattern=r"^[A-Za-z0-9]{1,12}$")] = ""
    code: Line = ""
    time_authority: Annotated[Line, _server("http", "https"), Schema({"type": "string"})] = ""
    signing_key: Line = ""

    @field_validator("code")
    @classmethod
    def _known_places(cls, value: str) -> str:
        places = re.findall(r"\{([^{}]*)\}", value)
        unknown = [place for place in places if place not in CODE_PLACES]
        if value and (unknown or "item" not in places or re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", value))):
            message = _("the pattern {pattern} of an archival code holds {item}, and of others only {places}")
            shown = ", ".join(f"{{{place}}}" for place in CODE_PLACES)
            raise wrong("bad-pattern", message.format(pattern=value, item="{item}", places=shown))
        return value


def _settings(value: Any) -> Any:
    """A free mapping's plain texts as the numbers and truth values they look like."""
    if isinstance(value, dict):
        return {key: _settings(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_settings(one) for one in value]
    if value in ("true", "false"):
        return value == "true"
    if isinstance(value, str) and re.fullmatch(r"-?(0|[1-9]\d{0,17})", value):
        return int(value)
    return value


class Office(Written):
    """The office. `mark`: the issuer mark with its 文件; `mark_name`: without it, as a letter prints it."""

    section: ClassVar[str] = "office"
    model_config = written("office")
    name: Line
    mark: Line = Field(default="", validate_default=True)
    code: Line
    contact: Contact | None = None
    printed_by: Line = Field(default="", validate_default=True)
    layout: Layout = Field(default_factory=Layout.model_construct)
    fonts: Fonts = Field(default_factory=Fonts.model_construct)
    word_fonts: WordFonts = Field(default_factory=WordFonts.model_construct)
    seal: Seal | None = None
    timezone: Line = _ZONE
    ledger: Line | None = None
    mail: Mail | None = None
    dispatch: Handing = Field(default_factory=Handing.model_construct)
    archive: Archive | None = None
    reminders: Reminders = Field(default_factory=Reminders.model_construct)
    sign: Sign | None = None
    portal: Annotated[dict[str, Any], BeforeValidator(_settings)] = Field(default_factory=dict)

    @field_validator("mark", "printed_by", mode="before")
    @classmethod
    def _from_name(cls, value: Any, info: ValidationInfo) -> Any:
        name = info.data.get("name", "?")
        return value or (name + _SUFFIX if info.field_name == "mark" else name)

    @field_validator("code")
    @classmethod
    def _plain_code(cls, value: str) -> str:
        if re.search(r"[\s〔〕\[\]()（）]", value):
            message = _("the issuer code {code} is the part before 〔, without brackets or spaces")
            raise wrong("bad-code", message.format(code=value))
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value == _ZONE:  # looking through all zones takes longer than the rest of the file
            return value
        zones = available_timezones()
        if value not in zones:
            message = _("the time zone {zone} is unknown; did you mean {nearest}?")
            raise wrong("unknown-zone", message.format(zone=value, nearest=nearest(value, sorted(zones), 1)[0]))
        return value

    @field_validator("ledger")
    @classmethod
    def _known_ledger(cls, value: str | None) -> str | None:
        if value is not None and not re.match(r"(postgresql|sqlite)(\+\w+)?://", value):
            message = _("“{value}” is no ledger; leave it out for records/ledger.db or write postgresql://…")
            raise wrong("bad-ledger", message.format(value=_hidden(value)))
        return value

    def __hash__(self) -> int:
        return hash((self.name, self.code))

    @property
    def mark_name(self) -> str:
        return self.mark.removesuffix(_SUFFIX)

    @property
    def mark_suffix(self) -> str:
        """文件, or nothing where the mark is the name alone."""
        return self.mark[len(self.mark_name) :]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def font_path(root: Path, text: str) -> tuple[Path, int]:
    """The file that `text` names below `root`, and which font of a collection: `simsun.ttc#1` is the second one."""
    name, sign, number = text.rpartition("#")
    if sign and number.isdecimal() and not _is_file(root / text):
        return root / name, int(number)
    return root / text, 0


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 (as in circular.py)


_ADAPTER = TypeAdapter(Office)


def read_office(document: Document, root: Path) -> tuple[Office | None, tuple[Finding, ...]]:
    """The office of `document`; the files it names are looked for below `root`."""
    office, findings = validate(_ADAPTER, "office", document)
    return office, (*findings, *_missing_files(document, root))


def _missing_files(document: Document, root: Path) -> list[Finding]:
    fonts = document.at((), "office", "fonts")
    wanted = [document.at(fonts, "fonts", face) for face in SECTIONS["fonts"]]
    seal = document.at((), "office", "seal")
    seals = [document.at(seal, "seal", "image")]
    others = document.at(seal, "seal", "others")
    named = document.value(others)
    seals += [(*others, name) for name in named] if isinstance(named, dict) else []
    findings = []
    for at in (*wanted, *seals):
        name = document.value(at)
        if not isinstance(name, str):
            continue
        path = root / name if at in seals else font_path(root, name)[0]
        if not _is_file(path):
            findings.append(document.finding("error", "no-file", _("there is no file {name}").format(name=name), at))
    return findings
