"""What the rules look at on the page as a whole: paper, margins, grid.

In: an `Eye`. Out: what was `Seen`.
"""

from collections.abc import Iterator

from circular_gen.checks.looks.eye import Eye, Seen
from circular_gen.checks.paper import PT


def paper_size(eye: Eye) -> Iterator[Seen]:
    width, height = eye.number("page.width"), eye.number("page.height")
    seen = set()
    for found_width, found_height, place in eye.paper.sheet.sizes:
        short, long = sorted((found_width, found_height))
        shown = f"{short:.0f} × {long:.0f}"
        if shown not in seen:
            seen.add(shown)
            right = abs(short - width) <= 1 and abs(long - height) <= 1
            yield Seen(right, shown, f"{width:.0f} × {height:.0f}", "mm", place)


def margin_left(eye: Eye) -> Iterator[Seen]:
    area = eye.paper.sheet.area
    yield eye.near(area.left, "page.left", eye.number("page.tolerance") + 0.05, area.place)


def margin_top(eye: Eye) -> Iterator[Seen]:
    """The standard does not say whether the type area begins at the line or at its characters: either will do."""
    area = eye.paper.sheet.area
    seen = eye.near(area.top, "page.top", eye.number("page.tolerance") + 0.05, area.place)
    slack = 0.95 if eye.exact else 0.0  # Word sets exact lines a little lower than their middle
    for top in (area.top, area.ink):
        if top is not None:
            off = top - eye.number("page.top")
            within = -eye.number("page.tolerance") - 0.05 <= off <= eye.number("page.tolerance") + 0.05 + slack
            seen = seen._replace(right=seen.right or within)
    yield seen


def area_width(eye: Eye) -> Iterator[Seen]:
    area = eye.paper.sheet.area
    seen = eye.near(area.width, "area.width", 1.05, area.place)
    if eye.exact and area.width is not None:
        # A line of whole characters that is not stretched may end less than a character short of the edge.
        short = eye.number("area.width") - area.width
        seen = seen._replace(right=-1.5 <= short <= eye.cell)
    yield seen


def area_height(eye: Eye) -> Iterator[Seen]:
    """In a PDF, the lines of a full page: they may end less than a line too early."""
    area = eye.paper.sheet.area
    seen = eye.near(area.height, "area.height", 1.5, area.place)
    if eye.exact and area.height is not None:
        seen = seen._replace(right=area.height <= eye.number("area.height") + 1.5)
    yield seen


def grid_lines(eye: Eye) -> Iterator[Seen]:
    if any(not seen.right for seen in area_height(eye)) and eye.exact:
        return
    sheet = eye.paper.sheet
    lines = sheet.full_lines
    if lines is None and sheet.pitch and not eye.exact:
        lines = int(eye.number("area.height") / PT / sheet.pitch + 0.005)
    yield eye.near(lines, "grid.lines", 0.1, sheet.area.place)


def grid_pitch(eye: Eye) -> Iterator[Seen]:
    if all(seen.right for seen in grid_lines(eye)):
        yield eye.near(eye.paper.sheet.pitch, "grid.line", 0.12, eye.paper.sheet.area.place)


def grid_cells(eye: Eye) -> Iterator[Seen]:
    advance = eye.paper.sheet.advance
    cells = int(eye.number("area.width") / PT / advance + 0.06) if advance else None
    yield eye.near(cells, "grid.cells", 0.1, eye.paper.sheet.area.place)
