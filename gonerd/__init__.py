"""GONERD: a long-context named entity recognition dataset, and all that is around it."""

from typing import TYPE_CHECKING, Any

from gonerd.errors import GonerdError
from gonerd.schema import Document, Entity

if TYPE_CHECKING:
    from gonerd.dataset import load

__all__ = ["Document", "Entity", "GonerdError", "load"]


def __getattr__(name: str) -> Any:
    """Import `load` when it is first asked for, so that `gonerd --help` does without it."""
    if name == "load":
        from gonerd.dataset import load

        return load
    raise AttributeError(f"module 'gonerd' has no attribute {name!r}")
