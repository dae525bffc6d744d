"""Where a dataset's documents came from and who annotated them, as far as the documents say so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gonerd.dataset.statistics import FICTIONAL, Statistics
from gonerd.dataset.summary import statistics_json
from gonerd.schema import Document

__all__ = ["Provenance", "Stretch", "Traits", "traits_of"]

DAY = re.compile(r"\d{4}-\d\d-\d\d")
TOP_DOMAINS = 10
DECISIONS = ("agreed", "adjudicated", "annotated")


@dataclass(frozen=True, slots=True)
class Traits:
    """What one document tells of itself; empty where it tells nothing."""

    words: int
    domain: str
    subtypes: tuple[str, ...]
    """By label and subtype, as in MISC/AGE, once for each entity."""
    date: str
    fetched: str
    extractor: str
    licence: str
    language: str
    robots: bool
    annotated: bool
    annotators: frozenset[str]
    decisions: tuple[tuple[str, int], ...]


def traits_of(document: Document) -> Traits:
    """The traits of a document that has tokens."""
    meta = document.meta
    extractor = meta.get("extractor")
    annotation = meta.get("annotation")
    about: Mapping[str, Any] = annotation if isinstance(annotation, dict) else {}
    return Traits(
        words=len(document.tokens or ()),
        domain=_string(meta.get("domain")),
        subtypes=tuple(f"{e.label}/{e.subtype}" for e in document.entities if e.subtype),
        date=_day(meta.get("date")),
        fetched=_day(meta.get("fetched_at")),
        extractor=f"{extractor['name']} {extractor.get('version') or ''}".strip()
        if isinstance(extractor, dict) and extractor.get("name")
        else "",
        licence=_string(meta.get("licence")),
        language=_string(meta.get("language")),
        robots=isinstance(meta.get("robots"), dict),
        annotated=bool(about),
        annotators=_annotators(about),
        decisions=tuple(_decisions(about).items()),
    )


@dataclass(slots=True)
class Stretch:
    """Days from the first to the last, of so many documents that name one."""

    known: int = 0
    first: str = ""
    last: str = ""

    def add(self, day: str) -> None:
        """Count a day; the empty one is none."""
        if day:
            self.known += 1
            self.first = min(self.first or day, day)
            self.last = max(self.last, day)

    def as_json(self) -> dict[str, Any]:
        """First and last are null where no document names a day."""
        return {"known": self.known, "first": self.first or None, "last": self.last or None}


@dataclass(slots=True)
class Provenance:
    """Counts over documents; names of annotators are counted, and kept nowhere."""

    statistics: Statistics = field(default_factory=Statistics)
    dates: Stretch = field(default_factory=Stretch)
    fetched: Stretch = field(default_factory=Stretch)
    extractors: Counter[str] = field(default_factory=Counter[str])
    licences: Counter[str] = field(default_factory=Counter[str])
    languages: Counter[str] = field(default_factory=Counter[str])
    annotators: set[str] = field(default_factory=set[str])
    annotated: int = 0
    decisions: Counter[str] = field(default_factory=Counter[str])
    """Entities by how they came to stand: agreed, adjudicated, or annotated by one."""
    robots: int = 0
    fictional: int = 0

    def add(self, traits: Traits) -> None:
        """Count one document."""
        self.statistics.lengths[traits.words] += 1
        self.statistics.domains[traits.domain] += 1
        self.statistics.subtypes.update(traits.subtypes)
        self.dates.add(traits.date)
        self.fetched.add(traits.fetched)
        for counts, name in (
            (self.extractors, traits.extractor),
            (self.licences, traits.licence),
            (self.languages, traits.language),
        ):
            if name:
                counts[name] += 1
        self.robots += traits.robots
        self.fictional += traits.domain.endswith(FICTIONAL)
        self.annotated += traits.annotated
        self.annotators |= traits.annotators
        self.decisions.update(dict(traits.decisions))

    def statistics_json(self) -> dict[str, Any]:
        """Lengths, entities by subtype and domains, as `gonerd stats --json` has them."""
        known = statistics_json(self.statistics, top_domains=TOP_DOMAINS)
        return {key: known[key] for key in ("lengths", "subtypes", "domains")}

    def as_json(self) -> dict[str, Any]:
        """Everything else, in numbers of documents."""
        return {
            "fictional": self.fictional,
            "dates": self.dates.as_json(),
            "fetched": self.fetched.as_json(),
            "extractors": dict(self.extractors.most_common()),
            "licences": dict(self.licences.most_common()),
            "languages": dict(self.languages.most_common()),
            "robots": self.robots,
            "annotated": self.annotated,
            "annotators": len(self.annotators),
            "decisions": {how: self.decisions[how] for how in DECISIONS if self.decisions[how]},
        }


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _day(moment: Any) -> str:
    """The day of an ISO date or time; of anything else none."""
    found = DAY.match(moment) if isinstance(moment, str) else None
    return found[0] if found else ""


def _annotators(about: Mapping[str, Any]) -> frozenset[str]:
    """Of one annotator, or merged from several by `gonerd annotate adjudicate`."""
    several = about.get("annotators")
    names = [about.get("annotator"), about.get("adjudicator")]
    names += several if isinstance(several, list) else []
    return frozenset(str(name) for name in names if name)


def _decisions(about: Mapping[str, Any]) -> Counter[str]:
    entities = about.get("entities")
    counts = Counter[str]()
    for entity in entities if isinstance(entities, list) else ():
        counts.update(how for how in DECISIONS if how in entity)
    return counts
