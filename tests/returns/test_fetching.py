"""`receipts fetch`: what comes by mail, from a real IMAP server, becomes what it is, once; nothing else changes."""

import imaplib
import io
import json
import os
import random
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from tests.mailservers import Server, breaking, pymap, stop

from circular_gen.cli import cli
from circular_gen.dispatch.identity import Identity, office_identity
from circular_gen.errors import CircularGenError
from circular_gen.ledger import verify
from circular_gen.returns import fetching, mailbox, scanning, workers
from circular_gen.returns.mailbox import MailboxError
from circular_gen.returns.matching import Deliveries, Matcher
from circular_gen.returns.reports import understand
from circular_gen.returns.reviewing import decide, waiting
from circular_gen.returns.workers import Workers

from . import mails
from .conftest import Desk, picture
from .mailing import DONE, MailDesk, fates, hashes
from .mails import OFFICE, Sent


@pytest.fixture(scope="module")
def imap() -> Iterator[Server]:
    with pymap() as server:
        yield server


@pytest.fixture(scope="module")
def reader() -> Iterator[Workers]:
    with Workers(1) as running:
        yield running


@pytest.fixture
def office(desk: Desk, imap: Server, reader: Workers, monkeypatch: pytest.MonkeyPatch) -> MailDesk:
    monkeypatch.setenv("CIRCULAR_GEN_IMAP_PASSWORD", imap.password)
    monkeypatch.setenv("CIRCULAR_GEN_STATE", str(desk.root.parent / "state"))  # all desks are copies of one workspace
    imap.clear()
    return MailDesk(desk, imap, reader)


def receipt(office: MailDesk, unit: str, **how: bool) -> tuple[str, bytes]:
    """A signed receipt as a file."""
    return "回执.jpg", picture(office.desk.filled("notice", unit, **how).image, "JPEG", quality=80)


# -- delivery reports --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [mails.postfix, mails.exchange, mails.coremail])
def test_a_bounce_is_told_of_its_unit_alone(office: MailDesk, make: Callable[[Sent], bytes]) -> None:
    first, _second = office.sent("u01", "u02")
    raw = make(first)
    report = office.fetch(raw)
    assert fates(report) == [("bounced", "")]
    assert report.clean
    assert (office.state("u01"), office.state("u02")) == (("sent", ("bounced",)), ("sent", ()))
    said = office.events("u01", "bounced")[0].payload
    assert (said["to"], said["permanent"], said["status"][0]) == (first.to, True, "5")
    assert said["evidence"] == [sha256(raw).hexdigest()]
    assert office.server.messages() == []
    assert hashes(office.server.messages(DONE)) == {sha256(raw).hexdigest()} <= office.evidence()
    with office.desk.ledger() as ledger:
        assert verify(ledger).findings == ()


@pytest.mark.parametrize(
    ("action", "status", "fate", "state", "kind"),
    [
        ("delivered", "2.0.0", "delivered", ("delivered", ()), "delivered"),
        ("delayed", "4.4.1", "delayed", ("sent", ()), "noted"),
        ("relayed", "2.0.0", "relayed", ("sent", ()), "noted"),
        ("expanded", "2.1.5", "expanded", ("sent", ()), "noted"),
        ("failed", "4.4.7", "bounced", ("sent", ("bounced",)), "bounced"),
    ],
)
def test_what_a_server_did_with_it(
    office: MailDesk, action: str, status: str, fate: str, state: object, kind: str
) -> None:
    (sent,) = office.sent("u01")
    assert fates(office.fetch(mails.postfix(sent, action, status))) == [(fate, "")]
    assert office.state("u01") == state
    (event,) = office.events("u01", kind)
    assert event.payload["message"] == sent.message
    assert event.payload.get("permanent") == (False if action == "failed" else None)


