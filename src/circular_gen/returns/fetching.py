"""`receipts fetch`: mails that came to the office's mailbox → events, and the fate of each mail.

    mailbox ─► raw mail, kept by its hash ─► a worker says what it is ─┬─► reports: delivered, bounced, opened
                                                                      ├─► attachments: the way of a scan
                                                                      └─► automatic answers: kept, nothing else
    ─► one transaction: what follows, and `fetched` ─► moved to the folder for what is done

A mail is known by mailbox, UIDVALIDITY and UID, and by its SHA-256; either one is enough. Killed anywhere, the next run
finds it where it was: a mail that the ledger knows is only moved, one that it does not know is done again, and what it
led to before is known by then. What gives nothing and what matches nothing waits for a person; nothing is deleted.
"""

import hashlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from circular_gen.dispatch.identity import office_identity
from circular_gen.errors import CircularGenError
from circular_gen.evidence import find, keep_bytes
from circular_gen.ledger import Draft, DraftError, Event, Reader, Writer
from circular_gen.messages import _
from circular_gen.records import Records, open_records, read_manifest
from circular_gen.returns.mailbox import Account, Listed, Mailbox, open_mailbox, read_account
from circular_gen.returns.matching import Deliveries, Matcher, Verdict, answered
from circular_gen.returns.pictures import RefusedError
from circular_gen.returns.reports import MAX_MAIL, Attachment, Mail
from circular_gen.returns.scanning import incoming, require_scanning, scan_attachments
from circular_gen.returns.settling import BESIDE, BY_MAIL, Fate, Source, one_line
from circular_gen.returns.workers import Workers
from circular_gen.workspace.secret import mail_password

Progress = Callable[[int, int], None]
_BEGINNING = 1 << 20
"""Bytes that are kept of a mail which is too large."""
_ENOUGH = 300
"""Pages of a mail whose fates are told in its event."""
_READ = ("received", "received-with-reservation", "reported", "review")
"""Fates of pages that are ours."""
DONE = (
    *("delivered", "bounced", "opened", "delayed", "relayed", "expanded", "noted", "again"),
    *("automatic", "own", "read", "known"),
)
"""Fates of mails that leave nothing to do."""
_DETAIL = 500


