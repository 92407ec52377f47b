"""A stamped package is a sound ZIP with every slot filled, whatever the values."""

import io
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from circular_gen.output.mould import Mould, Part, Picture, clean
from circular_gen.sheet.slots import fill, slot

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def opened(data: bytes) -> zipfile.ZipFile:
    package = zipfile.ZipFile(io.BytesIO(data))
    assert package.testzip() is None  # every CRC is right
    return package


def xml(text: str) -> Part:
    return Part("word/document.xml", f'<w:document xmlns:w="{W}">{text}</w:document>'.encode())


def words(package: zipfile.ZipFile) -> str:
    root = etree.fromstring(package.read("word/document.xml"))
    tags = {f"{{{W}}}br": "\n", f"{{{W}}}tab": "\t"}
    return "".join(tags.get(element.tag, element.text or "") for element in root.iter())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.text(max_size=300), st.text(max_size=40)), min_size=1, max_size=6),
    st.sampled_from(["", "常" * 200]),
)
def test_every_value_stands_in_its_place_and_the_checksums_are_right(pairs: list[tuple[str, str]], gap: str) -> None:
    values = {f"v{index}": value for index, (_, value) in enumerate(pairs)}
    constants = [gap + clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for text, _ in pairs]
    body = "".join(
        f'<w:t xml:space="preserve">{constant}</w:t><w:t xml:space="preserve">{slot(f"v{index}")}</w:t>'
        for index, constant in enumerate(constants)
    )
    if any(mark in "".join(constants) for mark in "\ufdd0\ufdd1"):
        return
    mould = Mould([Part("a.bin", b"\0" * 50), xml(body)])
    package = opened(mould.copy(values))
    assert words(package) == "".join(gap + clean(text) + clean(value) for text, value in pairs)
    assert package.read("a.bin") == b"\0" * 50


def test_the_same_values_give_the_same_bytes_and_constant_packages_need_none() -> None:
    mould = Mould([xml(f"<w:t>{slot('name')}</w:t>")])
    assert (
        mould.copy({"name": "甲"})
        == mould.copy({"name": "甲"})
        == Mould([xml(f"<w:t>{slot('name')}</w:t>")]).copy({"name": "甲"})
    )
    constant = opened(Mould([xml("<w:t>常</w:t>"), Part("b", b"")]).copy({}))
    assert constant.namelist() == ["word/document.xml", "b"]
    assert {info.date_time for info in constant.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_values_are_escaped_by_where_they_stand() -> None:
    text = f'<w:p w:descr="{slot("v")}|{slot("v")}"><w:t>{slot("v")}</w:t><w:x>{slot("v")}</w:x></w:p>'
    value = 'a<b>&"c"\n\td\x00'
    package = opened(Mould([xml(text)]).copy({"v": value}))
    paragraph = etree.fromstring(package.read("word/document.xml"))[0]
    assert paragraph.get(f"{{{W}}}descr") == f"{clean(value)}|{clean(value)}"
    assert [child.tag.split("}")[1] for child in paragraph] == ["t", "br", "t", "tab", "t", "x"]
    assert "".join(child.text or "" for child in paragraph[:5]) == 'a<b>&"c"d'
    assert paragraph[5].text == clean(value)


def test_a_value_longer_than_a_deflate_block() -> None:
    value = "长" * 70_000
    assert words(opened(Mould([xml(f"<w:t>{slot('v')}</w:t>")]).copy({"v": value}))) == value


def test_pictures_are_drawn_for_each_unit_from_their_payload() -> None:
    mould = Mould(
        [Picture("media/own.png", "x" + slot("code"), str.encode), Picture("media/all.png", "same", str.encode)]
    )
    package = opened(mould.copy({"code": "A1"}))
    assert package.read("media/own.png") == b"xA1"
    assert package.read("media/all.png") == b"same"


def test_a_picture_whose_bytes_look_like_a_slot_stays_as_it_is() -> None:
    picture = b"\x89PNG" + slot("name").encode() + b"\xff"
    package = opened(Mould([Part("word/media/art1.png", picture), xml(slot("name"))]).copy({"name": "甲"}))
    assert package.read("word/media/art1.png") == picture


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        Mould([xml(f"<w:t>{slot('name')}</w:t>")]).copy({})


def test_stamped_members_hold_what_filling_the_text_gives() -> None:
    text = "".join(f"<w:t>{'段' * length}{slot('a')}{slot('b')}</w:t>" for length in (0, 1, 99, 100, 101, 5000))
    part = xml(text)
    values = {"a": "城西街道", "b": ""}
    data = opened(Mould([part]).copy(values)).read("word/document.xml")
    assert data == fill(part.data.decode(), values).encode()
    assert zlib.crc32(data) == opened(Mould([part]).copy(values)).getinfo("word/document.xml").CRC
