"""One step of a reproduction: what a command of its own would do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gonerd.errors import ConfigError

__all__ = ["Step"]

_NAME = re.compile(r"[a-z0-9][a-z0-9.+-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is done, with what, and what it reads of other steps."""

    name: str
    """Of the step and its folder: lower case letters, digits, points, plus and minus signs."""
    kind: str
    """One of `kinds.KINDS`."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What the command is told; values of JSON."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Names of steps, by what they are to this one: teacher, tokens, ..."""
    data: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Files, folders and datasets from outside, by what they are: texts, task, model, ..."""
    tokens: int = 0
    """That it computes with, as far as the plan knows; 0 where it does not."""
    operations: float = 0.0
    """Floating point operations, roughly: for the estimate of its time alone."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ConfigError(
                f"{self.name!r} can't be a step's name; expected lower case letters, digits, '.', '+', '-'"
            )

    @property
    def asked(self) -> dict[str, Any]:
        """What decides its result, beside the contents of `data` and the results of `inputs`."""
        return {
            "kind": self.kind,
            "settings": dict(self.settings),
            "inputs": dict(self.inputs),
            "data": {role: list(places) for role, places in self.data.items()},
        }
