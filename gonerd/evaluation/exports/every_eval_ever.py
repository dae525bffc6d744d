"""A record of Every Eval Ever, schema 0.2.1: https://github.com/evaleval/every_eval_ever."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from gonerd.evaluation.caveats import caveats_of

__all__ = ["every_eval_ever_from_result"]

VERSION = "0.2.1"
NOT_STATED = "not stated"


def every_eval_ever_from_result(result: dict[str, Any], *, hub_dataset: str | None = None) -> str:
    """JSON: F1, precision and recall on all gold, F1 by type, in the common window and as the paper took it.

    Who ran it and for whom a result does not say; the record says so ("not stated", "other").
    """
    model, env = result["model"], result["env"]
    begun = datetime.fromisoformat(result["created"]).timestamp()
    namespace, slash, _ = model["id"].partition("/")
    record = {
        "schema_version": VERSION,
        "evaluation_id": f"gonerd/{model['id']}/{begun:.0f}",
        "evaluation_timestamp": result["created"],
        "retrieved_timestamp": f"{begun:.0f}",
        "source_metadata": {
            "source_name": "gonerd eval",
            "source_type": "evaluation_run",
            "source_organization_name": NOT_STATED,
            "evaluator_relationship": "other",
            "additional_details": _texts(
                run_id=result["run_id"],
                config_sha256=result["config_sha256"],
                provenance=result["provenance"],
            ),
        },
        "eval_library": {
            "name": "gonerd",
            "version": env["packages"].get("gonerd", "unknown"),
            "additional_details": _texts(commit=env["commit"], packages=env["packages"]),
        },
        "model_info": {
            "name": model["id"],
            "id": model["id"],
            **({"developer": namespace} if slash else {}),
            "inference_engine": {"name": model["kind"]},
            "additional_details": _texts(**{k: v for k, v in model.items() if k != "id"}),
        },
        "evaluation_results": list(_scores(result, _source_data(result, hub_dataset))),
    }
    return json.dumps(record, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _source_data(result: dict[str, Any], hub_dataset: str | None) -> dict[str, Any]:
    data = result["dataset"]
    details = _texts(**{k: v for k, v in data.items() if k not in ("id", "split", "n_docs")})
    source = {"dataset_name": data["id"], "additional_details": details}
    if hub_dataset is None:
        extra = _texts(split=data["split"], n_docs=data["n_docs"])
        return {**source, "source_type": "other", "additional_details": details | extra}
    return {
        **source,
        "source_type": "hf_dataset",
        "hf_repo": hub_dataset,
        "hf_split": data["split"],
        "samples_number": data["n_docs"],
    }


def _scores(result: dict[str, Any], source: dict[str, Any]) -> Iterator[dict[str, Any]]:
    full, window, compat = (
        result["scores"][name] for name in ("full", "common_window_4096", "paper_compat")
    )
    rows = [
        ("F1", "Exact match of start, end and label on all gold", full, "f1", full["ci"]["f1"]),
        ("precision", "Share of predictions that are right", full, "precision", full["ci"]["precision"]),
        ("recall", "Share of all gold that was found", full, "recall", full["ci"]["recall"]),
        *(
            (f"F1 {label}", f"F1 on {label} alone", counts, "f1", counts["ci"])
            for label, counts in full["by_type"].items()
        ),
        (
            "F1 in the common window",
            "F1 within the first 4,096 subwords of each document",
            window,
            "f1",
            window["ci"]["f1"],
        ),
        ("F1 as in arXiv 2311.13657", compat["note"], compat, "f1", None),
    ]  # fmt: skip
    config = _generation(result)
    for name, meaning, counts, key, interval in rows:
        yield {
            "evaluation_name": f"{result['dataset']['id']} {name}",
            "source_data": source,
            "evaluation_timestamp": result["created"],
            "metric_config": {
                "evaluation_description": meaning,
                "lower_is_better": False,
                "score_type": "continuous",
                "min_score": 0,
                "max_score": 1,
            },
            "score_details": _details(result, counts, key, interval),
            "generation_config": config,
        }


def _details(
    result: dict[str, Any], counts: Mapping[str, Any], key: str, interval: Sequence[float] | None
) -> dict[str, Any]:
    numbers = {name: counts[name] for name in ("tp", "fp", "fn", "support") if name in counts}
    details: dict[str, Any] = {"score": counts[key], "details": _texts(**numbers)}
    if interval is not None:
        ci = result["scores"]["full"]["ci"]
        details["uncertainty"] = {
            "confidence_interval": {
                "lower": interval[0],
                "upper": interval[1],
                "confidence_level": ci["level"],
                "method": f"{ci['method']} over {ci['unit']}s",
            },
            "num_samples": result["dataset"]["n_docs"],
            "num_bootstrap_samples": ci["B"],
        }
    return details


def _generation(result: dict[str, Any]) -> dict[str, Any]:
    details = _texts(
        **result["policy"],
        coverage=result["coverage"],
        hardware=result["efficiency"]["hardware"],
        caveats=" ".join(caveats_of(result)),
    )
    arguments = {"execution_command": shlex.join(result["command"])} if result["command"] else {}
    return {"generation_args": arguments, "additional_details": details}


def _texts(**values: Any) -> dict[str, str]:
    """Values as their schema wants them, all texts: what is none is JSON, and nulls are left out."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in values.items()
        if value is not None
    }
