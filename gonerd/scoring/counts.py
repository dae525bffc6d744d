"""Exact-match scores. Counts add up; ratios are taken once, at the end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gonerd.errors import SchemaError
from gonerd.schema import Document, Entity

__all__ = ["Counts", "DocumentScore", "exact_match", "pair_by_id", "summary", "within"]


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, false positives and false negatives."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float:
        """Share of predictions that are right; 0 when nothing was predicted."""
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        """Share of gold entities that were found; 0 when there are none."""
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    def as_json(self) -> dict[str, float]:
        """The counts with their ratios."""
        return {
            "tp": self.tp,
            "fp": self.fp,
            "fn": self.fn,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
        }


@dataclass(frozen=True, slots=True)
class DocumentScore:
    """One document's counts by label."""

    id: str
    source: str
    by_type: Mapping[str, Counts]

    @property
    def total(self) -> Counts:
        """The counts of all labels."""
        return sum(self.by_type.values(), Counts())


def exact_match(gold: Document, predicted: Collection[Entity]) -> DocumentScore:
    """Count entities whose start, end and label all agree; a second copy of a prediction is false.

    A label that gold does not know counts as false, under its own name. Subtypes play no part.
    """
    wanted = Counter((e.start, e.end, e.label) for e in gold.entities)
    found = Counter((e.start, e.end, e.label) for e in predicted)
    right = wanted & found
    labels = sorted({label for _, _, label in (*wanted, *found)})
    tp, all_found, all_wanted = (_by_label(spans) for spans in (right, found, wanted))
    return DocumentScore(
        gold.id,
        str(gold.meta.get("source", "")),
        {
            label: Counts(tp[label], all_found[label] - tp[label], all_wanted[label] - tp[label])
            for label in labels
        },
    )


def within(entities: Iterable[Entity], end: int) -> tuple[Entity, ...]:
    """The entities that end at or before character `end`."""
    return tuple(entity for entity in entities if entity.end <= end)


def pair_by_id(
    gold: Iterable[Document], predicted: Iterable[Document]
) -> Iterator[tuple[Document, Document]]:
    """Pair each gold document with the prediction of the same id.

    Raises:
        SchemaError: a document has no partner, or its partner is another text.
    """
    unpaired = {document.id: document for document in predicted}
    for document in gold:
        partner = unpaired.pop(document.id, None)
        if partner is None:
            raise SchemaError(f"document {document.id!r} has no prediction")
        if partner.text != document.text:
            raise SchemaError(f"document {document.id!r}: gold and predicted texts differ")
        yield document, partner
    if unpaired:
        raise SchemaError(f"prediction {min(unpaired)!r} has no gold document")


def summary(scores: Collection[DocumentScore], *, labels: Iterable[str]) -> dict[str, Any]:
    """Micro-averaged scores, by type and by source, and the mean F1 of documents that hold anything.

    `labels` are shown even where nothing of them was found.
    """
    by_type: defaultdict[str, Counts] = defaultdict(Counts, {label: Counts() for label in labels})
    by_source: defaultdict[str, Counts] = defaultdict(Counts)
    per_document: list[float] = []
    for score in scores:
        for label, counts in score.by_type.items():
            by_type[label] += counts
        total = score.total
        by_source[score.source] += total
        if total != Counts():
            per_document.append(total.f1)
    return {
        **sum(by_type.values(), Counts()).as_json(),
        "by_type": {label: counts.as_json() for label, counts in by_type.items()},
        "by_source": {name: by_source[name].as_json() for name in sorted(by_source)},
        "macro_documents": _ratio(sum(per_document), len(per_document)),
    }


def _by_label(spans: Counter[tuple[int, int, str]]) -> Counter[str]:
    result: Counter[str] = Counter()
    for (_, _, label), count in spans.items():
        result[label] += count
    return result


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
