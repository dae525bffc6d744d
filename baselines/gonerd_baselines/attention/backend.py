"""The ways to compute an attention, and which of them is taken where nobody names one.

- dense: softmax written out over (t, t) scores, the oracle; anywhere, small.
- sdpa: torch's scaled dot product attention, a document at a time, with a mask where one is needed; anywhere.
- blocked: scaled dot product attention over blocks of queries and the few keys that they see; anywhere.
- flex: torch's FlexAttention, compiled, with a block mask; for CUDA (a CPU can't train with it).
- varlen: torch's attention over packed sequences (flash kernels); CUDA and half precision.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from gonerd.errors import ConfigError

__all__ = ["AUTO", "BACKENDS", "auto_with_dropout", "checked_backend", "refuse_dropout"]

AUTO = "auto"
BACKENDS = ("dense", "sdpa", "blocked", "flex", "varlen")


def checked_backend(backend: str, *, kind: str, possible: Sequence[str], device: str) -> str:
    """`backend` itself where attention of this `kind` can be computed so on `device`.

    Raises:
        ConfigError: there is no such backend, the pattern has none such, or the device can't run it.
    """
    if backend not in BACKENDS:
        raise ConfigError(
            f"attention backend {backend!r} is unknown; expected one of {', '.join((AUTO, *BACKENDS))}"
        )
    if backend not in possible:
        raise ConfigError(
            f"{kind} attention has no {backend} backend; expected one of {', '.join((AUTO, *possible))}"
        )
    if backend == "varlen" and torch.device(device).type != "cuda":
        raise ConfigError(f"attention backend varlen runs on CUDA only, not on {device}")
    return backend


def auto_with_dropout(kind: str, device: str) -> str:
    """What "auto" is where attention weights are dropped, which a GPU's quick backends can't do."""
    if torch.device(device).type != "cuda":
        return AUTO
    return "sdpa" if kind in ("full", "nystromformer") else "blocked"


def refuse_dropout(backend: str, dropout: float) -> None:
    """Stop where a backend would leave out the dropout that was asked for.

    Raises:
        ConfigError: `dropout` is not 0.
    """
    if dropout:
        raise ConfigError(
            f"attention backend {backend} has no dropout of attention weights ({dropout} was asked for); "
            "expected 0, or the backend sdpa or blocked"
        )
