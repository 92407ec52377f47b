"""BagIt: what is written is a bag to others, what others write is read as RFC 8493 says."""

from pathlib import Path

import bagit
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circular_gen.archive.bag import BagError, BagWriter, decoded, encoded, is_safe, read_information, read_manifest

NAMES = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), min_size=1, max_size=30)


@given(NAMES)
def test_paths_with_line_ends_and_percent_signs_come_back(name: str) -> None:
    assert decoded(encoded(name)) == name
    assert not {"\r", "\n"} & set(encoded(name))


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_-]{0,8}(/[a-z][a-z0-9]{0,5})?(\.[a-z]{1,4})?", fullmatch=True),
                       st.binary(max_size=200), max_size=8))  # fmt: skip
def test_what_is_written_is_a_bag(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> None:
    tops = {name.partition("/")[0] for name in files if "/" in name}
    files = {name: data for name, data in files.items() if name not in tops and is_safe(name)}
    folder = tmp_path_factory.mktemp("bag")
    writer = BagWriter(folder)
    for name, data in files.items():
        writer.add(name, data)
    (folder / "data").mkdir(exist_ok=True)
    writer.finish([("Source-Organization", "清河市 \n 某办"), ("Payload-Oxum", f"{writer.octets}.{writer.files}")])
    bag = bagit.Bag(str(folder))
    assert bag.is_valid()
    assert bag.info["Source-Organization"] == "清河市 某办"
    assert {path: (folder / path).read_bytes() for path in bag.payload_files()} == {
        f"data/{name}": data for name, data in files.items()
    }


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (f"{'0' * 64}  data/a", "data/a"),
        (f"{'0' * 64} data/a b", "data/a b"),
        (f"{'0' * 64}\t*data/a", "data/a"),
        (f"{'A' * 64}  data/%0D%0a%25", "data/\r\n%"),
        (f"{'0' * 64}  ./data/a", "data/a"),
    ],
)
def test_lines_of_manifests_as_others_write_them(tmp_path: Path, line: str, path: str) -> None:
    (tmp_path / "m").write_bytes(f"{line}\r\n".encode())
    assert [found for found, _digest in read_manifest(tmp_path / "m", "sha256")] == [path]


@pytest.mark.parametrize("line", [b"x", b"0" * 63 + b"  data/a", b"0" * 64, b"\xff\xfe", b"g" * 64 + b"  data/a"])
def test_what_is_no_line_is_told_with_its_number(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "m").write_bytes(b"0" * 64 + b"  data/first\n" + line + b"\n")
    with pytest.raises(BagError):
        list(read_manifest(tmp_path / "m", "sha256"))


def test_information_may_go_over_several_lines() -> None:
    assert read_information("A: one\n two\nB: x: y\n") == {"A": "one two", "B": "x: y"}


@pytest.mark.parametrize("name", ["a/../b", "nul", "con.txt", "a b", "文件", "a.", "", "-x", "a//b", "c:x", "x" * 101])
def test_names_that_not_every_system_has(tmp_path: Path, name: str) -> None:
    assert not is_safe(name)
    writer = BagWriter(tmp_path)
    with pytest.raises(BagError):
        writer.add(name, b"")
    writer.close()
