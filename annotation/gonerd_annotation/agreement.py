"""Agreement of annotators on the documents that at least two of them annotated, as one report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

from gonerd.schema import Document
from gonerd.tokens import token_spans
from gonerd_annotation.annotators import Annotator, co_annotated
from gonerd_annotation.categories import CATEGORIES
from gonerd_annotation.disagreements import Disagreements, differences
from gonerd_annotation.resampling import Bootstrap, Measure, Resampled
from gonerd_annotation.span_agreement import Matches, span_counts
from gonerd_annotation.token_agreement import (
    cohen_kappa,
    coincidence_matrix,
    confusion_matrix,
    krippendorff_alpha,
    one_against_rest,
    token_categories,
    without_outside,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Row = dict[str, NDArray[np.float64]]
    """One document's counts by the name of the table that they become a row of."""

__all__ = ["agreement_report"]

K = len(CATEGORIES)
NOTHING = "neither of them marked anything of this kind"
NO_DOCUMENT = "no document was annotated by two"
CONSTANT = "fewer than two categories occur, so chance would agree, too"


def agreement_report(
    annotators: Sequence[Annotator], *, bootstrap: Bootstrap | None = None, top: int = 20
) -> dict[str, Any]:
    """Pairwise and overall agreement, intervals and the `top` disagreements, as one JSON object.

    The order of annotators and of documents changes nothing. Entities are compared by what stood on the
    annotator's button: a subtype where there is one. Cost: O(tokens · pairs), then documents · samples.
    """
    bootstrap = bootstrap if bootstrap is not None else Bootstrap()
    annotators = sorted(annotators, key=lambda annotator: annotator.name)
    rows: dict[tuple[str, str], list[Row]] = {
        (one.name, other.name): [] for one, other in combinations(annotators, 2)
    }
    pooled: list[Row] = []
    disagreements = Disagreements()
    tokens = moved = 0
    shared = co_annotated(annotators)
    for doc_id, by in shared.items():
        text = by[0].documents[doc_id]
        spans = text.tokens if text.tokens is not None else tuple(token_spans(text.text))
        answers = {one.name: replace(one.documents[doc_id], tokens=spans) for one in by}
        numbers = {name: token_categories(answer) for name, answer in answers.items()}
        tokens += len(spans)
        moved += sum(changes for _, changes in numbers.values())
        chosen = {name: places for name, (places, _) in numbers.items()}
        own = []
        for pair in combinations(answers, 2):
            first, second = (answers[name] for name in pair)
            row = _pair_row((first, second), [chosen[name] for name in pair])
            own.append(row)
            rows[pair].append(row)
            for difference in differences(first.entities, second.entities):
                disagreements.add(text, difference, pair)
        pooled.append(_pooled_row(own, list(chosen.values())))
    return {
        "annotators": [annotator.as_json() for annotator in annotators],
        "co_annotated_documents": len(shared),
        "rejected_by_some": _rejected_by_some(annotators),
        "tokens": tokens,
        "entities_off_tokens": moved,
        "bootstrap": bootstrap.as_json(),
        "overall": _overall(pooled, bootstrap, len(annotators)),
        "pairs": [_pair(pair, rows[pair], bootstrap) for pair in rows],
        "disagreements": {
            "total": disagreements.kinds.total(),
            "kinds": dict(sorted(disagreements.kinds.items())),
            "most_frequent": disagreements.most_frequent(top),
        },
    }


def _pair_row(answers: Sequence[Document], chosen: Sequence[NDArray[np.int64]]) -> Row:
    import numpy as np

    counts = span_counts(answers[0].entities, answers[1].entities)
    agnostic = (counts.agnostic.matched, counts.agnostic.entities)
    return {
        "exact": _by_type(counts.exact),
        "overlap": _by_type(counts.overlap),
        "agnostic": np.array(agnostic, dtype=np.float64),
        "confusion": confusion_matrix(chosen[0], chosen[1], K),
    }


def _pooled_row(pairs: Sequence[Row], chosen: Sequence[NDArray[np.int64]]) -> Row:
    import numpy as np

    spans = {name: np.sum([row[name] for row in pairs], axis=0) for name in _SPANS}
    return spans | {
        "coincidence": coincidence_matrix(chosen, K),
        "marked": coincidence_matrix(chosen, K, outside=False),
    }


def _by_type(counts: Mapping[str, Matches]) -> NDArray[np.float64]:
    """(k - 1, 2): matched entities and all entities by category."""
    import numpy as np

    each = [counts.get(name, Matches()) for name in CATEGORIES[1:]]
    return np.array([(one.matched, one.entities) for one in each], dtype=np.float64)


