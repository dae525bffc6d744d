"""Attention patterns from the keys that transformers' config.json has for them, and back.

What a pattern has and transformers does not (BigBird's mode and seed, ...) stands under one key of our own,
`gonerd`, which plain transformers ignores; it is missing where transformers' own keys say all.

Three traps. BigBird's `original_full` is full attention. transformers' Nystromformer computes full softmax,
without landmarks, where `segment_means_seq_len` equals `num_landmarks`: so in all published models (64 and
64), and so it is read here, as `num_landmarks=None`; who wants landmarks gives `from_pretrained` a pattern
that has them. lsg-converter's models say that they are RoBERTa or BERT; `remote.lsg` tells them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from gonerd.errors import ConfigError
from gonerd_baselines.attention import (
    AttentionPattern,
    BigBirdAttention,
    FullAttention,
    LongformerAttention,
    LsgAttention,
    NystromformerAttention,
)
from gonerd_baselines.encoder.remote import (
    is_lsg_config,
    lsg_config_values,
    lsg_pattern_from_config,
)

__all__ = ["OWN_KEY", "PATTERN_KEYS", "patterns_from_values", "values_from_patterns"]

Values = Mapping[str, Any]

OWN_KEY = "gonerd"

_LSG = asdict(LsgAttention())
_BIGBIRD_OWN = {"mode": "hf-eval", "seed": 0, "layer": 0}
_NYSTROMFORMER_OWN = {"iterations": 6, "hf_compat": False}
"""What stands under OWN_KEY, and what a missing one means."""
_USUAL_LANDMARKS = 64

PATTERN_KEYS = frozenset(
    {OWN_KEY, "attention_window", "attention_type", "num_random_blocks", "base_model_prefix"}
    | {"num_landmarks", "segment_means_seq_len", "conv_kernel_size", "inv_coeff_init_option"}
    | _LSG.keys()
)
"""What config.json says of the patterns."""

_KINDS = {
    "roberta": ("full", "lsg"),
    "xlm-roberta": ("full", "lsg"),
    "camembert": ("full", "lsg"),
    "lsg-roberta": ("lsg",),
    "bert": ("full",),
    "longformer": ("longformer",),
    "big_bird": ("bigbird", "full"),
    "nystromformer": ("nystromformer",),
}
"""Of attention, by layout."""


def patterns_from_values(
    model_type: str, values: Values, layers: int
) -> tuple[AttentionPattern, ...]:
    """One for each of so many layers, as transformers computes a model with these `values`.

    BigBird is read in mode "hf-eval" where `gonerd` does not name another.

    Raises:
        ConfigError: a value makes no sense.
    """
    if model_type == "longformer":
        return tuple(LongformerAttention(window) for window in _windows(values, layers))
    if model_type == "big_bird":
        return _bigbird(values, layers)
    if model_type == "nystromformer":
        return _nystromformer(values, layers)
    if is_lsg_config(values):
        return (_lsg(values),) * layers
    return (FullAttention(),) * layers


def values_from_patterns(
    model_type: str, patterns: Sequence[AttentionPattern], *, max_length: int
) -> dict[str, Any]:
    """The inverse, for a model of up to `max_length` tokens that is to open as `model_type`.

    Raises:
        ConfigError: a model of this type has no such attention, or not with layers that differ so.
    """
    kinds = sorted({pattern.kind for pattern in patterns})
    known = _KINDS[model_type]
    if len(kinds) > 1 or kinds[0] not in known:
        raise ConfigError(
            f"layout {model_type} has no {' and '.join(kinds)} attention; it has {' or '.join(known)}"
        )
    if kinds == ["longformer"]:
        windows = [p.attention_window for p in patterns if isinstance(p, LongformerAttention)]
        return {"attention_window": windows}
    if isinstance(patterns[0], LsgAttention):
        _shared(patterns, *_LSG)
        return lsg_config_values(patterns[0])
    if kinds == ["bigbird"]:
        return {
            "attention_type": "block_sparse",
            **_shared(patterns, "block_size", "num_random_blocks"),
            **_own(patterns, _BIGBIRD_OWN),
        }
    if kinds == ["nystromformer"]:
        return _landmark_values(patterns, max_length)
    return {"attention_type": "original_full"} if model_type == "big_bird" else {}


def _windows(values: Values, layers: int) -> list[int]:
    windows = values.get("attention_window", 512)
    if type(windows) is int:
        windows = [windows] * layers
    if not isinstance(windows, list) or not all(type(window) is int for window in windows):
        raise ConfigError(
            f"attention_window is {windows!r}, expected a number, or one for each layer"
        )
    if len(windows) != layers:
        raise ConfigError(
            f"attention_window has {len(windows)} numbers, expected {layers}, one for each layer"
        )
    return windows


def _bigbird(values: Values, layers: int) -> tuple[AttentionPattern, ...]:
    type_ = values.get("attention_type", "block_sparse")
    if type_ == "original_full":
        return (FullAttention(),) * layers
    if type_ != "block_sparse":
        raise ConfigError(f"attention_type is {type_!r}, expected block_sparse or original_full")
    shared = _typed(values, {"block_size": 64, "num_random_blocks": 3})
    return tuple(
        BigBirdAttention(**shared, **own) for own in _own_of_layers(values, _BIGBIRD_OWN, layers)
    )


def _nystromformer(values: Values, layers: int) -> tuple[AttentionPattern, ...]:
    landmarks, length = _typed(
        values, {"num_landmarks": _USUAL_LANDMARKS, "segment_means_seq_len": _USUAL_LANDMARKS}
    ).values()
    size = values.get("conv_kernel_size", 65)
    if size is not None and type(size) is not int:
        raise ConfigError(f"conv_kernel_size is {size!r}, expected a whole number or none")
    exact = _typed(values, {"inv_coeff_init_option": False})["inv_coeff_init_option"]
    return tuple(
        NystromformerAttention(
            num_landmarks=None if landmarks == length else landmarks,
            conv_kernel_size=size,
            init="exact" if exact else "original",
            **own,
        )
        for own in _own_of_layers(values, _NYSTROMFORMER_OWN, layers)
    )


def _landmark_values(patterns: Sequence[AttentionPattern], max_length: int) -> dict[str, Any]:
    """Of a Nystromformer: transformers takes landmarks for inputs of just `segment_means_seq_len` tokens."""
    shared = _shared(patterns, "num_landmarks", "conv_kernel_size", "init")
    landmarks = shared["num_landmarks"]
    length = _USUAL_LANDMARKS if landmarks is None else max(max_length // landmarks, 2) * landmarks
    return {
        "num_landmarks": _USUAL_LANDMARKS if landmarks is None else landmarks,
        "segment_means_seq_len": length,
        "conv_kernel_size": shared["conv_kernel_size"],
        "inv_coeff_init_option": shared["init"] == "exact",
        **_own(patterns, _NYSTROMFORMER_OWN),
    }


def _lsg(values: Values) -> LsgAttention:
    said = {key: value for key, value in values.items() if key in _LSG and value is not None}
    _typed(said, _LSG)
    return lsg_pattern_from_config(values)


def _typed(values: Values, defaults: Values) -> dict[str, Any]:
    """The values of these keys, each with the type of its default."""
    for key, default in defaults.items():
        if type(values.get(key, default)) is not type(default):
            kind = {int: "a whole number", bool: "true or false", str: "a name"}[type(default)]
            raise ConfigError(f"{key} is {values[key]!r}, expected {kind}")
    return {key: values.get(key, default) for key, default in defaults.items()}


def _shared(patterns: Sequence[AttentionPattern], *names: str) -> dict[str, Any]:
    """Fields that config.json has once for all layers."""
    for name in names:
        each = {getattr(pattern, name) for pattern in patterns}
        if len(each) > 1:
            raise ConfigError(
                f"the layers have {name} {' and '.join(map(str, sorted(each, key=str)))}; transformers "
                f"has one for all layers of {patterns[0].kind} attention"
            )
    return {name: getattr(patterns[0], name) for name in names}


def _own(patterns: Sequence[AttentionPattern], defaults: Values) -> dict[str, Any]:
    """OWN_KEY with a record for each layer, or nothing where all layers have the `defaults`."""
    each = [{name: getattr(pattern, name) for name in defaults} for pattern in patterns]
    return {} if all(one == defaults for one in each) else {OWN_KEY: {"attention": each}}


def _own_of_layers(values: Values, defaults: Values, layers: int) -> list[dict[str, Any]]:
    own = values.get(OWN_KEY)
    if own is None:
        return [dict(defaults)] * layers
    each = own.get("attention") if isinstance(own, dict) else None
    if (
        not isinstance(each, list)
        or len(each) != layers
        or not all(isinstance(x, dict) for x in each)
    ):
        raise ConfigError(f"{OWN_KEY} is {own!r}, expected attention with a record for each layer")
    return [_typed(one, defaults) for one in each]
