"""`archive verify`: whatever is changed in a bag, on whatever file, is found and the file named."""

import builtins
import hashlib
import io
import json
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bagit
import pytest

from circular_gen import evidence
from circular_gen.archive.bag import ALGORITHMS, INFO, MANIFESTS, TAG_MANIFESTS
from circular_gen.archive.chain import event_files, read_events
from circular_gen.archive.checks import CHECKS
from circular_gen.archive.contents import json_bytes, ledger_lines
from circular_gen.archive.making import archive_year, information, read_catalogue
from circular_gen.archive.reading import page_texts
from circular_gen.archive.verification import UncheckedError, Verification, verify_bag
from circular_gen.ledger import Draft, draft, merkle
from circular_gen.ledger.checkpoint import Checkpoint, read_checkpoint
from circular_gen.ledger.events import canonical, event_hash, genesis
from circular_gen.records import open_records
from circular_gen.workspace.codes import Code
from circular_gen.workspace.secret import office_codes

from .conftest import BAG, YEAR, answer, scan_of, straighten


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


def flip(bag: Path, path: str, randomly: random.Random) -> str:
    data = bytearray((bag / path).read_bytes())
    place = randomly.randrange(len(data))
    data[place] ^= 1 << randomly.randrange(8)
    (bag / path).write_bytes(data)
    return path


def truncate(bag: Path, path: str, randomly: random.Random) -> str:
    data = (bag / path).read_bytes()
    (bag / path).write_bytes(data[: randomly.randrange(len(data))])
    return path


def extend(bag: Path, path: str, randomly: random.Random) -> str:
    (bag / path).write_bytes((bag / path).read_bytes() + bytes([randomly.randrange(256)]))
    return path


def remove(bag: Path, path: str, randomly: random.Random) -> str:
    (bag / path).unlink()
    return path


def empty(bag: Path, path: str, randomly: random.Random) -> str:
    (bag / path).write_bytes(b"")
    return path


def add(bag: Path, path: str, randomly: random.Random) -> str:
    """A copy beside the file."""
    name = f"{path}.{randomly.randrange(100)}"
    shutil.copyfile(bag / path, bag / name)
    return name


def swap(bag: Path, path: str, randomly: random.Random) -> str:
    """The file and another of its kind change places."""
    own = (bag / path).read_bytes()
    others = [one for one in paths_of(bag) if Path(one).suffix == Path(path).suffix and (bag / one).read_bytes() != own]
    other = randomly.choice(others)
    (bag / path).write_bytes((bag / other).read_bytes())
    (bag / other).write_bytes(own)
    return path


def reorder(bag: Path, path: str, randomly: random.Random) -> str:
    """Two lines of the file change places: events, lines of a manifest."""
    lines = (bag / path).read_bytes().splitlines(keepends=True)
    one, other = randomly.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    (bag / path).write_bytes(b"".join(lines))
    return path


def reword(bag: Path, path: str, randomly: random.Random) -> str:
    """One of the file's characters is another: a title, a name, a number."""
    text = (bag / path).read_text("utf-8")
    place = randomly.choice([match.start() for match in re.finditer(r"[\u4e00-\u9fff\d]", text)])
    other = randomly.choice([letter for letter in "安全生产0123456789" if letter != text[place]])
    (bag / path).write_text(text[:place] + other + text[place + 1 :], "utf-8", newline="")
    return path


Change = Callable[[Path, str, random.Random], str]
CHANGES: dict[str, tuple[Change, str]] = {
    "flip": (flip, ""),
    "truncate": (truncate, ""),
    "extend": (extend, ""),
    "remove": (remove, ""),
    "empty": (empty, ""),
    "add": (add, ""),
    "swap": (swap, r"\.(pdf|docx|txt|json|jsonl|xml|yaml|png)$"),
    "reorder": (reorder, r"(events\.jsonl|manifest-\w+\.txt|payload-sha256\.txt)$"),
    "reword": (reword, r"(catalogue\.(json|xml)|item\.(json|xml)|head\.json|index\.html|README\.txt|bag-info\.txt)$"),
}
"""A change gives the file that must be named; and of which files it is a change."""


def can_change(name: str, path: str) -> bool:
    return re.search(CHANGES[name][1], path) is not None


def mutated(bag: Path, before: dict[str, bytes], change: Callable[[], str], *, again: bool) -> tuple[bool, str]:
    """Whether a change on a bag is found and the file named; it is taken back afterwards. `before`: the bag's files;
    `again`: with manifests made again. Hashes and records tell most; what they do not tell, opening the files must."""
    named = ""
    try:
        named = change()
        if again:
            remade(bag)
        return found(verify_bag(bag, contents=False), named) or found(verify_bag(bag), named), named
    finally:
        for path in {*paths_of(bag), *before}:
            if path not in before:
                (bag / path).unlink()
            elif not (bag / path).is_file() or (bag / path).read_bytes() != before[path]:
                (bag / path).parent.mkdir(parents=True, exist_ok=True)
                (bag / path).write_bytes(before[path])


