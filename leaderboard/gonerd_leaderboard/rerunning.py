"""A submission's model run again: the one thing here that executes something, and only what is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gonerd.adapters import Adapter, AdapterOptions, adapter_from_spec
from gonerd.errors import CheckError, ConfigError
from gonerd.evaluation import evaluate_model
from gonerd_leaderboard.gold import Gold
from gonerd_leaderboard.predictions import prediction_lines
from gonerd_leaderboard.submission import PREDICTIONS, Run

__all__ = ["Rerun", "UnnamedModelError", "rerun"]

LOADABLE = {"hf", "gliner", "spanmarker"}
"""Kinds whose id and revision name something that anybody can load, and that run no code of its author.

A Flair model is a pickle, which runs what its maker put in: it is opened only for who names it with `model`.
"""

OPTIONS = {
    "mode": "policy",
    "max_len": "max_len",
    "stride": "stride",
    "batch_size": "batch_size",
    "dtype": "dtype",
    "compiled": "compile",
    "label_map": "label_map",
}
"""By part of a result's policy, the adapters' option that decides it."""


class UnnamedModelError(ConfigError):
    """A result names no model that just anybody can load: that is no fault of it."""


@dataclass(frozen=True, slots=True)
class Rerun:
    """What the model gave here beside what is stated."""

    f1: float
    stated: float
    documents: int
    differing: int
    """Documents in which another entity was found, or one was not."""

    @property
    def distance(self) -> float:
        """Of the two F1, without sign."""
        return abs(self.f1 - self.stated)

    def __str__(self) -> str:
        return (
            f"run again, F1 is {100 * self.f1:.2f}, stated {100 * self.stated:.2f}; "
            f"the predictions of {self.differing} of {self.documents} documents differ"
        )


def rerun(run: Run, gold: Gold, *, model: str | None = None, device: str = "cpu") -> Rerun:
    """Evaluate the model of a checked run on its split again, under the policy that is stated.

    Args:
        run: of which nothing but names and numbers is used.
        gold: its split.
        model: where the model lies, as `gonerd eval --model` takes it; without it, what the result names on
            the Hub, at its revision.
        device: where it runs.

    Raises:
        UnnamedModelError: the result names nothing that can be loaded, and `model` does not say it.
        CheckError: what is loaded is another model, or reads otherwise than is stated.
        GonerdError: see `gonerd.adapters.adapter_from_spec`.
    """
    stated = run.record["model"]
    adapter = _adapter(model or _spec(stated), run.record["policy"], device)
    for name in ("kind", "revision", "weights_sha256"):
        found = getattr(adapter.card, name)
        if found != stated[name]:
            raise CheckError(f"model.{name} is {stated[name]}, the model here has {found}")
    with TemporaryDirectory(prefix="gonerd-rerun-") as temporary:
        out = Path(temporary) / "run"
        interval = run.result.full.interval
        result = evaluate_model(
            adapter,
            out,
            dataset=gold.dataset,
            split=gold.split,
            seed=interval.seed,
            replicates=interval.samples,
        )
        again = (out / PREDICTIONS).read_bytes()
    pairs = zip(_entities(run.prediction_bytes), _entities(again), strict=True)
    return Rerun(
        f1=result["scores"]["full"]["f1"],
        stated=run.result.full.total.f1,
        documents=run.result.dataset.n_docs,
        differing=sum(one != other for one, other in pairs),
    )


def _spec(model: Mapping[str, Any]) -> str:
    kind, id_, revision = model["kind"], model["id"], model["revision"]
    if kind == "rules":
        return "rules"
    if kind not in LOADABLE or id_.count("/") != 1:
        raise UnnamedModelError(
            f"the result names {kind}:{id_}, which is not loaded from the Hub on its word; expected --model "
            "with where it lies"
        )
    return f"{kind}:{id_}@{revision}"


def _adapter(spec: str, policy: Mapping[str, Any], device: str) -> Adapter:
    """The model with the stated policy; only what it does not choose by itself is asked of it."""
    options = AdapterOptions(device=device)
    adapter = adapter_from_spec(spec, options)
    chosen = adapter.policy.as_json()
    asked = {
        option: policy[name]
        for name, option in OPTIONS.items()
        if policy.get(name) != _plain(chosen[name])
    }
    if asked:
        adapter = adapter_from_spec(spec, replace(options, **asked))
        chosen = adapter.policy.as_json()
    for name in ("mode", "max_len", "stride", "label_map"):
        if _plain(chosen[name]) != policy.get(name):
            raise CheckError(
                f"policy.{name} is {policy.get(name)}, the model here reads with {chosen[name]}"
            )
    return adapter


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _entities(predictions: bytes) -> list[set[Any]]:
    return [set(line.prediction.entities) for _, line in prediction_lines(predictions, PREDICTIONS)]
