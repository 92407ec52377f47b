"""`issue --revise`: new editions of issued circulars, who holds which, and drafts that changed since they were issued.
And that nobody has to wait while the press is at work."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from circular_gen import issuing
from circular_gen.ledger import draft
from circular_gen.workspace.codes import Checkpoint, Code, Codes

from .conftest import KEY, Commands, make_workspace
from .test_ledger_commands import DUE, SMALL, YEAR, YESTERDAY, files, ledger_of, loaded, said, text_of

CHANGED = SMALL.replace("请立即开展检查。", "请于三日内开展检查。")
OTHERS = CHANGED.replace("柳林镇人民政府", "石门镇人民政府")
"""One unit goes, another comes."""


pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_workspace(tmp_path_factory.mktemp("revisions") / "office")
    shutil.rmtree(root / "circulars")
    (root / "circulars").mkdir()
    (root / "circulars" / "small.yaml").write_text(SMALL, encoding="utf-8")
    Commands(root)("issue", "small")
    return root


@pytest.fixture
def office(once: Path, tmp_path: Path) -> Commands:
    return Commands(Path(shutil.copytree(once, tmp_path / "office")))


@pytest.fixture(scope="module")
def revised_once(once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = Path(shutil.copytree(once, tmp_path_factory.mktemp("revised") / "office"))
    run = Commands(root)
    with ledger_of(root) as ledger:
        ledger.append(*(draft("sent", "综合科", "small", unit, revision=0) for unit in ("chengxi", "liulin")))
    write(run, OTHERS)
    assert "edition r1" in run("issue", "--revise", "small", "--reason", "改期限").output
    return root


@pytest.fixture
def revised(revised_once: Path, tmp_path: Path) -> Commands:
    return Commands(Path(shutil.copytree(revised_once, tmp_path / "revised")))


def write(office: Commands, text: str) -> None:
    (office.root / "circulars" / "small.yaml").write_text(text, encoding="utf-8")


def units(office: Commands) -> dict[str, dict]:
    return {unit["unit"]: unit for unit in loaded(office("status", "small", "--json"))["units"]}


def test_a_revision_has_originals_of_its_own(once: Path, revised: Commands) -> None:
    first, second = (revised.root / "records" / "issued" / "small" / f"r{n}" for n in (0, 1))
    assert files(first) == files(once / "records" / "issued" / "small" / "r0")
    record = json.loads((second / "manifest.json").read_text("utf-8"))
    assert (record["number"], record["revision"]) == (f"清安办发〔{YEAR}〕1号", 1)
    assert "请于三日内" in text_of(second / "circular.pdf").replace(" ", "")
    assert (second / "_input" / "circulars" / "small.yaml").read_text("utf-8") == OTHERS
    assert not any(path.stat().st_mode & 0o222 for path in second.rglob("*") if path.is_file())
    before = Checkpoint(record["checkpoint"]["size"], bytes.fromhex(record["checkpoint"]["root"]))
    codes = Codes(bytes.fromhex(KEY))
    payload = codes.payload(Code("receipt", "small", "chengxi", 1, 1, before))
    assert codes.readable(payload).split()[-1] in text_of(second / "chengxi" / "receipt.pdf")
    assert loaded(revised("ledger", "verify", "--json"))["findings"] == []
    assert revised("status", "small").stderr == ""
    with ledger_of(revised.root) as ledger:
        (event,) = ledger.events("small", kinds=("revised",))
        assert (event.payload["revision"], event.payload["reason"]) == (1, "改期限")
        assert event.payload["files"]["manifest.json"] == files(second)["manifest.json"]


def test_status_tells_which_edition_a_unit_holds(revised: Commands) -> None:
    now = units(revised)
    assert {name: (unit["revision"], unit["flags"], unit["next"]) for name, unit in now.items()} == {
        "chengxi": (0, ["old-revision"], "send-revision"),
        "liulin": (0, ["withdrawn"], None),
        "shimen": (None, [], "send"),
        "zhujian": (None, [], "send"),
        "shizhengfu": (None, ["cc"], "send"),
    }
    told = revised("receipts", "show", "small", "chengxi").output
    assert "holds r0" in told
    assert "send the new edition" in told
    with ledger_of(revised.root) as ledger:
        ledger.append(draft("sent", "综合科", "small", "chengxi", revision=1))
    assert (units(revised)["chengxi"]["revision"], units(revised)["chengxi"]["flags"]) == (1, [])
    assert "holds r1" in revised("status", "small").output


def test_a_receipt_is_for_an_edition(revised: Commands) -> None:
    at = f"{YESTERDAY:%Y-%m-%d} 12:00"  # before there was a revision
    assert "(edition r0)" in revised("receipts", "confirm", "small", "chengxi", "--by", "张某", "--at", at).output
    assert units(revised)["chengxi"]["flags"] == ["old-revision"]
    assert "(edition r1)" in revised("receipts", "confirm", "small", "chengxi", "--by", "李某").output
    assert "recorded before" in revised("receipts", "confirm", "small", "chengxi", "--by", "王某").output
    unit = units(revised)["chengxi"]
    assert (unit["state"], unit["revision"], unit["by"]) == ("received", 1, "张某")  # it first had it then
    first = ("receipts", "confirm", "small", "zhujian", "--by", "x", "--revision")
    assert "no edition r2" in said(revised(*first, "2", code=2))
    revised(*first, "0")
    assert units(revised)["zhujian"]["flags"] == ["old-revision"]


def test_what_was_not_changed_is_not_revised(office: Commands) -> None:
    assert "nothing to revise" in said(office("issue", "--revise", "small", code=1))
    assert loaded(office("ledger", "verify", "--json"))["events"] == 5
    assert sorted(path.name for path in (office.root / "records" / "issued" / "small").iterdir()) == ["r0"]


def test_the_reason_is_what_was_changed_where_none_is_given(office: Commands) -> None:
    write(office, CHANGED)
    office("issue", "--revise", "small")
    assert "circulars/small.yaml" in office("receipts", "show", "small", "chengxi").output
    path = office.root / "recipients.yaml"  # a unit's own data alone is no revision; who is addressed is
    path.write_text(path.read_text("utf-8").replace("13800000001", "13800009999"), "utf-8")
    assert "nothing to revise" in said(office("issue", "--revise", "small", code=1))


@pytest.mark.parametrize(
    ("text", "arguments", "code", "words"),
    [
        (CHANGED.replace("柳林镇人民政府", "柳林真人民政府"), (), 1, "柳林镇人民政府"),
        (f"number: 清安办发〔{YEAR}〕9号\n" + CHANGED, (), 2, "keeps its number"),
        (CHANGED, ("--code", "清安办函"), 2, ""),
    ],
)
def test_refused_revisions_change_nothing(
    office: Commands, text: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    write(office, text)
    result = office("issue", "--revise", "small", *arguments, code=code)
    assert words in str(result.exception)
    assert loaded(office("ledger", "verify", "--json"))["events"] == 5
    assert [path.name for path in (office.root / "records" / "issued").iterdir() if path.is_dir()] == ["small"]


def test_void_and_unknown_circulars_are_not_revised(office: Commands) -> None:
    write(office, CHANGED)
    (office.root / "circulars" / "other.yaml").write_text(SMALL, "utf-8")
    assert "not been issued" in said(office("issue", "--revise", "other", code=1))
    office("withdraw", "small", "--reason", "x")
    assert "cannot be revised" in said(office("issue", "--revise", "small", code=1))
    office("issue", "--reason", "x", "other", code=2)


def test_an_extension_outlives_a_revision(office: Commands) -> None:
    office("receipts", "extend", "small", "--to", "2099-12-31", "--reason", "大雪")
    write(office, CHANGED)
    office("issue", "--revise", "small")
    assert units(office)["chengxi"]["due"].startswith("2099-12-31")
    write(office, CHANGED.replace(f"{DUE:%Y-%m-%d} 17:00", f"{DUE:%Y-%m-%d} 18:00"))
    office("issue", "--revise", "small")
    assert units(office)["chengxi"]["due"] == f"{DUE:%Y-%m-%d}T18:00:00+08:00"


@pytest.mark.parametrize("place", ["issuing.flush", "issuing.put_in_place"])
def test_a_killed_revision_is_whole_or_not_there(office: Commands, place: str) -> None:
    write(office, CHANGED)
    owner, _dot, name = place.rpartition(".")
    program = (
        "import os\nfrom circular_gen import issuing\nfrom circular_gen.cli import main\n"
        f"{owner}.{name} = lambda *_, **__: os._exit(9)\nmain()\n"
    )
    command = [sys.executable, "-c", program, "-w", str(office.root), "issue", "--revise", "small"]
    assert subprocess.run(command, env={**os.environ}, capture_output=True, check=False).returncode == 9
    recorded = place == "issuing.put_in_place"
    office("status")
    assert sorted(p.name for p in (office.root / "records/issued/small").iterdir()) == ["r0", "r1"][: 1 + recorded]
    assert loaded(office("ledger", "verify", "--json"))["findings"] == []
    if recorded:
        assert "nothing to revise" in said(office("issue", "--revise", "small", code=1))
    else:
        assert "edition r1" in office("issue", "--revise", "small").output


# -- drafts that changed since -----------------------------------------------------------------------------------------


def test_a_draft_that_changed_since_is_reported_wherever_one_looks(office: Commands) -> None:
    for command in (("check",), ("check", "small"), ("build", "--format", "docx"), ("status",), ("status", "small")):
        result = office(*command)
        assert "issued" not in result.stderr + "".join(line for line in result.output.splitlines() if "small.y" in line)
    write(office, CHANGED)
    codes = [finding["code"] for finding in loaded(office("check", "--json"))]
    assert codes.count("issued-changed") == 1
    assert "small.yaml:1:1" in office("check").output
    for command in (("build", "small", "--format", "docx"), ("status",), ("status", "small")):
        assert "issue --revise" in office(*command).stderr
    assert loaded(office("status", "small", "--json"))["changed"] == ["circulars/small.yaml"]
    office("issue", "--revise", "small")
    assert "issued-changed" not in office("check", "--json").output


# -- nobody waits for the press ----------------------------------------------------------------------------------------


def test_others_record_while_the_press_is_at_work(office: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    (office.root / "circulars" / "other.yaml").write_text(SMALL, "utf-8")
    make, waited = issuing.Frozen.make, []

    def make_slowly(*given: object) -> None:
        make(*given)
        start = time.monotonic()
        command = [sys.executable, "-m", "circular_gen", "-w", str(office.root)]
        command += ["receipts", "confirm", "small", "chengxi", "--by", "张某"]
        subprocess.run(command, check=True, capture_output=True, timeout=30)  # a held lock would let it wait 60 s
        waited.append(time.monotonic() - start)

    monkeypatch.setattr(issuing.Frozen, "make", make_slowly)
    assert f"〔{YEAR}〕2号" in office("issue", "other").output
    assert len(waited) == 1
    with ledger_of(office.root) as ledger:
        assert [event.kind for event in ledger.events()][5:7] == ["received", "issued"]
    assert loaded(office("ledger", "verify", "--json"))["findings"] == []


@pytest.mark.parametrize("takers", [1, 9])
def test_a_number_that_is_taken_meanwhile_is_not_given_twice(
    office: Commands, monkeypatch: pytest.MonkeyPatch, takers: int
) -> None:
    """As by another workspace that shares the ledger. However often: the last attempt keeps the others out."""
    (office.root / "circulars" / "other.yaml").write_text(SMALL, "utf-8")
    make, made = issuing.Frozen.make, []

    def make_and_lose(frozen: issuing.Frozen, *given: object) -> None:
        make(frozen, *given)  # type: ignore[arg-type]
        made.append(frozen.aside)
        if len(made) <= min(takers, issuing._ATTEMPTS - 1):
            with ledger_of(office.root) as ledger:
                ledger.void_number("清安办发", YEAR, len(made) + 1, actor="x", reason="x")

    monkeypatch.setattr(issuing.Frozen, "make", make_and_lose)
    lost = min(takers, issuing._ATTEMPTS - 1)
    number = f"清安办发〔{YEAR}〕{lost + 2}号"
    assert number in office("issue", "other").output
    assert number in text_of(office.root / "records/issued/other/r0/circular.pdf").replace(" ", "")
    assert len(made) == lost + 1
    assert not any(aside.exists() for aside in made)
    assert loaded(office("ledger", "verify", "--json"))["findings"] == []
