"""recipients.yaml → Registry: the units, and the groups that a circular may name.

In: the document that `reading` gives. Out: the model, or located errors. Made for 100,000 units: units and contacts
are small objects, checked in bulk, and looked up by index.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
    TypeAdapter,
    field_validator,
    model_validator,
)
from pydantic import WithJsonSchema as Schema
from pydantic.dataclasses import dataclass

from circular_gen.messages import _
from circular_gen.workspace.findings import Finding, Severity, nearest, shown
from circular_gen.workspace.keys import spelled
from circular_gen.workspace.reading import At, Document, validate
from circular_gen.workspace.values import (
    ON_A_LINE,
    Line,
    Names,
    Number,
    Truth,
    Ways,
    Written,
    without_empty,
    written,
    wrong,
)

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ID_LENGTH = 60
_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d")


@dataclass(frozen=True, slots=True, config=written("contact"))
class Contact:
    name: Line = ""
    phone: Number = ""
    email: Line = ""
    duty: Line = ""

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, data: Any) -> Any:
        return without_empty("contact", data)

    @field_validator("email")
    @classmethod
    def _one_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"[^\s@,;<>\"()]+@[^\s@,;<>\"()]+", value):
            raise wrong("bad-email", _("“{value}” is no mail address").format(value=shown(value)))
        return value


def _unit_id(value: Any) -> Any:
    if isinstance(value, str) and not (_ID.fullmatch(value) and len(value) <= _ID_LENGTH):
        plain = re.sub("[^a-z0-9]+", "-", value.lower()).strip("-")[:_ID_LENGTH].strip("-")
        message = _("the id {value} may have small letters, digits and single hyphens; e.g. {nearest}")
        raise wrong("bad-id", message.format(value=shown(value), nearest=plain or "chengxi"))
    if isinstance(value, str) and _DEVICES.fullmatch(value):
        message = _("the id {value} cannot be a folder's name on Windows; e.g. {value}-1")
        raise wrong("bad-id", message.format(value=value))
    return value


@dataclass(frozen=True, slots=True, config=written("unit"))
class Unit:
    """A unit that gets papers. A dataclass with slots, not a BaseModel: a tenth of the memory."""

    id: Annotated[Line, BeforeValidator(_unit_id), Schema({"type": "string", "pattern": f"^{_ID.pattern}$"})]
    name: Line
    short: Line = ""
    tags: Names = ()
    sectors: Names = ()
    contacts: tuple[Contact, ...] = ()
    deliver: Ways = ()
    copies: Annotated[int, Field(ge=1, le=999)] = 1
    address: Line = ""
    superior: Annotated[str, StringConstraints(pattern=rf"^{ON_A_LINE}*$")] = ""

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, data: Any) -> Any:
        return without_empty("unit", data)

    @property
    def contact(self) -> Contact | None:
        """The main contact."""
        return self.contacts[0] if self.contacts else None


class Choice(Written):
    """A choice of units: those of `units`, and those that have any of `tags` (where given) and any of `sectors` (where
    given); or `all`."""

    section: ClassVar[str] = "choice"
    model_config = written("choice")
    tags: Names = ()
    sectors: Names = ()
    units: Names = ()
    all: Truth = False

    @model_validator(mode="after")
    def _not_empty(self) -> "Choice":
        if not (self.tags or self.sectors or self.units or self.all):
            message = _("this chooses nobody; write tags, sectors, units or all: true")
            raise wrong("empty-choice", message)
        return self


class Registry(Written):
    """All units, in the file's order, and the groups by name."""

    section: ClassVar[str] = "recipients"
    model_config = written("recipients")
    units: tuple[Unit, ...] = Field(min_length=1)
    groups: dict[Annotated[str, StringConstraints(min_length=1)], Choice] = Field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((len(self.units), self.units[:1], tuple(self.groups)))

    @cached_property
    def by_id(self) -> Mapping[str, Unit]:
        return {unit.id: unit for unit in self.units}

    @cached_property
    def by_name(self) -> Mapping[str, tuple[Unit, ...]]:
        """Units by plain name and short name (see `plain`); more than one where they share it."""
        found: dict[str, tuple[Unit, ...]] = {}
        for unit in self.units:
            for name in {plain(unit.name): None, plain(unit.short or unit.name): None}:
                found[name] = (*found.get(name, ()), unit)
        return found

    @cached_property
    def groups_by_name(self) -> Mapping[str, str]:
        return {plain(name): name for name in self.groups}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every name that may stand on an addressee line: groups, units, short names."""
        names = [*self.groups]
        for unit in self.units:
            names.append(unit.name)
            if unit.short:
                names.append(unit.short)
        return tuple(dict.fromkeys(names))

    @cached_property
    def _members(self) -> dict[str, tuple[Unit, ...]]:
        return {}

    def members(self, group: str) -> tuple[Unit, ...]:
        """The units of the group of that name, in the file's order."""
        if group not in self._members:
            self._members[group] = self.chosen(self.groups[group])
        return self._members[group]

    def chosen(self, choice: Choice) -> tuple[Unit, ...]:
        """The units of `choice`, in the file's order."""
        test = chooser(choice, self)
        return tuple(filter(test, self.units))

    def find(self, word: str) -> Unit | None:
        """The unit of that id, name or short name; None where there is none or more than one."""
        if word in self.by_id:
            return self.by_id[word]
        found = self.by_name.get(plain(word), ())
        return found[0] if len(found) == 1 else None


