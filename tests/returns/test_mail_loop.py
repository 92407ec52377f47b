"""The whole way round: dispatched over SMTP, bounced or read at the units' end, fetched over IMAP, told by status."""

import json
from collections.abc import Iterator
from email.utils import parseaddr

import pytest
from click.testing import CliRunner, Result
from tests.dispatch.servers import Got, Inbox, smtp_server
from tests.mailservers import Server, pymap

from circular_gen.cli import cli
from circular_gen.errors import CircularGenError

from . import mails
from .conftest import RECIPIENTS, UNITS, Desk, picture
from .mails import OFFICE, Sent


@pytest.fixture(scope="module")
def imap() -> Iterator[Server]:
    with pymap() as server:
        yield server


def run(desk: Desk, *arguments: str) -> Result:
    result = CliRunner().invoke(cli, ["-w", str(desk.root), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit | CircularGenError), result.output
    return result


def _sent(got: Got) -> Sent:
    """A message as the unit's server saw it: all that a report can be made of."""
    options = dict(option.split("=", 1) for option in got.mail_options if "=" in option)
    return Sent(got.message["Message-ID"], options["ENVID"], got.sender, got.to[0])


def test_from_dispatch_to_status(desk: Desk, imap: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCULAR_GEN_IMAP_PASSWORD", imap.password)
    monkeypatch.setenv("CIRCULAR_GEN_STATE", str(desk.root.parent / "state"))
    recipients = RECIPIENTS
    for unit in UNITS:
        recipients = recipients.replace(
            f"id: {unit}, name: 第{unit[1:]}街道办事处, tags: [街道], contacts: [{{name: 张某, phone: '138'",
            f"id: {unit}, name: 第{unit[1:]}街道办事处, tags: [街道], deliver: [email], "
            f"contacts: [{{name: 张某, phone: '138', email: {unit}@unit.example",
        )
    (desk.root / "recipients.yaml").write_text(recipients, "utf-8")
    office = desk.root / "office.yaml"
    with smtp_server(inbox := Inbox()) as port:
        mail = f"mail: {{smtp: 'smtp://127.0.0.1:{port}', from: {OFFICE}, imap: '{imap.url()}', read_receipts: 是}}\n"
        office.write_text(office.read_text("utf-8") + mail, "utf-8")
        result = run(desk, "dispatch", "notice", "--via", "email")
    sent = {got.to[0].partition("@")[0]: _sent(got) for got in inbox.got}
    assert len(sent) >= 29, result.output
    mdn = inbox.got[0].message["Disposition-Notification-To"]
    assert parseaddr(mdn)[1] == OFFICE
    whole = next(got.data for got in inbox.got if got.to[0].startswith("u05"))
    receipt = picture(desk.filled("notice", "u04").image, "JPEG", quality=80)
    imap.put(
        [
            mails.postfix(sent["u01"]),
            mails.postfix(sent["u02"], "delivered", "2.0.0"),
            mails.read_receipt(sent["u03"]),
            mails.reply(sent["u04"], [("回执.jpg", receipt)]),
            whole,  # a copy of ours that came to the office's own mailbox
            mails.vacation(sent["u06"]),
            mails.postfix(sent["u07"], to=sent["u08"].bounces),
        ]
    )
    result = run(desk, "receipts", "fetch", "--json")
    assert json.loads(result.output)["counts"] == {
        "bounced": 1,
        "delivered": 1,
        "opened": 1,
        "read": 1,
        "own": 1,
        "automatic": 1,
        "review": 1,
    }
    units = {unit["unit"]: unit for unit in json.loads(run(desk, "status", "notice", "--json").output)["units"]}
    assert [units[f"u{number:02}"]["state"] for number in range(1, 9)] == [
        *("sent", "delivered", "opened", "received", "sent", "sent", "sent", "sent")
    ]
    assert [unit for unit, row in units.items() if "bounced" in row["flags"]] == ["u01"]
    story = run(desk, "receipts", "show", "notice", "u01").output
    assert "5.1.1" in story
