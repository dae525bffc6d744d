"""A model of full attention made into one that reads longer documents, with all that it has learned.

What is copied is copied as it is. Positions are repeated (`tiling`); Longformer's global projections begin as
copies of the others; LSG's global tokens are made from words and positions; Nystromformer's convolution
begins at 0, so that it changes nothing before it is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from gonerd.errors import CheckError, ConfigError
from gonerd_baselines.attention import (
    AttentionPattern,
    BigBirdAttention,
    FullAttention,
    LongformerAttention,
    LsgAttention,
    NystromformerAttention,
)
from gonerd_baselines.encoder.agreement import agreement
from gonerd_baselines.encoder.checkpoint import Checkpoint, LoadingReport
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.conversion_report import ConversionReport, Part
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.encoder.model import Encoder
from gonerd_baselines.encoder.moved_heads import moved_head
from gonerd_baselines.encoder.special_tokens import SpecialTokens, special_tokens
from gonerd_baselines.encoder.tiling import global_embeddings, tiled_positions
from gonerd_baselines.encoder.transformers_config import first_position

__all__ = ["TARGETS", "Conversion", "Target", "convert"]

WORDS, POSITIONS, TYPES, GLOBALS = (
    f"embeddings.{name}_embeddings.weight" for name in ("word", "position", "token_type", "global")
)


@dataclass(frozen=True, slots=True)
class Target:
    """One kind of attention to convert to."""

    pattern: Callable[..., AttentionPattern]
    longest: Callable[[Any], int]
    """The tokens of the longest document that a pattern computes as full attention would."""
    where: str
    """Why it does."""
    beyond: str
    """What no check can say."""
    options: tuple[str, ...] = ()
    """The pattern's fields that a user may choose."""
    layout: str | None = None
    """transformers' model_type for it; None keeps that of the source."""


TARGETS: Mapping[str, Target] = {
    "full": Target(
        FullAttention,
        lambda _: 2**31,
        "the original has positions for all of them",
        "positions beyond the original's repeat them, and are untrained",
    ),
    "longformer": Target(
        LongformerAttention,
        lambda pattern: int(pattern.reach) + 1,
        "every token sees all, with and without global tokens",
        "beyond half a window tokens no longer see all; the global projections are untrained copies",
        ("attention_window",),
        "longformer",
    ),
    "bigbird": Target(
        BigBirdAttention,
        lambda pattern: int(pattern.whole_up_to),
        "BigBird computes full attention there",
        "in longer documents blocks no longer see all",
        ("block_size", "num_random_blocks", "mode"),
        "big_bird",
    ),
    "lsg": Target(
        LsgAttention,
        lambda pattern: 2 * int(pattern.block_size),
        "LSG computes full attention there; its global tokens were put before the original's documents",
        "the original never saw global tokens; beyond two blocks tokens no longer see all",
        (
            *("block_size", "sparse_block_size", "sparsity_factor", "sparsity_type"),
            "num_global_tokens",
        ),
        "lsg-roberta",
    ),
    "nystromformer": Target(
        NystromformerAttention,
        lambda pattern: int(pattern.num_landmarks),
        "no more tokens than landmarks are full attention, and the new convolution is 0",
        "in longer documents landmarks stand for tokens, which is an approximation from the first layer on",
        ("num_landmarks", "conv_kernel_size"),
        "nystromformer",
    ),
}


@dataclass(frozen=True, slots=True)
class Conversion:
    """The new model, and what became of the old one's parts."""

    checkpoint: Checkpoint
    report: ConversionReport


