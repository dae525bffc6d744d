"""Counts over documents, and from them the shares and quantiles of the paper's Tables 1, 9 and 10."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from gonerd.align import tags_from_entities
from gonerd.dataset.card import SYNTHETIC_NOTICE
from gonerd.errors import AlignmentError, SchemaError
from gonerd.labels import LABELS, SUBTYPES, TAGS
from gonerd.schema import Document

__all__ = [
    "DomainShare",
    "LengthSummary",
    "Statistics",
    "TagShare",
    "quantile",
    "statistics_of",
]

FICTIONAL = ".example"
"""RFC 2606 keeps this top-level domain for fiction: no real page can be under it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthSummary:
    """Table 1: lengths in words. `std` has ddof 1; quartiles interpolate linearly; shares run from 0 to 1."""

    mean: float
    std: float | None
    """None with fewer than two documents."""
    min: int
    q25: float
    q50: float
    q75: float
    max: int
    over_512: float
    over_4096: float


@dataclass(frozen=True, slots=True)
class TagShare:
    """A row of Table 9."""

    tag: str
    count: int
    p: float
    """Share of all tokens."""
    p1: float | None
    """Share of the tokens that are not O; None for O itself."""


@dataclass(frozen=True, slots=True)
class DomainShare:
    """A row of Table 10; `cdf` adds up the `pdf` of this domain and of all before it."""

    domain: str
    count: int
    pdf: float
    cdf: float


@dataclass(slots=True)
class Statistics:
    """Counts that add up: those of two sets of documents are the sum of both."""

    lengths: Counter[int] = field(default_factory=Counter[int])
    """How many documents have so many words."""
    tags: Counter[str] = field(default_factory=Counter[str])
    entities: Counter[str] = field(default_factory=Counter[str])
    subtypes: Counter[str] = field(default_factory=Counter[str])
    """By label and subtype, as in MISC/AGE; an entity without subtype is not here."""
    domains: Counter[str] = field(default_factory=Counter[str])
    sources: Counter[str] = field(default_factory=Counter[str])
    fictional: int = 0
    """Documents of invented sites."""

    def add(self, document: Document) -> None:
        """Count one document, which has tokens and flat entities.

        Raises:
            SchemaError: the document has no tokens.
            AlignmentError: an entity cuts a token or overlaps another.
        """
        if document.tokens is None:
            raise SchemaError(f"document {document.id!r} has no tokens to count")
        try:
            tags = tags_from_entities(document.tokens, document.entities)
        except AlignmentError as problem:
            raise AlignmentError(f"document {document.id!r}: {problem}") from None
        domain = str(document.meta.get("domain") or "")
        self.lengths[len(document.tokens)] += 1
        self.tags.update(tags)
        self.entities.update(entity.label for entity in document.entities)
        self.subtypes.update(f"{e.label}/{e.subtype}" for e in document.entities if e.subtype)
        self.domains[domain] += 1
        self.sources[str(document.meta.get("source") or "")] += 1
        self.fictional += domain.endswith(FICTIONAL)

    def __add__(self, other: Statistics) -> Statistics:
        return Statistics(
            self.lengths + other.lengths,
            self.tags + other.tags,
            self.entities + other.entities,
            self.subtypes + other.subtypes,
            self.domains + other.domains,
            self.sources + other.sources,
            self.fictional + other.fictional,
        )

    @property
    def documents(self) -> int:
        """How many documents were counted."""
        return self.lengths.total()

    @property
    def words(self) -> int:
        """How many tokens they have in all."""
        return self.tags.total()

    @property
    def synthetic(self) -> bool:
        """Whether documents of invented sites are among them."""
        return self.fictional > 0

    def length_summary(self) -> LengthSummary | None:
        """Table 1's column; None without documents."""
        count = self.documents
        if not count:
            return None
        mean = sum(length * times for length, times in self.lengths.items()) / count
        squares = sum(times * (length - mean) ** 2 for length, times in self.lengths.items())
        return LengthSummary(
            mean=mean,
            std=math.sqrt(squares / (count - 1)) if count > 1 else None,
            min=min(self.lengths),
            q25=quantile(self.lengths, 0.25),
            q50=quantile(self.lengths, 0.5),
            q75=quantile(self.lengths, 0.75),
            max=max(self.lengths),
            over_512=self._share_over(512),
            over_4096=self._share_over(4096),
        )

    def tag_shares(self) -> list[TagShare]:
        """Table 9's rows: the nine tags in their order, then any that GONERD does not have."""
        words, outside = self.words, self.tags["O"]
        names = [*TAGS, *sorted(self.tags.keys() - set(TAGS))]
        return [
            TagShare(
                name,
                self.tags[name],
                _share(self.tags[name], words),
                None if name == "O" else _share(self.tags[name], words - outside),
            )
            for name in names
        ]

    def domain_shares(self, top: int | None = None) -> list[DomainShare]:
        """Table 10's rows, the most frequent first and equals by name; all of them, or the first `top`."""
        ranked = sorted(self.domains.items(), key=lambda pair: (-pair[1], pair[0]))
        total, running = self.documents, 0
        shares: list[DomainShare] = []
        for domain, count in ranked[:top]:
            running += count
            shares.append(DomainShare(domain, count, _share(count, total), _share(running, total)))
        return shares

    def as_json(self, *, top_domains: int | None = 10) -> dict[str, Any]:
        """All tables as one JSON object."""
        summary = self.length_summary()
        labels = [*LABELS, *sorted(self.entities.keys() - set(LABELS))]
        pairs = [f"{label}/{subtype}" for label, names in SUBTYPES.items() for subtype in names]
        return {
            "documents": self.documents,
            "words": self.words,
            "synthetic": self.synthetic,
            "notice": SYNTHETIC_NOTICE if self.synthetic else None,
            "lengths": None if summary is None else asdict(summary),
            "tags": [asdict(share) for share in self.tag_shares()],
            "domains": {
                "distinct": len(self.domains),
                "top": [asdict(share) for share in self.domain_shares(top_domains)],
            },
            "sources": dict(sorted(self.sources.items())),
            "entities": {label: self.entities[label] for label in labels},
            "subtypes": {
                name: self.subtypes[name]
                for name in dict.fromkeys([*pairs, *sorted(self.subtypes)])
            },
        }

    def _share_over(self, limit: int) -> float:
        over = sum(times for length, times in self.lengths.items() if length > limit)
        return _share(over, self.documents)


def statistics_of(documents: Iterable[Document]) -> Statistics:
    """Count `documents`, one at a time.

    Raises:
        SchemaError, AlignmentError: see `Statistics.add`.
    """
    statistics = Statistics()
    for document in documents:
        statistics.add(document)
    return statistics


def quantile(counts: Mapping[int, int], share: float) -> float:
    """The value below which `share` of the counted values lie, by linear interpolation as numpy does it."""
    place = share * (sum(counts.values()) - 1)
    below, part = math.floor(place), place - math.floor(place)
    low = high = None
    passed = 0
    for value in sorted(counts):
        passed += counts[value]
        if low is None and passed > below:
            low = value
        if passed > below + 1 or (part == 0 and low is not None):
            high = value
            break
    if low is None:
        raise ValueError("no value was counted")
    return low + part * ((low if high is None else high) - low)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
