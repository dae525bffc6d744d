"""An encoder with a head: the heads of each family, and the model that both make."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gonerd.errors import ConfigError
from gonerd_baselines.attention import LongformerAttention
from gonerd_baselines.encoder.activation import activation_of
from gonerd_baselines.encoder.classification import PooledSequenceHead, SequenceHead, TokenHead
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.head import Head
from gonerd_baselines.encoder.layouts import HEADS, layout_of
from gonerd_baselines.encoder.masked_lm import BertLanguageHead, LanguageHead, RobertaLanguageHead
from gonerd_baselines.encoder.model import Encoder
from gonerd_baselines.encoder.question_answering import BigBirdQuestionHead, QuestionHead
from gonerd_baselines.packing import Packing

__all__ = ["Model", "build_head", "default_global_tokens"]

_SEPARATORS = {"bert": 102, "big_bird": 66}
_SEPARATOR = 2
"""`sep_token_id` where nobody names one: RoBERTa's, and by layout that of others."""

_BERT_NAMES = ("bert", "big_bird", "nystromformer")


def build_head(
    layout: str,
    head: str,
    config: EncoderConfig,
    labels: int = 2,
    *,
    classifier_dropout: float | None = None,
    problem_type: str | None = None,
    separator: int | None = None,
) -> Head:
    """The head that transformers' class of this `layout` (its model_type) has, with first weights.

    Args:
        layout: one of `LAYOUTS`; LSG has the heads of the model that it was made from.
        head: one of `HEADS`.
        config: of the encoder below.
        labels: how many there are, for the heads token and sequence.
        classifier_dropout: before the classifier; None is the encoder's `hidden_dropout_prob`. Longformer
            and Nystromformer know no other.
        problem_type: of the head sequence, one of `PROBLEMS`; None leaves it to the labels.
        separator: the token that ends a question, for the head qa; None is the layout's usual one.

    Raises:
        ConfigError: the layout or the head is unknown, or there are no labels.
    """
    layout_of(layout)
    if head not in HEADS:
        raise ConfigError(f"head {head!r} is unknown; expected one of {', '.join(HEADS)}")
    if labels < 1:
        raise ConfigError(f"a head of {labels} labels makes no sense; expected 1 or more")
    dropout = config.hidden_dropout_prob
    if classifier_dropout is not None and layout not in ("longformer", "nystromformer"):
        dropout = classifier_dropout
    built: Head
    if head == "mlm":
        built = (BertLanguageHead if layout in _BERT_NAMES else RobertaLanguageHead)(config)
    elif head == "token":
        built = TokenHead(config, labels, dropout)
    elif head == "sequence" and layout == "bert":
        built = PooledSequenceHead(config, labels, dropout, problem=problem_type)
    elif head == "sequence":
        other = layout in _BERT_NAMES
        activation = activation_of(config.hidden_act) if other else torch.tanh
        built = SequenceHead(config, labels, dropout, activation=activation, problem=problem_type)
    else:
        if separator is None:
            separator = _SEPARATORS.get(layout, _SEPARATOR)
        built = (BigBirdQuestionHead if layout == "big_bird" else QuestionHead)(config, separator)
    built.initialize(config.initializer_range)
    return built


def default_global_tokens(
    config: EncoderConfig, head: Head, ids: Tensor, packing: Packing
) -> Tensor | None:
    """(t,) bool: the tokens that transformers' Longformer makes global where nobody names any.

    A document's first token for sequence classification, its question for question answering, none for
    masked language models and tokens; and None for every pattern that has no global tokens of this kind.

    Raises:
        InputError: a question has no separator.
    """
    return head.global_tokens(ids, packing) if config.kind == LongformerAttention.kind else None


class Model(nn.Module):
    """An encoder and a head."""

    def __init__(self, encoder: Encoder, head: Head, *, tied: bool = True) -> None:
        """With `tied`, a language head decodes with the encoder's word embeddings, else with its own."""
        super().__init__()
        self.encoder = encoder
        self.head = head
        if isinstance(head, LanguageHead):
            words = encoder.embeddings.word_embeddings.weight
            own = words if tied else nn.Parameter(words.detach().clone())
            head.vocabulary.decoder.weight = own

    def forward(
        self,
        ids: Tensor,
        packing: Packing,
        *,
        labels: Tensor | None = None,
        token_types: Tensor | None = None,
        global_tokens: Tensor | None = None,
    ) -> Tensor:
        """The logits, or the mean loss where `labels` are given: a language model's loss has no logits.

        `ids` and `token_types` (t,) int64; `global_tokens` (t,) bool, None for `default_global_tokens`;
        shapes of logits and labels are the head's.

        Raises:
            InputError: a document has more tokens than there are positions.
            ConfigError: the attention backend can't compute what is asked here.
        """
        if token_types is None:
            token_types = self.head.token_types(ids, packing)
        if global_tokens is None:
            global_tokens = default_global_tokens(self.encoder.config, self.head, ids, packing)
        x = self.encoder(ids, packing, token_types=token_types, global_tokens=global_tokens)
        if labels is None:
            return self.head(x, packing, ids)  # type: ignore[no-any-return]  # torch types a module's call as Any
        return self.head.loss(x, packing, ids, labels)
