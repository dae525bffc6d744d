"""How a training goes: one frozen record for pretraining, distillation and fine-tuning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gonerd.errors import ConfigError

__all__ = ["OPTIMIZERS", "PRECISIONS", "SCHEDULES", "TrainingConfig"]

OPTIMIZERS = ("adamw", "muon")
SCHEDULES = ("linear", "cosine", "constant")
PRECISIONS = ("fp32", "bf16")
MOST_SEED = 2**63 - 1
"""torch's generators take no larger one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """Its length is one of `steps`, `tokens` and `epochs`."""

    ALTERNATIVES: ClassVar[tuple[str, ...]] = ("steps", "tokens", "epochs")

    steps: int | None = None
    """Updates of the weights."""
    tokens: int | None = None
    """Tokens in all; the last step may go beyond."""
    epochs: int | None = None
    """Passes over all documents."""
    step_tokens: int = 65536
    """Tokens of a step, over all batches and processes, at most."""
    batch_tokens: int = 16384
    """Tokens that are computed at once in one process, at most: memory and speed, and which documents share
    a step and which tokens a mask, since both go by batches."""
    optimizer: str = "adamw"
    """adamw, or muon (Jordan, 2024): orthogonal steps for matrices within layers, AdamW for the rest."""
    learning_rate: float = 5e-4
    """The highest, reached after the warm-up."""
    schedule: str = "linear"
    """How it falls after the warm-up: linear or cosine to 0, or constant."""
    warmup: float = 0.05
    """Share of the training in which it rises from 0 in a straight line."""
    weight_decay: float = 0.01
    """On matrices only, times the learning rate."""
    beta1: float = 0.9
    """Decay of AdamW's mean of the gradients."""
    beta2: float = 0.98
    """Decay of AdamW's mean of their squares."""
    epsilon: float = 1e-6
    """AdamW's; DistilBERT's script has the same."""
    layer_decay: float = 1.0
    """The learning rate of each layer is that of the one above it times this; the head's is whole."""
    clip: float | None = 1.0
    """Largest norm of the gradient."""
    precision: str = "fp32"
    """fp32, or bf16: matrix products in bfloat16 (autocast), weights and their updates in float32."""
    seed: int = 0
    """Decides order, masks and dropout."""
    log_steps: int = 10
    """Steps between two lines of the log."""
    save_seconds: float = 300.0
    """Seconds between two saved states; one is saved after each evaluation, too."""
    evaluate_steps: int | None = None
    """Steps between two evaluations; none: after each pass over the documents."""
    patience: int | None = None
    """Evaluations in a row without a new best one, after which the training ends."""

    def __post_init__(self) -> None:
        lengths = [n for n in self.ALTERNATIVES if getattr(self, n) is not None]
        if len(lengths) > 1:
            raise ConfigError(f"{' and '.join(lengths)} are given, expected one of them")
        for name in (
            *self.ALTERNATIVES,
            *("step_tokens", "batch_tokens", "learning_rate"),
            *("epsilon", "layer_decay", "clip", "log_steps", "evaluate_steps", "patience"),
        ):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ConfigError(f"{name} is {value}, expected more than 0")
        for name in ("warmup", "beta1", "beta2"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(
                    f"{name} is {getattr(self, name)}, expected 0 or more and less than 1"
                )
        for name in ("weight_decay", "save_seconds", "seed"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 0 or more")
        if self.seed > MOST_SEED:
            raise ConfigError(f"seed is {self.seed}, expected {MOST_SEED} at most")
        for name, known in (
            ("optimizer", OPTIMIZERS),
            ("schedule", SCHEDULES),
            ("precision", PRECISIONS),
        ):
            if getattr(self, name) not in known:
                raise ConfigError(
                    f"{name} {getattr(self, name)!r} is unknown; expected one of {', '.join(known)}"
                )

    def batches_a_step(self, processes: int) -> int:
        """How many batches a step has, over all processes.

        Raises:
            ConfigError: a batch is larger than a step, processes can't share them evenly, or no length is
                given.
        """
        if self.steps is None and self.tokens is None and self.epochs is None:
            raise ConfigError("the training has no length; expected steps, tokens or epochs")
        if self.batch_tokens > self.step_tokens:
            raise ConfigError(
                f"batch_tokens {self.batch_tokens:,} is more than the {self.step_tokens:,} of a whole step "
                "(step_tokens); expected as many or fewer"
            )
        batches = self.step_tokens // self.batch_tokens
        if batches % processes:
            raise ConfigError(
                f"step_tokens {self.step_tokens:,} in batches of {self.batch_tokens:,} are {batches} a step, "
                f"which {processes} processes can't share evenly; expected a multiple of {processes}"
            )
        return batches
