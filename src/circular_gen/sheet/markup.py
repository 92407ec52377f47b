"""The XML that a template writes → Sheet: which elements there are, and what each may hold.

In: a template's source, whose tags `marked` tags with their places; the rendered XML. Out: a `Sheet`, or every problem
of the XML with its place in the template. The XML has no entities and no document type, and reads no file.

A line break that comes from a value, not from the template's own layout, travels as BREAK, a noncharacter that no YAML
file may contain: it stays a line break, while the template's own line ends and indents are only for the eye.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Any, get_args

from lxml import etree

from circular_gen.messages import _
from circular_gen.sheet.blocks import (
    Addressees,
    Align,
    Annex,
    AnnexList,
    Attendance,
    Cell,
    Check,
    Colophon,
    Column,
    Field,
    Fields,
    File,
    Format,
    Mark,
    Note,
    Number,
    Paragraph,
    Qr,
    Row,
    Sheet,
    Sign,
    Signature,
    Signs,
    Space,
    Subtitle,
    Table,
    TextStyle,
    Title,
    Urgency,
)
from circular_gen.sheet.numbering import paragraphs
from circular_gen.sheet.sandbox import suggestion

BREAK = "\ufdd2"
_AT = "_at"
"""The attribute that holds an element's place: NUMBER.LINE, the number being that of the template."""
_TOKEN = re.compile(
    r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->|<!\[CDATA\[.*?\]\]>|(?P<tag><[^\W\d][\w.-]*)", re.DOTALL
)
_MARKED = re.compile(f' {_AT}="(\\d+)\\.(\\d+)"')
_FOLD = re.compile(r"\s*\n\s*")


@dataclass(frozen=True, slots=True)
class Place:
    """`template`: the number that `marked` was given; `line` from 1."""

    template: int
    line: int


@dataclass(frozen=True, slots=True)
class Problem:
    place: Place | None
    text: str


class MarkupError(Exception):
    """All problems of one rendering."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*(problem.text for problem in problems))
        self.problems = problems


def marked(source: str, number: int) -> str:
    """`source`, the text of template `number`, with its place in every literal opening tag. Lines stay as they are."""
    parts: list[str] = []
    done, line = 0, 1
    for token in _TOKEN.finditer(source):
        line += source.count("\n", done, token.end())
        parts.append(source[done : token.end()])
        done = token.end()
        if token["tag"]:
            parts.append(f' {_AT}="{number}.{line}"')
    return "".join((*parts, source[done:]))


# What attributes hold ------------------------------------------------------------------------------------------------

_Type = Callable[[str], object]


def _text(value: str) -> str:
    return value.replace(BREAK, "\n").strip(" \t\n")


def _line(value: str) -> str:
    return _folded(value.replace(BREAK, "\n")).strip()


def _name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)*", value):
        raise ValueError(_("a name has letters and digits, with . _ or - between them"))
    return value


def _truth(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ValueError(_("write true or false"))
    return value.lower() == "true"


def _truth_or_none(value: str) -> bool | None:
    return _truth(value) if value else None


def _count(value: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,3}", value):
        raise ValueError(_("write a whole number from 1"))
    return int(value)


def _measure(value: str) -> float:
    """A length: mm, or what the element says."""
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number < 1000:
        raise ValueError(_("write a number, e.g. 12 or 8.5"))
    return number


def _percent(value: str) -> float:
    share = _measure(value.removesuffix("%")) / 100
    if not 0 < share <= 1:
        raise ValueError(_("write a width in percent, e.g. 12"))
    return share


def _word(*known: str) -> _Type:
    def read(value: str) -> str:
        if value not in known:
            raise ValueError(_("write one of {words}").format(words=", ".join(known)))
        return value

    return read


_ALIGN = _word(*get_args(Align))


# What elements hold --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Element:
    """`make`: the dataclass (or a function that gives one or several blocks). `attributes`: their names in XML and what
    they hold; one is required where the dataclass has no default. `text`: the field for the element's own text; "" if
    it has none. `parts`: inner elements → the field that collects them; where that is the text's, both keep their
    order. `breaks`: <br/> and a value's line breaks stay. `plain`: every line end stays. `filled`: not empty."""

    make: Callable[..., object]
    attributes: Mapping[str, _Type] = field(default_factory=dict)
    text: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    breaks: bool = False
    plain: bool = False
    filled: bool = False


