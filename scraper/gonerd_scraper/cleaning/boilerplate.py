"""Paragraphs that a site repeats: counted in a first pass over the documents, known in a second one.

A footer, a notice or a newsletter box stands on many pages of its site. So do the paragraphs of a story that
is published in several versions. Versions share most paragraphs, and with them the smallest of the hashes
of all paragraphs: documents that have it in common count once.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Set
from hashlib import blake2b
from pathlib import Path
from typing import Self

from gonerd.schema import Document
from gonerd_scraper.urls import host_of, registered_domain

__all__ = ["SiteParagraphs", "own_text", "paragraphs", "repeated_paragraphs", "site_of"]

Hash = int
"""64 bits that stand for a paragraph; the exclusive or with those of a site stands for both."""

ORDERS = tuple(pow(0x9E3779B97F4A7C15, power, 2**64) for power in range(1, 9))
"""Odd factors that put the hashes into eight orders. What a site repeats may be the smallest itself in
one of them, and hide how many documents there are; what versions add may be the smallest in another."""
AGREEING = 3
"""Orders that must show enough documents. With three, 4 in 100 stories of seven lines in nine versions are
taken for boilerplate, and all footers on six pages of thirteen lines; with two 17 and all, four 1 and 98."""


class SiteParagraphs:
    """Counts in how many documents of its site each paragraph stands; 48 bytes a paragraph of memory.

    What is known at the end does not depend on the order of the documents, and counts of parts of a
    corpus can be added to each other.
    """

    def __init__(self) -> None:
        self._paragraphs, self._sites = array("Q"), array("Q")
        self._versions = [array("I") for _ in ORDERS]

    def add(self, document: Document) -> None:
        """Count one more document; one whose site is not known has nothing to count."""
        site = site_of(document)
        found = set(map(_hash, paragraphs(document.text))) if site else set()
        if found:
            self._paragraphs.extend(found)
            self._sites.extend([_hash(site)] * len(found))
            for versions, factor in zip(self._versions, ORDERS, strict=True):
                smallest = min(value * factor % 2**64 for value in found) >> 32
                versions.extend([smallest] * len(found))

    def merge(self, other: SiteParagraphs) -> None:
        """Add the counts of another part of the corpus."""
        for own, more in zip(self._columns(), other._columns(), strict=True):
            own.extend(more)

    def write(self, path: Path) -> None:
        """Save the counts for `read`."""
        import numpy as np

        with path.open("wb") as file:
            for values in self._columns():
                np.save(file, np.asarray(values), allow_pickle=False)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The counts that `write` saved."""
        import numpy as np

        counts = cls()
        with path.open("rb") as file:
            for values in counts._columns():
                values.frombytes(np.load(file, allow_pickle=False).tobytes())
        return counts

    def repeated(self, least: int | None) -> frozenset[Hash]:
        """The paragraphs that stand on at least `least` documents of their site; none for None.

        Each is there twice: by itself, and together with its site.
        """
        import numpy as np

        if least is None or not self._paragraphs:
            return frozenset()
        alone = np.frombuffer(self._paragraphs, np.uint64)
        of_site = alone ^ np.frombuffer(self._sites, np.uint64)
        orders = np.zeros(len(alone), np.int64)
        for column in self._versions:
            versions = np.frombuffer(column, np.uint32)
            order = np.lexsort((versions, of_site))
            paragraph, version = of_site[order], versions[order]
            first = np.ones(len(order), bool)
            first[1:] = paragraph[1:] != paragraph[:-1]
            new = first.copy()
            new[1:] |= version[1:] != version[:-1]
            starts = np.flatnonzero(first)
            counts = np.add.reduceat(new, starts, dtype=np.int64)
            often = np.repeat(counts >= least, np.diff(starts, append=len(order)))
            orders[order[often]] += 1
        found = orders >= AGREEING
        return frozenset(np.concatenate([alone[found], of_site[found]]).tolist())

    def _columns(self) -> tuple[array[int], ...]:
        return self._paragraphs, self._sites, *self._versions


def repeated_paragraphs(documents: Iterable[Document], least: int | None) -> frozenset[Hash]:
    """The paragraphs that stand on at least `least` of `documents` of the same site."""
    counts = SiteParagraphs()
    for document in documents:
        counts.add(document)
    return counts.repeated(least)


def paragraphs(text: str) -> Iterator[str]:
    """The lines of `text` that are not blank, without white space at their ends."""
    return (stripped for line in text.split("\n") if (stripped := line.strip()))


def own_text(document: Document, repeated: Set[Hash], *, anywhere: bool = False) -> str:
    """The text without the paragraphs that its site repeats; with `anywhere`, that any site does.

    Whoever compares texts of several sites wants the latter: what one site repeats stands in a reprint,
    too.
    """
    site = site_of(document)
    if not repeated or not (site or anywhere):
        return document.text
    of_site = 0 if anywhere else _hash(site)
    return "\n".join(
        line for line in paragraphs(document.text) if _hash(line) ^ of_site not in repeated
    )


def site_of(document: Document) -> str:
    """The registered domain that `document` came from, empty where its meta does not tell."""
    meta = document.meta
    if meta.get("domain"):
        return str(meta["domain"])
    host = host_of(str(meta.get("final_url") or meta.get("url") or ""))
    return registered_domain(host) if host else ""


def _hash(line: str) -> Hash:
    return int.from_bytes(blake2b(line.encode("utf-8", "surrogatepass"), digest_size=8).digest())
