"""The parent's side of the worker processes: hands them files, watches the clock, kills, starts anew.

In: files, and a function that says whose form a page is by the texts of its symbols. Out: a `Page` for each page, a
`Refusal` for each file or page that is not looked at. A worker that takes too long or dies costs one page. One that
cannot even be started is no fault of a file: WorkerError ends the work.
"""

import json
import multiprocessing
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.output.image_pdf import ImagePage
from circular_gen.returns.pictures import RefusedError
from circular_gen.returns.reports import Attachment, Mail, ReadReceipt, Recipient
from circular_gen.returns.signed import Signature, Trust
from circular_gen.returns.worker import run

PAGE_SECONDS = 30.0
"""For one page, or one file of a ZIP."""
FILE_SECONDS, MORE_SECONDS = 120.0, 2.0
"""For a whole file: so many, and so many more for each page."""
START_SECONDS = 60.0
"""More for a worker's first page: it has libraries to load. And for its start, twice as many."""
_NOBODY = Trust()
_LOSSES = 3
"""Workers that one file may cost."""


class WorkerError(CircularGenError):
    """No worker can be started here: too little memory, or a program that forbids it."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a worker told of a page. `symbols`: the texts of its QR symbols; `ink`: what was read, where the page's form
    is known; `form`: what `Whose` answered; `signatures`: the file's electronic ones."""

    number: int
    total: int
    blank: bool
    marks: int
    symbols: tuple[str, ...]
    form: Any = None
    ink: Mapping[str, Any] | None = None
    signatures: tuple[Signature, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A page (0: the whole file) that was not looked at."""

    number: int
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the parent knows of a page's form. `form`: anything, it comes back with the page; `wanted`: what the worker
    needs to read it, None where there is nothing to read."""

    form: Any
    wanted: Mapping[str, Any] | None


Whose = Callable[[tuple[str, ...]], Answer]
Told = Page | Refusal


@dataclass(slots=True)
class _Worker:
    """`ready`: it has told that it is there; `started`: it has told more than that."""

    process: BaseProcess
    connection: Connection
    ready: bool = False
    started: bool = False


@dataclass(slots=True)
class _Job:
    """A file that a worker is at."""

    place: int
    path: Path
    told: list[Told] = field(default_factory=list)
    signatures: tuple[Signature, ...] = ()
    first: int = 1
    losses: int = 0
    waiting: Page | None = None
    deadline: float = 0.0
    end: float = 0.0


class Workers:
    """A few worker processes; use it in a `with`."""

    def __init__(self, count: int = 1, *, page_seconds: float = PAGE_SECONDS) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._count = max(1, count)
        self._page_seconds = page_seconds
        self._idle: list[_Worker] = []
        self._all: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in list(self._all):
            self._end(worker)

    def _take(self) -> _Worker:
        if self._idle:
            return self._idle.pop()
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=run, args=(theirs,), daemon=True)
        with _children_allowed():
            process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._all.append(worker)
        return worker

    def _greet(self, worker: _Worker) -> None:
        """Wait until the worker is there. WorkerError."""
        if worker.ready:
            return
        with suppress(EOFError, OSError):
            worker.ready = worker.connection.poll(2 * START_SECONDS) and bool(worker.connection.recv_bytes())
        if not worker.ready:
            raise self._stillborn(worker)

    def _stillborn(self, worker: _Worker) -> WorkerError:
        self._end(worker)
        message = _(
            "the part of the program that opens returned files cannot be started (exit code {code}); nothing was read: "
            "close other programs, or see whether a virus scanner holds it, and try again"
        )
        return WorkerError(message.format(code=worker.process.exitcode))

    def _end(self, worker: _Worker) -> None:
        self._all.remove(worker)
        worker.connection.close()
        worker.process.kill()
        worker.process.join()

    # -- reading

    def read(self, paths: Iterable[Path], whose: Whose, trust: Trust = _NOBODY) -> Iterator[tuple[int, list[Told]]]:
        """What the pages of each file say, as (the file's place in `paths`, its pages), in no certain order. `trust`:
        whose electronic signatures count."""
        certificates = [[b64encode(der).decode() for der in ders] for ders in trust]
        waiting = deque(_Job(place, path) for place, path in enumerate(paths))
        busy: dict[Connection, tuple[_Worker, _Job]] = {}
        while waiting or busy:
            while waiting and len(busy) < self._count:
                job = waiting.popleft()
                worker = self._take()
                self._start(worker, job, certificates)
                busy[worker.connection] = (worker, job)
            ready = wait(list(busy), timeout=0.5)
            now = time.monotonic()
            for connection in list(busy):
                worker, job = busy[connection]
                if connection in ready:
                    fate = self._hear(worker, job, whose)
                elif now > min(job.deadline, job.end):
                    fate = self._lose(worker, job, "too-slow")
                else:
                    continue
                if fate == "going":
                    continue
                del busy[connection]
                if fate == "again":
                    waiting.appendleft(job)
                else:
                    if fate == "done":
                        self._idle.append(worker)
                    yield job.place, job.told

    def _start(self, worker: _Worker, job: _Job, trust: Sequence[Sequence[str]]) -> None:
        now, start = time.monotonic(), 0.0 if worker.ready else 2 * START_SECONDS
        job.deadline = now + start + self._page_seconds + (0.0 if worker.started else START_SECONDS)
        job.end = job.end or now + start + FILE_SECONDS
        with suppress(OSError):  # it has died: that is heard
            _tell(worker.connection, {"do": "read", "path": str(job.path), "first": job.first, "trust": trust})

    def _hear(self, worker: _Worker, job: _Job, whose: Whose) -> str:
        """Take one message: going, done, lost or again."""
        try:
            said = json.loads(worker.connection.recv_bytes())
            if "ready" in said:
                worker.ready = True
                job.deadline = time.monotonic() + self._page_seconds + START_SECONDS
                return "going"
            worker.started = True
            if "end" in said:
                return "done"
            job.deadline = time.monotonic() + self._page_seconds
            if "signatures" in said:
                job.signatures = tuple(Signature(**{**one, "names": tuple(one["names"])}) for one in said["signatures"])
                return "going"
            if "page" not in said:
                job.told.append(Refusal(0, said["refused"], said["detail"]))
                return "done"
            if "refused" in said:
                job.told.append(Refusal(said["page"], said["refused"], said["detail"]))
                job.end += MORE_SECONDS
                job.first = said["page"] + 1
                return "going"
            if "ink" in said:
                page = job.waiting
                assert page is not None
                job.waiting = None
                job.told.append(replace(page, ink=said["ink"]))
                job.first = page.number + 1
                return "going"
            job.end += MORE_SECONDS
            answer = whose(tuple(said["symbols"]))
            page = Page(
                said["page"],
                said["total"],
                said["blank"],
                said["marks"],
                tuple(said["symbols"]),
                answer.form,
                signatures=job.signatures,
            )
            if answer.wanted is None:
                job.told.append(page)
                job.first = page.number + 1
            else:
                job.waiting = page
            _tell(worker.connection, answer.wanted)
        except (EOFError, OSError, ValueError, KeyError, AssertionError):
            return self._lose(worker, job, "damaged")
        return "going"

    def _lose(self, worker: _Worker, job: _Job, reason: str) -> str:
        """A worker died or took too long: the page that it was at is refused, and the next one goes on after it.
        WorkerError where it never was there."""
        if not worker.ready:
            raise self._stillborn(worker)
        self._end(worker)
        job.losses += 1
        job.waiting = None
        job.told.append(Refusal(job.first, reason))
        job.first += 1
        total = max([page.total for page in job.told if isinstance(page, Page)], default=0)
        if (total and job.first > total) or time.monotonic() > job.end:
            return "lost"
        if job.losses >= _LOSSES:
            job.told += [Refusal(number, reason) for number in range(job.first, total + 1)]
            return "lost"
        return "again"

    # -- the rest

    @contextmanager
    def _one(self, end: float) -> Iterator[Callable[[Mapping[str, Any] | None], bytes]]:
        """A worker for one piece of work, until `end`: a function that tells it something, or nothing, and gives its
        next words. RefusedError where it dies or breaks off; then, and whatever else goes wrong, it is done away with.
        """
        worker = self._take()
        self._greet(worker)

        def hear(asked: Mapping[str, Any] | None = None) -> bytes:
            if asked is not None:
                _tell(worker.connection, asked)
            patience = min(self._page_seconds, end - time.monotonic()) + (0.0 if worker.started else START_SECONDS)
            worker.started = True
            if patience <= 0 or not worker.connection.poll(patience):
                raise RefusedError("too-slow")
            return worker.connection.recv_bytes()

        try:
            yield hear
        except (EOFError, OSError, ValueError, KeyError):
            self._end(worker)
            raise RefusedError("damaged") from None
        except BaseException:
            self._end(worker)
            raise
        self._idle.append(worker)

    def unpack(self, path: Path) -> Iterator[tuple[str, bytes | Refusal]]:
        """The files in a ZIP by name. RefusedError for the whole."""
        with self._one(time.monotonic() + FILE_SECONDS) as hear:
            said = json.loads(hear({"do": "unpack", "path": str(path)}))
            while "end" not in said:
                if "member" not in said:
                    raise RefusedError(said["refused"], said["detail"])
                if "refused" in said:
                    yield said["member"], Refusal(0, said["refused"], said["detail"])
                else:
                    yield said["member"], hear(None)
                said = json.loads(hear(None))

    def mail(self, path: Path) -> Mail:
        """What the message in the file is, with its attachments. RefusedError."""
        with self._one(time.monotonic() + FILE_SECONDS) as hear:
            said = json.loads(hear({"do": "mail", "path": str(path)}))
            if "mail" not in said:
                raise RefusedError(said["refused"], said["detail"])
            told = said["mail"]
            files = [Attachment(data=hear(None), **file) for file in told["attachments"]]
        lists = {name: tuple(told[name]) for name in ("to", "refers")}
        recipients = tuple(Recipient(**recipient) for recipient in told["recipients"])
        receipt = ReadReceipt(**told["receipt"]) if told["receipt"] else None
        return Mail(**{**told, **lists, "recipients": recipients, "receipt": receipt, "attachments": tuple(files)})

    def straighten(self, path: Path, marks: Callable[[tuple[str, ...]], object]) -> Iterator[ImagePage]:
        """The file's pages upright, as JPEGs. `marks`: where a page with these symbols has its marks, None where nobody
        knows. RefusedError where any page cannot be shown."""
        with self._one(time.monotonic() + FILE_SECONDS) as hear:
            said = json.loads(hear({"do": "straighten", "path": str(path)}))
            while "symbols" in said:
                page = json.loads(hear({"marks": marks(tuple(said["symbols"]))}))
                if "refused" in page:
                    said = page
                    break
                yield ImagePage(hear(None), **page)
                said = json.loads(hear(None))
        if "refused" in said:  # the worker is ready for the next one
            raise RefusedError(said["refused"], said["detail"])

    def crop(self, path: Path, number: int, form: Mapping[str, Any] | None) -> bytes:
        """A page as a PNG for a person. RefusedError."""
        with self._one(time.monotonic() + self._page_seconds) as hear:
            data = hear({"do": "crop", "path": str(path), "page": number, "form": form})
        if not data.startswith(b"\x89PNG"):
            said = json.loads(data)
            raise RefusedError(said["refused"], said["detail"])
        return data


@contextmanager
def _children_allowed() -> Iterator[None]:
    """Dask's workers are daemons, and multiprocessing lets those have no children, which they could not end. Ours end
    by themselves when the pipe to their parent does."""
    config: dict[str, Any] = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    daemon = config.get("daemon", False)
    config["daemon"] = False
    try:
        yield
    finally:
        config["daemon"] = daemon


def _tell(connection: Connection, asked: Mapping[str, Any] | None) -> None:
    connection.send_bytes(json.dumps(asked).encode())