def _pair(pair: tuple[str, str], rows: Sequence[Row], bootstrap: Bootstrap) -> dict[str, Any]:
    head = {"annotators": list(pair), "documents": len(rows)}
    if not rows:
        nothing = Measure(None, None, NO_DOCUMENT).as_json()
        return {
            **head,
            "tokens": 0,
            **dict.fromkeys((*_SPAN_NAMES, *_PAIR_TOKENS), nothing),
            "by_type": {},
        }
    resampled = Resampled(_tables(rows), bootstrap)
    tokens = int(sum(row["confusion"].sum() for row in rows))

    def measure(statistic: Callable[[Any], Any]) -> dict[str, Any]:
        return resampled.measure("confusion", statistic, CONSTANT).as_json()

    return {
        **head,
        "tokens": tokens,
        **_span_measures(resampled),
        "kappa": measure(cohen_kappa),
        "kappa_without_o": measure(lambda counts: cohen_kappa(without_outside(counts))),
        "alpha": measure(_alpha_of_confusion),
        "alpha_without_o": measure(lambda counts: _alpha_of_confusion(without_outside(counts))),
        "by_type": {
            name: {
                **_span_measures_of(resampled, place),
                "kappa": measure(partial(_of_type, cohen_kappa, place + 1)),
                "alpha": measure(partial(_of_type, _alpha_of_confusion, place + 1)),
            }
            for place, name in _types(rows)
        },
    }


def _overall(rows: Sequence[Row], bootstrap: Bootstrap, annotators: int) -> dict[str, Any]:
    """Span F1 with the counts of all pairs added up, alpha of all annotators at once."""
    if not rows:
        reason = NO_DOCUMENT if annotators > 1 else f"{annotators} annotator, two are needed"
        nothing = Measure(None, None, reason).as_json()
        return {**dict.fromkeys((*_SPAN_NAMES, "alpha", "alpha_without_o"), nothing), "by_type": {}}
    resampled = Resampled(_tables(rows), bootstrap)

    def measure(name: str, statistic: Callable[[Any], Any]) -> dict[str, Any]:
        return resampled.measure(name, statistic, CONSTANT).as_json()

    return {
        **_span_measures(resampled),
        "alpha": measure("coincidence", krippendorff_alpha),
        "alpha_without_o": measure("marked", krippendorff_alpha),
        "by_type": {
            name: {
                **_span_measures_of(resampled, place),
                "alpha": measure("coincidence", partial(_of_type, krippendorff_alpha, place + 1)),
            }
            for place, name in _types(rows)
        },
    }


_SPANS = ("exact", "overlap", "agnostic")
_SPAN_NAMES = ("exact_f1", "type_agnostic_f1", "overlap_f1")
_PAIR_TOKENS = ("kappa", "kappa_without_o", "alpha", "alpha_without_o")


def _span_measures(resampled: Resampled) -> dict[str, Any]:
    def all_types(name: str) -> dict[str, Any]:
        return resampled.measure(name, lambda sums: _ratio(sums.sum(axis=-2)), NOTHING).as_json()

    return {
        "exact_f1": all_types("exact"),
        "type_agnostic_f1": resampled.measure("agnostic", _ratio, NOTHING).as_json(),
        "overlap_f1": all_types("overlap"),
    }


def _span_measures_of(resampled: Resampled, place: int) -> dict[str, Any]:
    def one_type(name: str) -> dict[str, Any]:
        return resampled.measure(name, lambda sums: _ratio(sums[..., place, :]), NOTHING).as_json()

    return {"exact_f1": one_type("exact"), "overlap_f1": one_type("overlap")}


def _types(rows: Sequence[Row]) -> list[tuple[int, str]]:
    """The labels of the interface, and MISC without a subtype only where it occurs."""
    bare = sum(row["exact"][-1, 1] for row in rows)
    names = CATEGORIES[1:] if bare else CATEGORIES[1:-1]
    return list(enumerate(names))


def _tables(rows: Sequence[Row]) -> dict[str, NDArray[np.float64]]:
    import numpy as np

    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _ratio(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    part, whole = sums[..., 0], sums[..., 1]
    ratios = np.full(whole.shape, np.nan)
    np.divide(part, whole, out=ratios, where=whole > 0)
    return ratios


def _alpha_of_confusion(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Alpha of two annotators: each token counts once in either order."""
    return krippendorff_alpha(counts + counts.swapaxes(-1, -2))


def _of_type(
    statistic: Callable[[Any], NDArray[np.float64]], place: int, counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    return statistic(one_against_rest(counts, place))


def _rejected_by_some(annotators: Sequence[Annotator]) -> int:
    """Documents that one annotator rejected and another annotated; they are in no other figure."""
    rejected = {doc_id for annotator in annotators for doc_id in annotator.rejected}
    return sum(any(doc_id in one.documents for one in annotators) for doc_id in rejected)
