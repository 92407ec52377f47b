"""Work handed out: in order, not too much at a time, and done again where a worker dies."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from circular_gen.errors import CircularGenError, UsageError
from circular_gen.executors import Hands, cluster, here, in_order, processes


def slow_first(piece: int) -> int:
    time.sleep(0.3 if piece == 0 else 0)
    return piece * piece


def deadly(piece: tuple[int, Path]) -> int:
    """Kills its process at the third piece, once for each file that is there."""
    number, folder = piece
    if number == 3 and (left := list(folder.iterdir())):
        left[0].unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def wrong(piece: int) -> int:
    if piece == 2:
        raise CircularGenError("two is wrong")
    return piece


@pytest.mark.parametrize("hands", [here(), processes(1), processes(2), processes(2, threads=True)])
def test_results_come_in_the_order_of_the_pieces(hands: Hands) -> None:
    assert list(in_order(hands, slow_first, range(8))) == [(piece, piece * piece) for piece in range(8)]
    assert list(in_order(hands, slow_first, ())) == []


def test_pieces_are_taken_as_results_are_taken() -> None:
    taken = []

    def pieces() -> Iterator[int]:
        for piece in range(100):
            taken.append(piece)
            yield piece

    results = in_order(Hands(lambda: ThreadPoolExecutor(2), 2), slow_first, pieces())
    for number in range(10):
        next(results)
        assert len(taken) <= number + 5
    results.close()  # type: ignore[attr-defined]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is a POSIX thing")
def test_a_piece_whose_worker_died_is_done_again(tmp_path: Path) -> None:
    (tmp_path / "once").touch()
    results = in_order(processes(2), deadly, ((number, tmp_path) for number in range(8)))
    assert [result for _piece, result in results] == [number * number for number in range(8)]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is a POSIX thing")
def test_workers_that_die_again_and_again_are_given_up(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / str(number)).touch()
    with pytest.raises(CircularGenError, match="3"):
        list(in_order(processes(2), deadly, ((number, tmp_path) for number in range(8))))
    assert len(list(tmp_path.iterdir())) >= 3


@pytest.mark.parametrize("hands", [here(), processes(2)])
def test_an_error_is_raised_here(hands: Hands) -> None:
    with pytest.raises(CircularGenError, match="two"):
        list(in_order(hands, wrong, range(6)))


def test_no_cluster_is_said_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("circular_gen.executors._PATIENCE", 1)
    with pytest.raises(CircularGenError, match=r"127\.0\.0\.1"):
        cluster("tcp://127.0.0.1:9")


def test_a_cluster_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(UsageError, match="cluster"):
        cluster("tcp://127.0.0.1:9")
