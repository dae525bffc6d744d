"""Lots: a number for each document, made of seed and id, and how the lowest of very many are found.

Whoever has the lowest lots is drawn. That depends on no order and no splitting of the work, and a larger
sample contains a smaller one. Lots are kept on disk, 16 bytes each: the lot, and where its document stands.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Cut", "lot", "lowest", "places_up_to", "write_lots"]

BUCKETS = 1 << 16
"""Lots are counted by their first 16 bits."""
HELD = 1 << 20
"""Lots in memory at once, unless more than these share their first 16 bits."""
WRITTEN = 1 << 12
"""Lots between two writes."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The highest lot that is drawn, or None; `entries` lots are no higher, `distinct` of them differ."""

    highest: int | None
    entries: int
    distinct: int


def lot(seed: int, name: str) -> int:
    """64 bits that stand for `name` under `seed`, evenly spread."""
    whole = f"{seed}\n{name}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(whole, digest_size=8).digest())


def write_lots(path: Path, entries: Iterable[tuple[int, int]]) -> int:
    """Write (lot, place) pairs in their order, whole or not at all; return how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    held, count = array("Q"), 0
    try:
        with partial.open("wb") as out:
            for entry in entries:
                held.extend(entry)
                count += 1
                if len(held) >= 2 * WRITTEN:
                    held.tofile(out)
                    del held[:]
            held.tofile(out)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return count


def lowest(paths: Sequence[Path], n: int) -> Cut:
    """The cut below which `n` different lots lie, or all where there are fewer.

    Lots are counted in 65,536 buckets, then looked at from the lowest bucket on, a million at a time:
    memory grows with neither `n` nor the number of lots.
    """
    import numpy as np

    counts = np.zeros(BUCKETS, dtype=np.int64)
    for lots, _ in _chunks(paths):
        counts += np.bincount((lots >> np.uint64(48)).astype(np.int64), minlength=BUCKETS)
    entries = distinct = first = 0
    highest: int | None = None
    while first < BUCKETS and distinct < n:
        last = first + 1
        size = int(counts[first])
        while last < BUCKETS and size + counts[last] <= HELD:
            size += int(counts[last])
            last += 1
        if size:
            held = np.sort(np.concatenate(list(_between(paths, first, last))))
            different = np.unique(held)[: n - distinct]
            highest = int(different[-1])
            distinct += len(different)
            entries += int(np.searchsorted(held, different[-1], side="right"))
        first = last
    return Cut(highest, entries, distinct)


def places_up_to(path: Path, highest: int) -> Iterator[int]:
    """The places of all lots up to `highest`, in the order in which they were written."""
    import numpy as np

    for lots, places in _chunks([path]):
        yield from places[lots <= np.uint64(highest)].tolist()


def _chunks(paths: Iterable[Path]) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.uint64]]]:
    """(lots, places), 65,536 at a time."""
    import numpy as np

    for path in paths:
        with path.open("rb") as file:
            while len(pairs := np.fromfile(file, dtype=np.uint64, count=2 * BUCKETS)):
                yield pairs[0::2], pairs[1::2]


def _between(paths: Iterable[Path], first: int, last: int) -> Iterator[NDArray[Any]]:
    """The lots of the buckets from `first` up to, not including, `last`."""
    import numpy as np

    for lots, _ in _chunks(paths):
        buckets = lots >> np.uint64(48)
        chosen = lots[(buckets >= np.uint64(first)) & (buckets < np.uint64(last))]
        if len(chosen):
            yield chosen
