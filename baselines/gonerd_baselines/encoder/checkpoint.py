"""A model with what its folder says beside the weights: enough to save it as transformers would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonerd_baselines.encoder.model import Encoder

if TYPE_CHECKING:
    from gonerd_baselines.encoder.heads import Model

__all__ = ["Checkpoint", "LoadingReport"]


@dataclass(frozen=True, slots=True)
class LoadingReport:
    """What became of tensors that are not simply in both, the file and the model; names as in the file."""

    new: tuple[str, ...] = ()
    """The head's, which the file lacks: they have random first weights."""
    left_out: tuple[str, ...] = ()
    """In the file, of no use here: other heads, the pooler, what repeats another tensor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A model that was loaded, or is to be saved."""

    model: Encoder | Model
    """The bare encoder where `head` is None."""
    layout: str
    """transformers' `model_type`, whose names its folder has."""
    head: str | None = None
    """One of HEADS."""
    labels: tuple[str, ...] = ()
    """By id; of the heads "token" and "sequence"."""
    kept: Mapping[str, Any] = field(default_factory=dict)
    """What config.json says beside, such as `bos_token_id`; written back as it is."""
    folder: Path | None = None
    """Where it was loaded from: the files of its tokenizer lie there."""
    id: str | None = None
    """NAMESPACE/NAME on the Hub, the folder's name otherwise: never a path."""
    revision: str | None = None
    """40 hex digits that name what was loaded for good."""
    weights_sha256: str | None = None
    """Of the file of weights, of several of their `sha256sum` lines."""
    report: LoadingReport = LoadingReport()

    @property
    def encoder(self) -> Encoder:
        """The model without its head."""
        return self.model if isinstance(self.model, Encoder) else self.model.encoder
