"""Attention patterns from the keys that transformers' config.json has for them, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gonerd.errors import ConfigError
from gonerd_baselines.attention import AttentionPattern, FullAttention, LongformerAttention

__all__ = ["PATTERN_KEYS", "patterns_from_values", "values_from_patterns"]

Values = Mapping[str, Any]

PATTERN_KEYS = frozenset({"attention_window"})
"""What config.json says of the patterns."""


def patterns_from_values(
    model_type: str, values: Values, layers: int
) -> tuple[AttentionPattern, ...]:
    """One for each of so many layers, as transformers computes a model with these `values`.

    Raises:
        ConfigError: a value makes no sense.
    """
    read = {"longformer": _longformer}.get(model_type, _full)
    return tuple(read(values, layers))


def values_from_patterns(model_type: str, patterns: Sequence[AttentionPattern]) -> dict[str, Any]:
    """The inverse, for a model that is to open as `model_type`.

    Raises:
        ConfigError: a model of this type has no such attention.
    """
    kinds = {pattern.kind for pattern in patterns}
    kind = kinds.pop() if len(kinds) == 1 else "mixed"
    write = _WRITTEN.get((model_type, kind))
    if write is None:
        raise ConfigError(
            f"layout {model_type} has no {kind} attention; it has "
            + " and ".join(sorted(k for m, k in _WRITTEN if m == model_type))
        )
    return write(patterns)


def _full(_: Values, layers: int) -> list[AttentionPattern]:
    return [FullAttention()] * layers


def _longformer(values: Values, layers: int) -> list[AttentionPattern]:
    windows = values.get("attention_window", 512)
    if isinstance(windows, int):
        windows = [windows] * layers
    if not isinstance(windows, list) or not all(type(window) is int for window in windows):
        raise ConfigError(
            f"attention_window is {windows!r}, expected a number, or one for each layer"
        )
    if len(windows) != layers:
        raise ConfigError(
            f"attention_window has {len(windows)} numbers, expected {layers}, one for each layer"
        )
    return [LongformerAttention(window) for window in windows]


def _nothing(_: Sequence[AttentionPattern]) -> dict[str, Any]:
    return {}


def _each(name: str) -> Callable[[Sequence[AttentionPattern]], dict[str, Any]]:
    return lambda patterns: {name: [getattr(pattern, name) for pattern in patterns]}


_WRITTEN: dict[tuple[str, str], Callable[[Sequence[AttentionPattern]], dict[str, Any]]] = {
    ("roberta", "full"): _nothing,
    ("xlm-roberta", "full"): _nothing,
    ("camembert", "full"): _nothing,
    ("bert", "full"): _nothing,
    ("longformer", "longformer"): _each("attention_window"),
}
"""By layout and kind of attention."""
