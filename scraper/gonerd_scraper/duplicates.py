"""Near-duplicates: candidates by MinHash and locality-sensitive hashing, verified by exact Jaccard."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Clusters", "Pair", "SignatureIndex", "jaccard", "near_duplicates", "shingles"]

WORD = re.compile(r"\w+")
SHINGLE = 5
SEED = 1
PERMUTATIONS, BANDS = 256, 64
"""Four rows a band: two texts of J = 0.5 become candidates with probability 0.98, of 0.8 always."""


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """Two documents, the smaller id first, and the similarity of their texts."""

    a: str
    b: str
    jaccard: float


def shingles(text: str) -> frozenset[str]:
    """The runs of five lower-cased words; of a shorter text, all its words are one run."""
    words = WORD.findall(text.lower())
    return frozenset(
        " ".join(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))
    )


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Shared shingles over all shingles."""
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared) if a or b else 1.0


class SignatureIndex:
    """MinHash signatures of texts in the order they were added: 1 KiB each, whatever the length."""

    def __init__(self) -> None:
        from rensa import RMinHash

        self._make = RMinHash
        self._signatures: list[object] = []

    def add(self, text: str) -> None:
        """Sign one more text."""
        signature = self._make(num_perm=PERMUTATIONS, seed=SEED)
        signature.update(list(shingles(text)))
        self._signatures.append(signature)

    def candidates(self) -> Iterator[tuple[int, int]]:
        """Pairs of positions that agree on a whole band, each once, the smaller first."""
        from rensa import RMinHashLSH

        index = RMinHashLSH(threshold=0.5, num_perm=PERMUTATIONS, num_bands=BANDS)
        for position, signature in enumerate(self._signatures):
            for other in sorted(set(index.query(signature))):
                yield int(other), position
            index.insert(position, signature)


def near_duplicates(texts: Iterable[tuple[str, str]], *, threshold: float = 0.8) -> list[Pair]:
    """All verified pairs of (id, text) with at least this similarity, in the order of their ids."""
    held = list(texts)
    index = SignatureIndex()
    for _, text in held:
        index.add(text)
    found = verified_pairs(
        index, [name for name, _ in held], lambda position: held[position][1], threshold=threshold
    )
    return sorted(found)


def verified_pairs(
    index: SignatureIndex,
    names: Sequence[str],
    text_of: Callable[[int], str],
    *,
    threshold: float,
) -> Iterator[Pair]:
    """The candidates of `index` with at least this exact similarity; texts are asked for when needed."""
    shingles_of = lru_cache(maxsize=1024)(lambda position: shingles(text_of(position)))
    for first, second in index.candidates():
        similarity = jaccard(shingles_of(first), shingles_of(second))
        if similarity >= threshold:
            a, b = sorted((names[first], names[second]))
            yield Pair(a, b, round(similarity, 6))


class Clusters:
    """Groups of ids that grow together; each is named by its smallest id, so that no order matters."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def join(self, a: str, b: str) -> None:
        """Put the groups of `a` and `b` together."""
        low, high = sorted((self.name(a), self.name(b)))
        self._parent[high] = low

    def name(self, member: str) -> str:
        """The smallest id of the group of `member`."""
        root = member
        while (above := self._parent.get(root, root)) != root:
            root = above
        while (above := self._parent.get(member, member)) != root:
            self._parent[member] = root
            member = above
        return root