@dataclass(frozen=True, slots=True)
class MailFate:
    """What became of a mail. `fate`: one of DONE, review, or refused (it could not be taken apart, and is in review);
    `reason`: why it is in review; `pages`: what its attachments led to; `event`: its number in the ledger; `moved`:
    whether it lies in the folder for what is done."""

    uid: int
    sender: str
    subject: str
    fate: str
    circular: str | None = None
    unit: str | None = None
    reason: str = ""
    detail: str = ""
    event: int | None = None
    moved: bool = False
    pages: tuple[Fate, ...] = ()

    @property
    def clean(self) -> bool:
        return self.fate in DONE and not self.reason and all(page.fate != "review" for page in self.pages)


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What became of every mail, in the order of the mailbox."""

    fates: tuple[MailFate, ...]
    folder: str

    @property
    def clean(self) -> bool:
        """Whether nothing went to review."""
        return all(fate.clean for fate in self.fates)

    def counts(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for fate in self.fates:
            counts[fate.fate] = counts.get(fate.fate, 0) + 1
        return counts

    def record(self) -> dict[str, Any]:
        return {"mails": [asdict(fate) for fate in self.fates], "counts": self.counts(), "folder": self.folder}


def require_fetching() -> None:
    """CircularGenError where the packages that fetch mail are not installed."""
    if importlib.util.find_spec("imap_tools") is None:
        raise CircularGenError(_("fetching mail needs more packages: pip install 'circular-gen[mail,scan]'"))
    require_scanning()


def fetch(
    root: Path,
    *,
    actor: str | None = None,
    progress: Progress = lambda _done, _total: None,
    workers: Workers | None = None,
) -> FetchReport:
    """Take in what came to the office's mailbox. `actor`: who records it; `workers`: running ones, for a caller who
    fetches often. CircularGenError where no mailbox is set up, MailboxError where the server fails; what was recorded
    until then stays, and the next run goes on after it."""
    require_fetching()
    with open_records(root) as records:
        account, sender, folder = _settings(records)
        password = mail_password(root, "imap")
        if password is None:
            message = _('no password for {name}: set CIRCULAR_GEN_IMAP_PASSWORD, or write imap: "…" into {file}')
            raise CircularGenError(message.format(name=account.name, file="records/mail.yaml"))
        with open_mailbox(account, password) as mailbox:
            if workers is not None:
                return _Fetch(records, mailbox, workers, sender, folder, actor, progress).run()
            with Workers(1) as own:
                return _Fetch(records, mailbox, own, sender, folder, actor, progress).run()


def _settings(records: Records) -> tuple[Account, str, str]:
    """The mailbox, the address that mail is sent from, the folder for what is done."""
    mail = records.office.mail
    if mail is None or not mail.imap:
        raise CircularGenError(
            _("office.yaml names no mailbox; write mail: and below it imap: imaps://user@host/INBOX")
        )
    contact = records.office.contact
    sender = mail.from_ or (contact.email if contact else "") or ""
    account = read_account(mail.imap, sender)
    if mail.done == account.folder:
        message = _("mail.done {folder} is the mailbox itself; name another folder for what is done")
        raise CircularGenError(message.format(folder=mail.done))
    return account, sender, mail.done


class _Fetch:
    def __init__(
        self,
        records: Records,
        mailbox: Mailbox,
        workers: Workers,
        sender: str,
        folder: str,
        actor: str | None,
        progress: Progress,
    ) -> None:
        self._records = records
        self._mailbox = mailbox
        self._workers = workers
        self._sender = sender
        self._folder = folder
        self._actor = actor or records.actor
        self._progress = progress
        self._deliveries = Deliveries()
        self._identity = office_identity(records.root)

    def run(self) -> FetchReport:
        uids = self._mailbox.uids(self._since())
        if not uids:
            return FetchReport((), self._folder)
        if self._mailbox.can_move:
            self._mailbox.make_folder(self._folder)
        with self._records.ledger.reading() as reader:
            known = {
                event.payload.get("uid"): event for event in reader.stream(kinds=("fetched",)) if self._is_here(event)
            }
        fates = []
        for done, listed in enumerate(self._mailbox.listed(uids)):
            self._progress(done, len(uids))
            if event := known.get(listed.uid):
                if self._mailbox.can_move:
                    fates.append(self._known(listed.uid, event))
                continue
            fate = self._one(listed)
            if fate is not None:
                fates.append(fate)
        self._progress(len(uids), len(uids))
        return FetchReport(tuple(fates), self._folder)

    def _since(self) -> date:
        """No mail about a circular comes before the ledger's first event; a day more, for zones and clocks."""
        first = self._records.ledger.event(1)
        assert first is not None  # `open_records` refuses a ledger without
        return datetime.fromisoformat(first.time).date() - timedelta(days=1)

    def _is_here(self, event: Event) -> bool:
        said = event.payload
        return (said.get("mailbox"), said.get("validity")) == (self._mailbox.account.name, self._mailbox.validity)

    def _known(self, uid: int, event: Event) -> MailFate:
        """A mail that was done before and is still here: killed before it was moved, or put back by somebody."""
        said = event.payload
        moved = self._mailbox.move(uid, self._folder)
        sender, subject = said.get("sender", ""), said.get("file", "")
        return MailFate(uid, sender, subject, "known", event=event.sequence, moved=moved)

    # -- a mail

    def _one(self, listed: Listed) -> MailFate | None:
        """Keep it, understand it, record what follows, move it. None where it is gone meanwhile."""
        large = listed.size > MAX_MAIL
        raw = self._mailbox.raw(listed.uid, _BEGINNING if large else None)
        if raw is None:
            return None
        large = large or len(raw) > MAX_MAIL
        raw = raw[:_BEGINNING] if large else raw
        sha256 = keep_bytes(self._records.root, raw, ".eml") if raw else hashlib.sha256(raw).hexdigest()
        with self._records.ledger.reading() as reader:
            known = _fetched(reader, sha256)
        if known is not None:
            return self._known(listed.uid, known)
        mail, refused = self._understood(sha256, raw, listed, large=large)
        pages: tuple[Fate, ...] = ()
        if mail is not None and mail.attachments and not self._ignored(mail):
            pages = self._scanned(mail, sha256, listed.at)
        taken = _Taken(listed, sha256, bool(raw), mail, refused, pages)
        try:
            fate = self._settled(taken)
        except DraftError as error:  # whatever a mail holds, the next one goes on
            fate = self._settled(replace(taken, mail=None, refused=RefusedError("damaged", str(error)[:200])))
        return replace(fate, moved=self._mailbox.move(listed.uid, self._folder))

    def _understood(
        self, sha256: str, raw: bytes, listed: Listed, *, large: bool
    ) -> tuple[Mail | None, RefusedError | None]:
        if not raw:
            return None, RefusedError("empty")
        if large:
            return None, RefusedError("too-large", f"{listed.size >> 20} MB")
        path = find(self._records.root, sha256)
        assert path is not None
        try:
            return self._workers.mail(path), None
        except RefusedError as refused:
            return None, refused

    def _ignored(self, mail: Mail) -> bool:
        """Whether nobody looks at the attachments: an automatic answer, or a message of our own."""
        if mail.answering or mail.what not in ("mail", "automatic"):
            return True
        with self._records.ledger.reading() as reader:
            return self._is_own(mail, reader)

    def _is_own(self, mail: Mail, reader: Reader) -> bool:
        """One of the messages that we sent, by its Message-ID: it came to the office's own mailbox, too."""
        return self._deliveries.use(reader).by_message(mail.message) is not None

    def _scanned(self, mail: Mail, sha256: str, at: str | None) -> tuple[Fate, ...]:
        """What the attachments' pages led to; those that we sent ourselves are left out."""
        ours = self._sent_files(mail)
        files: list[tuple[str, Path]] = []
        with incoming(self._records.root) as aside:
            for number, file in enumerate(mail.attachments):
                if hashlib.sha256(file.data).hexdigest() in ours:
                    continue
                path = aside / f"{number}"
                path.write_bytes(file.data)
                files.append((_named(mail, file), path))
            source = Source(sha256, at)
            report = scan_attachments(self._records, files, self._workers, source, self._actor)
        return tuple(told for fate in report.fates if (told := self._told(fate)))

    def _told(self, fate: Fate) -> Fate | None:
        """A file that was read before, perhaps by a run that was killed: what it led to then. None for one that is in
        the mail twice."""
        if fate.fate != "known":
            return fate
        if fate.event is None:
            return None
        event = self._records.ledger.event(fate.event)
        words = set(event.payload.get("read", {}).values()) if event else set()
        if words and words <= {BESIDE, "blank", "refused"}:
            return Fate(fate.file, 0, BESIDE, reason="no-code", event=fate.event)
        return fate

    def _sent_files(self, mail: Mail) -> frozenset[str]:
        """The hashes of the files that went out with the message that this one answers: who sends ours back as it was
        has not signed it."""
        with self._records.ledger.reading() as reader:
            found = answered(mail, self._deliveries.use(reader))
        if found is None:
            return frozenset()
        manifest = read_manifest(self._records.folder(found.circular, found.revision))
        return frozenset(str(file.get("sha256")) for file in manifest.get("files", {}).values())

    # -- what follows

    def _settled(self, taken: "_Taken") -> MailFate:
        """Record what a mail leads to, and the mail, in one transaction."""
        fate = MailFate(taken.listed.uid, taken.sender, taken.subject, "known", pages=taken.pages)
        with self._records.ledger.writing() as writer:
            known = _fetched(writer, taken.sha256)
            if known is not None:  # somebody was quicker
                return replace(fate, event=known.sequence)
            verdict = self._verdict(writer, taken)
            about = verdict.about or (None, None)
            drafts = list(verdict.drafts)
            if verdict.review:
                addressed = None not in about and writer.standing(*verdict.about or ("", "")) is not None
                drafts.append(self._review(verdict, taken, addressed=addressed))
            events = writer.append(*drafts, self._fetched(verdict, taken))
        return replace(
            fate,
            fate=verdict.fate,
            circular=about[0],
            unit=about[1],
            reason=verdict.review,
            detail=verdict.detail,
            event=events[-2 if drafts else -1].sequence,
        )

    def _verdict(self, writer: Writer, taken: "_Taken") -> Verdict:
        mail = taken.mail
        if mail is None:
            assert taken.refused is not None
            refused = taken.refused
            return Verdict("refused", review=refused.reason if taken.kept else "", detail=refused.detail)
        if self._is_own(mail, writer):
            return Verdict("own")
        matcher = Matcher(writer, self._deliveries.use(writer), self._identity, self._sender, self._actor)
        if taken.pages:
            return self._replied(mail, taken.pages)
        return matcher.judge(mail, taken.sha256, taken.listed.at)

    def _replied(self, mail: Mail, pages: Sequence[Fate]) -> Verdict:
        """A mail with attachments: read where a page of it was ours; what else there is a person looks at."""
        inline = {_named(mail, file) for file in mail.attachments if file.inline}
        mine = [page for page in pages if page.fate in _READ or page.fate == "known"]
        rest = [
            page
            for page in pages
            if page.fate in (BESIDE, "refused") and not (page.file in inline and (mine or page.reason == "too-small"))
        ]
        about = {(page.circular, page.unit) for page in mine if page.circular and page.unit}
        if not about and (found := answered(mail, self._deliveries)):
            about = {(found.circular, found.unit)}
        only = about.pop() if len(about) == 1 else None
        if mine and not rest:
            return Verdict("read", about=only)
        if mail.what == "automatic" and not mine:
            return Verdict("automatic", about=only)
        detail = "; ".join(" ".join((page.file, str(page.page or ""), page.reason)) for page in rest)
        reason = "unread-attachment" if mine else "nothing-readable"
        return Verdict("read" if mine else "review", review=reason, detail=detail[:_DETAIL], about=only)

    def _review(self, verdict: Verdict, taken: "_Taken", *, addressed: bool) -> Draft:
        """A mail for a person to look at."""
        circular, unit = (verdict.about if addressed else None) or (None, None)
        pictures = [sha256 for sha256 in taken.beside() if find(self._records.root, sha256)]
        fields = {
            "reason": verdict.review,
            "evidence": [*pictures, taken.sha256],
            "file": taken.subject or taken.sender or "?",
            "form": "delivery-report" if verdict.told else None,
            "detail": verdict.detail or None,
            "read": {"report": dict(verdict.told)} if verdict.told else None,
            "page": 1 if pictures else None,
            "how": BY_MAIL,
            "machine": True,
        }
        return Draft("reviewed", self._actor, circular, unit, fields)

    def _fetched(self, verdict: Verdict, taken: "_Taken") -> Draft:
        """That the mail was taken in, so that it is not taken in again."""
        told = [[page.file, page.page, page.fate] for page in taken.pages[:_ENOUGH]]
        fields = {
            "evidence": [taken.sha256] if taken.kept else [],
            "fate": verdict.fate,
            "mailbox": self._mailbox.account.name,
            "validity": self._mailbox.validity,
            "uid": taken.listed.uid,
            "message": (taken.mail.message or None) if taken.mail else None,
            "sender": taken.sender or None,
            "file": taken.subject or None,
            "detail": verdict.review or None,
            "read": {"pages": told} if told else None,
        }
        return Draft("fetched", self._actor, payload=fields, key=_mail_key(taken.sha256))


