"""The documents that submissions are scored on again, found by their hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gonerd.dataset.loading import load
from gonerd.errors import InputError
from gonerd.evaluation.answers import is_synthetic
from gonerd.evaluation.surveying import seen_in_training, split_record
from gonerd.records import record_from_document
from gonerd.schema import Document, text_sha256
from gonerd.scoring.seen import Form
from gonerd.scoring.spans import WordEdges
from gonerd_leaderboard.result import DatasetRef

__all__ = ["Gold", "GoldShelf"]


@dataclass(frozen=True, slots=True)
class Gold:
    """A split with its labels, in memory: it is read again for every submission."""

    dataset: str
    """As it was named."""
    split: str
    documents: tuple[Document, ...]
    hashes: tuple[str, ...]
    """SHA-256 of each text."""
    seen: frozenset[Form] | None
    """Forms of the train split; None where there is none."""
    total: int
    """Entities."""
    by_type: dict[str, int]
    synthetic: bool
    free: bool
    """Whether every text is invented, and so may be passed on."""
    sha256: str
    """Of all that scores are made from: documents with everything known of them, and `seen`."""
    edges: WordEdges = field(default_factory=WordEdges, compare=False)
    """Of the words, which every submission is counted by."""

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.dataset} ({self.split})"


class GoldShelf:
    """Datasets by name; their splits are read when a submission asks for them."""

    def __init__(self, datasets: Sequence[str]) -> None:
        """Take what `gonerd.dataset.load` takes: folders, Hub ids, corpus files, `sample`.

        Raises:
            InputError: a dataset is missing, has no texts, or is a file without documents: that is no
                submission's fault.
        """
        self.datasets = tuple(dict.fromkeys(datasets))
        for dataset in self.datasets:
            load(dataset).require_texts()
        self._records: dict[tuple[str, str], dict[str, Any]] = {}
        for dataset in self.datasets:
            if not load(dataset).splits:  # a corpus file, which no search may pass over
                self._record((dataset, "all"))
        self._golds: dict[tuple[str, str], Gold] = {}
        self._named: dict[tuple[str, str], Gold | None] = {}

    def of(self, wanted: DatasetRef) -> Gold | None:
        """The split that `wanted` names by its hash; None where no dataset here has it."""
        return self.named(wanted.split, wanted.split_sha256)

    def named(self, split: str, split_sha256: str) -> Gold | None:
        """The same for a name and a hash; looked for once."""
        if (split, split_sha256) not in self._named:
            self._named[split, split_sha256] = self._search(split, split_sha256)
        return self._named[split, split_sha256]

    def _search(self, wanted: str, split_sha256: str) -> Gold | None:
        for dataset in self.datasets:
            opened = load(dataset)
            for split in [*opened.splits, "all"]:
                if split != wanted and opened.splits:
                    continue
                try:
                    record = self._record((dataset, split))
                except InputError:  # an empty split is nobody's
                    continue
                if record["split_sha256"] == split_sha256:
                    return self.opened(dataset, split)
        return None

    def opened(self, dataset: str, split: str) -> Gold:
        """A split by its name, read once."""
        place = dataset, split
        if place not in self._golds:
            self._golds[place] = _gold(dataset, split, self._record(place))
        return self._golds[place]

    def _record(self, place: tuple[str, str]) -> dict[str, Any]:
        if place not in self._records:
            self._records[place] = split_record(*place).as_json
        return self._records[place]


def _gold(dataset: str, split: str, record: Mapping[str, Any]) -> Gold:
    documents = tuple(load(dataset).documents(split))
    seen = seen_in_training(dataset, split)
    return Gold(
        dataset=dataset,
        split=split,
        documents=documents,
        hashes=tuple(text_sha256(document.text) for document in documents),
        seen=seen,
        total=record["gold_total"],
        by_type=record["gold_by_type"],
        synthetic=record["synthetic"],
        free=all(is_synthetic(document) for document in documents),
        sha256=_sha256(documents, seen),
    )


def _sha256(documents: Sequence[Document], seen: frozenset[Form] | None) -> str:
    hashed = hashlib.sha256()
    parts = (*map(record_from_document, documents), None if seen is None else sorted(seen))
    for part in parts:
        hashed.update(json.dumps(part, sort_keys=True).encode() + b"\n")
    return hashed.hexdigest()
