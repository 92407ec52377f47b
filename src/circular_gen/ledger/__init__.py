"""The ledger: who has received what, provably. Events only go in; everything else is a fold over them.

with open_ledger(root / "records" / "ledger.db") as ledger:
    ledger.issue("2026-winter-safety", code="清安办发", year=2026, actor="综合科", payload=…, units=…)
    ledger.append(draft("received", "综合科", "2026-winter-safety", "chengxi", by="张某", how="phone"))

Names are imported when they are used, so that a command which only reads starts without SQLAlchemy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from circular_gen.ledger.checkpoint import Checkpoint, CheckpointError, agrees, brief, read_checkpoint
    from circular_gen.ledger.events import KINDS, Draft, DraftError, Event, draft
    from circular_gen.ledger.exchange import export_lines, import_lines
    from circular_gen.ledger.failures import AlreadyIssuedError, KeyConflictError, LedgerError, NumberTakenError
    from circular_gen.ledger.intents import INTENT_STATES, Installation, Intent, Intents
    from circular_gen.ledger.reading import Head, Number, Reader, Summary
    from circular_gen.ledger.standing import FLAGS, STATES, Paper, Standing, Status, status
    from circular_gen.ledger.store import Ledger, open_ledger
    from circular_gen.ledger.verification import Finding, Report, verify, verify_against
    from circular_gen.ledger.writing import Addressed, Writer

_MODULES = {
    "Addressed": "writing",
    "AlreadyIssuedError": "failures",
    "Checkpoint": "checkpoint",
    "CheckpointError": "checkpoint",
    "Draft": "events",
    "DraftError": "events",
    "Event": "events",
    "FLAGS": "standing",
    "Finding": "verification",
    "Head": "reading",
    "INTENT_STATES": "intents",
    "Installation": "intents",
    "Intent": "intents",
    "Intents": "intents",
    "KINDS": "events",
    "KeyConflictError": "failures",
    "Ledger": "store",
    "LedgerError": "failures",
    "Number": "reading",
    "NumberTakenError": "failures",
    "Paper": "standing",
    "Reader": "reading",
    "Report": "verification",
    "STATES": "standing",
    "Standing": "standing",
    "Status": "standing",
    "Summary": "reading",
    "Writer": "writing",
    "agrees": "checkpoint",
    "brief": "checkpoint",
    "draft": "events",
    "export_lines": "exchange",
    "import_lines": "exchange",
    "open_ledger": "store",
    "read_checkpoint": "checkpoint",
    "status": "standing",
    "verify": "verification",
    "verify_against": "verification",
}
__all__ = [
    "FLAGS",
    "INTENT_STATES",
    "KINDS",
    "STATES",
    "Addressed",
    "AlreadyIssuedError",
    "Checkpoint",
    "CheckpointError",
    "Draft",
    "DraftError",
    "Event",
    "Finding",
    "Head",
    "Installation",
    "Intent",
    "Intents",
    "KeyConflictError",
    "Ledger",
    "LedgerError",
    "Number",
    "NumberTakenError",
    "Paper",
    "Reader",
    "Report",
    "Standing",
    "Status",
    "Summary",
    "Writer",
    "agrees",
    "brief",
    "draft",
    "export_lines",
    "import_lines",
    "open_ledger",
    "read_checkpoint",
    "status",
    "verify",
    "verify_against",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
