"""Predictions counted against the gold as they come."""

from __future__ import annotations

from gonerd.errors import SchemaError
from gonerd.evaluation.outcome import Outcome
from gonerd_leaderboard.gold import Gold
from gonerd_leaderboard.predictions import Line

__all__ = ["Counting"]


class Counting:
    """Takes the lines of a split's predictions, in the split's order; one document is in memory."""

    def __init__(self, gold: Gold) -> None:
        self.gold = gold
        self.outcome = Outcome(gold.seen, paper="spans")
        self.documents = 0
        """Taken so far."""

    def take(self, here: str, line: Line) -> None:
        """Count one; `here` is where it stands, for messages.

        Raises:
            SchemaError: it is not for the next document, or not for its text, or goes past its end.
        """
        prediction, name = line.prediction, self.gold.name
        if self.documents == len(self.gold.documents):
            raise SchemaError(
                f"{here}: document {prediction.doc_id!r} is one more than {name} holds"
            )
        document = self.gold.documents[self.documents]
        if prediction.doc_id != document.id:
            raise SchemaError(
                f"{here}: document {prediction.doc_id!r} stands where {name} has {document.id!r}"
            )
        if line.text_sha256 != self.gold.hashes[self.documents]:
            raise SchemaError(
                f"{here}: document {document.id!r}: its text is another one than that of {name}"
            )
        length = len(document.text)
        last = max((entity.end for entity in prediction.entities), default=0)
        for what, end in (("an entity ends", last), ("consumed_to stands", prediction.consumed_to)):
            if end > length:
                raise SchemaError(
                    f"{here}: document {document.id!r}: {what} at {end:,}, past the end of the text "
                    f"({length:,} characters)"
                )
        self.outcome.add(document, prediction)
        self.documents += 1
