"""The tables of a recipe for `gonerd pretrain`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gonerd_baselines.pretraining.masking import MaskingConfig
from gonerd_baselines.pretraining.shape import ModelShape
from gonerd_baselines.training.config import TrainingConfig

__all__ = ["PRETRAIN_SECTIONS"]

PRETRAIN_SECTIONS: Mapping[str, Any] = {
    "model": ModelShape(),
    "masking": MaskingConfig(),
    "training": TrainingConfig(),
}
