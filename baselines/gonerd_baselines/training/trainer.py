"""The loop: step after step, with a log, evaluations, and a state that resumes to the bit."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch

from gonerd.errors import CheckError, ConfigError
from gonerd.evaluation.memory import is_out_of_memory
from gonerd.files import only_run_in, write_json
from gonerd_baselines.configuration import values_from_config
from gonerd_baselines.tokens.documents import Documents, tokens_of
from gonerd_baselines.training.config import TrainingConfig
from gonerd_baselines.training.log import Log, read_log
from gonerd_baselines.training.objective import Objective
from gonerd_baselines.training.processes import Processes
from gonerd_baselines.training.progress import Progress
from gonerd_baselines.training.schedule import learning_rate
from gonerd_baselines.training.state import CHANGEABLE, read_state, require_same, write_state
from gonerd_baselines.training.stepper import Drawn, Gradients, Stepper

__all__ = ["BEST", "LOG", "STATE", "NotFiniteError", "Trainer"]

STATE, BEST, LOG = "state.pt", "best.pt", "log.jsonl"

PEAK_SECONDS = 60.0
"""Between two looks at what the device can do: others may be at work when a training begins."""


class NotFiniteError(CheckError):
    """A loss or a gradient is no number; the training stands before that step."""


class Trainer:
    """One training: make it, and `run` it; in a folder where one was interrupted, it goes on."""

    def __init__(
        self,
        objective: Objective,
        documents: Documents,
        config: TrainingConfig,
        work: Path,
        *,
        identity: Mapping[str, Any] | None = None,
        device: str = "cpu",
        evaluate: Callable[[], Mapping[str, float]] | None = None,
        metric: str | None = None,
        changeable: Collection[str] = CHANGEABLE,
        tensorboard: Path | None = None,
        overwrite: bool = False,
        note: Callable[[str], None] = lambda _: None,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        """Nothing is computed yet.

        Args:
            objective: what is trained; in training mode while it runs.
            documents: what is trained on.
            config: how.
            work: the folder of what is unfinished; the caller removes it when the result is written.
            identity: what the training was asked for beside `config` and `documents`, as JSON values: only
                the same goes on.
            device: cpu, cuda, ...; with several processes each has its own.
            evaluate: metrics of the model as it is, in evaluation mode.
            metric: the one by which the best weights are kept, larger is better.
            changeable: settings of `config` that may differ from those it was begun with.
            tensorboard: a folder for its files.
            overwrite: begin anew, whatever lies in `work`.
            note: told what happened.
            progress: told after each step.

        Raises:
            ConfigError: a document is longer than a batch, processes can't share a step, or there is patience
                and no metric.
        """
        if config.patience is not None and metric is None:
            raise ConfigError(
                f"patience is {config.patience}, and no metric says what is better here; expected none"
            )
        self.processes = Processes(device)
        self.config, self.documents, self.work = config, documents, work
        self.objective = objective.to(self.processes.device)
        self.stepper = Stepper(self.objective, documents, config, self.processes)
        self.identity = {
            "training": values_from_config(config),
            "documents": documents.fingerprint,
            **(identity or {}),
        }
        self.evaluate, self.metric = evaluate, metric
        self.changeable = changeable
        self.tensorboard = tensorboard
        self.overwrite = overwrite
        self.note = note if self.first else lambda _: None
        self.progress = progress if self.first else lambda _: None
        self.step = 0
        self.tokens = 0
        self.seconds = 0.0
        """Of training alone, over all interruptions."""
        self.best: dict[str, Any] | None = None
        """Step and metrics of the best evaluation."""
        self.worse = 0
        """Evaluations since."""
        self.goes_on = True
        self.evaluations = 0
        """So far."""
        self._whole = config.tokens
        """Tokens of the training, where they are its length."""
        if config.epochs is not None:
            self._whole = config.epochs * tokens_of(documents)

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes."""
        return self.processes.first

    @property
    def done(self) -> float:
        """Share of the training that is over, from 0 to 1."""
        return self._share(self.step, self.tokens)

    def run(self, *, evaluations: int | None = None) -> dict[str, Any]:
        """Train to the end, leave the best weights (the last, without a metric) in the objective, and report.

        With `evaluations` it ends where there have been so many, counted from its beginning; another Trainer
        goes on from there.

        Raises:
            CheckError: the loss is not finite, memory is full, or another process is gone.
            OutputError: `work` holds another training, or the disk is full.
            InputError: what lies in `work` is broken.
        """
        if self.first:
            self.work.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            if self.first:
                stack.enter_context(only_run_in(self.work))
                for left in self.work.glob("*.partial"):  # of one that was killed
                    left.unlink()
                if self.overwrite:
                    for name in (STATE, BEST, LOG):
                        (self.work / name).unlink(missing_ok=True)
            self.processes.wait()
            stack.enter_context(torch.random.fork_rng(devices=self._devices()))
            if (self.work / STATE).is_file():
                self._restore(read_state(self.work / STATE))
                self.note(f"going on after step {self.step:,}, saved in {self.work}")
            if self.first:
                self.log = Log(self.work / LOG, step=self.step, tensorboard=self.tensorboard)
                stack.callback(self.log.close)
            self.objective.train()
            try:
                self._run(math.inf if evaluations is None else evaluations)
            except RuntimeError as problem:
                if is_out_of_memory(problem):
                    raise CheckError(
                        f"step {self.step + 1}: memory is full with batches of {self.config.batch_tokens:,} "
                        "tokens; expected fewer batch_tokens, and --force to begin anew with them"
                    ) from None
                if (lost := self.processes.lost(problem)) is not None:
                    raise lost from None
                raise
            self.processes.wait()  # until the first has written its best
            if self.best is not None:
                found = read_state(self.work / BEST)
                self.objective.load_state_dict(found["model"])
            self.objective.after_training()
            self.objective.eval()
            report = self._report()
            self.processes.wait()  # the first one removes what the others have read
            return report

    def _run(self, evaluations: float) -> None:
        saved = time.monotonic()
        peak, measured = self._peak(), time.monotonic()
        recent: list[tuple[int, float, float]] = []
        while self.goes_on and self.done < 1 and self.evaluations < evaluations:
            began = time.monotonic()
            epoch = self.stepper.epoch
            record, lengths = self._take_step()
            took = time.monotonic() - began
            self.seconds += took
            recent = [*recent[-19:], (sum(lengths), took, self.objective.flops(lengths))]
            tokens, seconds, flops = (sum(column) for column in zip(*recent, strict=True))
            speed = {
                "tokens_per_second": round(tokens / seconds, 1),
                "mfu": round(flops / seconds / peak, 4),
            }
            left = self.seconds / self.done * (1 - self.done)
            self.progress(
                Progress(
                    step=self.step,
                    done=self.done,
                    loss=record["loss"],
                    tokens_per_second=speed["tokens_per_second"],
                    seconds_left=left,
                    mfu=speed["mfu"],
                )
            )
            over = self.done >= 1
            if self.first and (over or self.step % self.config.log_steps == 0):
                self.log.write(self.step, {**record, **speed, "tokens": self.tokens})
            every = self.config.evaluate_steps
            due = self.stepper.epoch != epoch if every is None else self.step % every == 0
            judged = self.evaluate is not None and (due or over)
            if judged:
                self._judge()
            if judged or over or time.monotonic() - saved > self.config.save_seconds:
                self._save()
                if time.monotonic() - measured > PEAK_SECONDS:
                    peak, measured = max(peak, self._peak()), time.monotonic()
                saved = time.monotonic()

    def _take_step(self) -> tuple[dict[str, float], list[int]]:
        """One update; what the log says of it, and the lengths of all its documents."""
        drawn = self.stepper.draw()
        found = self.stepper.gradients(drawn)
        if not found.finite:
            self._stop_at(drawn, found)
        before = self.done
        after = self._share(self.step + 1, self.tokens + drawn.tokens)
        rate = learning_rate((before + after) / 2, self.config)
        self.stepper.update(rate)
        self.step += 1
        self.tokens += drawn.tokens
        parts = found.means if len(found.means) > 1 else {}
        record = {"loss": found.loss, **parts, "learning_rate": rate, "gradient_norm": found.norm}
        return record, drawn.lengths

    def _stop_at(self, drawn: Drawn, found: Gradients) -> None:
        path = self.work / "not-finite.json"
        if self.first:
            write_json(
                path,
                {
                    "step": self.step + 1,
                    "losses": {name: str(mean) for name, mean in found.means.items()},
                    "gradient_norm": str(found.norm),
                    "batches": [{"number": n, "documents": batch} for n, batch in drawn.batches],
                },
                overwrite=True,
            )
        said = ", ".join(f"{name} {mean:g}" for name, mean in found.means.items())
        raise NotFiniteError(
            f"step {self.step + 1}: loss or gradient is not finite ({said}, norm {found.norm:g}); "
            f"its documents stand in {path}; the same command goes on before it, also with another "
            "learning_rate or clip"
        )

    def _judge(self) -> None:
        """Evaluate, keep the best weights, and decide whether to go on."""
        assert self.evaluate is not None
        self.objective.eval()
        metrics = dict(self.evaluate()) if self.first else {}
        self.objective.train()
        self.evaluations += 1
        metrics = self.processes.told(metrics)
        said = ", ".join(f"{name} {value:.4f}" for name, value in metrics.items())
        self.note(f"step {self.step:,} ({100 * self.done:.0f}%): {said}")
        if self.first:
            self.log.write(self.step, metrics)
        if self.metric is None:
            return
        if self.best is None or metrics[self.metric] > self.best["metrics"][self.metric]:
            self.best = {"step": self.step, "metrics": metrics}
            self.worse = 0
        else:
            self.worse += 1
            if self.config.patience is not None and self.worse >= self.config.patience:
                self.goes_on = False
                self.note(f"no better {self.metric} in {self.worse} evaluations: the training ends")

    def _save(self) -> None:
        if not self.first:
            return
        write_state(
            self.work / STATE,
            {
                # JSON, since the file holds nothing but tensors and plain values
                "identity": json.dumps(self.identity),
                "step": self.step,
                "tokens": self.tokens,
                "seconds": self.seconds,
                "best": json.dumps(self.best),
                "worse": self.worse,
                "goes_on": self.goes_on,
                "evaluations": self.evaluations,
                **self.stepper.state(),
            },
        )
        self._keep_best()

    def _keep_best(self) -> None:
        """After the state that says which weights are the best: a kill between both leaves them in that."""
        if self.first and self.best is not None and self.best["step"] == self.step:
            write_state(self.work / BEST, {"model": self.objective.state_dict()})

    def _restore(self, state: dict[str, Any]) -> None:
        require_same(
            self.identity, json.loads(state["identity"]), self.work, changeable=self.changeable
        )
        self.stepper.restore(state)
        self.step, self.tokens = state["step"], state["tokens"]
        self.seconds, self.worse = state["seconds"], state["worse"]
        self.best, self.goes_on = json.loads(state["best"]), state["goes_on"]
        self.evaluations = state["evaluations"]
        self._keep_best()

    def _report(self) -> dict[str, Any]:
        log = read_log(self.work / LOG)
        return {
            "loss": next((line["loss"] for line in reversed(log) if "loss" in line), None),
            "steps": self.step,
            "tokens": self.tokens,
            "seconds": round(self.seconds, 2),
            "tokens_per_second": round(self.tokens / max(self.seconds, 1e-9), 1),
            "processes": self.processes.count,
            "device": self.processes.device,
            "stopped_early": not self.goes_on,
            "best": self.best,
            "log": log,
        }

    def _share(self, step: int, tokens: int) -> float:
        if self.config.steps is not None:
            return min(1.0, step / self.config.steps)
        assert self._whole is not None  # the stepper has refused a training without a length
        return min(1.0, tokens / self._whole)

    def _peak(self) -> float:
        """Operations a second of all devices at most."""
        from gonerd_baselines.bench.peak import operations_of

        dtype = {"fp32": "float32", "bf16": "bfloat16"}[self.config.precision]
        return operations_of(self.processes.device, dtype) * self.processes.count

    def _devices(self) -> list[torch.device]:
        place = torch.device(self.processes.device)
        return [place] if place.type == "cuda" else []
