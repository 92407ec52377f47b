"""Spoiled scans of our own papers: filled in, signed, sealed, then skewed, photographed, faxed, stained.

In: a page of an original PDF with its form map, a seed. Out: a picture as a scanner or a phone gives it, and the truth
about what was ticked, signed and sealed. Everything is drawn at 200 dpi; the same seed gives the same picture.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pypdfium2
from PIL import Image

DPI = 200
MM = DPI / 25.4
"""Pixels a mm."""

Pixels = Any
Random = np.random.Generator
INKS = ((20, 20, 25), (95, 45, 25), (140, 50, 30))
"""Black, blue-black, blue (blue, green, red)."""


@dataclass
class Paper:
    """A filled page. `ticked`: names of boxes; `signed`: areas written into; `sealed`: areas with a red seal."""

    image: Pixels
    ticked: set[str] = field(default_factory=set)
    signed: set[str] = field(default_factory=set)
    sealed: set[str] = field(default_factory=set)


@lru_cache(maxsize=64)
def _drawn(path: Path, page: int) -> Pixels:
    document = pypdfium2.PdfDocument(path)
    try:
        white = document[page].render(scale=DPI / 72).to_numpy()[:, :, :3]
        return (white * np.array([0.965, 0.98, 0.99])).astype(np.uint8)  # as a scanner in colour sees paper
    finally:
        document.close()


def printed(path: Path, page: int) -> Pixels:
    """A page as it came out of the printer (page from 0)."""
    return _drawn(path, page).copy()


# -- pens and stamps ---------------------------------------------------------------------------------------------------


def _stroke(image: Pixels, points: Any, ink: tuple[int, ...], width: float) -> None:
    """A line with the soft edge of a pen; `points` and `width` in mm."""
    shift = 4
    scaled = np.round(np.asarray(points) * MM * (1 << shift)).astype(np.int32)
    cv2.polylines(image, [scaled], False, ink, max(1, round(width * MM)), cv2.LINE_AA, shift)


def _curve(start: Any, bend: Any, end: Any) -> Any:
    t = np.linspace(0, 1, 14)[:, None]
    return (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end


def tick(image: Pixels, box: list[float], random: Random, ink: tuple[int, ...]) -> None:
    """A √ that begins in the box and may leave it at the upper right, as people write it."""
    x, y, width, height = box
    at = np.array([x, y])
    size = np.array([width, height])
    jitter = lambda: random.uniform(-0.08, 0.08, 2)  # noqa: E731
    start = at + size * (np.array([0.12, 0.5]) + jitter())
    low = at + size * (np.array([0.42, 0.88]) + jitter())
    end = at + size * (np.array([random.uniform(0.85, 1.3), random.uniform(-0.2, 0.15)]))
    pen = random.uniform(0.35, 0.6)
    _stroke(image, _curve(start, (start + low) / 2 + jitter(), low), ink, pen)
    _stroke(image, _curve(low, (low + end) / 2 + jitter() * 3, end), ink, pen)


def cross_out(image: Pixels, box: list[float], random: Random, ink: tuple[int, ...]) -> None:
    """A box that was scribbled over."""
    x, y, width, height = box
    steps = np.linspace(0, 1, 13)
    points = [
        [x + width * (0.02 if place % 2 else 0.98), y + height * (0.03 + 0.94 * step)]
        for place, step in enumerate(steps)
    ]
    _stroke(image, points, ink, 0.5)
    _stroke(image, [[a, b] for a, b in zip(x + width * steps, y + height * (steps[::-1]), strict=True)], ink, 0.5)


def sign(image: Pixels, area: list[float], random: Random, ink: tuple[int, ...]) -> None:
    """Two or three characters of some strokes each, below the area's label."""
    x, y, width, height = area
    count = int(random.integers(2, 4))
    size = random.uniform(8.0, min(13.0, (width - 8) / count, height - 9))
    left = x + random.uniform(4, max(5.0, width - count * size - 4))
    top = y + random.uniform(6.5, max(7.0, height - size - 2))
    pen = random.uniform(0.35, 0.6)
    for character in range(count):
        corner = np.array([left + character * size * 1.02, top])
        for _stroke_number in range(int(random.integers(4, 9))):
            start, end = (corner + random.uniform(0.05, 0.95, 2) * size for _ in range(2))
            _stroke(image, _curve(start, (start + end) / 2 + random.normal(0, 0.12, 2) * size, end), ink, pen)


