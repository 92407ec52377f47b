"""The sample's PDFs as archival files: PDFBox Preflight on their PDF/A-1 twins, qpdf on the files themselves."""

import subprocess
from pathlib import Path

import pytest
from tests.preflight import assert_part_1

from circular_gen.press import Press
from circular_gen.workspace import open_workspace
from circular_gen.workspace.codes import Codes

from .conftest import EACH, MEETING, WINTER


@pytest.mark.preflight
def test_preflight_finds_nothing_in_the_part_1_twins(sample: Path, tmp_path: Path) -> None:
    """Preflight knows PDF/A-1 only: the same pages, marked as part 1, break none of its rules."""
    workspace = open_workspace(sample)
    for name in (WINTER, MEETING, EACH):
        press = Press(workspace, workspace.circular(name), Codes(b"k" * 32))
        copy = next(copy for copy in press.copies if copy.receipt)
        assert_part_1(press.writer.write(press.package(copy)), tmp_path)


@pytest.mark.qpdf
def test_qpdf_finds_nothing_in_the_samples_files(sample: Path) -> None:
    chosen = [
        path for path in (sample / "out").rglob("*.pdf") if path.parent.name in ("chengxi", "gaoxin", WINTER, MEETING)
    ]
    assert len(chosen) >= 10
    for path in chosen:
        done = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, (path.name, done.stdout, done.stderr)
