"""The parent's side of the worker processes: hands them files, watches the clock, kills, starts anew.

In: files, and a function that says whose form a page is by the texts of its symbols. Out: a `Page` for each page, a
`Refusal` for each file or page that is not looked at. A worker that takes too long or dies costs one page. That one
cannot be started is no fault of a file: it is tried again, and given all the time that a busy machine may need; then
WorkerError ends the work.
"""

import json
import multiprocessing
import sys
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType, TracebackType
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
FIRST_SECONDS = 60.0
"""More for a worker's first page: it has libraries to load."""
START_SECONDS = 600.0
"""Until a worker says that it is there. No file is open yet, so that nothing hostile can use them up."""
_STARTS, _PAUSE = 3, 1.0
"""How often one is started before we give up, and the seconds between: memory and processes that are short now may be
there in a moment."""
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
    """`ready`: it has told that it is there; `loaded`: it was given work before."""

    process: BaseProcess
    connection: Connection
    ready: bool = False
    loaded: bool = False


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

    def _take(self, count: int = 1) -> list[_Worker]:
        """So many workers that are there; new ones start side by side. WorkerError."""
        taken = [self._idle.pop() if self._idle else self._start() for _one in range(count)]
        return [self._there(worker) for worker in taken]

    def _start(self) -> _Worker | OSError:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=run, args=(theirs,), daemon=True)
        try:
            with _children_allowed(), _without_main():
                process.start()
        except OSError as error:  # no more processes, or no memory for one
            ours.close()
            return error
        finally:
            theirs.close()
        worker = _Worker(process, ours)
        self._all.append(worker)
        return worker

    def _there(self, worker: _Worker | OSError) -> _Worker:
        """The worker once it says that it is there; where it dies before, another in its place. WorkerError."""
        for trial in range(1, _STARTS + 1):
            if isinstance(worker, OSError):
                reason = worker.strerror or str(worker)
            elif worker.ready or self._greeted(worker):
                return worker
            else:
                late = worker.process.exitcode is None
                self._end(worker)
                if late:
                    reason = _("no answer in {seconds:.0f} seconds").format(seconds=START_SECONDS)
                    break
                reason = _("exit code {code}").format(code=worker.process.exitcode)
            if trial < _STARTS:
                time.sleep(_PAUSE)
                worker = self._start()
        message = _(
            "the part of the program that opens returned files cannot be started ({reason}): close other programs, "
            "or see whether a virus scanner holds it, and try again"
        )
        raise WorkerError(message.format(reason=reason))

    def _greeted(self, worker: _Worker) -> bool:
        """Wait until the worker is there, or has died."""
        with suppress(EOFError, OSError):
            if not worker.connection.poll(START_SECONDS):
                return False
            worker.ready = bool(worker.connection.recv_bytes())
            return worker.ready
        worker.process.join(10.0)  # it has hung up, and is on its way out
        return False

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
            for worker in self._take(min(len(waiting), self._count - len(busy))):
                job = waiting.popleft()
                self._hand(worker, job, certificates)
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

    def _hand(self, worker: _Worker, job: _Job, trust: Sequence[Sequence[str]]) -> None:
        now = time.monotonic()
        job.deadline = now + self._page_seconds + (0.0 if worker.loaded else FIRST_SECONDS)
        job.end = job.end or now + FILE_SECONDS
        with suppress(OSError):  # it has died: that is heard
            _tell(worker.connection, {"do": "read", "path": str(job.path), "first": job.first, "trust": trust})

    def _hear(self, worker: _Worker, job: _Job, whose: Whose) -> str:
        """Take one message: going, done, lost or again."""
        try:
            said = json.loads(worker.connection.recv_bytes())
            worker.loaded = True
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
        """A worker died or took too long: the page that it was at is refused, and the next one goes on after it."""
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
    def _one(self, seconds: float) -> Iterator[Callable[[Mapping[str, Any] | None], bytes]]:
        """A worker for one piece of work, for so long: a function that tells it something, or nothing, and gives its
        next words. RefusedError where it dies or breaks off; then, and whatever else goes wrong, it is done away with.
        """
        (worker,) = self._take()
        end = time.monotonic() + seconds

        def hear(asked: Mapping[str, Any] | None = None) -> bytes:
            if asked is not None:
                _tell(worker.connection, asked)
            patience = min(self._page_seconds, end - time.monotonic()) + (0.0 if worker.loaded else FIRST_SECONDS)
            worker.loaded = True
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
        with self._one(FILE_SECONDS) as hear:
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
        with self._one(FILE_SECONDS) as hear:
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
        with self._one(FILE_SECONDS) as hear:
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
        with self._one(self._page_seconds) as hear:
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


@contextmanager
def _without_main() -> Iterator[None]:
    """A spawned process runs its parent's main module first, as far as its `if __name__ == "__main__"`, and a program
    without one as a whole: a second time, and without an end. Ours needs nothing of it."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _tell(connection: Connection, asked: Mapping[str, Any] | None) -> None:
    connection.send_bytes(json.dumps(asked).encode())
