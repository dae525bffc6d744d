"""AdamW, or Muon for the matrices within layers and AdamW for the rest, in groups with their own rates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from gonerd_baselines.training.config import TrainingConfig

__all__ = ["SCALE", "load_optimizer", "optimizers_of"]

SCALE = "scale"
"""Key of a group: its learning rate over that of the schedule."""

_LAYER = re.compile(r"\bencoder\.layer\.(\d+)\.")


def optimizers_of(model: nn.Module, config: TrainingConfig) -> list[torch.optim.Optimizer]:
    """One optimiser, or two; under SCALE stands each group's part of the learning rate."""
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    layers = 1 + max((_layer(name) for name, _ in trained), default=-1)
    groups: dict[tuple[bool, bool, float], list[Tensor]] = {}
    for name, parameter in trained:
        by_muon = config.optimizer == "muon" and parameter.ndim == 2 and _layer(name) >= 0
        key = (by_muon, parameter.ndim > 1, config.layer_decay ** _below(name, layers))
        groups.setdefault(key, []).append(parameter)
    made: list[torch.optim.Optimizer] = []
    plain = [_group(key, ps, config) for key, ps in groups.items() if not key[0]]
    if plain:
        made.append(
            torch.optim.AdamW(
                plain,
                lr=config.learning_rate,
                betas=(config.beta1, config.beta2),
                eps=config.epsilon,
                fused=True,
            )
        )
    orthogonal = [_group(key, ps, config) for key, ps in groups.items() if key[0]]
    if orthogonal:
        # Steps as large as AdamW's, so that one learning rate serves both (arXiv 2502.16982).
        made.append(
            torch.optim.Muon(orthogonal, lr=config.learning_rate, adjust_lr_fn="match_rms_adamw")
        )
    return made


def load_optimizer(optimizer: torch.optim.Optimizer, state: Mapping[str, Any]) -> None:
    """Its moments become those of `state`; the settings of its groups stay the ones it was made with."""
    settings = [
        {name: value for name, value in group.items() if name != "params"}
        for group in optimizer.param_groups
    ]
    optimizer.load_state_dict(dict(state))
    for group, own in zip(optimizer.param_groups, settings, strict=True):
        group.update(own)


def _group(
    key: tuple[bool, bool, float], parameters: list[Tensor], config: TrainingConfig
) -> dict[str, Any]:
    _, decayed, scale = key
    return {
        "params": parameters,
        "weight_decay": config.weight_decay if decayed else 0.0,
        SCALE: scale,
    }


def _layer(name: str) -> int:
    found = _LAYER.search(name)
    return int(found[1]) if found else -1


def _below(name: str, layers: int) -> int:
    """How many layers stand between a parameter and the head."""
    if (layer := _layer(name)) >= 0:
        return layers - 1 - layer
    return layers if ".embeddings." in f".{name}" else 0
