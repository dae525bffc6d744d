"""Long documents for models that read short texts and name spans: in windows, batched across documents."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from gonerd.adapters.adapter import AdapterOptions, ModelCard, Prediction
from gonerd.adapters.label_map import LabelMap
from gonerd.adapters.policy import Policy, PolicyMode
from gonerd.adapters.span_windows import FoundSpan, SpanWindow, spans_of_windows, windows_over
from gonerd.errors import ConfigError
from gonerd.schema import Document, Entity, Span
from gonerd.tokens import sentence_starts

__all__ = ["Piece", "Reading", "SpanModel", "SpanReader", "subwords_of"]

MERGE = "span midpoint in the window's core"


@dataclass(frozen=True, slots=True)
class Piece:
    """One window of a text, as a model gets it."""

    text: str
    """From the first word's beginning to the last word's end."""
    words: tuple[str, ...]
    places: tuple[Span, ...]
    """Of the words, in `text`."""


class SpanModel(Protocol):
    """A model that names spans in short texts."""

    def words(self, document: Document) -> Sequence[Span]:
        """The words that it reads, on which windows begin and end; all else of the text is left out."""

    def sizes(self, words: Sequence[str]) -> Sequence[int]:
        """The units that each word takes of what can be read at once."""

    def find(self, pieces: Sequence[Piece]) -> Sequence[Sequence[FoundSpan]]:
        """What it finds in each piece, in characters of the piece; overlaps are allowed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How much is read at once, in the model's units."""

    mode: PolicyMode
    max_len: int
    stride: int

    @classmethod
    def from_options(
        cls, kind: str, options: AdapterOptions, *, max_len: int, most: int | None, unit: str
    ) -> Reading:
        """What was asked for, within what the model can do.

        Args:
            kind: of the adapter, for messages.
            options: as the command line gives them.
            max_len: taken where none is asked for.
            most: what the model reads at once, None for any length.
            unit: what is counted, for messages.

        Raises:
            ConfigError: the model can't read that much, or windows would leave words out.
        """
        if options.policy == "native" and most is not None:
            raise ConfigError(
                f"--model {kind} reads {most} {unit} at once, and documents are longer: "
                f"expected --policy window or truncate, found native"
            )
        length = options.max_len or max_len
        if most is not None and length > most:
            raise ConfigError(f"--max-len {length}: this model reads at most {most} {unit} at once")
        stride = length - length // 4 if options.stride is None else options.stride
        if not 1 <= stride <= length:
            raise ConfigError(
                f"--stride {stride}: expected 1 to {length}, the length of a window, "
                f"or words would be left out"
            )
        return cls(options.policy or "window", length, stride)


@dataclass(slots=True)
class _Waiting:
    """A document of which some windows are still unread."""

    document: Document
    windows: list[SpanWindow]
    pieces: deque[Piece]
    cut: bool
    found: list[list[FoundSpan]] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return len(self.found) == len(self.windows)


class SpanReader:
    """An adapter around a model that names spans."""

    def __init__(
        self,
        model: SpanModel,
        card: ModelCard,
        labels: LabelMap,
        reading: Reading,
        options: AdapterOptions,
        *,
        batch_size: int,
        by_sentence: bool = False,
    ) -> None:
        self._model = model
        self._labels = labels
        self._reading = reading
        self._by_sentence = by_sentence
        self._batch_size = options.batch_size or batch_size
        self.card = card
        windowed = reading.mode == "window"
        overlap = reading.max_len - reading.stride
        context = "its sentence" if by_sentence else f"{overlap // 2} units on each side"
        self.policy = Policy(
            mode=reading.mode,
            max_len=None if reading.mode == "native" else reading.max_len,
            stride=reading.stride if windowed else None,
            merge=MERGE if windowed else None,
            context=context if windowed else None,
            label_map=labels.as_json(),
            dtype="float32",
            batch_size=self._batch_size,
            device=options.device,
        )

    def with_batch_size(self, batch_size: int) -> SpanReader:
        """The same model, reading `batch_size` windows at once."""
        other = copy(self)
        other._batch_size = batch_size
        other.policy = replace(self.policy, batch_size=batch_size)
        return other

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        """Yield one prediction a document; no more documents are read ahead than fill one batch."""
        waiting: deque[_Waiting] = deque()
        unread = 0
        for document in documents:
            waiting.append(self._begin(document))
            unread += len(waiting[-1].windows)
            while unread >= self._batch_size:
                unread -= self._read(waiting)
            while waiting and waiting[0].done:
                yield self._answer(waiting.popleft())
        while unread:
            unread -= self._read(waiting)
        yield from map(self._answer, waiting)

    def _begin(self, document: Document) -> _Waiting:
        text, mode = document.text, self._reading.mode
        places = self._model.words(document)
        words = [text[start:end] for start, end in places]
        if mode == "native":
            sizes, most, stride = [0] * len(words), 1, 1
        else:
            sizes, most = list(self._model.sizes(words)), self._reading.max_len
            stride = self._reading.stride if mode == "window" else most
        windows = windows_over(
            places,
            sizes,
            max_len=most,
            stride=stride,
            borders=sentence_starts(words) if self._by_sentence and mode == "window" else (),
        )
        cut = mode == "truncate" and len(windows) > 1
        if cut:  # nothing is read behind it: what lies at its end is what there is
            windows = [
                replace(windows[0], core=(windows[0].start, windows[0].end), cut_after=False)
            ]
        pieces = deque(_piece(text, places[window.first : window.last]) for window in windows)
        return _Waiting(document, windows, pieces, cut)

    def _read(self, waiting: Iterable[_Waiting]) -> int:
        """Read one batch of windows, the longest waiting first; return how many."""
        batch: list[tuple[_Waiting, SpanWindow, Piece]] = []
        for entry in waiting:
            while entry.pieces and len(batch) < self._batch_size:
                number = len(entry.windows) - len(entry.pieces)
                batch.append((entry, entry.windows[number], entry.pieces.popleft()))
        answers = self._model.find([piece for _, _, piece in batch])
        for (entry, window, _), spans in zip(batch, answers, strict=True):
            entry.found.append(
                [s._replace(start=window.start + s.start, end=window.start + s.end) for s in spans]
            )
        return len(batch)

    def _answer(self, entry: _Waiting) -> Prediction:
        spans = spans_of_windows(entry.windows, entry.found)
        kept = [(span, label) for span in spans if (label := self._labels.of(span.type))]
        return Prediction(
            entry.document.id,
            tuple(Entity(span.start, span.end, label) for span, label in kept),
            consumed_to=entry.windows[0].end if entry.cut else len(entry.document.text),
            windows=max(1, len(entry.windows)),
            scores=tuple(span.score for span, _ in kept),
            dropped=Counter(span.type for span in spans if not self._labels.of(span.type)),
        )


def subwords_of(tokenizer: Any, words: Sequence[str]) -> list[int]:
    """How many subwords each word has for a fast tokenizer of transformers; 0 where it swallows a word."""
    sizes = [0] * len(words)
    if words:
        encoded = tokenizer(
            list(words), is_split_into_words=True, add_special_tokens=False, verbose=False
        )
        for word in encoded.word_ids():
            if word is not None:
                sizes[word] += 1
    return sizes


def _piece(text: str, words: Sequence[Span]) -> Piece:
    first, last = words[0][0], words[-1][1]
    return Piece(
        text[first:last],
        tuple(text[start:end] for start, end in words),
        tuple((start - first, end - first) for start, end in words),
    )
