"""Reading a form with OpenCV alone, as one would write it in an afternoon: QR, corner marks, one threshold.

In: a picture, and by the symbol's text the form's page map. Out: the text, and box → ticked.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

SCALE = 8
"""Pixels a mm of the straightened page."""
TICKED = 0.08
"""Share of a box's inside that is black."""

_forms: dict[str, Mapping[str, Any]] = {}


def start(forms: Mapping[str, Mapping[str, Any]]) -> None:
    """For a process that reads."""
    import cv2

    cv2.setNumThreads(1)
    _forms.update(forms)


def read(path: Path) -> tuple[str, dict[str, bool]]:
    """The text of the symbol ("" where none is found), and the boxes."""
    import cv2
    import numpy as np

    grey = _grey(path)
    text, _points, _straight = cv2.QRCodeDetector().detectAndDecode(grey)
    form = _forms.get(text)
    if form is None:
        return text, {}
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50))
    corners, identities, _rejected = detector.detectMarkers(grey)
    seen: list[Any] = []
    places: list[Any] = []
    for corner, identity in zip(corners, [] if identities is None else identities.ravel().tolist(), strict=True):
        if identity < len(form["marks"]):
            x, y, width, height = form["marks"][identity]
            seen.append(corner.reshape(4, 2))
            places.append([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
    if len(seen) < 3:
        return text, {}
    matrix, _mask = cv2.findHomography(np.concatenate(seen), np.concatenate(places) * SCALE)
    page = cv2.warpPerspective(grey, matrix, (210 * SCALE, 297 * SCALE), borderValue=255)
    _level, black = cv2.threshold(page, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    boxes = {}
    for name, (x, y, width, height) in form["boxes"].items():
        inside = black[
            round((y + 0.6) * SCALE) : round((y + height - 0.6) * SCALE),
            round((x + 0.6) * SCALE) : round((x + width - 0.6) * SCALE),
        ]
        boxes[name] = bool(inside.mean() / 255 >= TICKED)
    return text, boxes


def _grey(path: Path) -> Any:
    """The picture; a PDF's page drawn at 200 dpi."""
    import cv2

    if path.suffix == ".pdf":
        import pypdfium2

        document = pypdfium2.PdfDocument(path)
        drawn = document[0].render(scale=200 / 72, grayscale=True).to_numpy()
        document.close()
        return drawn if drawn.ndim == 2 else drawn[:, :, 0]
    return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
