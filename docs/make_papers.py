"""The papers of docs/papers, one of every format, as the program makes them. For the pictures and tables in docs.

In: nothing but the files in docs/papers. Out: each paper's PDF and DOCX.
"""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from circular_gen.press import Press
from circular_gen.workspace import Workspace, open_workspace
from circular_gen.workspace.codes import Codes

PAPERS = Path(__file__).parent / "papers"
SEAL = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 42 42" fill="none" stroke="#e02020">
<circle cx="21" cy="21" r="20.3" stroke-width="1.2"/>
<text x="21" y="24" font-size="9" text-anchor="middle" font-family="Circular Kai" fill="#e02020" stroke="none">
样章</text></svg>"""
"""A ring that says that it is no seal: none is kept in this repository."""


def workspace(folder: Path) -> Workspace:
    """The papers' workspace, copied into `folder` (new), with a picture for the seals."""
    shutil.copytree(PAPERS, folder)
    (folder / "seal.svg").write_text(SEAL, encoding="utf-8")
    return open_workspace(folder)


def papers(word_fonts: Mapping[str, str] | None = None) -> dict[str, dict[str, bytes]]:
    """Name → {"pdf": …, "docx": …}. `word_fonts`: names that the DOCX asks for."""
    with tempfile.TemporaryDirectory() as folder:
        opened = workspace(Path(folder) / "papers")
        if word_fonts:
            opened.office.word_fonts = opened.office.word_fonts.model_copy(update=dict(word_fonts))
        made = {}
        for name in opened.names():
            files = Press(opened, opened.circular(name), Codes(b"p" * 32)).common_files()
            made[name] = {
                file.path.rpartition(".")[2]: file.data for file in files if file.path.startswith("circular.")
            }
        return made
