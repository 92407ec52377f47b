"""The elements of a measured sheet: which block is the mark, which the title, where the body ends.

In: a `Sheet`. Out: a `Paper`. Elements are recognised by their texts and where they stand among each other; a fault in
one measure must not hide the element, so nothing here asks for exact figures.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from circular_gen.checks.paper import Annex, Block, Colophon, Format, Line, Paper, Sheet, is_red
from circular_gen.sheet.numbering import numbering

URGENCIES = frozenset(("特急", "加急", "特提", "急件", "平急", "紧急"))
_SECRECY = re.compile("(?:绝密|机密|秘密)(?:★.{0,8})?")
_COPY_NUMBER = re.compile("(?:№|[Nn][Oo][.．]?|第|份号[：:]?)?\\d{1,8}(?:号|份)?")
NUMBER = re.compile(
    r"(?P<code>[\u4e00-\u9fff]{1,20})(?P<open>[〔\[［【(（])(?P<year>\d{2,4})(?P<close>[〕\]］】)）])"
    r"(?P<ordinal>第?)(?P<number>\d+)号"
)
_ORDER = re.compile("第\\d+号")
"""The number of an order; only under a mark that ends with 令."""
_NUMERALS = "〇○0Ｏ零一二三四五六七八九十"
DATE = re.compile(
    rf"\d{{2,4}}年\d{{1,2}}月\d{{1,2}}日|[{_NUMERALS}]{{4}}年[{_NUMERALS}]{{1,3}}月[{_NUMERALS}]{{1,3}}日"
)
_ANNEX_LIST = re.compile("附\\s*件\\s*[：:]")
_ANNEX_LABEL = re.compile("附\\s*件\\s*[\\d一二三四五六七八九十]{0,3}\\s*[：:]?")
_COPIES = re.compile("(?:抄送|抄报|主送|分送)[：:]")
_PRINTED_DATE = re.compile(rf"(?:{DATE.pattern})(?:印发)?")
KEYWORDS = re.compile("主题词[：:]")
_NUMBERED_NAME = re.compile(r"\d{1,2}\s*[.．、]|[（(]\d{1,2}[）)]|[一二三四五六七八九十]{1,2}、")
_SUBJECT = re.compile("关于.+的(?:决议|决定|命令|公报|公告|通告|意见|通知|通报|报告|请示|批复|议案|函|纪要)(?:（.*）)?")
_OFFICES = re.compile(".*(?:[局委办厅府室会院部处组]|中心|公司|指挥部|人民政府|办公室)")
"""How the names of those who sign end."""
_HEAD = 12
"""Blocks from the beginning among which a head's elements are looked for."""
_RUNNING = 45
"""Characters: a longer paragraph belongs to the running text."""
_DISPLAY = 26.0
"""pt: type of at least so much is a mark's, not a title's."""


def compact(text: str) -> str:
    return re.sub(r"\s", "", text)


def name_elements(sheet: Sheet) -> Paper:
    """`sheet` with its elements named; what it does not have stays empty."""
    blocks = [block for block in _with_head_cells(sheet) if not block.cell and compact(block.text)]
    first = [block for block in blocks[:_HEAD] if block.place.page <= 1]
    number_at = _number_at(first)
    urgency = tuple(block for block in first if compact(block.text) in URGENCIES)
    classified = next((block for block in first if _SECRECY.fullmatch(compact(block.text))), None)
    copy_number = _copy_number(first)
    known = {id(block) for block in (*urgency, classified, copy_number)}
    title_at = _title_start(first, number_at, known)
    number = first[number_at] if number_at >= 0 else None
    mark = tuple(
        block for block in first[:title_at] if id(block) not in known and block is not number and _is_mark(block)
    )
    known |= {id(block) for block in mark}
    approvers = tuple(b for b in first[:title_at] if id(b) not in known and b is not number and mark)
    title, at = _title(blocks, title_at)
    addressees = None
    if at < len(blocks) and title and _is_addressees(blocks[at]):
        addressees = blocks[at]
        at += 1
    red = [line for line in sheet.rules if line.page <= 1 and is_red(line.colour)]
    letter = _double_rules(red)
    no_rule = bool(letter) or _format(mark, False) == "order"
    rule = None if no_rule else _rule(sheet, red, number or (mark[-1] if mark else None), title)
    return _with_body(
        Paper(
            sheet,
            _format(mark, bool(letter)),
            classified,
            copy_number,
            urgency,
            mark,
            number,
            approvers,
            rule,
            letter,
            title,
            addressees,
        ),
        blocks[at:],
    )


