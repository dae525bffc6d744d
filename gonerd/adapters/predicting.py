"""One prediction a document from any model, which sees text and tokens alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gonerd.adapters.adapter import Adapter, Prediction
from gonerd.errors import CheckError
from gonerd.schema import Document

__all__ = ["predictions_of"]


def predictions_of(adapter: Adapter, documents: Sequence[Document]) -> Iterator[Prediction]:
    """Yield what `adapter` finds in each document, in their order.

    Raises:
        CheckError: the adapter did not give one prediction a document, in order and within the text.
    """
    yield from _checked(adapter.predict(_blind(documents)), documents)


def _blind(documents: Iterable[Document]) -> Iterator[Document]:
    """Text and tokens alone: an adapter never sees gold, nor where a text comes from."""
    for document in documents:
        yield Document(id=document.id, text=document.text, tokens=document.tokens)


def _checked(
    predictions: Iterable[Prediction], documents: Sequence[Document]
) -> Iterator[Prediction]:
    expected = iter(documents)
    for prediction in predictions:
        document = next(expected, None)
        if document is None or prediction.doc_id != document.id:
            wanted = "no further document" if document is None else repr(document.id)
            raise CheckError(
                f"the model predicted {prediction.doc_id!r} where {wanted} was expected"
            )
        _require_sound(prediction, document)
        yield prediction
    left = next(expected, None)
    if left is not None:
        raise CheckError(f"the model gave no prediction for document {left.id!r}")


def _require_sound(prediction: Prediction, document: Document) -> None:
    """What a leaderboard would refuse is refused here, where the model can still be mended."""
    where = f"document {document.id!r}: the model"
    if not 0 <= prediction.consumed_to <= len(document.text):
        raise CheckError(
            f"{where} read up to {prediction.consumed_to} of {len(document.text)} characters"
        )
    previous = 0
    for entity in sorted(prediction.entities):
        if entity.start < previous:
            raise CheckError(f"{where} predicted overlapping entities at {entity.start}")
        if entity.end > prediction.consumed_to:
            raise CheckError(
                f"{where} predicted an entity that ends at {entity.end}, past what it read "
                f"({prediction.consumed_to} of {len(document.text)} characters)"
            )
        previous = entity.end