def seal(
    image: Pixels, middle: tuple[float, float], random: Random, diameter: float = 40.0, alpha: float = 0.85
) -> None:
    """A round red seal: ring, star, characters along the ring; see-through and unevenly inked."""
    layer = np.zeros(image.shape[:2], np.uint8)
    centre = np.array(middle)
    radius = diameter / 2
    turn = random.uniform(-0.3, 0.3)

    def line(points: Any, width: float) -> None:
        _stroke_mask(layer, points, width)

    circle = np.linspace(0, 2 * np.pi, 90)
    line(centre + radius * np.stack([np.cos(circle), np.sin(circle)], axis=1), 1.1)
    tips = turn - np.pi / 2 + np.arange(10) * np.pi / 5
    reach = np.where(np.arange(10) % 2 == 0, 0.28, 0.11)[:, None] * diameter * 0.9
    star = centre + reach * np.stack([np.cos(tips), np.sin(tips)], axis=1) * 0.6
    cv2.fillPoly(layer, [np.round(star * MM).astype(np.int32)], 255, cv2.LINE_AA)
    for place in range(11):
        angle = turn + np.pi * (0.85 + 1.3 * place / 10)
        corner = centre + radius * 0.76 * np.array([np.cos(angle), np.sin(angle)])
        for _ in range(6):
            start, end = (corner + random.uniform(-2.2, 2.2, 2) for _ in range(2))
            line(np.stack([start, end]), 0.5)
    inking = cv2.GaussianBlur(random.uniform(0.55, 1.0, layer.shape).astype(np.float32), (0, 0), 6)
    inking = np.clip((inking - inking.mean()) * 6 + 0.9, 0.4, 1.0)
    rows, columns = (np.flatnonzero(layer.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return
    here = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]  # the rest stays as it is
    share = (layer[here].astype(np.float32) / 255 * alpha * inking[here])[:, :, None]
    red = np.array([45, 35, 215], np.float32)
    paper = image[here]
    over = paper.astype(np.float32) * (1 - share) + share * np.minimum(red, paper * 1.0 + 20)
    paper[:] = np.clip(over, 0, 255).astype(np.uint8)


STAMPS = ("round", "oval", "square", "overlapping", "small")


def stamp(image: Pixels, kind: str, area: list[float], random: Random) -> None:
    """A red stamp over an area where a signature should be."""
    x, y, width, height = area
    cx, cy = x + width / 2 + random.uniform(-8, 8), y + height / 2 + random.uniform(-2, 3)
    if kind in ("round", "small", "overlapping"):
        across = x + width + random.uniform(-12, 2) if kind == "overlapping" else cx
        seal(image, (across, cy), random, diameter=22.0 if kind == "small" else 40.0)
        return
    layer, red = image.copy(), (45, 35, 215)
    if kind == "oval":
        middle, axes = (round(cx * MM), round(cy * MM)), (round(15 * MM), round(9 * MM))
        cv2.ellipse(layer, middle, axes, 0, 0, 360, red, round(0.9 * MM), cv2.LINE_AA)
    else:
        corners = [[cx - 9, cy - 8], [cx + 9, cy - 8], [cx + 9, cy + 8], [cx - 9, cy + 8], [cx - 9, cy - 8]]
        _stroke(layer, corners, red, 1.0)
    for place in range(4):
        middle_of = np.array([cx - 7 + place * 5, cy])
        for _ in range(6):
            _stroke(layer, [middle_of + random.uniform(-2, 2, 2) for _ in range(2)], red, 0.5)
    image[:] = cv2.addWeighted(layer, 0.85, image, 0.15, 0)


def _stroke_mask(layer: Pixels, points: Any, width: float) -> None:
    scaled = np.round(np.asarray(points) * MM * 16).astype(np.int32)
    cv2.polylines(layer, [scaled], False, 255, max(1, round(width * MM)), cv2.LINE_AA, 4)


def fill(
    path: Path,
    number: int,
    form: Mapping[str, Any],
    random: Random,
    *,
    signed: bool = True,
    sealed: bool = True,
    ticks: bool = True,
) -> Paper:
    """A page filled in as a careful clerk does: one tick a question, each area signed and sealed."""
    paper = Paper(printed(path, number))
    ink = INKS[int(random.integers(len(INKS)))]
    questions: dict[str, list[str]] = {}
    for name in form["boxes"]:
        questions.setdefault(name.rpartition(".")[0], []).append(name)
    for question, names in questions.items():
        if not ticks or (question == "p2" or question.startswith("p2.")):
            continue
        chosen = names[0] if question == "state" else names[int(random.integers(len(names)))]
        tick(paper.image, form["boxes"][chosen], random, ink)
        paper.ticked.add(chosen)
    if signed:
        for name, area in form["signature"].items():
            sign(paper.image, area, random, ink)
            paper.signed.add(name)
    if sealed:
        for name, (x, y, width, height) in form["seal"].items():
            middle = (x + width / 2 + random.uniform(-6, 6), y + height / 2 + random.uniform(-4, 4))
            seal(paper.image, middle, random, diameter=random.choice([38.0, 40.0, 42.0]))
            paper.sealed.add(name)
    return paper


# -- what happens to paper ---------------------------------------------------------------------------------------------


def rescaled(image: Pixels, dpi: int) -> Pixels:
    if dpi == DPI:
        return image
    how = cv2.INTER_AREA if dpi < DPI else cv2.INTER_CUBIC
    return cv2.resize(image, None, fx=dpi / DPI, fy=dpi / DPI, interpolation=how)


def skewed(image: Pixels, degrees: float) -> Pixels:
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    pad = 60
    turn[:, 2] += pad
    return cv2.warpAffine(image, turn, (width + 2 * pad, height + 2 * pad), borderValue=(246, 246, 246))


def photographed(image: Pixels, random: Random, *, turn: bool = True, strength: float = 1.0) -> Pixels:
    """A phone over a desk: perspective, uneven light, a dark surrounding, colour cast, a little blur and noise."""
    height, width = image.shape[:2]
    wide, high = round(width * 1.25), round(height * 1.2)
    margin = np.array([(wide - width) / 2, (high - height) / 2])
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    moved = corners + margin + random.uniform(-0.055, 0.055, (4, 2)) * strength * [width, height]
    matrix = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    desk = np.array([60, 75, 95]) + random.integers(-20, 20, 3)
    photo = cv2.warpPerspective(image, matrix, (wide, high), borderValue=tuple(int(v) for v in desk))
    photo = shaded(photo, random, 0.35 * strength)
    cast = 1 + random.uniform(-0.06, 0.06, 3)
    photo = np.clip(photo * cast, 0, 255).astype(np.uint8)
    photo = cv2.GaussianBlur(photo, (0, 0), random.uniform(0.5, 0.9))
    photo = noisy(photo, random, 4)
    return cv2.rotate(photo, int(random.integers(0, 3))) if turn and random.random() < 0.5 else photo


def shaded(image: Pixels, random: Random, depth: float) -> Pixels:
    height, width = image.shape[:2]
    angle = random.uniform(0, 2 * np.pi)
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    slope = (x * np.cos(angle) + y * np.sin(angle)) / 1.5
    edge = 1 / (1 + np.exp(-12 * (slope - random.uniform(-0.3, 0.3))))
    light = 1 - depth * (0.5 * (slope + 1) / 2 + 0.5 * edge)
    return np.clip(image * (light if image.ndim == 2 else light[:, :, None]), 0, 255).astype(np.uint8)


def noisy(image: Pixels, random: Random, sigma: float) -> Pixels:
    noise = random.standard_normal(image.shape, dtype=np.float32) * sigma
    return np.clip(image.astype(np.float32) + noise, 0, 255).astype(np.uint8)


def grey(image: Pixels) -> Pixels:
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)


