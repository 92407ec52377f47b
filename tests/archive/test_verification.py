"""`archive verify`: whatever is changed in a bag, on whatever file, is found and the file named."""

import hashlib
import json
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest

from circular_gen.archive.bag import ALGORITHMS, INFO, MANIFESTS, TAG_MANIFESTS
from circular_gen.archive.checks import CHECKS
from circular_gen.archive.making import archive_year
from circular_gen.archive.verification import UncheckedError, Verification, verify_bag
from circular_gen.ledger.checkpoint import Checkpoint, read_checkpoint
from circular_gen.records import open_records

from .conftest import BAG, YEAR, answer, scan_of


def found(done: Verification, path: str) -> bool:
    """Whether something failed, and the file is named."""
    return done.exit_code == 1 and any(path in (f.path, f.message) or path in f.message for f in done.findings)


def remade(bag: Path) -> None:
    """All manifests made again, as somebody would who knows BagIt."""
    for algorithm, name in zip(ALGORITHMS, MANIFESTS, strict=True):
        lines = []
        for path in sorted((bag / "data").rglob("*")):
            if path.is_file():
                digest = hashlib.new(algorithm, path.read_bytes()).hexdigest()
                lines.append(f"{digest}  {path.relative_to(bag).as_posix()}\n")
        (bag / name).write_text("".join(lines), "utf-8")
    payload = [path for path in (bag / "data").rglob("*") if path.is_file()]
    oxum = f"Payload-Oxum: {sum(path.stat().st_size for path in payload)}.{len(payload)}"
    information = re.sub("Payload-Oxum: .*", oxum, (bag / INFO).read_text("utf-8"))
    (bag / INFO).write_text(information, "utf-8")
    retagged(bag)


def retagged(bag: Path) -> None:
    for algorithm, name in zip(ALGORITHMS, TAG_MANIFESTS, strict=True):
        tags = ("bagit.txt", INFO, *MANIFESTS)
        lines = [f"{hashlib.new(algorithm, (bag / tag).read_bytes()).hexdigest()}  {tag}\n" for tag in tags]
        (bag / name).write_text("".join(lines), "utf-8")


def is_valid_to_bagit(bag: Path) -> bool:
    return bool(bagit.Bag(str(bag)).is_valid())


def test_a_bag_is_good(archived: Path) -> None:
    for path in sorted((archived / "records" / "archive").glob("Z109*")):
        done = verify_bag(path)
        assert done.findings == []
        assert (done.exit_code, done.verdict) == (0, "待复核")
    quick = verify_bag(path, contents=False)
    assert quick.exit_code == 0


def test_the_report_has_every_check_and_ticks_no_persons(archived: Path) -> None:
    done = verify_bag(archived / "records" / "archive" / BAG, phase="YJ")
    lines = done.record()["checks"]
    assert [line["code"] for line in lines] == [f"YJ-{check.number}" for check in CHECKS]
    assert {line["result"] for line in lines if line["by"] == "person"} == {"待人工确认"}
    looked = {line["name"]: line["objects"] for line in lines if line["by"] == "machine"}
    assert {name for name, count in looked.items() if not count} <= {
        "与包外留存的校验点、签名或时间戳一致",
        "回执编码与公文、单位、台账相符",
    }


# -- the five holes of a plain validator -------------------------------------------------------------------------------


def test_a_foreign_file_in_the_base(bag: Path) -> None:
    (bag / "读我.exe").write_bytes(b"MZ")
    assert is_valid_to_bagit(bag)
    assert found(verify_bag(bag), "读我.exe")


def test_a_foreign_folder_in_the_base(bag: Path) -> None:
    (bag / "extra").mkdir()
    (bag / "extra" / "a.txt").write_bytes(b"x")
    assert is_valid_to_bagit(bag)
    assert found(verify_bag(bag), "extra/a.txt")


