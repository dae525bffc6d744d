from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from gonerd.errors import OutputError
from gonerd_baselines.training.progress import Progress
from gonerd_baselines.training.trainer import BEST, LOG, Trainer
from tests.baselines.training.toy import (
    CONFIG,
    ToyDocuments,
    ToyObjective,
    losses,
    trained,
    weights,
)


def test_a_toy_is_learned_and_reported(documents: ToyDocuments, tmp_path: Path) -> None:
    seen: list[Progress] = []
    objective, report = trained(
        documents, tmp_path, replace(CONFIG, epochs=20), progress=seen.append
    )
    assert objective.accuracy()["accuracy"] == 1
    assert not objective.training
    assert objective.after == 1
    total = int(documents.lengths_of(range(len(documents))).sum())
    assert report["tokens"] == 20 * total
    assert seen[-1].done == 1
    assert seen[-1].step == report["steps"] == report["log"][-1]["step"]
    assert seen[-1].mfu is not None
    assert 0 < seen[-1].mfu < 1
    assert set(report["log"][0]) >= {
        "odd",
        "noise",
        "learning_rate",
        "gradient_norm",
        "mfu",
        "tokens",
    }
    assert report["log"][-1]["odd"] < report["log"][0]["odd"] / 2


def test_a_step_is_the_same_however_it_is_cut_into_batches(
    documents: ToyDocuments, tmp_path: Path
) -> None:
    """Without dropout, whose numbers are drawn by batch; the noise is, too, so it counts for nothing here."""

    def run(name: str, batch_tokens: int, step_tokens: int) -> dict[str, Any]:
        objective = ToyObjective(documents, dropout=0)
        objective.weights = {"odd": 1.0, "noise": 0.0}
        config = replace(
            CONFIG, batch_tokens=batch_tokens, step_tokens=step_tokens, epochs=None, steps=1
        )
        return Trainer(objective, documents, config, tmp_path / name).run()

    small = run("small", 24, 24 * 5)
    # The same documents as one batch: as many tokens as the five had.
    large = run("large", small["tokens"], small["tokens"])
    assert large["tokens"] == small["tokens"]
    assert losses(large) == pytest.approx(losses(small), rel=1e-6)
    assert large["log"][0]["gradient_norm"] == pytest.approx(
        small["log"][0]["gradient_norm"], rel=1e-5
    )


def test_a_training_in_slices_of_evaluations_takes_the_steps_of_a_whole_one(
    documents: ToyDocuments, tmp_path: Path
) -> None:
    def sliced(work: Path, *, evaluations: int | None = None) -> tuple[ToyObjective, Any]:
        objective = ToyObjective(documents)
        trainer = Trainer(
            objective, documents, CONFIG, work, evaluate=objective.accuracy, metric="accuracy"
        )
        return objective, trainer.run(evaluations=evaluations)

    whole, report = sliced(tmp_path / "whole")
    judged = [line["step"] for line in report["log"] if "accuracy" in line]
    assert len(judged) == 4
    for evaluations, step in ((1, judged[0]), (1, judged[0]), (3, judged[2]), (9, judged[3])):
        last, found = sliced(tmp_path / "cut", evaluations=evaluations)
        assert found["steps"] == step
        assert found["log"][-1]["step"] == step
    assert torch.equal(weights(last), weights(whole))
    assert losses(found) == losses(report)


def test_only_what_is_changeable_may_change_and_then_it_is_the_optimisers(
    documents: ToyDocuments, tmp_path: Path
) -> None:
    def trainer(**more: Any) -> Trainer:
        objective = ToyObjective(documents)
        changed = {name: more.pop(name) for name in ("weight_decay", "beta1") if name in more}
        return Trainer(
            objective,
            documents,
            replace(CONFIG, **changed),
            tmp_path,
            evaluate=objective.accuracy,
            metric="accuracy",
            **more,
        )

    trainer().run(evaluations=1)
    with pytest.raises(OutputError, match="another beta1 and weight_decay;"):
        trainer(weight_decay=0.3, beta1=0.8).run()
    with pytest.raises(OutputError, match="another beta1;"):
        trainer(weight_decay=0.3, beta1=0.8, changeable=["weight_decay"]).run()
    changed = trainer(weight_decay=0.3, beta1=0.8, changeable=["weight_decay", "beta1"])
    step = changed.run(evaluations=2)["steps"]
    (optimizer,) = changed.stepper.optimizers
    assert {group["weight_decay"] for group in optimizer.param_groups} == {0.0, 0.3}
    assert {group["betas"] for group in optimizer.param_groups} == {(0.8, CONFIG.beta2)}
    # the moments went on, and were not begun anew
    assert {int(state["step"]) for state in optimizer.state.values()} == {step}


def test_the_best_weights_are_kept_and_patience_ends_the_training(
    documents: ToyDocuments, tmp_path: Path
) -> None:
    objective = ToyObjective(documents)
    given = iter([0.2, 0.9, 0.5, 0.4, 0.3])
    kept: list[torch.Tensor] = []

    def evaluate() -> dict[str, float]:
        kept.append(weights(objective))
        return {"f1": next(given)}

    trainer = Trainer(
        objective,
        documents,
        replace(CONFIG, epochs=9, patience=2),
        tmp_path,
        evaluate=evaluate,
        metric="f1",
    )
    report = trainer.run()
    assert report["stopped_early"]
    assert len(kept) == 4
    assert report["best"]["metrics"] == {"f1": 0.9}
    assert torch.equal(weights(objective), kept[1])
    assert (tmp_path / BEST).is_file()


def test_tensorboard_has_what_the_log_has(documents: ToyDocuments, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    _, report = trained(documents, tmp_path / "work", tensorboard=tmp_path / "board")
    events = EventAccumulator(str(tmp_path / "board")).Reload()
    found = [event.value for event in events.Scalars("loss")]
    assert found == pytest.approx(losses(report), rel=1e-6)
    assert (tmp_path / "work" / LOG).is_file()
