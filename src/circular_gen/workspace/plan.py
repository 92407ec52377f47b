"""plan: circular × unit → Copy. Who gets what.

In: a circular and the registry. Out: a Copy a unit, addressees first in the line's order, then those that only get a
copy; a unit once. Equal choices of tasks are one and the same tuple, so that equal papers are made once.
"""

from dataclasses import dataclass
from typing import Literal

from circular_gen.workspace.circular import Circular, Task
from circular_gen.workspace.distribution import distribute
from circular_gen.workspace.findings import Finding, WorkspaceError
from circular_gen.workspace.recipients import Registry, Unit, chooser


@dataclass(frozen=True, slots=True)
class Copy:
    """What one unit gets. `tasks`: its checklist, empty for none; `receipt`: whether one is asked of it."""

    unit: Unit
    role: Literal["addressee", "cc"]
    tasks: tuple[Task, ...] = ()
    receipt: bool = False


def plan_copies(circular: Circular, registry: Registry) -> tuple[Copy, ...]:
    """Every unit's copy. WorkspaceError where it names somebody unknown (reading it says so with the place)."""
    addressees = distribute(circular.addressees, registry)
    cc = distribute(circular.cc, registry) if circular.cc else None
    problems = (*addressees.problems, *(cc.problems if cc else ()))
    if problems:
        raise WorkspaceError(Finding(circular.path, 1, 1, "error", p.code, p.message) for p in problems)
    choices = [(task, chooser(task.for_, registry) if task.for_ else None) for task in circular.tasks]
    shared: dict[tuple[bool, ...], tuple[Task, ...]] = {}
    asked = circular.receipt.ask != "none"
    copies: dict[str, Copy] = {}
    for unit in addressees.units:
        taken = tuple(chosen is None or chosen(unit) for _task, chosen in choices)
        tasks = shared.get(taken)
        if tasks is None:
            tasks = shared[taken] = tuple(task for (task, _), take in zip(choices, taken, strict=True) if take)
        copies[unit.id] = Copy(unit, "addressee", tasks, asked)
    for unit in cc.units if cc else ():
        if unit.id not in copies:
            copies[unit.id] = Copy(unit, "cc")
    return tuple(copies.values())
