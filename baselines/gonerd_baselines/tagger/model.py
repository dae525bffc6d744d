"""The tagger: word features, encoder and CRF, from packed documents to tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from gonerd_baselines.tagger.crf import Crf, best_tags
from gonerd_baselines.tagger.dropout import ByteDropout
from gonerd_baselines.tagger.encoder import Encoder
from gonerd_baselines.tagger.features import FLAGS, Batch
from gonerd_baselines.tagger.lexicon import CHARACTER_ROWS, UNKNOWN, Lexicon

if TYPE_CHECKING:
    from gonerd_baselines.tagger.config import TaggerConfig

__all__ = ["Tagger"]

SHAPE_WIDTH = 32
CHARACTER_WIDTH = 32
WORD_COLUMN, SHAPE_COLUMN, FIRST_AFFIX = 0, 1, 2


class Tagger(nn.Module):
    """A named entity tagger for whole documents of any length."""

    def __init__(self, config: TaggerConfig, lexicon: Lexicon) -> None:
        super().__init__()
        self.config = config
        self.lexicon = lexicon
        self.words = nn.Embedding(len(lexicon.words) + 1, config.word_width)
        self.affixes = nn.Embedding(len(lexicon.affixes) + 1, config.affix_width)
        self.shapes = nn.Embedding(len(lexicon.shapes) + 1, SHAPE_WIDTH)
        self.flags = nn.Embedding(FLAGS, config.width)
        joined = config.word_width + config.affix_width + SHAPE_WIDTH + config.char_width
        self.characters = _CharacterConvolution(config.char_width) if config.char_width else None
        self.join = nn.Linear(joined - config.word_width, config.width)
        self.join_word = nn.Linear(config.word_width, config.width, bias=False)
        self.dropout = ByteDropout(config.dropout)
        self.encoder = Encoder(config)
        self.emit = nn.Linear(config.width, len(config.tags))
        self.crf = Crf(config.tags)
        for table in (self.words, self.affixes, self.shapes, self.flags):
            nn.init.normal_(table.weight, std=0.1)

    @property
    def device(self) -> str:
        """Where the weights are."""
        return str(self.emit.weight.device)

    @property
    def parameters_count(self) -> int:
        """How many numbers are trained."""
        return sum(parameter.numel() for parameter in self.parameters())

    def forward(self, batch: Batch, forget: Tensor | None = None) -> Tensor:
        """(t, tags) scores; where `forget` (t,) is true, the word is taken as an unknown one."""
        rows = batch.rows
        known = [
            self.affixes(rows[:, FIRST_AFFIX:]).sum(1),
            self.shapes(rows[:, SHAPE_COLUMN]),
        ]
        if self.characters is not None:
            known.append(self.characters(batch.characters))
        # Once for each different word; row 0 of the second is the unknown word.
        form = self.join(self.dropout(torch.cat(known, dim=1)))
        word = functional.pad(rows[:, WORD_COLUMN], (1, 0), value=UNKNOWN)
        meaning = self.join_word(self.dropout(self.words(word)))
        place = batch.word + 1 if forget is None else (batch.word + 1).masked_fill(forget, 0)
        # embedding and not indexing: the gradient of indexing is not deterministic with several threads
        x = functional.embedding(batch.word, form) + functional.embedding(place, meaning)
        x = x + self.flags(batch.flags)
        x = self.encoder(self.dropout(x), batch.packing, batch.group, batch.groups)
        return self.emit(self.dropout(x))  # type: ignore[no-any-return]  # torch types a module's call as Any

    def loss(self, batch: Batch, forget: Tensor | None = None) -> Tensor:
        """Negative log-likelihood a token."""
        emissions = self(batch, forget)
        return self.crf.loss(emissions, batch.tags, batch.packing) / batch.packing.tokens

    @torch.no_grad()
    def tag(self, batch: Batch) -> list[list[int]]:
        """The best well-formed tags of each document."""
        return best_tags(self(batch), batch.packing, self.crf)


class _CharacterConvolution(nn.Module):
    """Maximum over a word's places of a convolution of width 3 (arXiv 1511.08308)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.table = nn.Embedding(CHARACTER_ROWS, CHARACTER_WIDTH, padding_idx=0)
        self.convolution = nn.Conv1d(CHARACTER_WIDTH, width, 3, padding=1)

    def forward(self, characters: Tensor) -> Tensor:
        return self.convolution(self.table(characters).transpose(1, 2)).amax(2)  # type: ignore[no-any-return]  # as above
