"""Pictures become art that a PDF/A and a Word file take, the right way up."""

import io

import pytest
from PIL import Image

from circular_gen.annexes.content import UnreadableError
from circular_gen.annexes.pictures import picture
from circular_gen.annexes.worker import read_here

from .files import drawing, jpeg, png


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_what_is_transparent_is_white() -> None:
    image = drawing("RGBA")
    image.putpixel((200, 100), (255, 0, 0, 0))
    made = opened(picture(png(image)).data)
    assert made.mode == "RGB"
    assert made.getpixel((200, 100)) == (255, 255, 255)
    assert made.getpixel((20, 20)) == (0, 0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_picture_becomes_grey_or_rgb(mode: str) -> None:
    image = drawing("RGB").convert("L").convert("I;16") if mode == "I;16" else drawing("RGB").convert(mode)
    art = picture(jpeg(image) if mode == "CMYK" else png(image))
    made = opened(art.data)
    assert made.mode in ("L", "RGB")
    grey = made.convert("L")
    assert grey.getpixel((20, 20)) < 60
    if mode != "I;16":  # whose white is 255 of 65535 here
        assert grey.getpixel((200, 150)) > 200


def test_a_camera_s_turn_is_taken_into_account() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned to the right by a quarter
    art = picture(jpeg(drawing(size=(300, 200)), exif=exif, quality=95))
    made = opened(art.data).convert("L")
    assert made.size == (200, 300)
    assert art.width < art.height
    assert made.getpixel((199 - 20, 20)) < 60, "the square went to the upper right corner"


def test_a_photograph_that_needs_no_change_keeps_its_bytes() -> None:
    data = jpeg(drawing(), dpi=(150, 150))
    art = picture(data)
    assert art.data is data
    assert (art.width, art.height) == pytest.approx((300 / 150 * 25.4, 200 / 150 * 25.4))


def test_a_large_picture_has_no_more_dots_than_are_printed() -> None:
    art = picture(png(drawing(size=(6000, 4000))))
    assert max(opened(art.data).size) <= 2760


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (png(drawing())[:500], "damaged"),
        (jpeg(drawing())[:700], "damaged"),
        (b"\x89PNG\r\n\x1a\nabc", "damaged"),
        (b"", "empty"),
        (b"GIF89a" + bytes(100), "png"),
        (b"%PDF-1.7 ...", "PDF"),
    ],
)
def test_what_is_no_picture_is_said_in_a_line(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_here(data, ".png")
    assert words in caught.value.message
    assert "\n" not in caught.value.message


def test_a_picture_of_fifty_thousand_pixels_is_refused_unopened() -> None:
    head = png(Image.new("1", (50_000, 50_000)))
    with pytest.raises(UnreadableError, match="50000"):
        picture(head)
