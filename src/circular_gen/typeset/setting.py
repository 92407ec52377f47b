"""What setting a block gives: its pieces, and what stands on them.

A `Setting` is a block whose lines are broken and whose rows are measured, but which has no page yet: every item's y is
relative to the top of its piece, x is final. What a unit alone has stands in *fragments*, for which the pieces leave
holes; everything else is constant.

A block without slots is set once. A block with slots is an `OwnBlock`: `measure` is all that is done for a unit; its
key says everything that the rest of the paper can depend on, and `setting` is asked only once for each key.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from circular_gen.sheet.blocks import bind, is_own
from circular_gen.sheet.slots import Values, split
from circular_gen.typeset.flow import Metrics
from circular_gen.typeset.page import Entry, Glyphs, Item, Symbol

Items = tuple[Item, ...]
B = TypeVar("B")


class Lines(NamedTuple):
    """The simplest setting: pieces of one role, each with its items. `entries`: of a list, the entry of each piece;
    `under`: pictures that lie under the text of each piece."""

    metrics: tuple[Metrics, ...]
    items: tuple[Items, ...]
    role: str = "paragraph"
    entries: tuple[Entry | None, ...] = ()
    under: tuple[Items, ...] = ()


class Fixed(NamedTuple):
    """What every unit has on a piece: items, `y` below the piece's top."""

    items: Items
    role: str
    y: float = 0.0
    entry: Entry | None = None


class Gap(NamedTuple):
    """Where fragment `fragment` of its block stands on a piece: `y` below the piece's top."""

    fragment: int
    role: str
    y: float = 0.0
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """Pieces with what stands on them. `contents`: for each piece what is `Fixed`, and a `Gap` for each fragment.
    `heads`: how many of the first pieces are a table's head."""

    metrics: tuple[Metrics, ...]
    contents: tuple[tuple[Fixed | Gap, ...], ...]
    heads: int = 0


class Measured(NamedTuple):
    """What a unit's values make of a block: equal keys give equal settings; `fragments` are the unit's own items."""

    key: Hashable
    fragments: Sequence[Items]


class OwnBlock(Protocol):
    def measure(self, values: Values) -> Measured: ...

    def setting(self, values: Values, /) -> Setting: ...


def constant(lines: Lines) -> Setting:
    """The setting of a block that every unit has."""
    entries = lines.entries or (None,) * len(lines.items)
    contents = [
        (*under, Fixed(items, lines.role, 0.0, entry)) if items else under
        for items, entry, under in zip(lines.items, entries, _under(lines), strict=True)
    ]
    return Setting(lines.metrics, tuple(contents))


def _under(lines: Lines) -> list[tuple[Fixed, ...]]:
    """What lies under the text of each piece."""
    pictures = lines.under or ((),) * len(lines.items)
    return [tuple(Fixed((picture,), "figure") for picture in piece) for piece in pictures]


class OwnLines(Generic[B]):
    """A block with slots, all of whose items are the unit's own."""

    def __init__(self, block: B, set_block: Callable[[B], Lines]) -> None:
        self._bound, self._set = binder(block), set_block

    def measure(self, values: Values) -> Measured:
        lines = self._set(self._bound(values))
        return Measured((lines.metrics, lines.under) if lines.under else lines.metrics, lines.items)

    def setting(self, values: Values) -> Setting:
        return _with_gaps(self._set(self._bound(values)))


class OwnSymbol:
    """A QR symbol whose payload alone is the unit's. `lines`: its block's with any payload, on which nothing of them
    depends."""

    def __init__(self, payload: str, lines: Lines) -> None:
        self._payload, self._lines = filler(payload), lines
        symbol, *self._rest = lines.items[0]
        assert isinstance(symbol, Symbol)
        _any, *self._place = symbol

    def measure(self, values: Values) -> Measured:
        return Measured(self._lines.metrics, ((Symbol(self._payload(values), *self._place), *self._rest),))

    def setting(self, _values: Values) -> Setting:
        return _with_gaps(self._lines)


def _with_gaps(lines: Lines) -> Setting:
    """A setting in which every piece is the unit's own."""
    entries = lines.entries or (None,) * len(lines.items)
    contents: list[tuple[Fixed | Gap, ...]] = [
        (*under, Gap(index, lines.role, 0.0, entry))
        for index, (entry, under) in enumerate(zip(entries, _under(lines), strict=True))
    ]
    return Setting(lines.metrics, tuple(contents))


def binder(block: B) -> Callable[[Values], B]:
    """`bind(block, …)` prepared: which fields hold slots is looked up once."""
    kind = type(block)
    given = [getattr(block, field.name) for field in fields(block)]  # type: ignore[arg-type]
    makers = [(index, filler(value)) for index, value in enumerate(given) if is_own(value)]

    def bound(values: Values) -> B:
        arguments = list(given)
        for index, make in makers:
            arguments[index] = make(values)
        return kind(*arguments)

    return bound


def filler(value: object) -> Callable[[Values], Any]:
    """`bind(value, …)` prepared for a text or a tuple."""
    if not isinstance(value, str):
        return lambda values: bind(value, values)
    parts = split(value)
    if len(parts) == 3:
        before, name, after = parts
        if not before and not after:
            return lambda values: values[name]
        return lambda values: before + values[name] + after
    constants, names = parts[::2], parts[1::2]
    return lambda values: (
        constants[0] + "".join([values[name] + text for name, text in zip(names, constants[1:], strict=True)])
    )


def shifted(item: Item, x: float, y: float) -> Item:
    """`item`, `x` mm to the right and `y` mm lower."""
    if isinstance(item, Glyphs):
        face, size, left, baseline, text, advances, colour, scale, turned = item
        return Glyphs(face, size, left + x, baseline + y, text, advances, colour, scale, turned)
    if isinstance(item, Symbol):
        return Symbol(item.payload, item.x + x, item.y + y, item.size)
    return replace(item, x=item.x + x, y=item.y + y)
