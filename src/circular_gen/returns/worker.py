"""The worker process: the only one that opens files of unknown origin. It has little memory, is watched and killed.

    parent ◄─ that it is there ── worker
    parent ── {"do": "read", …} ─►
    parent ◄─ the file's electronic signatures, where it has any ──
    parent ◄─ a page: the texts of its symbols ──
    parent ── whose form it is, or nothing ─►
    parent ◄─ the page's ink ──  … and so on for each page

A mail is taken apart here too: {"do": "mail"} is answered with what it is, then with its attachments.

It holds no key and no ledger: what a symbol's text is worth, the parent decides. Both talk in JSON, never in pickles.
"""

import contextlib
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from circular_gen.returns.boxes import SCALE, View, is_blank, is_grey, read_box, read_seal, read_signature
from circular_gen.returns.marks import Symbol, find_marks, find_symbols, fit, grey_of, in_place
from circular_gen.returns.pictures import Picture, RefusedError, members, pictures
from circular_gen.returns.reports import MAX_MAIL, understand
from circular_gen.returns.signed import Trust, check
from circular_gen.workspace.codes import PREFIX

if TYPE_CHECKING:
    from circular_gen.returns.boxes import Pixels

MEMORY = 3 << 30
"""Bytes of address space; 0.5 GB of it are the libraries'."""
_EDGE = 10.0
"""From the outer marks to the paper's edge, in mm."""
_DOUBT = (0, 140, 255)
"""Blue, green, red of an outline."""
_A4 = 297.0
"""The long side of a page whose size nobody knows, in mm."""
_JPEG = 85
"""Quality of pictures for the archive, of 100."""
_MOST = 20
"""Symbols of a page that are told."""


def run(connection: Connection) -> None:
    """Serve until the parent hangs up."""
    _limit()
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        _send(connection, {"ready": True})
        while True:
            asked = json.loads(connection.recv_bytes())
            try:
                _serve(connection, asked)
            except RefusedError as refused:
                _send(connection, {"refused": refused.reason, "detail": refused.detail})
            except MemoryError:
                _send(connection, {"refused": "too-large", "detail": "memory"})
            except (EOFError, BrokenPipeError, ConnectionResetError):
                raise
            except Exception as error:  # noqa: BLE001 (whatever a decoder throws: the file is refused, the rest goes on)
                _send(connection, {"refused": "damaged", "detail": f"{type(error).__name__}: {error}"[:200]})


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows: bounds of pixels and time hold alone
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _send(connection: Connection, told: Mapping[str, Any]) -> None:
    connection.send_bytes(json.dumps(told).encode())


def _serve(connection: Connection, asked: Mapping[str, Any]) -> None:
    path = Path(asked["path"])
    if asked["do"] == "unpack":
        for name, data in members(path):
            if isinstance(data, RefusedError):
                _send(connection, {"member": _plain(name), "refused": data.reason, "detail": data.detail})
            else:
                _send(connection, {"member": _plain(name)})
                connection.send_bytes(data)
        _send(connection, {"end": 0})
    elif asked["do"] == "mail":
        _mail(connection, path)
    elif asked["do"] == "read":
        _one_thread()
        total, size = 0, None
        if path.suffix == ".pdf":
            signatures, size = check(path, Trust(*(tuple(map(b64decode, ders)) for ders in asked["trust"])))
            if signatures:
                _send(connection, {"signatures": [asdict(one) for one in signatures]})
        for picture in pictures(path, asked["first"], size):
            total = picture.total
            _read(connection, picture)
        _send(connection, {"end": total})
    elif asked["do"] == "straighten":
        _one_thread()
        total = 0
        for picture in pictures(path):
            total = picture.total
            _straighten(connection, picture)
        _send(connection, {"end": total})
    else:
        connection.send_bytes(crop(path, asked["page"], asked["form"]))


@lru_cache(maxsize=1)
def _one_thread() -> None:
    import cv2

    cv2.setNumThreads(1)


def _mail(connection: Connection, path: Path) -> None:
    """What the mail is, then the bytes of each attachment."""
    if path.stat().st_size > MAX_MAIL:
        raise RefusedError("too-large", f"{path.stat().st_size >> 20} MB")
    mail = understand(path.read_bytes())
    files = mail.attachments
    told = asdict(replace(mail, attachments=()))
    told["attachments"] = [{"name": _plain(file.name), "inline": file.inline} for file in files]
    _send(connection, {"mail": told})
    for file in files:
        connection.send_bytes(file.data)


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


# -- a page ------------------------------------------------------------------------------------------------------------


def _read(connection: Connection, picture: Picture) -> None:
    head = {"page": picture.page, "total": picture.total}
    if picture.pixels is None:
        assert picture.refused is not None
        _send(connection, {**head, "refused": picture.refused.reason, "detail": picture.refused.detail})
        return
    pixels = picture.pixels
    grey = grey_of(pixels)
    marks = find_marks(grey)
    blank = not marks and is_blank(grey)
    symbols = [] if blank else find_symbols(grey, marks, PREFIX)[:_MOST]
    texts = [_plain(symbol.text)[:200] for symbol in symbols]
    _send(connection, {**head, "blank": blank, "marks": len(marks), "symbols": texts})
    wanted = json.loads(connection.recv_bytes())
    if wanted is not None:
        symbol = symbols[wanted["symbol"]]
        _send(connection, {"page": picture.page, "ink": ink_of(pixels, marks, symbol, wanted)})


