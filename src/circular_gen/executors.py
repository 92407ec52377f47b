"""Where work is done: in this process, in processes of this computer, or on a Dask cluster. One way to hand it out.

In: a function that any process can import, and pieces of work that share nothing and may be done twice. Out: each
piece with what the function made of it, in the order of the pieces, however many hands there are. Pieces are handed
out as results are taken, so that neither the work nor its results pile up; a piece whose worker died is done again.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any, TypeVar

from circular_gen.errors import CircularGenError, UsageError
from circular_gen.messages import _

P = TypeVar("P")
R = TypeVar("R")

_AHEAD = 2
"""Pieces in hand for each worker: one that it does, one that waits for it."""
_TRIES = 3
"""Times that the workers may all die before the work is given up."""
_PATIENCE = 10
"""Seconds in which a cluster has to answer."""


@dataclass(frozen=True, slots=True)
class Hands:
    """Workers. `start`: makes their executor, None where the work is done in this process; `count`: how many they are;
    `lost`: what the executor raises when it is of no more use."""

    start: Callable[[], Executor] | None = None
    count: int = 1
    lost: tuple[type[BaseException], ...] = field(default=(BrokenProcessPool, CancelledError))


def here() -> Hands:
    """This process alone."""
    return Hands()


def processes(count: int | None = None, *, threads: bool = False) -> Hands:
    """`count` processes of this computer (default: one a core). `threads`: this process has threads, which a forked one
    would not survive."""
    count = count or os.cpu_count() or 1
    context = get_context("spawn") if threads else None
    return Hands(lambda: ProcessPoolExecutor(count, context), count) if count > 1 else here()


def cluster(address: str) -> Hands:
    """The workers of the Dask cluster whose scheduler is at `address` (tcp://host:8786). UsageError without the package
    `distributed`, CircularGenError where nobody answers or the cluster has no worker."""
    try:
        from distributed import Client
    except ImportError:
        raise UsageError(_("--cluster needs the extra “cluster”: pip install 'circular-gen[cluster]'")) from None

    def connected() -> Any:
        try:
            return Client(address, timeout=_PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            message = _("no cluster answers at {address}: {reason}")
            raise CircularGenError(message.format(address=address, reason=str(error).split("\n")[0])) from None

    with connected() as client:
        count = len(client.nthreads())
    if not count:
        raise CircularGenError(_("the cluster at {address} has no workers").format(address=address))
    return Hands(lambda: _ClusterExecutor(connected()), count)


class _ClusterExecutor(Executor):
    """The executor of a Dask client, which ends with it. A worker's death is the scheduler's affair: it gives the
    piece to another one."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._executor: Executor = client.get_executor(pure=False, retries=_TRIES)

    def submit(self, fn: Callable[..., R], /, *args: Any, **kwargs: Any) -> "Future[R]":
        return self._executor.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._executor.shutdown(wait=wait and not cancel_futures)  # what Dask does not wait for it cancels
        self._client.close()


def in_order(hands: Hands, function: Callable[[P], R], pieces: Iterable[P]) -> Iterator[tuple[P, R]]:
    """Every piece with `function(piece)`, in order. What the function raises is raised here. CircularGenError where the
    workers die again and again."""
    if hands.start is None:
        for piece in pieces:
            yield piece, function(piece)
        return
    coming = iter(pieces)
    waiting: deque[tuple[P, Future[R] | None]] = deque()
    losses = 0
    executor = hands.start()
    try:
        while True:
            try:
                while len(waiting) < hands.count * _AHEAD and (piece := next(coming, _END)) is not _END:
                    waiting.append((piece, None))
                for place, (piece, future) in enumerate(waiting):
                    if future is None:
                        waiting[place] = (piece, executor.submit(function, piece))
                if not waiting:
                    return
                piece, future = waiting[0]
                assert future is not None
                result = future.result()
            except hands.lost:
                losses += 1
                executor.shutdown(wait=False, cancel_futures=True)
                if losses >= _TRIES:
                    message = _("the worker processes died {count} times; is there enough memory?")
                    raise CircularGenError(message.format(count=losses)) from None
                waiting = deque((piece, _finished(future)) for piece, future in waiting)
                executor = hands.start()
                continue
            waiting.popleft()
            yield piece, result
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


_END: Any = object()


def _finished(future: "Future[R] | None") -> "Future[R] | None":
    """The future if it has its result, None where its piece is to be done again."""
    return (
        future if future is not None and future.done() and not future.cancelled() and not future.exception() else None
    )
