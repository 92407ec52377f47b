"""Ways: who gets an issued circular, and how. Pure, but for the rows that it is given.

In: the circular's units as the ledger has them, the units as recipients.yaml has them today, what the outbox knows.
Out: a `Route` for every unit, in the list's order: what is to be done, by which way, or why nothing is.

A unit's ways are those of its `deliver`, in that order; without one, mail where it has an address. A way that is not
set up, or for which the unit lacks an address, is passed over, and so is one that was refused. Whoever has it, or may
have it, gets no other.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from circular_gen.dispatch.letter import address_problem
from circular_gen.dispatch.outbox import came_back
from circular_gen.ledger import Intent, Paper, Standing
from circular_gen.ledger.standing import RECEIVED, SENT
from circular_gen.workspace import Office, Unit

Todo = Literal["send", "done", "ask", "no-way", "other-way", "left-out"]


@dataclass(frozen=True, slots=True)
class Route:
    """A unit's way. `todo`: send; done (it has it); ask (a person must decide); no-way; other-way (not that of --via);
    left-out (withdrawn from it). `why`: a word for that, see `reasons`. `nth`: how many times by this way, this
    included. `row`: what the outbox has of it."""

    unit: str
    name: str
    role: str
    todo: Todo
    way: str = ""
    address: str = ""
    why: str = ""
    copies: int = 1
    nth: int = 1
    row: Intent | None = None


@dataclass(frozen=True, slots=True)
class Means:
    """What the office can send by. `folder`: where a unit's shared folder lies; `large`: whether its files are too
    large for a mail."""

    mail: bool
    folder: Callable[[Unit], str] | None
    large: Callable[[Unit], bool] | None

    @classmethod
    def of(
        cls, office: Office, folder: Callable[[Unit], str] | None, large: Callable[[Unit], bool] | None = None
    ) -> "Means":
        mail = office.mail
        return cls(bool(mail and mail.smtp and mail.from_), folder if office.dispatch.folder else None, large)

    def address(self, unit: Unit, way: str) -> tuple[str | None, str]:
        """The unit's address by this way; None and why where there is none."""
        if way == "print":
            return "", ""
        if way == "folder":
            return (self.folder(unit), "") if self.folder else (None, "no-folder")
        if way != "email":
            return None, "portal"
        address = next((contact.email for contact in unit.contacts if contact.email), "")
        if not address:
            return None, "no-address"
        if address_problem(address):
            return None, "bad-address"
        if not self.mail:
            return None, "no-mail"
        return (None, "too-large") if self.large and self.large(unit) else (address, "")


def routes(
    paper: Paper,
    standings: Iterable[Standing],
    units: Mapping[str, Unit],
    rows: Iterable[Intent],
    means: Means,
    *,
    via: str | None = None,
    only: Sequence[str] = (),
) -> tuple[Route, ...]:
    """A route for each unit of the circular. `rows`: the outbox's, of the circular itself. `via`: only what goes by
    this way; for units named in `only` this way whatever their own are."""
    by_unit: dict[str, list[Intent]] = {}
    for row in rows:
        if row.revision == paper.revision:
            by_unit.setdefault(row.unit, []).append(row)
    found = []
    for standing in standings:
        if only and standing.unit not in only:
            continue
        route = _route(
            paper, standing, units.get(standing.unit), by_unit.get(standing.unit, []), means, via, bool(only)
        )
        if via and route.todo == "send" and route.way != via:
            route = _of(standing, "other-way", way=route.way, address=route.address)
        found.append(route)
    return tuple(found)


def _route(
    paper: Paper,
    standing: Standing,
    unit: Unit | None,
    rows: Sequence[Intent],
    means: Means,
    via: str | None,
    forced: bool,
) -> Route:
    if standing.withdrawn:
        return _of(standing, "left-out", why="withdrawn")
    for row in rows:
        if row.state in ("unknown", "waiting", "leased"):
            return _of(standing, "ask", row=row, way=row.channel, address=row.address, why=row.reason or row.state)
        if row.state == "handed-over" and not came_back(standing, row):
            return _of(standing, "done", row=row, way=row.channel, address=row.address)
    sent = standing.state >= SENT and standing.revision >= paper.revision and standing.bounced is None
    if (sent and not rows) or (standing.state >= RECEIVED and standing.revision >= paper.revision):
        return _of(standing, "done", way=standing.channel, why="by-hand")
    for row in rows:
        if row.state == "planned":
            return _of(standing, "send", row=row, way=row.channel, address=row.address, nth=row.nth)
    tried = {(row.channel, row.address) for row in rows}
    if unit is None:
        return _of(standing, "no-way", why="unknown-unit")
    why = "refused" if tried else "no-deliver"
    ways: Sequence[str] = unit.deliver or ("email",)
    for way in (via,) if via and forced else ways:
        address, lacking = means.address(unit, way)
        if address is None:
            why = why if tried else lacking
        elif (way, address) not in tried:
            nth = 1 + max((row.nth for row in rows if row.channel == way), default=0)
            return _of(standing, "send", way=way, address=address, nth=nth, copies=unit.copies)
    return _of(standing, "no-way", why=why, row=rows[-1] if rows else None)


def _of(standing: Standing, todo: Todo, **more: object) -> Route:
    fields = {"copies": standing.copies, **more}
    return Route(standing.unit, standing.name, standing.role, todo, **fields)  # type: ignore[arg-type]
