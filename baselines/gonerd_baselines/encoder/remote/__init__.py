"""Code that travels with checkpoints which transformers itself has no model for."""

from gonerd_baselines.encoder.remote.lsg import (
    is_lsg_config,
    lsg_config_values,
    lsg_pattern_from_config,
    remote_files,
)

__all__ = ["is_lsg_config", "lsg_config_values", "lsg_pattern_from_config", "remote_files"]
