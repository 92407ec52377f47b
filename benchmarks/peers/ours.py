"""circular-gen itself: compile once, stamp every unit."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.paper import NOTICE, UNITS, Recipient, recipients
from circular_gen.press import Press
from circular_gen.resources import TEMPLATES
from circular_gen.workspace import Copy, Unit, open_workspace
from circular_gen.workspace.codes import Codes
from circular_gen.workspace.new import new_workspace

QR = '  <qr payload="{{ unit.code }}" size="24"/>\n'
"""One a copy, under the title: what the other contestants draw too."""


def press_and_copies(count: int = UNITS) -> tuple[Press, dict[Recipient, Copy]]:
    """The press of the notice for `count` units, and every recipient's copy: what planning gives before anything is
    made."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "office"
        new_workspace(root)
        template = (TEMPLATES / "circular.xml.j2").read_text(encoding="utf-8")
        (root / "templates").mkdir(exist_ok=True)
        with_qr = template.replace("<body>", QR + "  <body>", 1)
        assert with_qr != template
        (root / "templates" / "circular.xml.j2").write_text(with_qr, encoding="utf-8")
        workspace = open_workspace(root)
        circular = workspace.circular(NOTICE).model_copy(update={"address": "each", "annexes": ()})
        press = Press(workspace, circular, Codes(b"b" * 32))
    one = next(copy for copy in press.copies if copy.role == "addressee")
    copies = {
        recipient: replace(one, unit=Unit(id="u" + recipient.code[3:15].lower(), name=recipient.name))
        for recipient in recipients(count)
    }
    press.copies = tuple(copies.values())
    return press, copies


def circular_pdf() -> Callable[[Recipient], bytes]:
    press, copies = press_and_copies()
    return lambda recipient: press.paper_pdf("circular", copies[recipient])


def circular_docx() -> Callable[[Recipient], bytes]:
    press, copies = press_and_copies()
    return lambda recipient: press.paper_docx("circular", copies[recipient])


def package_docx(count: int = UNITS) -> Callable[[Recipient], bytes]:
    press, copies = press_and_copies(count)

    def make(recipient: Recipient) -> bytes:
        copy = copies[recipient]
        return b"".join([press.paper_docx(kind, copy) for kind, _sheet in press.sheets(copy)])

    return make


def package_pdf(count: int = UNITS) -> Callable[[Recipient], bytes]:
    press, copies = press_and_copies(count)
    return lambda recipient: press.writer.write(press.package(copies[recipient]))