def test_only_the_first_report_counts(office: MailDesk) -> None:
    first, second = office.sent("u01", "u02")
    report = office.fetch(mails.postfix(first, "delivered", "2.0.0"), mails.postfix(second))
    assert fates(report) == [("delivered", ""), ("bounced", "")]
    report = office.fetch(mails.postfix(first), mails.postfix(second, "delivered", "2.0.0"))
    assert fates(report) == [("again", ""), ("again", "")]
    assert (office.state("u01")[0], office.state("u02")) == ("delivered", ("sent", ("bounced",)))


def test_a_report_may_come_before_our_own_sent(office: MailDesk) -> None:
    first, second = office.sent("u01", "u02", fate="planned")
    assert fates(office.fetch(mails.postfix(first), mails.postfix(second, "delivered", "2.0.0"))) == [
        ("bounced", ""),
        ("delivered", ""),
    ]
    assert office.state("u01") == ("not-sent", ("bounced",))
    office.send_planned()
    assert office.state("u01") == ("sent", ("bounced",))
    assert office.state("u02") == ("delivered", ())


def test_a_report_tells_the_fate_that_nobody_knew(office: MailDesk) -> None:
    first, second = office.sent("u01", "u02", fate="lost")
    assert office.state("u01")[1] == ("unknown",)
    office.fetch(mails.postfix(first, "delivered", "2.0.0"), mails.postfix(second))
    assert office.state("u01") == ("delivered", ())
    assert office.state("u02")[1] == ("bounced",)


def test_a_report_names_a_chinese_domain_in_ascii(office: MailDesk) -> None:
    (sent,) = office.sent("u01", at="单位.example")
    wire = replace(sent, to="U01@xn--nqq01h.example")
    assert fates(office.fetch(mails.postfix(wire, returned=sent.message))) == [("bounced", "")]


def test_a_reminder_that_came_back_says_nothing_of_the_circular(office: MailDesk) -> None:
    (sent,) = office.sent("u01", purpose="reminder")
    before = office.state("u01")
    assert fates(office.fetch(mails.postfix(sent))) == [("bounced", "")]
    assert office.state("u01") == before
    assert "5.1.1" in office.events("u01", "noted")[-1].payload["text"]


def test_a_report_counts_from_the_day_it_came(office: MailDesk) -> None:
    (sent,) = office.sent("u01")
    came = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=5)
    office.server.put([mails.postfix(sent)], at=came)
    office.fetch()
    assert datetime.fromisoformat(office.events("u01", "bounced")[0].at) == came


# -- what proves nothing -----------------------------------------------------------------------------------------------


def test_recipient_and_day_alone_are_for_a_person(office: MailDesk) -> None:
    (sent,) = office.sent("u01")
    unproven = mails.postfix(sent, to=OFFICE, envid="", returned="")
    report = office.fetch(unproven)
    assert fates(report) == [("review", "unproven-report")]
    assert office.state("u01") == ("sent", ())
    (waits,) = waiting(office.root)
    assert (waits.reason, waits.form) == ("unproven-report", "delivery-report")
    assert "notice u01" in waits.detail
    done = decide(office.root, waits.event, "accepted", by="综合科")
    assert (done.unit, done.kinds) == ("u01", ("bounced",))
    assert office.state("u01") == ("sent", ("bounced",))
    assert waiting(office.root) == ()


def test_an_unproven_report_may_be_rejected(office: MailDesk) -> None:
    (sent,) = office.sent("u01")
    office.fetch(mails.postfix(sent, to=OFFICE, envid="", returned=""))
    decide(office.root, waiting(office.root)[0].event, "rejected", reason="来历不明")
    assert (office.state("u01"), waiting(office.root)) == (("sent", ()), ())


def test_a_report_about_somebody_else_is_for_a_person(office: MailDesk) -> None:
    (sent,) = office.sent("u01")
    report = office.fetch(mails.postfix(sent, final="rfc822; elsewhere@other.example", original=""))
    assert fates(report) == [("review", "other-recipient")]
    assert office.state("u01") == ("sent", ())


