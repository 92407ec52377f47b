"""版头: urgency, issuer mark, document number, red rule (clause 7.2; letters and orders clause 10).

In: the blocks of a head. Out: one piece at the top of page 1, whose lower edge is where the rest begins. The mark and
the rule are placed by their ink, as the standard measures them. All lengths are mm.
"""

from dataclasses import dataclass
from typing import Literal

from circular_gen.sheet.blocks import Format, Mark, Number, Urgency
from circular_gen.typeset.flow import Metrics
from circular_gen.typeset.page import Item, Rule
from circular_gen.typeset.setting import Lines
from circular_gen.typeset.text import Typist

_LABEL = "签发人："


@dataclass(frozen=True, slots=True)
class Head:
    """The head's blocks together: where one stands depends on the others."""

    urgency: tuple[Urgency, ...] = ()
    mark: Mark | None = None
    number: Number | None = None


def set_head(head: Head, typist: Typist, format: Format) -> Lines:  # noqa: A002
    """The head as one piece; its items' y count from the top of the type area."""
    setter = _Setter(head, typist, format)
    if format == "letter":
        setter.letter()
    else:
        setter.general()
    return Lines((Metrics(setter.end),), (tuple(setter.items),), "head")


class _Setter:
    def __init__(self, head: Head, typist: Typist, format: Format) -> None:  # noqa: A002
        self.head, self.typist, self.format = head, typist, format
        self.measures = typist.measures
        self.area = self.measures.area(False)
        self.items: list[Item] = []
        self.end = 0.0
        """Where what follows begins."""

    def general(self) -> None:
        """Urgency on the first lines, the mark at its place, the number two lines under it, then the rule."""
        for line, urgency in enumerate(self.head.urgency):
            self.line(urgency.text, "urgency", line * self.measures.pitch("body"))
        self.end = len(self.head.urgency) * self.measures.pitch("body")
        self.mark(self.measures.mark_top(self.format))
        if self.head.number is None:
            return
        self.end += self.measures.blank("number")
        drop = self.number(self.head.number)
        if self.format == "order":
            return
        rule = self.end - self.measures.pitch("body") + self.typist.baseline("body") + drop + self.measures.rule_gap
        self.items.append(Rule(self.area.left, rule, self.area.width, self.measures.red_rule, "red"))
        self.end = rule + self.measures.red_rule

    def letter(self) -> None:
        """The mark by the paper's top, a double rule under it, then urgency at the left and the number at the right; a
        double rule at the paper's foot (clause 10.1)."""
        self.mark(self.measures.mark_top("letter"))
        self.double_rule(self.end + self.measures.rule_gap, thick_first=True)
        number = self.head.number.text if self.head.number is not None else ""
        texts = [urgency.text for urgency in self.head.urgency]
        if number or texts:
            rise = max(
                self.typist.ink(number, "number")[0], *(self.typist.ink(text, "urgency")[0] for text in texts), 0
            )
            ink_top = self.end + self.measures.letter_number_gap
            top = ink_top + rise - self.typist.baseline("body")
            for line, text in enumerate(texts):
                self.line(text, "urgency", top + line * self.measures.pitch("body"))
            self.line(number, "number", top, "right")
            self.end = top + max(1, len(texts)) * self.measures.pitch("body")
        end = self.end
        self.double_rule(self.measures.letter_foot - self.area.top, thick_first=False)
        self.end = end

    def line(self, text: str, kind: str, top: float, align: Literal["left", "right", "center"] = "left") -> None:
        """One line of text whose box begins at `top`."""
        if text:
            area = self.area
            y = top + self.typist.baseline("body")
            self.items += self.typist.set([(text, kind)], area.left, area.width, y, align=align)[0]

    def mark(self, top: float) -> None:
        """The mark, its ink's upper edge at `top`; what follows begins under its ink."""
        mark = self.head.mark
        if mark is None:
            return
        if len(mark.names) > 1 and self.format != "letter":
            self.joint_mark(mark, top)
            return
        text = mark.names[0] + mark.suffix  # a joint letter shows its organiser alone (clause 10.1)
        self.end = self.mark_line(text, top, self.area.left, self.area.width, *self.mark_size(text))

    def mark_size(self, text: str) -> tuple[float, float]:
        """Size in pt and horizontal scale at which `text` is no wider than the type area: first its letters become
        narrower, then smaller."""
        size = self.measures.size("mark")
        scale = self.area.width / max(self.typist.width(text, "mark"), 1.0)
        least = self.measures.mark_scale
        if scale >= 1:
            return size, 1.0
        return (size, scale) if scale >= least else (size * scale / least, least)

    def mark_line(self, text: str, top: float, left: float, width: float, size: float, scale: float) -> float:
        """`text` in the middle of `width`, its ink from `top`; where the ink ends."""
        rise, drop = self.typist.ink(text, "mark", size)
        y = top + rise
        self.items += self.typist.sized(text, "mark", size, scale, left, width, y)
        return y + drop

    def joint_mark(self, mark: Mark, top: float) -> None:
        """The issuers one under the other, of one width, many of them (or beside many approvers) smaller, so that page
        1 shows body; the suffix right of them, in the middle of their height."""
        longest = max(mark.names, key=lambda name: self.typist.width(name, "mark"))
        size, scale = self.mark_size(longest + mark.suffix)
        inks = [sum(self.typist.ink(name, "mark", size)) for name in mark.names]
        gap = self.measures.joint_gap
        approvers = self.head.number.approvers if self.head.number is not None else ()
        most = self.measures.joint_height - max(0, (len(approvers) + 1) // 2 - 1) * self.measures.pitch("body")
        shrink = min(1.0, most / (sum(inks) + gap * (len(inks) - 1)))
        size, gap = size * shrink, gap * shrink
        share = size / self.measures.size("mark") * scale
        suffix = self.typist.width(mark.suffix, "mark") * share
        names = self.typist.width(longest, "mark") * share
        left = self.area.left + (self.area.width - names - suffix) / 2
        end = top
        for number, name in enumerate(mark.names):
            start = top if number == 0 else end + gap
            end = self.mark_line(name, start, left, -names, size, scale)
        if mark.suffix:
            rise, drop = self.typist.ink(mark.suffix, "mark", size)
            start = (top + end - rise - drop) / 2
            self.mark_line(mark.suffix, start, left + names, suffix, size, scale)
        self.end = end

    def number(self, number: Number) -> float:
        """The number (and the approvers of an upward paper) on lines from `end` on; how far the ink of its last line
        reaches below the baseline."""
        typist, inset = self.typist, self.measures.indent("number")
        if not number.approvers:
            self.line(number.text, "number", self.end, "center")
            self.end += typist.measures.pitch("body")
            return typist.ink(number.text or "号", "number")[1]
        pairs = [number.approvers[index : index + 2] for index in range(0, len(number.approvers), 2)]
        label = typist.width(_LABEL, "number")
        gap = self.measures.cell
        first = max(typist.width(pair[0], "approver") for pair in pairs)
        second = max((typist.width(pair[1], "approver") for pair in pairs if len(pair) > 1), default=-gap)
        left = self.area.width - inset - label - first - gap - second
        for index, pair in enumerate(pairs):
            y = self.end + typist.baseline("body")
            texts = [(number.text, "number", inset)] * (index == len(pairs) - 1 and bool(number.text))
            texts += [(_LABEL, "number", left)] * (index == 0)
            texts += [(name, "approver", left + label + place * (first + gap)) for place, name in enumerate(pair)]
            for text, kind, x in texts:
                self.items += typist.set([(text, kind)], self.area.left + x, self.area.width, y, align="left")[0]
            self.end += typist.measures.pitch("body")
        return max(
            typist.ink(number.text or "号", "number")[1], *(typist.ink(name, "approver")[1] for name in pairs[-1])
        )

    def double_rule(self, y: float, thick_first: bool) -> None:
        """A thick and a thin rule of a letter, the upper one's upper edge at `y`."""
        width = self.measures.letter_rule_width
        x = (self.measures.paper(False)[0] - width) / 2
        thick, gap, thin = self.measures.letter_rules
        upper, lower = (thick, thin) if thick_first else (thin, thick)
        self.items.append(Rule(x, y, width, upper, "red"))
        self.items.append(Rule(x, y + upper + gap, width, lower, "red"))
        self.end = y + upper + gap + lower
