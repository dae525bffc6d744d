"""How fast annotators are and how near to the adjudicated truth, and how that changes over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import Any, Literal

from gonerd.errors import SchemaError
from gonerd.schema import Document, Entity
from gonerd_annotation.annotators import Annotator
from gonerd_annotation.categories import CATEGORIES, category

__all__ = ["PERIODS", "Period", "annotator_report", "lead_time", "words_per_minute"]

Period = Literal["tenth", "day"]
PERIODS: tuple[Period, ...] = ("tenth", "day")

SHORTEST, LONGEST = 1e-3, 1e9
"""Seconds between which a lead_time makes sense."""

NO_TIME = "no document has a lead_time above 0"
NO_TRUTH = "no truth was given"
NOT_IN_TRUTH = "none of these documents is in the truth"
NOTHING = "neither the annotator nor the truth has an entity of this kind"


def annotator_report(
    annotators: Sequence[Annotator],
    truth: Mapping[str, Document] | None = None,
    *,
    period: Period = "tenth",
) -> dict[str, Any]:
    """Speed of each annotator, and agreement with `truth` in all and over time, as one JSON object.

    A truth that was merged from the same annotators holds what they agreed on, so nobody can be as far from
    it as from a truth that others made.

    Args:
        annotators: their work, see `gonerd_annotation.annotators`.
        truth: adjudicated documents by id; without it agreement is null.
        period: `tenth` of an annotator's documents in the order in which they were finished, or `day` (UTC).

    Raises:
        SchemaError: the truth has another text for a document.
    """
    return {
        "period": period,
        "truth_documents": None if truth is None else len(truth),
        "annotators": [_annotator(annotator, truth, period) for annotator in annotators],
    }


def words_per_minute(document: Document) -> float | None:
    """Words between white space per minute of `lead_time`; None where that is not known."""
    seconds = lead_time(document)
    return 60 * len(document.text.split()) / seconds if seconds else None


def lead_time(document: Document) -> float | None:
    """Seconds that the annotation took, as Label Studio measured them; None where it says 0 or nothing.

    The time runs while a page is open, pauses included.
    """
    seconds = _about(document).get("lead_time")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return float(seconds) if SHORTEST <= seconds <= LONGEST else None


@dataclass(frozen=True, slots=True)
class _Counts:
    """Entities that agree exactly, of the annotator and of the truth."""

    right: int = 0
    marked: int = 0
    true: int = 0

    def as_json(self, reason: str = NOTHING) -> dict[str, Any]:
        def ratio(part: int, whole: int) -> float | None:
            return part / whole if whole else None

        f1 = ratio(2 * self.right, self.marked + self.true)
        return {
            "marked": self.marked,
            "true": self.true,
            "precision": ratio(self.right, self.marked),
            "recall": ratio(self.right, self.true),
            "f1": f1,
            "reason": reason if f1 is None else None,
        }


def _annotator(
    annotator: Annotator, truth: Mapping[str, Document] | None, period: Period
) -> dict[str, Any]:
    documents = sorted(annotator.documents.values(), key=lambda document: document.id)
    dated = sorted(
        ((when, document) for document in documents if (when := _finished(document)) is not None),
        key=lambda pair: (pair[0], pair[1].id),
    )
    parts = _by_day(dated) if period == "day" else _tenths(dated)
    return {
        **annotator.as_json(),
        **_speed(documents),
        "undated": len(documents) - len(dated),
        "truth": _agreement(documents, truth),
        "by_type": _by_type(documents, truth),
        "over_time": [
            {
                "part": name,
                "from": part[0][0].isoformat(),
                "to": part[-1][0].isoformat(),
                "documents": len(part),
                **_speed([document for _, document in part]),
                "truth": _agreement([document for _, document in part], truth),
                "by_type": _by_type([document for _, document in part], truth),
            }
            for name, part in parts
        ],
    }


def _speed(documents: Sequence[Document]) -> dict[str, Any]:
    times = [seconds for one in documents if (seconds := lead_time(one)) is not None]
    speeds = [speed for one in documents if (speed := words_per_minute(one)) is not None]
    return {
        "words": sum(len(document.text.split()) for document in documents),
        "timed_documents": len(times),
        "hours": sum(times) / 3600,
        "median_seconds": median(times) if times else None,
        "median_words_per_minute": median(speeds) if speeds else None,
        "speed_reason": None if speeds else NO_TIME,
    }


def _agreement(
    documents: Sequence[Document], truth: Mapping[str, Document] | None
) -> dict[str, Any]:
    compared, counts, reason = _compared(documents, truth, lambda _: "")
    return {"documents": compared, **counts.get("", _Counts()).as_json(reason)}


def _by_type(documents: Sequence[Document], truth: Mapping[str, Document] | None) -> dict[str, Any]:
    _, counts, reason = _compared(documents, truth, category)
    names = [name for name in CATEGORIES[1:] if name != "MISC" or name in counts]
    return {name: counts.get(name, _Counts()).as_json(reason) for name in names}


def _compared(
    documents: Sequence[Document],
    truth: Mapping[str, Document] | None,
    group: Callable[[Entity], str],
) -> tuple[int, dict[str, _Counts], str]:
    """How many documents the truth has, the counts by `group` of the entity, and why there may be none."""
    right: Counter[str] = Counter()
    marked: Counter[str] = Counter()
    true: Counter[str] = Counter()
    compared = 0
    for document in documents:
        wanted = None if truth is None else truth.get(document.id)
        if wanted is None:
            continue
        if wanted.text != document.text:
            raise SchemaError(f"document {document.id!r}: the truth has another text")
        compared += 1
        mine, theirs = set(document.entities), set(wanted.entities)
        right.update(map(group, mine & theirs))
        marked.update(map(group, mine))
        true.update(map(group, theirs))
    counts = {name: _Counts(right[name], marked[name], true[name]) for name in {*marked, *true}}
    reason = NO_TRUTH if truth is None else NOTHING if compared else NOT_IN_TRUTH
    return compared, counts, reason


def _tenths(
    dated: Sequence[tuple[datetime, Document]],
) -> list[tuple[str, list[tuple[datetime, Document]]]]:
    """Ten parts as equal as can be; as many as there are documents where these are fewer."""
    parts = min(10, len(dated))
    edges = [len(dated) * number // parts for number in range(parts + 1)] if parts else []
    return [
        (f"{number} of {parts}", list(dated[begin:end]))
        for number, (begin, end) in enumerate(pairwise(edges), start=1)
    ]


def _by_day(
    dated: Sequence[tuple[datetime, Document]],
) -> list[tuple[str, list[tuple[datetime, Document]]]]:
    days: dict[str, list[tuple[datetime, Document]]] = {}
    for when, document in dated:
        days.setdefault(when.date().isoformat(), []).append((when, document))
    return list(days.items())


def _finished(document: Document) -> datetime | None:
    """When the annotation was saved last, in UTC; None where that is not known."""
    try:
        when = datetime.fromisoformat(_about(document).get("updated_at") or "")
    except (TypeError, ValueError):
        return None
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def _about(document: Document) -> Mapping[str, Any]:
    about = document.meta.get("annotation")
    return about if isinstance(about, dict) else {}
