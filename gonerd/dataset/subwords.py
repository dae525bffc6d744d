"""A named tokenizer that cuts words into subwords: from a file, a folder, or a Hub."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonerd.dataset.tokenizer_files import TokenizerFiles, tokenizer_files

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["SubwordTokenizer", "load_tokenizer"]

KNOWN_WORDS = 1_000_000
"""Words whose counts are remembered; then all are forgotten."""


@dataclass(frozen=True, slots=True)
class SubwordTokenizer:
    """From words to the number of subwords of each, as models for token classification read them.

    Every word is cut on its own; a byte-level one gets the space before it, as it has within a text.
    Special tokens are not counted. So the subwords of a document are the sum over its sentences.
    """

    files: TokenizerFiles
    tokenizer: Tokenizer = field(repr=False)
    lead: str
    """What stands before each word."""
    known: dict[str, int] = field(default_factory=dict[str, int], repr=False)

    def __call__(self, words: Sequence[str]) -> list[int]:
        """How many subwords each of `words` has; about a million words a second once they are known."""
        missing = list({word for word in words if word not in self.known})
        if len(self.known) + len(missing) > KNOWN_WORDS:
            self.known.clear()
            missing = list(set(words))
        encodings = self.tokenizer.encode_batch(
            [self.lead + word for word in missing], add_special_tokens=False
        )
        for word, encoding in zip(missing, encodings, strict=True):
            self.known[word] = len(encoding.ids)
        return [self.known[word] for word in words]

    @property
    def short_name(self) -> str:
        """How tables call it."""
        return self.files.short_name

    @property
    def sha256(self) -> str:
        """Of its file or files, see `TokenizerFiles`."""
        return self.files.sha256

    def as_json(self) -> dict[str, Any]:
        """What a result records of it."""
        return {"name": self.files.name, "sha256": self.sha256, "files": self.files.hashes}


def load_tokenizer(name: str | Path) -> SubwordTokenizer:
    """A counter of subwords by the tokenizer that `tokenizer_files` finds under `name`.

    Raises:
        InputError: there is no such tokenizer, it can't be reached, or its files are broken.
    """
    files = tokenizer_files(name)
    tokenizer = files.tokenizer()
    splitter = json.loads(tokenizer.to_str()).get("pre_tokenizer")
    byte_level = '"ByteLevel"' in json.dumps(splitter)
    return SubwordTokenizer(files, tokenizer, " " if byte_level else "")
