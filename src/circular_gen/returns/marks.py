"""What makes a page ours: its QR symbols, and the four corner marks that say where everything stands.

In: a page's picture. Out: the texts of its QR symbols with their corners; the marks' corners; for a known form the
homography from mm on the paper to the picture's pixels. Pure.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]
    Points = npt.NDArray[Any]

MARKS = range(4)
_COARSE = 1170
"""Pixels of the long side at which marks are sought first: a mark of 8 mm is 31 pixels wide on A4."""
_FIT = 0.35
"""How far marks may lie from their places, as the root of the mean square, in mm."""
_SIZE = 0.2
"""How much larger or smaller than printed a mark may be."""
_ASIDE = 5.0
"""How far a symbol may lie from its place before it counts as another paper's, in mm."""
_LARGEST = 5400
"""Pixels of the long side of an enlarged page."""
_SYMBOL = 300
"""Pixels of a straightened corner of the page where a symbol is sought again."""


@dataclass(frozen=True, slots=True, eq=False)
class Symbol:
    """A QR symbol: `corners` are four points in pixels."""

    text: str
    corners: "Points"


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Where the paper lies in the picture. `matrix` takes mm (x, y, 1) to pixels; `error`: of the marks, in mm."""

    matrix: "Points"
    error: float
    marks: int


def grey_of(pixels: "Pixels") -> "Pixels":
    import cv2

    if pixels.ndim == 2:
        return pixels
    grey: Any = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    return cast("Pixels", grey)


def smaller(pixels: Any, times: int) -> Any:
    """A picture a whole number of times smaller: ten times as quick as any other size. Odd pixels at its right and
    lower edge are left out."""
    import cv2

    rows, columns = pixels.shape[0] // times, pixels.shape[1] // times
    cut = pixels[: rows * times, : columns * times]
    return cv2.resize(cut, (columns, rows), interpolation=cv2.INTER_AREA)


# -- corner marks ------------------------------------------------------------------------------------------------------


def find_marks(grey: "Pixels") -> dict[int, "Points"]:
    """Mark → its four corners in pixels, from its own upper left clockwise. A mark that is seen twice is none."""
    import cv2

    found: dict[int, Points] = {}
    times = int(max(grey.shape) / _COARSE + 0.3)  # at 150 dpi none
    if times > 1:
        found = _refined(grey, _detected(smaller(grey, times), times), 2.0 * times)
    if len(found) < len(MARKS):
        found = _refined(grey, _detected(grey, 1.0), 2.0) | found
    if len(found) < len(MARKS):
        smooth = cv2.GaussianBlur(grey, (0, 0), 1.2)
        found = _detected(cv2.createCLAHE(3.0, (8, 8)).apply(smooth), 1.0) | found
    return found


def _detected(grey: Any, scale: float) -> dict[int, "Points"]:
    import cv2
    import numpy as np

    settings = cv2.aruco.DetectorParameters()
    settings.adaptiveThreshWinSizeMin = 9
    settings.adaptiveThreshWinSizeMax = 33
    settings.adaptiveThreshWinSizeStep = 24
    settings.minMarkerPerimeterRate = 0.03
    settings.maxMarkerPerimeterRate = 0.6
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50), settings)
    corners, identities, _rejected = detector.detectMarkers(grey)
    found: dict[int, Points] = {}
    twice = set()
    for corner, identity in zip(corners, [] if identities is None else identities.ravel().tolist(), strict=True):
        if identity in MARKS:
            if identity in found:
                twice.add(identity)
            found[identity] = (corner.reshape(4, 2).astype(np.float64) + 0.5) * scale - 0.5
    return {identity: points for identity, points in found.items() if identity not in twice}


def _refined(grey: "Pixels", found: dict[int, "Points"], reach: float) -> dict[int, "Points"]:
    """The corners to a part of a pixel; `reach`: how far they may be off, in pixels."""
    import cv2
    import numpy as np

    if not found:
        return found
    points = np.concatenate(list(found.values())).astype(np.float32).reshape(-1, 1, 2)
    window = max(2, round(reach))
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.05)
    moved = cv2.cornerSubPix(grey, points.copy(), (window, window), (-1, -1), stop)
    far = np.abs(moved - points).max(axis=(1, 2)) > 2 * window
    moved[far] = points[far]
    corners = moved.reshape(-1, 4, 2).astype(np.float64)
    return dict(zip(found, corners, strict=True))


def fit(marks: dict[int, "Points"], places: list[list[float]]) -> Fit | None:
    """The paper's place from at least three marks; `places`: of the form's marks (x, y, width, height) in mm. None
    where too few are there, or they do not lie as printed. Of four, one that does not fit is left out."""
    known = {identity: points for identity, points in marks.items() if identity < len(places)}
    if len(known) < 3:
        return None
    best = _solved(known, places)
    if len(known) == 4 and (best is None or best.error > _FIT):
        for identity in known:
            other = _solved({one: points for one, points in known.items() if one != identity}, places)
            if other and (best is None or other.error < best.error / 2):
                best = other
    return best if best and best.error <= _FIT else None


def _solved(marks: dict[int, "Points"], places: list[list[float]]) -> Fit | None:
    import cv2
    import numpy as np

    paper = np.array([_corners(places[identity]) for identity in marks]).reshape(-1, 2)
    picture = np.concatenate(list(marks.values()))
    try:
        matrix, _mask = cv2.findHomography(paper, picture, 0)
        if matrix is None or not np.isfinite(matrix).all():
            return None
        inverse = np.linalg.inv(matrix)
    except (cv2.error, np.linalg.LinAlgError):
        return None
    back = mapped(inverse, picture)
    error = float(np.sqrt(((back - paper) ** 2).sum(axis=1).mean()))
    for identity, points in marks.items():
        side = np.linalg.norm(np.diff(mapped(inverse, points), axis=0), axis=1)
        if np.abs(side / places[identity][2] - 1).max() > _SIZE:
            return None
    middle = paper.mean(axis=0)
    turn = mapped(matrix, middle + np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    (ax, ay), (bx, by) = turn[1] - turn[0], turn[2] - turn[0]
    return Fit(matrix, error, len(marks)) if ax * by - ay * bx > 0 else None  # else a mirror


def _corners(place: list[float]) -> list[list[float]]:
    x, y, width, height = place
    return [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]


def mapped(matrix: "Points", points: "Points") -> "Points":
    """Points through a homography."""
    import numpy as np

    flat: Points = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ matrix.T
    return flat[:, :2] / flat[:, 2:]


def in_place(symbol: Symbol, place: list[float], fitted: Fit) -> bool:
    """Whether a symbol stands where the form has its own; else it belongs to another paper in the picture."""
    import numpy as np

    middle = mapped(np.linalg.inv(fitted.matrix), symbol.corners).mean(axis=0)
    x, y, width, height = place
    return bool(np.abs(middle - [x + width / 2, y + height / 2]).max() <= _ASIDE)


# -- QR ----------------------------------------------------------------------------------------------------------------


def find_symbols(grey: "Pixels", marks: dict[int, "Points"], prefix: str) -> list[Symbol]:
    """The QR symbols of the page. Where none begins with `prefix`, harder ways are tried one after another. Those that
    do not stand as the marks do are left out: one that shines through from the reverse side is a mirror image, which
    reads like a turned one."""
    import cv2

    found = [symbol for symbol in _symbols(grey) if _upright(symbol, marks)]
    if _ours(found, prefix):
        return found
    tries: list[Any] = []
    for corner in _corner_views(grey, marks):
        sharp = cv2.addWeighted(corner, 2.2, cv2.GaussianBlur(corner, (0, 0), 3.0), -1.2, 0)
        tries += [corner, sharp, cv2.GaussianBlur(corner, (0, 0), 2.0), cv2.medianBlur(corner, 5)]
    for view in tries:
        texts = {symbol.text for symbol in found}
        # where it stands is known by the view: the middle of the symbol is not asked for again
        found += [
            Symbol(symbol.text, symbol.corners[:0]) for symbol in _symbols(view, hard=True) if symbol.text not in texts
        ]
        if _ours(found, prefix):
            return found
    for scale in (2.0, 0.5, 3.0) if marks else (2.0,):  # without any mark it is hardly ours
        if max(grey.shape) * scale > _LARGEST:
            continue
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        view = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=how)
        if scale > 1:
            view = cv2.addWeighted(view, 2.0, cv2.GaussianBlur(view, (0, 0), 1.5 * scale), -1.0, 0)
        more = [Symbol(symbol.text, symbol.corners / scale) for symbol in _symbols(view, hard=True)]
        found += [symbol for symbol in more if _upright(symbol, marks)]
        if _ours(found, prefix):
            return found
    return found


def _upright(symbol: Symbol, marks: dict[int, "Points"]) -> bool:
    import numpy as np

    if not marks:
        return True
    across = sum(points[1] - points[0] for points in marks.values())
    along = symbol.corners[1] - symbol.corners[0]
    return float(np.dot(across, along)) > 0.7 * float(np.linalg.norm(across) * np.linalg.norm(along))


def _ours(symbols: list[Symbol], prefix: str) -> bool:
    return any(symbol.text.startswith(prefix) for symbol in symbols)


def _symbols(grey: Any, *, hard: bool = False) -> list[Symbol]:
    import numpy as np
    import zxingcpp

    kind: Any = zxingcpp.BarcodeFormat.QRCode
    found = zxingcpp.read_barcodes(grey, formats=kind, try_invert=False, try_rotate=True, try_downscale=hard)
    symbols = []
    for symbol in found:
        at = symbol.position
        corners = [at.top_left, at.top_right, at.bottom_right, at.bottom_left]
        symbols.append(Symbol(symbol.text, np.array([[float(p.x), float(p.y)] for p in corners])))
    return symbols


def _corner_views(grey: "Pixels", marks: dict[int, "Points"]) -> list[Any]:
    """The surroundings of the mark at the upper right, straightened: forms carry their symbol beside it. The mark
    itself gives the scale, so that nothing of the form need be known: 60 mm to its left, 45 mm down."""
    import cv2
    import numpy as np

    if 1 not in marks:
        return []
    scale, side = _SYMBOL / 25, 8.0
    place = [[54.0, 3.0], [54.0 + side, 3.0], [54.0 + side, 3.0 + side], [54.0, 3.0 + side]]
    known = [np.array(place)]
    seen = [marks[1]]
    if 0 in marks and 2 in marks:  # the marks' own distances, for a truer perspective: A4, upright or not
        across, down = (
            float(np.linalg.norm(marks[1][0] - marks[0][0])),
            float(np.linalg.norm(marks[2][0] - marks[1][0])),
        )
        wide, high = (182.0, 269.0) if across < down else (269.0, 182.0)
        known += [known[0] - np.array([wide, 0.0]), known[0] + np.array([0.0, high])]
        seen += [marks[0], marks[2]]
    matrix, _mask = cv2.findHomography(np.concatenate(known) * scale, np.concatenate(seen), 0)
    if matrix is None:
        return []
    size = (round(66 * scale), round(45 * scale))
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return [cv2.warpPerspective(grey, matrix, size, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=255)]
