"""What an audit says: checks with their findings, and each finding with its places in the texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from gonerd.schema import Document

__all__ = ["Audit", "Check", "Finding", "Findings", "Held", "Kind", "Place", "place"]

Kind = Literal["integrity", "leak", "hint"]
Verdict = Literal["failed", "told", "passed", "skipped"]

CONTEXT = 70
"""Characters on either side of a quotation."""
LONGEST = 400
"""Characters of a quotation; of a longer one the beginning is shown."""


@dataclass(frozen=True, slots=True)
class Held:
    """A document, without its tokens, and the split that it is in."""

    split: str
    document: Document


@dataclass(frozen=True, slots=True)
class Place:
    """A quotation: `[start, end)` of a document's text, with what stands around it."""

    split: str
    document: str
    start: int
    end: int
    before: str
    text: str
    after: str
    length: int
    """Characters of the whole text."""

    def as_json(self) -> dict[str, Any]:
        """All of it, as one JSON object."""
        return {
            "split": self.split,
            "document": self.document,
            "start": self.start,
            "end": self.end,
            "before": self.before,
            "text": self.text,
            "after": self.after,
        }


def place(held: Held, start: int, end: int) -> Place:
    """The quotation of `[start, end)`, cut to `LONGEST` characters."""
    text = held.document.text
    end = min(end, start + LONGEST)
    return Place(
        held.split,
        held.document.id,
        start,
        end,
        text[max(0, start - CONTEXT) : start],
        text[start:end],
        text[end : end + CONTEXT],
        len(text),
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence, the places that it speaks of, and its figures."""

    said: str
    places: tuple[Place, ...] = ()
    fails: bool = False
    figures: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def as_json(self) -> dict[str, Any]:
        """The finding as one JSON object."""
        return {
            "said": self.said,
            "fails": self.fails,
            **self.figures,
            "places": [entry.as_json() for entry in self.places],
        }


class Findings:
    """Findings of one check as they are met: all are counted, the first `limit` are kept."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.count = 0
        self.failures = 0
        self.kept: list[Finding] = []

    @property
    def room(self) -> bool:
        """Whether one more would be kept; who would have to work for its places asks first."""
        return len(self.kept) < self.limit

    def count_only(self, *, count: int = 1, failures: int = 0) -> None:
        """Count findings that are not kept."""
        self.count += count
        self.failures += failures

    def add(self, finding: Finding) -> None:
        """Count `finding`, and keep it where there is room."""
        self.count_only(failures=int(finding.fails))
        if self.room:
            self.kept.append(finding)


@dataclass(frozen=True, slots=True)
class Check:
    """One question, and what was found; `failures` of the findings fail the audit."""

    name: str
    title: str
    kind: Kind
    explained: str
    count: int = 0
    failures: int = 0
    findings: Sequence[Finding] = ()
    skipped: str = ""
    """Why it was not asked; empty where it was."""

    @property
    def verdict(self) -> Verdict:
        """What came of it; only `failed` fails the audit."""
        if self.skipped:
            return "skipped"
        if self.failures:
            return "failed"
        return "told" if self.count else "passed"

    def as_json(self) -> dict[str, Any]:
        """The check as one JSON object."""
        return {
            "kind": self.kind,
            "verdict": self.verdict,
            "count": self.count,
            "failures": self.failures,
            **({"skipped": self.skipped} if self.skipped else {}),
            "findings": [finding.as_json() for finding in self.findings],
        }


@dataclass(frozen=True, slots=True)
class Audit:
    """All checks of a dataset."""

    name: str
    splits: Mapping[str, int]
    """Documents by split."""
    checks: Sequence[Check]
    options: Mapping[str, Any]
    synthetic: bool = False

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.verdict == "failed")

    def __getitem__(self, name: str) -> Check:
        return next(check for check in self.checks if check.name == name)

    def as_json(self) -> dict[str, Any]:
        """The whole audit as one JSON object."""
        return {
            "dataset": self.name,
            "splits": dict(self.splits),
            "documents": sum(self.splits.values()),
            "failed": [check.name for check in self.failed],
            "options": dict(self.options),
            "checks": {check.name: check.as_json() for check in self.checks},
        }
