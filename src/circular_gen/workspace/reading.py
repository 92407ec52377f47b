"""YAML with positions → checked models, or a list of located errors.

In: a file's path and the model it must fit. Out: the model or None, and every finding of the file at once. Nothing here
raises for what a person may have written.

The YAML is a plain subset: texts, lists and mappings with texts as keys; no tags, one document, few aliases. A plain
value stays the text that was written (`013800000000`, `17:00`, `no`): the models turn it into what they need. Parser
events are turned into values directly, without YAML nodes, so that 100,000 units take seconds and little memory;
places are recorded by a second pass over the text only when there is something to point at.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from circular_gen.messages import _
from circular_gen.workspace.findings import Finding, Severity, nearest
from circular_gen.workspace.keys import CLASSIFIED_KEYS, SECTIONS, Key, spelled

LIMIT = 5_000_000
"""Bytes of a file that a person writes by hand."""
LIST_LIMIT = 64_000_000
"""Bytes of recipients.yaml: 100,000 units with their contacts are 27 MB."""
DEPTH = 24
REPEATED = 10_000
"""Values that aliases may repeat, all together."""
_SHOWN = 20
MOST = 500
"""Mistakes of one file that are shown, of those that reading or a model finds."""

At = tuple[str | int, ...]
"""Where something stands in a file: keys and list places from the root."""

_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_REFUSED = re.compile(
    "[\t\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffd" + _NONCHARACTERS + "]"
)
_INDENT_TAB = re.compile(r"^[ ]*\t[ \t]*\S", re.MULTILINE)
_WIDE_COLON = re.compile(
    r"^ *(?:- *)?("
    + "|".join(sorted({spelling for keys in SECTIONS.values() for key in keys.values() for spelling in key.spellings}))
    + ")："
)
_SHOWN_WHERE_IT_BEGAN = (
    "could not find expected ':'",
    "unexpected end of stream",
    "alphabetic or numeric",
    "whitespace or line break",
    "expected tag URI",
    "comment or line break",
)
"""Problems that the parser notices far behind their cause."""
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_MISSING: Any = object()
_REPEATED_KEY: Any = object()


class Place(NamedTuple):
    """Where a value and its key begin; lines and columns from 0. `style`: YAML's sign for the kind of scalar."""

    line: int
    column: int
    style: str
    key_line: int
    key_column: int
    folded: bool  # a scalar whose characters do not stand in the file one by one