def _own_text(text: str) -> str:
    return text


def _table(**values: Any) -> Table:
    """The table; without <column>, it has as many as its first row has cells."""
    rows: tuple[Row, ...] = values.pop("rows", ())
    columns: tuple[Column, ...] = values.pop("columns", ())
    if not columns and rows:
        columns = (Column(),) * sum(cell.colspan for cell in rows[0].cells)
    if not rows:
        raise ValueError(_("the table has no row"))
    covered = [0] * len(columns)
    for number, row in enumerate(rows, 1):
        free = [index for index, left in enumerate(covered) if not left]
        count = sum(cell.colspan for cell in row.cells)
        if count > len(free):
            message = _("row {row} has {count} cells where the table has room for {room}")
            raise ValueError(message.format(row=number, count=count, room=len(free)))
        covered = [max(0, left - 1) for left in covered]
        for cell in row.cells:
            for index in free[: cell.colspan]:
                covered[index] = cell.rowspan - 1
            free = free[cell.colspan :]
    return Table(columns, rows, **values)


_IN_ANNEX = (
    "attendance",
    "body",
    "fields",
    "file",
    "note",
    "p",
    "qr",
    "signature",
    "signs",
    "space",
    "subtitle",
    "table",
)
_IN_SHEET = (
    *("urgency", "mark", "number", "title", "addressees", "annex-list", "annex", "colophon"),
    *_IN_ANNEX,
)

_ELEMENTS: Mapping[str, _Element] = {
    "sheet": _Element(
        Sheet,
        {
            "kind": _line,
            "format": _word(*get_args(Format)),
            "title": _line,
            "author": _line,
            "form": _truth,
            "running": _line,
            "colophon": _word("even", "last"),
            "landscape": _truth,
        },
        parts=dict.fromkeys(_IN_SHEET, "blocks"),
        filled=True,
    ),
    "urgency": _Element(Urgency, text="text", filled=True),
    "mark": _Element(Mark, {"suffix": _line}, text="names", parts={"name": "names"}, filled=True),
    "number": _Element(Number, text="text", parts={"approver": "approvers"}),
    "title": _Element(Title, text="text", breaks=True, filled=True),
    "subtitle": _Element(Subtitle, text="text", filled=True),
    "addressees": _Element(Addressees, text="text", filled=True),
    "body": _Element(paragraphs, text="body", plain=True),
    "p": _Element(
        Paragraph,
        {"style": _word(*get_args(TextStyle)), "align": _ALIGN, "indent": _measure},
        text="text",
    ),
    "annex-list": _Element(AnnexList, parts={"name": "names"}, filled=True),
    "signature": _Element(
        Signature,
        {"manner": _word("sealed", "unsealed", "chop"), "date": _line, "signer-title": _line},
        text="issuers",
        parts={"issuer": "issuers"},
        filled=True,
    ),
    "note": _Element(Note, text="text", filled=True),
    "table": _Element(_table, {"style": _word("table", "form")}, parts={"column": "columns", "row": "rows"}),
    "column": _Element(Column, {"width": _percent, "align": _ALIGN}),
    "row": _Element(Row, {"head": _truth, "height": _measure}, parts={"cell": "cells"}, filled=True),
    "cell": _Element(
        Cell,
        {"colspan": _count, "rowspan": _count, "align": _ALIGN, "name": _name},
        text="content",
        parts={"check": "content"},
        breaks=True,
    ),
    "check": _Element(Check, {"name": _name, "label": _line}),
    "fields": _Element(Fields, {"columns": _count}, parts={"field": "fields"}, filled=True),
    "field": _Element(
        Field,
        {"name": _name, "label": _line, "value": _text, "span": _count, "height": _measure},
        parts={"check": "checks"},
    ),
    "signs": _Element(Signs, parts={"sign": "areas"}, filled=True),
    "sign": _Element(
        Sign,
        {
            "name": _name,
            "label": _line,
            "kind": _word("signature", "seal"),
            "width": _measure,
            "height": _measure,
        },
    ),
    "qr": _Element(Qr, {"payload": _line, "caption": _line, "size": _measure, "align": _ALIGN}),
    "file": _Element(File, {"name": _line, "sheet": _line, "range": _line, "pages": _line, "caption": _line}),
    "space": _Element(Space, {"lines": _measure}),
    "attendance": _Element(Attendance, {"label": _line}, text="names", filled=True),
    "annex": _Element(
        Annex,
        {"label": _line, "title": _line, "landscape": _truth_or_none},
        parts=dict.fromkeys(_IN_ANNEX, "blocks"),
    ),
    "colophon": _Element(Colophon, {"cc": _line, "printed-by": _line, "printed-on": _line, "addressees": _line}),
    "name": _Element(_own_text, text="text", filled=True),
    "approver": _Element(_own_text, text="text", filled=True),
    "issuer": _Element(_own_text, text="text", filled=True),
}
"""Every element. <br/>, which has no value of its own, stands beside it."""


