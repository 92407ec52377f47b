"""Fetching from Dovecot: TLS with verified certificates, folders with Chinese names, hostile mail, killed runs."""

import contextlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mailservers import Server, certificate, dovecot

from circular_gen.errors import CircularGenError
from circular_gen.ledger import verify
from circular_gen.returns.mailbox import MailboxError, read_account
from circular_gen.returns.workers import Workers

from . import mails
from .conftest import Desk, picture
from .mailing import DONE, MailDesk, fates, hashes
from .test_reports import HOSTILE, ODD


@pytest.fixture(scope="module")
def imap() -> Iterator[Server]:
    with dovecot() as server:
        yield server


@pytest.fixture(scope="module")
def reader() -> Iterator[Workers]:
    with Workers(1) as running:
        yield running


@pytest.fixture
def office(desk: Desk, imap: Server, reader: Workers, monkeypatch: pytest.MonkeyPatch) -> MailDesk:
    monkeypatch.setenv("CIRCULAR_GEN_IMAP_PASSWORD", imap.password)
    monkeypatch.setenv("CIRCULAR_GEN_STATE", str(desk.root.parent / "state"))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate()[0]))
    imap.clear()
    office = MailDesk(desk, imap, reader)
    office.use(imap.url("imaps", host="localhost"))
    return office


# -- addresses ---------------------------------------------------------------------------------------------------------


def test_an_address_is_taken_apart() -> None:
    account = read_account("imaps://office%40example.org@mail.example.org/%E5%9B%9E%E6%89%A7/2026")
    assert (account.user, account.host, account.port) == ("office@example.org", "mail.example.org", 993)
    assert (account.folder, account.name) == ("回执/2026", "office@example.org@mail.example.org/回执/2026")
    account = read_account("imap+starttls://mail.example.org:1143", "a@example.org")
    assert (account.user, account.port, account.folder) == ("a@example.org", 1143, "INBOX")
    for wrong in ("imaps://mail.example.org", "imaps://a@mail.example.org:99999999"):
        with pytest.raises(CircularGenError, match="not complete"):
            read_account(wrong)


# -- TLS ---------------------------------------------------------------------------------------------------------------


@pytest.mark.dovecot
@pytest.mark.parametrize("scheme", ["imaps", "imap+starttls"])
def test_mail_over_tls(office: MailDesk, scheme: str) -> None:
    (sent,) = office.sent("u01")
    office.use(office.server.url(scheme, host="localhost"))
    assert fates(office.fetch(mails.postfix(sent))) == [("bounced", "")]


@pytest.mark.dovecot
@pytest.mark.parametrize("scheme", ["imaps", "imap+starttls"])
@pytest.mark.parametrize("how", ["unknown authority", "another name"])
def test_a_server_that_cannot_be_trusted_gets_no_password(
    office: MailDesk, monkeypatch: pytest.MonkeyPatch, scheme: str, how: str
) -> None:
    if how == "unknown authority":
        monkeypatch.delenv("SSL_CERT_FILE")
    office.use(office.server.url(scheme, host="localhost" if how == "unknown authority" else "127.0.0.1"))
    with pytest.raises(MailboxError, match="certificate"):
        office.fetch()


@pytest.mark.dovecot
def test_folders_with_chinese_names_and_within_others(office: MailDesk) -> None:
    (sent,) = office.sent("u01")
    with office.server.client() as client:
        client.create(_name("公文/来信"))
    raw = mails.postfix(sent)
    office.server.put([raw], "公文/来信")
    office.use(office.server.url("imaps", "公文/来信", "localhost"), ", 已处理文件夹: 公文/办结")
    assert fates(office.fetch()) == [("bounced", "")]
    assert hashes(office.server.messages("公文/办结")) == hashes([raw])


def _name(folder: str) -> str:
    from tests.mailservers import mailbox_name

    return mailbox_name(folder)


@pytest.mark.dovecot
def test_a_mailbox_made_anew_brings_nothing_twice(office: MailDesk) -> None:
    """Another UIDVALIDITY, other UIDs: the mails are known by what they are."""
    (sent,) = office.sent("u01")
    batch = [mails.postfix(sent), mails.reply(None, subject="您好")]
    office.fetch(*batch)
    before = office.desk.size()
    with office.server.client() as client:
        client.create("Neu")
    office.server.put(batch[::-1], "Neu")
    office.use(office.server.url("imaps", "Neu", "localhost"))
    assert [mail.fate for mail in office.fetch().fates] == ["known", "known"]
    assert office.desk.size() == before


# -- hostile mail ------------------------------------------------------------------------------------------------------


