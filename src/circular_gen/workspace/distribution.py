"""An addressee line → units. The line that is printed is the distribution list.

In: the text of `addressees` or `cc` and the registry. Out: the units in the line's order (a group's in the registry's),
each once; or what is wrong, with its place in the line. The parts are split at ， 、 ； and their half-width forms
outside brackets; a closing ： or 。 does not count.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from circular_gen.messages import _
from circular_gen.workspace.findings import Finding
from circular_gen.workspace.reading import Document
from circular_gen.workspace.recipients import Registry, Unit, plain, unknown_unit, wrong_choice

_OPENING = {"（": "）", "(": ")", "〔": "〕", "[": "]", "【": "】", "《": "》", "“": "”", "〈": "〉"}
_CLOSING = frozenset(_OPENING.values())
_SEPARATORS = frozenset("，、；,;\n")
END = re.compile(r"(?<![\s：:。.])[\s：:。.]+$")
"""What may close a line and belongs to no name."""


_SUGGESTED = 20
"""Problems of a line that come with the nearest names: among 100,000 units each takes 0.1 s."""


@dataclass(frozen=True, slots=True)
class Part:
    """A name on the line and where it begins (characters from 0)."""

    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at `offset` of the line. `code`: unknown-unit, ambiguous-name, empty-group, brackets, empty."""

    offset: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Line:
    parts: tuple[Part, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Distribution:
    """`units`: in the line's order, each once."""

    units: tuple[Unit, ...]
    problems: tuple[Problem, ...] = ()


def split(line: str) -> Line:
    """The names on `line`. Brackets that do not match are a problem, and are then read as plain characters."""
    text = END.sub("", line)
    problem = _bracket_problem(text)
    expected: list[str] = []
    parts: list[Part] = []
    begin = 0
    for place, character in enumerate((*text, "，")):
        if problem is None and character in _OPENING:
            expected.append(_OPENING[character])
        elif expected and character == expected[-1]:
            expected.pop()
        elif not expected and character in _SEPARATORS:
            name = text[begin:place]
            if name.strip():
                parts.append(Part(name.strip(), begin + len(name) - len(name.lstrip())))
            begin = place + 1
    return Line(tuple(parts), (problem,) if problem else ())


def _bracket_problem(text: str) -> Problem | None:
    expected: list[tuple[str, int]] = []
    for place, character in enumerate(text):
        if character in _OPENING:
            expected.append((_OPENING[character], place))
        elif character in _CLOSING and (not expected or expected.pop()[0] != character):
            return Problem(place, "brackets", _("{bracket} closes nothing").format(bracket=character))
    if expected:
        place = expected[-1][1]
        return Problem(place, "brackets", _("{bracket} is not closed").format(bracket=text[place]))
    return None


def distribute(line: str, registry: Registry) -> Distribution:
    """The units that `line` names."""
    read = split(line)
    problems = list(read.problems)
    if not read.parts:
        problems.append(Problem(0, "empty", _("nobody is named here")))
    units: dict[str, Unit] = {}
    for part in read.parts:
        named, problem = _named(part, registry, suggest=len(problems) < _SUGGESTED)
        if problem is not None:
            problems.append(problem)
        for unit in named:
            units.setdefault(unit.id, unit)
    return Distribution(tuple(units.values()), tuple(problems))


def _named(part: Part, registry: Registry, *, suggest: bool) -> tuple[tuple[Unit, ...], Problem | None]:
    name = plain(part.text)
    if group := registry.groups_by_name.get(name):
        members = registry.members(group)
        if not members:
            message = _("the group {name} has no units").format(name=group)
            return (), Problem(part.offset, "empty-group", message)
        return members, None
    if unit := registry.find(part.text):
        return (unit,), None
    code = "ambiguous-name" if name in registry.by_name else "unknown-unit"
    return (), Problem(part.offset, code, unknown_unit(part.text, registry, suggest=suggest))


def wrong_groups(document: Document, registry: Registry) -> Iterable[Finding]:
    """What is wrong with the groups of recipients.yaml: names that no line can hold, units and words unknown."""
    groups = document.at((), "recipients", "groups")
    for name, choice in registry.groups.items():
        at = (*groups, name)
        if [part.text for part in split(name).parts] != [name]:
            message = _("no addressee line can name the group {name}: ，and 、 outside brackets part two names")
            yield document.finding("error", "bad-group", message.format(name=name), at, key=True)
        if registry.groups_by_name[plain(name)] != name:
            message = _("{name} and {other} are the same name on an addressee line; delete one of the groups")
            message = message.format(name=name, other=registry.groups_by_name[plain(name)])
            yield document.finding("error", "ambiguous-name", message, at, key=True)
        if plain(name) in registry.by_name:
            message = _("{name} is a group and a unit; give one of them another name")
            yield document.finding("error", "ambiguous-name", message.format(name=name), at, key=True)
        yield from wrong_choice(document, at, choice, registry)
