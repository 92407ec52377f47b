"""A whole month: issue, dispatch, bounces, replies by mail and scan, more time, reminders around the Spring Festival,
an escalation, the bulletin, the close. Real SMTP and IMAP servers, real pages; only the clock is ours. What each unit's
standing is at the end of each day stands in the test, and is what `status` says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from circular_gen.ledger import open_ledger

from ..dispatch.servers import Got, Inbox, smtp_server
from ..mailservers import Server, pymap
from ..returns import mails
from ..returns.conftest import picture
from ..returns.degraded import fill
from ..returns.mails import OFFICE, Sent
from .conftest import HOLIDAYS, KEY, Commands, OfficeClock

BY_MAIL = ("u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8")
UNITS = (*BY_MAIL, "u9", "u10")
RECIPIENTS = "units:\n" + "".join(
    f"  - {{id: {unit}, name: 第{unit[1:]}街道办事处, tags: [街道], superior: 市政府办公室, deliver: [{way}], "
    f"contacts: [{{name: 张某, phone: '1380000000{len(unit)}', email: {unit}@unit.example}}]}}\n"
    for unit, way in [*((unit, "email") for unit in BY_MAIL), ("u9", "print"), ("u10", "folder")]
)
RECIPIENTS += "groups:\n  各街道: {tags: [街道]}\n"
NOTICE = """\
title: 清河市安全生产委员会办公室关于做好春节期间安全防范工作的通知
number: 清安办发〔2027〕3号
date: 2027-01-18
addressees: 各街道
body: |
  现将有关事项通知如下：
  一、抓紧检查。请立即开展检查。
receipt: {ask: acknowledge, by: 2027-02-03 17:00, needs: [signature, seal], basis: 本通知第一部分}
reminders: {notice: 1, first: 1, interval: 2, most: 2, escalate: 4, bulletin: 6}
"""


@pytest.fixture(scope="module")
def imap() -> Iterator[Server]:
    with pymap() as server:
        yield server


class Month:
    """The office, its servers, and the standing that is expected."""

    def __init__(self, root: Path, clock: OfficeClock, inbox: Inbox, imap: Server) -> None:
        self.root, self.clock, self.inbox, self.imap = root, clock, inbox, imap
        self.run = Commands(root)
        self.expected = dict.fromkeys(UNITS, "not-sent")
        self.seen = 0

    def at(self, text: str) -> None:
        self.clock(f"2027-{text}")

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code).stdout)

    def ends(self, day: str, **changed: str) -> None:
        """At the end of the day these units stand elsewhere than the day before, and all others where they stood."""
        self.at(f"{day} 23:00")
        self.expected |= changed
        record = self.json("status", "notice")
        shown = {one["unit"]: " ".join((one["state"], *one["flags"])) for one in record["units"]}
        assert shown == self.expected, day
        assert self.json("ledger", "verify")["ok"], day

    def mailed(self) -> dict[str, Got]:
        """Who got a letter since this was asked last, and which."""
        new, self.seen = self.inbox.got[self.seen :], len(self.inbox.got)
        return {got.to[0].partition("@")[0]: got for got in new}

    def comes(self, *messages: bytes, code: int = 0) -> dict[str, int]:
        """Messages come to the office's mailbox and are fetched."""
        self.imap.put(messages, at=self.clock.now)
        counts: dict[str, int] = self.json("receipts", "fetch", code=code)["counts"]
        return counts

    def signed(self, unit: str, **how: bool) -> bytes:
        """The unit's receipt, signed and sealed, as a photo."""
        folder = self.root / "records" / "issued" / "notice" / "r0"
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        form = manifest["forms"][manifest["files"][f"{unit}/receipt.pdf"]["form"]]["pages"][0]
        random = np.random.default_rng(int(unit[1:]))
        return picture(fill(folder / unit / "receipt.pdf", 0, form, random, **how).image, "JPEG", quality=85)

    def due(self) -> dict[str, str]:
        drafts = self.json("remind", "--dry-run")["drafts"]
        return {one["unit"] or "": one["manner"] + str(one.get("nth") or "") for one in drafts}

    def reminds(self) -> set[str]:
        """Draft, and send what a person approves; the numbers given."""
        self.run("remind")
        record = self.json("remind", "--send", "--by", "王某某")
        assert record["dropped"] == []
        return {one["number"] or "" for one in record["sent"]}


