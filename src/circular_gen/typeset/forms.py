"""What only papers that come back have in their text: areas to sign and seal, QR symbols in the flow.

In: blocks. Out: pieces with named places. What stands on every page of a form is in `furniture`. All lengths are mm.
"""

from circular_gen.sheet.blocks import Qr, Sign, Signs
from circular_gen.typeset.flow import Metrics
from circular_gen.typeset.measures import Area
from circular_gen.typeset.page import Frame, Item, Place, Symbol
from circular_gen.typeset.setting import Items, Lines
from circular_gen.typeset.text import Typist


def set_signs(block: Signs, typist: Typist, area: Area) -> Lines:
    """Areas side by side with the spare room between them; those that do not fit form the next row. One piece a row."""
    measures = typist.measures
    gap = measures.table_gap
    rows: list[list[Sign]] = []
    for sign in block.areas:
        used = sum(other.width + gap for other in rows[-1]) if rows else 0.0
        if not rows or used + sign.width > area.width:
            rows.append([])
        rows[-1].append(sign)
    metrics: list[Metrics] = []
    items: list[Items] = []
    for row in rows:
        spare = area.width - sum(sign.width for sign in row)
        apart = max(gap, spare / (len(row) - 1)) if len(row) > 1 else 0.0
        x = area.left
        drawn: list[Item] = []
        places: list[Place] = []
        for sign in row:
            width = min(sign.width, area.width)
            drawn.append(Frame(x, 0.0, width, sign.height, measures.table_rule))
            margin = measures.table_margin
            lines = typist.set([(sign.label, "form_label")], x + margin, width - 2 * margin, 0.0, align="left")
            for number, line in enumerate(lines):
                y = measures.table_padding + number * measures.pitch("form_label") + typist.baseline("form_label")
                drawn += typist.lowered(line, y)
            places.append(Place(sign.name, sign.kind, x, 0.0, width, sign.height))
            x += width + apart
        metrics.append(Metrics(max(sign.height for sign in row), gap, places=tuple(places)))
        items.append(tuple(drawn))
    return Lines(tuple(metrics), tuple(items), "sign")


def set_qr(block: Qr, typist: Typist, area: Area) -> Lines:
    """A symbol with its quiet zone, and its caption under it."""
    measures = typist.measures
    spare = area.width - block.size
    left = area.left + (spare if block.align == "right" else spare / 2 if block.align == "center" else 0.0)
    quiet = block.size * measures.qr_quiet / (measures.qr_size + 2 * measures.qr_quiet)
    items: list[Item] = [Symbol(block.payload, left + quiet, quiet, block.size - 2 * quiet)]
    height = block.size
    if block.caption:
        y = height + typist.baseline("code")
        items += typist.sized(block.caption, "code", measures.size("code"), 1.0, left, block.size, y)
        height += measures.pitch("code")
    return Lines((Metrics(height),), (tuple(items),), "code")
