"""How wide a table's columns are: from their contents, the same for both writers.

In: the columns' given shares, the texts of their cells. Out: shares of the table's width; how much width the table
needs at least. Widths are in cells, a Hanzi of the table's type: 1 for Hanzi and full-width marks, a half for Latin and
digits.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from circular_gen.sheet.blocks import Cell, Check, Table
from circular_gen.sheet.slots import split

_WORD = re.compile(r"[!-~\u00c0-\u024f]+")
_LATIN = 0.56
"""Of a cell: letters and digits of a word, capitals among them."""
_MARGINS = 0.6
"""Of a cell: what a cell keeps free beside its text."""
_LEAST = 3.0
"""Cells that a column of longer text needs for a line to be read."""
_WHOLE = 12.0
"""Cells up to which a text stays on one line where there is room: names, dates, telephones."""
_SLOT = 6.0


def cells(text: str) -> float:
    """The width of `text` on one line. A slot counts as six Hanzi."""
    if text.isascii():
        return 0.5 * len(text)
    parts = split(text)
    wide = sum([1.0 if unicodedata.east_asian_width(c) in "WFA" else 0.5 for part in parts[::2] for c in part])
    return wide + _SLOT * (len(parts) // 2)


def words(content: Iterable[str | Check]) -> str:
    """A cell's text; a box to tick counts as a Hanzi."""
    return "".join(["口" + part.label if isinstance(part, Check) else part for part in content])


def column_shares(
    given: Sequence[float | None], texts: Iterable[tuple[int, str]], widest: float, room: float
) -> list[float]:
    """Shares of the width, one a column. `given`: those that are fixed; `texts`: (column, text) of the cells that take
    one column alone; `widest`: cells beyond which a column asks for no more; `room`: the table's width in cells. The
    rest of the width goes by the longest line of each column; short texts stay on one line and words are not broken,
    as long as others can give way."""
    wanted = [0.0] * len(given)
    whole = [0.0] * len(given)
    least = [0.0] * len(given)
    for column, text in texts:
        if given[column] is None and text:
            longest = max(map(cells, text.split("\n")))
            wanted[column] = max(wanted[column], min(longest, widest))
            whole[column] = max(whole[column], min(longest, _WHOLE))
            least[column] = max(least[column], _readable(text))
    fixed = sum(share for share in given if share is not None)
    free = [column for column, share in enumerate(given) if share is None]
    spare = max(0.05 * bool(free), 1 - fixed)
    total = sum(wanted[column] + 1 for column in free)
    shares = [share if share is not None else spare * (wanted[i] + 1) / total for i, share in enumerate(given)]
    if not room:
        return shares
    bare = {column: (least[column] + _MARGINS) / room for column in free}
    easy = {column: max(bare[column], (whole[column] + _MARGINS) / room) for column in free}
    return _widened(shares, free, easy if sum(easy.values()) <= spare else bare)


def _widened(shares: list[float], free: Sequence[int], least: dict[int, float]) -> list[float]:
    """`shares` with the narrow ones of `free` raised to their least, as long as the others can give it."""
    whole = sum(shares[column] for column in free)
    if sum(least[column] for column in free) > whole:
        return shares
    raised: set[int] = set()
    while True:
        narrow = {column for column in free if column not in raised and shares[column] < least[column] - 1e-9}
        if not narrow:
            return shares
        raised |= narrow
        others = [column for column in free if column not in raised]
        left = whole - sum(least[column] for column in raised)
        held = sum(shares[column] for column in others)
        for column in raised:
            shares[column] = least[column]
        for column in others:
            shares[column] *= left / held


def _readable(text: str) -> float:
    """The least width of lines in which `text` can be read: no word is broken."""
    longest = max(map(cells, text.split("\n")))
    return max([min(longest, _LEAST), *(_LATIN * len(word) for word in _WORD.findall(text))])


def least_width(table: Table) -> float:
    """Cells of width that `table` needs: every word unbroken, and lines of longer text that can be read."""
    least = [_MARGINS] * len(table.columns)
    for column, cell in placed_cells(table):
        if cell.colspan == 1 and (text := words(cell.content)):
            least[column] = max(least[column], _readable(text) + _MARGINS)
    return sum(least)


def placed_cells(table: Table) -> Iterator[tuple[int, Cell]]:
    """The cells of `table`, each with its column."""
    count = len(table.columns)
    covered = [0] * count
    for row in table.rows:
        column = 0
        for cell in row.cells:
            while column < count and covered[column]:
                column += 1
            if column >= count:
                break
            yield column, cell
            for reached in range(column, min(count, column + cell.colspan)):
                covered[reached] = cell.rowspan
            column += cell.colspan
        covered = [max(0, left - 1) for left in covered]
