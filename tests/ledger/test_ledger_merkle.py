"""The Merkle tree against a straightforward reading of RFC 6962, and checkpoints."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circular_gen.ledger import merkle
from circular_gen.ledger.checkpoint import Checkpoint, CheckpointError, agrees, brief, read_checkpoint
from circular_gen.workspace.codes import Checkpoint as Short
from circular_gen.workspace.codes import Code, Codes

LEAVES = [hashlib.sha256(str(n).encode()).digest() for n in range(700)]


def plain_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + plain_root(leaves[:k]) + plain_root(leaves[k:])).digest()


def subtree(level: int, position: int) -> bytes:
    part = LEAVES[position << level : (position + 1) << level]
    assert len(part) == 1 << level, "asked for a subtree that is not complete"
    return plain_root(part)


@pytest.mark.parametrize("size", [*range(20), 255, 256, 257, 511, 512, 700])
def test_the_root_is_the_rfcs(size: int) -> None:
    frontier, _ = merkle.Frontier().extend(LEAVES[:size])
    assert frontier.root() == plain_root(LEAVES[:size]) == merkle.range_root(0, size, subtree)
    assert len(frontier.peaks) == size.bit_count()


@given(st.lists(st.integers(0, 200), max_size=6))
def test_a_tree_that_grows_in_steps_is_the_same(steps: list[int]) -> None:
    frontier, nodes, done = merkle.Frontier(), [], 0
    for step in steps:
        frontier, more = frontier.extend(LEAVES[done : done + step])
        nodes += more
        done = min(done + step, len(LEAVES))
    assert (frontier, nodes) == merkle.Frontier().extend(LEAVES[:done])
    assert all(level % merkle.TILE == 0 and hashed == subtree(level, place) for level, place, hashed in nodes)
    assert len(nodes) == done >> merkle.TILE


@settings(max_examples=200)
@given(st.integers(1, 130), st.data())
def test_inclusion(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root, proof = plain_root(LEAVES[:size]), merkle.inclusion_proof(index, size, subtree)
    assert merkle.includes(LEAVES[index], index, size, proof, root)
    other = data.draw(st.integers(0, size))
    assert not merkle.includes(LEAVES[index], other, size, proof, root) or other == index
    assert not merkle.includes(LEAVES[index + 1], index, size, proof, root)
    assert not merkle.includes(LEAVES[index], index, size, (*proof, b"x" * 32), root)
    assert not proof or not merkle.includes(LEAVES[index], index, size, proof[:-1], root)


@settings(max_examples=200)
@given(st.integers(0, 130), st.data())
def test_consistency(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, second))
    old, new = plain_root(LEAVES[:first]), plain_root(LEAVES[:second])
    proof = merkle.consistency_proof(first, second, subtree)
    assert merkle.continues(first, old, second, new, proof)
    assert not merkle.continues(first, old, second, new, (*proof, b"x" * 32))
    if proof:
        assert not merkle.continues(first, old, second, new, proof[:-1])
        assert not merkle.continues(first, b"x" * 32, second, new, proof)
        assert not merkle.continues(first, old, second, b"x" * 32, proof)


def test_proofs_of_nothing() -> None:
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_proof(5, 5, subtree)
    with pytest.raises(ValueError, match="no beginning"):
        merkle.consistency_proof(6, 5, subtree)
    assert not merkle.continues(6, b"", 5, b"", ())
    assert not merkle.continues(3, b"", 5, b"", ())


def test_a_checkpoint_travels_as_text_and_in_short() -> None:
    checkpoint = Checkpoint("circular-gen/abc", 1234, hashlib.sha256(b"root").digest())
    assert checkpoint.text().splitlines()[:2] == ["circular-gen/abc", "1234"]
    assert read_checkpoint(checkpoint.text()) == checkpoint
    assert read_checkpoint(checkpoint.text() + "\n— office signature\n") == checkpoint
    short = read_checkpoint(checkpoint.brief().lower())
    assert isinstance(short, Short)
    assert short.size == 1234
    assert agrees(short, checkpoint.root)
    assert agrees(checkpoint.short(), checkpoint.root)
    assert brief(checkpoint.short()) == checkpoint.brief()
    changed = bytes([checkpoint.root[0] ^ 1]) + checkpoint.root[1:]
    assert not agrees(short, changed)


def test_a_receipts_code_carries_the_short_form() -> None:
    codes = Codes(b"k" * 32)
    checkpoint = Checkpoint("o", 99, hashlib.sha256(b"r").digest())
    payload = codes.payload(Code("receipt", "c", "u", 1, checkpoint=checkpoint.short()))
    read = codes.read(payload, ["c"], {"c": ["u"]}).checkpoint
    assert read.size == 99
    assert agrees(read, checkpoint.root)


ROOT = "A" * 43 + "="


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "o\n5\n", "o\nfive\nAAAA", "o\n5\nAAAA", "1234-7K3M9Q2X"),
        *(f"o\n-1\n{ROOT}", f"\n5\n{ROOT}", f"o\n5\n{ROOT}\nmore"),
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(CheckpointError):
        read_checkpoint(text)
