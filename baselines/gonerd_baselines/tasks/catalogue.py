"""The tasks by the names that `--task` takes; a task's code is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from gonerd.errors import ConfigError
from gonerd_baselines.tasks.task import Task

__all__ = ["TASKS", "open_task", "own_recipe"]

_GLUE = ("cola", "mnli", "mrpc", "qnli", "qqp", "rte", "sst-2", "sts-b", "wnli")

_QUESTIONS = ("squad", "hotpotqa", "triviaqa")

TASKS: Mapping[str, str] = {
    "ner": "ner.task:ner_task",
    **{f"glue/{name}": "glue:glue_task" for name in _GLUE},
    **dict.fromkeys(_QUESTIONS, "qa.reading:question_task"),
}
"""By name, the module in this package and the function that opens it: (name, data or None) to a Task."""


def open_task(name: str, *, data: str | None = None) -> Task:
    """The task `name` with its data read and checked.

    Args:
        name: one of `TASKS`.
        data: a folder, a file or an id on the Hub, as the task takes it; None for the task's own default.

    Raises:
        ConfigError: there is no such task.
        InputError: a file is missing, or is not as it should be.
    """
    if name not in TASKS:
        raise ConfigError(f"task {name!r} is unknown; expected one of {', '.join(TASKS)}")
    module, _, function = TASKS[name].partition(":")
    opener: Callable[[str, str | None], Task] = getattr(
        import_module(f"gonerd_baselines.tasks.{module}"), function
    )
    return opener(name, data)


def own_recipe(name: str) -> str:
    """The recipe of `gonerd finetune` that is taken for a task where nobody names another: GLUE's is one."""
    return name.partition("/")[0]
