"""`archive recheck`: the yearly look at what was archived; its results are kept.

In: a workspace and its bags. Out: a verification of each with the office's own ledger as witness, a report below
records/archive-checks, and an event in the ledger.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from circular_gen.archive.chain import read_head
from circular_gen.archive.checks import Finding
from circular_gen.archive.items import ARCHIVE
from circular_gen.archive.report import write_report
from circular_gen.archive.verification import UncheckedError, Verification, verify_bag
from circular_gen.errors import ExitCode
from circular_gen.ledger import Checkpoint, draft, verify_against
from circular_gen.messages import _
from circular_gen.records import Records, open_records

CHECKS = "archive-checks"
_OUTCOMES = {0: "good", 1: "doubt", 3: "unchecked"}


@dataclass(frozen=True, slots=True)
class Rechecked:
    """A bag that was looked at again. `outcome`: good, doubt or unchecked; `report`: its files; `before`: how the last
    check ended, empty where there was none."""

    bag: str
    outcome: str
    findings: tuple[Finding, ...]
    report: tuple[Path, ...]
    before: str = ""

    def record(self) -> dict[str, Any]:
        return {
            "bag": self.bag,
            "outcome": self.outcome,
            "before": self.before or None,
            "findings": [finding.record() for finding in self.findings],
            "report": [str(path) for path in self.report],
        }


def recheck(
    root: Path,
    bags: Sequence[Path] = (),
    *,
    actor: str | None = None,
    now: Callable[[], datetime] | None = None,
) -> tuple[Rechecked, ...]:
    """Verify `bags` (default: all that the ledger says are archived, below records/archive) and keep the results."""
    with open_records(root) as records:
        with records.ledger.reading() as reader:
            listed = {event.payload["bag"]: event.payload["sha256"] for event in reader.stream(kinds=("archived",))}
            before = {e.payload["bag"]: e.payload["outcome"] for e in reader.stream(kinds=("checked-archive",))}
        chosen = bags or [root / "records" / ARCHIVE / name for name in sorted(listed)]
        done = []
        for path in chosen:
            found = _look(records, path, listed.get(path.name))
            outcome = _OUTCOMES[found.exit_code]
            moment = (now or datetime.now)()
            moment = moment.astimezone(records.office.zone)
            folder = root / "records" / CHECKS / path.name / f"{moment:%Y-%m-%d}"
            report = write_report(found, folder, moment)
            said = (
                f"{len(found.findings)}: {found.findings[0].path} {found.findings[0].message}"
                if found.findings
                else None
            )
            records.ledger.append(
                draft("checked-archive", actor or records.actor, bag=path.name, outcome=outcome, detail=said)
            )
            done.append(Rechecked(path.name, outcome, tuple(found.findings), report, before.get(path.name, "")))
        return tuple(done)


def exit_code(done: Sequence[Rechecked]) -> int:
    """1 where one is in doubt, 3 where one could not be checked, else 0."""
    outcomes = {one.outcome for one in done}
    if "doubt" in outcomes:
        return int(ExitCode.FOUND)
    return int(ExitCode.UNCHECKED) if "unchecked" in outcomes else int(ExitCode.DONE)


def _look(records: Records, path: Path, listed: str | None) -> Verification:
    """A bag against itself and against the office's ledger, which goes on where the bag's ends."""
    try:
        found = verify_bag(path, listed=listed, phase="CQ")
    except UncheckedError as error:
        found = Verification(path, "CQ")
        found.findings.append(Finding("manifest", path.name, str(error), "unchecked"))
        return found
    if listed is None:
        found.findings.append(Finding("outside", "", _("the office's ledger does not know this bag"), "warn"))
    if not any(finding.check == "chain" for finding in found.findings):
        head = read_head(path)
        kept = Checkpoint(head["origin"], head["size"], bytes.fromhex(head["root"]))
        found.counts["outside"] += 1
        for one in verify_against(records.ledger, kept):
            found.findings.append(Finding("outside", "data/ledger/head.json", one.message))
    return found