@dataclass(frozen=True)
class Document:
    """A file's values: `data` is made of dict, list, str and None. `path` is shown in findings."""

    path: Path
    text: str
    data: Any

    @cached_property
    def _places(self) -> dict[At, Place | None]:
        places: dict[At, Place | None] = {}
        if len(self.text) <= LIMIT:
            _Reader(self.path, self.text, places).read()
        return places

    def locate(self, wanted: Iterable[At]) -> None:
        """Finds the places of `wanted` and of what holds them in one pass. Only a long file needs it: its places are
        not all kept (1 GB for 100,000 units), and asking for them one by one takes a pass each."""
        if len(self.text) > LIMIT:
            ats = {at[:length] for at in wanted for length in range(len(at) + 1)}.difference(self._places)
            if ats:
                self._places.update(dict.fromkeys(ats))
                _Reader(self.path, self.text, self._places, ats).read()

    def _place(self, at: At) -> Place | None:
        self.locate((at,))
        return self._places.get(at)

    def place(self, at: At, *, key: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of the value at `at`, or of its key; of what holds it where it has no place."""
        while (found := self._place(at)) is None and at:
            at, key = at[:-1], False
        if found is None:
            return 1, 1
        return (found.key_line + 1, found.key_column + 1) if key else (found.line + 1, found.column + 1)

    def place_inside(self, at: At, line: int, column: int) -> tuple[int, int]:
        """Line and column, from 1, of the character at `line`, `column` (from 0) of the text at `at`; where YAML
        folds the text's lines, of the text's beginning."""
        found = self._place(at)
        if found is None or found.folded:
            return self.place(at)
        if found.style != "|":
            return found.line + 1, found.column + 1 + column + (found.style in ("'", '"'))
        lines = self._lines
        body = found.line + 1
        indent = next((len(t) - len(t.lstrip(" ")) for t in lines[body:] if t.strip(" ")), 0)
        header = re.search(r"[|>][+-]?([1-9])", lines[found.line][found.column :])
        if header:
            indent = found.key_column + int(header[1])
        return body + line + 1, indent + column + 1

    @cached_property
    def _lines(self) -> list[str]:
        return re.split(r"\r\n|\r|\n", self.text)

    def value(self, at: At) -> Any:
        """What stands at `at`; None where nothing does."""
        found = self.data
        for step in at:
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                return None
        return found

    def at(self, at: At, section: str, name: str) -> At:
        """`at` with the key `name` of `section`, in the spelling that the file uses."""
        mapping = self.value(at)
        if isinstance(mapping, dict):
            for spelling in SECTIONS[section][name].spellings:
                if spelling in mapping:
                    return (*at, spelling)
        return (*at, name)

    def finding(self, severity: Severity, code: str, message: str, at: At, *, key: bool = False) -> Finding:
        return Finding(self.path, *self.place(at, key=key), severity, code, message)

    def finding_inside(
        self, severity: Severity, code: str, message: str, at: At, offset: int, text: str | None = None
    ) -> Finding:
        """A finding at the character `offset` of the text at `at`."""
        text = self.value(at) if text is None else text
        before = text[:offset]
        line = before.count("\n")
        column = offset - (before.rfind("\n") + 1)
        return Finding(self.path, *self.place_inside(at, line, column), severity, code, message)


def read(path: Path, limit: int = LIMIT) -> tuple[Document | None, tuple[Finding, ...]]:
    """The values of the YAML file at `path`, or None; and what is wrong with it as a file."""

    def refused(code: str, message: str, line: int = 1, column: int = 1) -> tuple[None, tuple[Finding, ...]]:
        return None, (Finding(path, line, column, "error", code, message),)

    try:
        size = path.stat().st_size if path.is_file() else None
        if size is None:
            return refused("no-file", _("there is no file {name} here").format(name=path.name))
        if size > limit:
            message = _("the file has {size:.1f} MB; at most {limit:.0f} MB are read")
            return refused("too-large", message.format(size=size / 1e6, limit=limit / 1e6))
        raw = path.read_bytes()
    except OSError as error:
        return refused("unreadable", _("the file cannot be read: {reason}").format(reason=error.strerror or error))
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or raw.count(b"\0", 0, 1000) > len(raw[:1000]) // 10:
        return refused("encoding", _("the file is not UTF-8 but UTF-16; save it as UTF-8"))
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        message = _("the file is not UTF-8 but probably {encoding}; save it as UTF-8").format(encoding=_encoding(raw))
        return refused("encoding", message, before.count("\n") + 1, len(before) - before.rfind("\n"))
    return parse(path, text)


def _encoding(raw: bytes) -> str:
    lossy = raw.decode("utf-8", "replace")
    if 20 * lossy.count("\ufffd") < sum(character > "\x7f" for character in lossy):
        return _("damaged UTF-8")
    for encoding, name in (("gb18030", "GB 18030"), ("big5", "Big5")):
        try:
            raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return name
    return _("an unknown encoding")


def parse(path: Path, text: str) -> tuple[Document | None, tuple[Finding, ...]]:
    """As `read`, from a text."""
    findings = list(_refused_characters(path, text))
    bad = bool(findings)
    text = text.removeprefix("\ufeff")
    if bad and _INDENT_TAB.search(text):
        return None, tuple(findings)  # what a tab would indent is anybody's guess
    # A refused character gives way to a harmless one of the same length, so that the file's other errors show too.
    reader = _Reader(path, _REFUSED.sub(" ", text) if bad else text)
    data = reader.read()
    findings += reader.findings
    if data is _MISSING:
        return None, tuple(findings)
    return Document(path, reader.text, data), tuple(findings)


def _refused_characters(path: Path, text: str) -> Iterator[Finding]:
    for count, match in enumerate(_REFUSED.finditer(text)):
        start = text.rfind("\n", 0, match.start()) + 1
        line, column = text.count("\n", 0, start) + 1, match.start() - start + 1
        if count == _SHOWN:
            message = _("and more characters of this kind; only the first {count} are shown").format(count=_SHOWN)
            yield Finding(path, line, column, "error", "character", message)
            return
        code, message = _refusal(match[0], match.start())
        yield Finding(path, line, column, "error", code, message)


def _refusal(character: str, offset: int) -> tuple[str, str]:
    if character == "\t":
        return "tab", _("a tab; use spaces")
    if character == "\ufeff":
        if offset == 0:
            return "bom", _("the file begins with a byte order mark; save it as UTF-8 without BOM")
        return "character", _("an invisible byte order mark (U+FEFF) stands here; delete it")
    if character == "\ufffd":
        return "character", _("a damaged character (U+FFFD) stands here; write the right one")
    return "character", _("a control character or noncharacter (U+{point:04X}) stands here; delete it").format(
        point=ord(character)
    )


class _Stop(Exception):  # noqa: N818 (never leaves this module)
    def __init__(self, mark: Any, code: str, message: str) -> None:
        super().__init__(message)
        self.mark, self.code, self.message = mark, code, message


class _Reader:
    """One pass over a text; with `places`, the place of every value, or of those of `wanted`, is recorded in it."""

    def __init__(
        self, path: Path, text: str, places: dict[At, Place | None] | None = None, wanted: set[At] | None = None
    ) -> None:
        self.path = path
        self.text = text
        self.findings: list[Finding] = []
        self._places = places
        self._wanted = wanted

    def read(self) -> Any:
        """The file's values, or `_MISSING` where it cannot be read on."""
        try:
            return self._build(yaml.CSafeLoader(self.text))
        except _Stop as stop:
            self.findings.append(self._finding(stop.mark, stop.code, stop.message))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            near = [found.line - back for found in (error.context_mark, mark) if found for back in (1, 0)]
            if wide := _wide_colons(self.path, self.text, near):
                self.findings += wide
            else:
                problem = error.problem or ""
                if any(part in problem for part in _SHOWN_WHERE_IT_BEGAN):
                    mark = error.context_mark or mark
                self.findings.append(self._finding(mark, "yaml", _yaml_problem(problem)))
        except yaml.YAMLError as error:
            self.findings.append(self._finding(None, "yaml", _yaml_problem(str(error))))
        return _MISSING

    def _found(self, mark: Any, code: str, message: str) -> None:
        if len(self.findings) >= MOST:
            raise _Stop(mark, "too-many", _too_many())
        self.findings.append(self._finding(mark, code, message))

    def _finding(self, mark: Any, code: str, message: str) -> Finding:
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        return Finding(self.path, line, column, "error", code, message)

    def _build(self, parser: Any) -> Any:
        # One long loop over parser events rather than a method for each: this runs millions of times for a province.
        scalar, alias = yaml.ScalarEvent, yaml.AliasEvent
        mapping, sequence = yaml.MappingStartEvent, yaml.SequenceStartEvent
        mapping_end, sequence_end = yaml.MappingEndEvent, yaml.SequenceEndEvent
        places, wanted = self._places, self._wanted
        texts: dict[str, str] = {}
        anchors: dict[str, tuple[Any, int]] = {}
        sizes: list[tuple[str | None, int]] = []
        stack: list[tuple[Any, Any, At]] = []
        container: Any = None
        key: Any = _MISSING
        at: At = ()
        key_mark: Any = None
        count = repeated = documents = 0
        root: Any = _MISSING
        while True:
            event = parser.get_event()
            kind = event.__class__
            value: Any
            if kind is scalar:
                count += 1
                value = event.value
                style = event.style
                if not style:
                    value = value if value not in _NULLS else None
                elif style in ("'", '"'):
                    value = value.strip()
                    if style == '"' and (bad := _REFUSED.search(value)):
                        raise _Stop(event.start_mark, *_refusal(bad[0], 1))
                elif _REFUSED.search(value):  # pragma: no cover (block texts have no escapes)
                    raise _Stop(event.start_mark, "character", _("a refused character"))
                if value is not None:
                    value = texts.setdefault(value, value)
                if event.tag is not None:
                    self._no_tag(event)
                if event.anchor is not None:
                    anchors[event.anchor] = (value, 1)
                if container.__class__ is dict and key is _MISSING:
                    key = value if value is not None else ""
                    key_mark = event.start_mark
                    if key in container:
                        self._found(key_mark, "duplicate-key", _("the key {key} is given twice").format(key=key))
                        key = _REPEATED_KEY
                    continue
            elif kind is mapping or kind is sequence:
                count += 1
                value = {} if kind is mapping else []
                if event.tag is not None:
                    self._no_tag(event)
                if len(stack) >= DEPTH:
                    raise _Stop(event.start_mark, "too-deep", _("nested more than {depth} deep").format(depth=DEPTH))
            elif kind is alias:
                value, size = self._repeated(event, anchors)
                count += 1
                repeated += size
                if repeated > REPEATED:
                    message = _("aliases (*{name}) repeat more than {count} values; write them out")
                    raise _Stop(event.start_mark, "alias-bomb", message.format(name=event.anchor, count=REPEATED))
            elif kind is mapping_end or kind is sequence_end:
                name, start = sizes.pop()
                if name is not None:
                    anchors[name] = (container, count + repeated - start)
                container, key, at = stack.pop()
                continue
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise _Stop(
                        event.start_mark, "documents", _("a second document begins here (---); one file, one document")
                    )
                continue
            elif kind is yaml.StreamEndEvent:
                if root is _MISSING:
                    raise _Stop(None, "empty", _("the file is empty"))
                return root
            else:
                continue
            # `value` has its place: in a mapping, in a list, or as the whole file.
            here = at
            if container is None:
                root = value
            elif container.__class__ is dict:
                if key is _MISSING:
                    message = _("a key must be a plain text; does a value that begins with {{ or [ want quotes?")
                    raise _Stop(event.start_mark, "bad-key", message.format())
                if key is not _REPEATED_KEY:
                    container[key] = value
                if places is not None:
                    here = (*at, key)
            else:
                if places is not None:
                    here = (*at, len(container))
                container.append(value)
            if places is not None and key is not _REPEATED_KEY and (wanted is None or here in wanted):
                self._record(places, here, event, key_mark if key is not _MISSING else None)
            if kind is mapping or kind is sequence:
                stack.append((container, _MISSING, at))
                sizes.append((event.anchor, count + repeated))
                if event.anchor is not None:
                    anchors[event.anchor] = (_MISSING, 0)
                container, at = value, here
            key = _MISSING

    @staticmethod
    def _record(places: dict[At, Place | None], at: At, event: Any, key_mark: Any) -> None:
        start, end = event.start_mark, event.end_mark
        style = getattr(event, "style", "") or ""
        folded = style == ">" or (style != "|" and end.line != start.line)
        if style in ("'", '"') and (end.column - start.column - 2 != len(event.value) or event.value[:1].isspace()):
            folded = True  # an escape, or spaces that were dropped
        key = key_mark if key_mark is not None else start
        places[at] = Place(start.line, start.column, style, key.line, key.column, folded)

    def _no_tag(self, event: Any) -> None:
        message = _("a tag ({tag}) is not used here; a text that begins with ! needs quotes")
        self._found(event.start_mark, "tag", message.format(tag=event.tag))

    @staticmethod
    def _repeated(event: Any, anchors: dict[str, tuple[Any, int]]) -> tuple[Any, int]:
        value, size = anchors.get(event.anchor, (_MISSING, 0))
        if value is _MISSING:
            message = _("*{name} refers to nothing; a text that begins with * needs quotes")
            raise _Stop(event.start_mark, "alias", message.format(name=event.anchor))
        return value, size


def _too_many() -> str:
    return _("and more mistakes; the first {count} are shown").format(count=MOST)


def _wide_colons(path: Path, text: str, near: Iterable[int]) -> list[Finding]:
    """The keys with a full-width colon, if one stands in the lines `near` (from 0): the usual cause of trouble there.
    Of the others those that are not indented, since deeper lines may be somebody's text."""
    found = {number: match for number, line in enumerate(text.splitlines()) if (match := _WIDE_COLON.match(line))}
    cause = next((number for number in near if number in found), None)
    if cause is None:
        return []
    wanted = [number for number, match in found.items() if number == cause or not match[0].startswith(" ")]
    return [Finding(path, n + 1, found[n].end(), "error", "yaml", _wide_colon_problem(found[n])) for n in wanted]


def _wide_colon_problem(match: re.Match[str]) -> str:
    return _("a key ends with a half-width colon and a space: {key}: …").format(key=match[1])


def _yaml_problem(problem: str) -> str:
    """What a clerk can do about the parser's `problem`."""
    for part, message in (
        (
            "mapping values are not allowed",
            _("a colon and a space end a key: put a text that has them in quotes, and look at the indentation"),
        ),
        ("could not find expected ':'", _("a key and its value are expected here: key: value")),
        ("cannot start any token", _("a text that begins with this character needs quotes")),
        ("alphabetic or numeric", _("a text that begins with * or & needs quotes")),
        ("whitespace or line break", _("a text that begins with this character needs quotes")),
        ("expected tag URI", _("a text that begins with this character needs quotes")),
        ("comment or line break", _("after | the text begins on the next line, indented")),
        ("unknown escape", _("in double quotes a \\ is written \\\\; single quotes take it as it is")),
        ("not allowed in this context", _("a list begins on the line below its key, every item with - and a space")),
        ("unexpected end of stream", _("a quotation mark is opened and not closed")),
        ("expected ',' or", _("a bracket is opened and not closed, or a comma is missing")),
        (
            "expected key",
            _("this line does not fit the ones above; look at its indentation and at the quotes before it"),
        ),
        ("block end", _("this line does not fit the ones above; look at its indentation and at the quotes before it")),
        ("expected '-' indicator", _("this line does not fit the list above; look at its indentation")),
        ("<document start>", _("this line does not begin where the lines above begin; look at its indentation")),
        ("nesting", _("nested too deep")),
    ):
        if part in problem:
            return message
    return _("this is not YAML: {problem}").format(problem=problem)


def validate(
    adapter: TypeAdapter[Any], section: str, document: Document, start: At = ()
) -> tuple[Any | None, tuple[Finding, ...]]:
    """What stands at `start` of `document` as the model of `adapter`, whose keys are those of `section`; or None and
    every error, located."""
    if isinstance(document.data, str) and (
        wide := _wide_colons(document.path, document.text, [document.place(())[0] - 1])
    ):
        return None, tuple(wide)
    try:
        return adapter.validate_python(document.value(start)), ()
    except ValidationError as failed:
        errors = failed.errors(include_url=False)
        document.locate((*start, *error["loc"]) for error in errors[: MOST + 1])
        found = [_located(document, section, error, start) for error in errors[:MOST]]
        if len(errors) > MOST:
            found.append(document.finding("error", "too-many", _too_many(), (*start, *errors[MOST]["loc"])))
        return None, tuple(found)


def _section_at(section: str, at: At) -> tuple[str, Key | None]:
    """The section that the mapping at `at` belongs to, and the key under which it stands."""
    key: Key | None = None
    named = False
    for step in at:
        if isinstance(step, int):
            continue
        if named:
            named = False
            continue
        key = spelled(section, step) if section else None
        section, named = (key.inside, key.named) if key else ("", False)
    return section, key


def _located(document: Document, section: str, error: ErrorDetails, start: At) -> Finding:
    inside = tuple(error["loc"])
    at = (*start, *inside)
    kind = error["type"]
    if kind == "missing":
        holder, _key = _section_at(section, inside[:-1])
        key = spelled(holder, str(at[-1])) if holder else None
        name = str(key) if key else str(at[-1])
        there = document.at(at[:-1], holder, key.name) if key else at
        if isinstance(found := document.value(at[:-1]), dict) and there[-1] in found:
            return document.finding("error", "empty", _("{key} is empty").format(key=name), there, key=True)
        return document.finding("error", "missing", _("{key} is missing").format(key=name), at[:-1])
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        code, message = _unknown_key(_section_at(section, inside[:-1])[0], str(at[-1]))
        return document.finding("error", code, message, at, key=True)
    if isinstance(given := error["input"], str) and kind.endswith("_type") and (wide := _WIDE_COLON.match(given)):
        return document.finding_inside("error", "yaml", _wide_colon_problem(wide), at, wide.end() - 1)
    code, message = _wrong_value(kind, error, _section_at(section, inside)[1])
    return document.finding("error", code, message, at)


def _unknown_key(section: str, name: str) -> tuple[str, str]:
    if name in CLASSIFIED_KEYS:
        return "classified", classified(name)
    if section and (key := spelled(section, name)):
        return "duplicate-key", _("{key} is given twice, in two spellings").format(key=key)
    spellings = [spelling for key in SECTIONS[section].values() for spelling in key.spellings] if section else []
    if near := nearest(name, spellings, 1, 0.5):
        return "unknown-key", _("the key {name} is unknown; did you mean {nearest}?").format(
            name=name, nearest=spelled(section, near[0])
        )
    known = ", ".join(map(str, SECTIONS[section].values())) if section else ""
    return "unknown-key", _("the key {name} is unknown; the keys here are {known}").format(name=name, known=known)


def classified(word: str) -> str:
    """Why a paper with the marking `word` is refused."""
    return _(
        "{word}: classified papers travel by confidential channels only and are refused here; "
        "make and send them by those (条例 art. 26)"
    ).format(word=word)


def explained(error: ErrorDetails, key: Key | None) -> tuple[str, str]:
    """Code and message of a model's `error` at the value of `key`, for what stands in no YAML file."""
    if error["type"] == "missing":
        return "missing", _("{key} is missing").format(key=key or error["loc"][-1])
    return _wrong_value(error["type"], error, key)


def refusal(text: str) -> tuple[str, str] | None:
    """Code and message where `text` has a character that nothing here may have."""
    match = _REFUSED.search(text)
    return _refusal(match[0], 1) if match else None


def _wrong_value(kind: str, error: ErrorDetails, key: Key | None) -> tuple[str, str]:
    name = str(key) if key else _("this value")
    context = error.get("ctx", {})
    if "message" in context:  # one of our own, see values.wrong
        return kind, str(context["message"])
    given = _kind_of(error["input"])
    if kind == "string_type":
        return "wrong-type", _("{key} needs a text, not {given}").format(key=name, given=given)
    if kind in ("tuple_type", "list_type"):
        return "wrong-type", _("{key} needs a list, not {given}").format(key=name, given=given)
    if kind in ("model_type", "model_attributes_type", "dict_type", "dataclass_type", "mapping_type"):
        return "wrong-type", _("{key} needs keys with values, not {given}").format(key=name, given=given)
    if kind in ("string_too_short", "too_short"):
        return "empty", _("{key} is empty").format(key=name)
    if kind == "string_pattern_mismatch":
        return "wrong-text", _("{key} must stay on one line").format(key=name)
    if kind.startswith(("int", "float")):
        return "wrong-type", _("{key} needs a number, not {given}").format(key=name, given=given)
    if kind.startswith("bool"):
        return "wrong-type", _("{key} needs true or false, not {given}").format(key=name, given=given)
    return "wrong-value", f"{name}: {error['msg']}"


def _kind_of(value: Any) -> str:
    if isinstance(value, dict):
        return _("keys with values")
    if isinstance(value, list | tuple):
        return _("a list")
    if value is None:
        return _("nothing")
    text = str(value)
    return f"“{text if len(text) <= 20 else text[:19] + '…'}”"