def faxed(image: Pixels, random: Random) -> Pixels:
    """Black and white, with specks."""
    plain = cv2.GaussianBlur(grey(image), (0, 0), 0.7)
    black = (plain > random.uniform(120, 170)).astype(np.uint8) * 255
    specks = random.random(black.shape)
    black[specks < 0.0004] = 0
    black[specks > 0.9996] = 255
    return black


def shone_through(image: Pixels, other: Pixels, share: float) -> Pixels:
    """The reverse side's print, mirrored and faint."""
    back = cv2.GaussianBlur(cv2.flip(other, 1), (0, 0), 1.5).astype(np.float32)
    return np.clip(image.astype(np.float32) * (1 - share * (1 - back / 255)), 0, 255).astype(np.uint8)


def stained(image: Pixels, random: Random, area: list[float] | None = None) -> Pixels:
    """A coffee cup's ring and a puddle, the ring over `area` where given."""
    height, width = image.shape[:2]
    x, y = np.meshgrid(np.arange(width) / MM, np.arange(height) / MM)
    if area is None:
        cx, cy = random.uniform(40, 170), random.uniform(60, 240)
    else:
        cx, cy = area[0] + area[2] / 2 + random.uniform(-8, 8), area[1] + area[3] / 2 + random.uniform(-5, 5)
    distance = np.hypot(x - cx, y - cy)
    radius = random.uniform(20, 38)
    ring = np.exp(-(((distance - radius) / random.uniform(1.0, 2.0)) ** 2)) * random.uniform(0.5, 0.8)
    inside = 0.18 / (1 + np.exp((distance - radius) / 0.8))
    share = np.clip(ring + inside, 0, 0.8).astype(np.float32)[:, :, None]
    brown = np.array([70, 120, 165], np.float32)
    return np.clip(image * (1 - share) + share * np.minimum(image, brown), 0, 255).astype(np.uint8)


