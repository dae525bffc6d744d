"""Scores: entities by document and offsets, counted on all gold."""

from gonerd.scoring.scorer import Pair, Scorer, score_pairs

__all__ = ["Pair", "Scorer", "score_pairs"]