def _with_head_cells(sheet: Sheet) -> Iterator[Block]:
    """The blocks of `sheet`. Before the running text, a table's cells with the elements of a head are taken out of it:
    many lay out the mark of a joint paper, or number and approver, so. Where they stand only a renderer knows."""
    head = any(_is_mark(block) for block in sheet.blocks[: 2 * _HEAD])  # a form has numbers in its cells, too
    for block in sheet.blocks:
        text = compact(block.text)
        head = head and (block.cell or len(text) < _RUNNING)
        if head and block.cell and (_is_mark(block) or NUMBER.fullmatch(text) or "签发人" in text or text in URGENCIES):
            placed = block.place.page > 0
            yield (
                replace(block, cell=False)
                if placed
                else replace(block, cell=False, left=None, rest=None, end=None, centre=None)
            )
        else:
            yield block


def _copy_number(first: Sequence[Block]) -> Block | None:
    """份号: figures that stand above the mark; in a letter, under its rule."""
    marks = [at for at, block in enumerate(first) if _is_mark(block)]
    at = marks[0] if marks else 0
    beside = [block for block in first[at + 1 : at + 2] if compact(block.text).isdecimal()]  # a letter's
    return next((b for b in (*first[:at], *beside) if _COPY_NUMBER.fullmatch(compact(b.text))), None)


def _number_at(first: Sequence[Block]) -> int:
    """The index of the document number, -1 where none is."""
    ordered = any(_is_mark(block) and compact(block.text).endswith("令") for block in first)
    for at, block in enumerate(first):
        text = compact(block.text)
        if NUMBER.fullmatch(text) or (ordered and _ORDER.fullmatch(text)):
            return at
    return -1


def _is_mark(block: Block) -> bool:
    if _SUBJECT.search(compact(block.text)):
        return False  # a title, however large
    return block.size >= _DISPLAY or (block.red and block.size > 18)


def _title_start(first: Sequence[Block], number_at: int, known: set[int]) -> int:
    """The index after the head: after the number, or where no number is, after the mark."""
    at = number_at + 1
    if number_at < 0:
        marks = [index for index, block in enumerate(first) if _is_mark(block)]
        at = marks[-1] + 1 if marks else 0
    while at < len(first) and (id(first[at]) in known or _is_approver(first, at)):
        at += 1
    return at


def _is_approver(first: Sequence[Block], at: int) -> bool:
    """签发人 stands beside the number; its names on the same line are blocks of their own."""
    block = first[at]
    if "签发人" in block.text:
        return True
    above = first[at - 1] if at else None
    if above is None or block.ink_top is None or above.ink_top is None or block.size > 18:
        return False
    return abs(block.ink_top - above.ink_top) < 3 and "签发人" in "".join(b.text for b in first[:at])


def _format(mark: Sequence[Block], letter: bool) -> Format:
    text = compact("".join(block.text for block in mark))
    if letter:
        return "letter"
    if re.search("命令$|令$", text):
        return "order"
    return "minutes" if text.endswith("纪要") else "general"


def _double_rules(red: Sequence[Line]) -> tuple[tuple[Line, ...], ...]:
    """The lines of a letter's upper and lower double rule; empty for other papers."""
    groups: list[list[Line]] = []
    for line in red:
        last = groups[-1][-1] if groups else None
        if last is not None and last.y is not None and line.y is not None and abs(line.y - last.y) < 4:
            groups[-1].append(line)
        else:
            groups.append([line])
    if any(len(group) > 1 for group in groups) and len(groups) <= 3:
        return tuple(tuple(group) for group in groups)
    return ()