def stapled(image: Pixels, random: Random, at: tuple[float, float]) -> Pixels:
    """A staple with its shadow."""
    marked = image.copy()
    angle = random.uniform(0, np.pi)
    along = np.array([np.cos(angle), np.sin(angle)]) * 6
    middle = np.array(at)
    _stroke(marked, [middle - along + 0.5, middle + along + 0.5], (150, 150, 150), 0.9)
    _stroke(marked, [middle - along, middle + along], (70, 70, 72), 0.5)
    return marked


def crumpled(image: Pixels, random: Random, reach: float = 0.7) -> Pixels:
    """Paper that is not flat: print is up to `reach` mm from where it should be."""
    height, width = image.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    waves = []
    for _ in range(2):
        phase, turns = random.uniform(0, 2 * np.pi), random.uniform(0.7, 1.6)
        waves.append(reach * MM * np.sin(turns * 2 * np.pi * (x / width * 0.6 + y / height) + phase))
    return cv2.remap(
        image,
        x + waves[0].astype(np.float32),
        y + waves[1].astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def streaked(image: Pixels, random: Random) -> Pixels:
    """Dust on a sheet feeder's glass: thin lines down the whole page."""
    marked = image.copy()
    for _line in range(int(random.integers(1, 4))):
        x, shade = round(random.uniform(12, 198) * MM), int(random.integers(60, 170))
        width = int(random.integers(1, 3))
        marked[:, x : x + width] = np.minimum(marked[:, x : x + width], shade)
    return marked


def punched(image: Pixels, random: Random) -> Pixels:
    """Holed for the binder: dark where the scanner's lid shows."""
    marked = image.copy()
    middle = random.uniform(140, 156)
    for y in (middle - 40, middle + 40):
        cv2.circle(
            marked, (round(random.uniform(7, 12) * MM), round(y * MM)), round(3 * MM), (40, 40, 42), -1, cv2.LINE_AA
        )
    return marked


def torn(image: Pixels, random: Random) -> Pixels:
    """A corner is gone, and its mark with it; the code's corner is spared: without it nobody knows whose page it is."""
    height, width = image.shape[:2]
    reach = round(random.uniform(24, 34) * MM)
    corner = [(0, 0), (0, height), (width, height)][int(random.integers(3))]
    inward = (1 if corner[0] == 0 else -1, 1 if corner[1] == 0 else -1)
    marked = image.copy()
    edge = [corner, (corner[0] + inward[0] * reach, corner[1]), (corner[0], corner[1] + inward[1] * reach)]
    cv2.fillPoly(marked, [np.array(edge, np.int32)], (70, 72, 75), cv2.LINE_AA)
    return marked


def folded(image: Pixels, random: Random) -> Pixels:
    """A letter folded in three: a shadow and a bright line across at each fold."""
    height = image.shape[0]
    rows = np.arange(height, dtype=np.float32) / MM
    light = np.ones(height, np.float32)
    for share in (1 / 3, 2 / 3):
        away = rows - (297 * share + random.uniform(-6, 6))
        light *= 1 - random.uniform(0.12, 0.25) * np.exp(-((away / 3.0) ** 2)) * (away > 0)
        light *= 1 + 0.05 * np.exp(-(((away + 0.4) / 0.5) ** 2))
    return np.clip(image * light[:, None, None], 0, 255).astype(np.uint8)


def overstamped(image: Pixels, random: Random) -> Pixels:
    """One more seal, over the text in the middle of the page."""
    marked = image.copy()
    seal(marked, (random.uniform(60, 150), random.uniform(95, 190)), random, alpha=random.uniform(0.6, 0.85))
    return marked


def through_a_chat(image: Pixels, random: Random) -> Pixels:
    """A photo as messengers hand it on: 1,920 pixels long, compressed."""
    photo = photographed(image, random)
    scale = 1920 / max(photo.shape[:2])
    return jpeg(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), 70)


