from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gonerd.errors import InputError, OutputError
from gonerd.labels import TAGS
from gonerd_baselines.tagger.checkpoint import restore_checkpoint, save_checkpoint
from gonerd_baselines.tagger.config import TaggerConfig, TrainingConfig
from gonerd_baselines.tagger.data import SplitFeatures, split_features
from gonerd_baselines.tagger.model import Tagger
from gonerd_baselines.tagger.prediction import predicted_entities, validation_counts
from gonerd_baselines.tagger.schedule import SAFETY, Plan, learning_rate, steps_that_fit
from gonerd_baselines.tagger.training import Progress, Trainer
from tests.baselines.tagger.corpus import documents, long_document

TINY = TaggerConfig(
    width=32,
    hidden=64,
    heads=2,
    layers=2,
    word_width=32,
    affix_width=32,
    char_width=16,
    dropout=0.1,
)
SHORT = TrainingConfig(epochs=3, batch_tokens=128, learning_rate=5e-3, average=0.9)


def split(count: int = 5, *, seed: int = 0) -> SplitFeatures:
    return split_features(documents(count, seed=seed), split="train", tags=TAGS)


def trained(training: TrainingConfig = SHORT, model: TaggerConfig = TINY) -> tuple[Trainer, Tagger]:
    trainer = Trainer(model, training, split(), split(3, seed=1))
    return trainer, trainer.run()


def test_a_tiny_model_learns_five_documents_by_heart() -> None:
    some = split()
    training = replace(SHORT, epochs=40, batch_tokens=64)
    trainer = Trainer(replace(TINY, dropout=0.0), training, some, some)
    tagger = trainer.run()
    counts = validation_counts(tagger, some)
    assert counts.f1 == 1.0
    assert counts.tp > 30
    assert trainer.epochs[-1].loss < 0.1 * trainer.epochs[0].loss


def test_the_same_seed_gives_the_same_losses_and_weights_and_another_seed_others() -> None:
    one, first = trained()
    two, second = trained()
    other, _ = trained(replace(SHORT, seed=1))
    losses = [[epoch.loss for epoch in trainer.epochs] for trainer in (one, two, other)]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_training_leaves_the_random_numbers_of_its_caller_alone() -> None:
    torch.manual_seed(7)
    wanted = torch.rand(3)
    torch.manual_seed(7)
    trained()
    assert torch.equal(torch.rand(3), wanted)


def test_results_depend_on_neither_the_batch_nor_the_order() -> None:
    _, tagger = trained()
    some = split_features(
        [*documents(7, seed=2), long_document(150), long_document(33, name="short")],
        split="test",
        tags=TAGS,
    )
    count = len(some.documents)
    wanted = predicted_entities(tagger, some.documents, some.features)
    assert any(wanted)
    for tokens in (1, 100, 10_000):
        for order in (range(count), range(count - 1, -1, -1)):
            found = predicted_entities(
                tagger,
                [some.documents[index] for index in order],
                [some.features[index] for index in order],
                batch_tokens=tokens,
            )
            assert found == [wanted[index] for index in order]


def test_scores_of_a_document_are_the_same_alone_and_among_others() -> None:
    from gonerd_baselines.tagger.features import batch_from_features

    _, tagger = trained()
    some = split(6, seed=3)
    together = tagger(batch_from_features(some.features, tagger.lexicon)).split(some.lengths)
    backwards = tagger(batch_from_features(some.features[::-1], tagger.lexicon))
    turned = backwards.split(some.lengths[::-1])[::-1]
    for features, found, other in zip(some.features, together, turned, strict=True):
        alone = tagger(batch_from_features([features], tagger.lexicon))
        torch.testing.assert_close(found, alone, atol=1e-5, rtol=0)
        torch.testing.assert_close(other, alone, atol=1e-5, rtol=0)


def test_a_document_of_6768_tokens_is_read_whole() -> None:
    _, tagger = trained()
    long = split_features([long_document(6_768)], split="test", tags=TAGS)
    found = predicted_entities(tagger, long.documents, long.features)[0]
    assert max(entity.end for entity in found) > 0.99 * len(long.documents[0].text)