def test_an_empty_folder_in_the_payload(bag: Path) -> None:
    (bag / "data" / "items" / "0009").mkdir()
    assert is_valid_to_bagit(bag)
    assert found(verify_bag(bag), "data/items/0009")


def test_a_deleted_tag_manifest_with_forged_information(bag: Path) -> None:
    for name in TAG_MANIFESTS:
        (bag / name).unlink()
    text = (bag / INFO).read_text("utf-8")
    (bag / INFO).write_text(text.replace("Archive-Items: 3", "Archive-Items: 2"), "utf-8")
    assert is_valid_to_bagit(bag)
    done = verify_bag(bag)
    assert found(done, TAG_MANIFESTS[0])
    assert any(finding.path == INFO and "Archive-Items" in finding.message for finding in done.findings)


@pytest.mark.parametrize("path", ["data/items/0001/paper.pdf", "data/items/0001/r0/circular.docx"])
def test_a_forged_payload_with_manifests_made_again(bag: Path, path: str) -> None:
    (bag / path).write_bytes((bag / path).read_bytes() + b"\n")
    remade(bag)
    assert is_valid_to_bagit(bag)
    assert found(verify_bag(bag), path)


def test_a_forged_list_too(bag: Path) -> None:
    """Manifests and the list of files made again: the ledger knows the list's hash."""
    path = bag / "data" / "items" / "0002" / "item.json"
    path.write_text(path.read_text("utf-8").replace("柳某", "李某"), "utf-8")
    listed = bag / "data" / "ledger" / "payload-sha256.txt"
    text = listed.read_text("utf-8")
    own = hashlib.sha256(path.read_bytes()).hexdigest()
    listed.write_text(re.sub(r"[0-9a-f]{64}(  data/items/0002/item.json)", rf"{own}\1", text), "utf-8")
    remade(bag)
    done = verify_bag(bag)
    assert found(done, "data/ledger/payload-sha256.txt")
    assert any("liulin" in finding.message for finding in done.findings)


# -- mutations ---------------------------------------------------------------------------------------------------------


def flip(path: Path, random: random.Random) -> None:
    data = bytearray(path.read_bytes())
    place = random.randrange(len(data))
    data[place] ^= 1 << random.randrange(8)
    path.write_bytes(data)


def truncate(path: Path, random: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: random.randrange(len(data))])


def extend(path: Path, random: random.Random) -> None:
    path.write_bytes(path.read_bytes() + bytes([random.randrange(256)]))


def remove(path: Path, random: random.Random) -> None:
    path.unlink()


def empty(path: Path, random: random.Random) -> None:
    path.write_bytes(b"")


CHANGES: dict[str, Callable[[Path, random.Random], None]] = {
    "flip": flip,
    "truncate": truncate,
    "extend": extend,
    "remove": remove,
    "empty": empty,
}


def mutated(bag: Path, path: str, change: Callable[[], None], *, again: bool) -> Verification:
    """The verification of a bag with a change on one file, which is taken back afterwards. `again`: with manifests
    made again."""
    kept = {name: (bag / name).read_bytes() for name in (path, INFO, *MANIFESTS, *TAG_MANIFESTS)}
    change()
    try:
        if again:
            remade(bag)
        return verify_bag(bag)
    finally:
        for name, data in kept.items():
            (bag / name).parent.mkdir(parents=True, exist_ok=True)
            (bag / name).write_bytes(data)


def paths_of(bag: Path) -> list[str]:
    return sorted(path.relative_to(bag).as_posix() for path in bag.rglob("*") if path.is_file())


def mutate_all(bag: Path, cases: list[tuple[str, str, bool, int]]) -> list[tuple[str, str, bool, int]]:
    """The cases that were not found."""
    missed = []
    for path, change, again, seed in cases:
        randomly = random.Random(seed)
        done = mutated(bag, path, lambda p=path, c=change, r=randomly: CHANGES[c](bag / p, r), again=again)
        if not found(done, path):
            missed.append((path, change, again, seed))
    return missed