@dataclass(frozen=True, slots=True)
class _Taken:
    """A mail that was taken in. `kept`: it is evidence (an empty one is not); `mail`, or why it was `refused`."""

    listed: Listed
    sha256: str
    kept: bool
    mail: Mail | None
    refused: RefusedError | None
    pages: tuple[Fate, ...]

    @property
    def sender(self) -> str:
        return one_line(self.mail.sender) if self.mail and self.mail.sender else ""

    @property
    def subject(self) -> str:
        return one_line(self.mail.subject) if self.mail and self.mail.subject else ""

    def beside(self) -> Iterator[str]:
        """The hashes of the attachments that carry no code of ours."""
        names = {page.file for page in self.pages if page.fate == BESIDE}
        for file in self.mail.attachments if self.mail else ():
            if _named(self.mail, file) in names:
                yield hashlib.sha256(file.data).hexdigest()


def _mail_key(sha256: str) -> str:
    return f"mail:{sha256}"


def _fetched(reader: Reader, sha256: str) -> Event | None:
    return next(reader.stream(keys=[_mail_key(sha256)]), None)


def _named(mail: Mail | None, file: Attachment) -> str:
    """An attachment with the mail that it came in, as a person knows both."""
    return one_line(f"{(mail.subject or mail.sender) if mail else '?'}/{file.name}")
