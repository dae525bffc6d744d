"""All figures of one set of documents as one JSON object."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from gonerd.dataset.card import SYNTHETIC_NOTICE
from gonerd.dataset.lengths import LengthSummary
from gonerd.dataset.mentions import Mentions, Seen
from gonerd.dataset.statistics import Statistics
from gonerd.labels import SUBTYPES

__all__ = ["seen_json", "statistics_json"]


def statistics_json(statistics: Statistics, *, top_domains: int | None = 10) -> dict[str, Any]:
    """All tables as one JSON object; shares run from 0 to 1."""
    labels = statistics.labels()
    subtypes = [f"{label}/{subtype}" for label, names in SUBTYPES.items() for subtype in names]
    mentions = statistics.mentions
    return {
        "documents": statistics.documents,
        "sentences": statistics.sentences.total() if statistics.unit == "sentence" else None,
        "words": statistics.words,
        "synthetic": statistics.synthetic,
        "notice": SYNTHETIC_NOTICE if statistics.synthetic else None,
        "unit": statistics.unit,
        "lengths": _summary(statistics.length_summary()),
        "subword_lengths": _summary(statistics.subword_summary()),
        "tags": [asdict(share) for share in statistics.tag_shares()],
        "domains": {
            "distinct": len(statistics.domains),
            "top": [asdict(share) for share in statistics.domain_shares(top_domains)],
        },
        "sources": dict(sorted(statistics.sources.items())),
        "entities": {label: statistics.entities[label] for label in labels},
        "entities_per_100_words": statistics.per_100(),
        "subtypes": {
            name: statistics.subtypes[name]
            for name in dict.fromkeys([*subtypes, *sorted(statistics.subtypes)])
        },
        "entity_lengths": {
            "all": _summary(mentions.length_summary()),
            **{label: _summary(mentions.length_summary(label)) for label in labels},
        },
        "positions": {
            "tenths": [asdict(density) for density in statistics.positions.by_tenth()],
            "blocks": [asdict(density) for density in statistics.positions.by_block()],
        },
        "types_by_source": {
            source: {label: statistics.source_entities[source, label] for label in labels}
            for source in sorted(statistics.sources)
        },
        "ambiguity": {
            **asdict(mentions.ambiguity()),
            "by_label": {label: asdict(mentions.ambiguity(label)) for label in labels},
        },
    }


def seen_json(mentions: Mentions, earlier: Mentions, *, labels: list[str]) -> dict[str, Any]:
    """Which mentions have a surface form that occurs in `earlier`, over all labels and by label."""
    return {
        **_seen(mentions.seen_in(earlier)),
        "by_label": {label: _seen(mentions.seen_in(earlier, label)) for label in labels},
    }


def _summary(summary: LengthSummary | None) -> dict[str, Any] | None:
    return None if summary is None else asdict(summary)


def _seen(seen: Seen) -> dict[str, Any]:
    return {**asdict(seen), "seen_share": seen.seen_share, "other_share": seen.other_share}
