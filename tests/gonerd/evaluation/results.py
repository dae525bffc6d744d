"""Results for tests: real runs of `gonerd eval`'s own function on the embedded sample."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gonerd.adapters import AdapterOptions, adapter_from_spec
from gonerd.evaluation import evaluate_model

__all__ = ["completed", "put", "result_of_rules", "run_of_rules"]

BUCKETS = ("by_length", "by_position", "by_entity_length", "by_seen", "by_year")


def run_of_rules(folder: Path) -> dict[str, Any]:
    """The run of the rules on the sample's test split, in `folder`."""
    rules = adapter_from_spec("rules", AdapterOptions())
    result = evaluate_model(
        rules,
        folder,
        dataset="sample",
        split="test",
        command=["gonerd", "eval", "--model", "rules"],
    )
    result = completed(result)
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
    return result


def result_of_rules() -> dict[str, Any]:
    """A result of one's own to change."""
    return json.loads(_rules())


def put(record: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Set the field at a dotted `path`; `...` as the value removes it."""
    *parents, last = path.split(".")
    inner: Any = record
    for parent in parents:
        inner = inner[int(parent) if isinstance(inner, list) else parent]
    key = int(last) if isinstance(inner, list) else last
    if value is ...:
        del inner[key]
    else:
        inner[key] = value
    return record


def completed(result: dict[str, Any]) -> dict[str, Any]:
    """Maps that the scorer does not fill yet, as if they did not apply; nothing is invented."""
    full = result["scores"]["full"]
    for score in (full, result["scores"]["common_window_4096"]):
        score["ci"].setdefault("precision", [0.0, 1.0])
        score["ci"].setdefault("recall", [0.0, 1.0])
        for counts in score["by_type"].values():
            counts.setdefault("ci", [0.0, 1.0])
    for name in (*BUCKETS, "unknown_labels"):
        full.setdefault(name, {})
    errors = {"exact": full["tp"], "boundary": 0, "type": 0, "both": 0, "missed": full["fn"]}
    full.setdefault("errors", errors | {"spurious": full["fp"]})
    full.setdefault("partial", {name: full[name] for name in ("precision", "recall", "f1")})
    full.setdefault("tokens", {name: full[name] for name in ("tp", "fp", "fn", *full["partial"])})
    return result


@cache
def _rules() -> str:
    with TemporaryDirectory() as folder:
        return json.dumps(run_of_rules(Path(folder) / "run"))
