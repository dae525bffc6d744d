"""What a step can be: each is a command of gonerd, by the library function that the command calls."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from gonerd_baselines.configuration import value_from_text
from gonerd_baselines.reproduction.step import Step

__all__ = ["Job", "Kind", "set_options", "settings_lines"]

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A step with the places that it reads and writes."""

    step: Step
    out: Path
    """What the command is told as --out."""
    inputs: Mapping[str, Path]
    """By role, what the steps before have written."""
    device: str
    note: Note = lambda _: None

    @property
    def settings(self) -> Mapping[str, Any]:
        """The step's."""
        return self.step.settings

    def place(self, role: str) -> str:
        """The one folder, file or name of a role, whether a step made it or it came from outside."""
        if role in self.inputs:
            return str(self.inputs[role])
        return self.step.data[role][0]

    def places(self, role: str) -> list[str]:
        """All of a role, those that steps made first."""
        made = [
            str(path)
            for name, path in self.inputs.items()
            if name == role or name.startswith(f"{role}-")
        ]
        return [*made, *self.step.data.get(role, ())]

    def has(self, role: str) -> bool:
        """Whether there is anything of that role."""
        return role in self.inputs or role in self.step.data


class Kind(ABC):
    """A command; an interrupted one goes on when it runs again with the same `out`."""

    name: ClassVar[str]
    prepares: ClassVar[bool] = False
    """Whether it reads texts or data, and needs no device."""
    trains: ClassVar[bool] = False
    """Whether `accelerate launch` can run it in several processes."""
    alone: ClassVar[bool] = False
    """Whether it is timed, so that nothing may run beside it."""

    @abstractmethod
    def command(self, job: Job) -> list[str]:
        """The command line that does the same, from `gonerd` on."""

    def recipe(self, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """The recipe with its settings, as JSON values; empty where there is none: what ships may change.

        Refuses settings that the command would refuse, before anything runs.
        """
        del settings
        return {}

    def is_whole(self, job: Job) -> bool:
        """Whether a command that was killed had come to its end before."""
        return job.out.exists()

    @abstractmethod
    def run(self, job: Job) -> None:
        """Do it: afterwards `job.out` is there, whole."""

    def result(self, job: Job) -> dict[str, Any]:
        """What the log and the tables are to know of it, read from `job.out`."""
        del job
        return {}


def settings_lines(settings: Mapping[str, Any]) -> list[str]:
    """`key=value` for each of the settings `set`, as `--set` takes them."""
    return [f"{key}={_word(value)}" for key, value in settings.get("set", {}).items()]


def set_options(job: Job) -> list[str]:
    """`--recipe` and `--set` of a training."""
    recipe = job.settings.get("recipe")
    words = ["--recipe", str(recipe)] if recipe else []
    for line in settings_lines(job.settings):
        words += ["--set", line]
    return words


def _word(value: Any) -> str:
    """A text stands as it is where it can't be taken for a number; `none` is how a recipe says null."""
    if not isinstance(value, str):
        return json.dumps(value)
    return value if value == "none" or value_from_text(value) == value else json.dumps(value)
