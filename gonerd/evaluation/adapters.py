"""What a model must do to be evaluated, and how `--model KIND:ARGUMENT` finds it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, Protocol

from gonerd.errors import ConfigError
from gonerd.schema import Document, Entity

__all__ = ["Adapter", "AdapterOptions", "ModelCard", "Prediction", "adapter_from_spec"]

ADAPTER_GROUP = "gonerd.adapters"


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model found in one document.

    `consumed_to` is the character up to which the model read: all after it is beyond its reach.
    `windows` is how many pieces it read the text in. `scores` are confidences from 0 to 1, one an entity.
    """

    doc_id: str
    entities: tuple[Entity, ...]
    consumed_to: int
    windows: int = 1
    scores: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a result says of its model. `max_len` is in the model's own units; None means any length."""

    kind: str
    id: str
    revision: str
    weights_sha256: str | None = None
    params: int | None = None
    max_len: int | None = None
    license: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class AdapterOptions:
    """What the command line asks of any adapter; None leaves the choice to it."""

    device: str = "cpu"
    batch_size: int | None = None
    max_len: int | None = None

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

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        """Yield one prediction a document, in their order."""


def adapter_from_spec(spec: str, options: AdapterOptions) -> Adapter:
    """The adapter that `KIND:ARGUMENT`, or `KIND` alone, names among the entry points `gonerd.adapters`.

    Raises:
        ConfigError: no adapter of that kind is installed.
    """
    kind, _, argument = spec.partition(":")
    known = {entry.name: entry for entry in entry_points(group=ADAPTER_GROUP)}
    if kind not in known:
        raise ConfigError(
            f"--model {spec!r}: no adapter is called {kind!r}; expected one of "
            f"{', '.join(sorted(known))}, as in 'rules' or 'spacy:PATH'"
        )
    adapter: Adapter = known[kind].load()(argument, options)
    return adapter
