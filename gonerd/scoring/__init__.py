"""Scores: entities by document and offsets, counted on all gold."""

from gonerd.scoring.scorer import Pair, Scorer, score_pairs
from gonerd.scoring.seen import seen_forms

__all__ = ["Pair", "Scorer", "score_pairs", "seen_forms"]
