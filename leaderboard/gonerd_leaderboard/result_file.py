"""A result.json that may come from anywhere, read strictly."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gonerd.labels import LABELS
from gonerd_leaderboard.fields import LONGEST_TEXT, Fields
from gonerd_leaderboard.result import (
    Artifact,
    Counts,
    Coverage,
    DatasetRef,
    Efficiency,
    Interval,
    Model,
    PaperScore,
    Policy,
    Result,
    Score,
)

__all__ = ["result_from_record"]

SCHEMA_VERSION = 2

SHA256 = "[0-9a-f]{64}"

MOVING_REVISIONS = ("head", "latest", "main", "master", "none", "unknown")
"""Names that mean another model tomorrow."""


def result_from_record(record: Any, where: str) -> Result:
    """Read the JSON of a result.json; `where` names the file in messages.

    Raises:
        SchemaError: a field is missing, unknown, of the wrong type or out of range.
    """
    top = Fields(record, where)
    if (version := top.take("schema_version")) != SCHEMA_VERSION or type(version) is not int:
        top.refuse("schema_version", version, f"{SCHEMA_VERSION}, the version this gonerd reads")
    # A run can't vouch for itself: the tiers above are given by whoever verifies it.
    top.text("provenance", pattern="self_reported")
    scores = top.inner("scores")
    env = top.inner("env")
    result = Result(
        run_id=top.text("run_id"),
        created=_time(top, "created"),
        command=top.texts("command"),
        config_sha256=top.text("config_sha256", pattern=SHA256),
        dataset=_dataset(top.inner("dataset")),
        model=_model(top.inner("model")),
        policy=_policy(top.inner("policy")),
        full=_score(scores.inner("full")),
        common_window=_score(scores.inner("common_window_4096")),
        paper=_paper(scores.inner("paper_compat")) if scores.has("paper_compat") else None,
        coverage=_coverage(top.inner("coverage")),
        efficiency=_efficiency(top.inner("efficiency")),
        packages=env.inner("packages").free() if env.has("packages") else {},
        env=env.free(),
        seeds=Fields({"seeds": top.take("seeds")}, where).free().get("seeds", ""),
        artifacts=tuple(_artifact(item) for item in top.items("artifacts")),
    )
    scores.end()
    top.end()
    return result


def _dataset(fields: Fields) -> DatasetRef:
    by_type = fields.inner("gold_by_type")
    dataset = DatasetRef(
        id=fields.text("id"),
        revision=fields.text("revision"),
        split=fields.text("split"),
        split_sha256=fields.text("split_sha256", pattern=SHA256),
        n_docs=fields.whole("n_docs", least=1),
        gold_total=fields.whole("gold_total"),
        gold_by_type={label: by_type.whole(label) for label in by_type.names()},
        synthetic=fields.flag("synthetic"),
        notice=_optional(fields, "notice", longest=LONGEST_TEXT),
    )
    fields.end()
    return dataset


def _model(fields: Fields) -> Model:
    revision = fields.text("revision")
    if revision.casefold() in MOVING_REVISIONS:
        fields.refuse("revision", revision, "a revision that stays: a commit or a hash")
    return Model(
        kind=fields.text("kind"),
        id=fields.text("id"),
        revision=revision,
        weights_sha256=_optional(fields, "weights_sha256", pattern=SHA256),
        params=fields.whole("params") if fields.has("params") else None,
        max_len=fields.whole("max_len", least=1) if fields.has("max_len") else None,
        license=_optional(fields, "license"),
        extra=fields.free(),
    )


def _policy(fields: Fields) -> Policy:
    return Policy(
        mode=fields.text("mode", pattern="native|window|truncate"),
        max_len=fields.whole("max_len", least=1) if fields.has("max_len") else None,
        other=fields.free(),
    )


def _score(fields: Fields) -> Score:
    score = Score(
        total=_counts(fields),
        by_type=_counts_by_type(fields),
        by_source={source: _whole_counts(inner) for source, inner in fields.each("by_source")},
        macro_documents=fields.share("macro_documents") if fields.has("macro_documents") else None,
        interval=_interval(fields.inner("ci")),
    )
    fields.end()
    return score


def _counts_by_type(fields: Fields) -> dict[str, Counts]:
    by_type = {}
    for label, inner in fields.each("by_type"):
        if label not in LABELS:
            fields.refuse("by_type", label, f"the labels {', '.join(LABELS)} and no other")
        by_type[label] = _whole_counts(inner)
    return by_type


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
    ends = fields.take("f1")
    if not isinstance(ends, list) or len(ends) != 2:
        fields.refuse("f1", ends, "a pair [low, high]")
    pair = fields.group("f1", {"low": ends[0], "high": ends[1]})
    interval = Interval(
        low=pair.share("low"),
        high=pair.share("high"),
        level=fields.share("level"),
        method=fields.text("method"),
        samples=fields.whole("B", least=1),
        seed=fields.whole("seed"),
        unit=fields.text("unit"),
    )
    if interval.low > interval.high:
        fields.refuse("f1", ends, "a pair [low, high] with low <= high")
    fields.end()
    return interval


def _paper(fields: Fields) -> PaperScore:
    paper = PaperScore(
        precision=fields.share("precision"),
        recall=fields.share("recall"),
        f1=fields.share("f1"),
        support=fields.whole("support"),
        note=_optional(fields, "note", longest=LONGEST_TEXT),
    )
    for _, inner in fields.each("by_type"):
        for name in ("precision", "recall", "f1"):
            inner.share(name)
        inner.whole("support")
        inner.end()
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
    )
    fields.end()
    return coverage


def _efficiency(fields: Fields) -> Efficiency:
    def number(key: str) -> float | None:
        return fields.number(key) if fields.has(key) else None

    efficiency = Efficiency(
        documents_per_s=number("documents_per_s"),
        tokens_per_s=number("tokens_per_s"),
        seconds=number("seconds"),
        peak_rss_mib=number("peak_rss_mib"),
        hardware=fields.text("hardware"),
        note=_optional(fields, "note", longest=LONGEST_TEXT),
    )
    fields.end()
    return efficiency


def _artifact(fields: Fields) -> Artifact:
    artifact = Artifact(
        path=fields.text("path", pattern=r"[A-Za-z0-9][A-Za-z0-9._-]*"),
        sha256=fields.text("sha256", pattern=SHA256),
        bytes=fields.whole("bytes"),
    )
    fields.end()
    return artifact


def _optional(fields: Fields, key: str, *, longest: int = LONGEST_TEXT, pattern: str = "") -> str:
    return fields.text(key, longest=longest, pattern=pattern) if fields.has(key) else ""


def _time(fields: Fields, key: str) -> datetime:
    text = fields.text(key)
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (OverflowError, ValueError):
        pass
    return fields.refuse(key, text, "a time with its zone, such as 2026-11-20T10:00:00+00:00")