def test_a_provider_that_sends_no_report_is_for_a_person(office: MailDesk) -> None:
    (sent,) = office.sent("u01")
    assert fates(office.fetch(mails.text_only(sent))) == [("review", "unclear-report")]
    assert office.state("u01") == ("sent", ("review",))


def _forgery(how: int, mine: Sent, another: Sent, chance: random.Random) -> bytes:
    """A report with a wrong MAC, of another office, with another unit's key, mangled, or that lies about what it is."""

    def spoiled(text: str, first: int, last: int) -> str:
        at = chance.randrange(first, last)
        return text[:at] + chance.choice("abcdefghijklmnopqrstuvwxyz234567".replace(text[at], "")) + text[at + 1 :]

    other = Identity(b"x" * 32)
    key = mine.envid.partition(".")[0]
    wrong = spoiled(mine.bounces, mine.bounces.index("+") + 1, mine.bounces.index("@"))
    alone = {"to": OFFICE, "envid": "", "returned": ""}
    action, status = chance.choice([("failed", "5.1.1"), ("delivered", "2.0.0")])
    as_usual = mails.postfix(mine, action, status)
    twice = f"\nFinal-Recipient: rfc822;{mine.to}\nAction: delivered\nStatus: 2.0.0\n"
    fields: list[dict[str, str]] = [
        {"to": wrong},
        {"to": wrong, "envid": "", "returned": ""},
        alone | {"envid": spoiled(mine.envid, 0, len(mine.envid))},
        alone | {"returned": spoiled(mine.message, 1, 27)},
        {"to": other.bounce_address(key, OFFICE)},
        alone | {"envid": other.envid(key)},
        {"to": another.bounces},
        {"envid": another.envid},
        {"returned": another.message},
        {"final": f"rfc822;{another.to}", "original": ""},
        {"status": "2.0.0" if action == "failed" else "5.1.1"},
        {"action": "bounced"},
        {"status": ""},
        {"more": twice, "action": "failed", "status": "5.1.1"},
        alone,
        {"report_type": "feedback-report"},
    ]
    if how < len(fields):
        return mails.postfix(mine, **{"action": action, "status": status, **fields[how]})
    return [
        as_usual.replace(b"message/delivery-status", b"text/plain"),
        as_usual.replace(b"multipart/report", b"multipart/mixed"),
        mails.read_receipt(mine).replace(mine.message[:12].encode(), b"<" + b"a" * 11),
        mails.raw(f"From: postmaster@unit.example\nTo: {OFFICE}\nSubject: x\n\nAction: failed\n\n") + as_usual,
    ][how - len(fields)]


def _forged(sent: tuple[Sent, ...], count: int) -> Iterator[bytes]:
    chance = random.Random(5)
    for number in range(count):
        mine, another = chance.sample(sent, 2)
        yield _forgery(number % 20, mine, another, chance) + f"X-{number}\r\n".encode()


def _units(count: int = 8) -> list[str]:
    return [f"u{number:02}" for number in range(1, count + 1)]


def test_three_hundred_forged_and_mangled_reports_change_nothing(office: MailDesk) -> None:
    sent = office.sent(*_units())
    before = office.standings()
    with office.desk.ledger() as ledger, ledger.writing() as writer:
        matcher = Matcher(writer, Deliveries().use(writer), office_identity(office.root), OFFICE, "综合科")
        for number, raw in enumerate(_forged(sent, 300)):
            verdict = matcher.judge(understand(raw), "0" * 64, None)
            assert (verdict.fate, verdict.drafts) in (("review", ()), ("automatic", ())), number % 20
            writer.append(*verdict.drafts)
    assert office.standings() == before


def _fetch_forged(office: MailDesk, count: int) -> None:
    sent = office.sent(*_units())
    before = office.standings()
    forged = list(_forged(sent, count))
    report = office.fetch(*forged)
    counted = [number % 20 for number, mail in enumerate(report.fates) if mail.fate not in ("review", "automatic")]
    assert (len(report.fates), counted) == (count, [])
    assert office.standings() == before
    assert hashes(forged) <= office.evidence()
    assert fates(office.fetch(mails.postfix(sent[0]))) == [("bounced", "")]


