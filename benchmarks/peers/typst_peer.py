"""typst (its Python binding): one compiler kept, the unit's name and QR handed in as inputs."""

from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

import segno
import typst

from benchmarks.paper import FONT_FOLDER, STYLES, Recipient, checklist, receipt, words

FAMILIES = {"fangsong": "Circular Fangsong", "xiaobiaosong": "Noto Serif SC", "hei": "Noto Sans SC"}


def _source() -> str:
    lines = [
        '#set page(paper: "a4", margin: (top: 37mm, bottom: 35mm, left: 28mm, right: 26mm), numbering: "1")',
        "#set par(leading: 12.95pt, spacing: 12.95pt)",
    ]
    for paragraph in words():
        face, size, align, indent, red = STYLES[paragraph.style]
        text = paragraph.text.replace("\\", "\\\\").replace('"', '\\"').replace("{name}", '" + sys.inputs.name + "')
        weight = ', weight: "bold"' if face == "xiaobiaosong" else ""
        fill = ", fill: rgb(255, 0, 0)" if red else ""
        par = f"par(justify: {str(align == 'justify').lower()}, first-line-indent: (amount: {indent}em, all: true))"
        alignment = align if align in ("center", "right") else "left"
        lines.append(
            f'#align({alignment}, {par[:-1]}, text(font: "{FAMILIES[face]}", size: {size}pt{weight}{fill}, "{text}")))'
        )
    lines.append('#image(bytes(sys.inputs.qr), format: "svg", width: 24mm)')
    return "\n".join(lines)


def _forms() -> str:
    """Checklist and receipt, each on a new page with the QR."""
    head, *rows = checklist()
    cells = ", ".join(f"[{cell}]" for row in (head, *rows) for cell in row)
    fields = ", ".join(f"[{label}], [{value}]".replace("[{name}]", "[#sys.inputs.name]") for label, value in receipt())
    text = f'#set text(font: "{FAMILIES["fangsong"]}", size: 12pt)'
    symbol = '#align(right, image(bytes(sys.inputs.qr), format: "svg", width: 24mm))'
    return "\n".join(
        [
            "#pagebreak()",
            text,
            symbol,
            "检查清单 #sys.inputs.name",
            f"#table(columns: (7%, 32%, 16%, 13%, 13%, 19%), {cells})",
            "#pagebreak()",
            symbol,
            "签收回执",
            f"#table(columns: (20%, 80%), {fields})",
        ]
    )


def package_pdf() -> Callable[[Recipient], bytes]:
    return _compiled(_source() + "\n" + _forms())


def circular_pdf() -> Callable[[Recipient], bytes]:
    return _compiled(_source())


def _compiled(text: str) -> Callable[[Recipient], bytes]:
    source = Path(mkdtemp()) / "notice.typ"
    source.write_text(text, encoding="utf-8")
    compiler = typst.Compiler(str(source), font_paths=[str(FONT_FOLDER)], ignore_system_fonts=True)

    def make(recipient: Recipient) -> bytes:
        qr = segno.make(recipient.code, version=3, error="m", mask=2, boost_error=False).svg_inline(scale=4)
        inputs = {"name": recipient.name, "qr": qr.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)}
        return bytes(compiler.compile(format="pdf", sys_inputs=inputs))

    return make