# Reading -------------------------------------------------------------------------------------------------------------


def read_sheet(xml: str, kind: str) -> Sheet:
    """The sheet that `xml` writes; `kind` is its kind where it names none. MarkupError with all problems."""
    xml = xml.strip()
    if declared := re.search("<!(?:DOCTYPE|ENTITY)", xml, re.IGNORECASE):
        raise MarkupError(Problem(_before(xml, declared.start()), _("a document type has no place in a template")))
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(xml.encode(), parser)
    except etree.XMLSyntaxError as error:
        place = _before(xml, _offset(xml, *error.position))
        text = re.sub(r",? line \d+(, column \d+)?", "", error.msg or "")
        raise MarkupError(Problem(place, _("the XML is broken: {problem}").format(problem=text))) from error
    reader = _Reader()
    if root.tag != "sheet":
        reader.problem(root, _("a template begins with <sheet>, not <{name}>").format(name=root.tag))
    else:
        root.set("kind", root.get("kind", kind))
    sheet = reader.read(root)
    if reader.problems or not isinstance(sheet, Sheet):
        raise MarkupError(*reader.problems)
    return sheet


def _offset(xml: str, line: int, column: int) -> int:
    """Where the parser stopped; its columns are bytes."""
    lines = xml.split("\n")
    inside = lines[line - 1].encode()[:column].decode(errors="ignore") if line <= len(lines) else ""
    return sum(len(text) + 1 for text in lines[: line - 1]) + len(inside)


def _before(xml: str, offset: int) -> Place | None:
    """The place of the last element that begins before `offset`."""
    place = None
    for match in _MARKED.finditer(xml, 0, max(0, offset)):
        place = match
    return Place(int(place[1]), int(place[2])) if place else None


def _folded(text: str) -> str:
    """`text` on one line. Where a line ended, a space stays only between Latin words."""

    def join(match: re.Match[str]) -> str:
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        return " " if before and after and (before + after).isascii() else ""

    return _FOLD.sub(join, text)


