"""Reminders on their way: real mail, shared folders, answers at the last moment, a killed program, a copied office."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from circular_gen.dispatch import reminding
from circular_gen.dispatch.installation import ElsewhereError
from circular_gen.dispatch.reminder_post import PostOffice
from circular_gen.ledger import Draft, open_ledger

from ..dispatch.servers import Inbox, smtp_server
from .conftest import Commands, OfficeClock
from .test_remind import whole


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCULAR_GEN_LANG", "en")


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    inbox = Inbox()
    with smtp_server(inbox) as port:
        inbox.port = port  # type: ignore[attr-defined]
        yield inbox


@pytest.fixture
def office(spring: Commands, inbox: Inbox, clock: OfficeClock) -> Commands:
    """chengxi and zhujian by mail, liulin by folder."""
    path = spring.root / "office.yaml"
    mail = (
        f"\nmail: {{smtp: 'smtp://127.0.0.1:{inbox.port}', from: office@example.org}}\ndispatch: {{folder: shared}}\n"
    )
    path.write_text(path.read_text("utf-8") + mail, "utf-8")
    units = spring.root / "recipients.yaml"
    text = units.read_text("utf-8")
    head, tail = text[: text.index("- id: liulin")], text[text.index("- id: liulin") :]
    units.write_text(head + tail.replace("deliver: [email", "deliver: [folder, email", 1), "utf-8")
    (spring.root / "shared").mkdir()
    clock("2027-02-04 09:00")
    return spring


def send(office: Commands, code: int = 0) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(office("remind", "--send", "--by", "王某某", "--json", code=code).stdout)
    return record


def events(office: Commands, kind: str) -> list[tuple[str | None, dict[str, Any]]]:
    with open_ledger(office.root / "records" / "ledger.db", readonly=True) as ledger:
        return [(event.unit, event.payload) for event in ledger.events("notice", kinds=(kind,))]


def test_each_unit_is_reminded_by_its_way(office: Commands, inbox: Inbox) -> None:
    office("remind")
    record = send(office)
    assert {(one["unit"], one["channel"], one["state"]) for one in record["sent"]} == {
        ("chengxi", "email", "handed-over"),
        ("liulin", "folder", "handed-over"),
        ("zhujian", "email", "handed-over"),
    }
    letter = next(got.message for got in inbox.got if "chengxi@" in got.to[0])
    assert letter["Subject"] == "清安办催〔2027〕1号 关于报送签收回执的催办通知（第一次）"
    body = letter.get_body(("plain",))
    assert body is not None
    assert "按要求办理" in body.get_content()
    names = [part.get_filename() for part in letter.iter_attachments()]
    assert names == [f"清安办催〔2027〕1号 关于报送签收回执的催办通知（第一次）.{suffix}" for suffix in ("pdf", "docx")]
    pdf = next(letter.iter_attachments()).get_content()
    assert pdf == (office.root / "records" / "reminders" / "2027" / "清安办催〔2027〕1号.pdf").read_bytes()
    folder = office.root / "shared" / "liulin" / "清安办催〔2027〕2号 关于报送签收回执的催办通知（第一次）"
    assert len(list(folder.iterdir())) == 2
    assert "催办通知" in (office.root / "shared" / "liulin" / "index.html").read_text("utf-8")
    told = dict(events(office, "reminded"))
    assert set(told) == {"chengxi", "liulin", "zhujian"}
    assert (told["chengxi"]["manner"], told["chengxi"]["number"]) == ("reminder", "清安办催〔2027〕1号")
    assert told["chengxi"]["message"] == letter["Message-ID"]
    office("remind")
    office("remind", "--send", "--by", "王某某", code=1)
    assert len(inbox.got) == 2, "nothing twice"
    whole(office)


def test_an_answer_before_the_letter_leaves_stops_it(
    office: Commands, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Approved and numbered, and then the unit answers while another letter is on its way."""
    office("remind")
    carry = PostOffice.carry

    def answered(self: PostOffice, *arguments: Any) -> Any:
        with open_ledger(office.root / "records" / "ledger.db") as ledger:
            ledger.append(Draft("received", "扫描", "notice", "zhujian", {"by": "建某"}))
        return carry(self, *arguments)

    monkeypatch.setattr(PostOffice, "carry", answered)
    record = send(office)
    assert [got.to[0] for got in inbox.got] == ["chengxi@example.org"]
    assert {one["unit"] for one in record["sent"]} == {"chengxi", "liulin"}
    assert "zhujian" not in dict(events(office, "reminded"))
    assert len(events(office, "reminder-issued")) == 3, "its number is given, and stays"
    whole(office)


def test_a_server_that_is_down_loses_and_doubles_nothing(office: Commands, inbox: Inbox) -> None:
    office("remind")
    inbox.verdict = lambda to: "554 no" if "chengxi" in to else "250 OK"
    record = send(office, code=1)
    assert {one["unit"]: one["state"] for one in record["sent"]}["chengxi"] == "refused"
    assert [got.to[0] for got in inbox.got] == ["zhujian@example.org"]
    assert "chengxi" not in dict(events(office, "reminded"))
    whole(office)


def test_a_program_killed_between_approval_and_outbox_goes_on(
    office: Commands, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    office("remind")
    with monkeypatch.context() as patch:

        def killed(*_arguments: Any) -> Any:
            raise KeyboardInterrupt

        patch.setattr(PostOffice, "carry", killed)
        office("remind", "--send", "--by", "王某某", code=1)
    assert inbox.got == []
    record = send(office)
    assert {one["unit"] for one in record["sent"]} == {"chengxi", "liulin", "zhujian"}
    assert len(inbox.got) == 2
    assert len(events(office, "reminder-issued")) == 3, "no second number"
    whole(office)


def test_a_program_killed_before_the_list_was_struck_gives_no_second_number(
    office: Commands, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    office("remind")
    with monkeypatch.context() as patch:

        def killed(*_arguments: Any, **_more: Any) -> Any:
            raise KeyboardInterrupt

        patch.setattr(reminding, "_strike", killed)
        office("remind", "--send", "--by", "王某某", code=1)
    record = send(office)
    assert {one["unit"] for one in record["sent"]} == {"chengxi", "liulin", "zhujian"}
    assert len(events(office, "reminder-issued")) == 3
    assert sorted(got.to[0] for got in inbox.got) == ["chengxi@example.org", "zhujian@example.org"]


def test_a_copied_office_sends_nothing_without_a_persons_word(
    office: Commands, inbox: Inbox, clock: OfficeClock, tmp_path: Path
) -> None:
    office("remind")
    send(office)
    copy = Commands(Path(shutil.copytree(office.root, tmp_path / "copy")))
    clock("2027-02-15 09:00")
    copy("remind")
    refused = copy("remind", "--send", "--by", "王某某", code=1)
    assert isinstance(refused.exception, ElsewhereError)
    assert len(inbox.got) == 2
    with open_ledger(copy.root / "records" / "ledger.db", readonly=True) as ledger:
        assert len(ledger.events(kinds=("reminder-issued",))) == 3, "no number is given for it"
    copy("remind", "--send", "--by", "王某某", "--here")
    assert len(inbox.got) == 4
