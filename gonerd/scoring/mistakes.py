"""What is wrong in a document, entity by entity: for a person to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gonerd.schema import Document, Entity
from gonerd.scoring.matching import KINDS, matching
from gonerd.scoring.spans import Labels, batch_from_documents

__all__ = ["Mistake", "mistakes_in"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A gold entity that was not found as it is, a prediction that is none, or both as one error."""

    kind: str
    """One of `KINDS`, never `exact`."""
    gold: Entity | None
    found: Entity | None

    @property
    def start(self) -> int:
        """The first character of either."""
        return min(entity.start for entity in (self.gold, self.found) if entity)

    @property
    def end(self) -> int:
        """One past the last character of either."""
        return max(entity.end for entity in (self.gold, self.found) if entity)


def mistakes_in(document: Document, found: Sequence[Entity]) -> list[Mistake]:
    """The mistakes of one document in text order, as `Scorer` counts them."""
    batch = batch_from_documents([document], [found], Labels())
    match = matching(batch)
    mistakes = [
        Mistake(KINDS[kind], gold, found[partner] if partner >= 0 else None)
        for gold, kind, partner in zip(
            document.entities, match.gold_kind.tolist(), match.partner.tolist(), strict=True
        )
        if KINDS[kind] != "exact"
    ]
    mistakes += [
        Mistake("spurious", None, entity)
        for entity, kind in zip(found, match.found_kind.tolist(), strict=True)
        if KINDS[kind] == "spurious"
    ]
    return sorted(mistakes, key=lambda m: (m.start, m.end))