class _Reader:
    """Reads one document; goes on after a problem."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._names: set[str] = set()

    def problem(self, node: etree._Element, text: str) -> None:
        at = (node.get(_AT) or "").split(".")
        place = Place(int(at[0]), int(at[1])) if len(at) == 2 else None
        self.problems.append(Problem(place, text))

    def read(self, node: etree._Element) -> object | None:
        """The value of `node` (a block, a part of one, or several blocks); None where something is wrong with it."""
        tag = str(node.tag)
        element = _ELEMENTS.get(tag)
        if element is None:
            self.problem(node, _("there is no element <{name}>").format(name=tag) + suggestion(tag, _ELEMENTS))
            return None
        problems = len(self.problems)
        values = self._attributes(node, tag, element) | self._content(node, tag, element)
        if len(self.problems) > problems:
            return None
        try:
            return element.make(**values)
        except ValueError as error:
            self.problem(node, f"<{tag}>: {error}")
            return None

    def _attributes(self, node: etree._Element, tag: str, element: _Element) -> dict[str, object]:
        values: dict[str, object] = {}
        for name, text in node.attrib.items():
            if name == _AT:
                continue
            name, text = str(name), str(text)
            read = element.attributes.get(name)
            if read is None:
                message = _("<{element}> has no attribute {name}").format(element=tag, name=name)
                self.problem(node, message + suggestion(name, element.attributes))
                continue
            try:
                values[name.replace("-", "_")] = read(text)
            except ValueError as error:
                message = _("{name}=“{value}” in <{element}>: {problem}")
                value = text.replace(BREAK, " ")
                self.problem(node, message.format(name=name, value=value, element=tag, problem=error))
        for name in _required(element):
            if name not in node.attrib:
                self.problem(node, _("<{element}> needs the attribute {name}").format(element=tag, name=name))
        if "name" in values and element.attributes["name"] is _name:
            self._once(node, str(values["name"]))
        return values

    def _once(self, node: etree._Element, name: str) -> None:
        if name in self._names:
            message = _("the name {name} stands twice; what comes back is read by it, so each has its own")
            self.problem(node, message.format(name=name))
        self._names.add(name)

    def _content(self, node: etree._Element, tag: str, element: _Element) -> dict[str, object]:
        collected: dict[str, list[object]] = {name: [] for name in element.parts.values()}
        texts = collected.setdefault(element.text, []) if element.text else []
        pieces, problems = list(_pieces(node, element)), len(self.problems)
        for index, piece in enumerate(pieces):
            if not isinstance(piece, str):
                self._collect(piece, tag, element, collected)
                continue
            text = _shaped(piece, element, first=index == 0, last=index == len(pieces) - 1)
            if not text.strip() and "\n" not in text:
                continue
            if element.text:
                texts.append(text)
            else:
                message = _("<{element}> has no text of its own: {text}")
                self.problem(node, message.format(element=tag, text=text.strip()[:30]))
        if element.filled and not any(collected.values()) and len(self.problems) == problems:
            self.problem(node, _("<{element}> is empty").format(element=tag))
        values: dict[str, object] = {name: tuple(found) for name, found in collected.items()}
        if element.text and element.text not in element.parts.values():
            values[element.text] = "".join(map(str, texts))
        return values

    def _misplaced(self, child: etree._Element, tag: str, element: _Element) -> None:
        name = str(child.tag)
        if name in _ELEMENTS or name == "br":
            message = _("<{name}> has no place in <{element}>")
            self.problem(child, message.format(name=name, element=tag))
        else:
            known = (*element.parts, *["br"] * element.breaks)
            self.problem(child, _("there is no element <{name}>").format(name=name) + suggestion(name, known))

    def _collect(self, child: etree._Element, tag: str, element: _Element, collected: dict[str, list[object]]) -> None:
        if child.tag not in element.parts:
            self._misplaced(child, tag, element)
            return
        value = self.read(child)
        values = value if isinstance(value, tuple) else () if value is None else (value,)
        collected[element.parts[str(child.tag)]].extend(values)


def _pieces(node: etree._Element, element: _Element) -> Iterator[str | etree._Element]:
    """The node's texts and inner elements in order, a text first and last; <br/> is part of a text."""
    text = node.text or ""
    for child in node:
        if child.tag == "br" and element.breaks:
            text += BREAK + (child.tail or "")
            continue
        yield text
        yield child
        text = child.tail or ""
    yield text


def _shaped(text: str, element: _Element, *, first: bool, last: bool) -> str:
    """`text` without the template's own line ends, and at the ends of its element without white space."""
    if element.plain:
        return text.replace(BREAK, "\n")
    text = _folded(text)
    text = re.sub(rf"[ \t]*{BREAK}[ \t]*", "\n", text)
    if not element.breaks:
        text = _folded(text)
    text = text.lstrip() if first else text
    return text.rstrip() if last else text


def _required(element: _Element) -> Iterator[str]:
    if is_dataclass(element.make):
        for attribute in element.attributes:
            name = attribute.replace("-", "_")
            (of,) = (of for of in fields(element.make) if of.name == name)
            if of.default is MISSING and of.default_factory is MISSING:
                yield attribute
