"""How many steps a training takes, and the learning rate of each."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SAFETY", "Plan", "learning_rate", "steps_that_fit"]

SAFETY = 0.92
"""Share of the time left that is planned for; the rest is for a machine that becomes slower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A training's length in steps, and why."""

    steps: int
    """Steps in all, those taken included."""
    wanted: int
    """Steps of all epochs; more than `steps` where the time limit does not let them all fit."""
    revisions: int = 0
    """How often the machine's speed changed the plan after the training began."""

    @property
    def by_machine(self) -> bool:
        """Whether the machine's speed had a say in the number of steps."""
        return self.steps < self.wanted or self.revisions > 0

    def revised(self, *, step: int, fitting: int) -> Plan:
        """The plan after `step` steps, where `fitting` more find time."""
        steps = min(self.wanted, step + fitting)
        if steps == self.steps:
            return self
        return Plan(steps=steps, wanted=self.wanted, revisions=self.revisions + 1)


def steps_that_fit(
    *,
    steps_per_epoch: int,
    seconds: float,
    seconds_per_step: float,
    seconds_per_validation: float,
) -> int:
    """The most steps that fit in `seconds` with a validation after each epoch; one at least."""
    # What is not whole epochs still ends with a validation of its own.
    room = SAFETY * seconds - seconds_per_validation
    an_epoch = steps_per_epoch * seconds_per_step + seconds_per_validation
    whole = max(0, int(room // an_epoch))
    rest = max(0, int((room - whole * an_epoch) // seconds_per_step))
    return max(1, whole * steps_per_epoch + min(rest, steps_per_epoch))


def learning_rate(done: float, *, highest: float, warmup: float) -> float:
    """The rate when the share `done` of the training is over: up in a straight line, then down to 0."""
    if done < warmup:
        return highest * done / warmup
    return highest * (1 - done) / (1 - warmup)
