"""Texts and pairs of texts as a checkpoint's own tokenizer encodes them, cut as transformers cuts them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from gonerd.adapters.checkpoint import load_tokenizer
from gonerd.errors import ConfigError, InputError
from gonerd_baselines.encoder.checkpoint import Checkpoint

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

__all__ = ["Input", "Reader", "reader_of"]

AT_ONCE = 4096
"""Inputs that are handed to `tokenizers` in one call."""

Input: TypeAlias = str | tuple[str, str]
"""A text, or a pair of them."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A tokenizer and what the model beside it takes."""

    name: str
    """The checkpoint's, for messages."""
    tokenizer: Tokenizer
    """Neither cuts nor pads; puts special tokens around texts and pairs by its own template."""
    max_len: int
    """Tokens of an example at most, special ones included."""
    typed: bool
    """Whether the model is given the tokenizer's token types, as transformers would do it."""

    def encoded(
        self, inputs: Iterable[Input]
    ) -> Iterator[tuple[Sequence[int], Sequence[int] | None]]:
        """Yield (tokens, token types) of each; of a pair, the longer text is cut first, token by token."""
        for encoding in self.encodings(inputs):
            yield encoding.ids, encoding.type_ids if self.typed else None

    def encodings(self, inputs: Iterable[Input]) -> Iterator[Encoding]:
        """Yield what `tokenizers` says of each, cut to `max_len`."""
        rest = iter(inputs)
        while some := list(islice(rest, AT_ONCE)):
            self.tokenizer.enable_truncation(self.max_len, strategy="longest_first")
            try:
                yield from self.tokenizer.encode_batch(some)
            finally:
                self.tokenizer.no_truncation()


def reader_of(checkpoint: Checkpoint, *, max_len: int | None = None) -> Reader:
    """The reader by the tokenizer that lies beside `checkpoint`; `max_len` None is what the model reads.

    Raises:
        ConfigError: `max_len` is more than the model has positions for, or has no room for a text.
        InputError: there is no tokenizer, or it is not the model's.
    """
    config = checkpoint.encoder.config
    name = checkpoint.id or str(checkpoint.folder)
    if checkpoint.folder is None:
        raise InputError("a checkpoint without a folder has no tokenizer")
    longest = config.max_length
    if max_len is not None and max_len > longest:
        raise ConfigError(
            f"--max-len {max_len} is more than the {longest} tokens that {name} has positions for; "
            f"give {longest} or less, or lengthen the model by gonerd convert or extend"
        )
    tokenizer = load_tokenizer(checkpoint.folder, name, rows=config.vocab_size)
    typed = "token_type_ids" in tokenizer.model_input_names
    backend: Tokenizer = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    special = backend.num_special_tokens_to_add(is_pair=True)
    length = longest if max_len is None else max_len
    if length <= special:
        raise ConfigError(
            f"--max-len {length} has no room for a text: {special} tokens of a pair are special"
        )
    if typed:
        types = backend.encode("a", "a").type_ids
        if max(types) >= config.type_vocab_size:
            raise InputError(
                f"{name}: its tokenizer gives token types up to {max(types)}, the model knows "
                f"{config.type_vocab_size}; expected one fewer"
            )
    return Reader(name, backend, length, typed)
