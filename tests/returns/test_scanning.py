"""`receipts scan`: what comes back confirms what it confirms, and nothing else; the rest waits for a person."""

import contextlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from circular_gen.cli.receipts import _page_line, _printed_rows
from circular_gen.disk import sha256_of
from circular_gen.evidence import find
from circular_gen.issuing import issue
from circular_gen.ledger import draft, open_ledger, verify
from circular_gen.press import Press
from circular_gen.returns import scanning
from circular_gen.returns.by_hand import annul, confirm
from circular_gen.returns.reviewing import decide, waiting
from circular_gen.returns.scanning import ScanReport
from circular_gen.returns.settling import Fate
from circular_gen.returns.words import answers_in_words, in_words
from circular_gen.voiding import abolish, withdraw
from circular_gen.workspace import open_workspace
from circular_gen.workspace.codes import Code, Codes
from circular_gen.workspace.secret import office_codes

from .conftest import HEAD, OFFICE, Desk, copied, pdf, picture, scan
from .degraded import MM, Paper, cross_out, grey, photographed, printed, seal

BLANK = np.full((2339, 1654, 3), 250, np.uint8)


def fates(report: ScanReport) -> list[tuple[str, int, str, str]]:
    return [(fate.file, fate.page, fate.fate, fate.reason) for fate in report.fates]


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


# -- what confirms -----------------------------------------------------------------------------------------------------


def test_a_signed_and_sealed_receipt_confirms_and_is_kept(desk: Desk, tmp_path: Path) -> None:
    paper = desk.filled("notice", "u01")
    path = put(tmp_path, "回执.jpg", picture(paper.image, "JPEG", quality=85))
    report = scan(desk.root, [path])
    assert fates(report) == [("回执.jpg", 1, "received", "")]
    assert report.clean
    received = desk.events("notice", "u01", "received")[0]
    said = received.payload
    assert said["by"] == "第01街道办事处"
    assert said["machine"] is True
    assert said["how"] == "scan"
    assert said["answers"]["state"] == ["complete"]
    assert {f"briefed.{said['answers']['briefed']}", "state.complete"} == paper.ticked
    kept = find(desk.root, said["evidence"][0])
    assert kept is not None
    assert kept.read_bytes() == path.read_bytes()
    assert sha256_of(kept) == said["evidence"][0]
    assert not kept.stat().st_mode & 0o222
    witnessed = desk.events("notice", "u01", "witnessed")[0].payload
    assert witnessed["agrees"] is True
    assert report.fates[0].event == received.sequence
    with desk.ledger() as ledger:
        assert verify(ledger).findings == ()
    assert not list((desk.root / "records" / "evidence").glob(".incoming*"))


def test_the_same_file_again_changes_nothing_whatever_it_is_called(desk: Desk, tmp_path: Path) -> None:
    data = picture(desk.filled("notice", "u01").image)
    scan(desk.root, [put(tmp_path, "a.png", data)])
    before = desk.size()
    report = scan(desk.root, [tmp_path / "a.png", put(tmp_path, "b.png", data)])
    assert [fate.fate for fate in report.fates] == ["known", "known"]
    assert report.clean
    assert desk.size() == before
    twice = desk.filled("notice", "u02").image
    folder = tmp_path / "twice"
    put(folder, "1.png", picture(twice))
    put(folder, "2.png", picture(twice))
    assert [fate.fate for fate in scan(desk.root, [folder]).fates] == ["received", "known"]


def test_units_mixed_in_one_file_each_get_their_own(desk: Desk, tmp_path: Path) -> None:
    pages = [
        desk.filled("check", "u01", "checklist", 1),
        desk.filled("check", "u02", "checklist", 1),
        desk.filled("check", "u01", "checklist", 2),
        desk.filled("check", "u02", "checklist", 2),
        desk.filled("check", "u03", "checklist", 2),
        desk.filled("notice", "u02"),
        desk.filled("check", "u04", "checklist", 1),
    ]
    path = put(tmp_path, "pile.pdf", pdf([*[page.image for page in pages], BLANK]))
    report = scan(desk.root, [path])
    told = [(fate.unit, fate.form, fate.form_page, fate.fate, fate.reason) for fate in report.fates]
    assert told == [
        ("u01", "checklist", 1, "reported", ""),
        ("u02", "checklist", 1, "reported", ""),
        ("u01", "checklist", 2, "reported", ""),
        ("u02", "checklist", 2, "reported", ""),
        ("u03", "checklist", 2, "review", "page-missing"),
        ("u02", "receipt", 1, "received", ""),
        ("u04", "checklist", 1, "review", "page-missing"),
        (None, None, None, "blank", ""),
    ]
    for unit, own in {"u01": pages[0::2][:2], "u02": pages[1::2][:2]}.items():
        answers = desk.events("check", unit, "reported")[0].payload["answers"]
        assert {f"{question}.{answer}" for question, answer in answers.items()} == own[0].ticked | own[1].ticked
        assert len(answers) == 10


