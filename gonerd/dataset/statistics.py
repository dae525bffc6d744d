"""Counts over documents, and from them the shares of the paper's Tables 9 and 10."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, get_args

from gonerd.align import tags_from_entities
from gonerd.dataset.borders import sentence_starts
from gonerd.dataset.lengths import LengthSummary, length_summary
from gonerd.dataset.mentions import Mentions
from gonerd.dataset.positions import Positions
from gonerd.errors import AlignmentError, SchemaError
from gonerd.labels import LABELS, TAGS
from gonerd.schema import Document, Span

__all__ = [
    "UNITS",
    "DomainShare",
    "Statistics",
    "SubwordCounter",
    "TagShare",
    "Unit",
    "statistics_of",
]

Unit = Literal["document", "sentence"]
"""What a length is the length of."""
UNITS: tuple[Unit, ...] = get_args(Unit)

SubwordCounter = Callable[[Sequence[str]], Sequence[int]]
"""From words to the number of subwords of each."""

FICTIONAL = ".example"
"""RFC 2606 keeps this top-level domain for fiction: no real page can be under it."""


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
    """Documents by source: the corpus that a file names for each, else news or justice."""
    fictional: int = 0
    """Documents of invented sites."""
    source_words: Counter[str] = field(default_factory=Counter[str])
    source_entities: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """By source and label."""
    mentions: Mentions = field(default_factory=Mentions)
    positions: Positions = field(default_factory=Positions)
    unit: Unit = "document"
    """What `subwords` counts, and whether `sentences` were counted."""
    sentences: Counter[int] = field(default_factory=Counter[int])
    """How many sentences have so many words; empty where the unit is the document."""
    subwords: Counter[int] = field(default_factory=Counter[int])
    """How many units have so many subwords; empty where no tokenizer was named."""

    def add(self, document: Document, *, subwords: SubwordCounter | None = None) -> None:
        """Count one document, which has tokens and flat entities; with `subwords`, those of its words.

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
        source = str(document.meta.get("corpus") or document.meta.get("source") or "")
        self.lengths[len(document.tokens)] += 1
        self.tags.update(tags)
        self.entities.update(entity.label for entity in document.entities)
        self.subtypes.update(f"{e.label}/{e.subtype}" for e in document.entities if e.subtype)
        self.domains[domain] += 1
        self.sources[source] += 1
        self.fictional += domain.endswith(FICTIONAL)
        self.source_words[source] += len(document.tokens)
        self.source_entities.update((source, entity.label) for entity in document.entities)
        self._add_mentions(document, document.tokens)
        self._add_units(document, document.tokens, subwords)

    def __add__(self, other: Statistics) -> Statistics:
        if self.unit != other.unit:
            raise ValueError(f"lengths of {self.unit}s and of {other.unit}s don't add up")
        return Statistics(
            self.lengths + other.lengths,
            self.tags + other.tags,
            self.entities + other.entities,
            self.subtypes + other.subtypes,
            self.domains + other.domains,
            self.sources + other.sources,
            self.fictional + other.fictional,
            self.source_words + other.source_words,
            self.source_entities + other.source_entities,
            self.mentions + other.mentions,
            self.positions + other.positions,
            self.unit,
            self.sentences + other.sentences,
            self.subwords + other.subwords,
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

    @property
    def unit_lengths(self) -> Counter[int]:
        """How many units, documents or sentences, have so many words."""
        return self.sentences if self.unit == "sentence" else self.lengths

    def length_summary(self) -> LengthSummary | None:
        """Table 1's column in words; None without documents."""
        return length_summary(self.unit_lengths)

    def subword_summary(self) -> LengthSummary | None:
        """Table 1's column in subwords; None where none were counted."""
        return length_summary(self.subwords)

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

    def labels(self) -> list[str]:
        """GONERD's four labels in their order, then any others that occur."""
        return [*LABELS, *sorted(self.entities.keys() - set(LABELS))]

    def per_100(self) -> float:
        """Entities per 100 words."""
        return 100 * _share(self.entities.total(), self.words)

    def _add_mentions(self, document: Document, tokens: Sequence[Span]) -> None:
        begins = [start for start, _ in tokens]
        firsts: list[int] = []
        for entity in document.entities:
            first = bisect_left(begins, entity.start)
            length = bisect_left(begins, entity.end) - first
            self.mentions.add(entity.label, document.mention(entity), length)
            firsts.append(first)
        self.positions.add(len(tokens), firsts)

    def _add_units(
        self, document: Document, tokens: Sequence[Span], counter: SubwordCounter | None
    ) -> None:
        starts = sentence_starts(document) if self.unit == "sentence" else [0]
        bounds = list(pairwise([*starts, len(tokens)]))
        if self.unit == "sentence":
            self.sentences.update(end - start for start, end in bounds)
        if counter is not None:
            counts = counter([document.text[start:end] for start, end in tokens])
            self.subwords.update(sum(counts[start:end]) for start, end in bounds)


def statistics_of(
    documents: Iterable[Document],
    *,
    unit: Unit = "document",
    subwords: SubwordCounter | None = None,
) -> Statistics:
    """Count `documents`, one at a time; lengths by `unit`, in words and, where asked, in subwords.

    Raises:
        SchemaError, AlignmentError: see `Statistics.add`.
    """
    statistics = Statistics(unit=unit)
    for document in documents:
        statistics.add(document, subwords=subwords)
    return statistics


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
