"""Masked language modelling: which subword of the vocabulary stood here."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional

from gonerd.adapters.onednn import OneDnnLinear
from gonerd_baselines.encoder.activation import activation_of
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.half_precision import LayerNorm
from gonerd_baselines.encoder.head import Head
from gonerd_baselines.encoder.vocabulary_loss import IGNORED, vocabulary_loss
from gonerd_baselines.packing import Packing

__all__ = ["BertLanguageHead", "LanguageHead", "RobertaLanguageHead"]


class LanguageHead(Head):
    """A dense layer, a norm, and the decoder, whose weight is that of the encoder's word embeddings."""

    @property
    @abstractmethod
    def vocabulary(self) -> _Vocabulary:
        """The decoder."""

    @abstractmethod
    def transform(self, x: Tensor) -> Tensor:
        """(t, hidden_size) to the same: what the decoder reads."""

    def forward(self, x: Tensor, packing: Packing, ids: Tensor) -> Tensor:
        """(t, vocab_size): all logits at once, which `loss` never holds."""
        del packing, ids
        return self.vocabulary.decoder(self.transform(x))  # type: ignore[no-any-return]  # torch types a module's call as Any

    def loss(self, x: Tensor, packing: Packing, ids: Tensor, labels: Tensor) -> Tensor:
        """`labels` (t,) int64 with -100 where nothing is to be guessed; only the others are computed."""
        del packing, ids
        counted = labels != IGNORED
        decoder = self.vocabulary.decoder
        return vocabulary_loss(
            self.transform(x[counted]), decoder.weight, decoder.bias, labels[counted]
        )


class _Vocabulary(nn.Module):
    """A decoder without a weight of its own, and its bias under both names that checkpoints have for it."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.decoder = OneDnnLinear(config.hidden_size, config.vocab_size, device="meta")
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        self.decoder.bias = self.bias


class RobertaLanguageHead(LanguageHead):
    """RoBERTa's and Longformer's, whose activation is always gelu."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.lm_head = _RobertaDecoder(config)

    @property
    def vocabulary(self) -> _Vocabulary:
        """`lm_head` holds all parts."""
        return self.lm_head

    def transform(self, x: Tensor) -> Tensor:
        """Dense, gelu, norm."""
        return self.lm_head.layer_norm(functional.gelu(self.lm_head.dense(x)))  # type: ignore[no-any-return]  # as above


class _RobertaDecoder(_Vocabulary):
    def __init__(self, config: EncoderConfig) -> None:
        super().__init__(config)
        self.dense = OneDnnLinear(config.hidden_size, config.hidden_size)
        self.layer_norm = LayerNorm(config.hidden_size, eps=config.layer_norm_eps)


class BertLanguageHead(LanguageHead):
    """That of BERT, BigBird and Nystromformer, with the encoder's activation."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.cls = _Predictions(config)
        self.activation = activation_of(config.hidden_act)

    @property
    def vocabulary(self) -> _Vocabulary:
        """`cls.predictions`."""
        return self.cls.predictions

    def transform(self, x: Tensor) -> Tensor:
        """Dense, activation, norm."""
        parts = self.cls.predictions.transform
        return parts.LayerNorm(self.activation(parts.dense(x)))  # type: ignore[no-any-return]  # as above


class _Predictions(nn.Module):
    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.predictions = _BertDecoder(config)


class _BertDecoder(_Vocabulary):
    def __init__(self, config: EncoderConfig) -> None:
        super().__init__(config)
        self.transform = _Transform(config)


class _Transform(nn.Module):
    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.dense = OneDnnLinear(config.hidden_size, config.hidden_size)
        self.LayerNorm = LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
