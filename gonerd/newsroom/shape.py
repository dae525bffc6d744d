"""The length of articles, after the paper's Table 1 (arXiv 2311.13657)."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from math import exp, log

__all__ = ["LENGTH_QUANTILES", "length_at"]

LENGTH_QUANTILES = (
    (0.0, 38), (0.01, 52), (0.05, 85), (0.25, 170), (0.5, 330), (0.65, 512),
    (0.75, 658), (0.9, 1050), (0.97, 1550), (0.998, 4096), (1.0, 6768),
)  # fmt: skip
"""(share, tokens): 170, 330, 658 and 6,768 are Table 1's, 512 and 4,096 stand in section 3.3.

The others make the mean 508 and the standard deviation 557 (Table 1: 507.6 and 556.5). No article
is planned below 38 tokens, where the paper's least is 1.
"""


def length_at(share: float) -> float:
    """The length, in tokens, that `share` of all articles stay below; log-linear between the quantiles."""
    shares = [point for point, _ in LENGTH_QUANTILES]
    place = min(bisect_right(shares, share), len(shares) - 1)
    (low, low_words), (high, high_words) = list(pairwise(LENGTH_QUANTILES))[place - 1]
    return exp(log(low_words) + (share - low) / (high - low) * (log(high_words) - log(low_words)))
