"""Training a tagger from scratch: AdamW on whole packed documents, chosen by F1 on the validation split."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gonerd_baselines.packing import batches_by_tokens
from gonerd_baselines.tagger.config import TaggerConfig, TrainingConfig
from gonerd_baselines.tagger.data import SplitFeatures
from gonerd_baselines.tagger.features import Batch, batch_from_features, word_counts
from gonerd_baselines.tagger.lexicon import lexicon_from_counts, row_counts
from gonerd_baselines.tagger.model import Tagger
from gonerd_baselines.tagger.optimizing import adamw, backward, seeded
from gonerd_baselines.tagger.prediction import validation_counts
from gonerd_baselines.tagger.schedule import Plan, learning_rate, steps_that_fit
from gonerd_baselines.tagger.speed import seconds_per_step, seconds_per_validation

__all__ = ["Epoch", "Progress", "Trainer"]

DECAY_WARM = 10.0
"""The running mean forgets faster in the beginning: after s steps its decay is at most (1 + s) / (10 + s)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """What one pass over the training split came to."""

    epoch: int
    step: int
    """Steps taken since the beginning."""
    loss: float
    """Mean negative log-likelihood a token, in nats."""
    validation_f1: float
    tokens_per_second: float
    """Of training alone, without the validation."""
    seconds: float
    """Since the beginning, over all interruptions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a training stands after a step."""

    step: int
    steps: int
    loss: float
    tokens_per_second: float
    seconds_left: float


