"""The kinds of steps by name."""

from __future__ import annotations

from collections.abc import Mapping

from gonerd_baselines.reproduction.kind import Kind
from gonerd_baselines.reproduction.kinds.benchmark import Benchmark
from gonerd_baselines.reproduction.kinds.conversion import Conversion, Extension
from gonerd_baselines.reproduction.kinds.distillation import Distillation
from gonerd_baselines.reproduction.kinds.finetuning import Finetuning
from gonerd_baselines.reproduction.kinds.newsroom_texts import NewsroomTexts
from gonerd_baselines.reproduction.kinds.preparation import Preparation
from gonerd_baselines.reproduction.kinds.pretraining import Pretraining
from gonerd_baselines.reproduction.kinds.tokenization import Tokenization
from gonerd_baselines.reproduction.kinds.tokenizer import TokenizerTraining

__all__ = ["KINDS"]

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        NewsroomTexts(),
        TokenizerTraining(),
        Tokenization(),
        Preparation(),
        Pretraining(),
        Conversion(),
        Extension(),
        Distillation(),
        Finetuning(),
        Benchmark(),
    )
}
"""In the order in which they come."""