def test_a_page_that_comes_later_completes_its_form(desk: Desk, tmp_path: Path) -> None:
    first, second = (desk.filled("check", "u05", "checklist", page) for page in (1, 2))
    scan(desk.root, [put(tmp_path, "1.png", picture(first.image))])
    assert [page.reason for page in waiting(desk.root)] == ["page-missing"]
    report = scan(desk.root, [put(tmp_path, "2.png", picture(second.image))])
    assert fates(report) == [("2.png", 1, "reported", "")]
    said = desk.events("check", "u05", "reported")[0].payload
    assert {f"{question}.{answer}" for question, answer in said["answers"].items()} == first.ticked | second.ticked
    assert said["evidence"] == [sha256_of(tmp_path / "1.png"), sha256_of(tmp_path / "2.png")]
    assert waiting(desk.root) == ()
    with desk.ledger() as ledger:
        assert verify(ledger).findings == ()


def test_a_form_that_comes_again_whole_settles_the_page_that_waited(desk: Desk, tmp_path: Path) -> None:
    pages = [desk.filled("check", "u06", "checklist", page).image for page in (1, 2)]
    scan(desk.root, [put(tmp_path, "1.png", picture(pages[0]))])
    report = scan(desk.root, [put(tmp_path, "both.pdf", pdf(pages))])
    assert [fate.fate for fate in report.fates] == ["reported", "reported"]
    assert waiting(desk.root) == ()


def test_a_report_form_is_receipt_and_report(desk: Desk, tmp_path: Path) -> None:
    paper = desk.filled("report", "u01")
    scan(desk.root, [put(tmp_path, "r.png", picture(paper.image))])
    reported = desk.events("report", "u01", "reported")[0].payload
    assert {f"{question}.{answer}" for question, answer in reported["answers"].items()} == paper.ticked
    assert desk.events("report", "u01", "received")
    with desk.ledger() as ledger:
        states = {status.unit: status.state for status in ledger.statuses("report")}
    assert states["u01"] == "reported"


def test_an_attendance_form_says_who_comes(desk: Desk, tmp_path: Path) -> None:
    paper = desk.filled("meeting", "u01")
    scan(desk.root, [put(tmp_path, "m.png", picture(paper.image))])
    said = desk.events("meeting", "u01", "received")[0].payload
    assert {f"{question}.{answer}" for question, answer in said["answers"].items()} == paper.ticked


def test_what_is_wrong_with_the_copies_is_a_reservation(desk: Desk, tmp_path: Path) -> None:
    paper = desk.ticked(
        desk.filled("notice", "u01", ticks=False), "notice", "u01", ["state.missing_pages", "state.seal_unclear"]
    )
    report = scan(desk.root, [put(tmp_path, "a.png", picture(paper.image))])
    assert [fate.fate for fate in report.fates] == ["received-with-reservation"]
    said = desk.events("notice", "u01", "received-with-reservation")[0].payload
    assert said["reservation"] == ["missing-pages", "seal-unclear"]


def test_what_a_person_said_stands_beside_the_scan(desk: Desk, tmp_path: Path) -> None:
    confirm(desk.root, "notice", "u01", by="张某", how="phone")
    report = scan(desk.root, [put(tmp_path, "a.png", picture(desk.filled("notice", "u01").image))])
    assert [fate.fate for fate in report.fates] == ["received"]
    with desk.ledger() as ledger:
        standing = ledger.standing("notice", "u01")
    assert standing is not None
    assert (standing.received_by, standing.machine_by) == ("张某", "第01街道办事处")


