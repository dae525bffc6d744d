"""What the numbers of one result.json must say of each other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from gonerd.errors import CheckError
from gonerd_leaderboard.result import Calibration, Counts, Result, Score, Timing

__all__ = ["check_consistency"]

ROUNDING = 1e-6
"""How far a ratio may stand from the one its counts give."""


def check_consistency(result: Result, where: str) -> None:
    """Recompute every ratio and sum of `result`.

    Raises:
        CheckError: two numbers contradict each other; the message names both fields.
    """
    for problem in _problems(result):
        raise CheckError(f"{where}: {problem}")


def _problems(result: Result) -> Iterator[str]:
    dataset, full, window = result.dataset, result.full, result.common_window
    if full.total.gold != dataset.gold_total:
        yield (
            f"scores.full has tp + fn = {full.total.tp} + {full.total.fn} = {full.total.gold}, "
            f"dataset.gold_total is {dataset.gold_total}: all gold must be counted"
        )
    if sum(dataset.gold_by_type.values()) != dataset.gold_total:
        yield (
            f"dataset.gold_by_type sums to {sum(dataset.gold_by_type.values())}, "
            f"dataset.gold_total is {dataset.gold_total}"
        )
    for label, gold in dataset.gold_by_type.items():
        counted = full.by_type[label].gold if label in full.by_type else 0
        if counted != gold:
            yield (
                f"scores.full.by_type.{label} has tp + fn = {counted}, "
                f"dataset.gold_by_type.{label} is {gold}"
            )
    if window.total.gold > full.total.gold:
        yield (
            f"scores.common_window_4096 has tp + fn = {window.total.gold}, "
            f"more than scores.full with {full.total.gold}"
        )
    yield from _score_problems("scores.full", full)
    yield from _score_problems("scores.common_window_4096", window)
    yield from _breakdown_problems(result)
    yield from _paper_problems(result)
    yield from _coverage_problems(result)
    if result.calibration:
        yield from _calibration_problems(result.calibration, full.total)
    for number, timing in enumerate(result.efficiency.by_length):
        yield from _timing_problems(f"efficiency.by_length.{number}", timing)


def _score_problems(name: str, score: Score) -> Iterator[str]:
    yield from _ratio_problems(name, score.total)
    yield from _part_problems(f"{name}.by_type", score.by_type, score.total)
    if score.by_source:  # a corpus without sources has none
        yield from _part_problems(f"{name}.by_source", score.by_source, score.total)


def _breakdown_problems(result: Result) -> Iterator[str]:
    breakdown, total = result.breakdown, result.full.total
    for by, buckets in breakdown.buckets.items():
        if buckets:  # empty where it does not apply
            yield from _part_problems(f"scores.full.{by}", buckets, total)
    errors = breakdown.errors
    if errors.gold != result.dataset.gold_total:
        yield (
            f"scores.full.errors has exact + boundary + type + both + missed = {errors.gold}, "
            f"dataset.gold_total is {result.dataset.gold_total}"
        )
    if errors.exact != total.tp:
        yield f"scores.full.errors.exact is {errors.exact}, scores.full.tp is {total.tp}"
    if errors.found != total.tp + total.fp:
        yield (
            f"scores.full.errors has exact + boundary + type + both + spurious = {errors.found}, "
            f"scores.full has tp + fp = {total.tp + total.fp}"
        )
    partial = {
        "precision": (errors.points, errors.found),
        "recall": (errors.points, errors.gold),
        "f1": (2 * errors.points, errors.found + errors.gold),
    }
    yield from _fraction_problems("scores.full.partial", breakdown.partial, partial)
    yield from _ratio_problems("scores.full.tokens", breakdown.tokens)
    for label, found in breakdown.unknown_labels.items():
        counts = result.full.by_type.get(label)
        if counts is None or counts.gold or counts.fp != found:
            yield (
                f"scores.full.unknown_labels.{label} is {found}, "
                f"which scores.full.by_type.{label} does not say"
            )


def _paper_problems(result: Result) -> Iterator[str]:
    paper = result.paper
    if paper.support > result.dataset.gold_total:
        yield (
            f"scores.paper_compat.support is {paper.support}, "
            f"dataset.gold_total is {result.dataset.gold_total}"
        )
    both = paper.precision + paper.recall
    f1 = {"f1": (2 * paper.precision * paper.recall, both)}
    yield from _fraction_problems("scores.paper_compat", paper, f1)


def _part_problems(name: str, parts: Mapping[str, Counts], total: Counts) -> Iterator[str]:
    for part, counts in parts.items():
        yield from _ratio_problems(f"{name}.{part}", counts)
    for field in ("tp", "fp", "fn"):
        found = sum(getattr(counts, field) for counts in parts.values())
        if found != getattr(total, field):
            yield f"{field} of {name} sums to {found}, the whole has {getattr(total, field)}"


def _ratio_problems(name: str, counts: Counts) -> Iterator[str]:
    tp, fp, fn = counts.tp, counts.fp, counts.fn
    ratios = {
        "precision": (tp, tp + fp),
        "recall": (tp, tp + fn),
        "f1": (2 * tp, 2 * tp + fp + fn),
    }
    yield from _fraction_problems(name, counts, ratios)


def _fraction_problems(
    name: str, stated_by: Any, fractions: Mapping[str, tuple[float, float]]
) -> Iterator[str]:
    for field, (part, whole) in fractions.items():
        stated, expected = getattr(stated_by, field), part / whole if whole else 0.0
        if not math.isclose(stated, expected, rel_tol=0, abs_tol=ROUNDING):
            yield f"{name}.{field} is {stated}, its counts give {expected:.6f}"


def _coverage_problems(result: Result) -> Iterator[str]:
    coverage, dataset = result.coverage, result.dataset
    if coverage.gold_reachable + coverage.gold_lost != dataset.gold_total:
        yield (
            f"coverage.gold_reachable + gold_lost = {coverage.gold_reachable} + "
            f"{coverage.gold_lost}, dataset.gold_total is {dataset.gold_total}"
        )
    if result.full.total.tp > coverage.gold_reachable:
        yield (
            f"scores.full.tp is {result.full.total.tp}, more than coverage.gold_reachable "
            f"with {coverage.gold_reachable}: gold was found that the model could not see"
        )
    for field in ("docs_truncated", "n_failed_docs"):
        if getattr(coverage, field) > dataset.n_docs:
            yield f"coverage.{field} is more than dataset.n_docs ({dataset.n_docs})"
    if len(coverage.failed_docs) != coverage.n_failed_docs:
        yield (
            f"coverage.failed_docs names {len(coverage.failed_docs)} documents, "
            f"coverage.n_failed_docs is {coverage.n_failed_docs}"
        )


def _calibration_problems(calibration: Calibration, total: Counts) -> Iterator[str]:
    counted = sum(bin_.n for bin_ in calibration.bins)
    if counted != calibration.n:
        yield f"n of calibration.bins sums to {counted}, calibration.n is {calibration.n}"
    if calibration.n > total.tp + total.fp:
        yield (
            f"calibration.n is {calibration.n}, more than scores.full counts: "
            f"tp + fp = {total.tp + total.fp}"
        )
    distance = sum(bin_.n * abs(bin_.confidence - bin_.precision) for bin_ in calibration.bins)
    expected = distance / calibration.n if calibration.n else 0.0
    if not math.isclose(calibration.ece, expected, rel_tol=0, abs_tol=ROUNDING):
        yield f"calibration.ece is {calibration.ece}, its bins give {expected:.6f}"


def _timing_problems(name: str, timing: Timing) -> Iterator[str]:
    times = (timing.p50_ms, timing.p95_ms, timing.tokens_per_s)
    if timing.out_of_memory:
        if any(times):
            yield f"{name} has times, and memory ran out"
    elif timing.p50_ms is not None and timing.p95_ms is not None and timing.p50_ms > timing.p95_ms:
        yield f"{name}.p50_ms is {timing.p50_ms}, more than its p95_ms with {timing.p95_ms}"