def paths_of(bag: Path) -> list[str]:
    return sorted(path.relative_to(bag).as_posix() for path in bag.rglob("*") if path.is_file())


def mutate_all(bag: Path, cases: list[tuple[str, str, bool, int]]) -> list[tuple[str, str, bool, int]]:
    """The cases that were not found."""
    before = {path: (bag / path).read_bytes() for path in paths_of(bag)}
    missed = []
    for path, change, again, seed in cases:
        randomly = random.Random(seed)
        done, _named = mutated(
            bag,
            before,
            lambda p=path, c=change, r=randomly: CHANGES[c][0](bag, p, r),
            again=again,
        )
        if not done:
            missed.append((path, change, again, seed))
    assert {path: (bag / path).read_bytes() for path in paths_of(bag)} == before
    return missed


@pytest.fixture(scope="module")
def small(archived: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bag with one item, for many verifications."""
    name = f"Z109-WS-{YEAR}-D10-BGS"
    return Path(shutil.copytree(archived / "records" / "archive" / name, tmp_path_factory.mktemp("small") / name))


def cases_of(bag: Path, count: int, seed: int) -> list[tuple[str, str, bool, int]]:
    """Every kind of change as often as the others, each on a file at random."""
    randomly = random.Random(seed)
    paths = paths_of(bag)
    cases = []
    for number in range(count):
        change = sorted(CHANGES)[number % len(CHANGES)]
        path = randomly.choice([path for path in paths if can_change(change, path)])
        again = path.startswith("data/") and randomly.random() < 0.5
        cases.append((path, change, again, randomly.randrange(1 << 30)))
    return cases


@pytest.mark.no_cover
def test_two_hundred_mutations_at_random(small: Path) -> None:
    assert mutate_all(small, cases_of(small, 200, seed=20261125)) == []


@pytest.mark.long
def test_every_kind_of_change_on_every_file(bag: Path) -> None:
    cases = [
        (path, change, again, 7)
        for path in paths_of(bag)
        for change in CHANGES
        if can_change(change, path)
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


def test_a_year_with_reminders_and_hazards_is_good(desk: Path) -> None:
    """Their events have codes and evidence of their own, which are no receipts'."""
    paper = (desk / "records/issued/mines/r0/chengxi/receipt.pdf").read_bytes() + b"\n"
    photo = evidence.keep_bytes(desk, scan_of("灭火器"), ".png")
    straighten(desk, photo)
    kept = evidence.keep_bytes(desk, paper, ".pdf")
    number: dict[str, Any] = {"code": "清安办催", "year": YEAR, "ordinal": 1, "number": f"清安办催〔{YEAR}〕1号"}
    with open_records(desk) as records:
        records.ledger.append(
            draft("reminder-issued", "综合科", "gas", "chengxi", paper="reminder", evidence=[kept], **number),
            draft("reminded", "综合科", "gas", "chengxi", nth=1, evidence=[kept]),
            Draft("hazard-reported", "综合科", "gas", "liulin",
                  {"hazard-id": "h1", "hazard": "灭火器过期", "level": "general", "evidence": [photo]}),
        )  # fmt: skip
    archive_year(desk, YEAR, as_is="年底")
    bag = desk / "records" / "archive" / BAG
    done = verify_bag(bag)
    assert done.findings == []
    item = json.loads((bag / "data/items/0002/item.json").read_text("utf-8"))
    assert [file["unit"] for file in item["files"] if file["role"] == "reminder"] == ["chengxi"]
    assert item["evidence"] == 2  # the receipt and the photo; what we sent is no evidence of what came back
    assert item["pages"] == sum(
        file.get("pages", 0) for file in item["files"] if file["role"] in ("paper", "evidence", "reminder")
    )
    told = {unit["unit"]: unit for unit in item["distribution"]}
    assert "evidence" not in told["chengxi"]
    text = "".join("".join(page_texts(bag / "data/items/0002/findings.pdf")).split())
    assert "隐患整改台账" in text
    assert "灭火器过期" in text
    assert not (bag / "data/items/0001/findings.pdf").exists()


def test_what_a_pages_code_says_is_held_against_the_ledger(desk: Path) -> None:
    """Codes of another unit and of another paper; checkpoints that the code does not bear; a page of another ledger,
    where the ledger says that it agrees."""
    other: Any = read_checkpoint("3-7K3M9Q2XV")
    expected = {}
    with open_records(desk) as records:
        own = records.ledger.checkpoint().short()
        for circular, unit, short, more, check in (
            ("fire", "chengxi", own, {}, ""),
            ("fire", "chengxi", other, {"agrees": False}, ""),  # told when it came: that is no fault of the archive
            ("fire", "liulin", own, {}, "codes"),
            ("gas", "chengxi", own, {}, "codes"),
            ("fire", "chengxi", own, {"size": 2}, "witness"),
            ("fire", "chengxi", own, {"root": "000000000"}, "witness"),
            ("fire", "chengxi", own, {"root": "?"}, "witness"),
            ("fire", "chengxi", other, {}, "witness"),
        ):
            code = office_codes(desk).payload(Code("receipt", circular, unit, 1, 0, short))
            fields: dict[str, Any] = {"size": short.size, "root": code[35:44], "agrees": True, "code": code, **more}
            (event,) = records.ledger.append(draft("witnessed", "综合科", "fire", "chengxi", **fields))
            if check:
                expected[event.sequence] = check
    archive_year(desk, YEAR, as_is="年底")
    findings = verify_bag(desk / "records" / "archive" / BAG, contents=False).findings
    assert {int(re.findall(r"event (\d+)", f.message)[0]): f.check for f in findings} == expected
    assert {finding.path for finding in findings} == {"data/items/0001/events.jsonl"}


def test_a_ledger_made_again_as_a_whole_is_told_by_the_pages_that_came_back(bag: Path) -> None:
    """Somebody who knows everything: another signer in an event from before a receipt was printed, all hashes after it,
    the head, the list, the metadata and the manifests. Nothing in the bag contradicts him but the signed pages."""
    events = sorted((e for path in event_files(bag) for e in read_events(path)), key=lambda event: event.sequence)
    where = {event.sequence: path for path in event_files(bag) for event in read_events(path)}
    forged = next(event for event in events if event.kind == "received" and event.circular == "fire")
    item = bag / "data/items/0001/item.json"
    item.write_text(item.read_text("utf-8").replace('"by": "张某"', '"by": "李某"', 1), "utf-8", newline="")
    listed = bag / "data/ledger/payload-sha256.txt"

    def made_again(anchor: str) -> bytes:
        previous, frontier, lines = genesis(head["origin"]), merkle.Frontier(), dict.fromkeys(where.values(), b"")
        for event in events:
            payload = event.payload
            if event is forged:
                payload = {**payload, "by": "李某"}
            elif event.kind == "archiving" and payload["bag"] == BAG:
                payload = {**payload, "sha256": anchor}
            new = event._replace(text=canonical(payload), previous=previous, hash=b"")
            new = new._replace(hash=event_hash(previous, new.line()))
            previous = new.hash
            frontier, _nodes = frontier.extend([previous])
            lines[where[event.sequence]] += ledger_lines(new)
        for path, text in lines.items():
            path.write_bytes(text)
        head.update(chain=previous.hex(), root=frontier.root().hex())
        head["checkpoint"] = Checkpoint(head["origin"], len(events), frontier.root()).brief()
        (bag / "data/ledger/head.json").write_bytes(json_bytes(head))
        lines_ = [
            f"{hashlib.sha256((bag / path).read_bytes()).hexdigest()}  {path}\n"
            for path in (line[66:] for line in listed.read_text("utf-8").splitlines())
        ]
        listed.write_text("".join(lines_), "utf-8", newline="")
        return listed.read_bytes()

    head = json.loads((bag / "data/ledger/head.json").read_text("utf-8"))
    made_again(hashlib.sha256(made_again("0" * 64)).hexdigest())
    catalogue = read_catalogue(bag)
    payload = [path for path in (bag / "data").rglob("*") if path.is_file()]
    told = information(catalogue, head, hashlib.sha256(listed.read_bytes()).hexdigest(),
                       sum(path.stat().st_size for path in payload), len(payload))  # fmt: skip
    (bag / INFO).write_text("".join(f"{label}: {value}\n" for label, value in told), "utf-8", newline="")
    remade(bag)
    done = verify_bag(bag)
    assert {finding.check for finding in done.findings} == {"witness"}
    assert done.exit_code == 1


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
    was = io.open

    def refused(file: str | Path, *args: Any, **kwargs: Any) -> Any:
        if Path(file) == bag / name:
            raise PermissionError(13, "Permission denied", str(file))
        return was(file, *args, **kwargs)

    monkeypatch.setattr(io, "open", refused)
    monkeypatch.setattr(builtins, "open", refused)
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
    before = {path: (small / path).read_bytes() for path in paths_of(small)}

    def change() -> str:
        (small / name).write_bytes(noise)
        return name

    assert mutated(small, before, change, again=name.startswith("data/")) == (True, name)


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
