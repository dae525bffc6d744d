"""Documents of several sources, numbered through: folders of tokens, and examples with labels."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gonerd.errors import ConfigError, InputError
from gonerd_baselines.encoder.vocabulary_loss import IGNORED
from gonerd_baselines.tasks.examples import Examples
from gonerd_baselines.tokens.token_files import TokenFiles

__all__ = ["TokenDocuments"]


class TokenDocuments:
    """Labelled texts beside unlabelled ones, say: those of the first source, then those of the next."""

    def __init__(self, sources: Sequence[TokenFiles | Examples]) -> None:
        """One or more; whoever made the examples made them with the folders' tokenizer.

        Raises:
            InputError: two folders are of different tokenizers.
            ConfigError: there is no source, or the examples' labels are none of tokens.
        """
        if not sources:
            raise ConfigError(
                "there is nothing to read; expected --tokens, or the --dataset of a task"
            )
        self.sources = tuple(sources)
        for examples in self.sources:
            if isinstance(examples, Examples) and not examples.by_token:
                raise ConfigError(
                    f"{examples.name} has labels of documents, expected those of tokens"
                )
        first, *others = self.folders or (None,)
        for other in others:
            assert first is not None
            assert other is not None
            if other.manifest.tokenizer_sha256 != first.manifest.tokenizer_sha256:
                raise InputError(
                    f"{first.name} and {other.name} were tokenized by different tokenizers"
                )
        self._begins: NDArray[np.int64] = np.cumsum([0, *map(len, self.sources)])

    @property
    def folders(self) -> tuple[TokenFiles, ...]:
        """The sources that are folders of tokens."""
        return tuple(source for source in self.sources if isinstance(source, TokenFiles))

    @property
    def name(self) -> str:
        """All sources'."""
        return " and ".join(source.name for source in self.sources)

    @property
    def longest(self) -> int:
        """Tokens of the longest document."""
        return max(source.longest for source in self.sources)

    @property
    def tokens(self) -> int:
        """Of all documents together."""
        return sum(
            source.manifest.tokens if isinstance(source, TokenFiles) else len(source.ids)
            for source in self.sources
        )

    @property
    def fingerprint(self) -> str:
        """The source's own, or of several their hash."""
        prints = [source.fingerprint for source in self.sources]
        if len(prints) == 1:
            return prints[0]
        return hashlib.sha256("\n".join(prints).encode()).hexdigest()

    def __len__(self) -> int:
        return int(self._begins[-1])

    def lengths_of(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """Tokens of each of `documents`, numbers from 0."""
        found = np.zeros(len(documents), np.int64)
        which = np.searchsorted(self._begins, documents, side="right") - 1
        for number in np.unique(which):
            here = which == number
            found[here] = self.sources[number].lengths_of(documents[here] - self._begins[number])
        return found

    def row(self, documents: Sequence[int]) -> tuple[Tensor, list[int]]:
        """(t,) int64 ids of `documents` one after another, on the CPU, and their lengths."""
        parts = [self._document(*self._place(document)) for document in documents]
        ids = torch.from_numpy(np.concatenate(parts).astype(np.int64))
        return ids, [len(part) for part in parts]

    def labels(self, documents: Sequence[int]) -> Tensor:
        """(t,) int64 labels of their tokens, IGNORED where nobody knows."""
        parts = []
        for document in documents:
            source, number = self._place(document)
            known = source.labels_of([number]) if isinstance(source, Examples) else None
            if known is None:
                known = np.full(len(self._document(source, number)), IGNORED)
            parts.append(known)
        return torch.from_numpy(np.concatenate(parts).astype(np.int64))

    @property
    def has_labels(self) -> bool:
        """Whether any token has one."""
        return any(isinstance(s, Examples) and s.labels is not None for s in self.sources)

    def _place(self, document: int) -> tuple[TokenFiles | Examples, int]:
        which = int(np.searchsorted(self._begins, document, side="right")) - 1
        return self.sources[which], document - int(self._begins[which])

    def _document(self, source: TokenFiles | Examples, number: int) -> NDArray[Any]:
        if isinstance(source, TokenFiles):
            return source.document(number)
        return source.ids[slice(*source.offsets[number : number + 2])]