@pytest.mark.dovecot
def test_hostile_mails_cost_themselves_only(office: MailDesk) -> None:
    (sent,) = office.sent("u01")
    hostile = [raw for name, (raw, _reason) in HOSTILE.items() if name != "a million parts"]
    odd = [raw for name, raw in ODD.items() if name not in ("lone carriage returns",)]
    bad = mails.reply(None, [("a.pdf", b"%PDF-" + bytes(999))])
    report = office.fetch(*hostile, *odd, bad, mails.postfix(sent))
    assert len(report.fates) == len(hostile) + len(odd) + 2
    assert fates(report)[-1] == ("bounced", "")
    assert {fate for fate, _reason in fates(report)[:-1]} <= {"refused", "review", "automatic"}
    assert [reason for fate, reason in fates(report) if fate == "refused"][:3] == ["too-many-parts"] * 3
    assert office.server.messages() == []


# -- killed ------------------------------------------------------------------------------------------------------------

RUN = """
import sys
from pathlib import Path
from circular_gen.returns import fetching
if __name__ == "__main__":
    print("begun", flush=True)
    def tell(done, total):
        print(done, flush=True)
    fetching.fetch(Path(sys.argv[1]), progress=tell)
    print("done", flush=True)
"""


def _killed(office: MailDesk, script: Path, chance: random.Random) -> bool:
    """Run `receipts fetch` and kill it a moment after it has begun some mail; whether it was done before."""
    process = subprocess.Popen(
        [sys.executable, str(script), str(office.root)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,  # its workers die with it
        text=True,
    )
    assert process.stdout is not None
    at = chance.randrange(0, 6)
    for _ in range(at):
        if process.stdout.readline() in ("", "done\n"):
            break
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(chance.random() * 0.3)
    done = process.poll() == 0
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.stdout.close()
    process.wait()
    return done


def _kill_and_finish(office: MailDesk, tmp_path: Path, kills: int, rounds: int) -> None:
    """Kill runs at random moments; in the end nothing is lost and nothing is there twice."""
    script = tmp_path / "run.py"
    script.write_text(RUN, "utf-8")
    chance = random.Random(kills)
    units = [f"u{number:02}" for number in range(1, 17)]
    sent = dict(zip(units, office.sent(*units), strict=True))
    images = {unit: picture(office.desk.filled("notice", unit).image, "JPEG", quality=70) for unit in ("u13", "u14")}
    batch = [mails.postfix(sent[unit]) for unit in units[:6]]
    batch += [mails.postfix(sent[unit], "delivered", "2.0.0") for unit in units[6:10]]
    batch += [mails.read_receipt(sent["u11"]), mails.vacation(sent["u12"]), mails.reply(sent["u15"], text="收到")]
    batch += [mails.reply(sent[unit], [("回执.jpg", image)]) for unit, image in images.items()]
    chance.shuffle(batch)
    laid = 0
    for number in range(kills):
        if number % max(1, kills // rounds) == 0 and laid < len(batch):
            share = -(-len(batch) // rounds)
            office.server.put(batch[laid : laid + share])
            laid += share
        _killed(office, script, chance)
    office.server.put(batch[laid:])
    office.fetch()
    assert office.server.messages() == []
    assert hashes(office.server.messages(DONE)) == hashes(batch)
    assert len(office.server.messages(DONE)) == len(batch)
    assert hashes(batch) <= office.evidence()
    counts = {unit: [event.kind for event in office.events(unit)] for unit in units}
    wanted = dict.fromkeys(units[:6], "bounced") | dict.fromkeys(units[6:10], "delivered")
    wanted |= {"u11": "opened", "u13": "received", "u14": "received", "u15": "reviewed"}
    told = ("bounced", "delivered", "opened", "received", "reviewed", "noted")
    for unit in units:
        assert [kind for kind in counts[unit] if kind in told] == ([wanted[unit]] if unit in wanted else []), unit
    assert len(office.desk.events(None, None, "fetched")) == len(batch)
    assert len(office.desk.events(None, None, "scanned")) == 2
    with office.desk.ledger() as ledger:
        assert verify(ledger).findings == ()
    assert office.fetch().fates == ()


@pytest.mark.no_cover
@pytest.mark.dovecot
def test_killed_eight_times(office: MailDesk, tmp_path: Path) -> None:
    _kill_and_finish(office, tmp_path, 8, 2)


@pytest.mark.dovecot
@pytest.mark.long
@pytest.mark.timeout(3600)
def test_killed_two_hundred_times(office: MailDesk, tmp_path: Path) -> None:
    _kill_and_finish(office, tmp_path, 200, 5)