def faint(image: Pixels, share: float = 0.45) -> Pixels:
    """An empty toner cartridge, a copy of a copy."""
    return np.clip(255 - (255 - image.astype(np.float32)) * share - 4, 0, 255).astype(np.uint8)


def with_foreign_code(image: Pixels, random: Random) -> Pixels:
    """Somebody else's QR symbol on the page, as stickers of mail rooms are."""
    size = round(24 * MM)
    code = cv2.QRCodeEncoder.create().encode("https://example.org/" + str(random.integers(10**9)))
    code = cv2.copyMakeBorder(code, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=255)
    code = cv2.resize(code, (size, size), interpolation=cv2.INTER_NEAREST)
    x, y = round(random.uniform(20, 120) * MM), round(random.uniform(232, 250) * MM)
    marked = image.copy()
    marked[y : y + size, x : x + size] = code[:, :, None]
    return marked


def jpeg(image: Pixels, quality: int) -> Pixels:
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return cv2.imdecode(data, cv2.IMREAD_UNCHANGED)


Condition = Callable[[Paper, Pixels, Mapping[str, Any], Random], Pixels]
"""(the filled page, another printed page, the form's map, random) → a picture."""


def _anywhere(form: Mapping[str, Any]) -> list[float] | None:
    return next(iter([*form["signature"].values(), *form["boxes"].values()]), None)


