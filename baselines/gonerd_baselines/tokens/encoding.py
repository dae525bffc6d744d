"""Texts to rows of ids, with the special tokens that the tokenizer puts around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gonerd.dataset.tokenizer_files import TokenizerFiles, tokenizer_files
from gonerd.errors import ConfigError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["FIRST", "LAST", "MIDDLE", "WHOLE", "TextEncoder", "text_encoder"]

WHOLE, FIRST, MIDDLE, LAST = range(4)
"""What a row is of its text."""

AT_ONCE = 1 << 18
"""Characters that are handed to `tokenizers` in one call: they bound what it holds beside the ids."""

FRAMES = (("<s>", "</s>"), ("[CLS]", "[SEP]"))
"""What stands around a text by its vocabulary, where the tokenizer's files don't say."""

KNOWN = ("<s>", "<pad>", "</s>", "<unk>", "<mask>", "[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]")


@dataclass(frozen=True, slots=True)
class TextEncoder:
    """A tokenizer, and how its rows begin and end."""

    files: TokenizerFiles
    tokenizer: Tokenizer = field(repr=False)
    before: tuple[int, ...]
    after: tuple[int, ...]
    vocabulary: int
    """One more than the highest id."""
    special: dict[str, int]
    """Ids of the special tokens."""
    max_len: int | None
    """Tokens of a row at most, special ones included; None for no limit."""

    def rows(self, texts: Sequence[str]) -> Iterator[list[tuple[int, list[int]]]]:
        """Yield the rows of each text, (what it is of the text, ids); none where a text has no token."""
        begin = 0
        while begin < len(texts):
            end, room = begin + 1, AT_ONCE - len(texts[begin])
            while end < len(texts) and len(texts[end]) <= room:
                room -= len(texts[end])
                end += 1
            batch = list(texts[begin:end])
            for encoding in self.tokenizer.encode_batch_fast(batch, add_special_tokens=False):
                yield self._pieces(encoding.ids)
            begin = end

    def _pieces(self, ids: list[int]) -> list[tuple[int, list[int]]]:
        size = len(ids)
        if self.max_len is not None:
            size = self.max_len - len(self.before) - len(self.after)
        if len(ids) <= size:
            return [(WHOLE, [*self.before, *ids, *self.after])] if ids else []
        starts = range(0, len(ids), size)
        return [
            (
                FIRST if start == 0 else LAST if start + size >= len(ids) else MIDDLE,
                [*self.before, *ids[start : start + size], *self.after],
            )
            for start in starts
        ]

    def as_json(self) -> dict[str, Any]:
        """What a manifest records of it."""
        return {
            "tokenizer": {
                "name": self.files.name,
                "sha256": self.files.sha256,
                "files": self.files.hashes,
            },
            "vocabulary": self.vocabulary,
            "special": self.special,
            "before": list(self.before),
            "after": list(self.after),
            "max_len": self.max_len,
        }


def text_encoder(name: str | TokenizerFiles, *, max_len: int | None = None) -> TextEncoder:
    """The encoder by the tokenizer that `tokenizer_files` finds under `name`.

    A tokenizer that says nothing about special tokens gets <s> and </s>, or [CLS] and [SEP], around each row
    where its vocabulary has them, and nothing where it has not.

    Raises:
        InputError: there is no such tokenizer, or it can't be read.
        ConfigError: `max_len` leaves no room beside the special tokens.
    """
    files = tokenizer_files(name) if isinstance(name, str) else name
    tokenizer = files.tokenizer()
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    before, after = _frame(tokenizer)
    if max_len is not None and max_len <= len(before) + len(after):
        raise ConfigError(
            f"rows of {max_len} tokens have no room for a text: {len(before) + len(after)} are special"
        )
    marked = {t.content for t in tokenizer.get_added_tokens_decoder().values() if t.special}
    special = {token: vocabulary[token] for token in {*marked, *KNOWN} & vocabulary.keys()}
    return TextEncoder(
        files,
        tokenizer,
        before,
        after,
        max(vocabulary.values()) + 1,
        dict(sorted(special.items(), key=lambda pair: pair[1])),
        max_len,
    )


def _frame(tokenizer: Tokenizer) -> tuple[tuple[int, ...], tuple[int, ...]]:
    plain = tokenizer.encode("a", add_special_tokens=False).ids
    framed = tokenizer.encode("a").ids
    for start in range(len(framed) - len(plain) + 1):
        if framed[start : start + len(plain)] == plain and len(framed) > len(plain):
            return tuple(framed[:start]), tuple(framed[start + len(plain) :])
    for first, last in FRAMES:
        begin, end = tokenizer.token_to_id(first), tokenizer.token_to_id(last)
        if begin is not None and end is not None:
            return (begin,), (end,)
    return (), ()