class Trainer:
    """One training: make it, perhaps `restore` it, and `run` it."""

    def __init__(
        self,
        model: TaggerConfig,
        training: TrainingConfig,
        train: SplitFeatures,
        validation: SplitFeatures,
        *,
        device: str = "cpu",
    ) -> None:
        self.model, self.config = model, training
        self.train, self.validation, self.device = train, validation, device
        counts = word_counts(train.features)
        lexicon = lexicon_from_counts(counts, min_count=training.min_count)
        with seeded(training.seed):
            self.tagger = Tagger(model, lexicon).to(device)
        self.average = copy.deepcopy(self.tagger)
        self.optimizer = adamw(self.tagger, training)
        share = training.word_dropout
        frequency = torch.from_numpy(row_counts(lexicon, counts)).to(torch.float32)
        self.forget = (share / (share + frequency.clamp(min=1e-9))).to(device)
        self.plan: Plan | None = None
        self.step = 0
        self.done = 0.0
        """Share of the training that is over, from 0 to 1: what the learning rate follows."""
        self.seconds = 0.0
        self.validation_seconds = 0.0
        self._began = 0.0
        self.stopped_early = False
        self.epochs: list[Epoch] = []
        self.best: dict[str, Tensor] = {}
        self.best_epoch: Epoch | None = None
        with seeded(training.seed + 1):
            self.random_state = torch.get_rng_state()

    def run(
        self,
        *,
        progress: Callable[[Progress], None] = lambda _: None,
        after_epoch: Callable[[Trainer], None] = lambda _: None,
    ) -> Tagger:
        """Train to the end of the plan or of the time, and return the best tagger by validation F1."""
        self._began = time.monotonic() - self.seconds
        if self.plan is None:
            self.plan = self._make_plan()
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self.random_state)
            while self.step < self.plan.steps and not self.stopped_early:
                self._run_epoch(self.plan, progress)
                self.random_state = torch.get_rng_state()
                self.seconds = time.monotonic() - self._began
                after_epoch(self)
        best = copy.deepcopy(self.average)
        best.load_state_dict(self.best)
        return best.eval()

    def report(self) -> dict[str, Any]:
        """The training as JSON values."""
        if self.plan is None or self.best_epoch is None:
            raise RuntimeError("the training has not run")
        return {
            "plan": {
                "steps": self.plan.steps,
                "by_machine": self.plan.by_machine,
                "revisions": self.plan.revisions,
                "steps_taken": self.step,
                "stopped_by_time": self.stopped_early,
                "note": "the time limit and so this machine's speed decided the number of steps"
                if self.plan.by_machine or self.stopped_early
                else "the number of steps depends on the data and the configuration only",
            },
            "best": asdict(self.best_epoch),
            "epochs": [asdict(epoch) for epoch in self.epochs],
            "seconds": round(self.seconds, 2),
        }

    def _run_epoch(self, plan: Plan, progress: Callable[[Progress], None]) -> None:
        epoch = len(self.epochs)
        losses, tokens, began = 0.0, 0, time.monotonic()
        first = self.step
        for indexes in self._batches(epoch):
            batch = batch_from_features(
                [self.train.features[index] for index in indexes],
                self.tagger.lexicon,
                device=self.device,
            )
            loss = self._take_step(batch, plan.steps)
            losses += loss * batch.packing.tokens
            tokens += batch.packing.tokens
            now = time.monotonic()
            speed = tokens / max(now - began, 1e-9)
            left = (now - began) / (self.step - first) * (plan.steps - self.step)
            progress(
                Progress(
                    step=self.step,
                    steps=plan.steps,
                    loss=loss,
                    tokens_per_second=speed,
                    seconds_left=left,
                )
            )
            self.stopped_early = self._no_time_left()
            if self.step >= plan.steps or self.stopped_early:
                break
        trained = time.monotonic() - began
        validating = time.monotonic()
        f1 = validation_counts(self.average, self.validation).f1
        if self.config.max_seconds is not None:
            self.validation_seconds = time.monotonic() - validating
        self.epochs.append(
            Epoch(
                epoch=epoch,
                step=self.step,
                loss=losses / tokens,
                validation_f1=f1,
                tokens_per_second=round(tokens / trained, 1),
                seconds=round(time.monotonic() - self._began, 2),
            )
        )
        if self.best_epoch is None or f1 > self.best_epoch.validation_f1:
            self.best_epoch = self.epochs[-1]
            self.best = {k: v.clone() for k, v in self.average.state_dict().items()}
        self.plan = self._revised(plan)

    def _take_step(self, batch: Batch, steps: int) -> float:
        config = self.config
        # The share that is done goes to 1 in even parts over the steps left, however often these change.
        part = (1 - self.done) / (steps - self.step)
        rate = learning_rate(
            self.done + part / 2, highest=config.learning_rate, warmup=config.warmup
        )
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss = backward(self.tagger, batch, self.forget)
        torch.nn.utils.clip_grad_norm_(self.tagger.parameters(), config.clip)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        self.done += part
        decay = min(config.average, (1 + self.step) / (DECAY_WARM + self.step))
        with torch.no_grad():
            pairs = zip(self.average.parameters(), self.tagger.parameters(), strict=True)
            for mean, now in pairs:
                mean.lerp_(now, 1 - decay if config.average else 1.0)
        return loss

    def _batches(self, epoch: int) -> list[list[int]]:
        """The documents of each step of an epoch: a seeded order that depends on nothing before it."""
        lengths = self.train.lengths
        order = np.random.default_rng([self.config.seed, epoch]).permutation(len(lengths))
        return batches_by_tokens(lengths, [int(index) for index in order], self.config.batch_tokens)

    def _no_time_left(self) -> bool:
        limit = self.config.max_seconds
        if limit is None:
            return False
        return time.monotonic() - self._began + 1.2 * self.validation_seconds > limit

    def _make_plan(self) -> Plan:
        config = self.config
        if config.max_seconds is None:
            steps = self._steps_of_all_epochs()
            return Plan(steps=steps, wanted=steps)
        batches = self._batches(0)
        a_step = seconds_per_step(self.tagger, self.train, batches, self.forget, config)
        self.validation_seconds = seconds_per_validation(self.average, self.validation)
        fitting = self._steps_that_fit(config.max_seconds, a_step)
        wanted = self._steps_of_all_epochs(enough=100 * fitting)
        return Plan(steps=min(wanted, fitting), wanted=wanted)

    def _revised(self, plan: Plan) -> Plan:
        """The plan for the time that is left, at the mean speed so far: others may use the machine too."""
        limit = self.config.max_seconds
        if limit is None or self.step >= plan.steps or self.stopped_early:
            return plan
        validated = len(self.epochs) * self.validation_seconds
        a_step = max(1e-9, time.monotonic() - self._began - validated) / self.step
        return plan.revised(step=self.step, fitting=self._steps_that_fit(limit, a_step))

    def _steps_that_fit(self, limit: float, a_step: float) -> int:
        return steps_that_fit(
            steps_per_epoch=len(self._batches(0)),
            seconds=limit - (time.monotonic() - self._began),
            seconds_per_step=a_step,
            seconds_per_validation=self.validation_seconds,
        )

    def _steps_of_all_epochs(self, enough: float = float("inf")) -> int:
        """The steps of all epochs, counted until there are `enough`."""
        steps = 0
        for epoch in range(self.config.epochs):
            if steps >= enough:
                break
            steps += len(self._batches(epoch))
        return steps