def convert(
    source: Checkpoint,
    *,
    to: str,
    max_len: int,
    options: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Conversion:
    """`source` with another attention and positions for `max_len` tokens; checked, and not yet saved.

    Args:
        source: full attention in any of its layouts, with or without a head.
        to: one of TARGETS; "full" is the same model for longer documents.
        max_len: the tokens of the longest document.
        options: of the pattern, by `Target.options`; a tuple has one value for each layer.
        seed: of the pattern and of LSG's global tokens, where chance plays, and of the check's words.

    Raises:
        ConfigError: there is no such target, or it can't be made from this source or with these options.
        CheckError: the new model does not compute what the old one does, where both have to agree.
    """
    if to not in TARGETS:
        raise ConfigError(f"{to!r} is no target; expected one of {', '.join(TARGETS)}")
    target, old = TARGETS[to], source.encoder.config
    if old.kind != "full":
        raise ConfigError(f"the model has {old.kind} attention already; expected full attention")
    if max_len < old.max_length:
        raise ConfigError(
            f"max_len is {max_len}, less than the {old.max_length} tokens that the model reads already"
        )
    landmarks = (options or {}).get("num_landmarks", 64)
    if to == "nystromformer" and max_len % landmarks:
        raise ConfigError(
            f"max_len {max_len} is no multiple of num_landmarks {landmarks}; transformers' Nystromformer "
            "could not compute the model"
        )
    layout = target.layout or source.layout
    tokens = special_tokens(source)
    patterns = _patterns(to, old.num_hidden_layers, options or {}, seed)
    config = _config(old, layout, patterns, max_len)
    with torch.device("meta"):
        encoder = Encoder(config)
    made = {
        key: _made(key, tuple(like.shape), source, config, tokens, seed)
        for key, like in encoder.state_dict().items()
    }
    encoder.load_state_dict({key: tensor for key, (_, tensor) in made.items()}, assign=True)
    parts = {key: Part(how, tuple(tensor.shape)) for key, (how, tensor) in made.items()}
    model: Encoder | Model = encoder
    if source.head is not None:
        model = moved_head(source, encoder, layout, separator=tokens.separator)
        words = encoder.embeddings.word_embeddings.weight
        for key, parameter in model.head.named_parameters():
            if parameter is not words:
                parts[key] = Part("copied", tuple(parameter.shape))
    checkpoint = replace(
        source,
        model=model.eval(),
        layout=layout,
        kept=source.kept if layout == source.layout else {**source.kept, **tokens.as_config()},
        report=LoadingReport(),
    )
    longest = min(min(map(target.longest, patterns)), old.max_length)
    found = agreement(source, checkpoint, longest=longest, where=target.where, seed=seed)
    if not found.agrees:
        raise CheckError(
            f"the converted model differs from the original by {found.difference:.1e} "
            f"(numbers up to {found.largest:.1f}) in documents of {longest} tokens and less, "
            "where both have to agree"
        )
    report = ConversionReport(
        source={"id": source.id, "revision": source.revision, **_facts(source)},
        result=_facts(checkpoint),
        head=source.head,
        parts=parts,
        left_out=source.report.left_out,
        seed=seed,
        check=found,
        beyond=target.beyond,
    )
    return Conversion(checkpoint, report)


def _facts(checkpoint: Checkpoint) -> dict[str, Any]:
    config = checkpoint.encoder.config
    return {
        "layout": checkpoint.layout,
        "attention": config.kind,
        "patterns": [repr(pattern) for pattern in dict.fromkeys(config.attention)],
        "max_len": config.max_length,
        "parameters": sum(parameter.numel() for parameter in checkpoint.model.parameters()),
    }


def _patterns(
    to: str, layers: int, options: Mapping[str, Any], seed: int
) -> tuple[AttentionPattern, ...]:
    """One for each layer."""
    target = TARGETS[to]
    for name, value in options.items():
        if name not in target.options:
            raise ConfigError(
                f"{to} attention has no {name}; expected "
                + (f"one of {', '.join(target.options)}" if target.options else "no option")
            )
        if isinstance(value, tuple) and len(value) != layers:
            raise ConfigError(
                f"{name} has {len(value)} values, expected one, or {layers}: one for each layer"
            )
    found = []
    for layer in range(layers):
        own = {k: v[layer] if isinstance(v, tuple) else v for k, v in options.items()}
        if to == "bigbird":
            own = {"mode": "hf-eval", **own}
            if own["mode"] == "random":
                own |= {"seed": seed, "layer": layer}
        if to == "lsg" and own.get("sparsity_type") == "lsh":
            own["lsh_seed"] = seed
        found.append(target.pattern(**own))
    return tuple(found)


def _config(
    old: EncoderConfig, layout: str, patterns: tuple[AttentionPattern, ...], max_len: int
) -> EncoderConfig:
    begins = first_position(layout, old.pad_token_id)
    return replace(
        old,
        attention=patterns,
        first_position=begins,
        max_position_embeddings=begins + max_len,
        # BigBird's head for questions reads two types.
        type_vocab_size=max(old.type_vocab_size, 2 if layout == "big_bird" else 1),
        # Nystromformer has no weights to drop; transformers ignores the number there.
        attention_probs_dropout_prob=(
            0.0 if layout == "nystromformer" else old.attention_probs_dropout_prob
        ),
    )


def _made(
    key: str,
    shape: tuple[int, ...],
    source: Checkpoint,
    config: EncoderConfig,
    tokens: SpecialTokens,
    seed: int,
) -> tuple[str, Tensor]:
    """The new encoder's tensor, and how it came about."""
    old = source.encoder
    weights = old.state_dict()
    if key == POSITIONS:
        table = tiled_positions(
            weights[key],
            first=old.config.first_position,
            new_first=config.first_position,
            length=config.max_length,
        )
        return "tiled", table
    if key == GLOBALS:
        return "made", _globals(source, tokens, seed)
    if key.endswith(".conv.weight"):
        return "new", weights[WORDS].new_zeros(shape)
    part = key.replace("_global.", ".")
    if part != key:
        return "copied to global", weights[part].clone()
    if key == TYPES and shape != weights[key].shape:
        return "tiled", weights[key].repeat(shape[0], 1)[: shape[0]]
    return "copied", weights[key].clone()


def _globals(source: Checkpoint, tokens: SpecialTokens, seed: int) -> Tensor:
    if tokens.begin is None or tokens.mask is None:
        raise ConfigError(
            "LSG's global tokens are made from the embeddings of the mask and of the token that begins a "
            "document; expected a tokenizer beside the model that names both"
        )
    config, weights = source.encoder.config, source.encoder.state_dict()
    return global_embeddings(
        weights[WORDS],
        weights[POSITIONS][config.first_position :],
        weights[TYPES][0] if source.layout == "bert" else None,
        begin=tokens.begin,
        mask=tokens.mask,
        seed=seed,
    )
