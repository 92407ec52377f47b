"""The cases of the BagIt conformance suite (LibraryOfCongress/bagit-conformance-suite), remade on a bag of ours: what
RFC 8493 calls invalid is found and named, what it allows in another hand's manifests changes nothing."""

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest

from circular_gen.archive.bag import (
    ALGORITHMS,
    BAGIT,
    INFO,
    MANIFESTS,
    TAG_MANIFESTS,
    encoded,
    read_manifest,
    tag_lines,
)
from circular_gen.archive.verification import Verification, verify_bag

from .conftest import YEAR

PAPER = "data/items/0001/paper.pdf"


@pytest.fixture
def bag(archived: Path, tmp_path: Path) -> Path:
    """A copy of the bag with one item."""
    name = f"Z109-WS-{YEAR}-D10-BGS"
    return Path(shutil.copytree(archived / "records" / "archive" / name, tmp_path / name))


def retagged(bag: Path) -> None:
    """Tag manifests that fit the tag files, as whoever wrote them would have made them."""
    for algorithm, name in zip(ALGORITHMS, TAG_MANIFESTS, strict=True):
        tags = (BAGIT, INFO, *MANIFESTS)
        (bag / name).write_bytes(
            tag_lines({t: hashlib.new(algorithm, (bag / t).read_bytes()).hexdigest() for t in tags})
        )


def rewritten(bag: Path, change: Callable[[str], str], names: tuple[str, ...] = MANIFESTS) -> None:
    """Manifests whose lines are changed, and everything that follows from them."""
    for name in names:
        (bag / name).write_text(change((bag / name).read_text("utf-8")), "utf-8", newline="")
    retagged(bag)


def first_line(text: str) -> str:
    return text.splitlines(keepends=True)[0]


def look(bag: Path) -> Verification:
    return verify_bag(bag, contents=False)


# -- valid -------------------------------------------------------------------------------------------------------------

