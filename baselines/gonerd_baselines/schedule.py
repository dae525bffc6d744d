"""How many steps a training takes, and the learning rate of each: settled before the first step."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SAFETY", "Plan", "learning_rate", "steps_that_fit"]

SAFETY = 0.85
"""Share of the time limit that is planned for; the rest is for a machine that becomes slower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A training's length in steps, and why."""

    steps: int
    by_machine: bool
    """Whether the time limit, and so the machine's speed, made it shorter than the epochs asked for."""


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


def learning_rate(step: int, *, steps: int, highest: float, warmup: float) -> float:
    """The rate of `step` (from 0): up in a straight line over `warmup` of the steps, then down to 0."""
    rising = warmup * steps
    done = step + 1
    if done < rising:
        return highest * done / rising
    return highest * (steps - step) / max(1.0, steps - rising + 1)