def _rule(sheet: Sheet, red: Sequence[Line], above: Block | None, title: Sequence[Block]) -> Line | None:
    """The red rule under the head; one in a wrong colour where there is no red one."""
    last = title[0].place.paragraph if title else 0
    low = above.ink_bottom if above is not None and above.ink_bottom is not None else 0.0
    high = title[0].ink_top if title and title[0].ink_top is not None else 160.0
    for lines in (red, [line for line in sheet.rules if line.page <= 1]):
        fitting = [
            line
            for line in lines
            if (line.y is None or low - 1 < line.y < high + 1) and (not last or line.paragraph < last)
        ]
        if above is not None and fitting:
            return fitting[0]
    return None


def _title(blocks: Sequence[Block], at: int) -> tuple[tuple[Block, ...], int]:
    found: list[Block] = []
    while at < len(blocks) and len(found) < 8 and _is_title(blocks[at], found):
        found.append(blocks[at])
        at += 1
    return tuple(found), at


def _is_title(block: Block, found: Sequence[Block]) -> bool:
    if compact(block.text).endswith(("：", "。", ":")) or block.place.page > 1:
        return False
    if found:
        same = abs(block.size - found[0].size) < 1
        return same and not (_is_addressees(block) and block.size < 18) and (block.size > 18 or _is_centred(block))
    return block.size >= 17.5 or _is_centred(block)


def _is_centred(block: Block) -> bool:
    return block.centre is not None and abs(block.centre) < 3 and (block.left or 0) > 6


def _is_addressees(block: Block) -> bool:
    text = compact(block.text)
    if len(text) > 400 or "。" in text or block.size > 18:
        return False
    if re.search("如下[：:]?$", text):
        return False
    if text.endswith(("：", ":")):
        return not re.match("为|经|根据|按照|现", text)
    return block.left is not None and block.left < 2 and len(block.lines) < 8 and text[-1:] not in "，、；"


def _with_body(paper: Paper, rest: Sequence[Block]) -> Paper:
    """`paper` with what follows its addressees."""
    annex_labels = [at for at, block in enumerate(rest) if _ANNEX_LABEL.fullmatch(compact(block.text))]
    closing = [at for at, block in enumerate(rest) if _is_closing(rest, at)]
    end = min([*annex_labels, *closing, len(rest)])
    main = rest[:end]
    dates = [at for at, block in enumerate(main) if DATE.fullmatch(compact(block.text))]
    date_at = dates[-1] if dates else None
    lists = [at for at, block in enumerate(main) if _ANNEX_LIST.match(compact(block.text))]
    list_at = lists[-1] if lists else None
    body_end = list_at if list_at is not None else len(main)
    signature: tuple[Block, ...] = ()
    note = None
    if date_at is not None:
        start = date_at
        while start > 0 and _is_signature(main[start - 1], main[start:date_at]):
            start -= 1
        signature = tuple(main[start:date_at])
        body_end = min(body_end, start)
        after = main[date_at + 1 :]
        note = after[0] if after and _is_note(after[0]) else None
    annex_list: list[Block] = []
    if list_at is not None:
        stop = date_at - len(signature) if date_at is not None else len(main)
        annex_list = list(main[list_at : max(stop, list_at + 1)])
    before = main[date_at - len(signature) - 1] if date_at is not None and date_at > len(signature) else None
    return Paper(
        paper.sheet,
        paper.format,
        paper.classified,
        paper.copy_number,
        paper.urgency,
        paper.mark,
        paper.number,
        paper.approvers,
        paper.rule,
        paper.double_rules,
        paper.title,
        paper.addressees,
        tuple(main[:body_end]),
        tuple(annex_list),
        signature,
        main[date_at] if date_at is not None else None,
        note,
        tuple(_annex(rest, at) for at in annex_labels),
        _colophon(paper.sheet, [rest[at] for at in closing]),
        before,
    )


def _is_note(block: Block) -> bool:
    """附注; not the title of a paper that is issued with this one."""
    display = block.new_page or block.size > 17.5 or _is_centred(block)
    return len(compact(block.text)) < 60 and not display


