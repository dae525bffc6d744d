"""Models that tag subwords: what they read of a text of any length, and what entities come of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from gonerd.adapters.adapter import AdapterOptions, ModelCard, Prediction
from gonerd.adapters.decoding import best_tags, confidence, spans_of
from gonerd.adapters.label_map import LabelMap
from gonerd.adapters.length_policy import LengthPolicy, length_policy_from_options
from gonerd.adapters.policy import Policy
from gonerd.adapters.subwords import NONE, SubwordReader, Subwords
from gonerd.adapters.tag_set import TagSet, inside_begins, tag_set_from_names
from gonerd.adapters.windows import Window, answering_windows
from gonerd.errors import ConfigError
from gonerd.schema import Document, Entity
from gonerd.tokens import words_of

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

__all__ = ["BATCH_SUBWORDS", "SubwordTagger", "batch_budget", "one_row_a_unit"]

READ_AHEAD = 256
"""Documents whose windows are sorted by length and read together; memory does not grow beyond them."""

BATCH_SUBWORDS = {"cpu": 2048, "cuda": 65536}
"""Subwords a batch where nobody says how many windows; no result depends on it beyond rounding."""

FOREIGN_MISC_NOTE = (
    "mapped to MISC by its name; GONERD's is ages, addresses and phone numbers, "
    "CoNLL's is nationalities, works and events"
)

PROBE = (
    "Maria Keller of the United Nations met President Barack Obama in Berlin on Monday.",
    "Microsoft and Siemens opened offices in Paris, London and New York, said John Smith.",
    "Angela Merkel left Germany for Washington. David Cameron stayed in the United Kingdom.",
)
"""Names that every model knows: whether entities begin with B- or with I- is seen on them."""


class SubwordTagger(ABC):
    """Reads the text, or windows of it, and decodes the tags of a document once, whatever windows it took."""

    def __init__(
        self,
        model: Any,
        *,
        tokenizer: Tokenizer,
        tags: Sequence[str],
        limit: int | None,
        usual: int | None,
        card: ModelCard,
        device: torch.device,
        options: AdapterOptions,
        scheme: str | None = None,
    ) -> None:
        """A model on `device`, that is only handed on to `_said`; the rest is as in `Checkpoint`.

        `scheme` is what the checkpoint itself says of its tags; nobody need guess whether `iob2` is IOB1.
        """
        self._model = model
        self._reader = SubwordReader(tokenizer)
        self._frame = (self._reader.prefix, self._reader.suffix)
        self._device = device
        self._batch_size = options.batch_size
        self._length = length_policy_from_options(
            options, limit=limit, usual=usual, special=sum(map(len, self._frame))
        )
        self._tags = tag_set_from_names(tags, options.label_map)
        said = LabelMap.for_types(_mapped_names(self._tags), options.label_map)
        self._labels: Mapping[str, str | None] = said.labels
        if _is_nameless(self._tags):
            self._labels = {label: label for label in self._tags.known_types}
        probed = self._probed()  # tells whether the model runs at all, too
        if scheme != "iob2":
            self._tags = inside_begins(self._tags, probed)
        details: dict[str, str] = {"tag_scheme": self._tags.scheme, "reads": self._reader.reads}
        if said.automatic and _has_foreign_misc(said):
            details["misc"] = FOREIGN_MISC_NOTE
        self.card = replace(card, details={**card.details, **details})
        self.policy = _policy(self._length, said, self._tags, options)

    def with_batch_size(self, batch_size: int) -> Self:
        """The same model, reading `batch_size` windows at once."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._batch_size = batch_size
        other.policy = replace(self.policy, batch_size=batch_size)
        return other

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        """Yield one prediction a document, in their order.

        Raises:
            InputError: a document is to be read whole, and the model can't.
        """
        stream = iter(documents)
        while some := list(islice(stream, READ_AHEAD)):
            read = self._reader.read(some)
            plans = [
                self._length.windows(subwords, document.id)
                for document, subwords in zip(some, read, strict=True)
            ]
            rows = self._log_probabilities(read, plans)
            for document, subwords, windows, found in zip(some, read, plans, rows, strict=True):
                yield self._prediction(document, subwords, windows, found)

    def _prediction(
        self,
        document: Document,
        subwords: Subwords,
        windows: Sequence[Window],
        found: NDArray[np.float64],
    ) -> Prediction:
        words = words_of(document)
        units = subwords.unit_of_word
        reached = int(np.searchsorted(np.maximum.accumulate(units), len(found), side="left"))
        begins, rows = one_row_a_unit(units[:reached], found, self._tags)
        path = best_tags(rows, self._tags)
        limits = [*begins.tolist(), reached]
        entities, scores, dropped = [], [], Counter[str]()
        for first, last, type_ in spans_of(path, self._tags):
            label = self._labels.get(type_)
            if label is None:
                dropped[type_] += 1
                continue
            start, end = words[limits[first]][0], words[limits[last] - 1][1]
            entities.append(Entity(start, end, label))
            scores.append(confidence(rows, path, first, last, self._tags))
        return Prediction(
            document.id,
            tuple(entities),
            consumed_to=len(document.text) if reached == len(words) else words[reached - 1][1],
            windows=max(1, len(windows)),
            scores=tuple(scores),
            dropped=dropped,
            repairs=int((path != rows.argmax(axis=1)).sum()),
        )

    def _log_probabilities(
        self, texts: Sequence[Subwords], plans: Sequence[Sequence[Window]]
    ) -> list[NDArray[np.float64]]:
        """For each text (units read, t): what the window that answers for a unit says of it."""
        read = [windows[-1].last if windows else 0 for windows in plans]
        found: list[NDArray[np.float64]] = [
            np.empty((units, len(self._tags.names))) for units in read
        ]
        answering = [
            answering_windows(text.counts[:units].tolist(), windows)
            for text, windows, units in zip(texts, plans, read, strict=True)
        ]
        jobs = [(number, place) for number, plan in enumerate(plans) for place in range(len(plan))]
        jobs.sort(key=lambda job: -len(plans[job[0]][job[1]]))
        special = sum(map(len, self._frame))
        lengths = [len(plans[number][place]) + special for number, place in jobs]
        for together in self._batches(lengths):
            batch = jobs[together]
            inputs = [self._framed(texts[number], plans[number][place]) for number, place in batch]
            rows, columns, targets = [], [], []
            for row, (number, place) in enumerate(batch):
                window = plans[number][place]
                units = np.arange(window.first, window.last)
                units = units[answering[number][window.first : window.last] == place]
                rows.append(np.full(len(units), row))
                columns.append(texts[number].firsts[units] - window.start + len(self._frame[0]))
                targets.append((number, units))
            said = self._said(inputs, np.concatenate(rows), np.concatenate(columns))
            parts = np.split(said, np.cumsum([len(units) for _, units in targets])[:-1])
            for (number, units), part in zip(targets, parts, strict=True):
                found[number][units] = part
        return found

    @abstractmethod
    def _batches(self, lengths: Sequence[int]) -> list[slice]:
        """Which windows are read at once; `lengths` with the special subwords, the longest first."""

    @abstractmethod
    def _said(
        self, inputs: Sequence[list[int]], rows: NDArray[np.int64], columns: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """(k, t) log-probabilities at k places of a batch: of subword `columns[i]` of window `rows[i]`."""

    def _framed(self, text: Subwords, window: Window) -> list[int]:
        before, after = self._frame
        return [*before, *text.ids[window.start : window.stop], *after]

    def _probed(self) -> list[list[int]]:
        """The likeliest tags of the probe's words.

        Raises:
            ConfigError: the model does not run as it was asked to.
        """
        texts = [Document(id=text, text=text) for text in PROBE]
        read = self._reader.read(texts)
        plans = [replace(self._length, mode="truncate").windows(subwords, "") for subwords in read]
        try:
            rows = self._log_probabilities(read, plans)
        except RuntimeError as problem:
            said = str(problem).strip().partition("\n")[0][:300]
            raise ConfigError(f"the model does not run with these options: {said}") from None
        return [row.argmax(axis=1).tolist() for row in rows]


def batch_budget(device: torch.device) -> int:
    """Subwords a batch on `device`."""
    return BATCH_SUBWORDS.get(device.type, BATCH_SUBWORDS["cuda"])


def _policy(
    length: LengthPolicy, labels: LabelMap, tags: TagSet, options: AdapterOptions
) -> Policy:
    windowed = length.mode == "window"
    repair = {"iob2": "viterbi", "bioes": "viterbi", "iob1": "conlleval", "plain": None}
    return Policy(
        mode=length.mode,
        max_len=length.max_len,
        stride=length.stride,
        merge="max-context logits" if windowed else None,
        context="what else is in the window, left and right" if windowed else None,
        label_map=labels.as_json(),
        tag_repair=repair[tags.scheme],
        dtype=options.dtype,
        batch_size=options.batch_size,
        device=options.device,
        compiled=options.compile,
    )


def one_row_a_unit(
    units: NDArray[np.int64], found: NDArray[np.float64], tags: TagSet
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The first word of each unit, and its row; a word without a subword is one, and surely outside."""
    change = np.ones(len(units), dtype=np.bool_)
    change[1:] = (units[1:] != units[:-1]) | (units[1:] == NONE)
    begins = np.flatnonzero(change)
    silent = units[begins] == NONE
    rows = np.empty((len(begins), len(tags.names)))
    rows[~silent] = found[units[begins][~silent]]
    rows[silent] = np.where(tags.outside, 0.0, -np.inf)
    return begins, rows


def _has_foreign_misc(labels: LabelMap) -> bool:
    """Whether a type is taken for our MISC because it goes by that name."""
    return any(
        label == "MISC" and "misc" in name.casefold() for name, label in labels.labels.items()
    )


def _is_nameless(tags: TagSet) -> bool:
    """Whether the label map has named the tags themselves."""
    return tags.scheme == "plain" and not set(tags.known_types) <= set(tags.names)


def _mapped_names(tags: TagSet) -> Sequence[str]:
    return tags.names if _is_nameless(tags) else tags.known_types
