"""Linear layers by oneDNN on a CPU: torch takes MKL for them in single precision.

Measured on an AMD EPYC, 4,096 x 768 times 768 x 3,072: oneDNN takes 0.85 of MKL's time, and 0.75 where the
GELU that follows is done in the same pass (benchmarks/results/window_mode.json has what comes of it).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["HAS_ONEDNN", "OneDnnLinear", "use_onednn"]


HAS_ONEDNN: bool = torch._C._has_mkldnn and hasattr(torch.ops.mkldnn, "_linear_pointwise")
"""Whether this torch was built with oneDNN's linear layer."""


class OneDnnLinear(nn.Linear):
    """Linear and, if asked for, GELU in one pass.

    By torch's own operators where a gradient is wanted, on a GPU, in other precision, and without oneDNN.
    """

    gelu: str | None = None
    """"none" for the exact GELU, "tanh" for its approximation, None for no activation."""

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) to (..., out)."""
        on_cpu = x.device.type == "cpu" and x.dtype == torch.float32
        if torch.is_grad_enabled() or not on_cpu or not HAS_ONEDNN:
            found = functional.linear(x, self.weight, self.bias)
            return found if self.gelu is None else functional.gelu(found, approximate=self.gelu)
        activation = "none" if self.gelu is None else "gelu"
        return torch.ops.mkldnn._linear_pointwise(  # type: ignore[no-any-return]  # an operator has no types
            x, self.weight, self.bias, activation, [], self.gelu or ""
        )


def use_onednn(model: nn.Module) -> None:
    """Make the linear layers of `model` such; where a GELU follows one in BERT's way, both become one."""
    for module in model.modules():
        for layer in module.children():
            if type(layer) is nn.Linear:
                layer.__class__ = OneDnnLinear
        approximate = _gelu(getattr(module, "intermediate_act_fn", None))
        dense: Any = getattr(module, "dense", None)
        if approximate is not None and isinstance(dense, OneDnnLinear):
            dense.gelu = approximate
            module.intermediate_act_fn = nn.Identity()


def _gelu(activation: Any) -> str | None:
    """How an activation of transformers approximates the GELU; None if it is another one."""
    from transformers.activations import GELUActivation, NewGELUActivation

    if type(activation) is GELUActivation and activation.act is functional.gelu:
        return "none"
    return "tanh" if type(activation) is NewGELUActivation else None
