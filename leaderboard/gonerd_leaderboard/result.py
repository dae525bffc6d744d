"""What `gonerd eval` says of a run: the content of a result.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

__all__ = [
    "Artifact",
    "Counts",
    "Coverage",
    "DatasetRef",
    "Efficiency",
    "Interval",
    "Model",
    "PaperScore",
    "Policy",
    "Result",
    "Score",
]


@dataclass(frozen=True, slots=True)
class Counts:
    """Entities found, found in error and missed, and the three ratios, 0 to 1."""

    tp: int
    fp: int
    fn: int
    precision: float
    recall: float
    f1: float

    @property
    def gold(self) -> int:
        """Entities in the gold."""
        return self.tp + self.fn


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval of F1, 0 to 1."""

    low: float
    high: float
    level: float
    method: str
    samples: int
    seed: int
    unit: str

    def overlaps(self, other: Interval) -> bool:
        """Whether a value lies in both; touching ends count."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True, slots=True)
class Score:
    """One way of counting: over everything, by type, by source."""

    total: Counts
    by_type: Mapping[str, Counts]
    by_source: Mapping[str, Counts]
    macro_documents: float | None
    interval: Interval


@dataclass(frozen=True, slots=True)
class PaperScore:
    """seqeval on cut sequences, as arXiv 2311.13657 counted; not comparable with `Score`."""

    precision: float
    recall: float
    f1: float
    support: int
    note: str


@dataclass(frozen=True, slots=True)
class DatasetRef:
    """Which documents were tagged; `split_sha256` is their hash."""

    id: str
    revision: str
    split: str
    split_sha256: str
    n_docs: int
    gold_total: int
    gold_by_type: Mapping[str, int]
    synthetic: bool
    notice: str


@dataclass(frozen=True, slots=True)
class Model:
    """Which model tagged them; `params` counts parameters, `max_len` tokens."""

    kind: str
    id: str
    revision: str
    weights_sha256: str
    params: int | None
    max_len: int | None
    license: str
    extra: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Policy:
    """How long documents met a short model."""

    mode: str
    max_len: int | None
    other: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the gold the model could see at all."""

    docs_truncated: int
    gold_reachable: int
    gold_lost: int
    n_repairs: int
    n_misaligned: int
    n_failed_docs: int


@dataclass(frozen=True, slots=True)
class Efficiency:
    """Speed; comparable within one `hardware` only."""

    documents_per_s: float | None
    tokens_per_s: float | None
    seconds: float | None
    peak_rss_mib: float | None
    hardware: str
    note: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file of the run, by the path inside its folder."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Result:
    """A whole result.json."""

    run_id: str
    created: datetime
    command: tuple[str, ...]
    config_sha256: str
    dataset: DatasetRef
    model: Model
    policy: Policy
    full: Score
    common_window: Score
    paper: PaperScore | None
    coverage: Coverage
    efficiency: Efficiency
    env: Mapping[str, str]
    packages: Mapping[str, str]
    seeds: str
    artifacts: tuple[Artifact, ...]
