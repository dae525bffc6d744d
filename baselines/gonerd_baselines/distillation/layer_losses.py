"""What a student learns from within its teacher: hidden states and relations, in one pass of each."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gonerd.errors import ConfigError
from gonerd_baselines.attention import AttentionPattern
from gonerd_baselines.distillation.config import DistillationConfig
from gonerd_baselines.distillation.hidden_states import HiddenStateLoss
from gonerd_baselines.distillation.layer_mapping import layer_pairs
from gonerd_baselines.distillation.relations import (
    relation_divergence,
    relation_flops,
    require_relation_heads,
)
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.model import Encoder
from gonerd_baselines.encoder.taps import Tapped, tapped
from gonerd_baselines.packing import Packing

__all__ = ["LayerLosses", "reach_of"]


class LayerLosses(nn.Module):
    """The parts `hs`, `cosine`, `mha` and `local_mha` of a recipe, for two shapes."""

    def __init__(
        self,
        config: DistillationConfig,
        student: EncoderConfig,
        teacher: EncoderConfig,
        *,
        seed: int = 0,
    ) -> None:
        """`seed` decides the first weights of projections between widths.

        Raises:
            ConfigError: a layer is not there, heads don't divide a width, or there is no window.
        """
        super().__init__()
        self.shapes = (student, teacher)
        layers = {"student": student.num_hidden_layers, "teacher": teacher.num_hidden_layers}
        widths = {"student_width": student.hidden_size, "teacher_width": teacher.hidden_size}
        self.states = nn.ModuleDict()
        if config.hs:
            pairs = layer_pairs(config.mapping, **layers)
            self.states["hs"] = HiddenStateLoss(
                pairs, distance=config.distance, **widths, seed=seed
            )
        if config.cosine:
            pairs = layer_pairs("last", **layers)
            self.states["cosine"] = HiddenStateLoss(pairs, distance="cosine", **widths, seed=seed)
        self.reaches: dict[str, int | None] = {}
        self.heads = config.relation_heads or teacher.num_attention_heads
        self.related = (student.num_hidden_layers - 1, teacher.num_hidden_layers - 1)
        if config.teacher_layer is not None:
            if config.teacher_layer >= teacher.num_hidden_layers:
                raise ConfigError(
                    f"teacher_layer is {config.teacher_layer}, and the teacher has layers 0 to "
                    f"{self.related[1]}"
                )
            self.related = (self.related[0], config.teacher_layer)
        if config.mha:
            self.reaches["mha"] = None
        if config.local_mha:
            self.reaches["local_mha"] = config.reach or reach_of(student.attention[-1])
        if self.reaches:
            require_relation_heads(self.heads, **widths)

    @property
    def parts(self) -> tuple[str, ...]:
        """Those that are asked for."""
        return (*self.states, *self.reaches)

    def taps(
        self, student: Encoder, teacher: Encoder, ids: Tensor, packing: Packing
    ) -> tuple[Tapped, Tapped]:
        """One pass of each over the same tokens; the teacher's without gradients."""
        pairs = [pair for each in self.states.values() for pair in each.pairs]  # type: ignore[union-attr]  # HiddenStateLoss
        found = []
        for side, encoder in enumerate((student, teacher)):
            with torch.set_grad_enabled(side == 0 and torch.is_grad_enabled()):
                found.append(
                    tapped(
                        encoder,
                        ids,
                        packing,
                        hidden={pair[side] for pair in pairs},
                        projections={self.related[side]} if self.reaches else (),
                    )
                )
        return found[0], found[1]

    def forward(self, ours: Tapped, theirs: Tapped, packing: Packing) -> dict[str, Tensor]:
        """By part, the sum over tokens."""
        found = {name: loss(ours.hidden, theirs.hidden) for name, loss in self.states.items()}
        own, other = self.related
        for name, reach in self.reaches.items():
            found[name] = relation_divergence(
                ours.projections[own],
                theirs.projections[other],
                packing.lengths,
                heads=self.heads,
                reach=reach,
            )
        return found

    def flops(self, lengths: Sequence[int]) -> float:
        """Operations of the relations; those of hidden states are next to nothing."""
        student, teacher = (shape.hidden_size for shape in self.shapes)
        return sum(
            relation_flops(lengths, student_width=student, teacher_width=teacher, reach=reach)
            for reach in self.reaches.values()
        )


def reach_of(pattern: AttentionPattern) -> int:
    """Tokens on either side that an attention surely lets a token see: Longformer's, or a block.

    Raises:
        ConfigError: it has no window.
    """
    found = getattr(pattern, "reach", None) or getattr(pattern, "block_size", None)
    if found is None:
        raise ConfigError(
            f"{pattern.kind} attention has no window for local_mha; expected a reach, such as reach = 256"
        )
    return int(found)
