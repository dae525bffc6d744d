"""What each task of GLUE (arXiv 1804.07461) is, and how its files look, in the original and on the Hub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["GLUE_LAYOUTS", "GlueLayout"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GlueLayout:
    """One task."""

    folder: str
    """Of the original files; also what papers call the task."""
    config: str
    """Of the copy on the Hub."""
    texts: tuple[str, ...]
    """Columns of the original files."""
    hub_texts: tuple[str, ...]
    """The same on the Hub."""
    label: str = "label"
    """Column of the original files."""
    labels: tuple[str, ...]
    """By id, as on the Hub."""
    spelled: tuple[str, ...] = ("0", "1")
    """By id, in the original files; empty for numbers."""
    columns: tuple[str, ...] = ()
    """Of files without a header line."""
    numbers: tuple[str, ...] = ("accuracy",)
    """What papers print."""
    held_out: Mapping[str, str] = field(default_factory=lambda: {"validation": "dev"})
    """By split, the original file without its ending."""
    hub_held_out: Mapping[str, str] = field(default_factory=lambda: {"validation": "validation"})
    """By split, its name on the Hub; one without labels is left out."""
    broken: bool = False
    """Whether the original has lines of too few columns, which everybody leaves out."""

    @property
    def is_regression(self) -> bool:
        """Whether a label is a number."""
        return not self.spelled


_PAIR = ("sentence1", "sentence2")
_ENTAILMENT = ("entailment", "not_entailment")

GLUE_LAYOUTS: Mapping[str, GlueLayout] = {
    "cola": GlueLayout(
        folder="CoLA",
        config="cola",
        texts=("sentence",),
        hub_texts=("sentence",),
        labels=("unacceptable", "acceptable"),
        columns=("source", "label", "original label", "sentence"),
        numbers=("matthews",),
    ),
    "mnli": GlueLayout(
        folder="MNLI",
        config="mnli",
        texts=_PAIR,
        hub_texts=("premise", "hypothesis"),
        label="gold_label",
        labels=("entailment", "neutral", "contradiction"),
        spelled=("entailment", "neutral", "contradiction"),
        held_out={"validation": "dev_matched", "validation_mismatched": "dev_mismatched"},
        hub_held_out={
            "validation": "validation_matched",
            "validation_mismatched": "validation_mismatched",
        },
    ),
    "mrpc": GlueLayout(
        folder="MRPC",
        config="mrpc",
        texts=("#1 String", "#2 String"),
        hub_texts=_PAIR,
        label="Quality",
        labels=("not_equivalent", "equivalent"),
        numbers=("accuracy", "f1"),
    ),
    "qnli": GlueLayout(
        folder="QNLI",
        config="qnli",
        texts=("question", "sentence"),
        hub_texts=("question", "sentence"),
        labels=_ENTAILMENT,
        spelled=_ENTAILMENT,
    ),
    "qqp": GlueLayout(
        folder="QQP",
        config="qqp",
        texts=("question1", "question2"),
        hub_texts=("question1", "question2"),
        label="is_duplicate",
        labels=("not_duplicate", "duplicate"),
        numbers=("accuracy", "f1"),
        broken=True,
    ),
    "rte": GlueLayout(
        folder="RTE",
        config="rte",
        texts=_PAIR,
        hub_texts=_PAIR,
        labels=_ENTAILMENT,
        spelled=_ENTAILMENT,
    ),
    "sst-2": GlueLayout(
        folder="SST-2",
        config="sst2",
        texts=("sentence",),
        hub_texts=("sentence",),
        labels=("negative", "positive"),
    ),
    "sts-b": GlueLayout(
        folder="STS-B",
        config="stsb",
        texts=_PAIR,
        hub_texts=_PAIR,
        label="score",
        labels=("similarity",),
        spelled=(),
        columns=("genre", "file", "year", "old_index", "score", "sentence1", "sentence2"),
        numbers=("pearson", "spearman"),
    ),
    "wnli": GlueLayout(
        folder="WNLI",
        config="wnli",
        texts=_PAIR,
        hub_texts=_PAIR,
        labels=("not_entailment", "entailment"),
    ),
}
"""By the name behind `glue/`."""