def test_a_training_that_goes_on_from_a_checkpoint_ends_in_the_same_weights(tmp_path: Path) -> None:
    wanted, straight = trained()
    identity = {"seed": 0}

    class KilledError(Exception):
        pass

    def save_then_die(trainer: Trainer) -> None:
        save_checkpoint(tmp_path / "state", trainer, identity=identity)
        if len(trainer.epochs) == 2:
            raise KilledError

    with pytest.raises(KilledError):
        Trainer(TINY, SHORT, split(), split(3, seed=1)).run(after_epoch=save_then_die)
    torch.rand(100)  # chance goes on elsewhere
    resumed = Trainer(TINY, SHORT, split(), split(3, seed=1))
    restore_checkpoint(tmp_path / "state", resumed, identity=identity)
    assert len(resumed.epochs) == 2
    tagger = resumed.run()
    assert [e.loss for e in resumed.epochs] == [e.loss for e in wanted.epochs]
    for a, b in zip(straight.parameters(), tagger.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_checkpoint_of_another_training_or_a_broken_one_is_refused(tmp_path: Path) -> None:
    trainer, _ = trained()
    folder = tmp_path / "state"
    save_checkpoint(folder, trainer, identity={"data": "a", "model": "m"})
    fresh = Trainer(TINY, SHORT, split(), split(3, seed=1))
    with pytest.raises(
        OutputError, match="unfinished training with another data; ask for the same"
    ):
        restore_checkpoint(folder, fresh, identity={"data": "b", "model": "m"})
    (folder / "state.safetensors").write_bytes(b"cut off")
    with pytest.raises(InputError, match=r"not a whole checkpoint .* --force begins anew"):
        restore_checkpoint(folder, fresh, identity={"data": "a", "model": "m"})


def test_the_best_epoch_by_validation_is_the_one_that_is_kept() -> None:
    trainer, tagger = trained(replace(SHORT, epochs=6))
    best = max(epoch.validation_f1 for epoch in trainer.epochs)
    assert trainer.best_epoch is not None
    assert trainer.best_epoch.validation_f1 == best
    assert validation_counts(tagger, trainer.validation).f1 == best


def test_a_time_limit_shortens_the_plan_and_says_so() -> None:
    seen: list[Progress] = []
    training = replace(SHORT, epochs=100_000, max_seconds=2.0)
    trainer = Trainer(TINY, training, split(), split(3, seed=1))
    trainer.run(progress=seen.append)
    report = trainer.report()
    assert trainer.seconds < 4
    assert report["plan"]["by_machine"] is True
    assert "speed decided the number of steps" in report["plan"]["note"]
    assert [now.step for now in seen] == list(range(1, trainer.step + 1))
    assert seen[-1].seconds_left >= 0


@given(st.integers(1, 500), st.floats(0.1, 1000), st.floats(0.001, 10), st.floats(0, 20))
def test_the_steps_fit_their_time_and_no_more_would(
    steps_per_epoch: int, seconds: float, a_step: float, a_validation: float
) -> None:
    def needed(steps: int) -> float:
        return steps * a_step + -(-steps // steps_per_epoch) * a_validation

    steps = steps_that_fit(
        steps_per_epoch=steps_per_epoch,
        seconds=seconds,
        seconds_per_step=a_step,
        seconds_per_validation=a_validation,
    )
    assert needed(steps) <= SAFETY * seconds * (1 + 1e-9) or steps == 1
    assert needed(steps + 2) >= SAFETY * seconds * (1 - 1e-9)


@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.33])
def test_the_learning_rate_rises_then_falls(warmup: float) -> None:
    rates = [learning_rate(n / 100 + 0.005, highest=1.0, warmup=warmup) for n in range(100)]
    top = rates.index(max(rates))
    assert all(a < b for a, b in pairwise(rates[: top + 1]))
    assert all(a > b for a, b in pairwise(rates[top:]))
    assert 0 < min(rates) < max(rates) <= 1.0


def test_a_plan_changes_with_the_speed_and_never_asks_for_more_than_all_epochs() -> None:
    plan = Plan(steps=100, wanted=200)
    assert plan.by_machine
    assert plan.revised(step=40, fitting=60) is plan
    assert plan.revised(step=40, fitting=10).steps == 50
    assert plan.revised(step=40, fitting=1000).steps == 200
    whole = Plan(steps=200, wanted=200)
    assert not whole.by_machine
    assert not whole.revised(step=40, fitting=1000).by_machine
    assert whole.revised(step=40, fitting=10).by_machine


def test_the_learning_rate_ends_near_zero_when_the_plan_is_cut_short() -> None:
    rates: list[float] = []
    trainer = Trainer(TINY, replace(SHORT, epochs=10), split(), split(3, seed=1))

    def look(_: Progress) -> None:
        rates.append(trainer.optimizer.param_groups[0]["lr"])

    def slow_down(trained: Trainer) -> None:
        if len(trained.epochs) == 2 and trained.plan is not None:
            trained.plan = trained.plan.revised(step=trained.step, fitting=8)

    trainer.run(progress=look, after_epoch=slow_down)
    assert trainer.step < trainer.report()["plan"]["steps"] + 1 == trainer.step + 1
    assert rates[-1] < 0.1 * max(rates)
    assert max(abs(a - b) for a, b in pairwise(rates)) < 0.25 * max(rates)
