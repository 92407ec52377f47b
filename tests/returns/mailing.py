"""An office that sends by mail and has a mailbox: shared by the tests of fetching."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from tests.mailservers import Server

from circular_gen.dispatch.outbox import HandedOver, Outbox, Unknown
from circular_gen.ledger import Event, Intent
from circular_gen.records import open_records
from circular_gen.returns import fetching
from circular_gen.returns.fetching import FetchReport
from circular_gen.returns.workers import Workers

from .conftest import Desk
from .mails import OFFICE, Sent

DONE = "已处理"


@dataclass(frozen=True)
class Letter:
    digest: str


class Post:
    """Takes every message, or loses the connection after it."""

    channel, repeatable, doubtful = "email", False, False

    def __init__(self, lost: bool) -> None:
        self._lost = lost

    def carry(self, intent: Intent, message: Letter) -> HandedOver | Unknown:
        return Unknown("connection lost") if self._lost else HandedOver("250 2.0.0 Ok")

    def close(self) -> None:
        pass


class MailDesk:
    """A desk with a mailbox on a server. `fetch` lays messages into it and takes them in."""

    def __init__(self, desk: Desk, server: Server, workers: Workers) -> None:
        self.desk, self.server, self.root, self._workers = desk, server, desk.root, workers
        self.use(server.url())

    def use(self, address: str, more: str = "") -> None:
        """Write the mailbox into office.yaml."""
        path = self.root / "office.yaml"
        text = path.read_text("utf-8").partition("mail:")[0]
        path.write_text(f"{text}mail: {{from: {OFFICE}, imap: '{address}'{more}}}\n", "utf-8")

    def sent(
        self,
        *units: str,
        circular: str = "notice",
        fate: str = "sent",
        purpose: str = "circular",
        at: str = "unit.example",
    ) -> tuple[Sent, ...]:
        """Send to units as dispatch does; `fate`: sent, planned (not sent yet) or lost (nobody knows);
        `at`: the units' domain."""
        with open_records(self.root) as records:
            outbox = Outbox(records)
            intents = [
                outbox.intent(
                    circular, 0, unit, "email", address=f"{unit}@{at}", payload=_digest(unit), purpose=purpose
                )
                for unit in units
            ]
            outbox.plan(intents)
            if fate != "planned":
                self._send(outbox, intents, fate == "lost")
            identity = outbox.identity
            return tuple(
                Sent(
                    identity.message_id(one.key, OFFICE),
                    identity.envid(one.key),
                    identity.bounce_address(one.key, OFFICE),
                    one.address,
                )
                for one in intents
            )

    def _send(self, outbox: Outbox, intents: Iterable[Intent], lost: bool) -> None:
        with outbox.alone():
            outbox.send(Post(lost), lambda intent: Letter(_digest(intent.unit)), keys=[one.key for one in intents])

    def send_planned(self) -> None:
        with open_records(self.root) as records:
            outbox = Outbox(records)
            self._send(outbox, outbox.rows("notice"), False)

    def fetch(self, *messages: bytes) -> FetchReport:
        if messages:
            self.server.put(messages)
        return fetching.fetch(self.root, workers=self._workers)

    def state(self, unit: str, circular: str = "notice") -> tuple[str, tuple[str, ...]]:
        with self.desk.ledger() as ledger:
            return next((one.state, one.flags) for one in ledger.statuses(circular) if one.unit == unit)

    def standings(self) -> list[object]:
        """All standings, without the number of the last event."""
        with self.desk.ledger() as ledger:
            return [standing._replace(last=0) for name in ("notice", "check") for standing in ledger.standings(name)]

    def events(self, unit: str, *kinds: str, circular: str = "notice") -> tuple[Event, ...]:
        return self.desk.events(circular, unit, *kinds)

    def evidence(self) -> set[str]:
        """The hashes of what is kept."""
        return {path.name[:64] for path in (self.root / "records" / "evidence").glob("??/*")}


def _digest(unit: str) -> str:
    return sha256(unit.encode()).hexdigest()


def fates(report: FetchReport) -> list[tuple[str, str]]:
    return [(mail.fate, mail.reason) for mail in report.fates]


def hashes(messages: Sequence[bytes]) -> set[str]:
    return {sha256(message).hexdigest() for message in messages}
