"""One prediction a document from any model, which sees text and tokens alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from gonerd.adapters.adapter import Adapter, Prediction
from gonerd.errors import CheckError
from gonerd.schema import Document

__all__ = ["UnsoundPredictionError", "answered", "predictions_of"]


class UnsoundPredictionError(CheckError):
    """What a model said of one document can't be true of it; it may do better with the next."""


def predictions_of(adapter: Adapter, documents: Iterable[Document]) -> Iterator[Prediction]:
    """Yield what `adapter` finds in each document, in their order.

    Raises:
        CheckError: the adapter did not give one prediction a document, in order and within the text.
    """
    for _, prediction in answered(adapter, documents, deque()):
        yield prediction


def answered(
    adapter: Adapter, documents: Iterable[Document], waiting: deque[Document]
) -> Iterator[tuple[Document, Prediction]]:
    """Yield each document with its prediction; documents are read one at a time, as the adapter asks.

    Args:
        adapter: what predicts.
        documents: with gold or without; the adapter gets id, text and tokens.
        waiting: an empty queue. It holds what the adapter has read and not answered yet, also after it broke.

    Raises:
        UnsoundPredictionError: a prediction does not lie within its text.
        CheckError: the adapter did not give one prediction a document, in order.
    """
    source = iter(documents)

    def read() -> Iterator[Document]:
        for document in source:
            waiting.append(document)
            yield _blind(document)

    for prediction in adapter.predict(read()):
        if not waiting or prediction.doc_id != waiting[0].id:
            wanted = repr(waiting[0].id) if waiting else "no further document"
            raise CheckError(
                f"the model predicted {prediction.doc_id!r} where {wanted} was expected"
            )
        _require_sound(prediction, waiting[0])
        yield waiting.popleft(), prediction
    left = waiting[0] if waiting else next(source, None)
    if left is not None:
        raise CheckError(f"the model gave no prediction for document {left.id!r}")


def _blind(document: Document) -> Document:
    """Text and tokens alone: an adapter never sees gold, nor where a text comes from."""
    return Document(id=document.id, text=document.text, tokens=document.tokens)


def _require_sound(prediction: Prediction, document: Document) -> None:
    """What a leaderboard would refuse is refused here, where the model can still be mended."""
    where = f"document {document.id!r}: the model"
    _require_types(prediction, where)
    if not 0 <= prediction.consumed_to <= len(document.text):
        raise UnsoundPredictionError(
            f"{where} read up to {prediction.consumed_to} of {len(document.text)} characters"
        )
    previous = 0
    for entity in sorted(prediction.entities):
        if entity.start < previous:
            raise UnsoundPredictionError(
                f"{where} predicted overlapping entities at {entity.start}"
            )
        if entity.end > prediction.consumed_to:
            raise UnsoundPredictionError(
                f"{where} predicted an entity that ends at {entity.end}, past what it read "
                f"({prediction.consumed_to} of {len(document.text)} characters)"
            )
        previous = entity.end
    scores = prediction.scores
    if scores is not None and (
        len(scores) != len(prediction.entities) or not all(0 <= score <= 1 for score in scores)
    ):
        raise UnsoundPredictionError(
            f"{where} gave {len(scores)} scores for {len(prediction.entities)} entities; "
            f"expected one each, from 0 to 1"
        )


def _require_types(prediction: Prediction, where: str) -> None:
    """What can't be written as JSON, or is read as something else again: a NumPy number, say."""
    for what, values, types in (
        ("a place", (edge for e in prediction.entities for edge in (e.start, e.end)), (int,)),
        ("a label", (entity.label for entity in prediction.entities), (str,)),
        ("a score", prediction.scores or (), (float, int)),
        ("consumed_to", (prediction.consumed_to,), (int,)),
        ("windows", (prediction.windows,), (int,)),
        ("repairs", (prediction.repairs,), (int,)),
        ("a dropped type", prediction.dropped, (str,)),
        ("the count of a dropped type", prediction.dropped.values(), (int,)),
        ("the error", (prediction.error,), (str, type(None))),
    ):
        for value in values:
            if type(value) not in types:
                raise UnsoundPredictionError(
                    f"{where} gave {what} of type {type(value).__name__}, "
                    f"expected Python's {types[0].__name__}"
                )
            if type(value) is int and value < 0:
                raise UnsoundPredictionError(f"{where} gave {what} below 0: {value}")
    if prediction.error is not None and prediction.entities:
        raise UnsoundPredictionError(f"{where} gave an error and entities, expected one of them")