CONDITIONS: dict[str, Condition] = {
    "clean-200": lambda paper, other, form, random: paper.image,
    "clean-150": lambda paper, other, form, random: rescaled(paper.image, 150),
    "clean-300": lambda paper, other, form, random: rescaled(paper.image, 300),
    "skew": lambda paper, other, form, random: skewed(paper.image, random.uniform(-6, 6)),
    "turned": lambda paper, other, form, random: cv2.rotate(
        skewed(paper.image, random.uniform(-2, 2)), int(random.integers(0, 3))
    ),
    "photo": lambda paper, other, form, random: jpeg(photographed(paper.image, random), 80),
    "photo-hard": lambda paper, other, form, random: jpeg(
        photographed(crumpled(paper.image, random, 0.5), random, strength=1.5), 60
    ),
    "blur": lambda paper, other, form, random: cv2.GaussianBlur(paper.image, (0, 0), random.uniform(1.2, 1.8)),
    "jpeg-150": lambda paper, other, form, random: jpeg(rescaled(paper.image, 150), 25),
    "noise": lambda paper, other, form, random: noisy(paper.image, random, 18),
    "shadow": lambda paper, other, form, random: shaded(skewed(paper.image, random.uniform(-2, 2)), random, 0.6),
    "show-through": lambda paper, other, form, random: shone_through(paper.image, other, random.uniform(0.08, 0.18)),
    "coffee": lambda paper, other, form, random: stained(paper.image, random, _anywhere(form)),
    "staple": lambda paper, other, form, random: stapled(
        paper.image, random, (random.uniform(35, 95), random.uniform(185, 205))
    ),
    "crumpled": lambda paper, other, form, random: crumpled(paper.image, random),
    "faint": lambda paper, other, form, random: faint(paper.image),
    "foreign-code": lambda paper, other, form, random: with_foreign_code(paper.image, random),
    "grey": lambda paper, other, form, random: noisy(grey(skewed(paper.image, random.uniform(-3, 3))), random, 5),
    "grey-150": lambda paper, other, form, random: jpeg(rescaled(grey(paper.image), 150), 50),
    "fax": lambda paper, other, form, random: faxed(skewed(paper.image, random.uniform(-2, 2)), random),
    "clean-600": lambda paper, other, form, random: rescaled(paper.image, 600),
    "over-stamped": lambda paper, other, form, random: overstamped(paper.image, random),
    "streak": lambda paper, other, form, random: streaked(paper.image, random),
    "punched": lambda paper, other, form, random: punched(paper.image, random),
    "torn": lambda paper, other, form, random: torn(skewed(paper.image, random.uniform(-1, 1)), random),
    "folded": lambda paper, other, form, random: folded(paper.image, random),
    "chat": lambda paper, other, form, random: through_a_chat(paper.image, random),
    "front-back": lambda paper, other, form, random: skewed(paper.image, random.uniform(-1, 1)),
    "fed-twice": lambda paper, other, form, random: skewed(paper.image, random.uniform(-2, 2)),
    "one-sided": lambda paper, other, form, random: skewed(paper.image, random.uniform(-1, 1)),
}
COLOURLESS = {"grey", "grey-150", "fax"}
COARSE = {"chat"}
"""Below 150 dpi."""
PILED = {"front-back", "fed-twice", "one-sided"}
"""What is wrong is not the page but what lies beside it: sides of two units in one file, a page twice, half a form."""


def bound(images: Sequence[Pixels], random: Random) -> tuple[str, bytes]:
    """Several pages as one file."""
    first, *rest = [Image.fromarray(image if image.ndim == 2 else image[:, :, ::-1]) for image in images]
    data = io.BytesIO()
    if random.random() < 0.5:
        first.save(data, "PDF", save_all=True, append_images=rest, resolution=200)
        return "pdf", data.getvalue()
    first.save(data, "TIFF", save_all=True, append_images=rest, compression="tiff_lzw")
    return "tif", data.getvalue()


def encoded(image: Pixels, random: Random) -> tuple[str, bytes]:
    """The picture as a file: its ending, its bytes."""
    shown = Image.fromarray(image if image.ndim == 2 else image[:, :, ::-1])
    kind = ("png", "jpg", "tif", "pdf")[int(random.integers(4))]
    if image.shape[0] > 5000:
        kind = ("jpg", "pdf")[int(random.integers(2))]  # the others take long to pack
    data = io.BytesIO()
    if kind == "jpg":
        shown.save(data, "JPEG", quality=88, dpi=(200, 200))
    elif kind == "png":
        shown.save(data, "PNG", compress_level=1)
    elif kind == "tif":
        shown.save(data, "TIFF", compression="tiff_lzw")
    else:
        shown.save(data, "PDF", resolution=max(image.shape[:2]) / 11.69)
    return kind, data.getvalue()
