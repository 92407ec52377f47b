"""A circular's annex files → what they hold.

In: a circular, and its folder. Out: for each file a `Content`; errors as findings where the YAML names the file.
A file is read in a process of its own, within bounds of time and memory, once for its bytes.
"""

import hashlib
import json
import os
import pickle
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from circular_gen.annexes.content import FILE_LIMIT, Content
from circular_gen.messages import _
from circular_gen.sheet.blocks import Block, Cell, File, Paragraph, Table
from circular_gen.workspace import Circular, Finding, WorkspaceError
from circular_gen.workspace.circular import MARKING, Annex
from circular_gen.workspace.reading import At, Document, classified, read

SECONDS = 90.0
"""For one file."""
_KEPT = 32
_contents: OrderedDict[tuple[str, ...], Content | str] = OrderedDict()
"""What was read last, by the bytes' hash and what was asked."""


@dataclass(frozen=True, slots=True)
class AnnexFile:
    """An annex that is a file. `number`: of the annex, from 0; `content`: what it holds, or why it cannot be read."""

    number: int
    annex: Annex
    content: Content | str


def placeholder(annex: Annex) -> File:
    """How a sheet names the file."""
    return File(annex.file, annex.sheet, annex.range, annex.pages, annex.caption)


def annex_files(circular: Circular) -> Iterator[AnnexFile]:
    """Every annex of `circular` that is a file."""
    for number, annex in enumerate(circular.annexes):
        if annex.file:
            yield AnnexFile(number, annex, content_of(circular.folder, placeholder(annex)))


def contents(circular: Circular) -> Mapping[File, Content]:
    """What the files of `circular` hold; WorkspaceError with every one that cannot be an annex."""
    found = list(annex_files(circular))
    if any(isinstance(file.content, str) for file in found):
        document = read(circular.path)[0]
        assert document is not None
        raise WorkspaceError(finding for file in found for finding in _errors(file, document))
    return {placeholder(file.annex): file.content for file in found if isinstance(file.content, Content)}


def findings(circular: Circular, document: Document) -> Iterator[Finding]:
    """What is wrong with the annex files, and what of them does not appear on the paper."""
    for file in annex_files(circular):
        yield from _errors(file, document)
        if isinstance(file.content, Content):
            for notice in file.content.notices:
                message = f"{file.annex.file}: {notice}"
                yield document.finding("warning", "annex-changed", message, at_file(document, file.number))
            for text in texts(file.content.blocks):
                if marking := MARKING.fullmatch(text):
                    message = f"{file.annex.file}: {classified(marking[1])}"
                    yield document.finding("error", "classified", message, at_file(document, file.number))


def at_file(document: Document, number: int) -> At:
    """Where annex `number` (from 0) names its file."""
    annexes = document.at((), "circular", "annexes")
    return document.at((*annexes, number), "annex", "file")


def _errors(file: AnnexFile, document: Document) -> Iterator[Finding]:
    if isinstance(file.content, str):
        message = f"{file.annex.file}: {file.content}"
        yield document.finding("error", "annex-file", message, at_file(document, file.number))


def texts(blocks: tuple[Block, ...]) -> Iterator[str]:
    """Every text of `blocks`."""
    for block in blocks:
        if isinstance(block, Paragraph):
            yield block.heading + block.text
        elif isinstance(block, Table):
            for row in block.rows:
                for cell in row.cells:
                    yield _cell_text(cell)


def _cell_text(cell: Cell) -> str:
    return "".join(part for part in cell.content if isinstance(part, str))


def content_of(folder: Path, file: File) -> Content | str:
    """What `file` in `folder` holds, or one line about why it cannot be read."""
    path = folder / file.name.replace("\\", "/")
    try:
        size = path.stat().st_size
        if size > FILE_LIMIT:
            message = _("the file has {size:.1f} MB; at most {limit:.0f} MB are read")
            return message.format(size=size / 1e6, limit=FILE_LIMIT / 1e6)
        data = path.read_bytes()
    except OSError as error:
        return _("the file cannot be opened ({reason})").format(reason=error.strerror or error)
    asked = {
        "suffix": path.suffix,
        "sheet": file.sheet,
        "cells": file.range,
        "pages": file.pages,
        "caption": file.caption,
    }
    key = (hashlib.sha256(data).hexdigest(), *asked.values())
    if key not in _contents:
        _contents[key] = read_apart(data, asked)
        if len(_contents) > _KEPT:
            _contents.popitem(last=False)
    return _contents[key]


def read_apart(data: bytes, asked: Mapping[str, str], seconds: float = SECONDS) -> Content | str:
    """The same as `worker.read_here`, in a process of its own that may take `seconds`."""
    command = [sys.executable, "-m", "circular_gen.annexes.worker"]
    # The child finds this very program, however this process came to it.
    package = str(Path(__file__).parents[2])
    search = os.pathsep.join(dict.fromkeys([package, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]))
    environment = os.environ | {"PYTHONPATH": search.rstrip(os.pathsep)}
    try:
        done = subprocess.run(  # noqa: S603 (our own program)
            command,
            input=json.dumps(dict(asked)).encode() + b"\n" + data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _("reading the file takes too long; save it anew, or as a PDF")
    if done.stdout.startswith(b"+") and not done.returncode:
        content: Content = pickle.loads(done.stdout[1:])  # noqa: S301 (from our own program)
        return content
    if done.stdout.startswith(b"-"):
        return done.stdout[1:].decode()
    return _("the file is damaged: reading it ended in the middle")


__all__ = [
    "AnnexFile",
    "Content",
    "annex_files",
    "content_of",
    "contents",
    "findings",
    "placeholder",
    "read_apart",
    "texts",
]
