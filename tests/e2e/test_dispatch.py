"""dispatch on the sample, against a real mail server: who gets what, once, by which way; and what is refused."""

import io
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from tests.dispatch.servers import Broken, Inbox, smtp_server
from tests.e2e.conftest import EACH, MEETING, WINTER, Commands, make_workspace

from circular_gen import messages
from circular_gen.dispatch.installation import ElsewhereError
from circular_gen.ledger import Draft
from circular_gen.records import open_records

MAIL = "\nmail:\n  smtp: smtp://127.0.0.1:{port}\n  from: office@example.org\n"
SHARED = "dispatch:\n  folder: shared\n"


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with one circular issued. Tests work on copies: it has never sent, so a copy may."""
    root = make_workspace(tmp_path_factory.mktemp("issued") / "office")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIRCULAR_GEN_SOFFICE", "")
        Commands(root)("issue", WINTER)
        Commands(root)("issue", EACH)
    return root


@pytest.fixture
def office(issued: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CIRCULAR_GEN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CIRCULAR_GEN_LANG", "en")
    messages._catalogue.cache_clear()
    yield shutil.copytree(issued, tmp_path / "office")
    messages._catalogue.cache_clear()


@contextmanager
def served(office: Path, box: Inbox | None = None, more: str = "") -> Iterator[tuple[Inbox, Commands]]:
    box = box or Inbox()
    with smtp_server(box) as port:
        (office / "office.yaml").write_text(
            (office / "office.yaml").read_text("utf-8") + MAIL.format(port=port) + more, encoding="utf-8"
        )
        yield box, Commands(office)


def change_units(office: Path, old: str, new: str, count: int = 0) -> None:
    """Replaces a pattern in recipients.yaml."""
    path = office / "recipients.yaml"
    text, found = re.subn(old, new, path.read_text("utf-8"), count=count)
    assert found, old
    path.write_text(text, encoding="utf-8")


def of_unit(office: Path, unit: str, ways: str) -> None:
    change_units(office, rf"(- id: {unit}\n(?:    .*\n)*?    deliver: )\[[^\]]*\]", rf"\1[{ways}]", 1)


def to(box: Inbox, unit: str) -> list[EmailMessage]:
    return [got.message for got in box.got if got.to == [f"{unit}@example.org"]]


def record(run: Commands, *arguments: str, code: int = 0) -> dict[str, dict[str, object]]:
    found = json.loads(run("dispatch", *arguments, "--json", code=code).stdout)
    return {unit["unit"]: unit for unit in found["units"]}


def text_of(message: EmailMessage) -> str:
    return message.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def kinds(office: Path, unit: str, name: str = WINTER) -> list[str]:
    with open_records(office) as records:
        return [event.kind for event in records.ledger.events(name, unit) if event.kind != "addressed"]


# -- mail --------------------------------------------------------------------------------------------------------------


def test_every_unit_gets_its_papers_as_they_were_issued(office: Path) -> None:
    change_units(office, r"deliver: \[[^\]]*\]", "deliver: [email]")
    manifest = json.loads((office / "records" / "issued" / WINTER / "r0" / "manifest.json").read_text("utf-8"))
    shutil.rmtree(office / "out", ignore_errors=True)
    with served(office) as (box, run):
        run("dispatch", WINTER)
    with open_records(office) as records:
        standings = records.ledger.standings(WINTER)
        number, title = records.paper(WINTER).number, records.paper(WINTER).title
    assert len(box.got) == len(standings) >= 30
    for standing in standings:
        (message,) = to(box, standing.unit)
        assert not [part.defects for part in message.walk() if part.defects], standing.unit
        assert message["Subject"] == f"{number} {title}"
        assert message["From"].addresses[0].addr_spec == "office@example.org"
        assert str(message["Message-ID"]).endswith("@example.org>")
        assert not [key for key in message if key.lower().startswith("list-") or key.lower() == "precedence"]
        text = text_of(message)
        assert text.startswith(f"{standing.name}：")
        assert (title in text, number in text) == (True, True)
        html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
        assert f"<p>{standing.name}：</p>" in html
        (attached,) = list(message.iter_attachments())
        assert attached.get_content_type() == "application/pdf"
        name = str(attached.get_filename())
        assert (name.startswith(f"{number} "), name.endswith(".pdf"), title[:10] in name) == (True, True, True)
        whole = f"{standing.unit}/package.pdf" if standing.role == "addressee" else "circular.pdf"
        data = attached.get_content()
        assert (office / "records" / "issued" / WINTER / "r0" / whole).read_bytes() == data
        assert len(data) == manifest["files"][whole]["bytes"]
        assert ("签收回执" in text) == (standing.role == "addressee"), "no answer is asked of who gets it to know"
        assert ("签字、盖章后扫描" in text) == (standing.role == "addressee")
        forms = [title for kind, title in (("checklist", "检查清单"), ("receipt", "签收回执"))
                 if f"{standing.unit}/{kind}.pdf" in manifest["files"]]  # fmt: skip
        assert (f"（含{'、'.join(forms)}）" in text) == bool(forms), "what is bound into the one file"
        assert ("抄送" in text) == (standing.role == "cc")
    assert {kind for s in standings for kind in kinds(office, s.unit)} == {"intent", "sent"}


def test_what_lies_in_out_does_not_matter(office: Path) -> None:
    fake = office / "out" / WINTER / "chengxi"
    fake.mkdir(parents=True)
    (fake / "package.pdf").write_bytes(b"%PDF-1.7 forged")
    with served(office) as (box, run):
        run("dispatch", WINTER, "--only", "chengxi")
    (attached,) = list(to(box, "chengxi")[0].iter_attachments())
    assert len(attached.get_content()) > 10_000


def test_an_original_that_was_changed_is_not_sent(office: Path) -> None:
    path = office / "records" / "issued" / WINTER / "r0" / "chengxi" / "package.pdf"
    path.chmod(0o600)
    path.write_bytes(b"%PDF-1.7 forged")
    with served(office) as (box, run):
        result = run("dispatch", WINTER, "--only", "chengxi", code=1)
        assert "not as it was" in str(result.exception)
        assert box.got == []
        assert kinds(office, "chengxi") == ["intent"]
    manifest = path.parent.parent / "manifest.json"
    manifest.chmod(0o600)
    manifest.write_bytes(manifest.read_bytes() + b" ")
    assert "ledger verify" in str(Commands(office)("dispatch", WINTER, code=1).exception)


def test_forms_as_word_files_where_the_office_wants_them(office: Path) -> None:
    with served(office, more="dispatch: {word_forms: 是}\n") as (box, run):
        run("dispatch", WINTER, "--only", "chengxi", "--only", "shiwei", "--via", "email")
        names = [part.get_filename() for part in to(box, "chengxi")[0].iter_attachments()]
        assert [str(name).rpartition(" ")[2] for name in names[1:]] == ["检查清单.docx", "签收回执.docx"]
        assert all(name in text_of(to(box, "chengxi")[0]) for name in map(str, names))
        run("dispatch", EACH, "--only", "hebin", "--via", "email")
        named = [str(part.get_filename()) for part in to(box, "hebin")[0].iter_attachments()]
        assert named[-1].endswith("落实情况反馈表.docx")


def test_the_offices_own_words(office: Path) -> None:
    own = office / "templates"
    own.mkdir(exist_ok=True)
    (own / "mail.txt.j2").write_text("致{{ unit.short }}：\n\n见附件《{{ circular.title }}》。", encoding="utf-8")
    with served(office) as (box, run):
        run("dispatch", WINTER, "--only", "chengxi")
        assert text_of(to(box, "chengxi")[0]).startswith("致城西街道：")
        for wrong in ("{{ office.mail }}", "{{ unit.nmae }}", "{% if %}", "{{ unit.__class__ }}"):
            (own / "mail.txt.j2").write_text("一\n二\n" + wrong, encoding="utf-8")
            message = str(run("dispatch", WINTER, "--only", "chengdong", code=1).exception)
            assert message.startswith("mail.txt.j2:3: "), message
        assert len(box.got) == 1


# -- once --------------------------------------------------------------------------------------------------------------


def test_again_and_again_sends_once(office: Path) -> None:
    with served(office) as (box, run):
        run("dispatch", WINTER, "--via", "email")
        count = len(box.got)
        assert count > 20
        run("dispatch", WINTER, "--via", "email")
        run("dispatch", WINTER)
        assert len(box.got) == count
        assert all(unit["state"] == "done" for unit in record(run, WINTER).values())


def test_a_dry_run_shows_everything_and_changes_nothing(office: Path) -> None:
    change_units(office, r"email: beiguan@example.org, ", "", 1)
    with served(office, more=SHARED) as (box, run):
        with open_records(office) as records:
            before = records.ledger.checkpoint()
        found = record(run, WINTER, "--dry-run")
        assert (found["chengxi"]["way"], found["chengxi"]["to"]) == ("email", "chengxi@example.org")
        assert (found["hebin"]["way"], found["jiaoyu"]["way"]) == ("print", "folder")
        assert found["beiguan"] | {"state": "no-way", "reason": "no-address"} == found["beiguan"]
        shown = run("dispatch", WINTER, "--dry-run").output
        assert "北关街道办事处 (beiguan) cannot be sent to: no mail address" in shown
        assert f"the shared folder {office / 'shared'} is not there" in shown
        with open_records(office) as records:
            assert records.ledger.checkpoint() == before
        assert box.got == []
        assert not (office / "shared").exists()


def test_a_unit_without_a_way_is_told_before_anything_leaves(office: Path, capfd: pytest.CaptureFixture[str]) -> None:
    change_units(office, r"email: beiguan@example.org, ", "", 1)
    seen: list[int] = []

    class Watching(Inbox):
        async def handle_DATA(self, server, session, envelope):  # type: ignore[no-untyped-def]  # noqa: N802
            seen.append(1)
            return await super().handle_DATA(server, session, envelope)

    with served(office, Watching(), SHARED) as (box, run):
        (office / "shared").mkdir()
        result = run("dispatch", WINTER, code=1)
        assert result.stderr.splitlines()[0].startswith("北关街道办事处 (beiguan) cannot be sent to")
        assert kinds(office, "beiguan") == []
        assert len(box.got) > 20


def test_only_and_via(office: Path) -> None:
    with served(office) as (box, run):
        run("dispatch", WINTER, "--only", "城西街道", "--only", "hebin", "--via", "email")
        assert sorted(got.to[0] for got in box.got) == ["chengxi@example.org", "hebin@example.org"]
        assert run("dispatch", WINTER, "--only", "chengxii", code=2).exception
        run("dispatch", WINTER, "--via", "email")
        assert not [got for got in box.got if got.to == ["shimen@example.org"]], "that one goes by print"


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_what_may_not_be_sent(office: Path) -> None:
    with served(office) as (box, run):
        assert "issue" in str(run("dispatch", MEETING, code=1).exception)
        assert run("dispatch", "nothing-like-it", code=2).exception
        run("withdraw", WINTER, "--reason", "有误")
        assert "withdrawn" in str(run("dispatch", WINTER, code=1).exception)
        run("abolish", EACH, "--reason", "已过期")
        assert "abolished" in str(run("dispatch", EACH, code=1).exception)
        for arguments in (["--cause", "x"], ["--reissue", "chengxi"], ["--resolve", "chengxi", "maybe"]):
            assert run("dispatch", WINTER, *arguments, code=2)
        assert box.got == []


def test_withdrawn_while_it_is_being_sent(office: Path) -> None:
    class Withdrawing(Inbox):
        async def handle_DATA(self, server, session, envelope):  # type: ignore[no-untyped-def]  # noqa: N802
            if len(self.got) == 3:
                with open_records(office) as records:
                    records.ledger.append(Draft("withdrawn", "王某", WINTER, None, {"reason": "有误"}))
            return await super().handle_DATA(server, session, envelope)

    with served(office, Withdrawing()) as (box, run):
        result = run("dispatch", WINTER, "--via", "email")
        assert len(box.got) == 4
        assert "needed no more" in result.output


@pytest.mark.parametrize(
    "bad", ["from: not-an-address", "from: 'a@b.org, c@d.org'", 'from: "a@b.org\\r\\nBcc: x@y.org"']
)
def test_a_wrong_sender_is_told(office: Path, bad: str) -> None:
    with served(office) as (box, run):
        text = (office / "office.yaml").read_text("utf-8").replace("from: office@example.org", bad)
        (office / "office.yaml").write_text(text, encoding="utf-8")
        assert "office.yaml" in str(run("dispatch", WINTER, code=1).exception)
        assert box.got == []


# -- what comes of it --------------------------------------------------------------------------------------------------


def test_refused_then_corrected_then_another_way(office: Path) -> None:
    bad = {"chengxi@example.org": "550 5.1.1 no such user"}
    with served(office, Inbox(answer=lambda address: bad.get(address, "250 OK"))) as (box, run):
        result = run("dispatch", WINTER, "--only", "chengxi", "--only", "nanhu", code=1)
        assert "no such user" in result.stderr
        assert kinds(office, "chengxi") == ["intent", "bounced"]
        bad["zhang@example.org"] = "550 5.1.1 no such user either"
        change_units(office, "chengxi@example.org", "zhang@example.org", 1)
        run("dispatch", WINTER, "--only", "chengxi", code=1)
        assert not box.got[1:], "only nanhu has got something"
        found = record(run, WINTER, "--only", "chengxi")
        assert (found["chengxi"]["state"], found["chengxi"]["way"]) == ("handed-over", "print"), "the next of its ways"
        assert kinds(office, "chengxi") == ["intent", "bounced", "intent", "bounced", "intent", "sent"]


def test_a_corrected_address_gets_another_message(office: Path) -> None:
    bad = {"chengxi@example.org": "550 5.1.1 no such user"}
    with served(office, Inbox(answer=lambda address: bad.get(address, "250 OK"))) as (box, run):
        run("dispatch", WINTER, "--only", "chengxi", code=1)
        change_units(office, "chengxi@example.org", "zhang@example.org", 1)
        run("dispatch", WINTER, "--only", "chengxi")
        assert [got.to for got in box.got] == [["zhang@example.org"]]
        status = json.loads(run("status", WINTER, "--json").stdout)
        (unit,) = [one for one in status["units"] if one["unit"] == "chengxi"]
        assert (unit["state"], "bounced" in unit["flags"]) == ("sent", False)


def test_a_report_that_it_did_not_arrive_counts_as_refused(office: Path) -> None:
    with served(office) as (box, run):
        run("dispatch", WINTER, "--only", "chengxi")
        with open_records(office) as records:
            message = records.ledger.events(WINTER, "chengxi", ("sent",))[0].payload["message"]
            records.ledger.append(Draft("bounced", "x", WINTER, "chengxi", {"message": message, "permanent": True}))
        assert record(run, WINTER, "--dry-run", "--only", "chengxi")["chengxi"]["way"] == "print"
        run("dispatch", WINTER, "--resolve", "chengxi", "again")
        assert len(to(box, "chengxi")) == 2
        assert len({str(message["Message-ID"]) for message in to(box, "chengxi")}) == 2


def test_of_unknown_fate_until_a_person_says(office: Path) -> None:
    broken = Broken("dot", times=2)
    with broken.serving() as port:
        (office / "office.yaml").write_text(
            (office / "office.yaml").read_text("utf-8") + MAIL.format(port=port), encoding="utf-8"
        )
        run = Commands(office)
        result = run("dispatch", WINTER, "--only", "chengxi", "--only", "nanhu", "--only", "xincheng", code=1)
        assert result.stderr.count("--resolve") == 2
        status = json.loads(run("status", WINTER, "--json").stdout)
        flags = {unit["unit"]: unit["flags"] for unit in status["units"]}
        assert ["unknown" in flags[unit] for unit in ("chengxi", "nanhu", "xincheng")] == [True, True, False]
        run("dispatch", WINTER, "--only", "chengxi", "--only", "nanhu", code=1)
        assert broken.kept.count("chengxi@example.org") == 1, "never again by itself"
        run("dispatch", WINTER, "--resolve", "chengxi", "已发", "--resolve", "nanhu", "重发", "--actor", "李某")
        assert broken.kept.count("chengxi@example.org") == 1
        assert broken.kept.count("nanhu@example.org") == 2
        assert record(run, WINTER, "--only", "chengxi", "--only", "nanhu")["nanhu"]["state"] == "done"
        with open_records(office) as records:
            assert records.ledger.events(WINTER, "chengxi")[-1].actor == "李某"
        assert run("dispatch", WINTER, "--resolve", "chengxi", "again", code=2).exception


def test_issued_again_to_one_unit(office: Path) -> None:
    with served(office) as (box, run):
        run("dispatch", WINTER, "--only", "chengxi")
        for _time in range(2):
            run("dispatch", WINTER, "--reissue", "城西街道办事处", "--cause", "原件缺页")
        messages_ = to(box, "chengxi")
        assert len({str(message["Message-ID"]) for message in messages_}) == 3
        assert "补发" in text_of(messages_[1])
        assert "原件缺页" in text_of(messages_[2])
        assert kinds(office, "chengxi") == ["intent", "sent", "intent", "reissued", "intent", "reissued"]
        with open_records(office) as records:
            event = records.ledger.events(WINTER, "chengxi", ("reissued",))[0]
            assert event.payload["cause"] == "原件缺页"


def test_a_revision_goes_to_everyone_again(office: Path) -> None:
    with served(office) as (box, run):
        run("dispatch", WINTER, "--only", "chengxi")
        path = office / "circulars" / f"{WINTER}.yaml"
        path.write_text(path.read_text("utf-8").replace("加急", "特急", 1), encoding="utf-8")
        run("issue", WINTER, "--revise")
        run("dispatch", WINTER, "--only", "chengxi")
        first, second = to(box, "chengxi")
        assert "修订版" in text_of(second)
        data = [next(message.iter_attachments()).get_content() for message in (first, second)]
        assert data[1] == (office / "records" / "issued" / WINTER / "r1" / "chengxi" / "package.pdf").read_bytes()
        assert data[0] != data[1]
        status = json.loads(run("status", WINTER, "--json").stdout)
        flags = {unit["unit"]: unit["flags"] for unit in status["units"]}
        assert "old-revision" not in flags["chengxi"]


def test_a_copy_of_the_workspace_sends_nothing_without_a_word(office: Path, tmp_path: Path) -> None:
    with served(office) as (box, run):
        run("dispatch", WINTER, "--only", "chengxi")
        copy = Commands(shutil.copytree(office, tmp_path / "copy"))
        result = copy("dispatch", WINTER, code=1)
        assert isinstance(result.exception, ElsewhereError)
        assert "--here" in copy("dispatch", WINTER, "--dry-run").output
        assert len(box.got) == 1
        copy("dispatch", WINTER, "--here", "--only", "nanhu")
        assert len(box.got) == 2
        assert isinstance(run("dispatch", WINTER, code=1).exception, ElsewhereError)


def test_no_password_is_ever_shown(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCULAR_GEN_SMTP_PASSWORD", "geheim-123")
    with served(office) as (box, run):
        text = (office / "office.yaml").read_text("utf-8").replace("smtp://127", "smtp://office@127")
        (office / "office.yaml").write_text(text, encoding="utf-8")
        result = run("dispatch", WINTER, "--only", "chengxi", code=1)
        assert "geheim" not in result.output
        assert "log in" in result.output
        assert box.got == []
        assert b"geheim" not in (office / "records" / "ledger.db").read_bytes()


# -- folder ------------------------------------------------------------------------------------------------------------


def test_shared_folders_with_an_index(office: Path) -> None:
    with served(office, more=SHARED) as (_box, run):
        result = run("dispatch", WINTER, "--via", "folder", code=1)
        assert "is not there" in result.output
        assert "not sent yet 6" in result.output, "not only the one that was tried"
        (office / "shared").mkdir()
        run("dispatch", WINTER, "--via", "folder")
        assert kinds(office, "jiaoyu") == ["intent", "sent"]
        run("dispatch", WINTER, "--via", "folder", "--only", "hebin")
        run("dispatch", EACH, "--via", "folder", "--only", "hebin")
        own = office / "shared" / "hebin"
        folders = [path for path in own.iterdir() if path.is_dir()]
        originals = office / "records" / "issued"
        assert len(folders) == 2
        (winter,) = [path for path in folders if "〔2026〕12号" in path.name]
        (whole,) = list(winter.iterdir())
        assert whole.read_bytes() == (originals / WINTER / "r0" / "hebin" / "package.pdf").read_bytes()
        index, listed = (own / "index.html").read_text("utf-8"), (own / "目录.txt").read_text("utf-8-sig")
        assert index.count("<tr>") == 3
        assert "河滨街道办事处" in index
        assert listed.index("13号") < listed.index("12号"), "the newest first"
        for link in re.findall(r'href="([^"]*)"', index):
            from urllib.parse import unquote

            assert (own / unquote(link)).is_file()
        assert not list(own.rglob(".*"))


# -- print -------------------------------------------------------------------------------------------------------------


def test_a_print_job_in_distribution_order(office: Path) -> None:
    change_units(office, r"- id: shimen\n", "- id: shimen\n    copies: 2\n    address: 清河市石门镇人民路1号\n", 1)
    with served(office, more="dispatch: {envelope: DL}\n") as (_box, run):
        output = run("dispatch", WINTER, "--via", "print").output
    folder = office / "out" / WINTER / "dispatch"
    assert sorted(path.name for path in folder.iterdir()) == ["print-1.pdf", "signing-1.pdf"]
    assert "print-1.pdf" in output
    document = pypdfium2.PdfDocument(folder / "print-1.pdf")
    texts = [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]
    slips = [at for at, text in enumerate(texts) if text.startswith("文件送达单")]
    with open_records(office) as records:
        printed = [s for s in records.ledger.standings(WINTER) if s.channel == "print"]
        assert [event.payload["copies"] for event in records.ledger.events(WINTER, "shimen", ("sent",))] == [2]
    assert len(slips) == len(printed) > 5
    for place, (at, standing) in enumerate(zip(slips, printed, strict=True), 1):
        assert at % 2 == 0, "on a sheet's front"
        assert standing.name in texts[at]
        assert f"{place}（共 {len(printed)} 个单位）".replace(" ", "") in texts[at].replace(" ", "")
        end = slips[place] if place < len(slips) else len(texts)
        own = [page for page in range(at, end) if "签收回执" in texts[page][:10]]
        heads = [page for page in range(at, end) if "加急" in texts[page][:4]]
        assert len(heads) == (2 if standing.unit == "shimen" else 1), "as many copies as it gets"
        assert all(page % 2 == 0 for page in (*heads, *own))
        assert len(own) == (len(heads) if standing.role == "addressee" else 0)
        assert all(standing.name in texts[page] for page in own)
    (cover,) = [at for at, text in enumerate(texts) if "人民路" in text]
    assert cover % 2 == 0
    assert slips[1] == cover + 2
    page = document[cover]
    boxes = [page.get_textpage().get_charbox(n) for n in range(page.get_textpage().count_chars())]
    points = 72 / 25.4
    assert min(box[0] for box in boxes) >= 24 * points - 1
    assert max(box[2] for box in boxes) <= (24 + 76) * points + 1
    height = page.get_height()
    assert max(box[3] for box in boxes) <= height - 52 * points + 1
    assert min(box[1] for box in boxes) >= height - (52 + 30) * points - 1
    signing = pypdfium2.PdfDocument(folder / "signing-1.pdf")
    signed = "".join(page.get_textpage().get_text_range() for page in signing).replace("\r\n", "")
    assert all(standing.name[:5] in signed for standing in printed)
    with pikepdf.open(folder / "print-1.pdf") as job:
        assert len(job.pages) == len(texts)


def test_a_print_job_is_made_once_and_the_next_has_its_own_number(office: Path) -> None:
    with served(office) as (_box, run):
        run("dispatch", WINTER, "--via", "print", "--only", "hebin")
        first = (office / "out" / WINTER / "dispatch" / "print-1.pdf").read_bytes()
        run("dispatch", WINTER, "--via", "print")
        run("dispatch", WINTER, "--via", "print")
        folder = office / "out" / WINTER / "dispatch"
        assert sorted(path.name for path in folder.glob("print-*")) == ["print-1.pdf", "print-2.pdf"]
        assert (folder / "print-1.pdf").read_bytes() == first
        with pikepdf.open(io.BytesIO(first)) as job:
            assert len(job.pages) < 30


def test_a_print_job_that_was_half_recorded_is_the_same_job_again(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else units would be in two jobs, and get their papers twice."""
    from circular_gen.dispatch.printing import PrintCarrier

    real, carried = PrintCarrier.carry, []

    def carry(self, intent, message):  # type: ignore[no-untyped-def]
        carried.append(intent.unit)
        if len(carried) == 3:
            raise KeyboardInterrupt
        return real(self, intent, message)

    with served(office) as (_box, run):
        with monkeypatch.context() as patch:
            patch.setattr(PrintCarrier, "carry", carry)
            run("dispatch", WINTER, "--via", "print", code=1)
        folder = office / "out" / WINTER / "dispatch"
        first = (folder / "print-1.pdf").read_bytes()
        run("dispatch", WINTER, "--via", "print")
        assert [path.name for path in folder.glob("print-*")] == ["print-1.pdf"]
        assert (folder / "print-1.pdf").read_bytes() == first
        assert all(
            unit["state"] == "done" for unit in record(run, WINTER, "--dry-run").values() if unit["way"] == "print"
        )


def test_an_address_too_long_for_the_window_is_told(office: Path) -> None:
    change_units(office, r"- id: shimen\n", "- id: shimen\n    address: " + "清河市石门镇人民路" * 20 + "\n", 1)
    with served(office, more="dispatch: {envelope: DL}\n") as (_box, run):
        assert "石门镇人民政府" in str(run("dispatch", WINTER, "--only", "shimen", code=1).exception)
        text = (office / "office.yaml").read_text("utf-8").replace("envelope: DL", "envelope: DX")
        (office / "office.yaml").write_text(text, encoding="utf-8")
        assert "DL" in str(run("dispatch", WINTER, "--only", "shimen", code=1).exception)
        assert kinds(office, "shimen") == ["intent"]