@pytest.fixture
def month(tmp_path: Path, clock: OfficeClock, imap: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Month]:
    monkeypatch.setenv("CIRCULAR_GEN_LANG", "en")
    monkeypatch.setenv("CIRCULAR_GEN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CIRCULAR_GEN_IMAP_PASSWORD", imap.password)
    root = tmp_path / "office"
    for folder in ("circulars", "shared", "records"):
        (root / folder).mkdir(parents=True, mode=0o700)
    (root / "records" / "secret.key").write_text(KEY + "\n", encoding="ascii")
    (root / "recipients.yaml").write_text(RECIPIENTS, "utf-8")
    (root / "circulars" / "notice.yaml").write_text(NOTICE, "utf-8")
    (root / "holidays.yaml").write_text(HOLIDAYS, "utf-8")
    with smtp_server(inbox := Inbox()) as port:
        (root / "office.yaml").write_text(
            "name: 清河市安全生产委员会办公室\ncode: 清安办发\ncontact: {name: 综合科, phone: 0359-0000000}\n"
            f"mail: {{smtp: 'smtp://127.0.0.1:{port}', from: {OFFICE}, imap: '{imap.url()}', read_receipts: 是}}\n"
            "dispatch: {folder: shared}\n",
            "utf-8",
        )
        yield Month(root, clock, inbox, imap)


def as_sent(got: Got) -> Sent:
    options = dict(option.split("=", 1) for option in got.mail_options if "=" in option)
    return Sent(got.message["Message-ID"], options["ENVID"], got.sender, got.to[0])


