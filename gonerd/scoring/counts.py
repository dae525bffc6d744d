"""True positives, false positives, false negatives. Counts add up; ratios are taken once, at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from gonerd.schema import Document, Entity

__all__ = ["Counts", "DocumentScore", "exact_match", "ratio", "within"]


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
        return ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        """Share of gold entities that were found; 0 when there are none."""
        return ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

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
    by_type: Mapping[str, Counts]

    @property
    def total(self) -> Counts:
        """The counts of all labels."""
        return sum(self.by_type.values(), Counts())


def exact_match(gold: Document, predicted: Collection[Entity]) -> DocumentScore:
    """Count entities whose start, end and label all agree; a second copy of a prediction is false.

    A label that gold does not know counts as false, under its own name. Subtypes play no part. `Scorer`
    counts the same for many documents at once.
    """
    wanted = Counter((e.start, e.end, e.label) for e in gold.entities)
    found = Counter((e.start, e.end, e.label) for e in predicted)
    right = wanted & found
    labels = sorted({label for _, _, label in (*wanted, *found)})
    tp, all_found, all_wanted = (_by_label(spans) for spans in (right, found, wanted))
    return DocumentScore(
        gold.id,
        {
            label: Counts(tp[label], all_found[label] - tp[label], all_wanted[label] - tp[label])
            for label in labels
        },
    )


def within(entities: Iterable[Entity], end: int) -> tuple[Entity, ...]:
    """The entities that end at or before character `end`."""
    return tuple(entity for entity in entities if entity.end <= end)


def ratio(part: float, whole: float) -> float:
    """`part / whole`; 0 where there is no whole."""
    return part / whole if whole else 0.0


def _by_label(spans: Counter[tuple[int, int, str]]) -> Counter[str]:
    result: Counter[str] = Counter()
    for (_, _, label), count in spans.items():
        result[label] += count
    return result
