"""The ledger: who has received what, provably. Events only go in; everything else is a fold over them.

with open_ledger(root / "records" / "ledger.db") as ledger:
    ledger.issue("2026-winter-safety", code="清安办发", year=2026, actor="综合科", payload=…, units=…)
    ledger.append(draft("received", "综合科", "2026-winter-safety", "chengxi", by="张某", how="phone"))
"""

from circular_gen.ledger.checkpoint import Checkpoint, CheckpointError, agrees, brief, read_checkpoint
from circular_gen.ledger.events import KINDS, Draft, DraftError, Event, draft
from circular_gen.ledger.exchange import export_lines, import_lines
from circular_gen.ledger.failures import AlreadyIssuedError, KeyConflictError, LedgerError, NumberTakenError
from circular_gen.ledger.intents import INTENT_STATES, Installation, Intent, Intents
from circular_gen.ledger.standing import FLAGS, STATES, Paper, Standing, Status, status
from circular_gen.ledger.store import Addressed, Head, Ledger, Number, Reader, Summary, Writer, open_ledger
from circular_gen.ledger.verification import Finding, Report, verify, verify_against

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
