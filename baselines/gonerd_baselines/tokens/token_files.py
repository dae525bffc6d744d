"""A folder of tokens as an array of documents that lies on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gonerd.dataset.tokenizer_files import tokenizer_files
from gonerd.errors import InputError
from gonerd.files import file_sha256
from gonerd_baselines.tokens.manifest import OFFSETS, PIECES, read_manifest

__all__ = ["TokenFiles"]

NAMES = ("whole", "first", "middle", "last")
"""Of `pieces.bin`'s numbers."""


class TokenFiles:
    """What `gonerd tokenize` wrote, memory-mapped: opening it costs nothing, reading a document its bytes."""

    def __init__(self, folder: str | Path, *, tokenizer: str | Path | None = None) -> None:
        """Open `folder`, which has to be tokenized by `tokenizer` if one is named.

        Raises:
            InputError: the folder is not as it was written (sizes are looked at, see `verify` for the
                bytes), or is by another tokenizer.
        """
        self.folder = Path(folder)
        self.manifest = read_manifest(self.folder)
        for name, (size, _) in self.manifest.files.items():
            path = self.folder / name
            if not path.is_file():
                raise InputError(f"{path} is missing, the manifest names it")
            if path.stat().st_size != size:
                raise InputError(
                    f"{path} has {path.stat().st_size:,} bytes, the manifest says {size:,}"
                )
        if tokenizer is not None:
            self._require(tokenizer)
        shards = [name for name in self.manifest.files if name not in (OFFSETS, PIECES)]
        self._shards = [np.memmap(self.folder / name, self.manifest.type, "r") for name in shards]
        self._begins = np.cumsum([0, *(len(shard) for shard in self._shards)])
        self.offsets: NDArray[np.int64] = np.memmap(self.folder / OFFSETS, "<i8", "r")
        """(n + 1,) where each document begins in the tokens of all files together."""
        self._pieces = np.memmap(self.folder / PIECES, "u1", "r")
        if len(self.offsets) != len(self) + 1 or len(self._pieces) != len(self):
            raise InputError(f"{self.folder}: the manifest counts other documents than the files")
        if int(self._begins[-1]) != self.manifest.tokens or self.offsets[-1] != self._begins[-1]:
            raise InputError(f"{self.folder}: the manifest counts other tokens than the files")

    def __len__(self) -> int:
        return self.manifest.documents

    @property
    def name(self) -> str:
        """The folder."""
        return str(self.folder)

    @property
    def longest(self) -> int:
        """Tokens of the longest document."""
        return self.manifest.longest

    @property
    def fingerprint(self) -> str:
        """SHA-256 over those of the tokenizer and of all files, as the manifest has them."""
        parts = sorted(sha256 for _, sha256 in self.manifest.files.values())
        return hashlib.sha256(
            " ".join([self.manifest.tokenizer_sha256, *parts]).encode()
        ).hexdigest()

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(n,) tokens of each document; 8 bytes of memory each, `lengths_of` takes some."""
        lengths: NDArray[np.int64] = np.diff(self.offsets)
        return lengths

    def lengths_of(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """Tokens of each of `documents`, numbers from 0."""
        lengths: NDArray[np.int64] = self.offsets[documents + 1] - self.offsets[documents]
        return lengths

    def document(self, number: int) -> NDArray[Any]:
        """(t,) ids of one document, a view of the file.

        Raises:
            IndexError: there is no such document.
        """
        if not 0 <= number < len(self):
            raise IndexError(f"document {number} of {len(self)}")
        start, end = int(self.offsets[number]), int(self.offsets[number + 1])
        shard = int(np.searchsorted(self._begins, start, side="right")) - 1
        begin = int(self._begins[shard])
        return self._shards[shard][start - begin : end - begin]

    def row(self, documents: Sequence[int]) -> NDArray[np.int64]:
        """(t,) ids of `documents` one after another."""
        ids = np.concatenate([self.document(number) for number in documents])
        return np.asarray(ids, np.int64)

    def piece(self, number: int) -> str:
        """What a document is of its text: whole, first, middle or last."""
        return NAMES[int(self._pieces[number])]

    def verify(self) -> None:
        """Read every byte, and raise InputError where one is not as it was written."""
        for name, (_, sha256) in self.manifest.files.items():
            if file_sha256(self.folder / name) != sha256:
                raise InputError(f"{self.folder / name} is damaged: its SHA-256 is another")

    def _require(self, tokenizer: str | Path) -> None:
        files = tokenizer_files(tokenizer)
        if files.sha256 != self.manifest.tokenizer_sha256:
            raise InputError(
                f"{self.folder} was tokenized by {self.manifest.tokenizer} "
                f"(SHA-256 {self.manifest.tokenizer_sha256[:12]}…), not by {tokenizer} "
                f"({files.sha256[:12]}…)"
            )
