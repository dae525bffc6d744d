"""A model's predictions where some documents make it fail: those are told, and the others go on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from gonerd.adapters import Adapter, Batched, Prediction
from gonerd.adapters.predicting import UnsoundPredictionError, answered
from gonerd.errors import GonerdError
from gonerd.evaluation.machine_paths import without_machine_paths
from gonerd.evaluation.memory import empty_cache, is_out_of_memory
from gonerd.evaluation.stopwatch import Stopwatch
from gonerd.schema import Document

__all__ = ["Answers"]

LONGEST_ERROR = 300
"""Characters of an error that a prediction's line keeps."""


class Answers:
    """What a model says of documents, one after another, whatever breaks on the way.

    An adapter streams, so an exception ends its generator and does not tell which of the documents that
    it has read is to blame. Each of them is then read alone; what fails alone is a failed document, and
    after them the stream begins anew. A `GonerdError` concerns the whole run and comes up, save that what
    was predicted for one document can't be true of it.
    """

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self._unreadable: BaseException | None = None
        self.watch = Stopwatch()
        """Time in the adapter alone: reading documents is left out."""
        self.reread = 0
        """Documents that had to be read with batch size 1, as memory had run out."""

    def of(self, documents: Iterable[Document]) -> Iterator[tuple[Document, Prediction]]:
        """Yield each document with its prediction, in their order; one that failed has an `error`.

        Raises:
            GonerdError: the model can't go on at all, or breaks the order of its predictions.
        """
        source = self.watch.left_out(self._read(documents))
        waiting: deque[Document] = deque()
        broken = True
        while broken:
            broken = False
            try:
                for document, found in self.watch.timed(answered(self._adapter, source, waiting)):
                    yield document, _public(found)
            except Exception as problem:
                self._require_local(problem)
                broken = True
            while waiting:
                document = waiting.popleft()
                yield document, self._alone(document)

    def _read(self, documents: Iterable[Document]) -> Iterator[Document]:
        """The same documents; a problem of their source is none of the model's."""
        try:
            yield from documents
        except Exception as problem:
            self._unreadable = problem
            raise

    def _alone(self, document: Document) -> Prediction:
        try:
            return self._one(self._adapter, document)
        except Exception as problem:
            self._require_local(problem)
            if not (is_out_of_memory(problem) and isinstance(self._adapter, Batched)):
                return _failed(document, problem)
        empty_cache()
        self.reread += 1
        try:
            return self._one(self._adapter.with_batch_size(1), document)
        except Exception as problem:
            self._require_local(problem)
            return _failed(document, problem)

    def _one(self, adapter: Adapter, document: Document) -> Prediction:
        ((_, prediction),) = self.watch.timed(answered(adapter, [document], deque()))
        return _public(prediction)

    def _require_local(self, problem: Exception) -> None:
        """Let a problem go up that another document would meet as well."""
        if self._unreadable is not None:
            raise self._unreadable
        if isinstance(problem, ModuleNotFoundError) or (
            isinstance(problem, GonerdError) and not isinstance(problem, UnsoundPredictionError)
        ):
            raise problem


def _failed(document: Document, problem: Exception) -> Prediction:
    said = str(problem)
    if not isinstance(problem, GonerdError):
        said = f"{type(problem).__name__}: {said}"
    return _public(Prediction(document.id, (), consumed_to=0, windows=0, error=said))


def _public(prediction: Prediction) -> Prediction:
    """The same; of an error one line that anyone may read, and any file can hold."""
    if prediction.error is None:
        return prediction
    said = without_machine_paths(" ".join(prediction.error.split()))[:LONGEST_ERROR]
    return replace(prediction, error=said.encode("utf-8", "replace").decode())
