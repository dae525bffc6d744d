"""Documents of one or more folders of tokens, numbered through."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gonerd.errors import InputError
from gonerd_baselines.tokens.token_files import TokenFiles

__all__ = ["TokenDocuments"]


class TokenDocuments:
    """Labelled texts beside unlabelled ones, say: those of the first folder, then those of the next."""

    def __init__(self, folders: Sequence[TokenFiles]) -> None:
        """One folder or more.

        Raises:
            InputError: they are of different tokenizers.
        """
        self.folders = tuple(folders)
        first = self.folders[0]
        for other in self.folders[1:]:
            if other.manifest.tokenizer_sha256 != first.manifest.tokenizer_sha256:
                raise InputError(
                    f"{first.name} and {other.name} were tokenized by different tokenizers"
                )
        self._begins: NDArray[np.int64] = np.cumsum([0, *map(len, self.folders)])

    @property
    def name(self) -> str:
        """All folders."""
        return " and ".join(files.name for files in self.folders)

    @property
    def longest(self) -> int:
        """Tokens of the longest document."""
        return max(files.longest for files in self.folders)

    @property
    def fingerprint(self) -> str:
        """The folder's own, or of several their hash."""
        prints = [files.fingerprint for files in self.folders]
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
            found[here] = self.folders[number].lengths_of(documents[here] - self._begins[number])
        return found

    def row(self, documents: Sequence[int]) -> tuple[Tensor, list[int]]:
        """(t,) int64 ids of `documents` one after another, on the CPU, and their lengths."""
        parts = []
        for document in documents:
            number = int(np.searchsorted(self._begins, document, side="right")) - 1
            parts.append(self.folders[number].document(document - int(self._begins[number])))
        ids = torch.from_numpy(np.concatenate(parts).astype(np.int64))
        return ids, [len(part) for part in parts]
