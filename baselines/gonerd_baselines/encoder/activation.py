"""The activations that checkpoints of BERT's shape name."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional

__all__ = ["activation_of"]

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": functional.gelu,
    "gelu_new": lambda x: functional.gelu(x, approximate="tanh"),
    "relu": functional.relu,
}


def activation_of(name: str) -> Callable[[Tensor], Tensor]:
    """The function called `name`, one of `config.ACTIVATIONS`."""
    return _ACTIVATIONS[name]
