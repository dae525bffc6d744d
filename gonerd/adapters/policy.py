"""How long documents meet a model that reads only so much at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

__all__ = ["POLICIES", "Policy", "PolicyMode"]

PolicyMode = Literal["native", "window", "truncate"]
POLICIES: tuple[PolicyMode, ...] = get_args(PolicyMode)
"""`native` reads the text whole, `window` in overlapping pieces, `truncate` only its beginning."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What was done, as a result records it; None where it does not apply."""

    mode: PolicyMode = "native"
    max_len: int | None = None
    """The most that is read at once, in the model's units (subwords, or words for our taggers)."""
    stride: int | None = None
    """How far a window starts after the one before, in the same units."""
    merge: str | None = None
    """How what several windows say of a word becomes one answer."""
    context: str | None = None
    """What a window sees beyond the words it answers for."""
    label_map: Mapping[str, str | None] | None = None
    tag_repair: str | None = None
    dtype: str | None = None
    batch_size: int | None = None
    """Windows or documents at once; None left it to the adapter."""
    device: str = "cpu"
    compiled: bool = False

    def as_json(self) -> dict[str, Any]:
        """The `policy` of a result, apart from what the run adds."""
        return {name: getattr(self, name) for name in self.__slots__}
