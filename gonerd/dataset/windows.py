"""The common window: how far into a text the subwords of the reference tokenizer reach.

RoBERTa's byte-level BPE is the reference of arXiv 2311.13657; any tokenizer of the library `tokenizers` will
do. A small one of the same kind ships, trained on the sample newsroom, so that a build needs no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gonerd.dataset.rows import COMMON_WINDOW
from gonerd.dataset.tokenizer_files import SHIPPED, tokenizer_files

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["SHIPPED", "SUBWORDS", "WindowTokenizer", "window_tokenizer"]

SUBWORDS = COMMON_WINDOW - 2
"""Subwords of the text in the window: `<s>` and `</s>` take two of its places."""


@dataclass(frozen=True, slots=True)
class WindowTokenizer:
    """A tokenizer that measures windows; `sha256` is that of its file or files."""

    name: str
    sha256: str
    tokenizer: Tokenizer
    bytewise: bool
    """Whether each subword takes at least one byte of the text, so that short texts need no counting."""

    def window_end(self, text: str, *, subwords: int = SUBWORDS) -> int:
        """The character at which subword number `subwords` ends, or the text's length where there are fewer.

        A character that the window holds only some bytes of is outside.
        """
        if self.bytewise and len(text.encode()) <= subwords:
            return len(text)
        offsets = self.tokenizer.encode(text, add_special_tokens=False).offsets
        if len(offsets) <= subwords:
            return len(text)
        # all pieces of one character say that they cover it: it begins again after the window
        return min(offsets[subwords - 1][1], offsets[subwords][0])


def window_tokenizer(name: str | Path = SHIPPED) -> WindowTokenizer:
    """The tokenizer that `tokenizer_files` finds under `name`, as windows are measured.

    Raises:
        InputError: there is no such tokenizer, or its files are not what `tokenizers` reads.
    """
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel

    found = tokenizer_files(name)
    tokenizer = found.tokenizer()
    tokenizer.post_processor = None  # it may hide the spaces that belong to a subword
    splitter = tokenizer.pre_tokenizer
    bytewise = (
        isinstance(tokenizer.model, BPE)
        and tokenizer.normalizer is None
        and isinstance(splitter, ByteLevel)
        and not splitter.add_prefix_space
    )
    return WindowTokenizer(found.short_name, found.sha256, tokenizer, bytewise)
