"""`archive YEAR`: what is archived, in which order, once, and whole or not at all."""

import io
import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import bagit
import pdfplumber
import pikepdf
import pytest

from circular_gen import evidence
from circular_gen.archive import making
from circular_gen.archive.bag import BagError
from circular_gen.archive.codes import NoFondsError
from circular_gen.archive.making import archive_year
from circular_gen.archive.verification import verify_bag
from circular_gen.ledger import Draft, draft
from circular_gen.output.pdfa_rules import examine
from circular_gen.records import open_records
from circular_gen.returns import workers
from circular_gen.returns.pictures import RefusedError
from circular_gen.returns.workers import Workers

from ..preflight import assert_part_1
from .conftest import BAG, DAY, UNITS, YEAR, answer, scan_of

logging.getLogger("bagit").setLevel(logging.WARNING)


def bags(root: Path) -> dict[str, Path]:
    folder = root / "records" / "archive"
    return {path.name: path for path in sorted(folder.iterdir()) if path.is_dir()} if folder.is_dir() else {}


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def catalogue(bag: Path) -> Any:
    return json.loads((bag / "data" / "catalogue.json").read_text("utf-8"))


def item(bag: Path, number: int) -> Any:
    return json.loads((bag / "data" / "items" / f"{number:04}" / "item.json").read_text("utf-8"))


def test_open_circulars_are_held_back_and_told(desk: Path) -> None:
    done = archive_year(desk, YEAR)
    assert [held.circular for held in done.held] == ["gas"]
    assert "2 units still owe an answer" in done.held[0].matters[0]
    assert [bag.items for bag in done.bags] == [2, 1]
    assert list(bags(desk)) == [f"Z109-WS-{YEAR}-D10-BGS", BAG]
    titles = [entry["circular"] for entry in catalogue(bags(desk)[BAG])["items"]]
    assert titles == ["fire", "汛期"]
    assert archive_year(desk, YEAR - 1).bags == ()


def test_items_are_numbered_by_date_and_number_without_gaps(archived: Path) -> None:
    head = catalogue(bags(archived)[BAG])
    assert [entry["code"] for entry in head["items"]] == [f"Z109-WS·{YEAR}-D30-BGS-{n:04}" for n in (1, 2, 3)]
    assert [entry["circular"] for entry in head["items"]] == ["fire", "gas", "汛期"]
    assert (head["items"][0]["date"], head["items"][0]["approver"]) == (f"{DAY}", "王某某")
    assert head["items"][1]["as is"] == "年底集中归档"
    assert "as is" not in head["items"][0]


def test_a_bag_is_one_to_bagit_itself(archived: Path) -> None:
    for path in bags(archived).values():
        assert bagit.Bag(str(path)).validate()


def test_everything_of_a_circular_is_there_once(archived: Path) -> None:
    bag = bags(archived)[BAG]
    told = item(bag, 1)
    assert told["ask"] == "acknowledge"
    assert [unit["unit"] for unit in told["distribution"]] == list(UNITS)
    assert {unit["by"] for unit in told["distribution"]} == {"张某"}
    names = {file["name"] for file in told["files"] if "name" in file}
    for path in (archived / "records" / "issued" / "fire").rglob("*"):
        if path.is_file():
            assert path.relative_to(archived / "records").as_posix() in names
    roles = [file["role"] for file in told["files"]]
    assert roles.count("evidence") == 3
    for one in (told, item(bag, 2), item(bag, 3)):
        for file in one["files"]:
            assert (bag / file["path"]).stat().st_size == file["bytes"]
    payload = [path for path in (bag / "data").rglob("*") if path.is_file()]
    scans = [path for path in payload if path.suffix == ".png"]
    assert len(scans) == len({path.read_bytes() for path in scans}) == 4
    shared = evidence.keep_bytes(archived, scan_of("fire chengxi"), ".png")
    assert (bag / "data" / "shared" / f"{shared}.png").is_file()
    assert all(path.name.isascii() for path in payload)


def test_scans_lie_there_upright_too(desk: Path) -> None:
    """Made where they were not made before; what is no picture is archived as it came."""
    odd = answer(desk, "gas", "chengxi", b"MZ no picture", by="李某")
    (straight,) = (desk / "records/evidence").glob(f"*/{evidence_of(desk, 'gas', 'liulin')}.archive.pdf")
    straight.unlink()
    archive_year(desk, YEAR, as_is="年底")
    told = item(bags(desk)[BAG], 2)
    kept = {file["name"]: file for file in told["files"] if file["role"] == "straightened"}
    (name,) = kept
    assert name == straight.relative_to(desk / "records").as_posix()
    assert (bags(desk)[BAG] / kept[name]["path"]).read_bytes() == straight.read_bytes()
    assert (examine(straight).part, examine(straight).faults) == (2, ())
    assert [file["path"] for file in told["files"] if odd in file["path"]] == [f"data/items/0002/evidence/{odd}.png"]
    assert told["evidence"] == 2
    assert "回执扫描件没有另存摆正的副本" not in told.get("notes", ())


