"""The common window: how far into a text the subwords of the reference tokenizer reach.

RoBERTa's byte-level BPE is the reference of arXiv 2311.13657; any tokenizer of the library `tokenizers` will
do. A small one of the same kind ships, trained on the sample newsroom, so that a build needs no network.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from gonerd.dataset.hub import hub_folder, is_hub_name
from gonerd.dataset.rows import COMMON_WINDOW
from gonerd.errors import InputError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["SHIPPED", "SUBWORDS", "WindowTokenizer", "window_tokenizer"]

SHIPPED = "newsroom"
"""The tokenizer that comes with the package, by name."""

SUBWORDS = COMMON_WINDOW - 2
"""Subwords of the text in the window: `<s>` and `</s>` take two of its places."""

TOKENIZER_FILE = "tokenizer.json"
VOCABULARY_FILES = (("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe"))
"""A byte-level BPE in two files, under RoBERTa's names and under those of GPT-2's first release."""


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
    """The tokenizer of that name: `newsroom`, a tokenizer.json, a folder, or a model's id on the Hub.

    Raises:
        InputError: there is no such tokenizer, or its files are not what `tokenizers` reads.
    """
    if str(name) == SHIPPED:
        shipped = files("gonerd.newsroom").joinpath(TOKENIZER_FILE)
        return _from_json(SHIPPED, Path(str(shipped)))
    path = Path(name)
    if path.is_file():
        return _from_json(path.name, path)
    if path.is_dir():
        return _from_folder(path)
    if is_hub_name(str(name), bare=True):
        found = hub_folder(str(name), patterns=[TOKENIZER_FILE], kind="model") / TOKENIZER_FILE
        if not found.is_file():
            raise InputError(f"{name}: the model on the Hub has no {TOKENIZER_FILE}")
        return _from_json(str(name), found)
    raise InputError(
        f"{name} is no tokenizer: expected a {TOKENIZER_FILE}, a folder that holds one, "
        f"a model on the Hub, or '{SHIPPED}'"
    )


def _from_folder(folder: Path) -> WindowTokenizer:
    if (folder / TOKENIZER_FILE).is_file():
        return _from_json(folder.resolve().name, folder / TOKENIZER_FILE)
    for vocabulary, merges in VOCABULARY_FILES:
        paths = (folder / vocabulary, folder / merges)
        if all(path.is_file() for path in paths):
            return _from_vocabulary(folder.resolve().name, *paths)
    pairs = ", or ".join(f"{one} and {other}" for one, other in VOCABULARY_FILES)
    raise InputError(f"{folder} holds no tokenizer: expected {TOKENIZER_FILE}, or {pairs}")


def _from_json(name: str, path: Path) -> WindowTokenizer:
    from tokenizers import Tokenizer

    data = path.read_bytes()
    try:
        tokenizer = Tokenizer.from_buffer(data)
    except ValueError as problem:
        raise InputError(f"{path} is not a {TOKENIZER_FILE}: {problem}") from None
    return _measuring(name, hashlib.sha256(data).hexdigest(), tokenizer)


def _from_vocabulary(name: str, vocabulary: Path, merges: Path) -> WindowTokenizer:
    from tokenizers import Tokenizer, models, pre_tokenizers

    try:
        model = models.BPE.from_file(str(vocabulary), str(merges))
    except Exception as problem:  # the library raises Exception itself
        raise InputError(
            f"{vocabulary} and {merges.name} are no byte-level BPE: {problem}"
        ) from None
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    digest = hashlib.sha256(vocabulary.read_bytes() + merges.read_bytes()).hexdigest()
    return _measuring(name, digest, tokenizer)


def _measuring(name: str, digest: str, tokenizer: Tokenizer) -> WindowTokenizer:
    """Without what would cut or pad a text, or hide the spaces that belong to a subword."""
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel

    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.post_processor = None
    splitter = tokenizer.pre_tokenizer
    bytewise = (
        isinstance(tokenizer.model, BPE)
        and tokenizer.normalizer is None
        and isinstance(splitter, ByteLevel)
        and not splitter.add_prefix_space
    )
    return WindowTokenizer(name, digest, tokenizer, bytewise)
