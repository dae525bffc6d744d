"""Adapters asked inside another set of packages: a list of questions in, a list of answers out, as JSON.

    python -m tests.gonerd.adapters.peer_probe < questions.json

A question: {"spec", "options", "documents": [text, ...]}, {"check": spec} for all checks of check-model, or
{"run": [argument, ...]} for a command line.
An answer: {"card", "policy", "predictions"}, {"checks"}, {"status"}, or {"error": what a user would see}.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from gonerd import Document
from gonerd.adapters import AdapterOptions, adapter_from_spec, predictions_of
from gonerd.adapters.checking import check_adapter
from gonerd.adapters.predictions import record_from_prediction
from gonerd.cli.main import run
from gonerd.errors import GonerdError
from gonerd.tokens import token_spans


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """What one question comes to."""
    if "run" in question:
        return {"status": run(question["run"])}
    try:
        options = AdapterOptions(**question.get("options", {}))
        adapter = adapter_from_spec(question.get("check") or question["spec"], options)
        if "check" in question:
            return {"checks": [asdict(check) for check in check_adapter(adapter)]}
        documents = [
            Document(id=f"d{number}", text=text, tokens=tuple(token_spans(text)))
            for number, text in enumerate(question["documents"])
        ]
        predictions = [
            record_from_prediction(prediction, document.text)
            for prediction, document in zip(
                predictions_of(adapter, documents), documents, strict=True
            )
        ]
    except GonerdError as problem:
        return {"error": str(problem)}
    return {
        "card": asdict(adapter.card),
        "policy": adapter.policy.as_json(),
        "predictions": predictions,
    }


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    answers = [answer(question) for question in asked]
    sys.stdout.write("\n" + json.dumps(answers) + "\n")
