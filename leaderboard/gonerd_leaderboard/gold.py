"""The documents that submissions are scored on again, found by their hash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gonerd.dataset.loading import load
from gonerd.errors import InputError
from gonerd.evaluation.surveying import seen_in_training, split_record
from gonerd.schema import Document, text_sha256
from gonerd.scoring.seen import Form
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

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.dataset} ({self.split})"


class GoldShelf:
    """Datasets by name, opened when a submission asks for them."""

    def __init__(self, datasets: Sequence[str]) -> None:
        """Take what `gonerd.dataset.load` takes: folders, Hub ids, corpus files, `sample`."""
        self.datasets = tuple(dict.fromkeys(datasets))
        self._digests: dict[tuple[str, str], str] = {}
        self._golds: dict[tuple[str, str], Gold] = {}

    def of(self, wanted: DatasetRef) -> Gold | None:
        """The split that `wanted` names by its hash; None where no dataset here has it.

        Raises:
            InputError: a dataset is missing, or has no texts.
        """
        for dataset in self.datasets:
            opened = load(dataset)
            opened.require_texts()
            for split in [*opened.splits, "all"]:
                if split != wanted.split and opened.splits:
                    continue
                place = dataset, split
                if place not in self._digests:
                    try:
                        self._digests[place] = split_record(dataset, split).as_json["split_sha256"]
                    except InputError:  # an empty split is nobody's
                        self._digests[place] = ""
                if self._digests[place] == wanted.split_sha256:
                    return self.opened(dataset, split)
        return None

    def opened(self, dataset: str, split: str) -> Gold:
        """A split by its name, read once."""
        place = dataset, split
        if place not in self._golds:
            self._golds[place] = _gold(dataset, split)
        return self._golds[place]


def _gold(dataset: str, split: str) -> Gold:
    record = split_record(dataset, split).as_json
    documents = tuple(load(dataset).documents(split))
    return Gold(
        dataset=dataset,
        split=split,
        documents=documents,
        hashes=tuple(text_sha256(document.text) for document in documents),
        seen=seen_in_training(dataset, split),
        total=record["gold_total"],
        by_type=record["gold_by_type"],
        synthetic=record["synthetic"],
    )
