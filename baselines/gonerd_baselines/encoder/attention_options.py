"""What may be set of an efficient attention, in the tables of recipes that name one."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

__all__ = ["AttentionOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionOptions:
    """The options of all targets of `converting.TARGETS`; none leaves the attention's own default."""

    attention_window: int | None = None
    block_size: int | None = None
    num_random_blocks: int | None = None
    mode: str | None = None
    sparse_block_size: int | None = None
    sparsity_factor: int | None = None
    sparsity_type: str | None = None
    num_global_tokens: int | None = None
    num_landmarks: int | None = None
    conv_kernel_size: int | None = None

    @property
    def options(self) -> dict[str, Any]:
        """Those that are set."""
        names = [field.name for field in fields(AttentionOptions)]
        return {name: value for name in names if (value := getattr(self, name)) is not None}
