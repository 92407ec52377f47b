"""Scanning by other processes and on a Dask cluster: the same fates and events as at home."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from circular_gen.executors import Hands, cluster, here, processes
from circular_gen.returns import scanning
from circular_gen.returns.settling import Fate

from .conftest import Desk, copied, pdf, picture, scan


@pytest.fixture(scope="module")
def pile(issued: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What came back: two units in one file, one unsigned, a checklist in two files, a letter, a bomb, a torn file."""
    desk = Desk(issued, issued)
    folder = tmp_path_factory.mktemp("afar") / "came back"
    folder.mkdir()
    (folder / "1.pdf").write_bytes(pdf([desk.filled("notice", "u01").image, desk.filled("notice", "u02").image]))
    (folder / "2.png").write_bytes(picture(desk.filled("notice", "u03", signed=False).image))
    (folder / "3.jpg").write_bytes(picture(desk.filled("check", "u04", "checklist").image, "JPEG"))
    (folder / "4.png").write_bytes(picture(desk.filled("check", "u04", "checklist", 2).image))
    (folder / "5.png").write_bytes(picture(np.full((1200, 900, 3), 200, np.uint8)))
    Image.new("1", (40_000, 100)).save(folder / "6.png")
    (folder / "7.pdf").write_bytes(b"%PDF-1.7 torn")
    return folder


def told(fates: Sequence[Fate]) -> list[tuple[Any, ...]]:
    return [(fate.file, fate.page, fate.fate, fate.circular, fate.unit, fate.reason, fate.event) for fate in fates]


@pytest.fixture(scope="module")
def at_home(issued: Path, pile: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[tuple[Any, ...]], Any]:
    desk = copied(issued, tmp_path_factory.mktemp("home"))
    return told(scan(desk.root, [pile]).fates), [event.payload for event in desk.events()]


def read_by(hands: Hands, desk: Desk, pile: Path) -> tuple[list[tuple[Any, ...]], Any]:
    return told(scanning.scan(desk.root, [pile], hands=hands).fates), [event.payload for event in desk.events()]


@pytest.mark.parametrize("hands", [here(), processes(2, threads=True)])
def test_other_processes_read_the_same(desk: Desk, pile: Path, at_home: Any, hands: Hands) -> None:
    assert read_by(hands, desk, pile) == at_home
    assert {fate[2] for fate in at_home[0]} >= {"received", "review", "refused"}
    assert [fate[5] for fate in at_home[0] if fate[2] == "refused"] == ["too-large", "damaged"]


def test_a_cluster_reads_the_same(desk: Desk, pile: Path, at_home: Any) -> None:
    distributed = pytest.importorskip("distributed", reason="needs the extra “cluster”")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0, host="127.0.0.1"
    ) as local:
        assert read_by(cluster(local.scheduler_address), desk, pile) == at_home


def test_the_offices_key_stays_at_home(desk: Desk, pile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that is sent holds the key or the ledger's path."""
    import pickle

    from circular_gen.returns import afar

    sent: list[bytes] = []
    read = afar._read

    def spied(piece: Any) -> Any:
        sent.append(pickle.dumps(piece))
        return read(piece)

    monkeypatch.setattr(afar, "_read", spied)
    scanning.scan(desk.root, [pile / "2.png"], hands=here())
    key = (desk.root / "records" / "secret.key").read_bytes()
    secrets = {key, key.strip(), bytes.fromhex(key.decode().strip())} if len(key.strip()) == 64 else {key}
    assert len(sent) == 2
    assert not any(secret in piece for piece in sent for secret in secrets)
    assert not any(str(desk.root).encode() in piece for piece in sent)
