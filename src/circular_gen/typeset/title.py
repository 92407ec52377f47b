"""The shape of a title: where its lines end (clause 7.3.1: whole words, lines as a trapezoid or a diamond).

In: a title's text. Out: its lines. Chinese has no spaces between words, so a segmenter finds them, and breaks are
judged by the kinds of words they stand between. A newline in the text is the writer's own choice and is kept.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, pairwise

from circular_gen.typeset.lines import CLOSING, NO_END, NO_START, OPENING, cells_of

_Word = tuple[str, str]
"""A word and its part of speech, in the segmenter's letters: n noun, v verb, a adjective, d adverb …"""

_TOGETHER = frozenset(
    """
    安全生产 安全防范 安全隐患 安全监管 应急管理 应急救援 应急处置 应急预案 防灭火 防汛抗旱 危险化学品 治本攻坚
    电动自行车 全链条 专项整治 专项检查 专项行动 三年行动 隐患排查 排查治理 风险防控 重大事故隐患 百日行动
    督导检查 城镇燃气 道路交通 特种设备 人员密集场所 自然灾害 地质灾害 雨雪冰冻 低温雨雪 森林草原 非煤矿山
    公文处理 公务用车 公务接待 政务公开 政务服务 营商环境 乡村振兴 生态环境 食品安全 消防安全 网络安全 数据安全
    会议纪要 工作方案 实施方案 实施意见 实施细则 管理办法 暂行办法 暂行规定 责任分工 任务分工 工作要点 工作规则
    领导小组 联席会议 专题会议 常务会议 视频会议 电视电话会议 今冬明春 国庆中秋 元旦春节 上半年 下半年 年度计划
    先进集体 先进个人 若干措施 若干意见 若干规定 有关事项 补充通知 紧急通知 高质量发展 国民经济和社会发展
    人民政府 发展改革委 发展改革局 开发区 管委会 安委会 安委办 省安委会 省安委办 市安委会 市安委办 消防救援
    突发事件 突发公共卫生事件 除险加固 经济开发区 综合治理 城乡建设 农业农村 市场监管 行政执法 生产经营单位
    """.split()  # noqa: SIM905
)
"""What titles keep on one line although a dictionary counts it as several words."""
_LONGEST = max(map(len, _TOGETHER))
_SUFFIXES = frozenset("省市县区镇乡村州局厅委办部处科室院所站校队会") | frozenset(
    """
    支队 大队 总队 分局 中心 公司 委员会 办公室 办公厅 人民政府 领导小组 指挥部 管委会 管理局 监督局
    """.split()  # noqa: SIM905
)
"""What ends a name: part of the word before."""
_TAIL = frozenset("的之了等及与和或、")
"""Particles that belong to what is before them: no line begins with one."""
_JOINING = frozenset("暨")
_LEAD = frozenset("和与及或暨对在为将把被向从以由经按对于由于")
"""Words that belong to what follows: no line ends with one."""
_FUNCTION = _TAIL | _LEAD
_LEANING = frozenset("vamdbp")
"""Parts of speech that lean on what follows: a verb on its object, an adjective on its noun."""
_KINDS = frozenset("通知 通报 报告 请示 批复 意见 决定 公告 通告 函 议案 纪要 决议 公报 命令".split())  # noqa: SIM905
_DIGITS = frozenset("0123456789〇零一二三四五六七八九十百千万")
_COUNTED = frozenset("第年月日号次届期批个项条家名季")
_MOST_LINES = 6
_PLACES = 24
"""Of the places where lines may end, the best so many are tried."""


def shape_title(text: str, cells: int) -> list[str]:
    """The lines of `text`, none wider than `cells` Hanzi."""
    return [line for part in text.split("\n") for line in _shape(part.strip(), cells)]