def test_zips_and_folders_are_gone_through_and_junk_is_left_out(desk: Desk, tmp_path: Path) -> None:
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as packed:
        packed.writestr("深/回执.png", picture(desk.filled("notice", "u01").image))
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("里.zip", inner.getvalue())
        packed.writestr("__MACOSX/._a.png", b"x")
        packed.writestr("../../a.png", picture(desk.filled("notice", "u02").image))
        packed.writestr("说明.txt", "您好")
    folder = tmp_path / "收"
    put(folder, "all.zip", outer.getvalue())
    put(folder, "sub/x.tif", picture(desk.filled("notice", "u03").image, "TIFF"))
    put(folder, "Thumbs.db", b"junk")
    report = scan(desk.root, [folder])
    assert [(fate.file, fate.unit, fate.fate, fate.reason) for fate in report.fates] == [
        ("收/all.zip/里.zip/深/回执.png", "u01", "received", ""),
        ("收/all.zip/../../a.png", "u02", "received", ""),
        ("收/all.zip/说明.txt", None, "refused", "not-a-scan"),
        ("收/sub/x.tif", "u03", "received", ""),
    ]
    assert not (tmp_path.parent / "a.png").exists()


def test_several_frames_of_a_tiff_are_pages(desk: Desk, tmp_path: Path) -> None:
    from PIL import Image

    frames = [Image.fromarray(desk.filled("notice", unit).image[:, :, ::-1]) for unit in ("u01", "u02")]
    frames[0].save(tmp_path / "two.tif", save_all=True, append_images=frames[1:], compression="tiff_lzw")
    report = scan(desk.root, [tmp_path / "two.tif"])
    assert [(fate.page, fate.unit, fate.fate) for fate in report.fates] == [
        (1, "u01", "received"),
        (2, "u02", "received"),
    ]


# -- what goes to review -----------------------------------------------------------------------------------------------


def recoded(paper: Paper, desk: Desk, unit: str, text: str) -> Paper:
    """The paper with another symbol in place of its own."""
    x, y, width, _height = desk.original("notice", unit)[1][0]["qr"]
    code = cv2.QRCodeEncoder.create().encode(text)
    size = round(width * MM)
    left, top = round(x * MM), round(y * MM)
    quiet = round(2 * MM)
    paper.image[top - quiet : top + size + quiet, left - quiet : left + size + quiet] = 255
    code = code[2:-2, 2:-2] if (code[0] == 255).all() and (code[1] == 255).all() else code
    paper.image[top : top + size, left : left + size] = cv2.resize(code, (size, size), interpolation=cv2.INTER_NEAREST)[
        :, :, None
    ]
    return paper


def own_code(desk: Desk, unit: str, circular: str = "notice") -> Code:
    manifest = json.loads((desk.papers / "records/issued" / circular / "r0/manifest.json").read_text("utf-8"))
    from circular_gen.workspace.codes import Checkpoint

    head = Checkpoint(manifest["checkpoint"]["size"], bytes.fromhex(manifest["checkpoint"]["root"]))
    return Code("receipt", circular, unit, 1, 0, head)


def _draft_paper(desk: Desk, name: str, unit: str) -> Paper:
    """A receipt that `build` made rather than `issue`."""
    workspace = open_workspace(desk.root)
    press = Press(workspace, workspace.circular(name), office_codes(desk.root))
    copy = next(copy for copy in press.copies if copy.unit.id == unit)
    path = desk.root / f"{name}-{unit}.pdf"
    path.write_bytes(press.paper_pdf("receipt", copy))
    return Paper(printed(path, 0))


def _flipped(text: str) -> str:
    return text[:40] + ("0" if text[40] != "0" else "1") + text[41:]


def _without_marks(image: np.ndarray) -> np.ndarray:
    image[-round(30 * MM) :] = 255
    return image


def _both(desk: Desk, one: str, other: str) -> np.ndarray:
    """Two receipts in one photo."""
    pages = [desk.filled("notice", unit).image for unit in (one, other)]
    return np.hstack(pages)


def _crossed(desk: Desk, unit: str) -> np.ndarray:
    paper = desk.filled("notice", unit)
    box = desk.original("notice", unit)[1][0]["boxes"]["state.damaged"]
    cross_out(paper.image, box, np.random.default_rng(1), (20, 20, 25))
    return paper.image


def _stamped_only(desk: Desk, unit: str, colours: bool) -> np.ndarray:
    """Nobody signed: the seal stands where the signature should be."""
    paper = desk.filled("meeting", unit, signed=False)
    x, y, width, height = desk.original("meeting", unit)[1][0]["signature"]["signature"]
    seal(paper.image, (x + width / 2, y + height / 2), np.random.default_rng(3), diameter=38)
    return paper.image if colours else grey(paper.image)


