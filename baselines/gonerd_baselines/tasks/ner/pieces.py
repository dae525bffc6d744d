"""Documents as a model reads them at once: whole, or in the windows of `gonerd eval`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gonerd.adapters import AdapterOptions
from gonerd.adapters.length_policy import length_policy_from_options
from gonerd.adapters.windows import answering_windows
from gonerd_baselines.tasks.ner.features import IGNORED, SplitFeatures

__all__ = ["Frame", "Pieces"]

Ints = NDArray[np.int64]

Frame = tuple[Sequence[int], Sequence[int]]
"""The special subwords before and after what is read."""


class Pieces:
    """All documents of a split, longer ones in overlapping windows of which one answers for each word.

    Each word has its target in that window alone, so that it counts once and is learned where it will
    be answered.
    """

    def __init__(
        self,
        features: SplitFeatures,
        frame: Frame,
        *,
        name: str,
        limit: int,
        max_len: int | None = None,
        stride: int | None = None,
    ) -> None:
        """Cut what is longer than `max_len` subwords, special ones included; None is `limit`, the model's.

        Raises:
            ConfigError: `max_len` or `stride` makes no sense with the model.
        """
        self.features = features
        self.name = name
        options = AdapterOptions(policy="window", max_len=max_len, stride=stride)
        special = len(frame[0]) + len(frame[1])
        policy = length_policy_from_options(options, limit=limit, usual=limit, special=special)
        before, after = (np.array(part, np.int64) for part in frame)
        rows: list[Ints] = []
        targets: list[Ints] = []
        self.answers: list[tuple[int, Ints, Ints]] = []
        """By piece: its document, the units that it answers for, and where in the piece each stands."""
        self.windows = np.zeros(len(features), np.int64)
        """(documents,) pieces of each."""
        for document in range(len(features)):
            subwords = features.subwords(document)
            ids = np.array(subwords.ids, np.int64)
            wanted = features.targets_of(document)
            plan = policy.windows(subwords, str(features.names[document]))
            self.windows[document] = len(plan)
            answering = answering_windows(subwords.counts.tolist(), plan)
            for number, window in enumerate(plan):
                row = np.concatenate([before, ids[window.start : window.stop], after])
                units = np.arange(window.first, window.last)
                units = units[answering[window.first : window.last] == number]
                places = subwords.firsts[units] - window.start + len(before)
                target = np.full(len(row), IGNORED)
                target[places] = wanted[units]
                rows.append(row)
                targets.append(target)
                self.answers.append((document, units, places))
        self.lengths = np.array([len(row) for row in rows], np.int64)
        self._rows, self._targets = rows, targets

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def longest(self) -> int:
        """Subwords of the longest piece."""
        return int(self.lengths.max(initial=0))

    @property
    def fingerprint(self) -> str:
        """Of all ids and targets."""
        whole = hashlib.sha256()
        for parts in (self.lengths, *self._rows, *self._targets):
            whole.update(np.asarray(parts, "<i8").tobytes())
        return whole.hexdigest()

    def lengths_of(self, documents: Any) -> Any:
        """(n,) subwords of each piece."""
        return self.lengths[documents]

    def rows(self, pieces: Sequence[int]) -> Ints:
        """(t,) ids of `pieces` one after another."""
        return np.concatenate([self._rows[piece] for piece in pieces])

    def targets(self, pieces: Sequence[int]) -> Ints:
        """(t,) tags of their subwords, IGNORED where none is asked for."""
        return np.concatenate([self._targets[piece] for piece in pieces])