class chooser:  # noqa: N801 (called like a function)
    """Whether a unit belongs to `choice`: `chooser(choice, registry)(unit)`."""

    __slots__ = ("_all", "_ids", "_sectors", "_tags")

    def __init__(self, choice: Choice, registry: Registry) -> None:
        self._all = choice.all
        self._tags = frozenset(choice.tags)
        self._sectors = frozenset(choice.sectors)
        self._ids = frozenset(unit.id for word in choice.units if (unit := registry.find(word)))

    def __call__(self, unit: Unit) -> bool:
        if self._all or unit.id in self._ids:
            return True
        tags, sectors = self._tags, self._sectors
        if not (tags or sectors):
            return False
        return not (tags and tags.isdisjoint(unit.tags)) and not (sectors and sectors.isdisjoint(unit.sectors))


_PLAIN = str.maketrans("()[]", "（）〔〕", " \u3000\u00a0\n")


def plain(name: str) -> str:
    """`name` as it is compared: half-width brackets are full-width ones, spaces do not count."""
    return name.translate(_PLAIN)


_ADAPTER = TypeAdapter(Registry)
_UNIT = TypeAdapter(Unit)


def read_registry(document: Document) -> tuple[Registry | None, tuple[Finding, ...], Mapping[str, str]]:
    """The registry of `document`, every finding, and what else it was read from: name → SHA-256. The groups are checked
    by `distribution.wrong_groups`."""
    at = document.at((), "recipients", "units")
    if isinstance(document.value(at), dict):
        return _listed(document, at)
    registry, findings = validate(_ADAPTER, "recipients", document)
    return registry, (*findings, *_repeated(document)), {}


def _listed(document: Document, at: At) -> tuple[Registry | None, tuple[Finding, ...], Mapping[str, str]]:
    """As `read_registry`, where the units stand in a list of their own."""
    from circular_gen.workspace.lists import Source, read_list  # few offices keep their units elsewhere

    source, findings = validate(TypeAdapter(Source), "source", document, at)
    if source is None:
        return None, findings, {}
    listed = read_list(source, document, at, _UNIT)
    # Units that are checked already pass through the model as they are.
    units = listed.units or (Unit(id="none", name="-"),)
    whole = replace(document, data={**document.data, at[-1]: units})
    registry, findings = validate(_ADAPTER, "recipients", whole)
    if not listed.units:
        registry = None
    return registry, (*listed.findings, *findings), listed.inputs


def _repeated(document: Document) -> Iterable[Finding]:
    """Ids that stand twice, and names: two units of one name cannot be told apart on a paper or by who confirms."""
    taken, same = _("the id {value} is taken by the unit in line {line}"), _("the unit in line {line} is also {value}")
    yield from _twice(document, "id", ("id", "代号"), "error", "duplicate-id", taken)
    yield from _twice(document, "name", ("name", "名称"), "warning", "same-name", same)


def _twice(
    document: Document, field: str, keys: tuple[str, str], severity: Severity, code: str, message: str
) -> Iterable[Finding]:
    all_units = document.at((), "recipients", "units")
    units = document.value(all_units)
    first: dict[str, At] = {}
    repeated: list[tuple[At, At]] = []
    for number, unit in enumerate(units if isinstance(units, list) else ()):
        if isinstance(unit, dict) and isinstance(value := unit.get(keys[0], unit.get(keys[1])), str):
            at = (*all_units, number)
            if (earlier := first.setdefault(plain(value), at)) is not at:
                repeated.append((document.at(earlier, "unit", field), document.at(at, "unit", field)))
    document.locate(at for pair in repeated for at in pair)
    for earlier, at in repeated:
        text = message.format(value=document.value(at), line=document.place(earlier)[0])
        yield document.finding(severity, code, text, at)


def wrong_choice(document: Document, at: At, choice: Choice, registry: Registry) -> Iterable[Finding]:
    """Findings for the choice of units that stands at `at`: unknown units are errors, words that no unit has warn."""
    for word in choice.units:
        if registry.find(word) is None:
            here = document.at(at, "choice", "units")
            yield document.finding("error", "unknown-unit", unknown_unit(word, registry), here)
    for key, words, known in (
        ("tags", choice.tags, {tag for unit in registry.units for tag in unit.tags} if choice.tags else set()),
        ("sectors", choice.sectors, {s for unit in registry.units for s in unit.sectors} if choice.sectors else set()),
    ):
        for word in words:
            if word not in known:
                near = nearest(word, sorted(known), 1, 0.3)
                message = _("no unit has {word} among its {key}")
                text = message.format(word=word, key=spelled("unit", key))
                if near:
                    text += _("; did you mean {nearest}?").format(nearest=near[0])
                yield document.finding("warning", "unknown-word", text, document.at(at, "choice", key))


def unknown_unit(word: str, registry: Registry, *, suggest: bool = True) -> str:
    """What to say about `word`, which names no single unit; with `suggest`, the nearest names too."""
    same = registry.by_name.get(plain(word), ())
    if len(same) > 1:
        message = _("{word} is the name of {count} units; write the id: {ids}")
        ids = ", ".join(unit.id for unit in same[:3])
        return message.format(word=word, count=len(same), ids=ids + (" …" if len(same) > 3 else ""))
    if not suggest:
        return _("{word} is neither a unit nor a group of recipients.yaml").format(word=shown(word))
    names = (*registry.names, *registry.by_id)
    return _("{word} is neither a unit nor a group of recipients.yaml; the nearest are {nearest}").format(
        word=shown(word), nearest="、".join(nearest(word, names))
    )
