"""Under what conditions a score was taken, in one line: forms with a free text carry it."""

from __future__ import annotations

from typing import Any

__all__ = ["conditions_of"]


def conditions_of(result: dict[str, Any]) -> str:
    """What was counted, how long texts were read, and what must stand beside every figure."""
    data, policy, ci = result["dataset"], result["policy"], result["scores"]["full"]["ci"]
    low, high = ci["f1"]
    limit = f" of {policy['max_len']}" if policy["max_len"] else ""
    parts = [
        f"exact match on all {data['gold_total']} gold entities of {data['n_docs']} documents",
        f"{ci['level']:.0%} interval {low:.4f} to {high:.4f} ({ci['method']} over documents)",
        f"policy {policy['mode']}{limit}",
    ]
    if changed := policy["perturbation"]:
        parts.append(f"texts changed on purpose: {changed['kind']} at {changed['rate']:g}")
    said = "; ".join(parts)
    return f"{said}. {data['notice']}" if data["notice"] else f"{said}."
