"""Chance-corrected agreement per token: Cohen's kappa and Krippendorff's alpha, from count matrices.

Both are functions of k × k matrices that add up over documents, so a bootstrap resamples matrices and
never looks at a token twice. A leading axis of any shape may stand before the two of the matrix.
Where a value is undefined it is NaN here; `gonerd_annotation.resampling` makes null and a reason of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gonerd.align import fit_to_tokens
from gonerd.schema import Document, Entity
from gonerd_annotation.categories import CATEGORIES, OUTSIDE, category

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Counts = NDArray[np.float64]
    """(..., k, k): how often which pair of categories met on a token."""

__all__ = [
    "cohen_kappa",
    "coincidence_matrix",
    "confusion_matrix",
    "krippendorff_alpha",
    "one_against_rest",
    "token_categories",
    "without_outside",
]


def token_categories(document: Document) -> tuple[NDArray[np.int64], int]:
    """One place in `CATEGORIES` per token, and how many entities had to be moved or dropped for it.

    An entity that cuts a token takes all of it; of entities that overlap, the longest stays, as
    `gonerd build --on-misaligned snap` would have it.
    """
    import numpy as np

    flat = tuple(Entity(e.start, e.end, category(e)) for e in document.entities)
    fitted, changes = fit_to_tokens(replace(document, entities=flat), on_misaligned="snap")
    tokens = fitted.tokens or ()
    numbers = np.full(len(tokens), CATEGORIES.index(OUTSIDE), dtype=np.int64)
    starts = np.array([start for start, _ in tokens], dtype=np.int64)
    for entity in fitted.entities:
        first, after = np.searchsorted(starts, [entity.start, entity.end])
        numbers[first:after] = CATEGORIES.index(entity.label)
    return numbers, len(changes)


def confusion_matrix(first: NDArray[np.int64], second: NDArray[np.int64], k: int) -> Counts:
    """(k, k): on how many tokens one annotator chose the row and the other the column; O(tokens)."""
    import numpy as np

    return np.bincount(first * k + second, minlength=k * k).reshape(k, k).astype(np.float64)


def coincidence_matrix(
    answers: Sequence[NDArray[np.int64]], k: int, *, outside: bool = True
) -> Counts:
    """(k, k): Krippendorff's coincidences of the tokens that all of m ≥ 2 `answers` are about.

    Each token adds its ordered pairs of values, divided by m - 1. Without `outside`, tokens on which
    everybody chose category 0 are left out. Cost: O(m · tokens).
    """
    import numpy as np

    chosen = np.stack(answers)  # (m, tokens)
    m = len(chosen)
    if not outside:
        chosen = chosen[:, (chosen != 0).any(axis=0)]
    each = np.stack([(chosen == c).sum(axis=0) for c in range(k)]).astype(np.float64)  # (k, tokens)
    pairs = each @ each.T
    pairs[np.diag_indices(k)] -= each.sum(axis=1)
    coincidences: Counts = pairs / (m - 1)
    return coincidences


def cohen_kappa(confusions: Counts) -> Counts:
    """Cohen's kappa, 1 - observed / expected disagreement (Cohen 1960); NaN where none is expected."""
    import numpy as np

    k = confusions.shape[-1]
    total = confusions.sum(axis=(-2, -1))
    observed = (confusions * ~np.eye(k, dtype=bool)).sum(axis=(-2, -1)) * total
    expected = total**2 - (confusions.sum(axis=-1) * confusions.sum(axis=-2)).sum(axis=-1)
    return _one_minus(observed, expected)


def krippendorff_alpha(coincidences: Counts) -> Counts:
    """Krippendorff's alpha for nominal values ("Computing Krippendorff's Alpha-Reliability", 2011).

    With n_c the sum of row c and n that of all: 1 - (n - 1) · Σ o_ck / Σ n_c n_k, both over c ≠ k.
    NaN where fewer than two categories occur.
    """
    import numpy as np

    k = coincidences.shape[-1]
    each = coincidences.sum(axis=-1)
    n = each.sum(axis=-1)
    observed = (coincidences * ~np.eye(k, dtype=bool)).sum(axis=(-2, -1)) * (n - 1)
    expected = n**2 - (each**2).sum(axis=-1)
    return _one_minus(observed, expected)


def without_outside(confusions: Counts) -> Counts:
    """The same of the tokens that at least one of the two marked: category 0 met by itself is no token.

    What one marked and the other did not stays a disagreement, so chance agreement hardly plays a part and
    kappa is lower than over all tokens, often below the span F1.
    """
    changed = confusions.copy()
    changed[..., 0, 0] = 0
    return changed


def one_against_rest(counts: Counts, c: int) -> Counts:
    """(..., 2, 2): category `c` against all others as one, for agreement about one type."""
    import numpy as np

    own = counts[..., c, c]
    row, column = counts[..., c, :].sum(axis=-1) - own, counts[..., :, c].sum(axis=-1) - own
    rest = counts.sum(axis=(-2, -1)) - own - row - column
    return np.stack([np.stack([rest, column], axis=-1), np.stack([row, own], axis=-1)], axis=-2)


def _one_minus(observed: Any, expected: Any) -> Counts:
    import numpy as np

    observed, expected = np.asarray(observed, dtype=float), np.asarray(expected, dtype=float)
    share = np.full(expected.shape, np.nan)
    np.divide(observed, expected, out=share, where=expected > 0)
    return np.asarray(1 - share)