def test_forged_reports_from_the_mailbox_change_nothing(office: MailDesk) -> None:
    _fetch_forged(office, 20)


@pytest.mark.long
def test_three_hundred_forged_reports_from_the_mailbox_change_nothing(office: MailDesk) -> None:
    _fetch_forged(office, 300)


# -- read receipts, automatic answers ----------------------------------------------------------------------------------


def test_a_read_receipt_tells_that_it_was_opened(office: MailDesk) -> None:
    first, second, third = office.sent("u01", "u02", "u03")
    report = office.fetch(
        mails.read_receipt(first),
        mails.read_receipt(first).replace(b"mdn-1", b"mdn-2"),
        mails.read_receipt(second, "manual-action/MDN-sent-manually; deleted"),
        mails.read_receipt(third, final="somebody@else.example"),
    )
    assert fates(report) == [("opened", ""), ("again", ""), ("noted", ""), ("noted", "")]
    assert [office.state(unit)[0] for unit in ("u01", "u02", "u03")] == ["opened", "sent", "sent"]


def test_an_automatic_answer_is_kept_and_changes_nothing(office: MailDesk) -> None:
    (sent,) = office.sent("u01")
    before = office.standings()
    raw = mails.vacation(sent)
    answers = mails.reply(sent, [receipt(office, "u01")], headers=[("Auto-Submitted", "auto-replied")])
    report = office.fetch(raw, answers)
    assert fates(report) == [("automatic", ""), ("automatic", "")]
    assert report.clean
    assert office.standings() == before
    assert hashes([raw]) <= office.evidence()
    assert waiting(office.root) == ()


def test_a_copier_that_sends_its_scans_is_read(office: MailDesk) -> None:
    mark = [("Auto-Submitted", "auto-generated")]
    scanned = mails.reply(None, [receipt(office, "u01")], sender="copier@example.org", headers=mark)
    alert = mails.reply(None, sender="backup@example.org", headers=mark)
    assert fates(office.fetch(scanned, alert)) == [("read", ""), ("automatic", "")]
    assert office.state("u01")[0] == "received"


def test_our_own_message_in_our_own_mailbox(office: MailDesk) -> None:
    (sent,) = office.sent("u01")
    own = mails.reply(None, [receipt(office, "u01")]).replace(b"<reply-1-", b"<reply-")
    own = own.replace(own.partition(b"Message-ID: ")[2].split(b"\n")[0], sent.message.encode())
    assert fates(office.fetch(own)) == [("own", "")]
    assert office.state("u01")[0] == "sent"


# -- replies with signed papers ----------------------------------------------------------------------------------------


def test_a_signed_receipt_by_mail_confirms_from_the_day_it_came(office: MailDesk) -> None:
    (sent,) = office.sent("u01")
    file = receipt(office, "u01")
    raw = mails.reply(sent, [file])
    came = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
    office.server.put([raw], at=came)
    report = office.fetch()
    assert fates(report) == [("read", "")]
    assert (report.fates[0].circular, report.fates[0].unit) == ("notice", "u01")
    assert [(page.fate, page.file) for page in report.fates[0].pages] == [
        ("received", "回复：关于做好工作的通知/回执.jpg")
    ]
    (event,) = office.events("u01", "received")
    said = event.payload
    assert (said["how"], said["machine"]) == ("mail", True)
    assert datetime.fromisoformat(event.at) == came
    assert said["evidence"] == [sha256(file[1]).hexdigest(), sha256(raw).hexdigest()]
    assert set(said["evidence"]) <= office.evidence()


