"""The process that opens annex files: `python -m circular_gen.annexes.worker`. It has little memory and is killed when
it takes too long.

In, on standard input: a line of JSON that says what the file is, then its bytes. Out, on standard output: a pickled
`Content`, or the message of an `UnreadableError`. It is our own program run on files that others may have made: a
decoder that loops or fills the memory ends this process and nothing else.
"""

import contextlib
import json
import pickle
import sys

from circular_gen.annexes.content import Content, UnreadableError
from circular_gen.messages import _

MEMORY = 3 << 30
"""Bytes of address space; a good part of it are libraries'."""


def read_here(
    data: bytes, suffix: str, sheet: str = "", cells: str = "", pages: str = "", caption: str = ""
) -> Content:
    """What the file of `data` holds, read in this process; `suffix` with its dot. UnreadableError."""
    kind = {".jpeg": ".jpg"}.get(suffix.lower(), suffix.lower())
    _right_kind(data, kind)
    if kind == ".csv":
        from circular_gen.annexes.sheets import read_csv

        return read_csv(data)
    if kind == ".xlsx":
        from circular_gen.annexes.sheets import read_workbook

        return read_workbook(data, sheet, cells)
    if kind == ".docx":
        from circular_gen.annexes.word import read_word

        return read_word(data)
    if kind == ".pdf":
        from circular_gen.annexes.pages import read_pdf

        return read_pdf(data, pages)
    if kind == ".svg":
        from circular_gen.annexes.pictures import read_svg

        return read_svg(data)
    from circular_gen.annexes.pictures import read_picture

    return read_picture(data, caption, "")


_MAGIC = {
    b"%PDF-": (".pdf", "PDF"),
    b"PK\x03\x04": (".zip", "ZIP"),
    b"\xd0\xcf\x11\xe0": (".ole", "Office"),
    b"\xff\xd8\xff": (".jpg", "JPEG"),
    b"\x89PNG\r\n\x1a\n": (".png", "PNG"),
}
_WANTED = {".pdf": (".pdf",), ".docx": (".zip", ".ole"), ".xlsx": (".zip", ".ole"), ".png": (".png", ".jpg"),
           ".jpg": (".png", ".jpg")}  # fmt: skip


def _right_kind(data: bytes, kind: str) -> None:
    """What a file is, its first bytes say, not its name."""
    if not data:
        raise UnreadableError(_("the file is empty"))
    found = next((known for magic, known in _MAGIC.items() if data.startswith(magic)), None)
    if kind in _WANTED and (found is None or found[0] not in _WANTED[kind]):
        if found is None:
            raise UnreadableError(_("the file is damaged, or no {kind}").format(kind=kind[1:]))
        raise UnreadableError(_("the file is called {kind} and is a {found}").format(kind=kind[1:], found=found[1]))
    if kind == ".csv" and found is not None:
        raise UnreadableError(_("the file is called {kind} and is a {found}").format(kind="csv", found=found[1]))


def main() -> None:
    asked = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read()
    _limit()
    out = sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing that a library prints comes between
    try:
        content = read_here(data, **asked)
    except UnreadableError as error:
        out.write(b"-" + error.message.encode())
    except MemoryError:
        out.write(b"-" + _("the file needs too much memory").encode())
    except Exception as error:  # noqa: BLE001 (whatever a decoder throws, the file cannot be used)
        reason = _("the file cannot be read ({reason})").format(reason=type(error).__name__)
        out.write(b"-" + reason.encode())
    else:
        out.write(b"+" + pickle.dumps(content))
    out.flush()


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows: the bounds of sizes and time hold alone
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
