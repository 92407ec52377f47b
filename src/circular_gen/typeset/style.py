"""gbt9704.yaml → Style: every measure with its unit, its clause of GB/T 9704-2012 and how binding that clause is.

In: the file's text and the variants that office.yaml asks for. Out: a `Style`, looked up by names such as `rule.gap`
and by kinds of type such as `body`. Errors name file, line and column; all of them at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

import yaml

from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.sheet.blocks import Face
from circular_gen.typeset.page import Colour

STRENGTHS = ("required", "usual", "recommended", "optional", "practice", "derived")
UNITS = ("mm", "pt", "line", "cell", "em", "share", "count")
_BINDING = frozenset(STRENGTHS[:4])
"""Strengths that the standard itself gives: such a measure has a clause."""


class StyleError(CircularGenError):
    """What is wrong in a file of measures; one line a fault."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a measure comes from. `clause`: of GB/T 9704-2012; empty where the standard says nothing (`strength` is
    then practice or derived, and nobody may call it a requirement)."""

    clause: str
    strength: str


@dataclass(frozen=True, slots=True)
class Measure:
    value: float
    unit: str
    source: Source


@dataclass(frozen=True, slots=True)
class Type:
    """A kind of type; `size` in pt."""

    face: Face
    size: float
    colour: Colour
    source: Source


@dataclass(frozen=True, slots=True)
class Style:
    """The measures of one office's layout. `path`: the file they were read from."""

    measures: Mapping[str, Measure]
    types: Mapping[str, Type]
    red: tuple[float, float, float]
    """Red, green and blue from 0 to 1."""
    path: str = field(default="gbt9704.yaml", compare=False)
    rules: Mapping[str, Source] = field(default_factory=dict, compare=False)
    """What the standard wants without a number: only for checking finished files."""

    def number(self, name: str) -> float:
        """The value of measure `name`, in its own unit; StyleError where the file lacks it."""
        measure = self.measures.get(name)
        if measure is None:
            raise StyleError(_("{path}: the measure {name} is missing").format(path=self.path, name=name))
        return measure.value

    def type(self, kind: str) -> Type:
        """The kind of type `kind`; StyleError where the file lacks it."""
        found = self.types.get(kind)
        if found is None:
            raise StyleError(_("{path}: the type {name} is missing").format(path=self.path, name=kind))
        return found


