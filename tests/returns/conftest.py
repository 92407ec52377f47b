"""An office with issued circulars, and their papers filled in."""

import io
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from PIL import Image

from circular_gen.issuing import issue
from circular_gen.ledger import Event, Ledger, draft, open_ledger
from circular_gen.returns import scanning
from circular_gen.returns.scanning import ScanReport
from circular_gen.returns.workers import Workers

from .degraded import Paper, fill, tick

NOW = datetime.now(ZoneInfo("Asia/Shanghai"))
DAY, DUE = NOW - timedelta(days=1), NOW + timedelta(days=9)
UNITS = tuple(f"u{number:02}" for number in range(1, 32))
OFFICE = """\
name: 清河市安全生产委员会办公室
code: 清安办发
contact: {name: 综合科, phone: 0359-0000000}
"""
RECIPIENTS = (
    "units:\n"
    + "".join(
        f"  - {{id: {unit}, name: 第{unit[1:]}街道办事处, tags: [街道], contacts: [{{name: 张某, phone: '138'}}]}}\n"
        for unit in UNITS
    )
    + "groups:\n  各街道: {tags: [街道]}\n"
)
HEAD = f"""\
date: {DAY:%Y-%m-%d}
addressees: 各街道
body: |
  现将有关事项通知如下：
  一、抓紧检查。请立即开展检查。
"""
RECEIPT = "receipt: {{ask: {ask}, by: {due:%Y-%m-%d} 17:00, needs: [{needs}], basis: 本通知}}\n"
CIRCULARS = {
    "notice": ("通知", "", RECEIPT.format(ask="acknowledge", due=DUE, needs="signature, seal")),
    "check": (
        "检查",
        "".join(
            f"  - {{id: t{number}, text: 第{number}项重点部位的隐患是否排查到位并建立台账, basis: 一}}\n"
            for number in range(1, 11)
        ),
        RECEIPT.format(ask="acknowledge", due=DUE, needs="signature"),
    ),
    "report": (
        "落实",
        "".join(f"  - {{id: f{number}, text: 第{number}项措施是否落实, basis: 一}}\n" for number in range(1, 4)),
        RECEIPT.format(ask="report", due=DUE, needs="signature, seal"),
    ),
    "meeting": ("会议", "", RECEIPT.format(ask="attend", due=DUE, needs="signature")),
}


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCULAR_GEN_LANG", "en")


@lru_cache(maxsize=32)
def _manifest(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Desk:
    """The workspace at `root`, and its papers."""

    root: Path
    papers: Path
    """Where the originals lie: they may be another copy's of this workspace."""

    def original(self, circular: str, unit: str, kind: str = "receipt") -> tuple[Path, Sequence[Mapping[str, Any]]]:
        """A PDF that went out, and the maps of its pages."""
        folder = self.papers / "records" / "issued" / circular / "r0"
        manifest = _manifest(folder / "manifest.json")
        entry = manifest["files"][f"{unit}/{kind}.pdf"]
        return folder / unit / f"{kind}.pdf", manifest["forms"][entry["form"]]["pages"]

    def filled(
        self, circular: str, unit: str, kind: str = "receipt", page: int = 1, *, seed: int = 0, **how: bool
    ) -> Paper:
        """Page `page` (from 1) of a paper, filled in."""
        path, pages = self.original(circular, unit, kind)
        random = np.random.default_rng((seed, int(unit[1:]), page))
        return fill(path, page - 1, pages[page - 1], random, **how)

    def ticked(self, paper: Paper, circular: str, unit: str, names: Sequence[str], kind: str = "receipt") -> Paper:
        """More ticks on the first page."""
        form = self.original(circular, unit, kind)[1][0]
        random = np.random.default_rng(5)
        for name in names:
            tick(paper.image, form["boxes"][name], random, (20, 20, 25))
            paper.ticked.add(name)
        return paper

    def ledger(self) -> Ledger:
        return open_ledger(self.root / "records" / "ledger.db")

    def events(self, circular: str | None = None, unit: str | None = None, *kinds: str) -> tuple[Event, ...]:
        with self.ledger() as ledger:
            return ledger.events(circular, unit, kinds)

    def size(self) -> int:
        with self.ledger() as ledger:
            return ledger.head().size


_workers: list[Workers] = []


def scan(root: Path, paths: Sequence[Path]) -> ScanReport:
    """`receipts scan` with workers that serve the whole run: starting one takes longer than reading a page."""
    if not _workers:
        _workers.append(Workers(2))
    return scanning.scan(root, paths, workers=_workers[0])


@pytest.fixture(scope="session", autouse=True)
def _end_workers() -> Iterator[None]:
    yield
    while _workers:
        _workers.pop().__exit__(None, None, None)


def picture(image: Any, kind: str = "PNG", **how: Any) -> bytes:
    """A page as the bytes of a file."""
    data = io.BytesIO()
    if kind == "PNG":
        how.setdefault("compress_level", 1)
    Image.fromarray(image if image.ndim == 2 else image[:, :, ::-1]).save(data, kind, **how)
    return data.getvalue()


def pdf(images: Sequence[Any]) -> bytes:
    """Pages as one PDF, as a scanner makes it."""
    first, *rest = [Image.fromarray(image if image.ndim == 2 else image[:, :, ::-1]) for image in images]
    data = io.BytesIO()
    first.save(data, "PDF", save_all=True, append_images=rest, resolution=200)
    return data.getvalue()


@pytest.fixture(scope="session")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which everything but `draft` is issued. Do not change it: see `desk`."""
    root = tmp_path_factory.mktemp("returns") / "office"
    (root / "circulars").mkdir(parents=True)
    (root / "office.yaml").write_text(OFFICE, "utf-8")
    (root / "recipients.yaml").write_text(RECIPIENTS, "utf-8")
    for number, (name, (title, tasks, receipt)) in enumerate(CIRCULARS.items(), 1):
        text = f"title: 关于做好{title}工作的通知\nnumber: 清安办发〔{DAY.year}〕{number}号\n{HEAD}"
        text += (f"tasks:\n{tasks}" if tasks else "") + receipt
        (root / "circulars" / f"{name}.yaml").write_text(text, "utf-8")
        issue(root, name)
    text = (root / "circulars" / "notice.yaml").read_text("utf-8").replace("〕1号", "〕9号")
    (root / "circulars" / "draft.yaml").write_text(text, "utf-8")
    with open_ledger(root / "records" / "ledger.db") as ledger:
        ledger.append(
            draft("exempted", "综合科", "notice", "u30", reason="撤并"),
            draft("withdrawn", "综合科", "notice", "u31", reason="发错"),
        )
    return root


@pytest.fixture
def desk(issued: Path, tmp_path: Path) -> Desk:
    """A workspace of its own: the ledger is copied, the originals are the issued ones."""
    return copied(issued, tmp_path)


def copied(issued: Path, folder: Path) -> Desk:
    root = folder / "office"
    shutil.copytree(issued, root, ignore=shutil.ignore_patterns("issued", "evidence", "out"))
    (root / "records" / "issued").symlink_to(issued / "records" / "issued", target_is_directory=True)
    return Desk(root, issued)