@pytest.mark.no_cover
def test_a_month(month: Month, tmp_path: Path) -> None:
    run, at, ends = month.run, month.at, month.ends

    # 18 January, Monday: issued and dispatched. u7's address is refused at once, u6's will bounce
    at("01-18 09:00")
    run("issue", "notice")
    month.inbox.answer = lambda to: "550 5.1.1 no such user" if to.startswith("u7@") else "250 OK"
    run("dispatch", "notice", code=1)
    letters = month.mailed()
    assert set(letters) == set(BY_MAIL) - {"u7"}
    ends("01-18", **(dict.fromkeys(UNITS, "sent") | {"u7": "not-sent bounced"}))

    # 19 January: a bounce, a delivery report, a read receipt, an out-of-office answer
    at("01-19 09:00")
    month.comes(
        mails.postfix(as_sent(letters["u6"])),
        mails.postfix(as_sent(letters["u2"]), "delivered", "2.0.0"),
        mails.read_receipt(as_sent(letters["u3"])),
        mails.vacation(as_sent(letters["u5"])),
    )
    ends("01-19", u6="sent bounced", u2="delivered", u3="opened")

    # 20 January: two addresses are put right, and those two units alone get it again
    at("01-20 10:00")
    path = month.root / "recipients.yaml"
    text = path.read_text("utf-8").replace("u6@unit", "u6@right").replace("u7@unit", "u7@right")
    path.write_text(text, "utf-8")
    month.inbox.answer = lambda _to: "250 OK"
    run("dispatch", "notice")
    assert {got.to[0] for got in month.mailed().values()} == {"u6@right.example", "u7@right.example"}
    ends("01-20", u6="sent", u7="sent")

    # 25 and 26 January: a reply by mail; a paper that was brought, scanned
    at("01-25 11:00")
    counts = month.comes(mails.reply(as_sent(letters["u1"]), [("回执.jpg", month.signed("u1"))]))
    assert counts["read"] == 1
    ends("01-25", u1="received")
    at("01-26 15:00")
    scan = tmp_path / "回执.jpg"
    scan.write_bytes(month.signed("u9"))
    run("receipts", "scan", str(scan), "--jobs", "1")
    ends("01-26", u9="received")

    # 28 January: u2 asks for more time, and gets it; u5 asks, and does not
    at("01-28 09:00")
    run("extend", "notice", "u2", "--to", "2027-02-19 17:00", "--reason", "大雪封路", "--by", "王某某")
    run("extend", "notice", "u5", "--to", "2027-02-19 17:00", "--reason", "时间充足", "--refuse", "--by", "王某某")
    ends("01-28", u2="delivered extended")

    # 1 February: nothing is due; 2 February: a work day before the deadline
    at("02-01 09:00")
    assert month.due() == {}
    at("02-02 09:00")
    assert month.due() == dict.fromkeys(("u3", "u4", "u5", "u6", "u7", "u8", "u10"), "notice")
    assert month.reminds() == {""}, "a notice has no number"
    assert set(month.mailed()) == {"u3", "u4", "u5", "u6", "u7", "u8"}
    ends("02-02")

    # 3 February: the deadline passes at five; u3 answers in the evening, late
    at("02-03 20:00")
    month.comes(mails.reply(as_sent(letters["u3"]), [("回执.jpg", month.signed("u3"))]))
    ends("02-03", u3="received", **dict.fromkeys(("u4", "u5", "u6", "u7", "u8"), "sent overdue"), u10="sent overdue")

    # 4 February, the last day before the holiday: drafted; u5 is called meanwhile and says that it has it
    at("02-04 09:00")
    assert month.due() == dict.fromkeys(("u4", "u5", "u6", "u7", "u8", "u10"), "reminder1")
    run("remind")
    run("receipts", "confirm", "notice", "u5", "--by", "伍某", "--how", "phone")
    record = month.json("remind", "--send", "--by", "王某某")
    assert [one["unit"] for one in record["dropped"]] == ["u5"]
    assert {one["number"] for one in record["sent"]} == {f"清安办催〔2027〕{n}号" for n in range(1, 6)}, "no gap"
    assert set(month.mailed()) == {"u4", "u6", "u7", "u8"}
    assert any("催办" in path.name for path in (month.root / "shared" / "u10").iterdir())
    ends("02-04", u5="received")

    # the holiday, and the week-end after it: nobody is written to
    for day in range(5, 14):
        at(f"02-{day:02} 09:00")
        assert month.due() == {}
    run("remind", "--send", "--by", "王某某", code=1)
    ends("02-13")
    assert month.mailed() == {}

    # 14 February, a Sunday that is worked: u6 sends a page that nobody signed, which a person must look at
    at("02-14 10:00")
    unsigned = month.signed("u6", signed=False)
    month.comes(mails.reply(None, [("回执.jpg", unsigned)], sender="lu@right.example"), code=1)
    assert month.due() == {}, "the interval is not over"
    ends("02-14", u6="sent overdue review")

    # 15 February: the second time; not u6, whose answer waits for us
    at("02-15 09:00")
    assert month.due() == dict.fromkeys(("u4", "u7", "u8", "u10"), "reminder2")
    assert month.reminds() == {f"清安办催〔2027〕{n}号" for n in range(6, 10)}
    assert set(month.mailed()) == {"u4", "u7", "u8"}
    at("02-15 15:00")
    month.comes(mails.reply(as_sent(letters["u8"]), [("回执.jpg", month.signed("u8"))]))
    review = month.json("receipts", "review")[0]["event"]
    run("receipts", "review", str(review), "--reject", "没有签字，请重签")
    ends("02-15", u8="received", u6="sent overdue")

    # 16 February: u6 was reminded long ago, so it is its turn; the others were written to yesterday
    at("02-16 09:00")
    assert month.due() == {"u6": "escalation"}
    run("remind", "called", "notice", "u6", "--answer", "下午重签寄出", "--by", "综合科")
    assert month.due() == {}
    ends("02-16")

    # 17 February: escalation to those who said nothing after two reminders; their superior gets a copy on paper
    at("02-17 09:00")
    assert month.due() == dict.fromkeys(("u4", "u7", "u10"), "escalation")
    assert month.reminds() == {f"清安办督〔2027〕{n}号" for n in range(1, 4)}
    assert "督办通知" in month.mailed()["u4"].message["Subject"]
    assert (month.root / "out" / "reminders" / "print.pdf").exists()
    ends("02-17")

    # 18 February: u7 and u10 answer; u6 did not keep its word; the bulletin, with what is recorded
    at("02-18 09:00")
    run("receipts", "confirm", "notice", "u7", "--by", "柒某")
    run("receipts", "confirm", "notice", "u10", "--by", "拾某")
    assert month.due() == {"u2": "notice", "u6": "escalation", "": "bulletin"}, "u2 in its longer time"
    run("remind")
    sent = month.json("remind", "--send", "--by", "王某某")["sent"]
    assert {one["unit"] for one in sent if one["manner"] == "bulletin"} == set(UNITS)
    assert {one["number"] for one in sent if one["manner"] == "bulletin"} == {"清安办通〔2027〕1号"}
    body = month.mailed()["u4"].message.get_body(("plain",))
    assert body is not None
    assert ("有出入" in body.get_content(), "扫描" in body.get_content()) == (True, False), "it asks nobody to answer"
    ends("02-18", u7="received", u10="received")

    # 19 February: u2 answers within its longer time, u6 at last; u4's case is closed with a reason
    at("02-19 10:00")
    run("receipts", "confirm", "notice", "u2", "--by", "贰某")
    run("receipts", "confirm", "notice", "u6", "--by", "陆某")
    assert month.due() == {}
    ends("02-19", u2="received extended", u6="received")

    # 22 February: closed
    at("02-22 09:00")
    run("receipts", "close", "notice", code=2)  # u4 still owes an answer
    run("receipts", "close", "notice", "u4", "--reason", "已约谈，另案处理", "--by", "王某某")
    run("receipts", "close", "notice")
    ends("02-22", u4="closed")
    at("03-10 09:00")
    assert month.due() == {}
    with open_ledger(month.root / "records" / "ledger.db", readonly=True) as ledger:
        numbers = [(one.code, one.ordinal) for one in ledger.numbers(2027) if one.circular is None]
        assert numbers == [
            *(("清安办催", n) for n in range(1, 10)),
            *(("清安办督", n) for n in range(1, 5)),
            ("清安办通", 1),
        ]
        reminded = {one.unit: one.reminders for one in ledger.standings("notice")}
    assert reminded == {"u1": 0, "u2": 0, "u3": 0, "u4": 3, "u5": 0, "u6": 3, "u7": 3, "u8": 2, "u9": 0, "u10": 3}
    units = {one["unit"]: one for one in month.json("status", "notice")["units"]}
    assert units["u2"]["original_due"].startswith("2027-02-03"), "the first date stays"
