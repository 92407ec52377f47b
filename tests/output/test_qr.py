"""QR symbols against segno, module by module; the PNG and the path show the same modules."""

import io
import random
import re

import numpy as np
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from circular_gen.output import qr
from circular_gen.workspace.codes import LENGTH

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
CODE = "CG1" + "7K3M9QXV8Z0" * 4 + "ABCDEFG"


def reference(payload: str) -> tuple[tuple[bool, ...], ...]:
    symbol = segno.make(payload, version=3, error="m", mode="alphanumeric", mask=qr.MASK, boost_error=False)
    return tuple(tuple(map(bool, row)) for row in symbol.matrix)


def ends_a_codeword(length: int) -> bool:
    """segno adds a codeword of zeros where the data and its terminator end a codeword, which the standard does not."""
    return (13 + length // 2 * 11 + length % 2 * 6 + 4) % 8 == 0


@given(st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH))
@settings(max_examples=300, deadline=None)
def test_a_code_is_the_symbol_that_segno_makes(payload: str) -> None:
    assert qr.matrix(payload) == reference(payload)


@pytest.mark.long
def test_ten_thousand_codes_are_the_symbols_that_segno_makes() -> None:
    source = random.Random(20261125)
    for _ in range(10_000):
        payload = "".join(source.choices(ALPHABET, k=LENGTH))
        assert qr.matrix(payload) == reference(payload)


@given(st.text(ALPHABET, min_size=1, max_size=qr.CAPACITY).filter(lambda text: not ends_a_codeword(len(text))))
@settings(max_examples=100, deadline=None)
def test_shorter_and_longer_payloads_too(payload: str) -> None:
    assert qr.matrix(payload) == reference(payload)


@given(st.text(ALPHABET, min_size=1, max_size=qr.CAPACITY), st.integers(1, 6))
@settings(max_examples=50, deadline=None)
def test_the_png_shows_the_modules_in_a_quiet_zone(payload: str, scale: int) -> None:
    image = Image.open(io.BytesIO(qr.png(payload, scale)))
    side = qr.SIZE + 2 * qr.QUIET
    assert (image.mode, image.size) == ("1", (side * scale, side * scale))
    dark = np.pad(np.array(qr.matrix(payload), bool), qr.QUIET)
    assert (np.asarray(image) != np.kron(dark, np.ones((scale, scale), bool))).all()


@given(st.text(ALPHABET, min_size=1, max_size=qr.CAPACITY))
@settings(deadline=None)
def test_the_path_covers_each_dark_module_once(payload: str) -> None:
    covered = [[0] * qr.SIZE for _ in range(qr.SIZE)]
    for line in qr.path(payload).splitlines():
        numbers = re.fullmatch(r"(\d+) (\d+) (\d+) (\d+) re", line)
        assert numbers
        x, y, width, height = map(int, numbers.groups())
        for row in range(y, y + height):
            for column in range(x, x + width):
                covered[qr.SIZE - 1 - row][column] += 1
    assert covered == [[int(module) for module in row] for row in qr.matrix(payload)]


@pytest.mark.parametrize("payload", ["", "A" * 62, "abc", "CG1–", "签收", "A\n", "\x00"])
def test_what_does_not_fit_is_refused(payload: str) -> None:
    for make in (qr.matrix, qr.path, lambda text: qr.png(text, 4)):
        with pytest.raises(ValueError, match="QR"):
            make(payload)


def test_a_symbol_can_be_read_from_the_png() -> None:
    cv2 = pytest.importorskip("cv2")
    zxingcpp = pytest.importorskip("zxingcpp")
    numpy = pytest.importorskip("numpy")
    for payload in (CODE, "ABCDEFG"):
        picture = cv2.imdecode(numpy.frombuffer(qr.png(payload, 4), numpy.uint8), cv2.IMREAD_GRAYSCALE)
        assert [found.text for found in zxingcpp.read_barcodes(picture)] == [payload]