@lru_cache(maxsize=4096)
def _shape(text: str, cells: int) -> tuple[str, ...]:
    if cells_of(text) <= cells:
        return (text,)
    costs = _break_costs(text)
    places = sorted(sorted(costs, key=lambda place: (costs[place], place))[:_PLACES])
    least = int(-(-cells_of(text) // cells))
    best: tuple[float, tuple[str, ...]] | None = None
    for count in range(least, min(least + 2, _MOST_LINES + 1)):
        for lines, ends in _divided(text, 0, places, count, cells):
            cost = sum(costs[end] for end in ends) + _shape_cost(list(map(_width, lines)), cells)
            cost += 12.0 * (count - least)
            if best is None or cost < best[0]:
                best = cost, lines
    return best[1] if best is not None else _cut(text, cells)


_width = lru_cache(maxsize=4096)(cells_of)


def word_ends(text: str) -> frozenset[int]:
    """Where words of the dictionary end in `text`, by the characters before."""
    import rjieba  # 0.15 s for its dictionary

    return frozenset(accumulate(len(word) for word, _kind in rjieba.tag(text, hmm=False)))


def _divided(
    text: str, start: int, places: list[int], count: int, cells: int
) -> Iterator[tuple[tuple[str, ...], tuple[int, ...]]]:
    """Every way to make `count` lines of 2 to `cells` cells of what follows `start`, ended at `places`: the lines, and
    where all but the last end."""
    if count == 1:
        last = text[start:].strip()
        if 2 <= _width(last) <= cells:
            yield (last,), ()
        return
    for number, place in enumerate(places):
        line = text[start:place].strip()
        if _width(line) > cells:
            return
        if _width(line) >= 2:
            for lines, ends in _divided(text, place, places[number + 1 :], count - 1, cells):
                yield (line, *lines), (place, *ends)


def _cut(text: str, cells: int) -> tuple[str, ...]:
    """Lines as full as they go: for titles that offer no better place."""
    lines, line = [], ""
    for character in text:
        if line and cells_of(line + character) > cells and character not in NO_START:
            lines.append(line)
            line = ""
        line += character
    return (*lines, line)


def _shape_cost(widths: list[float], cells: int) -> float:
    """How far the lines are from a trapezoid (growing or shrinking) or a diamond (the middle widest)."""
    steps = [after - before for before, after in pairwise(widths)]
    peak = widths.index(max(widths))
    diamond = all(step >= 0 for step in steps[:peak]) and all(step <= 0 for step in steps[peak:])
    cost = 0.0 if diamond else 8.0
    if len(set(widths)) == 1:
        cost += 3.0 if len(widths) > 2 else 1.0  # a block of equal lines is neither
    widest = max(widths)
    cost += sum(max(0.0, widest * 0.55 - width) for width in widths)  # a line much shorter than the others
    return cost + 0.15 * sum(abs(step) for step in steps) + (1.0 if widest > cells - 1 else 0.0)


def _break_costs(text: str) -> dict[int, float]:
    """Where a line may end (before which character) and how bad that is."""
    words = _words(text)
    costs: dict[int, float] = {}
    depth = 0
    for index in range(1, len(text)):
        before, after = text[index - 1], text[index]
        if before in "《〈":
            depth += 1
        if before in "》〉":
            depth -= 1
        if after in NO_START or before in NO_END or (before.isascii() and after.isascii() and before != " "):
            continue
        cost = _between(words[index], text[:index], text[index:]) if index in words else 40.0  # inside a word
        costs[index] = cost + (60.0 if depth > 0 else 0.0)  # another paper's title only where it is longer than a line
    return costs


def _between(words: tuple[_Word, _Word], head: str, rest: str) -> float:
    """How bad it is to end a line after `head` and before `rest`, between these two `words`."""
    (left, left_kind), (right, _) = words
    before, after = head[-1], rest[0]
    cost = 0.0
    if before in CLOSING or after in OPENING:
        cost = 3.0 if before == "、" else -1.0
    elif before == " ":
        cost = -4.0
    elif any(len(word) == 1 and word not in _FUNCTION for word in (left, right)):
        cost = 12.0  # a character alone belongs to a neighbour
    if after in _TAIL:
        cost += 30.0
    elif right in _JOINING:
        cost += 1.0
    if left in _LEAD:
        cost += 20.0
    elif left_kind[:1] in _LEANING:
        cost += 1.0 if left_kind in ("an", "vn") else 4.0  # used as nouns
    if left == "关于":
        cost += 5.0
    elif right == "关于":
        cost -= 1.0  # who, and about what
    if (before in _DIGITS and (after in _COUNTED or after in _DIGITS)) or (before == "第" and after in _DIGITS):
        cost += 15.0  # 2026年, 第3次
    if rest in _KINDS:
        cost += 3.0
    return cost


def _words(text: str) -> dict[int, tuple[_Word, _Word]]:
    """Where one word ends and the next begins: both of them."""
    import rjieba  # 0.15 s for its dictionary, and only long titles need it

    words: list[_Word] = []
    kept, at = _kept_together(text), 0
    for word, kind in rjieba.tag(text, hmm=False):  # its statistical model makes words out of unknown names
        if at in kept or (word in _SUFFIXES and words and words[-1][1].startswith("n")):
            words[-1] = (words[-1][0] + word, "n")
        else:
            words.append((word, kind))
        at += len(word)
    ends = accumulate(len(word) for word, _ in words)
    return dict(zip(ends, pairwise(words), strict=False))


def _kept_together(text: str) -> set[int]:
    """Places inside what titles keep on one line."""
    inside: set[int] = set()
    for start in range(len(text)):
        for end in range(min(len(text), start + _LONGEST), start + 1, -1):
            if text[start:end] in _TOGETHER:
                inside.update(range(start + 1, end))
                break
    return inside