def test_the_sender_proves_nothing_and_hinders_nothing(office: MailDesk) -> None:
    """A receipt counts for the unit whose code it carries, whoever sent it."""
    office.sent("u01", "u02")
    raw = mails.reply(None, [receipt(office, "u02")], sender="u01@unit.example")
    assert fates(office.fetch(raw)) == [("read", "")]
    assert (office.state("u01")[0], office.state("u02")[0]) == ("sent", "received")


def test_zips_and_forwarded_mails_are_looked_into(office: MailDesk) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("回执.jpg", receipt(office, "u01")[1])
    forwarded = EmailMessage()
    forwarded["From"], forwarded["To"], forwarded["Subject"] = "a@unit.example", OFFICE, "转发"
    forwarded.set_content("见内")
    inner = EmailMessage()
    inner.set_content("x")
    inner.add_attachment(receipt(office, "u02")[1], "image", "jpeg", filename="照片.jpg")
    forwarded.add_attachment(inner)
    assert fates(office.fetch(mails.reply(None, [("回执.zip", packed.getvalue())]), forwarded.as_bytes())) == [
        ("read", ""),
        ("read", ""),
    ]
    assert (office.state("u01")[0], office.state("u02")[0]) == ("received", "received")


def _logo() -> bytes:
    import numpy as np

    picture_of = np.full((1800, 1800, 3), 255, np.uint8)
    picture_of[500:900, 400:1400] = (180, 60, 40)
    return picture(picture_of)


def test_what_else_is_in_the_mail(office: MailDesk) -> None:
    """A picture within the text disturbs nobody; a file that cannot be read is told, and the rest is read."""
    (sent,) = office.sent("u01")
    report = office.fetch(mails.reply(sent, [receipt(office, "u01")], inline=[_logo()]))
    assert fates(report) == [("read", "")]
    assert waiting(office.root) == ()
    docx = b"PK\x03\x04 not a zip, but looks like one"
    report = office.fetch(mails.reply(None, [receipt(office, "u02"), ("说明.docx", docx)]))
    assert fates(report) == [("read", "unread-attachment")]
    assert office.state("u02")[0] == "received"
    assert "说明.docx" in waiting(office.root)[0].detail
    report = office.fetch(mails.reply(None, [(f"{number}.pdf", b"%PDF-1.4 broken") for number in (1, 2)]))
    assert fates(report) == [("review", "nothing-readable")]
    assert len(report.fates[0].pages) == 1


def test_what_goes_to_a_person_and_why(office: MailDesk) -> None:
    (sent,) = office.sent("u01")
    report = office.fetch(
        mails.reply(sent, text="已收到"),
        mails.reply(None, sender="u01@unit.example", subject="您好"),
        mails.reply(sent, [("照片.png", _logo())]),
        mails.reply(sent, [receipt(office, "u03", signed=False)]),
    )
    assert fates(report) == [
        ("review", "only-text"),
        ("review", "matches-nothing"),
        ("review", "nothing-readable"),
        ("read", ""),
    ]
    assert not report.clean
    assert [(waits.reason, waits.unit) for waits in waiting(office.root)] == [
        ("only-text", "u01"),
        ("matches-nothing", None),
        ("nothing-readable", "u01"),
        ("unsigned", "u03"),
    ]
    text = waiting(office.root, pictures=True)[0]
    assert (
        "已收到" in message_from_bytes((office.root / text.pictures[-1]).read_bytes()).get_payload(decode=True).decode()
    )
    decide(office.root, text.event, "accepted", by="张某")
    assert office.state("u01")[0] == "received"
    assert office.events("u01", "received")[0].payload["evidence"] == list(text.evidence)


def test_our_own_papers_that_come_back_unsigned_are_passed_over(office: MailDesk) -> None:
    (sent,) = office.sent("u01")
    original = office.desk.original("notice", "u01")[0].read_bytes()
    report = office.fetch(mails.reply(sent, [("原件.pdf", original), receipt(office, "u01")]))
    assert fates(report) == [("read", "")]
    assert [page.fate for page in report.fates[0].pages] == ["received"]
    assert waiting(office.root) == ()


