"""Extractive question answering: where in a document its answer begins and ends.

A document is a question, a separator, and the text that holds the answer.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gonerd.adapters.onednn import OneDnnLinear
from gonerd.errors import InputError
from gonerd_baselines.attention.documents import split_documents
from gonerd_baselines.encoder.activation import activation_of
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.half_precision import LayerNorm
from gonerd_baselines.encoder.head import Head, exact
from gonerd_baselines.packing import Packing

__all__ = ["BigBirdQuestionHead", "QuestionHead", "first_separators", "question_tokens"]


def first_separators(ids: Tensor, packing: Packing, separator: int) -> Tensor:
    """(b,) int64: the place of each document's first `separator`, counted in the document.

    Raises:
        InputError: a document has none.
    """
    found = ids == separator
    lengths = torch.tensor(packing.lengths, device=ids.device)
    first = lengths.scatter_reduce(0, packing.document[found], packing.position[found], "amin")
    missing = (first == lengths).nonzero()[:, 0]
    if len(missing):
        raise InputError(
            f"document {int(missing[0])} has no separator (token {separator}) after its question"
        )
    return first


def question_tokens(ids: Tensor, packing: Packing, separator: int) -> Tensor:
    """(t,) bool: the tokens before their document's first separator.

    Raises:
        InputError: a document has none.
    """
    return packing.position < first_separators(ids, packing, separator)[packing.document]


class _Places(Head):
    """Begin and end of an answer, from logits (t, 2)."""

    def __init__(self, separator: int) -> None:
        super().__init__()
        self.separator = separator
        """The token that ends a question."""

    def global_tokens(self, ids: Tensor, packing: Packing) -> Tensor:
        """The question."""
        return question_tokens(ids, packing, self.separator)

    def loss(self, x: Tensor, packing: Packing, ids: Tensor, labels: Tensor) -> Tensor:
        """Cross entropy over the tokens of each document, the mean of begin and end.

        `labels` (b, 2) int64: the answer's first and last token, counted in the document. What lies
        outside the document counts in no mean.
        """
        logits = exact(self(x, packing, ids))
        lengths = torch.tensor(packing.lengths, device=labels.device)[:, None]
        counted = (labels >= 0) & (labels < lengths)  # (b, 2)
        likely = torch.cat(
            [part.log_softmax(dim=0) for part in split_documents(logits, packing.lengths)]
        )
        begins = torch.cumsum(lengths, 0) - lengths
        chosen = likely.gather(0, torch.where(counted, begins + labels, 0)) * counted
        return -(chosen.sum(0) / counted.sum(0).clamp(min=1)).mean()


class QuestionHead(_Places):
    """One score a token to begin the answer, and one to end it."""

    def __init__(self, config: EncoderConfig, separator: int) -> None:
        super().__init__(separator)
        self.qa_outputs = OneDnnLinear(config.hidden_size, 2)

    def forward(self, x: Tensor, packing: Packing, ids: Tensor) -> Tensor:
        """(t, 2): begin and end."""
        del packing, ids
        return self.qa_outputs(x)  # type: ignore[no-any-return]  # torch types a module's call as Any


class BigBirdQuestionHead(_Places):
    """BigBird's: a feed-forward part more, and no answer in the question but at the first token.

    Where nobody gives token types, its family reads 0 in the question with its separator and 1 behind it.
    """

    EXCLUDED = 1e6
    """What is taken from the scores of the question's tokens."""

    def __init__(self, config: EncoderConfig, separator: int) -> None:
        super().__init__(separator)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.qa_classifier = _FeedForward(config)
        self.activation = activation_of(config.hidden_act)

    def forward(self, x: Tensor, packing: Packing, ids: Tensor) -> Tensor:
        """(t, 2): begin and end."""
        parts = self.qa_classifier
        hidden = parts.output.dense(self.activation(parts.intermediate.dense(self.dropout(x))))
        hidden = parts.output.LayerNorm(self.dropout(hidden), x)
        excluded = (self.token_types(ids, packing) == 0) & ~packing.first
        scores: Tensor = parts.qa_outputs(hidden)
        return scores - self.EXCLUDED * excluded[:, None].to(scores.dtype)

    def token_types(self, ids: Tensor, packing: Packing) -> Tensor:
        """0 up to the first separator, 1 behind it."""
        ends = first_separators(ids, packing, self.separator)[packing.document]
        return (packing.position > ends).long()


class _FeedForward(nn.Module):
    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.intermediate = _Dense(config.hidden_size, config.intermediate_size)
        self.output = _DenseAndNorm(config)
        self.qa_outputs = OneDnnLinear(config.hidden_size, 2)


class _Dense(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.dense = OneDnnLinear(inputs, outputs)


class _DenseAndNorm(_Dense):
    def __init__(self, config: EncoderConfig) -> None:
        super().__init__(config.intermediate_size, config.hidden_size)
        self.LayerNorm = LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
