"""All scores of a run from gold documents and what was found in them, one document at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from gonerd.dataset.mentions import surface_form
from gonerd.dataset.rows import COMMON_WINDOW
from gonerd.errors import CheckError, SchemaError
from gonerd.labels import LABELS
from gonerd.schema import Document, Entity
from gonerd.scoring.buckets import (
    ENTITY_LENGTHS,
    PLACES,
    SEEN,
    UNKNOWN,
    BucketCounts,
    length_place,
    place,
    source_of,
    year_of,
)
from gonerd.scoring.compat import PaperCompat, Reader
from gonerd.scoring.confidence import LEVEL, METHOD, REPLICATES, Bootstrap
from gonerd.scoring.counts import Counts, ratio
from gonerd.scoring.document_counts import (
    DocumentCounts,
    document_f1,
    f1_figure,
    precision_figure,
    recall_figure,
)
from gonerd.scoring.matching import KINDS, Bools, matching
from gonerd.scoring.seen import Form
from gonerd.scoring.spans import Batch, Ints, Labels, Spans, WordEdges, batch_from_documents
from gonerd.scoring.words_covered import word_counts

__all__ = ["Pair", "Scorer", "score_pairs"]

Pair = tuple[Document, Sequence[Entity]]
Hits = tuple[Bools, Bools]
"""Which gold entities were found, and which predictions are gold."""

DOCUMENTS_AT_ONCE = 256
CHARACTERS_AT_ONCE = 500_000
"""About 90,000 words, whose places take 11 MB."""

EXACT, BOUNDARY, TYPE, BOTH = range(4)


class Scorer:
    """Takes documents one by one with what was found in each; then gives the `scores` of a result.

    Documents are counted a few hundred at a time and forgotten; what stays of each lies on the disk.

    Args:
        seen: surface forms with labels that count as seen (`seen_forms` of the train split).
        labels: labels that are shown even where nothing has them.
        paper: what reads the entities of `paper_compat`: seqeval, which takes longer for it than all the
            rest takes, or `spans`, with the same result; None leaves it out.
        edges: remembers the words of documents that are counted more than once.
    """

    def __init__(
        self,
        seen: Container[Form] | None = None,
        labels: Sequence[str] = LABELS,
        *,
        paper: Reader | None = "seqeval",
        edges: WordEdges | None = None,
    ) -> None:
        self._seen = seen
        self._edges = edges
        self._labels = Labels()
        for label in labels:
            self._labels[label]
        self._known = set(labels)
        self._waiting: list[Pair] = []
        self._characters = 0
        self._gold_total = 0
        self._full, self._window = DocumentCounts(), DocumentCounts()
        self._paper = PaperCompat(paper) if paper else None
        self._buckets = {
            "source": BucketCounts(),
            "length": BucketCounts(PLACES),
            "position": BucketCounts(PLACES),
            "entity_length": BucketCounts(ENTITY_LENGTHS),
            "seen": BucketCounts(SEEN),
            "year": BucketCounts(),
        }
        self._window_source = BucketCounts()
        self._kinds = np.zeros(len(KINDS), dtype=np.int64)
        self._words = Counts()

    def add(self, gold: Document, found: Sequence[Entity]) -> None:
        """Count one document.

        Raises:
            SchemaError: a prediction ends past the end of the text (maybe of an earlier document).
        """
        self._waiting.append((gold, found))
        self._gold_total += len(gold.entities)
        self._characters += len(gold.text)
        if len(self._waiting) >= DOCUMENTS_AT_ONCE or self._characters >= CHARACTERS_AT_ONCE:
            self._count()

    def scores(self, *, seed: int = 0, replicates: int = REPLICATES) -> dict[str, Any]:
        """Full document, common window and, where asked for, as the paper took it.

        Raises:
            CheckError: gold went missing on the way: tp + fn is not the number of gold entities.
        """
        self._count()
        names = [label for label in LABELS if label in self._labels]
        names += sorted(self._labels.keys() - set(LABELS))
        numbers = [self._labels[name] for name in names]
        full = _summary(self._full, names, numbers, seed, replicates)
        window = (
            deepcopy(full)  # no entity lies beyond it: the same counts, the same draws
            if self._window.is_same(self._full)
            else _summary(self._window, names, numbers, seed, replicates)
        )
        total = Counts(full["tp"], full["fp"], full["fn"])
        self._require_all_gold(total, full)
        kinds = dict(zip(KINDS, self._kinds.tolist(), strict=True))
        unknown = (
            name
            for name in names
            if name not in self._known and not _gold_of(full["by_type"][name])
        )
        scores = {
            "full": {
                **full,
                **{f"by_{name}": self._bucket(name).as_json() for name in self._buckets},
                "errors": kinds,
                "partial": _partial(kinds),
                "tokens": self._words.as_json(),
                "unknown_labels": {name: full["by_type"][name]["fp"] for name in unknown},
            },
            f"common_window_{COMMON_WINDOW}": {
                **window,
                "by_source": {}
                if self._buckets["source"].is_only(UNKNOWN)
                else self._window_source.as_json(),
            },
        }
        if self._paper is not None:
            scores["paper_compat"] = self._paper.as_json()
        return scores

    def _count(self) -> None:
        """Count the documents that wait, and forget them."""
        if not self._waiting:
            return
        documents = [gold for gold, _ in self._waiting]
        found = [entities for _, entities in self._waiting]
        self._waiting, self._characters = [], 0
        batch = batch_from_documents(documents, found, self._labels, edges=self._edges)
        _require_within(batch)
        match = matching(batch)
        hits = match.gold_kind == EXACT, match.found_kind == EXACT
        ends = batch.text_begins + np.array([_window_end(document) for document in documents])
        self._full.add(batch, len(self._labels), hits)
        self._window.add(batch, len(self._labels), hits, ends)
        self._kinds += np.bincount(match.gold_kind, minlength=len(KINDS))
        self._kinds[-1] += int((match.found_kind == len(KINDS) - 1).sum())
        self._words += word_counts(batch)
        self._fill_buckets(batch, hits, ends)
        if self._paper is not None:
            self._paper.add(batch, list(self._labels), ends)

    def _fill_buckets(self, batch: Batch, hits: Hits, ends: Ints) -> None:
        gold, found = batch.gold, batch.found

        def fill(kind: str, names: Sequence[str], of: Callable[[Spans], Ints]) -> None:
            self._buckets[kind].add(names, (of(gold), of(found)), hits)

        begins = batch.word_begins
        lengths = place(np.diff(begins))
        fill("length", PLACES, lambda side: lengths[side.document])
        fill("position", PLACES, lambda side: place(side.first - begins[side.document]))
        fill("entity_length", ENTITY_LENGTHS, lambda side: length_place(side.stop - side.first))
        years, of_year = _named(batch, year_of)
        fill("year", years, lambda side: of_year[side.document])
        sources, of_source = _named(batch, source_of)
        fill("source", sources, lambda side: of_source[side.document])
        in_gold, in_found = (side.end <= ends[side.document] for side in (gold, found))
        self._window_source.add(
            sources,
            (of_source[gold.document][in_gold], of_source[found.document][in_found]),
            (hits[0][in_gold], hits[1][in_found]),
        )
        seen = self._seen
        if seen is not None:
            names = list(self._labels)
            fill("seen", SEEN, lambda side: _unseen(batch, side, names, seen))

    def _bucket(self, name: str) -> BucketCounts:
        """The counts of a kind of buckets; none where they say nothing."""
        bucket = self._buckets[name]
        says_nothing = name in ("source", "year") and bucket.is_only(UNKNOWN)
        return BucketCounts() if says_nothing else bucket

    def _require_all_gold(self, total: Counts, full: dict[str, Any]) -> None:
        """On every path of counting all gold is there, whatever was found and left out."""
        paths = {
            "all": total,
            "by type": sum(
                (Counts(e["tp"], e["fp"], e["fn"]) for e in full["by_type"].values()), Counts()
            ),
            "kinds of errors": Counts(int(self._kinds[EXACT]), 0, int(self._kinds[1:5].sum())),
            **{
                f"by {name}": bucket.total()
                for name, bucket in self._buckets.items()
                if name != "seen" or self._seen is not None
            },
        }
        for name, counts in paths.items():
            if counts.tp + counts.fn != self._gold_total or counts.tp != total.tp:
                raise CheckError(
                    f"{name}: {counts.tp + counts.fn} gold entities were counted of {self._gold_total}"
                )


def score_pairs(
    pairs: Iterable[Pair],
    *,
    seen: Container[Form] | None = None,
    labels: Sequence[str] = LABELS,
    seed: int = 0,
    replicates: int = REPLICATES,
) -> dict[str, Any]:
    """The `scores` object of a result, see `Scorer`."""
    scorer = Scorer(seen, labels)
    for gold, found in pairs:
        scorer.add(gold, found)
    return scorer.scores(seed=seed, replicates=replicates)


def _summary(
    counted: DocumentCounts,
    names: Sequence[str],
    numbers: Sequence[int],
    seed: int,
    replicates: int,
) -> dict[str, Any]:
    """Totals and types with intervals; `numbers` are those of the labels `names`."""
    bootstrap = Bootstrap(counted.sizes, replicates=replicates, seed=seed)
    sums = np.zeros((len(names), 3), dtype=np.int64)
    macro, told = 0.0, 0
    for table in counted.sorted_tables(numbers):
        totals = table.sum(axis=1)
        figures = [figure(totals) for figure in (f1_figure, precision_figure, recall_figure)]
        bootstrap.add([*figures, *(f1_figure(table[:, place]) for place in range(len(names)))])
        sums += table.sum(axis=0)
        of_documents = document_f1(totals)
        macro += math.fsum(of_documents)
        told += len(of_documents)
    f1, precision, recall, *types = bootstrap.intervals()
    by_type = [Counts(*counts) for counts in sums.tolist()]
    return {
        **sum(by_type, Counts()).as_json(),
        "macro_documents": ratio(macro, told),
        "ci": {
            "method": METHOD,
            "unit": "document",
            "B": replicates,
            "seed": seed,
            "level": LEVEL,
            "f1": list(f1),
            "precision": list(precision),
            "recall": list(recall),
        },
        "by_type": {
            name: {**counts.as_json(), "ci": list(interval)}
            for name, counts, interval in zip(names, by_type, types, strict=True)
        },
    }


def _partial(kinds: dict[str, int]) -> dict[str, float]:
    """Half a point for an overlap, one for the same span, whatever the label (SemEval 2013 task 9)."""
    points = kinds["exact"] + kinds["type"] + (kinds["boundary"] + kinds["both"]) / 2
    answered = kinds["exact"] + kinds["type"] + kinds["boundary"] + kinds["both"]
    wanted, found = answered + kinds["missed"], answered + kinds["spurious"]
    return {
        "precision": ratio(points, found),
        "recall": ratio(points, wanted),
        "f1": ratio(2 * points, wanted + found),
    }


def _window_end(document: Document) -> int:
    """The character at which the common window ends; the whole text where nothing says it."""
    end = document.meta.get("common_window_end", len(document.text))
    if type(end) is not int:
        raise SchemaError(
            f"document {document.id!r}: meta 'common_window_end' is {end!r}, expected a whole number"
        )
    return end


def _named(batch: Batch, name_of: Callable[[Document], str]) -> tuple[list[str], Ints]:
    """The names that the batch's documents have, and by document the place of its own."""
    numbers = Labels()
    places = np.array([numbers[name_of(document)] for document in batch.documents], dtype=np.int64)
    return list(numbers), places


def _unseen(batch: Batch, side: Spans, names: Sequence[str], seen: Container[Form]) -> Ints:
    """By entity 0 for a form that is in `seen` with its label, else 1."""
    begins = batch.text_begins[side.document]
    forms = (
        (surface_form(batch.documents[document].text[start:end]), names[label])
        for document, start, end, label in zip(
            *(
                part.tolist()
                for part in (side.document, side.start - begins, side.end - begins, side.label)
            ),
            strict=True,
        )
    )
    return np.array([form not in seen for form in forms], dtype=np.int64)


def _gold_of(entry: dict[str, Any]) -> int:
    return int(entry["tp"] + entry["fn"])


def _require_within(batch: Batch) -> None:
    found = batch.found
    lengths = np.array([len(document.text) for document in batch.documents], dtype=np.int64)
    ends = found.end - batch.text_begins[found.document]
    past = np.flatnonzero(ends > lengths[found.document])
    if len(past):
        document = batch.documents[int(found.document[past[0]])]
        raise SchemaError(
            f"document {document.id!r}: a prediction ends at {int(ends[past[0]])}, "
            f"past the end of the text ({len(document.text)} characters)"
        )
