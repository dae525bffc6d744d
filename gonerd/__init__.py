"""GONERD: a long-context named entity recognition dataset, and all that is around it."""

from gonerd.dataset import load
from gonerd.errors import GonerdError
from gonerd.schema import Document, Entity

__all__ = ["Document", "Entity", "GonerdError", "load"]