def test_no_key_is_made_where_nothing_is_to_be_read(desk: Path) -> None:
    """A restored workspace has no key until a person puts it back."""
    (desk / "records" / "secret.key").unlink()
    archive_year(desk, YEAR, as_is="年底")
    assert not (desk / "records" / "secret.key").exists()


def test_where_nothing_reads_scans_the_notes_say_so(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "can_scan", lambda: False)
    for path in (desk / "records/evidence").glob("*/*.archive.pdf"):
        path.unlink()
    done = archive_year(desk, YEAR)
    assert any("straightened" in note for bag in done.bags for note in bag.notes)
    told = item(bags(desk)[BAG], 1)
    assert told["notes"] == ["回执扫描件没有另存摆正的副本"]
    assert verify_bag(bags(desk)[BAG]).findings == []


@pytest.mark.parametrize("fault", ["worker", "key"])
def test_where_what_straightens_cannot_be_run_the_bag_is_made_and_says_so(
    desk: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    for path in (desk / "records/evidence").glob("*/*.archive.pdf"):
        path.unlink()
    if fault == "worker":
        monkeypatch.setattr(workers, "run", os.abort)
        monkeypatch.setattr(workers, "_PAUSE", 0.0)
        why = "cannot be started"
    else:
        (desk / "records" / "secret.key").write_text("torn", "ascii")
        why = "secret.key is damaged"
    done = archive_year(desk, YEAR)
    shown = [note for bag in done.bags for note in bag.notes]
    assert sum(why in note for note in shown) == len(done.bags) == 2
    code = f"Z109-WS·{YEAR}-D30-BGS-0001"
    assert any(note.startswith(f"{code}: 3 scans are archived only as they came") for note in shown)
    path = bags(desk)[BAG]
    told = item(path, 1)
    assert told["notes"] == ["3份回执扫描件没有另存摆正的副本：摆正扫描件的程序未能运行"]
    assert [file["role"] for file in told["files"]].count("evidence") == 3
    assert "straightened" not in [file["role"] for file in told["files"]]
    with pdfplumber.open(path / "data" / "notes.pdf") as printed:
        text = "".join("".join((page.extract_text() or "").split()) for page in printed.pages)
    assert "3份回执扫描件没有另存摆正的副本" in text
    assert verify_bag(path).findings == []


def test_each_scan_that_was_refused_is_told_with_its_reason(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too slow, or no picture at all: the bag holds it as it came, and the notes say which one and why."""
    odd = answer(desk, "gas", "chengxi", b"MZ no picture", by="李某")
    slow = evidence_of(desk, "gas", "liulin")
    for path in (desk / "records/evidence").glob(f"*/{slow}.archive.pdf"):
        path.unlink()
    straighten = Workers.straighten

    def impatient(pool: Workers, path: Path, marks: Any) -> Any:
        if slow in path.name:
            raise RefusedError("too-slow")
        return straighten(pool, path, marks)

    monkeypatch.setattr(Workers, "straighten", impatient)
    (bag,) = (bag for bag in archive_year(desk, YEAR, as_is="年底").bags if bag.path.name == BAG)
    code = f"Z109-WS·{YEAR}-D30-BGS-0002"
    assert set(bag.notes) == {
        f"{code}: 城西街道办事处 {odd[:12]}….png is archived only as it came, not straightened: "
        "neither PDF nor JPEG, PNG, TIFF or ZIP",
        f"{code}: 柳林镇人民政府 {slow[:12]}….png is archived only as it came, not straightened: took too long",
    }
    assert sorted(item(bag.path, 2)["notes"]) == sorted(
        [
            f"回执扫描件没有另存摆正的副本：城西街道办事处 {odd[:12]}….png（不是 PDF、JPEG、PNG、TIFF 或 ZIP）",
            f"回执扫描件没有另存摆正的副本：柳林镇人民政府 {slow[:12]}….png（用时太长）",
        ]
    )


def evidence_of(root: Path, name: str, unit: str) -> str:
    with open_records(root) as records:
        (event,) = (e for e in records.ledger.events(name, kinds=("received",)) if e.unit == unit)
    return str(event.payload["evidence"][0])


def test_the_paper_carries_what_it_was_made_from(archived: Path) -> None:
    bag = bags(archived)[BAG]
    with pikepdf.open(bag / "data" / "items" / "0003" / "paper.pdf") as paper:
        (name,) = paper.attachments
        attached = paper.attachments[name].get_file()
        assert attached.read_bytes() == (archived / "circulars" / "汛期.yaml").read_bytes()
        assert paper.Root.AF[0].AFRelationship == "/Source"
        with paper.open_metadata() as metadata:
            assert metadata["pdfaid:part"] == "3"
            assert metadata["pdfaid:conformance"] in ("A", "B")
            assert "防汛值班" in metadata["dc:title"]


def test_the_same_again_changes_nothing(desk: Path) -> None:
    archive_year(desk, YEAR, as_is="年底")
    before = files(desk / "records" / "archive")
    done = archive_year(desk, YEAR)
    assert (done.bags, done.held, done.known) == ((), (), 4)
    assert files(desk / "records" / "archive") == before


def test_the_same_records_give_the_same_items(desk: Path, archived: Path) -> None:
    archive_year(desk, YEAR, as_is="年底集中归档")
    ours, theirs = (files(root / "records" / "archive" / BAG / "data" / "items") for root in (desk, archived))
    assert ours == theirs


def test_a_late_receipt_goes_into_a_supplement(desk: Path) -> None:
    archive_year(desk, YEAR, as_is="年底")
    late = answer(desk, "gas", "chengxi", scan_of("late"))
    done = archive_year(desk, YEAR)
    (bag,) = done.bags
    assert (bag.path.name, bag.supplements, bag.items) == (f"{BAG}-S01", BAG, 1)
    told = item(bag.path, 2)
    assert (told["code"], told["supplements"]) == (f"Z109-WS·{YEAR}-D30-BGS-0002", BAG)
    assert [file["name"] for file in told["files"] if file["role"] == "evidence"] == [f"evidence/{late[:2]}/{late}.png"]
    assert bagit.Bag(str(bag.path)).validate()
    assert archive_year(desk, YEAR).bags == ()


def test_what_was_held_back_goes_into_a_supplement_with_the_next_number(desk: Path) -> None:
    archive_year(desk, YEAR)
    for unit in ("chengxi", "chengdong"):
        answer(desk, "gas", unit, scan_of(f"gas {unit}"))
    (bag,) = archive_year(desk, YEAR).bags
    assert [entry["code"] for entry in catalogue(bag.path)["items"]] == [f"Z109-WS·{YEAR}-D30-BGS-0003"]
    assert "Archive-Supplements: " + BAG in (bag.path / "bag-info.txt").read_text("utf-8")


def test_the_ledger_proves_what_lies_in_the_bag(archived: Path) -> None:
    with open_records(archived) as records:
        (made, _other) = records.ledger.events(kinds=("archiving",))
        archived_events = records.ledger.events(kinds=("archived",))
    assert {event.payload["sha256"] for event in archived_events} >= {made.payload["sha256"]}
    assert len(archived_events) == 4


def test_what_was_changed_since_is_not_archived(desk: Path) -> None:
    path = desk / "records" / "issued" / "fire" / "r0" / "chengxi" / "receipt.pdf"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(BagError, match=r"receipt\.pdf is not as it was"):
        archive_year(desk, YEAR)
    assert not [name for name in bags(desk) if "D30" in name]
    assert not list((desk / "records" / "archive").glob(".archiving*"))


def test_the_fonds_must_be_known(desk: Path) -> None:
    text = (desk / "office.yaml").read_text("utf-8")
    (desk / "office.yaml").write_text(text.partition("archive:")[0], "utf-8")
    with pytest.raises(NoFondsError, match="fonds"):
        archive_year(desk, YEAR)


def test_a_password_is_left_out(desk: Path) -> None:
    frozen = desk / "records" / "issued" / "fire" / "r0" / "_input" / "office.yaml"
    frozen.chmod(0o600)
    frozen.write_text("ledger: postgresql://office:secret@host/db\n", "utf-8")
    done = archive_year(desk, YEAR)
    assert any("password" in note for bag in done.bags for note in bag.notes)
    assert not any(b"secret@" in data for data in files(desk / "records" / "archive").values())


def test_other_rooms_records_come_in_by_themselves(desk: Path) -> None:
    folder = desk / "records" / "reminders" / "fire"
    folder.mkdir(parents=True)
    (folder / "催办1.pdf").write_bytes(b"%PDF-1.7")
    with open_records(desk) as records:
        records.ledger.append(draft("noted", "综合科", "fire", text="电话催办"))
    archive_year(desk, YEAR)
    told = item(bags(desk)[BAG], 1)
    assert "reminders/fire/催办1.pdf" in {file.get("name") for file in told["files"]}
    assert "电话催办" in (bags(desk)[BAG] / "data" / "items" / "0001" / "events.jsonl").read_text("utf-8")


KILLED = """
import os, sys
from pathlib import Path
import circular_gen.archive.making as making
where, count = sys.argv[2], int(sys.argv[3])
def dying(owner, name, after=False):
    was, calls = getattr(owner, name), [0]
    def now(*args, **kwargs):
        calls[0] += 1
        if calls[0] == count and not after:
            os._exit(9)
        result = was(*args, **kwargs)
        if calls[0] == count and after:
            os._exit(9)
        return result
    setattr(owner, name, now)
places = {
    "copy": (making.BagWriter, "copy", False), "announce": (making._Making, "_announce", False),
    "announced": (making._Making, "_announce", True), "finish": (making.BagWriter, "finish", True),
    "renamed": (making, "flush", True), "record": (making, "record_archived", False),
}
dying(*places[where])
making.archive_year(Path(sys.argv[1]), int(sys.argv[4]), as_is="年底集中归档")
"""
MOMENTS = (
    ("copy", 30),
    ("announced", 1),
    ("renamed", 2),
    *(pytest.param(where, 1, marks=pytest.mark.long) for where in ("copy", "announce", "finish", "record")),
)


@pytest.fixture(scope="module")
def whole(archived: Path) -> dict[str, bytes]:
    return files(archived / "records" / "archive" / BAG / "data" / "items")


@pytest.mark.parametrize(("where", "count"), MOMENTS)
def test_killed_anywhere_there_is_no_bag_or_a_whole_one(
    desk: Path, whole: dict[str, bytes], where: str, count: int
) -> None:
    command = [sys.executable, "-c", KILLED, str(desk), where, str(count), str(YEAR)]
    assert subprocess.run(command, check=False).returncode == 9
    left = {name: path for name, path in bags(desk).items() if not name.startswith(".")}
    for path in left.values():
        assert bagit.Bag(str(path)).validate()
    archive_year(desk, YEAR, as_is="年底集中归档")
    assert len(bags(desk)) == 2
    assert files(bags(desk)[BAG] / "data" / "items") == whole
    assert archive_year(desk, YEAR).known == 4
    with open_records(desk) as records:
        assert len(records.ledger.events(kinds=("archived",))) == 4
        assert len(records.ledger.events(kinds=("archiving",))) == 2


STRUCK = """
import os, signal, sys
from pathlib import Path
from circular_gen.archive import making
from circular_gen.archive.making import archive_year
from circular_gen.archive.verification import verify_bag
left = [int(sys.argv[2])]
def hook(event, arguments):
    if event in ("open", "os.mkdir", "os.rename", "os.remove", "sqlite3.connect"):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
archive_year(Path(sys.argv[1]), int(sys.argv[3]), as_is="年底集中归档")
print(int(sys.argv[2]) - left[0])
"""


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_struck_dead_at_any_step_there_is_no_bag_or_a_whole_one(
    office: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    """SIGKILL before the nth thing that the program asks of the disk: thirty moments over the whole run."""

    def strike(count: int) -> subprocess.CompletedProcess[str]:
        shutil.rmtree(tmp_path / "office", ignore_errors=True)
        shutil.copytree(office, tmp_path / "office")
        command = [sys.executable, "-c", STRUCK, str(tmp_path / "office"), str(count), str(YEAR)]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    steps = int(strike(10**9).stdout)
    struck = set()
    for moment in range(30):
        done = strike(1 + (2 * moment + 1) * steps // 60)
        assert done.returncode == -9, done.stderr
        desk = tmp_path / "office"
        left = {name: path for name, path in bags(desk).items() if not name.startswith(".")}
        struck.add(len(left))
        for path in left.values():
            assert bagit.Bag(str(path)).validate()
            assert verify_bag(path, contents=False).findings == []
        archive_year(desk, YEAR, as_is="年底集中归档")
        assert files(bags(desk)[BAG] / "data" / "items") == whole
        assert [name for name in bags(desk) if name.startswith(".")] == []
        with open_records(desk) as records:
            assert len(records.ledger.events(kinds=("archived",))) == 4
    assert struck >= {0, 1}


def test_open_hazards_hold_a_circular_back(desk: Path) -> None:
    with open_records(desk) as records:
        fields = {"hazard-id": "h1", "hazard": "灭火器过期", "level": "general"}
        records.ledger.append(Draft("hazard-reported", "综合科", "mines", "chengxi", fields))
    done = archive_year(desk, YEAR)
    told = {held.circular: held.matters for held in done.held}
    assert any("hazards" in matter for matter in told["mines"])


@pytest.mark.preflight
def test_preflight_finds_nothing_in_the_stamped_page(archived: Path, tmp_path: Path) -> None:
    """Preflight knows PDF/A-1 only: the stamped paper without its attachments, marked as part 1, breaks none of its
    rules."""
    for number in (1, 2):
        with pikepdf.open(bags(archived)[BAG] / "data" / "items" / f"{number:04}" / "paper.pdf") as paper:
            del paper.Root.AF
            del paper.Root.Names
            paper.remove_unreferenced_resources()
            bare = io.BytesIO()
            paper.save(bare, preserve_pdfa=True)
        assert_part_1(bare.getvalue(), tmp_path)
