"""A result as a person likes to read it on a terminal."""

from __future__ import annotations

from typing import Any

__all__ = ["score_lines", "summary_of"]


def summary_of(result: dict[str, Any]) -> str:
    """The whole result: scores, coverage, cost."""
    data, scores, coverage, cost = (
        result[k] for k in ("dataset", "scores", "coverage", "efficiency")
    )
    model = result["model"]
    lines = [
        f"{model['kind']}:{model['id']} on {data['id']} {data['split']}: "
        f"{data['n_docs']:,} documents, {data['gold_total']:,} gold entities",
        "",
        *score_lines(scores),
        "",
        f"reachable gold {_percent(coverage['gold_reachable'], data['gold_total'])}, "
        f"{coverage['docs_truncated']} documents cut, "
        f"{coverage['n_misaligned']} predictions off token boundaries",
        f"{cost['documents_per_s']:,.1f} documents/s, {cost['tokens_per_s']:,.0f} tokens/s "
        f"on {cost['hardware']}",
    ]
    return "\n".join([*lines, *([data["notice"]] if data["notice"] else [])])


def score_lines(scores: dict[str, Any]) -> list[str]:
    """The `scores` object as a table."""
    full = scores["full"]
    low, high = full["ci"]["f1"]
    rows = [("all", full), *full["by_type"].items()]
    rows += [(name, entry) for name, entry in full["by_source"].items() if name]
    window, compat = scores["common_window_4096"], scores["paper_compat"]
    return [
        f"{'':10}{'P':>8}{'R':>8}{'F1':>8}{'gold':>9}",
        *(
            f"{name:10}{entry['precision']:8.3f}{entry['recall']:8.3f}{entry['f1']:8.3f}"
            f"{entry['tp'] + entry['fn']:9,}"
            for name, entry in rows
        ),
        "",
        f"F1 {full['f1']:.3f}, 95% interval {low:.3f} to {high:.3f} (bootstrap over documents)",
        f"F1 in the common window {window['f1']:.3f}; as the paper took it (seqeval) {compat['f1']:.3f}",
    ]


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "none"
