"""The Merkle tree over the events' hashes, after RFC 6962: leaves and nodes are hashed with different prefixes.

The tree's leaves are the events' hashes in order; `size` counts them. Everything here is pure: where a hash of the
stored tree is needed, the caller hands in a function `subtree(level, position)` that gives the root of the complete
subtree over the leaves [position · 2^level, (position + 1) · 2^level).
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves (RFC 6962, section 2.1)."""
TILE = 8
"""Only every eighth level is stored; what lies between is made again from at most 256 hashes below."""

Subtree = Callable[[int, int], bytes]


def leaf(event_hash: bytes) -> bytes:
    return hashlib.sha256(b"\0" + event_hash).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """A tree's right edge: the roots of its complete subtrees, largest first, one for each bit of `size`."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def extend(self, hashes: Iterable[bytes]) -> tuple["Frontier", list[tuple[int, int, bytes]]]:
        """The tree with more leaves, and the (level, position, hash) of the stored levels that became complete."""
        sha256 = hashlib.sha256
        size, peaks, stored = self.size, list(self.peaks), []
        for event_hash in hashes:
            peak = sha256(b"\0" + event_hash).digest()
            rest, level = size, 0
            while rest & 1:
                peak = sha256(b"\1" + peaks.pop() + peak).digest()
                rest >>= 1
                level += 1
                if not level % TILE:
                    stored.append((level, rest, peak))
            peaks.append(peak)
            size += 1
        return Frontier(size, tuple(peaks)), stored

    def root(self) -> bytes:
        """The tree's root."""
        if not self.peaks:
            return EMPTY
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node(peak, root)
        return root


def folded(hashes: list[bytes]) -> bytes:
    """The root over 2^n hashes of one level."""
    while len(hashes) > 1:
        hashes = [node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


def range_root(start: int, stop: int, subtree: Subtree) -> bytes:
    """The root over the leaves [start, stop); `start` must be where a subtree of the whole tree begins."""
    size = stop - start
    if size == 0:
        return EMPTY
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return subtree(level, start >> level)
    half = _half(size)
    return node(range_root(start, start + half, subtree), range_root(start + half, stop, subtree))


def inclusion_proof(index: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """The audit path of leaf `index` (from 0) in the tree of `size` leaves (RFC 6962, section 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _half(stop - start)
        if index < middle:
            path.append(range_root(middle, stop, subtree))
            stop = middle
        else:
            path.append(range_root(start, middle, subtree))
            start = middle
    return tuple(reversed(path))


def consistency_proof(first: int, second: int, subtree: Subtree) -> tuple[bytes, ...]:
    """The proof that the tree of `first` leaves is the beginning of that of `second` (RFC 6962, section 2.1.2)."""
    if not 0 <= first <= second:
        raise ValueError(f"a tree of {first} is no beginning of one of {second}")
    if first in (0, second):
        return ()
    path: list[bytes] = []
    start, stop, whole = 0, second, True
    while first != stop:
        middle = start + _half(stop - start)
        if first <= middle:
            path.append(range_root(middle, stop, subtree))
            stop = middle
        else:
            path.append(range_root(start, middle, subtree))
            start, whole = middle, False
    if not whole:
        path.append(range_root(start, stop, subtree))
    return tuple(reversed(path))


def includes(event_hash: bytes, index: int, size: int, proof: Iterable[bytes], root: bytes) -> bool:
    """Whether the audit path proves that leaf `index` of the tree of this root is `event_hash` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, reached = index, size - 1, leaf(event_hash)
    for step in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            reached = node(step, reached)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            reached = node(reached, step)
        here, last = here >> 1, last >> 1
    return last == 0 and reached == root


def continues(first: int, first_root: bytes, second: int, second_root: bytes, proof: Iterable[bytes]) -> bool:
    """Whether the proof shows that the first tree is the beginning of the second (RFC 9162, 2.1.4.2)."""
    path = list(proof)
    if first == second:
        return not path and first_root == second_root
    if first == 0:
        return not path and first_root == EMPTY
    if not 0 < first < second:
        return False
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    if not path:
        return False
    here, last = first - 1, second - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    old = new = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            old, new = node(step, old), node(step, new)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            new = node(new, step)
        here, last = here >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _half(size: int) -> int:
    """The largest power of two below `size` (> 1)."""
    half: int = 1 << (size - 1).bit_length() - 1
    return half
