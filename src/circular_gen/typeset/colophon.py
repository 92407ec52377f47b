"""版记: copies to, printing office and date, between rules at the foot of the last page (clause 7.4; letters 10.1).

In: a `Colophon`. Out: one piece; the flow sets its lower edge, the middle of its last rule, on that of the type area.
All lengths are mm.
"""

from circular_gen.sheet.blocks import Colophon
from circular_gen.typeset.flow import Metrics
from circular_gen.typeset.page import Item, Rule
from circular_gen.typeset.setting import Items, Lines
from circular_gen.typeset.text import Typist


def set_colophon(block: Colophon, typist: Typist, letter: bool) -> Lines:
    """The colophon as one piece; a letter's has neither rules nor a printing line. One that is taller than a page has
    its lines closer together."""
    measures = typist.measures
    area = measures.area(False)
    inset = measures.colophon_inset
    width = area.width - 2 * inset

    receivers: list[Items] = []
    for label, text in (("主送：", block.addressees), ("抄送：", block.cc)):
        if text:
            ending = "" if text.endswith("。") else "。"
            runs = [(label + text + ending, "colophon")]
            receivers += typist.set(runs, area.left + inset, width, 0.0, rest=typist.width(label, "colophon"))
    printed: list[list[Items]] = []
    if (block.printed_by or block.printed_on) and not letter:
        on = f"{block.printed_on}印发" if block.printed_on else ""
        room = width - typist.width(on, "colophon") - inset * bool(on)
        by = typist.set([(block.printed_by, "colophon")], area.left + inset, room, 0.0, align="left")
        printed = [[line] for line in by]
        if on:
            printed[-1] += typist.set([(on, "colophon")], area.left + inset, width, 0.0, align="right")

    usual = measures.pitch("colophon")
    lines = [[line] for line in receivers] + printed
    pitch = min(usual, max(area.bottom - area.top, 0.0) / max(1, len(lines)))
    pitch = max(pitch, measures.table_line("colophon"))
    baseline = typist.baseline("colophon") - (usual - pitch) / 2
    items: list[Item] = []
    for number, parts in enumerate(lines):
        for part in parts:
            items += typist.lowered(part, number * pitch + baseline)
    bounds = [0.0] + [len(receivers) * pitch] * bool(receivers) + [len(lines) * pitch] * bool(printed)
    """Where rules stand, from the top."""
    y = len(lines) * pitch
    if not letter and y:
        for number, top in enumerate(bounds):
            thickness = measures.colophon_rules[0 if number in (0, len(bounds) - 1) else 1]
            items.append(Rule(area.left, top - thickness / 2, area.width, thickness))
    return Lines((Metrics(y),), (tuple(items),), "colophon")
