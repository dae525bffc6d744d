"""A head under another family's names, where both families' heads compute the same."""

from __future__ import annotations

from gonerd.errors import ConfigError
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.encoder.heads import Model, build_head
from gonerd_baselines.encoder.layouts import layout_of
from gonerd_baselines.encoder.masked_lm import LanguageHead
from gonerd_baselines.encoder.model import Encoder

__all__ = ["moved_head"]

_TANH = ("roberta", "xlm-roberta", "camembert", "lsg-roberta", "longformer")
"""Layouts whose head for sequences has a tanh, and whose language head always has gelu."""


def moved_head(
    source: Checkpoint, encoder: Encoder, layout: str, *, separator: int | None
) -> Model:
    """`encoder` with the head of `source` under the names that `layout` has for it.

    Raises:
        ConfigError: the two families' heads do not compute the same.
    """
    old = source.model
    assert isinstance(old, Model)
    assert source.head is not None
    _refuse(source, layout)
    options = source.kept
    head = build_head(
        layout,
        source.head,
        encoder.config,
        len(source.labels) or 2,
        classifier_dropout=options.get("classifier_dropout"),
        problem_type=options.get("problem_type") if source.head == "sequence" else None,
        separator=separator,
    ).to(encoder.embeddings.word_embeddings.weight.dtype)
    names = dict(
        zip(
            layout_of(layout).heads[source.head],
            layout_of(source.layout).heads[source.head],
            strict=True,
        )
    )
    weights = dict(old.head.named_parameters())
    for name, parameter in head.named_parameters():
        begin = next((new for new in names if name == new or name.startswith(f"{new}.")), None)
        if begin is not None:  # the decoder has no entry: its weight is the encoder's
            parameter.data.copy_(weights[names[begin] + name.removeprefix(begin)].data)
    tied = True
    if isinstance(old.head, LanguageHead):
        words = old.encoder.embeddings.word_embeddings.weight
        tied = old.head.vocabulary.decoder.weight is words
    model = Model(encoder, head, tied=tied)
    if isinstance(head, LanguageHead) and not tied:
        assert isinstance(old.head, LanguageHead)
        head.vocabulary.decoder.weight.data.copy_(old.head.vocabulary.decoder.weight.data)
    return model


def _refuse(source: Checkpoint, layout: str) -> None:
    head, activation = source.head, source.encoder.config.hidden_act
    same = layout == source.layout or {
        "mlm": activation == "gelu" or (layout in _TANH) == (source.layout in _TANH),
        "token": True,
        "sequence": layout in _TANH and source.layout in _TANH,
        "qa": (layout == "big_bird") == (source.layout == "big_bird"),
    }.get(head or "", False)
    if not same:
        raise ConfigError(
            f"the head {head} of a {source.layout} model (activation {activation}) computes something "
            f"else than that of {layout}; expected another head, or none"
        )
