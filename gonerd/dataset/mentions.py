"""Mentions, counted by surface form and by length: ambiguity, and what was seen before."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from gonerd.dataset.lengths import LengthSummary, length_summary

__all__ = ["Ambiguity", "Mentions", "Seen", "surface_form"]


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """How many surface forms, and how many mentions, have forms that occur with more than one label."""

    forms: int
    ambiguous_forms: int
    mentions: int
    ambiguous_mentions: int
    share: float
    """Ambiguous mentions over all mentions."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Mentions of one set of documents, by what became of their surface form in another."""

    mentions: int
    same_label: int
    """The form occurs there with the same label: the mention was seen."""
    other_label: int
    """It occurs there, but only with other labels."""
    unseen: int

    @property
    def seen_share(self) -> float | None:
        """Mentions that were seen with the same label, over all; None without mentions."""
        return self.same_label / self.mentions if self.mentions else None

    @property
    def other_share(self) -> float | None:
        """Mentions that were seen with other labels only, over all; None without mentions."""
        return self.other_label / self.mentions if self.mentions else None


@dataclass(slots=True)
class Mentions:
    """Counts that add up. In memory is one number for each distinct form and label, and no text else."""

    forms: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """By surface form and label."""
    lengths: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    """By label and length in tokens."""

    def add(self, label: str, text: str, tokens: int) -> None:
        """Count one mention."""
        self.forms[surface_form(text), label] += 1
        self.lengths[label, tokens] += 1

    def __add__(self, other: Mentions) -> Mentions:
        return Mentions(self.forms + other.forms, self.lengths + other.lengths)

    def lengths_of(self, label: str | None = None) -> Counter[int]:
        """How many mentions of `label`, or of all labels, have so many tokens."""
        counts: Counter[int] = Counter()
        for (name, tokens), times in self.lengths.items():
            if label is None or name == label:
                counts[tokens] += times
        return counts

    def length_summary(self, label: str | None = None) -> LengthSummary | None:
        """Lengths in tokens of the mentions of `label`, or of all; None where there are none."""
        return length_summary(self.lengths_of(label))

    def ambiguity(self, label: str | None = None) -> Ambiguity:
        """The share of mentions whose surface form occurs with more than one label in these documents.

        With `label`, of the mentions of that label: those whose form occurs with another as well.
        """
        labels: defaultdict[str, set[str]] = defaultdict(set)
        for form, name in self.forms:
            labels[form].add(name)
        forms = ambiguous_forms = mentions = ambiguous = 0
        for form, names in labels.items():
            if label is not None and label not in names:
                continue
            times = sum(self.forms[form, name] for name in names if label in (None, name))
            several = len(names) > 1
            forms, ambiguous_forms = forms + 1, ambiguous_forms + several
            mentions, ambiguous = mentions + times, ambiguous + times * several
        share = ambiguous / mentions if mentions else 0.0
        return Ambiguity(forms, ambiguous_forms, mentions, ambiguous, share)

    def seen_in(self, earlier: Mentions, label: str | None = None) -> Seen:
        """The share of mentions whose surface form occurs in `earlier` with the same label."""
        known = {form for form, _ in earlier.forms}
        mentions = same = other = 0
        for (form, name), times in self.forms.items():
            if label is not None and name != label:
                continue
            mentions += times
            if (form, name) in earlier.forms:
                same += times
            elif form in known:
                other += times
        return Seen(mentions, same, other, mentions - same - other)


def surface_form(text: str) -> str:
    """The form under which a mention is counted: case-folded, white space as single spaces."""
    return " ".join(text.casefold().split())
