"""Where a training stands."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Progress"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """After a step."""

    step: int
    done: float
    """Share of the training, 0 to 1."""
    loss: float
    tokens_per_second: float
    seconds_left: float
    mfu: float | None = None
    """Model FLOPs utilisation (arXiv 2204.02311): operations of the model over what the device can do."""
