"""Which tokens are to be guessed, and what stands in their place (BERT, arXiv 1810.04805)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor

from gonerd.dataset.tokenizer_files import TokenizerFiles
from gonerd.errors import ConfigError, InputError
from gonerd_baselines.encoder.vocabulary_loss import IGNORED

__all__ = ["MASKS", "Masking", "MaskingConfig"]

MASKS = ("<mask>", "[MASK]")
"""What tokenizers call the token that stands for what is to be guessed."""

WORD_MARKS = ("Ġ", "▁")
"""How a token begins that begins a word: of byte-level BPE and of SentencePiece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskingConfig:
    """How many tokens are to be guessed; 15 to 40% are usual (arXiv 2202.08005)."""

    share: float = 0.15
    """Chance of a token, or of a word, to be guessed."""
    whole_words: bool = False
    """All tokens of a word together."""
    masked: float = 0.8
    """Of those, the share in whose place the mask stands."""
    random: float = 0.1
    """And the share in whose place any token stands; the rest is left as it is."""

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise ConfigError(f"share is {self.share}, expected more than 0 and less than 1")
        if min(self.masked, self.random) < 0 or self.masked + self.random > 1:
            raise ConfigError(
                f"masked {self.masked} and random {self.random} are shares, expected 1 together at most"
            )


class Masking:
    """A tokenizer's masks: ids in, ids with masks and what was there out."""

    def __init__(
        self, config: MaskingConfig, tokenizer: TokenizerFiles, special: Collection[int]
    ) -> None:
        """`special` are the ids that are never guessed.

        Raises:
            InputError: the tokenizer has no mask, or doesn't show where words begin and that is asked for.
        """
        self.config = config
        vocabulary = tokenizer.tokenizer().get_vocab(with_added_tokens=True)
        found = [vocabulary[mask] for mask in MASKS if mask in vocabulary]
        if not found:
            raise InputError(
                f"tokenizer {tokenizer.name} has no mask; expected {' or '.join(MASKS)} in it"
            )
        self.mask: int = found[0]
        size = max(vocabulary.values()) + 1
        self.special = torch.zeros(size, dtype=torch.bool)
        self.special[list({*special, self.mask})] = True
        ordinary = torch.zeros(size, dtype=torch.bool)
        ordinary[list(vocabulary.values())] = True
        self.ordinary = (ordinary & ~self.special).nonzero()[:, 0]
        """Ids that may stand where another was."""
        self.begins = torch.zeros(size, dtype=torch.bool)
        """(v,) whether a token begins a word."""
        if config.whole_words:
            self.begins[
                [i for token, i in vocabulary.items() if _begins_word(token, vocabulary)]
            ] = True
            if not self.begins.any() or self.begins[self.ordinary].all():
                raise InputError(
                    f"tokenizer {tokenizer.name} does not show where words begin; expected "
                    f"{' or '.join(WORD_MARKS)} before words, ## within them, or whole_words=false"
                )

    def __call__(self, ids: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """`ids` (t,) int64 on the CPU, documents one after another, to what is read and what is guessed.

        Both (t,) int64; the second is IGNORED where nothing is guessed.
        """
        config = self.config
        special = self.special[ids]
        chosen = torch.rand(len(ids), generator=generator) < config.share
        if config.whole_words:
            # A special token ends a word; what follows it begins one.
            after_special = torch.cat([special.new_ones(1), special[:-1]])
            word = torch.cumsum(self.begins[ids] | special | after_special, 0) - 1
            chosen = chosen[word]
        chosen &= ~special
        labels = torch.where(chosen, ids, IGNORED)
        fate = torch.rand(len(ids), generator=generator)
        other = self.ordinary[torch.randint(len(self.ordinary), (len(ids),), generator=generator)]
        read = torch.where(chosen & (fate < config.masked), self.mask, ids)
        replaced = chosen & (fate >= config.masked) & (fate < config.masked + config.random)
        return torch.where(replaced, other, read), labels


def _begins_word(token: str, vocabulary: Collection[str]) -> bool:
    """WordPiece marks what goes on, others what begins."""
    if any(entry.startswith("##") for entry in ("##s", "##a", "##e") if entry in vocabulary):
        return not token.startswith("##")
    return token.startswith(WORD_MARKS)
