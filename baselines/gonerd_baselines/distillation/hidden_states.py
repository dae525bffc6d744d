"""What a student's hidden states lack of its teacher's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from gonerd.errors import ConfigError
from gonerd_baselines.distillation.layer_mapping import LayerPair

__all__ = ["DISTANCES", "HiddenStateLoss", "cosine_distance", "squared_distance"]

PROJECTION_STD = 0.02
"""Of the first weights of a projection, BERT's."""


def cosine_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """The sum over t tokens of 1 - cos, (t, d) each: torch's CosineEmbeddingLoss with target 1."""
    student, teacher = _exact(student), _exact(teacher)
    target = student.new_ones(len(student))
    return functional.cosine_embedding_loss(student, teacher, target, reduction="sum")


def squared_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """The sum over t tokens of the mean squared difference, (t, d) each."""
    difference = _exact(student) - _exact(teacher)
    return difference.square().sum() / student.shape[1]


DISTANCES = {"cosine": cosine_distance, "mse": squared_distance}


class HiddenStateLoss(nn.Module):
    """The distance between pairs of layers; of other widths by way of a learned projection for each pair.

    Projections are trained with the student, and belong to neither model.
    """

    def __init__(
        self,
        pairs: Sequence[LayerPair],
        *,
        distance: str,
        student_width: int,
        teacher_width: int,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if distance not in DISTANCES:
            raise ConfigError(
                f"distance {distance!r} is unknown; expected one of {', '.join(DISTANCES)}"
            )
        self.pairs = tuple(pairs)
        self.distance = distance
        self.projections: nn.ModuleList | None = None
        if student_width != teacher_width:
            self.projections = nn.ModuleList(
                nn.Linear(student_width, teacher_width) for _ in self.pairs
            )
            generator = torch.Generator().manual_seed(seed)
            for linear in self.projections:
                assert isinstance(linear, nn.Linear)
                nn.init.normal_(linear.weight, std=PROJECTION_STD, generator=generator)
                nn.init.zeros_(linear.bias)

    def forward(self, student: Mapping[int, Tensor], teacher: Mapping[int, Tensor]) -> Tensor:
        """The sum over tokens, and the mean over pairs, of hidden states (t, width) by layer."""
        distance = DISTANCES[self.distance]
        found = []
        for number, (layer, other) in enumerate(self.pairs):
            x = student[layer]
            if self.projections is not None:
                x = self.projections[number](x)
            found.append(distance(x, teacher[other].detach()))
        return torch.stack(found).mean()


def _exact(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))
