"""A result as a person likes to read it on a terminal, in 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from gonerd.console import counted
from gonerd.evaluation.caveats import caveats_of

__all__ = ["summary_of"]

WIDTH = 80
MARGIN = 14
"""Columns before the text of a part: its name stands there."""
NAME = 12
"""Columns of a type's or a source's name."""
LANE = 23
"""Columns that stand for an F1 of 0 to 100."""
SCALE = f"{'0':{LANE // 2}}50{'100':>{LANE - LANE // 2 - 2}}"

NO_BREAK = "\N{NO-BREAK SPACE}"

BUCKETS = {
    "by_length": "F1 by length",
    "by_position": "by position",
    "by_entity_length": "by its length",
    "by_seen": "in training",
    "by_year": "by year",
}


def summary_of(result: dict[str, Any]) -> str:
    """The whole result: scores, what could not be reached, cost, and what the numbers don't say."""
    parts = [
        _heading(result),
        _score_lines(result["scores"]),
        _coverage(result),
        _cost(result["efficiency"]),
        _calibration(result["calibration"]),
        ["What the numbers don't say", *_listed(caveats_of(result))],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _score_lines(scores: dict[str, Any]) -> list[str]:
    """The `scores` of a result: a table in per cent, other ways of counting, classes of errors, buckets."""
    full = scores["full"]
    level = f"{full['ci']['level']:.0%} interval"
    rows = [_row("all", full, full["ci"]["f1"])]
    rows += [_row(label, counts, counts["ci"]) for label, counts in full["by_type"].items()]
    sources = {name: counts for name, counts in full["by_source"].items() if name}
    rows += [_row(name, counts, None) for name, counts in sources.items()]
    return [
        f"{'per cent':{NAME}}{'P':>6}{'R':>6}{'F1':>6}  {level:15}{'gold':>7}  {SCALE}",
        *rows,
        "",
        *_otherwise(scores),
        *_part("errors", [_errors(full)]),
        *(
            line
            for key, name in BUCKETS.items()
            if len(full[key]) > 1
            for line in _part(name, [_bucket_line(full[key])])
        ),
    ]


def _heading(result: dict[str, Any]) -> list[str]:
    model, data, policy = result["model"], result["dataset"], result["policy"]
    limit = f" of {policy['max_len']:,}" if policy["max_len"] else ""
    how = {"native": "read whole", "window": "read in windows", "truncate": "cut to the beginning"}
    by_type = ", ".join(f"{name} {count:,}" for name, count in data["gold_by_type"].items())
    return [
        *wrap(_line(f"{model['kind']}:{model['id']}, texts {how[policy['mode']]}{limit}"), WIDTH),
        *wrap(
            _line(
                f"{data['id']} {data['split']}: {counted(data['n_docs'], 'document')}, "
                f"{data['gold_total']:,} gold entities ({by_type})"
            ),
            WIDTH,
        ),
    ]


def _row(name: str, counts: Mapping[str, Any], interval: Sequence[float] | None) -> str:
    name = _line(name)
    short = name if len(name) < NAME else f"{name[: NAME - 2]}…"
    ends = f"{_percent(interval[0])} to {_percent(interval[1])}" if interval else ""
    return (
        f"{short:{NAME}}{_percent(counts['precision']):>6}{_percent(counts['recall']):>6}"
        f"{_percent(counts['f1']):>6}  {ends:15}{counts['tp'] + counts['fn']:7,}  "
        f"{_lane(counts['f1'], interval)}"
    ).rstrip()


def _lane(f1: float, interval: Sequence[float] | None) -> str:
    """F1 as a point, its interval as a line, on a scale from 0 to 100."""
    cells = [" "] * LANE
    if interval:
        low, high = (_place(end) for end in interval)
        cells[low : high + 1] = "─" * (high + 1 - low)
    cells[_place(f1)] = "●"
    return "".join(cells)


def _place(share: float) -> int:
    return round(share * (LANE - 1))


def _otherwise(scores: dict[str, Any]) -> Iterator[str]:
    full, window, compat = (scores[k] for k in ("full", "common_window_4096", "paper_compat"))
    low, high = window["ci"]["f1"]
    yield from _part(
        "F1 also",
        [
            f"{_percent(window['f1'])} in the common window ({_percent(low)} to {_percent(high)}, "
            f"{window['tp'] + window['fn']:,} gold)",
            f"{_percent(full['partial']['f1'])} by place alone with half credit for overlap, "
            f"{_percent(full['tokens']['f1'])} by token, "
            f"{_percent(full['macro_documents'])} as the mean of documents",
            f"{_percent(compat['f1'])} as the paper took it: seqeval on cut texts, its own "
            f"{compat['support']:,} gold",
        ],
    )


def _errors(full: dict[str, Any]) -> str:
    classes = full["errors"]
    of_gold = ", ".join(f"{count:,} {k}" for k, count in classes.items() if k != "spurious")
    return f"{of_gold} of {full['tp'] + full['fn']:,} gold; {classes['spurious']:,} spurious beside"


def _bucket_line(buckets: Mapping[str, Mapping[str, Any]]) -> str:
    pairs = (f"{_line(name)}: {_percent(counts['f1'])}" for name, counts in buckets.items())
    return ", ".join(pair.replace(" ", NO_BREAK) for pair in pairs)


def _coverage(result: dict[str, Any]) -> list[str]:
    coverage, gold = result["coverage"], result["dataset"]["gold_total"]
    reachable = 100 * coverage["gold_reachable"] / gold if gold else 100.0
    lines = [
        f"{reachable:.1f}% of the gold within reach, {counted(coverage['docs_truncated'], 'document')} cut",
        f"{counted(coverage['n_repairs'], 'tag')} repaired, "
        f"{counted(coverage['n_misaligned'], 'prediction')} off token boundaries, "
        f"{counted(coverage['n_failed_docs'], 'document')} failed",
    ]
    if coverage["dropped"]:
        left_out = ", ".join(f"{_line(n)} {count:,}" for n, count in coverage["dropped"].items())
        lines.append(f"left out by the label map: {left_out}")
    if coverage["failed_docs"]:
        lines.append("failed: " + ", ".join(map(_line, coverage["failed_docs"])))
    return _part("coverage", lines)


def _cost(cost: dict[str, Any]) -> list[str]:
    memory = [
        f"{cost[key]:,.0f} MiB {what}"
        for key, what in (
            ("peak_rss_mib", "of RAM"),
            ("peak_allocated_mib", "allocated"),
            ("peak_reserved_mib", "reserved on the GPU"),
        )
        if cost[key] is not None
    ]
    lines = [
        f"{cost['documents_per_s']:,.1f} documents/s, {cost['tokens_per_s']:,.0f} tokens/s, "
        f"{cost['seconds']:,.{1 if cost['seconds'] >= 10 else 3}f} s in all",
        ", ".join([*memory, f"on {_line(cost['hardware'])}"]),
    ]
    table = []
    if cost["by_length"]:
        head = ("tokens", "batch", "p50 ms", "p95 ms", "tokens/s", "MiB")
        table = [" " * MARGIN + "".join(f"{name:>10}" for name in head)]
        table += [_timing(timing) for timing in cost["by_length"]]
    return [*_part("cost", lines), *table]


def _timing(timing: Mapping[str, Any]) -> str:
    begin = f"{'':{MARGIN}}{timing['len']:10,}{timing['batch']:10,}"
    if timing["oom"]:
        return f"{begin}{'out of memory':>20}"
    memory = timing["peak_reserved_mib"] or timing["peak_rss_mib"]
    return (
        f"{begin}{timing['p50_ms']:10,.1f}{timing['p95_ms']:10,.1f}{timing['tok_s']:10,.0f}"
        f"{'' if memory is None else f'{memory:10,.0f}'}"
    )


def _calibration(calibration: Mapping[str, Any] | None) -> list[str]:
    if calibration is None:
        return []
    said = (
        f"scores are off by {100 * calibration['ece']:.1f} points on average (ECE over "
        f"{counted(calibration['n'], 'prediction')})"
    )
    return _part("calibration", [said])


def _part(name: str, lines: Iterable[str]) -> list[str]:
    """Lines behind a name in the margin, each wrapped on its own."""
    room = WIDTH - MARGIN
    wrapped = [piece for line in lines for piece in wrap(line, room, break_on_hyphens=False)]
    return [
        f"{name if number == 0 else '':{MARGIN}}{piece.replace(NO_BREAK, ' ')}"
        for number, piece in enumerate(wrapped)
    ]


def _listed(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        yield from wrap(_line(sentence), WIDTH, initial_indent="- ", subsequent_indent="  ")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _line(text: str) -> str:
    """What a file says, on one line: it must not be able to draw lines of its own."""
    return " ".join(text.split())