def load_style(text: str, *, cell: str = "grid", margins: str = "plain", path: str = "gbt9704.yaml") -> Style:
    """The style of `text` with the variants `cell` and `margins`; StyleError with all its faults."""
    reader = _Reader(path)
    try:
        root = yaml.compose(text, yaml.CSafeLoader)
        data = yaml.load(text, yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else path
        raise StyleError(f"{where}: {error.problem or error.context}") from error
    if not isinstance(data, dict) or not isinstance(root, yaml.MappingNode):
        raise StyleError(_("{path}:1:1: a file of measures has the keys measures, types and colours").format(path=path))
    reader.note_places(root)
    measures = dict(reader.measures(data.get("measures"), ("measures",)))
    variants = data.get("variants") or {}
    for axis, chosen in (("cell", cell), ("margins", margins)):
        choices = variants.get(axis) if isinstance(variants, dict) else None
        if not isinstance(choices, dict) or chosen not in choices:
            reader.fault(_("there is no variant {name} of {axis}").format(name=chosen, axis=axis), ("variants", axis))
            continue
        measures |= dict(reader.measures(choices[chosen] or {}, ("variants", axis, chosen)))
    types = dict(reader.types(data.get("types")))
    red = reader.red(data.get("colours"))
    rules = dict(reader.rules(data.get("rules") or {})) | dict(reader.colours(data.get("colours")))
    if reader.faults:
        raise StyleError("\n".join(reader.faults))
    return Style(measures, types, red, path, rules)


class _Reader:
    """Checks values and remembers what is wrong and where."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.faults: list[str] = []
        self._places: dict[tuple[str, ...], tuple[int, int]] = {}

    def note_places(self, node: yaml.Node, at: tuple[str, ...] = ()) -> None:
        self._places[at] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self.note_places(value, (*at, str(key.value)))

    def fault(self, message: str, at: tuple[str, ...]) -> None:
        while at and at not in self._places:
            at = at[:-1]
        line, column = self._places.get(at, (1, 1))
        self.faults.append(f"{self.path}:{line}:{column}: {message}")

    def measures(self, data: Any, at: tuple[str, ...]) -> Iterator[tuple[str, Measure]]:
        for name, record in self._records(data, at, {"value", "unit", "clause", "strength"}):
            value, unit = record.get("value"), record.get("unit")
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10_000:
                self.fault(_("{name}: the value is a number from 0 to 9999").format(name=name), (*at, name, "value"))
            elif unit not in UNITS:
                message = _("{name}: the unit is one of {units}").format(name=name, units=", ".join(UNITS))
                self.fault(message, (*at, name, "unit"))
            else:
                yield name, Measure(float(value), str(unit), self._source(name, record, at))

    def types(self, data: Any) -> Iterator[tuple[str, Type]]:
        at = ("types",)
        for name, record in self._records(data, at, {"face", "size", "clause", "strength", "colour"}):
            face: Any = record.get("face")
            size, colour = record.get("size"), record.get("colour", "black")
            if face not in get_args(Face):
                message = _("{name}: the face is one of {faces}").format(name=name, faces=", ".join(get_args(Face)))
                self.fault(message, (*at, name, "face"))
            elif isinstance(size, bool) or not isinstance(size, int | float) or not 1 <= size <= 200:
                self.fault(_("{name}: the size is 1 to 200 pt").format(name=name), (*at, name, "size"))
            elif colour not in get_args(Colour):
                self.fault(_("{name}: the colour is black or red").format(name=name), (*at, name, "colour"))
            else:
                yield name, Type(face, float(size), colour, self._source(name, record, at))

    def rules(self, data: Any) -> Iterator[tuple[str, Source]]:
        at = ("rules",)
        for name, record in self._records(data, at, {"clause", "strength"}):
            yield name, self._source(name, record, at)

    def colours(self, data: Any) -> Iterator[tuple[str, Source]]:
        """Where colours come from; what is wrong with them is told by `red`."""
        for name, record in data.items() if isinstance(data, dict) else ():
            if isinstance(record, dict):
                yield str(name), self._source(str(name), record, ("colours",))

    def red(self, data: Any) -> tuple[float, float, float]:
        record = data.get("red") if isinstance(data, dict) else None
        cmyk = record.get("cmyk") if isinstance(record, dict) else None
        if not isinstance(cmyk, list) or len(cmyk) != 4 or not all(_is_percentage(part) for part in cmyk):
            self.fault(_("red: cmyk has four percentages"), ("colours", "red", "cmyk"))
            return 0.0, 0.0, 0.0
        c, m, y, k = (float(part) / 100 for part in cmyk)
        return round((1 - c) * (1 - k), 4), round((1 - m) * (1 - k), 4), round((1 - y) * (1 - k), 4)

    def _records(self, data: Any, at: tuple[str, ...], keys: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        if not isinstance(data, dict):
            self.fault(_("{name}: a list of names with their values belongs here").format(name=at[-1]), at)
            return
        for name, record in data.items():
            if not isinstance(record, dict):
                self.fault(
                    _("{name}: write it as {{value: …, unit: …, strength: …}}").format(name=name), (*at, str(name))
                )
                continue
            for key in record.keys() - keys:
                message = _("{name}: unknown key {key}").format(name=name, key=key)
                self.fault(message, (*at, str(name), str(key)))
            yield str(name), record

    def _source(self, name: str, record: Mapping[str, Any], at: tuple[str, ...]) -> Source:
        clause, strength = str(record.get("clause", "")), record.get("strength")
        if strength not in STRENGTHS:
            message = _("{name}: the strength is one of {names}").format(name=name, names=", ".join(STRENGTHS))
            self.fault(message, (*at, name, "strength"))
        elif (strength in _BINDING) != bool(clause):
            message = _("{name}: a measure of the standard has a clause, one of practice has none")
            self.fault(message.format(name=name), (*at, name))
        return Source(clause, str(strength))


def _is_percentage(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100
