"""A teacher that is not trained: in evaluation mode, without gradients, on the device of what it reads."""

from __future__ import annotations

import torch

from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.encoder.heads import Model

__all__ = ["Teacher"]


class Teacher:
    """No module, so that an objective that holds one neither trains nor saves it."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """With the checkpoint's own weights, which from now on want no gradient."""
        assert isinstance(checkpoint.model, Model)
        self._model = checkpoint.model.eval().requires_grad_(False)
        self.config = checkpoint.encoder.config

    def on(self, device: torch.device) -> Model:
        """The model, moved there the first time."""
        if next(self._model.parameters()).device != device:
            self._model.to(device)
        return self._model

    def halve(self) -> None:
        """Compute in bfloat16 from now on: half the memory, and the quick kernels of a GPU."""
        self._model.to(torch.bfloat16)
