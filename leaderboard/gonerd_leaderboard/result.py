"""What `gonerd eval` says of a run: the content of a result.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

__all__ = [
    "Artifact",
    "Breakdown",
    "Calibration",
    "CalibrationBin",
    "Counts",
    "Coverage",
    "DatasetRef",
    "Efficiency",
    "Errors",
    "Interval",
    "Model",
    "PaperScore",
    "Policy",
    "Range",
    "Ratios",
    "Result",
    "Score",
    "Timing",
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
class Range:
    """Where a score from 0 to 1 may lie."""

    low: float
    high: float


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
    type_ranges: Mapping[str, Range]
    """The interval of F1 by type."""
    by_source: Mapping[str, Counts]
    macro_documents: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Ratios:
    """A score without counts of its own."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Errors:
    """What became of each gold entity, in five classes, and the predictions that touch none."""

    exact: int
    boundary: int
    type: int
    both: int
    missed: int
    spurious: int

    @property
    def gold(self) -> int:
        """Entities in the gold."""
        return self.answered + self.missed

    @property
    def found(self) -> int:
        """Entities predicted."""
        return self.answered + self.spurious

    @property
    def answered(self) -> int:
        """Gold entities with a prediction, right or wrong; as many predictions."""
        return self.exact + self.boundary + self.type + self.both

    @property
    def points(self) -> float:
        """One for the same place, half for an overlap, whatever the label."""
        return self.exact + self.type + (self.boundary + self.both) / 2


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The full score taken apart; a map of buckets is empty where it does not apply."""

    buckets: Mapping[str, Mapping[str, Counts]]
    """By what (`by_length`, ...), and within that by bucket, in order."""
    errors: Errors
    partial: Ratios
    """By place alone, with half credit for overlap."""
    tokens: Counts
    unknown_labels: Mapping[str, int]


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
    # runs on the whole build and on a file of the split's documents stand on one board
    fingerprint: str = field(default="", compare=False)

    @property
    def board(self) -> tuple[bool, str, str, str, str]:
        """Results that have this in common stand on one board, and have to agree on all else."""
        return self.synthetic, self.id, self.revision, self.split, self.split_sha256


@dataclass(frozen=True, slots=True)
class Model:
    """Which model tagged them; `params` counts parameters, `max_len` the model's own units."""

    kind: str
    id: str
    revision: str
    weights_sha256: str
    params: int | None
    max_len: int | None
    license: str
    teacher_id: str
    training_data: tuple[str, ...]
    trained_on_gonerd: bool | None
    details: Mapping[str, str]


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
    dropped: Mapping[str, int]
    """Predictions that the label map left out, by the model's own type."""
    failed_docs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Predictions whose score lies from `low` to `high`, with its mean and the share that is right."""

    low: float
    high: float
    n: int
    confidence: float
    precision: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether predictions are right as often as their scores say."""

    n: int
    ece: float
    bins: tuple[CalibrationBin, ...]


@dataclass(frozen=True, slots=True)
class Timing:
    """Documents of one length, in tokens, in one batch size; no times where memory ran out."""

    length: int
    batch: int
    n: int
    p50_ms: float | None
    p95_ms: float | None
    tokens_per_s: float | None
    peak_rss_mib: float | None
    peak_allocated_mib: float | None
    peak_reserved_mib: float | None
    out_of_memory: bool

    @property
    def memory_mib(self) -> float | None:
        """On the accelerator where there is one, of the process otherwise."""
        reserved = self.peak_reserved_mib
        return self.peak_rss_mib if reserved is None else reserved


@dataclass(frozen=True, slots=True)
class Efficiency:
    """Speed; comparable within one `hardware` only."""

    documents_per_s: float
    tokens_per_s: float
    seconds: float
    peak_rss_mib: float | None
    peak_allocated_mib: float | None
    peak_reserved_mib: float | None
    hardware: str
    note: str
    by_length: tuple[Timing, ...]


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
    breakdown: Breakdown
    common_window: Score
    paper: PaperScore
    coverage: Coverage
    calibration: Calibration | None
    efficiency: Efficiency
    env: Mapping[str, str]
    packages: Mapping[str, str]
    seeds: str
    artifacts: tuple[Artifact, ...]
