"""The statistics of one dataset and of its splits, wherever it lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from gonerd.align import MisalignedPolicy, Misalignment, fit_to_tokens
from gonerd.corpora import read_corpus
from gonerd.dataset.loading import load
from gonerd.dataset.paper import PaperColumn
from gonerd.dataset.places import is_corpus_file
from gonerd.dataset.statistics import Statistics, statistics_of
from gonerd.schema import Document

__all__ = ["Survey", "survey_dataset", "survey_json"]


@dataclass(frozen=True, slots=True)
class Survey:
    """A dataset counted: as a whole, and by split where it has some."""

    name: str
    whole: Statistics
    splits: Mapping[str, Statistics]
    misaligned: tuple[Misalignment, ...] = ()
    """Entities of a corpus file that had to be moved or dropped to be counted."""

    def as_json(self, *, top_domains: int | None = 10) -> dict[str, Any]:
        """The whole and its splits as one JSON object."""
        return {
            "name": self.name,
            **self.whole.as_json(top_domains=top_domains),
            "misaligned": len(self.misaligned),
            "splits": {
                split: statistics.as_json(top_domains=top_domains)
                for split, statistics in self.splits.items()
            },
        }


def survey_dataset(dataset: str | Path, *, on_misaligned: MisalignedPolicy = "error") -> Survey:
    """Count a dataset that `gonerd.load` opens, one document at a time.

    A file may have any labels and no splits; its entities are fitted to tokens by `on_misaligned`.

    Raises:
        InputError: there is no such dataset, or it holds no documents.
        AlignmentError: with `error`, an entity of a file does not fit its tokens.
    """
    if not is_corpus_file(dataset):
        opened = load(dataset)
        splits = {name: statistics_of(opened.documents(name)) for name in opened.splits}
        return Survey(opened.facts.name, reduce(add, splits.values(), Statistics()), splits)
    changes: list[Misalignment] = []
    fitted = _fitted(read_corpus(dataset), on_misaligned, changes)
    whole = statistics_of(fitted)
    return Survey(Path(dataset).name.partition(".")[0] or str(dataset), whole, {}, tuple(changes))


def survey_json(
    surveys: Sequence[Survey], *, paper: Sequence[PaperColumn] = (), top_domains: int | None = 10
) -> dict[str, Any]:
    """Several surveys as one JSON object, with the paper's printed figures where they are wanted."""
    result: dict[str, Any] = {
        "datasets": [survey.as_json(top_domains=top_domains) for survey in surveys]
    }
    if paper:
        result["paper"] = [column.as_json() for column in paper]
    return result


def _fitted(
    documents: Iterable[Document], on_misaligned: MisalignedPolicy, changes: list[Misalignment]
) -> Iterator[Document]:
    for document in documents:
        fitted, changed = fit_to_tokens(document, on_misaligned=on_misaligned)
        changes.extend(changed)
        yield fitted
