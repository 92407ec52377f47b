"""How a column of texts stands in a table.

In: the texts of a column's cells, without its head. Out: right for numbers, centre for short words, left for the rest.
"""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Literal

SHORT = 6
"""Characters up to which a column's texts stand in the middle."""
_NUMBER = re.compile(
    r"[-+－]?[¥￥$€]?[-+－]?(?:\d{1,3}(?:[,，]\d{3})+|\d+)(?:\.\d+)?(?:%|‰|万|亿|元|万元|亿元)?|\([\d,.]+\)"
)
_SAYS_NOTHING = frozenset(("", "-", "—", "——", "/", "无", "…"))


def column_align(texts: Iterable[str]) -> Literal["left", "center", "right"]:
    """Numbers stand at the right, their units under each other; what counts the rows, codes and years in the middle."""
    said = [text.strip() for text in texts if text.strip() not in _SAYS_NOTHING]
    if said and all(_NUMBER.fullmatch(text) for text in said) and not _counts(said):
        return "right"
    longest = max((len(line) for text in said for line in text.split("\n")), default=0)
    return "center" if longest <= SHORT else "left"


def _counts(texts: list[str]) -> bool:
    """Whether they number the rows, or are all of one length without a sign: years, codes, telephones."""
    if not all(text.isdecimal() for text in texts):
        return False
    numbers = [int(text) for text in texts]
    if all(later - earlier == 1 for earlier, later in pairwise(numbers)):
        return True
    if len({len(text) for text in texts}) > 1 or len(texts) == 1:
        return False
    return len(texts[0]) > 4 or all(1900 <= number <= 2100 for number in numbers)