def _is_closing(rest: Sequence[Block], at: int) -> bool:
    """Whether a block belongs to the colophon (or is the 主题词 of old)."""
    text = compact(rest[at].text)
    if KEYWORDS.match(text) or re.fullmatch(rf"[^。；，]{{0,40}}?(?:{DATE.pattern})印发", text) or _COPIES.match(text):
        return True
    before, after = (rest[at - 1] if at else None), (rest[at + 1] if at + 1 < len(rest) else None)
    beside = after is not None and _same_line(rest[at], after) and re.fullmatch(_PRINTED_DATE, compact(after.text))
    if beside and after is not None:
        return True
    if before is not None and _same_line(rest[at], before) and re.fullmatch(_PRINTED_DATE, text):
        return True
    # A further line of those that are copied to.
    return (
        before is not None
        and bool(_COPIES.match(compact(before.text)))
        and rest[at].size < 15
        and ((rest[at].left or 0) > 12 and text.endswith("。"))
    )


def _same_line(one: Block, other: Block) -> bool:
    if one.place.paragraph:
        return one.place.paragraph == other.place.paragraph
    if one.ink_top is None or other.ink_top is None or one.place.page != other.place.page:
        return False
    return abs(one.ink_top - other.ink_top) < 3 and one.size < 15.5


def is_beside(one: Block, other: Block) -> bool:
    """Whether two blocks stand in one row, as the names of a joint paper do."""
    if one.place.paragraph:
        return one.place.paragraph == other.place.paragraph
    return one.place.page == other.place.page and abs((one.ink_top or 0) - (other.ink_top or 0)) < 3


def _is_signature(block: Block, below: Sequence[Block]) -> bool:
    text = compact(block.text)
    if len(text) > 30 or len(block.lines) > 1 or text.endswith(("。", "：", "；", "，")) or len(below) > 8:
        return False
    if _ANNEX_LIST.match(text) or _NUMBERED_NAME.match(text):
        return False
    apart = block.blank is None or block.blank > 5  # a long name may begin far to the left
    beside = not below or is_beside(block, below[0])
    if beside and _OFFICES.fullmatch(text) and numbering(text) is None:
        return True
    return (block.left or 0) > 35 or (apart and not below and (block.left or 0) > 4 and (block.end or 0) < 30)


def _annex(rest: Sequence[Block], at: int) -> Annex:
    title: list[Block] = []
    for block in rest[at + 1 : at + 5]:
        if block.new_page or compact(block.text).endswith(("。", "：")):
            break
        if not (block.size >= 17.5 or _is_centred(block)) or (title and abs(block.size - title[0].size) > 1):
            break
        title.append(block)
    return Annex(rest[at], tuple(title))


def annex_names(blocks: Sequence[Block]) -> list[str]:
    """The names of an annex list as they are written, with their numbers."""
    names: list[str] = []
    for at, block in enumerate(blocks):
        text = compact(block.text)
        if at == 0:
            names.append(_ANNEX_LIST.sub("", text, count=1))
        elif _NUMBERED_NAME.match(text) or not names:
            names.append(text)
        else:
            names[-1] += text
    return names


def _colophon(sheet: Sheet, blocks: Sequence[Block]) -> Colophon | None:
    if not blocks:
        return None
    keywords = tuple(block for block in blocks if KEYWORDS.match(compact(block.text)))
    copies: list[Block] = []
    printed: list[Block] = []
    for block in blocks:
        text = compact(block.text)
        if block in keywords:
            continue
        if _COPIES.match(text) or (copies and not printed and (block.left or 0) > 12 and text.endswith("。")):
            copies.append(block)
        else:
            printed.append(block)
    page = max(block.place.page for block in blocks)
    start = min(block.place.paragraph for block in blocks)
    top = min((block.ink_top for block in (*copies, *printed) if block.ink_top is not None), default=0.0)
    rules = tuple(
        line
        for line in sheet.rules
        if line.page == page
        and line.paragraph >= start - 1
        and (line.width is None or line.width > 60)
        and (line.y is None or line.y > top - 12)
        and not is_red(line.colour)
    )
    return Colophon(tuple(copies), tuple(printed), keywords, rules, page)
