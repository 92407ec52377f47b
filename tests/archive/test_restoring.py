"""A drill: the workspace is lost, and comes back from its bags."""

import json
from pathlib import Path

import pytest

from circular_gen.archive.bag import BagError
from circular_gen.archive.making import archive_year
from circular_gen.archive.restoring import ledger_export, restore
from circular_gen.errors import CircularGenError
from circular_gen.keeping import export_ledger, prove
from circular_gen.ledger.report import status_record  # noqa: F401 (what the restored workspace must serve)
from circular_gen.records import open_records
from circular_gen.workspace import open_workspace

from .conftest import BAG, YEAR, answer, scan_of


def bags_of(root: Path) -> list[Path]:
    return sorted(path for path in (root / "records" / "archive").iterdir() if path.is_dir())


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_drill(archived: Path, tmp_path: Path) -> None:
    """All bags of the year together give all originals, all evidence, and the ledger."""
    done = restore(bags_of(archived), tmp_path / "new")
    assert (done.missing, done.proof.findings) == (0, ())
    for room in ("issued", "evidence"):
        ours = {name: data for name, data in files(archived / "records" / room).items() if not name.endswith(".lock")}
        assert {n: d for n, d in files(tmp_path / "new" / "records" / room).items() if not n.endswith(".lock")} == ours
    with open_records(archived) as old, open_records(tmp_path / "new") as new:
        assert new.ledger.events()[: done.events] == old.ledger.events()[: done.events]
        assert {event.kind for event in new.ledger.events()[done.events :]} == {"archived"}
        for name in ("fire", "gas", "mines", "汛期"):
            assert new.ledger.standings(name) == old.ledger.standings(name)
    assert archive_year(tmp_path / "new", YEAR).known == 4
    assert open_workspace(tmp_path / "new").circular("fire").title == "关于做好森林防火工作的通知"
    assert prove(tmp_path / "new").findings == ()


def test_one_bag_alone_says_what_other_bags_hold(bag: Path, tmp_path: Path) -> None:
    done = restore([bag], tmp_path / "new")
    assert done.circulars == ("fire", "gas", "汛期")
    assert done.missing == 4  # one circular's originals, three of its receipts


def test_a_bag_with_its_supplement(desk: Path, tmp_path: Path) -> None:
    archive_year(desk, YEAR, as_is="年底")
    late = answer(desk, "gas", "chengxi", scan_of("late"))
    archive_year(desk, YEAR)
    done = restore(bags_of(desk), tmp_path / "new")
    assert done.missing == 0
    assert (tmp_path / "new" / "records" / "evidence" / late[:2] / f"{late}.png").is_file()
    with open_records(tmp_path / "new") as records:
        assert records.ledger.standing("gas", "chengxi").received_by == "张某"  # type: ignore[union-attr]
    assert archive_year(tmp_path / "new", YEAR).bags == ()


def test_the_ledger_of_a_bag_is_an_export(archived: Path, tmp_path: Path) -> None:
    export_ledger(archived, tmp_path / "export.jsonl")
    lines = list(ledger_export(bags_of(archived)[0]))
    exported = (tmp_path / "export.jsonl").read_bytes().splitlines(keepends=True)
    size = json.loads(lines[-1])["size"]
    assert lines[: size + 1] == exported[: size + 1]


def test_nothing_is_restored_from_a_bag_in_doubt(bag: Path, tmp_path: Path) -> None:
    path = bag / "data" / "items" / "0001" / "r0" / "circular.pdf"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(BagError, match=r"circular\.pdf"):
        restore([bag], tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_nothing_is_overwritten(bag: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "office.yaml").write_text("name: x\n", "utf-8")
    with pytest.raises(CircularGenError, match="not empty"):
        restore([bag], tmp_path / "new")
    assert files(tmp_path / "new") == {"office.yaml": b"name: x\n"}


def test_a_restored_copy_does_not_reach_for_the_living_servers() -> None:
    from circular_gen.archive.restoring import _at_home

    text = (
        "name: 某办\nledger: postgresql://db/x\nmail:\n  smtp: smtp://a\n\n  from: b\ncode: 某\n台账: y\narchive: {}\n"
    )
    kept = [line for line in _at_home(text).splitlines() if not line.startswith("#")]
    assert kept == ["name: 某办", "", "code: 某", "archive: {}"]
    assert BAG
