"""Mail of unknown fate is looked for in the folder of sent mail, on real IMAP servers."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.dispatch.conftest import opened
from tests.dispatch.offices import NAME, make_office
from tests.dispatch.servers import Broken
from tests.mailservers import Server, certificate, dovecot, mailbox_name, pymap

from circular_gen.dispatch.dispatching import Dispatch, Report


@pytest.fixture(scope="module", params=["pymap", pytest.param("dovecot", marks=pytest.mark.dovecot)])
def imap(request: pytest.FixtureRequest) -> Iterator[Server]:
    with pymap(tls=False) if request.param == "pymap" else dovecot() as server:
        yield server


def run(root: Path) -> tuple[Report, dict[str, str], dict[str, str]]:
    """A run, and then the states and the Message-IDs of all."""
    with opened(root) as records:
        report = Dispatch(records, NAME).run()
        job = Dispatch(records, NAME)
        rows = job.outbox.rows(NAME)
        return report, {row.unit: row.state for row in rows}, {row.unit: job.outbox.message_id(row) for row in rows}


@pytest.mark.parametrize("folder", ["Sent", "已发送"])
def test_what_lies_there_has_left(imap: Server, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCULAR_GEN_IMAP_PASSWORD", imap.password)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate()[0]))
    with imap.client() as client:
        names = [line.decode() for line in client.list()[1] if isinstance(line, bytes)]
        for other in ("Sent", "已发送"):
            if any(mailbox_name(other).strip('"') in name for name in names):
                client.delete(mailbox_name(other))
        client.create(mailbox_name(folder))
    broken = Broken("dot", times=2)
    address = imap.url("imaps", host="localhost") if imap.tls else imap.url()
    with broken.serving() as port:
        root = make_office(tmp_path / "office", port, 4, mail=f", imap: '{address}'")
        _report, states, ids = run(root)
        assert Counter(states.values()) == {"unknown": 2, "handed-over": 2}
        lost = [unit for unit, state in states.items() if state == "unknown"]
        kept = f"Message-ID: {ids[lost[0]]}\r\nSubject: x\r\n\r\nx\r\n".encode()
        other = b"Message-ID: <aaaaaaaaaaaaaaaaaaaaaaaaaa@example.org>\r\n\r\nx\r\n"
        imap.put([other, kept], folder)
        report, states, _ids = run(root)
        assert (states[lost[0]], states[lost[1]]) == ("handed-over", "unknown")
        assert len(broken.kept) == 4, "nothing was sent again"
        assert not report.clean, "the other one still waits for a person"
        assert imap.messages(folder) == [other, kept], "nothing there is changed"


def test_a_mailbox_that_does_not_answer_settles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCULAR_GEN_IMAP_PASSWORD", "x")
    broken = Broken("dot", times=1)
    with Broken("never").serving() as nobody:
        pass
    with broken.serving() as port:
        root = make_office(tmp_path / "office", port, 2, mail=f", imap: 'imap://office@127.0.0.1:{nobody}/INBOX'")
        report, states, _ids = run(root)
    assert Counter(states.values()) == {"unknown": 1, "handed-over": 1}
    assert any("127.0.0.1" in note for note in report.notes)