@pytest.fixture(scope="module")
def small(archived: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bag with one item, for many verifications."""
    name = f"Z109-WS-{YEAR}-D10-BGS"
    return Path(shutil.copytree(archived / "records" / "archive" / name, tmp_path_factory.mktemp("small") / name))


def cases_of(bag: Path, count: int, seed: int) -> list[tuple[str, str, bool, int]]:
    randomly = random.Random(seed)
    paths = paths_of(bag)
    return [
        (path, change, path.startswith("data/") and randomly.random() < 0.5, randomly.randrange(1 << 30))
        for path, change in ((randomly.choice(paths), randomly.choice(sorted(CHANGES))) for _n in range(count))
    ]


def test_two_hundred_mutations_at_random(small: Path) -> None:
    assert mutate_all(small, cases_of(small, 200, seed=20261125)) == []


@pytest.mark.long
def test_every_kind_of_change_on_every_file(bag: Path) -> None:
    cases = [
        (path, change, again, 7)
        for path in paths_of(bag)
        for change in CHANGES
        for again in ((False, True) if path.startswith("data/") else (False,))
    ]
    assert mutate_all(bag, cases) == []


@pytest.mark.parametrize("again", [False, True])
def test_two_files_that_change_places(bag: Path, again: bool) -> None:
    first, second = bag / "data/items/0001/r0/chengxi/receipt.pdf", bag / "data/items/0001/r0/liulin/receipt.pdf"
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    if again:
        remade(bag)
    assert found(verify_bag(bag), "data/items/0001/r0/chengxi/receipt.pdf")


@pytest.mark.parametrize("again", [False, True])
def test_a_file_that_is_added(bag: Path, again: bool) -> None:
    (bag / "data" / "items" / "0001" / "new.pdf").write_bytes(b"%PDF-1.7")
    if again:
        remade(bag)
    assert found(verify_bag(bag), "data/items/0001/new.pdf")


@pytest.mark.parametrize("name", ["data/items/0001/events.jsonl", "data/ledger/events.jsonl"])
def test_events_in_another_order(bag: Path, name: str) -> None:
    lines = (bag / name).read_bytes().splitlines(keepends=True)
    lines[1], lines[2] = lines[2], lines[1]
    (bag / name).write_bytes(b"".join(lines))
    remade(bag)
    done = verify_bag(bag)
    assert found(done, name)
    assert any("order" in finding.message for finding in done.findings)


def test_an_event_that_is_gone(bag: Path) -> None:
    path = bag / "data/items/0001/events.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    remade(bag)
    assert any(finding.check == "chain" and "missing" in finding.message for finding in verify_bag(bag).findings)


def test_a_row_of_the_catalogue_that_was_changed(bag: Path) -> None:
    path = bag / "data" / "catalogue.json"
    catalogue = json.loads(path.read_text("utf-8"))
    catalogue["items"][0]["title"] = "关于另一件事的通知"
    path.write_text(json.dumps(catalogue, ensure_ascii=False, indent=1) + "\n", "utf-8")
    remade(bag)
    done = verify_bag(bag)
    assert found(done, "data/catalogue.json")
    assert {"anchor", "catalogue", "agrees"} <= {finding.check for finding in done.findings}


@pytest.mark.parametrize("name", [*MANIFESTS, *TAG_MANIFESTS])
def test_a_manifest_is_demanded_by_name(bag: Path, name: str) -> None:
    (bag / name).unlink()
    assert found(verify_bag(bag), name)


def test_a_cut_ledger_does_not_end_at_the_head(bag: Path) -> None:
    path = bag / "data/ledger/events.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    remade(bag)
    assert any(finding.check == "chain" for finding in verify_bag(bag).findings)


def test_what_was_kept_outside(archived: Path) -> None:
    path = archived / "records" / "archive" / BAG
    good = verify_bag(path).head
    kept = read_checkpoint(good)
    assert verify_bag(path, against=kept).exit_code == 0
    forged = good[:-1] + ("A" if good[-1] != "A" else "B")
    assert verify_bag(path, against=read_checkpoint(forged)).exit_code == 1
    assert verify_bag(path, against=Checkpoint("another", 3, bytes(32))).exit_code == 1
    assert verify_bag(path, listed="0" * 64).exit_code == 1
    with open_records(archived) as records:
        (event,) = [e for e in records.ledger.events(kinds=("archiving",)) if e.payload["bag"] == BAG]
    assert verify_bag(path, listed=event.payload["sha256"]).exit_code == 0


def test_what_came_back_and_acts_is_a_warning(desk: Path) -> None:
    answer(desk, "gas", "chengxi", b"MZ\x90 a program" + scan_of("x"))
    archive_year(desk, YEAR, as_is="年底")
    done = verify_bag(desk / "records" / "archive" / BAG)
    assert done.exit_code == 0
    assert {finding.severity for finding in done.findings} == {"warn"}


def test_evidence_that_is_lost_is_told(desk: Path) -> None:
    sha256 = answer(desk, "gas", "chengxi", scan_of("lost"))
    path = desk / "records" / "evidence" / sha256[:2] / f"{sha256}.png"
    path.chmod(0o600)
    path.unlink()
    archive_year(desk, YEAR, as_is="年底")
    done = verify_bag(desk / "records" / "archive" / BAG)
    assert [finding.check for finding in done.findings] == ["evidence", "evidence"]
    assert sha256 in done.findings[0].message


def test_a_supplement_is_good_by_itself(desk: Path) -> None:
    archive_year(desk, YEAR, as_is="年底")
    answer(desk, "gas", "chengxi", scan_of("late"))
    (bag,) = archive_year(desk, YEAR).bags
    assert verify_bag(bag.path).findings == []


def test_what_is_no_bag_cannot_be_checked(tmp_path: Path) -> None:
    with pytest.raises(UncheckedError) as error:
        verify_bag(tmp_path)
    assert int(error.value.exit_code) == 3


@pytest.mark.parametrize("name", ["data/items/0001/paper.pdf", "manifest-sha256.txt", "bag-info.txt"])
def test_what_cannot_be_read_is_neither_good_nor_bad(bag: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    was = Path.open

    def refused(self: Path, *args: object, **kwargs: object) -> object:
        if self == bag / name:
            raise PermissionError(13, "Permission denied", str(self))
        return was(self, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refused)
    done = verify_bag(bag, contents=False)
    assert (done.exit_code, done.verdict) == (3, "无法检测")
    assert any(name in finding.path for finding in done.findings)


@pytest.mark.parametrize(
    "noise", [b"", b"{}", b"[]", b'{"items": 3}', b'{"items": [{}]}', b'{"items": [null]}', b"\xff\xfe", b"[" * 2000]
)
@pytest.mark.parametrize(
    "name", ["data/catalogue.json", "data/items/0001/item.json", "data/ledger/head.json", "bag-info.txt",
             "data/items/0001/events.jsonl", "manifest-sha512.txt"]
)  # fmt: skip
def test_nonsense_is_told_without_a_traceback(small: Path, name: str, noise: bytes) -> None:
    done = mutated(small, name, lambda: (small / name).write_bytes(noise) and None, again=name.startswith("data/"))
    assert found(done, name)


def test_the_report_is_for_signature(bag: Path, tmp_path: Path) -> None:
    from circular_gen.archive.reading import page_texts
    from circular_gen.archive.report import write_report

    (bag / "data/items/0001/r0/circular.docx").unlink()
    pdf, docx, told = write_report(verify_bag(bag, phase="YJ"), tmp_path / "report")
    text = "".join("".join(page_texts(pdf)).split())
    for word in ("YJ-1-01", "YJ-4-20", "结论：不合格", "人工确认", "circular.docx", "审核人"):
        assert word in text, word
    assert docx.stat().st_size > 5000
    assert json.loads(told.read_text("utf-8"))["verdict"] == "不合格"
