"""Ray Tune's population-based training with a book of its own, so that a kill loses no turn.

Imported only where Ray is: by `searching`, when the training begins.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping
from typing import Any

from ray.tune.schedulers import PopulationBasedTraining
from ray.tune.search.basic_variant import BasicVariantGenerator

from gonerd_baselines.search.ledger import Ledger
from gonerd_baselines.search.space import Range, within

__all__ = ["SCORE", "TOLD", "Members", "Population", "score_of"]

SCORE, TOLD = "score", "told"
"""Of a trial's result: what members are compared by, and the line of the book as JSON."""


class Population(PopulationBasedTraining):
    """Turns after each slice, once all members have ended it.

    Who copies whom and what becomes of the hyperparameters is Ray's: the worst share of the members copies
    state and hyperparameters of one of the best share, each hyperparameter is drawn anew or multiplied by 0.8
    or 1.2. Its chance is seeded by (seed, slice) here, and what it decided is written before anybody acts.
    """

    def __init__(
        self,
        space: Mapping[str, Range],
        ledger: Ledger,
        *,
        metric: str,
        seed: int,
        quantile: float,
        resample: float,
    ) -> None:
        """Begin with the slice that `ledger` opened last."""
        super().__init__(
            # A turn after every result of this session, wherever it stands in the training.
            time_attr="training_iteration",
            perturbation_interval=1,
            metric=SCORE,
            mode="max",
            hyperparam_mutations={
                key: list(each.choices) if each.choices else _drawing(each)
                for key, each in space.items()
            },
            custom_explore_fn=lambda values: within(space, values),
            quantile_fraction=quantile,
            resample_probability=resample,
            log_config=False,
            synch=True,
        )
        self.space = dict(space)
        self.ledger = ledger
        self.by = metric
        self.seed = seed
        self.members: dict[str, int] = {}
        """By the id of a trial."""
        self.trials: list[Any] = []
        self.reported: set[int] = set()
        """Members that have ended this slice in this session."""

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        """A member begins as the book says."""
        member = trial.config["member"]
        self.members[trial.trial_id] = member
        self.trials.append(trial)
        trial.set_config(self._config(member))
        super().on_trial_add(tune_controller, trial)

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """Write it down, and the turn with it where it is the last one of its slice."""
        line = self._close(result)
        self.reported.add(line["member"])
        before = random.getstate()
        random.seed(f"{self.seed} {line['slice']}")
        try:
            decision: str = super().on_trial_result(tune_controller, trial, result)
        finally:
            random.setstate(before)
        if len(self.reported) == len(self.members):
            self.reported.clear()
            self._turn(tune_controller, line["slice"])
        return decision

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:
        """The last slice has no turn."""
        self._close(result)
        super().on_trial_complete(tune_controller, trial, result)

    def _close(self, result: Mapping[str, Any]) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(result[TOLD])
        self.ledger.close_slice(line, metric=self.by)
        return line

    def _turn(self, tune_controller: Any, number: int) -> None:
        """Read off the trials what Ray decided at the end of slice `number`."""
        results = [self.ledger.results[number, member] for member in range(len(self.members))]
        if all(result["problem"] for result in results):
            tune_controller.request_stop_experiment()
            return
        opened = self.ledger.slices[number]["begins"]
        begins: list[dict[str, Any]] = [{} for _ in results]
        exploits = []
        for trial in self.trials:
            member = self.members[trial.trial_id]
            source = trial.config["member"]  # a copied configuration still says whose it was
            after = {key: trial.config[key] for key in self.space}
            begins[member] = {"source": source, "hyperparameters": after}
            if source != member:
                exploits.append(
                    {
                        "slice": number + 1,
                        "step": results[source]["step"],
                        "member": member,
                        "source": source,
                        "metrics": results[member]["metrics"],
                        "source_metrics": results[source]["metrics"],
                        "before": opened[member]["hyperparameters"],
                        "copied": opened[source]["hyperparameters"],
                        "after": after,
                    }
                )
        self.ledger.open_slice(begins, exploits)
        for trial in self.trials:
            trial.set_config(self._config(self.members[trial.trial_id]))

    def _config(self, member: int) -> dict[str, Any]:
        number = len(self.ledger.slices) - 1
        begin = self.ledger.begin_of(member, number)
        return {
            "member": member,
            "slice": number,
            "source": begin["source"],
            **begin["hyperparameters"],
        }


class Members(BasicVariantGenerator):
    """The trials of a population, which are not at an end before the last of them is.

    Ray lets a process go where no more trials will come, and at a turn all of them pause: each slice would
    begin with another process that reads everything anew.
    """

    def __init__(self, population: Population) -> None:
        """Of this scheduler."""
        super().__init__()
        self.population = population

    def is_finished(self) -> bool:
        """Whether all trials were made and have ended."""
        return super().is_finished() and all(each.is_finished() for each in self.population.trials)


def score_of(metrics: Mapping[str, float] | None, metric: str) -> float:
    """What Ray compares: a member without metrics is the worst."""
    return -math.inf if metrics is None else metrics[metric]


def _drawing(each: Range) -> Any:
    """A function of no argument: Ray calls it with its chance seeded."""
    return lambda: each.at(random.random())  # noqa: S311  # no secret
