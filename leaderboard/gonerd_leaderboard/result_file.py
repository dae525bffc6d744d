"""A result.json that may come from anywhere: held against the JSON Schema, then read field by field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gonerd.evaluation.schema import require_valid_result
from gonerd.labels import LABELS
from gonerd.scoring.buckets import PLACES
from gonerd_leaderboard.fields import LONGEST_TEXT, Fields
from gonerd_leaderboard.result import (
    Artifact,
    Breakdown,
    Calibration,
    CalibrationBin,
    Counts,
    Coverage,
    DatasetRef,
    Efficiency,
    Errors,
    Interval,
    Model,
    PaperScore,
    Policy,
    Range,
    Ratios,
    Result,
    Score,
    Timing,
)

__all__ = ["BUCKETS", "result_from_record"]

BUCKETS = ("by_length", "by_position", "by_entity_length", "by_seen", "by_year")
"""What the full score is taken apart by."""

BY_PLACE = ("by_length", "by_position")
"""Those in steps of 512 words, which figures show in order."""


def result_from_record(record: Any, where: str) -> Result:
    """Read the JSON of a result.json; `where` names the file in messages.

    The schema says which fields there are and what they hold; what a page can't show (control characters,
    names without end, labels that are no column) is refused here.

    Raises:
        SchemaError: a field is missing, unknown, of the wrong type or out of range.
    """
    require_valid_result(record, where)
    top = Fields(record, where)
    scores, env = top.inner("scores"), top.inner("env")
    full = scores.inner("full")
    result = Result(
        run_id=top.text("run_id"),
        created=_time(top, "created"),
        command=top.texts("command"),
        config_sha256=top.text("config_sha256"),
        dataset=_dataset(top.inner("dataset")),
        model=_model(top.inner("model")),
        policy=_policy(top.inner("policy")),
        breakdown=_breakdown(full),
        full=_score(full),
        common_window=_score(scores.inner("common_window_4096")),
        paper=_paper(scores.inner("paper_compat")),
        coverage=_coverage(top.inner("coverage")),
        calibration=_calibration(top.inner("calibration")) if top.has("calibration") else None,
        efficiency=_efficiency(top.inner("efficiency")),
        packages=env.inner("packages").free(),
        env=env.free(),
        seeds=Fields({"seeds": top.take("seeds")}, where).free()["seeds"],
        artifacts=tuple(_artifact(item) for item in top.items("artifacts")),
    )
    for taken in ("schema_version", "provenance"):
        top.take(taken)
    scores.end()
    top.end()
    return result


def _dataset(fields: Fields) -> DatasetRef:
    dataset = DatasetRef(
        id=fields.text("id"),
        revision=fields.text("revision"),
        split=fields.text("split"),
        split_sha256=fields.text("split_sha256"),
        fingerprint=_optional(fields, "fingerprint"),
        n_docs=fields.whole("n_docs", least=1),
        gold_total=fields.whole("gold_total"),
        gold_by_type=_tally(fields, "gold_by_type"),
        synthetic=fields.flag("synthetic"),
        notice=_optional(fields, "notice", longest=LONGEST_TEXT),
    )
    fields.end()
    return dataset


def _model(fields: Fields) -> Model:
    model = Model(
        kind=fields.text("kind"),
        id=fields.text("id"),
        revision=fields.text("revision"),
        weights_sha256=_optional(fields, "weights_sha256"),
        params=fields.whole("params") if fields.has("params") else None,
        max_len=fields.whole("max_len", least=1) if fields.has("max_len") else None,
        license=_optional(fields, "license"),
        teacher_id=_optional(fields, "teacher_id"),
        training_data=fields.texts("training_data"),
        trained_on_gonerd=(
            fields.flag("trained_on_gonerd") if fields.has("trained_on_gonerd") else None
        ),
        details=fields.inner("details").free(),
    )
    fields.end()
    return model


def _policy(fields: Fields) -> Policy:
    if fields.has("perturbation"):
        expected = "null: a board holds runs on the texts as they are"
        fields.refuse("perturbation", fields.take("perturbation"), expected)
    return Policy(
        mode=fields.text("mode"),
        max_len=fields.whole("max_len", least=1) if fields.has("max_len") else None,
        other=fields.free(),
    )


def _score(fields: Fields) -> Score:
    by_type, type_ranges = _by_type(fields)
    score = Score(
        total=_counts(fields),
        by_type=by_type,
        type_ranges=type_ranges,
        by_source=_buckets(fields, "by_source"),
        macro_documents=fields.share("macro_documents"),
        interval=_interval(fields.inner("ci")),
    )
    fields.end()
    return score


def _by_type(fields: Fields) -> tuple[dict[str, Counts], dict[str, Range]]:
    counts, ranges = {}, {}
    for label, inner in fields.each("by_type"):
        if label not in LABELS:
            fields.refuse("by_type", label, f"the labels {', '.join(LABELS)} and no other")
        ranges[label] = _range(inner, "ci")
        counts[label] = _whole_counts(inner)
    return counts, ranges


def _breakdown(fields: Fields) -> Breakdown:
    return Breakdown(
        buckets={name: _buckets(fields, name) for name in BUCKETS},
        errors=_errors(fields.inner("errors")),
        partial=_ratios(fields.inner("partial")),
        tokens=_whole_counts(fields.inner("tokens")),
        unknown_labels=_tally(fields, "unknown_labels"),
    )


def _ratios(fields: Fields) -> Ratios:
    ratios = Ratios(**{name: fields.share(name) for name in ("precision", "recall", "f1")})
    fields.end()
    return ratios


def _errors(fields: Fields) -> Errors:
    names = ("exact", "boundary", "type", "both", "missed", "spurious")
    errors = Errors(**{name: fields.whole(name) for name in names})
    fields.end()
    return errors


def _buckets(fields: Fields, key: str) -> dict[str, Counts]:
    buckets = {name: _whole_counts(inner) for name, inner in fields.each(key)}
    for name in buckets if key in BY_PLACE else ():
        if name not in PLACES:
            fields.refuse(key, name, f"the buckets {', '.join(PLACES)} and no other")
    return buckets


def _counts(fields: Fields) -> Counts:
    return Counts(
        tp=fields.whole("tp"),
        fp=fields.whole("fp"),
        fn=fields.whole("fn"),
        precision=fields.share("precision"),
        recall=fields.share("recall"),
        f1=fields.share("f1"),
    )


def _whole_counts(fields: Fields) -> Counts:
    counts = _counts(fields)
    fields.end()
    return counts


def _interval(fields: Fields) -> Interval:
    f1 = _range(fields, "f1")
    interval = Interval(
        low=f1.low,
        high=f1.high,
        level=fields.share("level"),
        method=fields.text("method"),
        samples=fields.whole("B", least=1),
        seed=fields.whole("seed"),
        unit=fields.text("unit"),
    )
    for taken in ("precision", "recall"):
        _range(fields, taken)
    fields.end()
    return interval


def _range(fields: Fields, key: str) -> Range:
    ends = fields.take(key)
    low, high = ends
    if low > high:
        fields.refuse(key, ends, "a pair [low, high] with low <= high")
    return Range(low, high)


def _paper(fields: Fields) -> PaperScore:
    paper = PaperScore(
        precision=fields.share("precision"),
        recall=fields.share("recall"),
        f1=fields.share("f1"),
        support=fields.whole("support"),
        note=fields.text("note", longest=LONGEST_TEXT),
    )
    for _, inner in fields.each("by_type"):
        inner.free()
    fields.end()
    return paper


def _coverage(fields: Fields) -> Coverage:
    coverage = Coverage(
        docs_truncated=fields.whole("docs_truncated"),
        gold_reachable=fields.whole("gold_reachable"),
        gold_lost=fields.whole("gold_lost"),
        n_repairs=fields.whole("n_repairs"),
        n_misaligned=fields.whole("n_misaligned"),
        n_failed_docs=fields.whole("n_failed_docs"),
        dropped=_tally(fields, "dropped"),
        failed_docs=fields.texts("failed_docs", most=100_000),
    )
    fields.end()
    return coverage


def _calibration(fields: Fields) -> Calibration:
    calibration = Calibration(
        n=fields.whole("n"),
        ece=fields.share("ece"),
        bins=tuple(
            CalibrationBin(
                low=item.share("low"),
                high=item.share("high"),
                n=item.whole("n"),
                confidence=item.share("confidence"),
                precision=item.share("precision"),
            )
            for item in fields.items("bins")
        ),
    )
    fields.end()
    return calibration


def _efficiency(fields: Fields) -> Efficiency:
    efficiency = Efficiency(
        documents_per_s=fields.number("documents_per_s"),
        tokens_per_s=fields.number("tokens_per_s"),
        seconds=fields.number("seconds"),
        peak_rss_mib=_number(fields, "peak_rss_mib"),
        peak_allocated_mib=_number(fields, "peak_allocated_mib"),
        peak_reserved_mib=_number(fields, "peak_reserved_mib"),
        hardware=fields.text("hardware"),
        note=fields.text("note", longest=LONGEST_TEXT),
        by_length=tuple(_timing(item) for item in fields.items("by_length")),
    )
    fields.end()
    return efficiency


def _timing(fields: Fields) -> Timing:
    timing = Timing(
        length=fields.whole("len"),
        batch=fields.whole("batch", least=1),
        n=fields.whole("n"),
        p50_ms=_number(fields, "p50_ms"),
        p95_ms=_number(fields, "p95_ms"),
        tokens_per_s=_number(fields, "tok_s"),
        peak_rss_mib=_number(fields, "peak_rss_mib"),
        peak_allocated_mib=_number(fields, "peak_allocated_mib"),
        peak_reserved_mib=_number(fields, "peak_reserved_mib"),
        out_of_memory=fields.flag("oom"),
    )
    fields.end()
    return timing


def _artifact(fields: Fields) -> Artifact:
    artifact = Artifact(
        path=fields.text("path"), sha256=fields.text("sha256"), bytes=fields.whole("bytes")
    )
    fields.end()
    return artifact


def _tally(fields: Fields, key: str) -> dict[str, int]:
    inner = fields.inner(key)
    names = inner.names()
    for name in names:
        fields.group(key, {"name": name}).text("name")
    return {name: inner.whole(name) for name in names}


def _number(fields: Fields, key: str) -> float | None:
    return fields.number(key) if fields.has(key) else None


def _optional(fields: Fields, key: str, *, longest: int = LONGEST_TEXT) -> str:
    return fields.text(key, longest=longest) if fields.has(key) else ""


def _time(fields: Fields, key: str) -> datetime:
    text = fields.text(key)
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (OverflowError, ValueError):
        pass
    return fields.refuse(key, text, "a time with its zone, such as 2026-11-20T10:00:00+00:00")