def ink_of(pixels: "Pixels", marks: Mapping[int, Any], symbol: Symbol, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that is read on a page of a known form. `wanted`: the form's page map, with `original` and `number`
    (the PDF it was printed from, the page's place in it, from 0)."""
    fitted = fit(dict(marks), wanted["marks"])
    grey = is_grey(pixels)
    if fitted is None:
        return {"problem": "marks", "grey": grey}
    if wanted["qr"] and len(symbol.corners) and not in_place(symbol, wanted["qr"], fitted):
        return {"problem": "aside", "grey": grey}
    view = View(pixels, fitted, _printed(wanted["original"], wanted["number"]))
    return {
        "grey": grey,
        "error": round(fitted.error * 1000),
        "boxes": {name: read_box(view, place, grey) for name, place in wanted["boxes"].items()},
        "signature": {name: read_signature(view, place, grey) for name, place in wanted["signature"].items()},
        "seal": {name: read_seal(view, place, grey) for name, place in wanted["seal"].items()},
    }


@lru_cache(maxsize=16)
def _printed(path: str, number: int) -> "Pixels":
    """A page of an original, drawn at SCALE."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        page = document[number]
        bitmap = page.render(scale=SCALE * 25.4 / 72, grayscale=True)
        drawn = bitmap.to_numpy()
        printed: Pixels = (drawn if drawn.ndim == 2 else drawn[:, :, 0]).copy()
        return printed
    finally:
        document.close()


# -- what a person looks at --------------------------------------------------------------------------------------------


def crop(path: Path, number: int, form: Mapping[str, Any] | None) -> bytes:
    """A page of a returned file as PNG, at most 150 dpi. Where its form is known, it is straightened, the places in
    doubt are outlined, and what is far from them is cut off. `form`: marks, places and the mm seen around them."""
    import cv2

    pixels = _pixels(_page(pictures(path, number)))
    page = _upright(pixels, find_marks(grey_of(pixels)), form["marks"]) if form else None
    if form is None or page is None:
        scale = min(1.0, 1754 / max(pixels.shape[:2]))
        shown = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    else:
        shown = _outlined(page, form["places"], form["around"])
    done, data = cv2.imencode(".png", shown)
    if not done:
        raise RefusedError("damaged")
    return bytes(data)


def _pixels(picture: Picture) -> "Pixels":
    if picture.pixels is None:
        raise picture.refused or RefusedError("damaged")
    return picture.pixels


def _upright(pixels: "Pixels", marks: Mapping[int, Any], places: list[list[float]]) -> "Pixels | None":
    """The whole page straightened, at SCALE; None where too few marks are seen. `places`: of the marks, in mm."""
    fitted = fit(dict(marks), places)
    if fitted is None:
        return None
    width = max(place[0] + place[2] for place in places) + _EDGE
    height = max(place[1] + place[3] for place in places) + _EDGE
    return View(pixels, fitted, pixels).piece([0, 0, width, height])


def _straighten(connection: Connection, picture: Picture) -> None:
    """A page as a JPEG: straightened where the parent knows its marks, else as it came, as long as an A4 page."""
    import cv2

    pixels = _pixels(picture)
    grey = grey_of(pixels)
    marks = find_marks(grey)
    symbols = find_symbols(grey, marks, PREFIX)[:_MOST]
    _send(connection, {"symbols": [_plain(symbol.text)[:200] for symbol in symbols]})
    places = json.loads(connection.recv_bytes())["marks"]
    page = _upright(pixels, marks, places) if places else None
    scale = SCALE
    if page is None:
        page = pixels
        scale = max(page.shape[:2]) / _A4
    if is_grey(page):
        page = grey_of(page)
    done, data = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, _JPEG])
    if not done:
        raise RefusedError("damaged")
    rows, columns = page.shape[:2]
    said = {"columns": columns, "rows": rows, "grey": page.ndim == 2}
    _send(connection, {**said, "width": columns / scale, "height": rows / scale})
    connection.send_bytes(bytes(data))


def _outlined(page: Any, places: list[list[float]], around: float) -> Any:
    import cv2

    page = page if page.ndim == 3 else cv2.cvtColor(page, cv2.COLOR_GRAY2BGR)
    for x, y, width, height in places:
        upper_left, lower_right = (x - 1, y - 1), (x + width + 1, y + height + 1)
        corners = [tuple(round(value * SCALE) for value in corner) for corner in (upper_left, lower_right)]
        cv2.rectangle(page, corners[0], corners[1], _DOUBT, 3)
    if places:
        top = max(0, round((min(place[1] for place in places) - around) * SCALE))
        page = page[top : round((max(place[1] + place[3] for place in places) + around) * SCALE)]
    return cv2.resize(page, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA)


def _page(found: Iterator[Picture]) -> Picture:
    picture = next(found, None)
    if picture is None:
        raise RefusedError("damaged", "no such page")
    return picture
