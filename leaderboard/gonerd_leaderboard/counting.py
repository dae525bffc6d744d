"""Predictions counted against the gold as they come."""

from __future__ import annotations

from collections import defaultdict

from gonerd.errors import CheckError, SchemaError
from gonerd.evaluation.outcome import Outcome
from gonerd.schema import Document
from gonerd.scoring.counts import Counts, exact_match
from gonerd_leaderboard.gold import Gold
from gonerd_leaderboard.predictions import Line
from gonerd_leaderboard.result import Result

__all__ = ["Counting", "DocumentTally"]


class _Following:
    """Finds the documents of predictions, which come in the split's order."""

    def __init__(self, gold: Gold) -> None:
        self._gold = gold
        self.documents = 0
        """Found so far."""

    def document(self, here: str, line: Line) -> Document:
        """The next document, which must be the one of `line`; `here` is where that stands, for messages.

        Raises:
            SchemaError: it is not for the next document, or not for its text, or goes past its end.
        """
        prediction, name = line.prediction, self._gold.name
        if self.documents == len(self._gold.documents):
            raise SchemaError(
                f"{here}: document {prediction.doc_id!r} is one more than {name} holds"
            )
        document = self._gold.documents[self.documents]
        if prediction.doc_id != document.id:
            raise SchemaError(
                f"{here}: document {prediction.doc_id!r} stands where {name} has {document.id!r}"
            )
        if line.text_sha256 != self._gold.hashes[self.documents]:
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
        self.documents += 1
        return document


class Counting:
    """Takes the lines of a split's predictions, in the split's order; one document is in memory."""

    def __init__(self, gold: Gold) -> None:
        self.gold = gold
        self.outcome = Outcome(gold.seen, paper="spans", edges=gold.edges)
        self._following = _Following(gold)

    @property
    def documents(self) -> int:
        """Taken so far."""
        return self._following.documents

    def take(self, here: str, line: Line) -> None:
        """Count one; `here` is where it stands, for messages.

        Raises:
            SchemaError: it is not for the next document, or not for its text, or goes past its end.
        """
        self.outcome.add(self._following.document(here, line), line.prediction)


class DocumentTally:
    """The same for exact matches alone, by document: what pairs of models are compared by."""

    def __init__(self, gold: Gold) -> None:
        self._gold = gold
        self._following = _Following(gold)
        self._by_type: defaultdict[str, Counts] = defaultdict(Counts)
        self.by_document: list[tuple[int, int, int]] = []
        """tp, fp, fn in the split's order."""

    def take(self, here: str, line: Line) -> None:
        """Count one, see `Counting.take`."""
        document = self._following.document(here, line)
        score = exact_match(document, line.prediction.entities)
        total = score.total
        self.by_document.append((total.tp, total.fp, total.fn))
        for label, counts in score.by_type.items():
            self._by_type[label] += counts

    def require_same(self, result: Result, where: str) -> None:
        """Hold the gold and the counts that a result states against these.

        Raises:
            CheckError: a number is another one.
        """
        dataset, gold = result.dataset, self._gold
        pairs = {
            "dataset.n_docs": (dataset.n_docs, len(gold.documents)),
            "dataset.gold_total": (dataset.gold_total, gold.total),
            "dataset.gold_by_type": (dict(dataset.gold_by_type), gold.by_type),
            "dataset.synthetic": (dataset.synthetic, gold.synthetic),
        }
        full, found = result.full, self._by_type
        counts = {"scores.full": (full.total, sum(found.values(), Counts()))}
        counts |= {
            f"scores.full.by_type.{label}": (stated, found[label])
            for label, stated in full.by_type.items()
        }
        for field, (stated, counted) in counts.items():
            for name in ("tp", "fp", "fn"):
                pairs[f"{field}.{name}"] = getattr(stated, name), getattr(counted, name)
        for field, (said, true) in pairs.items():
            if said != true:
                raise CheckError(
                    f"{where}: field {field} is {said}, {gold.name} and the predictions give {true}"
                )