REVIEWED: dict[str, tuple[str, Callable[[Desk], np.ndarray]]] = {
    "unsigned": ("unsigned", lambda desk: desk.filled("notice", "u01", signed=False).image),
    "seal missing": ("seal-missing", lambda desk: desk.filled("notice", "u02", sealed=False).image),
    "grey": ("grey", lambda desk: grey(desk.filled("notice", "u03").image)),
    "grey, no seal asked": ("grey", lambda desk: grey(desk.filled("meeting", "u19").image)),
    "grey, unsigned": ("unsigned", lambda desk: grey(desk.filled("meeting", "u20", signed=False).image)),
    "two ticks": (
        "conflicting-ticks",
        lambda desk: (
            desk.ticked(desk.filled("notice", "u04", ticks=False), "notice", "u04", ["briefed.yes", "briefed.no"]).image
        ),
    ),
    "complete, and not": (
        "conflicting-ticks",
        lambda desk: desk.ticked(desk.filled("notice", "u05"), "notice", "u05", ["state.damaged"]).image,
    ),
    "crossed out": ("crossed-out", lambda desk: _crossed(desk, "u06")),
    "unanswered": ("unanswered", lambda desk: desk.filled("report", "u07", ticks=False).image),
    "no code": ("no-code", lambda desk: _holiday()),
    "foreign code": ("no-code", lambda desk: _holiday("https://example.org/")),
    "code painted over": ("blurred", lambda desk: _painted(desk, "u08")),
    "forged": (
        "bad-code",
        lambda desk: (
            recoded(
                desk.filled("notice", "u09"),
                desk,
                "u09",
                _flipped(office_codes(desk.root).payload(own_code(desk, "u09"))),
            ).image
        ),
    ),
    "another office": (
        "other-office",
        lambda desk: (
            recoded(desk.filled("notice", "u10"), desk, "u10", Codes(b"k" * 32).payload(own_code(desk, "u10"))).image
        ),
    ),
    "a code moved to another place": ("code-aside", lambda desk: _moved_code(desk, "u11")),
    "two papers": ("several-codes", lambda desk: _both(desk, "u12", "u13")),
    "marks cut off": ("marks-missing", lambda desk: _without_marks(desk.filled("notice", "u14").image)),
    "not issued": ("not-issued", lambda desk: _draft_paper(desk, "draft", "u15").image),
    "printed from a draft": ("draft", lambda desk: _draft_paper(desk, "notice", "u16").image),
    "exempt": ("exempt", lambda desk: desk.filled("notice", "u30").image),
    "withdrawn": ("withdrawn", lambda desk: desk.filled("notice", "u31").image),
    "stamped, not signed": ("unsigned", lambda desk: _stamped_only(desk, "u17", True)),
    "stamped, not signed, grey": ("grey", lambda desk: _stamped_only(desk, "u18", False)),
}


def _holiday(text: str = "") -> np.ndarray:
    """A picture that has nothing to do with us."""
    random = np.random.default_rng(2)
    image = cv2.GaussianBlur(random.integers(0, 255, (1200, 900, 3), np.uint8), (0, 0), 9)
    if text:
        code = cv2.resize(cv2.QRCodeEncoder.create().encode(text), (300, 300), interpolation=cv2.INTER_NEAREST)
        image[100:400, 100:400] = cv2.copyMakeBorder(
            code[20:-20, 20:-20], 20, 20, 20, 20, cv2.BORDER_CONSTANT, value=255
        )[:, :, None]
    return image


def _painted(desk: Desk, unit: str) -> np.ndarray:
    paper = desk.filled("notice", unit)
    x, y, _width, height = desk.original("notice", unit)[1][0]["qr"]
    cv2.rectangle(
        paper.image,
        (round((x + 4) * MM), round(y * MM)),
        (round((x + 15) * MM), round((y + height) * MM)),
        (90, 90, 90),
        -1,
    )
    return paper.image


