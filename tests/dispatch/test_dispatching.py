"""Dispatching small offices: two at once, too large for a mail, a ledger that workspaces share."""

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from tests.dispatch.conftest import opened
from tests.dispatch.offices import NAME, make_office
from tests.dispatch.servers import Inbox, smtp_server
from tests.ledger.conftest import postgresql_server, postgresql_url

from circular_gen.dispatch import dispatching, outbox
from circular_gen.dispatch.dispatching import Dispatch
from circular_gen.dispatch.installation import ElsewhereError
from circular_gen.dispatch.letter import File
from circular_gen.ledger import export_lines, import_lines, open_ledger
from circular_gen.records import open_records

__all__ = ["postgresql_server", "postgresql_url"]  # fixtures


def test_two_at_once_send_once(tmp_path: Path) -> None:
    box, root = Inbox(), tmp_path / "office"
    with smtp_server(box) as port:
        make_office(root, port, 40)
        command = [sys.executable, "-m", "circular_gen", "-w", str(root), "dispatch", NAME]
        running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _n in range(3)]
        errors = [process.communicate()[1].decode() for process in running]
        codes = sorted(process.returncode for process in running)
    assert codes[0] == 0, errors
    assert Counter(got.to[0] for got in box.got) == {f"u{n:04}@example.org": 1 for n in range(40)}


def test_files_too_large_for_a_mail_go_another_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "LARGE", 1000)
    box, root = Inbox(), tmp_path / "office"
    with smtp_server(box) as port:
        shared = f"dispatch: {{folder: '{tmp_path / 'shared'}'}}\n"
        make_office(root, port, 2, more=shared, deliver=lambda n: "email" if n else "email, folder")
        (tmp_path / "shared").mkdir()
        with opened(root) as records:
            report = Dispatch(records, NAME).run()
    assert {row.unit: row.channel for row in report.rows.values()} == {"u0000": "folder"}
    assert [route.why for route in report.outlook.of("no-way")] == ["too-large"]
    assert box.got == []


def test_links_stand_in_for_files_that_are_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "LARGE", 1000)
    box, root = Inbox(), tmp_path / "office"

    def links(unit: str, files: Sequence[File]) -> list[Mapping[str, str]]:
        return [{"name": file.name, "url": f"https://example.org/{unit}/{file.sha256}"} for file in files]

    with smtp_server(box) as port:
        make_office(root, port, 2)
        with opened(root) as records:
            report = Dispatch(records, NAME, links=links).run()
    assert report.clean
    for got in box.got:
        unit = got.to[0].partition("@")[0]
        assert not list(got.message.iter_attachments())
        html = got.message.get_body(("html",)).get_content()  # type: ignore[union-attr]
        assert f'<a href="https://example.org/{unit}/' in html


def test_what_lies_in_the_outbox_goes_out_before_what_is_new(tmp_path: Path) -> None:
    """Stopped after some, then asked for all: nobody twice, nobody left."""
    box, root = Inbox(), tmp_path / "office"
    with smtp_server(box) as port:
        make_office(root, port, 12, cc=(3, 4))
        with opened(root) as records:
            stopped = Dispatch(records, NAME).run(stop=lambda: len(box.got) == 5)
            assert stopped.interrupted
            assert not stopped.clean
            assert Dispatch(records, NAME).run().clean
            assert Dispatch(records, NAME).run().rows == {}
    assert Counter(got.to[0] for got in box.got) == {f"u{n:04}@example.org": 1 for n in range(12)}
    texts = {got.to[0]: got.message.get_body(("plain",)).get_content() for got in box.got}  # type: ignore[union-attr]
    assert "抄送" in texts["u0003@example.org"]
    assert "签收回执" not in texts["u0003@example.org"]


def test_a_mail_template_changed_after_a_server_put_a_mail_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message that was tried stays the message of its key; what it has become waits for a person."""
    monkeypatch.setattr(outbox, "_LATER", (1,))
    busy = [True]
    box = Inbox(answer=lambda to: "450 later" if to.startswith("u0001") and busy else "250 OK")
    root = tmp_path / "office"
    with smtp_server(box) as port:
        make_office(root, port, 3)
        with opened(root) as records:
            job = Dispatch(records, NAME)
            job.run(stop=lambda: len(box.got) == 2)  # u0001 waits for its second try
            busy.clear()
            (root / "templates").mkdir()
            (root / "templates" / "mail.txt.j2").write_text("{{ unit.name }}：见附件。", encoding="utf-8")
            report = Dispatch(records, NAME).run()
            assert [(row.unit, row.reason) for row in report.rows.values()] == [("u0001", "changed")]
            job = Dispatch(records, NAME)
            job.resolve("u0001", "again")
            assert job.run().clean
    assert Counter(got.to[0] for got in box.got) == {f"u{n:04}@example.org": 1 for n in range(3)}


@pytest.mark.postgresql
def test_workspaces_that_share_a_ledger(tmp_path: Path, postgresql_url: str) -> None:
    box, root = Inbox(), tmp_path / "office"
    with smtp_server(box) as port:
        make_office(root, port, 5)
        with open_ledger(root / "records" / "ledger.db") as old, open_ledger(postgresql_url) as new:
            lines = "".join(export_lines(old)).encode().splitlines(keepends=True)
            import_lines(new, iter(lines))
        text = (root / "office.yaml").read_text("utf-8") + f"ledger: '{postgresql_url}'\n"
        (root / "office.yaml").write_text(text, encoding="utf-8")
        with open_records(root) as records:
            report = Dispatch(records, NAME).run(stop=lambda: len(box.got) == 2)
            assert report.count("handed-over") == 2
            assert Dispatch(records, NAME).run().clean
            assert Dispatch(records, NAME).run().rows == {}
        assert len(box.got) == 5
        copy = shutil.copytree(root, tmp_path / "copy")
        with open_records(copy) as records, pytest.raises(ElsewhereError):
            Dispatch(records, NAME).run()