# -- once --------------------------------------------------------------------------------------------------------------


def test_nothing_is_taken_in_twice(office: MailDesk) -> None:
    (sent,) = office.sent("u01")
    batch = [mails.postfix(sent), mails.reply(None, subject="您好"), mails.reply(None, [receipt(office, "u02")])]
    office.fetch(*batch)
    before = office.desk.size()
    assert office.fetch().fates == ()
    report = office.fetch(*batch)
    assert [(mail.fate, mail.moved) for mail in report.fates] == [("known", True)] * 3
    assert office.desk.size() == before
    assert office.server.messages() == []
    assert len(office.server.messages(DONE)) == 6


def test_a_mail_that_was_recorded_and_not_moved_is_only_moved(
    office: MailDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sent,) = office.sent("u01")

    def broken(*_given: object) -> bool:
        raise TimeoutError("timed out")

    with monkeypatch.context() as patched:
        patched.setattr(fetching.Mailbox, "move", broken)
        with pytest.raises(MailboxError, match="timed out"):
            office.fetch(mails.postfix(sent))
    assert office.state("u01")[1] == ("bounced",)
    before = office.desk.size()
    assert [(mail.fate, mail.moved) for mail in office.fetch().fates] == [("known", True)]
    assert (office.desk.size(), office.server.messages()) == (before, [])


def test_a_server_that_dies_in_the_middle(office: MailDesk, reader: Workers) -> None:
    units = _units()
    sent = office.sent(*units)
    with pymap() as dying:
        office.use(dying.url())
        dying.put([mails.postfix(one) for one in sent])

        def kill(done: int, _total: int) -> None:
            if done == 3:
                stop(dying.process)

        with pytest.raises(MailboxError) as error:
            fetching.fetch(office.root, workers=reader, progress=kill)
    assert "\n" not in str(error.value)
    assert [office.state(unit)[1] for unit in units[:4]] == [("bounced",)] * 3 + [()]
    office.use(office.server.url())
    report = office.fetch(*[mails.postfix(one) for one in sent])
    assert fates(report) == [("known", "")] * 3 + [("bounced", "")] * 5


@pytest.mark.parametrize(("how", "capability"), [("before", "MOVE"), ("after", "UIDPLUS")])
def test_a_server_that_breaks_off_at_every_command(
    office: MailDesk, monkeypatch: pytest.MonkeyPatch, how: str, capability: str
) -> None:
    """Before the server has a command, or when it has carried it out and says so no more: all is there, once."""
    monkeypatch.setattr("circular_gen.returns.mailbox._capabilities", lambda _client: frozenset([capability]))
    laid, cut = [], set()
    with office.server.client() as watch:
        for command, (unit, sent) in enumerate(zip(_units(29), office.sent(*_units(29)), strict=True), 1):
            laid.append(mails.postfix(sent))
            watch.append("INBOX", "", imaplib.Time2Internaldate(datetime.now(UTC)), laid[-1])
            said = _cut_at(office, command, how)
            if watch.select("INBOX")[1] != [b"0"]:
                office.use(office.server.url())
                office.fetch()
            assert len(office.events(unit, "bounced")) == 1, said[-1]
            if len(said) < command:
                break
            words = said[-1].upper().split()
            cut.add(words[2 if words[1] == b"UID" else 1].decode())
    moving = {"MOVE"} if capability == "MOVE" else {"COPY", "STORE", "EXPUNGE"}
    assert cut >= {"LOGIN", "SELECT", "SEARCH", "FETCH", "LOGOUT"} | moving, "each was cut once"
    assert len(office.desk.events(None, None, "fetched")) == len(laid)
    assert office.server.messages() == []
    assert hashes(office.server.messages(DONE)) == hashes(laid)


