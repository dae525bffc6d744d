"""What a model must do to be evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, runtime_checkable

from gonerd.adapters.policy import Policy, PolicyMode
from gonerd.errors import ConfigError
from gonerd.schema import Document, Entity

__all__ = ["Adapter", "AdapterOptions", "Batched", "ModelCard", "Prediction"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model found in one document."""

    doc_id: str
    entities: tuple[Entity, ...]
    consumed_to: int
    """The character up to which the model read: all after it is beyond its reach."""
    windows: int = 1
    """How many pieces it read the text in."""
    scores: tuple[float, ...] | None = None
    """Confidences from 0 to 1, one an entity, in the order of `entities`."""
    dropped: Mapping[str, int] = field(default_factory=dict[str, int])
    """Entities that the label map leaves out, counted by the model's own types."""
    repairs: int = 0
    """Tags that were changed to make a well-formed sequence."""
    error: str | None = None
    """Why there is no answer: everything in the document counts as missed."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a result says of its model."""

    kind: str
    id: str
    """The Hub's NAMESPACE/NAME, or a folder's or a file's name: never a path of this machine."""
    revision: str
    """40 hex digits."""
    weights_sha256: str | None = None
    params: int | None = None
    max_len: int | None = None
    """The most that the model can read at once, in its own units; None means any length."""
    license: str | None = None
    teacher_id: str | None = None
    training_data: tuple[str, ...] = ()
    trained_on_gonerd: bool | None = None
    """None where nobody said."""
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Anything else worth telling, as JSON values."""


@dataclass(frozen=True, slots=True)
class AdapterOptions:
    """What the command line asks of any adapter; None leaves the choice to it."""

    device: str = "cpu"
    dtype: str = "float32"
    batch_size: int | None = None
    max_len: int | None = None
    policy: PolicyMode | None = None
    stride: int | None = None
    compile: bool = False
    label_map: Mapping[str, str | None] | None = None

    def refuse(self, kind: str, *names: str) -> None:
        """Refuse what was asked for and adapter `kind` can't do: a result would record it as done.

        Raises:
            ConfigError: one of the options `names` is not at its default.
        """
        for name in names:
            asked = getattr(self, name)
            if asked != getattr(AdapterOptions(), name):
                option = f"--{name.replace('_', '-')}"
                raise ConfigError(f"--model {kind} has no use for {option}, found {asked}")


class Adapter(Protocol):
    """A model behind one method. Documents come with tokens and never with entities."""

    @property
    def card(self) -> ModelCard:
        """What the result records of the model."""

    @property
    def policy(self) -> Policy:
        """How it reads: the result records it."""

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        """Yield one prediction a document, in their order, while they come: reading ahead is bounded."""


@runtime_checkable
class Batched(Protocol):
    """An adapter that can be told how much it takes at once, so that batches can be timed."""

    def with_batch_size(self, batch_size: int) -> Self:
        """The same model, reading `batch_size` documents or windows at once."""