def _moved_code(desk: Desk, unit: str) -> np.ndarray:
    """A code cut out and glued onto another page."""
    image = desk.filled("notice", unit).image
    x, y, width, height = desk.original("notice", unit)[1][0]["qr"]
    rows, columns = (
        slice(round((y - 2) * MM), round((y + height + 2) * MM)),
        slice(round((x - 2) * MM), round((x + width + 2) * MM)),
    )
    symbol = image[rows, columns].copy()
    image[rows, columns] = 255
    top, left = round(230 * MM), round(60 * MM)
    image[top : top + symbol.shape[0], left : left + symbol.shape[1]] = symbol
    return image


@pytest.fixture(scope="module")
def reviewed(issued: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, dict[str, Fate]]:
    """All those pages in one pile."""
    folder = tmp_path_factory.mktemp("reviewed")
    desk = copied(issued, folder)
    pile = folder / "pile"
    for name, (_reason, make) in REVIEWED.items():
        put(pile, f"{name}.png", picture(make(desk), compress_level=1))
    report = scan(desk.root, [pile])
    return desk, {Path(fate.file).stem: fate for fate in report.fates}


@pytest.mark.parametrize("name", REVIEWED)
def test_what_is_not_certain_waits_for_a_person(reviewed: tuple[Desk, dict[str, Fate]], name: str) -> None:
    desk, found = reviewed
    fate = found[name]
    assert (fate.fate, fate.reason) == ("review", REVIEWED[name][0]), fate
    event = next(event for event in desk.events(None, None, "reviewed") if event.sequence == fate.event)
    assert event.payload["reason"] == fate.reason
    assert find(desk.root, event.payload["evidence"][0]) is not None


def test_none_of_them_confirms_anything(reviewed: tuple[Desk, dict[str, Fate]]) -> None:
    desk, _found = reviewed
    assert desk.events(None, None, "received", "received-with-reservation", "reported") == ()
    assert len(waiting(desk.root)) == len(REVIEWED)
    with desk.ledger() as ledger:
        assert verify(ledger).findings == ()


def test_papers_of_a_circular_that_is_void_wait_for_a_person(desk: Desk, tmp_path: Path) -> None:
    withdraw(desk.root, "meeting", "会议取消")
    abolish(desk.root, "check", "另有规定")
    for name in ("meeting", "check"):
        put(tmp_path / "pile", f"{name}.jpg", picture(desk.filled(name, "u01").image, "JPEG", quality=85))
    report = scan(desk.root, [tmp_path / "pile"])
    assert [(fate.circular, fate.reason) for fate in report.fates] == [("check", "abolished"), ("meeting", "withdrawn")]


def test_a_page_fed_twice_counts_once(desk: Desk, tmp_path: Path) -> None:
    paper = desk.filled("notice", "u01").image
    again = cv2.warpAffine(paper, np.float32([[1, 0, 7], [0, 1, 4]]), paper.shape[1::-1], borderValue=(255, 255, 255))
    report = scan(desk.root, [put(tmp_path, "twice.pdf", pdf([paper, again]))])
    assert [(fate.fate, fate.reason) for fate in report.fates] == [("received", ""), ("review", "duplicate")]
    later = photographed(paper, np.random.default_rng(1))
    report = scan(desk.root, [put(tmp_path, "later.jpg", picture(later, "JPEG"))])
    assert [(fate.fate, fate.reason) for fate in report.fates] == [("review", "duplicate")]
    assert len(desk.events("notice", "u01", "received")) == 1


def test_after_an_annulment_the_paper_counts_again(desk: Desk, tmp_path: Path) -> None:
    paper = desk.filled("notice", "u01").image
    scan(desk.root, [put(tmp_path, "a.png", picture(paper))])
    annul(desk.root, "notice", "u01", reason="认错")
    report = scan(desk.root, [put(tmp_path, "b.jpg", picture(paper, "JPEG", quality=90))])
    assert [fate.fate for fate in report.fates] == ["received"]


def test_originals_that_were_changed_are_no_measure(issued: Path, tmp_path: Path) -> None:
    import shutil

    root = tmp_path / "office"
    shutil.copytree(issued, root)
    desk = Desk(root, issued)
    manifest = root / "records/issued/notice/r0/manifest.json"
    manifest.chmod(0o600)
    manifest.write_text(manifest.read_text("utf-8").replace('"signature": {"signature"', '"signature": {"x"'), "utf-8")
    manifest.write_text(manifest.read_text("utf-8") + " ", "utf-8")
    report = scan(root, [put(tmp_path, "a.png", picture(desk.filled("notice", "u01").image))])
    assert [(fate.fate, fate.reason) for fate in report.fates] == [("review", "no-original")]


