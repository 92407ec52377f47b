"""`build`: what an office relies on: everything is there, only what changed is made, the same bytes everywhere."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pypdfium2
import pytest

from circular_gen.errors import CircularGenError
from circular_gen.workspace import open_workspace, plan_copies

from .conftest import EACH, KEY, MEETING, WINTER, Commands, make_workspace


def digests(out: Path) -> dict[str, str]:
    """Every file under out/ but the lock: relative path → SHA-256."""
    files = (path for path in sorted(out.rglob("*")) if path.is_file() and path.name != ".lock")
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def manifest(root: Path, name: str) -> dict:
    return json.loads((root / "out" / name / "manifest.json").read_text(encoding="utf-8"))


def test_every_unit_gets_its_papers(sample: Path) -> None:
    workspace = open_workspace(sample)
    for name in workspace.names():
        circular = workspace.circular(name)
        folder = sample / "out" / name
        files = manifest(sample, name)["files"]
        assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {
            *files,
            "manifest.json",
        }
        for copy in plan_copies(circular, workspace.registry):
            own = {path.split("/")[1] for path in files if path.startswith(f"{copy.unit.id}/")}
            expected = {"package.pdf"}
            expected |= {"circular.pdf", "circular.docx"} if circular.address == "each" else set()
            expected |= {"checklist.pdf", "checklist.docx"} if copy.tasks else set()
            expected |= {"receipt.pdf", "receipt.docx"} if copy.receipt else set()
            assert own == expected, (name, copy.unit.id)


def test_the_manifest_is_true(sample: Path) -> None:
    for name in open_workspace(sample).names():
        record = manifest(sample, name)
        assert record["circular"] == name
        assert KEY not in json.dumps(record)
        for path, entry in record["files"].items():
            data = (sample / "out" / name / path).read_bytes()
            assert hashlib.sha256(data).hexdigest() == entry["sha256"]
            assert len(data) == entry["bytes"]
            if path.endswith(".pdf") and "pages" in entry:
                assert len(pypdfium2.PdfDocument(data)) == entry["pages"]
            if path.endswith(("checklist.pdf", "receipt.pdf")):
                pages = record["forms"][entry["form"]]["pages"]
                assert len(pages) == entry["pages"]
                for page in pages:
                    assert len(page["marks"]) == 4
                    assert page["qr"]
                    rectangles = [*page["boxes"].values(), *page["fields"].values(), page["qr"], *page["marks"]]
                    assert all(x >= 0 and x + w <= 210 and y >= 0 and y + h <= 297 for x, y, w, h in rectangles)


def test_a_checklist_has_three_boxes_for_each_task_and_a_place_to_sign(sample: Path) -> None:
    workspace = open_workspace(sample)
    record = manifest(sample, WINTER)
    for copy in plan_copies(workspace.circular(WINTER), workspace.registry):
        if copy.tasks:
            pages = record["forms"][record["files"][f"{copy.unit.id}/checklist.pdf"]["form"]]["pages"]
            boxes = [name for page in pages for name in page["boxes"]]
            assert boxes == [f"{task.id}.{answer}" for task in copy.tasks for answer in ("yes", "no", "na")]
            assert any(page["signature"] for page in pages)


def test_print_pdf_holds_every_package_in_list_order_each_on_a_front(sample: Path) -> None:
    workspace = open_workspace(sample)
    for name in workspace.names():
        files = manifest(sample, name)["files"]
        packages = [
            files[f"{c.unit.id}/package.pdf"] for c in plan_copies(workspace.circular(name), workspace.registry)
        ]
        sides = sum(entry["pages"] + entry["pages"] % 2 for entry in packages)
        assert files["print.pdf"]["pages"] in (sides, sides - packages[-1]["pages"] % 2)


def test_the_same_bytes_in_another_folder_with_another_number_of_jobs(sample: Path, tmp_path: Path) -> None:
    other = make_workspace(tmp_path / "elsewhere" / "bureau")
    Commands(other)("build", "--jobs", "1")
    assert digests(other / "out") == digests(sample / "out")


def test_building_again_does_nothing(sample: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (sample / "out").rglob("*") if path.is_file()}
    result = Commands(sample)("build")
    assert {
        path: path.stat().st_mtime_ns for path in (sample / "out").rglob("*") if path.name != ".lock" and path.is_file()
    } == {path: time for path, time in before.items() if path.name != ".lock"}
    assert result.output.count("没有变化（") == 3


def test_only_what_changed_is_written(workspace: Path, run: Commands) -> None:
    run("build", MEETING, "--format", "pdf")
    before = {path: path.stat().st_mtime_ns for path in (workspace / "out").rglob("*.pdf")}
    recipients = workspace / "recipients.yaml"
    unit = open_workspace(workspace).registry.units[0]
    recipients.write_text(recipients.read_text("utf-8").replace(unit.name, unit.name + "（新）"), "utf-8")
    for file in (workspace / "circulars").rglob("*.yaml"):
        file.write_text(file.read_text("utf-8").replace(unit.name, unit.name + "（新）"), "utf-8")
    run("build", MEETING, "--format", "pdf")
    changed = {path for path, time in before.items() if path.exists() and path.stat().st_mtime_ns != time}
    assert changed <= {path for path in before if unit.id in path.parts or path.name == "print.pdf"}
    assert changed


def test_a_removed_units_files_go_and_a_strangers_file_stays(workspace: Path, run: Commands) -> None:
    run("build", EACH, "--format", "docx")
    copies = plan_copies(open_workspace(workspace).circular(EACH), open_workspace(workspace).registry)
    last = copies[-1].unit
    note = workspace / "out" / EACH / "note.txt"
    note.write_text("mine", encoding="utf-8")
    assert (workspace / "out" / EACH / last.id).is_dir()
    path = workspace / "circulars" / f"{EACH}.yaml"
    remaining = "，".join(copy.unit.name for copy in copies[:2])
    lines = [
        f"addressees: {remaining}" if line.startswith("addressees:") else line
        for line in path.read_text("utf-8").splitlines()
    ]
    path.write_text("\n".join(line for line in lines if not line.startswith("cc:")) + "\n", "utf-8")
    run("build", EACH, "--format", "docx")
    assert not (workspace / "out" / EACH / last.id).exists()
    assert note.read_text(encoding="utf-8") == "mine"


def test_a_removed_circulars_files_go(workspace: Path, run: Commands) -> None:
    run("build", MEETING, "--format", "docx")
    (workspace / "circulars" / f"{MEETING}.yaml").unlink()
    run("build", "--format", "docx")
    assert not (workspace / "out" / MEETING).exists()


def test_one_bad_circular_does_not_stop_the_others(workspace: Path, run: Commands) -> None:
    bad = workspace / "circulars" / f"{WINTER}.yaml"
    bad.write_text(bad.read_text("utf-8").replace("format: general", "format: generall"), "utf-8")
    result = run("build", "--format", "docx", code=1)
    assert f"{WINTER}.yaml:" in result.output
    assert "general" in result.output
    assert (workspace / "out" / MEETING / "manifest.json").exists()
    assert not (workspace / "out" / WINTER / "manifest.json").exists()


def test_what_the_disk_refuses_is_one_line_and_stops_no_other_circular(workspace: Path, run: Commands) -> None:
    (workspace / "out" / EACH / "liulin" / "circular.docx").mkdir(parents=True)
    result = run("build", EACH, MEETING, "--format", "docx", code=1)
    (line,) = [line for line in result.output.splitlines() if "circular.docx" in line]
    assert str(Path("liulin", "circular.docx")) in line
    assert "Traceback" not in result.output
    assert (workspace / "out" / MEETING / "manifest.json").exists()
    assert not (workspace / "out" / EACH / "manifest.json").exists()


def test_an_out_that_is_no_folder_is_a_line_for_a_person(workspace: Path, run: Commands) -> None:
    (workspace / "out").write_text("")
    result = run("build", EACH, code=1)
    assert str(workspace / "out") in str(result.exception)
    assert isinstance(result.exception, CircularGenError)


def test_one_unit_alone(workspace: Path, run: Commands) -> None:
    unit = plan_copies(open_workspace(workspace).circular(WINTER), open_workspace(workspace).registry)[0].unit
    run("build", WINTER, "--unit", unit.id)
    folders = [path.name for path in (workspace / "out" / WINTER).iterdir() if path.is_dir()]
    assert folders == [unit.id]
    alone = digests(workspace / "out" / WINTER / unit.id)
    run("build", WINTER)
    assert digests(workspace / "out" / WINTER / unit.id) == alone
    assert len([path for path in (workspace / "out" / WINTER).iterdir() if path.is_dir()]) > 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("build", "no-such-thing"), "no-such-thing"),
        (("build", "--unit", "nobody"), "nobody"),
        (("build", "--format", "odt"), "docx"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(
    workspace: Path, run: Commands, arguments: tuple[str, ...], words: str
) -> None:
    result = run(*arguments, code=2)
    assert words in result.output + str(result.exception)
    assert "Traceback" not in result.output


@pytest.mark.no_cover
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is a POSIX thing")
def test_killed_at_any_moment_the_next_run_is_right(sample: Path, tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "office")
    command = [sys.executable, "-m", "circular_gen", "-w", str(root), "build", "--jobs", "1"]
    for delay in (0.7, 1.2, 1.8, 2.4):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ})
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
    Commands(root)("build")
    assert digests(root / "out") == digests(sample / "out")


def test_the_manifest_of_a_draft_and_another_program_version_is_not_trusted(workspace: Path, run: Commands) -> None:
    run("build", MEETING, "--format", "docx")
    path = workspace / "out" / MEETING / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"program": "', '"program": "0'), "utf-8")
    assert "已是最新" not in run("build", MEETING, "--format", "docx").output
    path.write_text("{ damaged", "utf-8")
    assert "已是最新" not in run("build", MEETING, "--format", "docx").output


def test_a_character_that_no_font_has_is_named_with_its_place_and_the_others_are_made(
    workspace: Path, run: Commands
) -> None:
    path = workspace / "circulars" / f"{MEETING}.yaml"
    lines = path.read_text("utf-8").splitlines()
    number = next(index for index, line in enumerate(lines) if "为安排部署" in line)
    lines[number] = lines[number].replace("为安排部署", "为安排😀部署")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    place = f"circulars/{MEETING}.yaml:{number + 1}:{lines[number].index('😀') + 1}: "
    result = run("build", MEETING, EACH, code=1)
    (line,) = {line for line in result.output.splitlines() if "U+1F600" in line}
    assert line.startswith(place)
    assert not (workspace / "out" / MEETING / "manifest.json").exists()
    assert (workspace / "out" / EACH / "manifest.json").exists()
    found = run("check", MEETING, code=1)
    assert place in found.output
