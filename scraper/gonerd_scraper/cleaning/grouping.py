"""Groups of similar documents, found without looking at each pair of a large group."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gonerd_scraper.cleaning.duplicates import joined, verified_pairs
from gonerd_scraper.cleaning.signatures import Codes, Signatures, distinct, pairs_of_codes

__all__ = ["Grouping"]

HELD = 1 << 16
"""Pairs that wait to be looked at; the more are known already, the more may wait."""


class Grouping:
    """Documents in groups of duplicates within clusters, by the verified similarity of pairs.

    Two documents share a cluster where they are similar by `signatures.banding.threshold`, and a group of
    duplicates by `duplicate_threshold`, directly or through others. A pair within a group of duplicates
    says nothing new and is passed over; so is one within a cluster whose signatures differ too much
    for duplicates. Which ones these are depends on the order of the documents, the groups do not.
    `chosen` are positions in `signatures`, ascending.
    """

    def __init__(
        self,
        signatures: Signatures,
        chosen: NDArray[np.int64],
        text_of: Callable[[int], str],
        *,
        duplicate_threshold: float,
    ) -> None:
        self._signatures = signatures
        self._chosen = chosen
        self._text_of = text_of
        self._threshold = duplicate_threshold
        banding = signatures.banding
        self._least = replace(banding, threshold=duplicate_threshold).least_agreement
        self.clusters: NDArray[np.int64] = np.arange(len(chosen))
        """For each of `chosen`, which of them stands for its cluster."""
        self.duplicates: NDArray[np.int64] = np.arange(len(chosen))
        """For each of `chosen`, which of them stands for its group of duplicates."""
        self._seen: Codes = np.zeros(0, np.int64)
        self._find()

    def _find(self) -> None:
        waiting: list[Codes] = []
        held = 0
        for codes in self._signatures.sharing(self._chosen, self.duplicates):
            first, second = pairs_of_codes(codes).T
            apart = codes[self.duplicates[first] != self.duplicates[second]]
            waiting.append(apart)
            held += len(apart)
            if held > max(HELD, 4 * len(self._seen)):
                self._look_at(distinct(waiting))
                waiting, held = [], 0
        self._look_at(distinct(waiting))

    def _look_at(self, codes: Codes) -> None:
        codes = np.setdiff1d(codes, self._seen, assume_unique=True)
        if not len(codes):
            return
        pairs = pairs_of_codes(codes)
        agreement = self._signatures.agreement(self._chosen[pairs])
        alike = agreement >= self._least
        first, second = pairs.T
        near = (agreement >= self._signatures.banding.least_agreement) & (
            self.clusters[first] != self.clusters[second]
        )
        places, high = array("q"), array("b")
        for one, other, jaccard in verified_pairs(
            self._chosen[pairs[alike | near]],
            self._text_of,
            threshold=self._signatures.banding.threshold,
        ):
            places.extend((one, other))
            high.append(jaccard >= self._threshold)
        similar = np.searchsorted(self._chosen, np.array(places, np.int64)).reshape(-1, 2)
        may_be = np.isin((similar[:, 0] << 32) | similar[:, 1], codes[alike])
        self.clusters[:] = joined(self.clusters, similar)
        self.duplicates[:] = joined(self.duplicates, similar[np.array(high, bool) & may_be])
        left = codes[self.duplicates[first] != self.duplicates[second]]
        self._seen = np.union1d(self._seen, left)