def test_a_batch_is_recorded_whole_or_not_at_all(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before the ledger has it: nothing is lost, and the next run does it all."""
    from circular_gen.returns import settling

    path = put(tmp_path, "a.pdf", pdf([desk.filled("notice", unit).image for unit in ("u01", "u02")]))
    before = desk.size()
    with monkeypatch.context() as patch:
        patch.setattr(settling._Settler, "_mark", lambda *_given: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            scan(desk.root, [path])
    assert desk.size() == before
    assert [fate.fate for fate in scan(desk.root, [path]).fates] == ["received", "received"]


# -- decisions ---------------------------------------------------------------------------------------------------------


def test_a_person_decides_and_it_stands_in_the_ledger(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "pile"
    put(folder, "1.png", picture(grey(desk.filled("notice", "u01").image)))
    put(folder, "2.png", picture(_holiday()))
    put(folder, "3.png", picture(desk.filled("notice", "u03", signed=False).image))
    scan(desk.root, [folder])
    one, two, three = waiting(desk.root, pictures=True)
    assert [page.reason for page in (one, two, three)] == ["grey", "no-code", "unsigned"]
    for page in (one, two, three):
        assert (desk.root / page.pictures[0]).read_bytes().startswith(b"\x89PNG")
    done = decide(desk.root, one.event, "accepted", by="张某")
    assert done.kinds == ("received",)
    decide(desk.root, two.event, "corrected", circular="notice", unit="第02街道办事处", answers={"state": "damaged"})
    decide(desk.root, three.event, "rejected", reason="没有签字")
    assert waiting(desk.root) == ()
    assert desk.events("notice", "u01", "received")[0].payload["by"] == "张某"
    assert "machine" not in desk.events("notice", "u01", "received")[0].payload
    assert desk.events("notice", "u02", "received-with-reservation")[0].payload["reservation"] == ["damaged"]
    assert desk.events("notice", "u03", "received") == ()
    with desk.ledger() as ledger:
        assert verify(ledger).findings == ()
        standing = ledger.standing("notice", "u01")
        assert standing is not None
        assert standing.verified


def test_a_decision_is_taken_once_and_needs_a_unit_or_a_reason(desk: Desk, tmp_path: Path) -> None:
    from circular_gen.errors import CircularGenError, UsageError

    scan(desk.root, [put(tmp_path, "x.png", picture(_holiday()))])
    (page,) = waiting(desk.root)
    with pytest.raises(UsageError, match="nobody knows whose"):
        decide(desk.root, page.event, "accepted")
    with pytest.raises(UsageError, match="reason"):
        decide(desk.root, page.event, "rejected", reason=" ")
    decide(desk.root, page.event, "rejected", reason="无关")
    with pytest.raises(CircularGenError, match="no page that waits"):
        decide(desk.root, page.event, "rejected", reason="无关")


# -- the command -------------------------------------------------------------------------------------------------------


def run(root: Path, *arguments: str) -> Result:
    from circular_gen.cli import cli

    return CliRunner().invoke(cli, ["-w", str(root), "receipts", *arguments])


def test_the_command_has_a_line_a_page_and_says_by_its_exit_whether_all_is_done(desk: Desk, tmp_path: Path) -> None:
    good = put(tmp_path, "好.png", picture(desk.filled("notice", "u01").image))
    bad = put(tmp_path, "坏.png", picture(desk.filled("notice", "u02", signed=False).image))
    result = run(desk.root, "scan", str(good), "--jobs", "1")
    assert result.exit_code == 0, result.output
    assert "好.png  1  notice u01 receipt 1  receipt confirmed" in result.output
    result = run(desk.root, "scan", str(good), str(bad), "--json")
    assert result.exit_code == 1
    told = json.loads(result.output)
    assert told["counts"] == {"known": 1, "review": 1}
    assert told["pages"][1]["reason"] == "unsigned"
    listed = json.loads(run(desk.root, "review", "--json").output)
    assert [(page["unit"], page["reason"]) for page in listed] == [("u02", "unsigned")]
    number = str(listed[0]["event"])
    shown = run(desk.root, "review").output
    assert "notice u02 第02街道办事处 receipt  not signed: the place to sign [unsigned]  坏.png 1" in shown
    assert run(desk.root, "review", number, "--pictures").output.splitlines()[1].strip().startswith("out/review/")
    assert run(desk.root, "review", "--accept").exit_code == 2
    assert run(desk.root, "review", number, "--accept", "--unit", "u03").exit_code == 2
    done = run(desk.root, "review", number, "--reject", "没有签字")
    assert done.exit_code == 0, done.output
    assert "rejected" in done.output
    assert run(desk.root, "review").output == "nothing waits for review\n"


@pytest.mark.skipif(os.name == "nt", reason="a terminal that a test can write to")
def test_on_a_terminal_pages_are_asked_about_one_by_one(desk: Desk, tmp_path: Path) -> None:
    import pty

    folder = tmp_path / "pile"
    put(folder, "1.png", picture(desk.filled("notice", "u01", signed=False).image))
    put(folder, "2.png", picture(grey(desk.filled("notice", "u02").image)))
    put(folder, "3.png", picture(_holiday()))
    scan(desk.root, [folder])
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "circular_gen", "-w", str(desk.root), "receipts", "review"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True) as process:
        os.close(theirs)
        os.write(ours, "r\n没有签字\na\n李某\nq\n".encode())
        shown = b""
        with contextlib.suppress(OSError):  # the terminal is gone with the process
            while data := os.read(ours, 4096):
                shown += data
    os.close(ours)
    assert process.returncode == 0, shown.decode()
    assert f"out/review/{desk.events(None, None, 'reviewed')[0].sequence}.png" in shown.decode()
    assert [page.reason for page in waiting(desk.root)] == ["no-code"]
    assert desk.events("notice", "u01", "received") == ()
    assert [event.payload["by"] for event in desk.events("notice", "u02", "received")] == ["李某"]


def test_the_story_of_a_unit_names_the_form_its_answers_and_the_file(desk: Desk, tmp_path: Path) -> None:
    unsigned = put(tmp_path, "坏.png", picture(desk.filled("notice", "u02", signed=False).image))
    scan(desk.root, [unsigned, put(tmp_path, "好.png", picture(desk.filled("notice", "u01").image))])
    kept = find(desk.root, sha256_of(unsigned))
    assert kept is not None
    story = run(desk.root, "show", "notice", "u02").output
    assert "receipt; not signed: the place to sign; 坏.png 1; state on arrival complete, passed on " in story
    assert f"evidence: {kept.relative_to(desk.root).as_posix()}\n" in story
    told = json.loads(run(desk.root, "show", "notice", "u01", "--json").output)["events"]
    received = next(event for event in told if event["kind"] == "received")
    assert received["details"].startswith("receipt; by: 第01街道办事处; how: ")
    assert [(desk.root / file).is_file() for file in received["evidence"]] == [True]


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("unsigned sign.inspector; tick-unclear t2.no p3.lodging.yes", "not signed: the inspector's signature; "
         "perhaps ticked: t2 “no”、person 3, lodging “yes”"),
        ("page-missing 2", "pages are missing: page 2"),
        ("duplicate 97", "came back before: event 97"),
        ("signer-other Some Name", "signed electronically, but the certificate is not the unit's: Some Name"),
        ("unsigned own.area", "not signed: own.area"),
        ("cannot identify image file; broken", "cannot identify image file; broken"),
    ],
)  # fmt: skip
def test_what_is_said_for_programs_is_said_for_people_too(detail: str, said: str) -> None:
    assert in_words(detail) == said


def test_answers_are_told_in_the_order_of_the_form() -> None:
    told = answers_in_words({"t10": "na", "t2": "no", "state": ["complete", "damaged"]})
    assert told == "t2 no, t10 not applicable, state on arrival complete、damaged when it came"


def test_a_task_is_named_by_the_row_that_was_printed(tmp_path: Path) -> None:
    """A unit gets the tasks of its sectors: the row on its checklist is not what the id says. The draft and the list
    of units change after the issue; what was printed stays."""
    root = tmp_path / "office"
    (root / "circulars").mkdir(parents=True)
    (root / "office.yaml").write_text(OFFICE, "utf-8")
    units = (
        "units:\n  - {id: u01, name: 第01街道办事处, tags: [街道], sectors: [矿山]}\n"
        "groups:\n  各街道: {tags: [街道]}\n"
    )
    (root / "recipients.yaml").write_text(units, "utf-8")
    sectors = {"t7": "矿山", "t8": "燃气", "t13": "矿山"}
    tasks = "".join(
        f"  - {{id: {task}, text: {sector}第{task[1:]}项重点部位的隐患是否排查到位, basis: 一, "
        f"for: {{sectors: [{sector}]}}}}\n"
        for task, sector in sectors.items()
    )
    draft_file = root / "circulars" / "check.yaml"
    draft_file.write_text(f"title: 关于检查的通知\n{HEAD}tasks:\n{tasks}", "utf-8")
    issue(root, "check")
    draft_file.write_text(draft_file.read_text("utf-8").replace("矿山第13项", "改过的"), "utf-8")
    (root / "recipients.yaml").write_text(units.replace("矿山", "燃气"), "utf-8")
    fields = {"reason": "tick-unclear", "detail": "tick-unclear t13.yes", "form": "checklist", "revision": 0}
    fields |= {"evidence": ["0" * 64], "file": "a.jpg", "page": 1, "answers": {"t7": "no", "t13": "na"}}
    with open_ledger(root / "records" / "ledger.db") as ledger:
        (event,) = ledger.append(draft("reviewed", "x", "check", "u01", **fields))
    said = "row 2 “矿山第13项重点部位的隐患是否排…” (t13)"
    assert f"perhaps ticked: {said} “yes” [tick-unclear]" in run(root, "review", "--list").output
    (page,) = json.loads(run(root, "review", "--json").output)
    assert page["rows"]["t13"] == {"number": 2, "text": "矿山第13项重点部位的隐患是否排查到位"}
    story = run(root, "show", "check", "u01").output
    assert f"row 1 “矿山第7项重点部位的隐患是否排查…” (t7) no, {said} not applicable" in story
    fate = Fate("a.jpg", 1, "review", "check", "u01", "checklist", 1, "tick-unclear", fields["detail"], event.sequence)
    assert said in _page_line(fate, _printed_rows(root, [fate]))
    manifest = root / "records" / "issued" / "check" / "r0" / "manifest.json"
    manifest.chmod(0o600)
    manifest.write_text(manifest.read_text("utf-8") + " ", "utf-8")
    assert "perhaps ticked: t13 “yes”" in run(root, "review", "--list").output  # what is not as issued says nothing


def test_without_the_packages_one_line_says_what_to_install(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from circular_gen.errors import CircularGenError

    monkeypatch.setattr(scanning, "NEEDED", ("cv2_is_not_here",))
    with pytest.raises(CircularGenError, match=r"pip install 'circular-gen\[scan\]'"):
        scan(desk.root, [tmp_path])


def test_paths_that_are_not_there_are_told_before_anything_is_read(desk: Desk, tmp_path: Path) -> None:
    from circular_gen.errors import UsageError

    good = put(tmp_path, "a.png", picture(desk.filled("notice", "u01").image))
    with pytest.raises(UsageError, match=r"nowhere\.pdf"):
        scan(desk.root, [good, tmp_path / "nowhere.pdf"])
    assert desk.events("notice", "u01", "received") == ()


def test_a_ledger_from_another_office_is_not_touched_by_our_papers(desk: Desk, tmp_path: Path) -> None:
    """The key was lost and made anew: papers that are out cannot be recognised, and none is guessed."""
    (desk.root / "records" / "secret.key").write_text("5b" * 32 + "\n", encoding="ascii")
    report = scan(desk.root, [put(tmp_path, "a.png", picture(desk.filled("notice", "u01").image))])
    assert [(fate.fate, fate.reason) for fate in report.fates] == [("review", "other-office")]


def test_the_checkpoint_of_another_history_is_told(desk: Desk, tmp_path: Path) -> None:
    """A ledger that was rewritten after the paper went out does not hold the paper's checkpoint."""
    import sqlite3

    path = put(tmp_path, "a.png", picture(desk.filled("check", "u01").image))
    database = desk.root / "records" / "ledger.db"
    with sqlite3.connect(database) as connection:
        triggers = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for trigger in triggers:
            connection.execute(f'DROP TRIGGER "{trigger}"')
        connection.execute("UPDATE events SET hash = zeroblob(32) WHERE sequence = 3")
        connection.execute("UPDATE tree SET hash = zeroblob(32)")
    report = scan(desk.root, [path])
    assert [(fate.fate, fate.reason) for fate in report.fates] == [("review", "other-ledger")]
    with open_ledger(database) as ledger:
        assert ledger.events("check", "u01", kinds=("received",)) == ()