ALLOWED: dict[str, Callable[[str], str]] = {
    "leading ./ in the manifest": lambda text: text.replace("  data/", "  ./data/"),
    "made with md5sum tools": lambda text: text.replace("  data/", " *data/"),
    "one space or a tab": lambda text: text.replace("  data/", "\t data/"),
    "hashes in capitals": lambda text: re.sub(r"(?m)^[0-9a-f]+", lambda match: match[0].upper(), text),
    "lines that end in CR LF": lambda text: text.replace("\n", "\r\n"),
    "lines in another order": lambda text: "".join(sorted(text.splitlines(keepends=True), reverse=True)),
    "no line end behind the last": lambda text: text.removesuffix("\n"),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_what_another_hand_may_write(bag: Path, case: str) -> None:
    rewritten(bag, ALLOWED[case])
    assert bagit.Bag(str(bag)).is_valid()
    assert look(bag).findings == []


UNUSUAL = [
    "a b",
    "a%b",
    "100%25",
    "a%0Ab",
    "carriage\rreturn",
    "line\nfeed",
    "úñ",
    "data/data",
    "bag in a bag/bagit.txt",
]


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_paths_are_read_as_others_write_them(tmp_path: Path, name: str) -> None:
    """Also against bagit-python's own reading where that follows the RFC (it decodes no percent sign)."""
    line = f"{hashlib.sha256(b'x').hexdigest()}  data/{encoded(name)}\n"
    (tmp_path / MANIFESTS[0]).write_text(line, "utf-8", newline="")
    assert dict(read_manifest(tmp_path / MANIFESTS[0], "sha256")) == {f"data/{name}": hashlib.sha256(b"x").hexdigest()}
    if "%" not in name and (os.name != "nt" or name.isprintable()):
        (tmp_path / "data" / name).parent.mkdir(parents=True)
        (tmp_path / "data" / name).write_bytes(b"x")
        (tmp_path / BAGIT).write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", "utf-8", newline="")
        assert bagit.Bag(str(tmp_path)).is_valid()


# -- invalid -----------------------------------------------------------------------------------------------------------


def without(name: str) -> Callable[[Path], object]:
    return lambda bag: (bag / name).unlink()


def declared(text: str, encoding: str = "utf-8") -> Callable[[Path], object]:
    def change(bag: Path) -> None:
        (bag / BAGIT).write_bytes(text.encode(encoding))
        retagged(bag)

    return change


def listing(path: str) -> Callable[[Path], object]:
    """A path that leads out of the bag, in both manifests."""

    def change(bag: Path) -> None:
        outside = bag.parent / "outside.txt"
        outside.write_bytes(b"x")
        for algorithm, name in zip(ALGORITHMS, MANIFESTS, strict=True):
            with (bag / name).open("a", encoding="utf-8", newline="") as file:
                file.write(f"{hashlib.new(algorithm, b'x').hexdigest()}  {path}\n")
        retagged(bag)

    return change


def twice(other_hash: bool) -> Callable[[Path], object]:
    def again(text: str) -> str:
        line = first_line(text)
        return text + (("0" if line[0] != "0" else "1") + line[1:] if other_hash else line)

    return lambda bag: rewritten(bag, again)


def fetched(path: str) -> Callable[[Path], object]:
    return lambda bag: (bag / "fetch.txt").write_text(f"https://example.org/x 1 {path}\n", "utf-8")


UTF = "Tag-File-Character-Encoding: UTF-8\n"
FORBIDDEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "bagit with invalid white space": (declared(f"BagIt-Version : 1.0\n{UTF}"), BAGIT),
    "no encoding declared": (declared("BagIt-Version: 1.0\n"), BAGIT),
    "byte order mark in bagit.txt": (declared(f"\ufeffBagIt-Version: 1.0\n{UTF}"), BAGIT),
    "invalid version": (declared(f"BagIt-Version: .97\n{UTF}"), BAGIT),
    "an older version": (declared(f"BagIt-Version: 0.97\n{UTF}"), BAGIT),
    "UTF-16": (declared("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-16\n", "utf-16"), BAGIT),
    "missing bagit.txt": (without(BAGIT), BAGIT),
    "missing bag-info.txt": (without(INFO), INFO),
    "missing manifest": (without(MANIFESTS[1]), MANIFESTS[1]),
    "corrupt data file": (lambda bag: (bag / PAPER).write_bytes(b"x"), PAPER),
    "corrupt tag file": (lambda bag: (bag / INFO).write_bytes(b"x"), INFO),
    "missing data file": (without(PAPER), PAPER),
    "extra file in the payload": (lambda bag: (bag / "data" / "extra").write_bytes(b"x"), "data/extra"),
    "not all manifests list all files": (
        lambda bag: rewritten(bag, lambda text: re.sub(rf"(?m)^\w+  {PAPER}\n", "", text), MANIFESTS[:1]),
        PAPER,
    ),
    "listed twice with the same hash": (twice(other_hash=False), MANIFESTS[0]),
    "listed twice with different hashes": (twice(other_hash=True), MANIFESTS[0]),
    "a line that is none": (lambda bag: rewritten(bag, lambda text: text + "no hash\n"), MANIFESTS[0]),
    "dots that lead out": (listing("data/../../outside.txt"), "data/../../outside.txt"),
    "dots in front": (listing("../outside.txt"), "../outside.txt"),
    "an absolute path": (listing("/etc/passwd"), "/etc/passwd"),
    "an absolute path of Windows": (listing("C:\\outside.txt"), "C:\\outside.txt"),
    "a path of another computer": (listing("\\\\server\\share\\x"), "\\\\server\\share\\x"),
    "a home folder": (listing("~/outside.txt"), "~/outside.txt"),
    "another's home folder": (listing("~root/outside.txt"), "~root/outside.txt"),
    "a tag file as payload": (listing("bag-info.txt"), "bag-info.txt"),
    "a file to fetch": (fetched("data/later.txt"), "fetch.txt"),
    "a file to fetch to elsewhere": (fetched("../../outside.txt"), "fetch.txt"),
    "the same name in another case": (listing("data/items/0001/PAPER.pdf"), "data/items/0001/PAPER.pdf"),
    "a file of the system": (lambda bag: (bag / "data" / ".DS_Store").write_bytes(b"x"), "data/.DS_Store"),
}


@pytest.mark.parametrize("case", FORBIDDEN)
def test_what_is_invalid_is_named(bag: Path, case: str) -> None:
    change, named = FORBIDDEN[case]
    change(bag)
    done = look(bag)
    assert done.exit_code == 1
    assert any(finding.path == named or named in finding.message for finding in done.findings), done.findings