def _cut_at(office: MailDesk, command: int, how: str) -> list[bytes]:
    """Fetch, with the connection broken off at a command; what the client said."""
    with breaking(office.server.port, command, how) as (port, said):
        office.use(f"imap://{quote(office.server.user)}@127.0.0.1:{port}/INBOX")
        with suppress(MailboxError):
            office.fetch()
    return said


@pytest.mark.parametrize("command", [1, 2, 6])
def test_a_server_that_talks_for_ever_is_left(office: MailDesk, monkeypatch: pytest.MonkeyPatch, command: int) -> None:
    monkeypatch.setattr(mailbox, "ANSWER", 0.3)
    (sent,) = office.sent("u01")
    office.server.put([mails.postfix(sent)])
    with breaking(office.server.port, command, "drip") as (port, _said):
        office.use(f"imap://{quote(office.server.user)}@127.0.0.1:{port}/INBOX")
        with pytest.raises(MailboxError, match="time"):
            office.fetch()
    assert office.state("u01") == ("sent", ())


def test_a_server_that_cannot_move_keeps_its_mail(office: MailDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    (sent,) = office.sent("u01")
    monkeypatch.setattr("circular_gen.returns.mailbox._capabilities", lambda _client: frozenset(["IMAP4REV1"]))
    assert [(mail.fate, mail.moved) for mail in office.fetch(mails.postfix(sent)).fates] == [("bounced", False)]
    assert len(office.server.messages()) == 1
    assert office.fetch().fates == ()


@pytest.mark.parametrize("capability", ["MOVE", "UIDPLUS"])
def test_mail_that_somebody_marked_as_deleted_stays(
    office: MailDesk, monkeypatch: pytest.MonkeyPatch, capability: str
) -> None:
    monkeypatch.setattr("circular_gen.returns.mailbox._capabilities", lambda _client: frozenset([capability]))
    (sent,) = office.sent("u01")
    old = mails.reply(None, subject="旧邮件")
    office.server.put([old], at=datetime(2020, 1, 1, tzinfo=UTC))
    with office.server.client() as client:
        client.select("INBOX")
        client.store("1", "+FLAGS", r"(\Deleted)")
    assert [(mail.fate, mail.moved) for mail in office.fetch(mails.postfix(sent)).fates] == [("bounced", True)]
    assert hashes(office.server.messages()) == hashes([old])
    assert len(office.server.messages(DONE)) == 1


def test_two_at_the_same_time(office: MailDesk) -> None:
    units = [f"u{number:02}" for number in range(1, 13)]
    sent = office.sent(*units)
    office.server.put([mails.postfix(one) for one in sent])
    with Workers(1) as second:
        other = threading.Thread(target=lambda: fetching.fetch(office.root, workers=second))
        other.start()
        office.fetch()
        other.join()
    for unit in units:
        assert len(office.events(unit, "bounced")) == 1
    assert len(office.desk.events(None, None, "fetched")) == 12
    assert (len(office.server.messages()), len(office.server.messages(DONE))) == (0, 12)


# -- hostile mail ------------------------------------------------------------------------------------------------------


def test_a_mail_that_is_too_large_is_told_by_its_beginning(office: MailDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MAX_MAIL", 200_000)
    monkeypatch.setattr(fetching, "_BEGINNING", 5_000)
    large = mails.reply(None, [("a.pdf", b"%PDF-" + bytes(400_000))])
    report = office.fetch(large, b"\r\n", mails.reply(None))
    assert [(mail.fate, mail.reason) for mail in report.fates] == [
        ("refused", "too-large"),
        ("refused", "empty"),
        ("review", "matches-nothing"),
    ]
    assert sha256(office.server.messages(DONE)[0][:5000]).hexdigest() in office.evidence()
    assert len(office.server.messages(DONE)) == 3


def test_a_mail_that_takes_too_long_is_given_up(office: MailDesk) -> None:
    slow = mails.reply(None, [("a.bin", bytes(9_000_000))])
    with Workers(1, page_seconds=0.01) as impatient:
        impatient.mail(_kept(office, mails.reply(None)))  # started
        with pytest.raises(workers.RefusedError, match="too-slow"):
            impatient.mail(_kept(office, slow))


def test_where_no_file_can_be_opened_no_mail_is_called_damaged(
    office: MailDesk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A worker that dies before it has begun says nothing of the mail: nothing is recorded, everything stays."""
    sent = office.sent("u01", "u02")
    batch = [mails.postfix(sent[0]), mails.reply(sent[1], [receipt(office, "u02")])]
    office.server.put(batch)
    before = office.desk.size()
    scan = tmp_path / "回执.jpg"
    scan.write_bytes(receipt(office, "u03")[1])
    with monkeypatch.context() as patched:
        patched.setattr(workers, "run", os.abort)
        patched.setattr(workers, "_PAUSE", 0.0)
        for take_in in (
            lambda still: fetching.fetch(office.root, workers=still),
            lambda still: scanning.scan(office.root, [scan], workers=still),
        ):
            with Workers(1) as still, pytest.raises(workers.WorkerError, match="cannot be started"):
                take_in(still)
    assert (office.desk.size(), hashes(office.server.messages())) == (before, hashes(batch))
    assert fates(office.fetch()) == [("bounced", ""), ("read", "")]


def _kept(office: MailDesk, raw: bytes) -> object:
    path = office.root / "mail.eml"
    path.write_bytes(raw)
    return path


# -- what a clerk sees -------------------------------------------------------------------------------------------------


def run(office: MailDesk, *arguments: str) -> tuple[int, str]:
    """Exit code and output of the command, in Chinese or English as the environment says."""
    done = CliRunner().invoke(cli, ["-w", str(office.root), "receipts", "fetch", *arguments])
    if isinstance(done.exception, CircularGenError):  # `main` shows these as a line
        return int(done.exception.exit_code), str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_the_command_has_a_line_for_each_mail(office: MailDesk) -> None:
    (sent,) = office.sent("u01")
    office.server.put([mails.postfix(sent), mails.reply(None, subject="您好\tx")])
    code, output = run(office)
    assert code == 1
    first, second, last = output.strip().splitlines()
    assert first.startswith("MAILER-DAEMON@mx.example.org  Undelivered Mail Returned to Sender  notice u01  bounced")
    assert "5.1.1" in first
    assert second.startswith("zhang@unit.example  您好 x  to review: belongs to no message that we sent")
    assert last == "2 mails: bounced 1; to review 1"
    assert run(office) == (0, "0 mails: -\n")
    office.server.put([mails.postfix(sent)])
    code, output = run(office, "--json")
    assert (code, json.loads(output)["counts"]) == (0, {"known": 1})


def test_what_is_not_set_up_is_said_in_a_line(office: MailDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    office.sent("u01")
    office.use(office.server.url(), ", done: INBOX")
    assert "mail.done" in run(office)[1]
    office.use("imap://127.0.0.1:1/INBOX")
    assert "127.0.0.1" in run(office)[1]
    office.use(office.server.url(folder="没有这个"))
    assert "没有这个" in run(office)[1]
    office.use(office.server.url())
    monkeypatch.setenv("CIRCULAR_GEN_IMAP_PASSWORD", "falsch")
    code, output = run(office)
    assert (code, "falsch" in output, office.server.user in output) == (1, False, True)
    monkeypatch.delenv("CIRCULAR_GEN_IMAP_PASSWORD")
    assert "CIRCULAR_GEN_IMAP_PASSWORD" in run(office)[1]
    (office.root / "records" / "mail.yaml").write_text(f"imap: {office.server.password}\n", "utf-8")
    (office.root / "records" / "mail.yaml").chmod(0o600)
    assert run(office)[0] == 0
    path = office.root / "office.yaml"
    path.write_text(path.read_text("utf-8").partition("mail:")[0], "utf-8")
    assert "office.yaml" in run(office)[1]
