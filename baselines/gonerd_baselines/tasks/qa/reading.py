"""Where the data of a question answering task lies: a folder or a file of its original form, or the Hub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from gonerd.dataset.hub import is_hub_name, repository_of
from gonerd.errors import ConfigError, InputError
from gonerd.files import file_sha256
from gonerd_baselines.tasks.qa.hotpotqa import read_hotpotqa
from gonerd_baselines.tasks.qa.hub import HUB_DATASETS, copy_in, copy_on_hub, read_copy
from gonerd_baselines.tasks.qa.question import Question
from gonerd_baselines.tasks.qa.squad import read_squad
from gonerd_baselines.tasks.qa.task import QUESTION_TASKS, QuestionSplit, QuestionTask
from gonerd_baselines.tasks.qa.triviaqa import read_triviaqa
from gonerd_baselines.tasks.task import DEVELOPMENT

__all__ = ["question_task", "read_questions", "split_in_two"]

TRAIN = "train"

_OWN = (
    {TRAIN: "train.json", DEVELOPMENT: "dev.json"},
    {TRAIN: "train.json", DEVELOPMENT: "validation.json"},
)
LAYOUTS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "squad": (
        {TRAIN: "train-v1.1.json", DEVELOPMENT: "dev-v1.1.json"},
        {TRAIN: "train-v2.0.json", DEVELOPMENT: "dev-v2.0.json"},
        *_OWN,
    ),
    "hotpotqa": (
        {TRAIN: "hotpot_train_v1.1.json", DEVELOPMENT: "hotpot_dev_distractor_v1.json"},
        *_OWN,
    ),
    "triviaqa": (
        {
            TRAIN: "qa/wikipedia-train.json",
            DEVELOPMENT: "qa/wikipedia-dev.json",
            "verified": "qa/verified-wikipedia-dev.json",
        },
        {
            TRAIN: "qa/web-train.json",
            DEVELOPMENT: "qa/web-dev.json",
            "verified": "qa/verified-web-dev.json",
        },
        *_OWN,
    ),
}
"""By task, the files of each split as its authors pack them; train and validation have to be there."""

ENDINGS = ("", ".gz", ".xz", ".zst")
HELD_OUT = 5
"""Of a file alone, one text in so many is held out."""


def question_task(name: str, data: str | None = None) -> QuestionTask:
    """The task `name`, one of QUESTION_TASKS, with its data.

    Args:
        name: squad, hotpotqa or triviaqa.
        data: a folder with the files of one of LAYOUTS, or with a copy of the Hub's; a file alone, which
            `split_in_two` splits; a dataset of the Hub, NAMESPACE/NAME[@REVISION][:CONFIGURATION], of the
            same layout as the usual one of HUB_DATASETS; None is the usual one.

    Raises:
        ConfigError: the task is unknown.
        InputError: there is no such data, it is broken, or there are several in one folder.
    """
    if name not in QUESTION_TASKS:
        raise ConfigError(f"task {name!r} is unknown; expected one of {', '.join(QUESTION_TASKS)}")
    path = None if data is None else Path(data)
    if path is not None and path.is_dir():
        copy = copy_in(path)
        if copy is not None:
            splits = _of_copy(name, copy, copy.name, None)
        else:
            splits = {split: _of_file(name, file) for split, file in _files(name, path).items()}
    elif path is not None and path.is_file():
        splits = split_in_two(_of_file(name, path))
    else:
        splits = _of_hub(name, data)
    return QuestionTask(name, splits.pop(TRAIN), splits)


def read_questions(task: str, path: Path) -> Iterator[Question]:
    """Yield the questions of a file in the original form of `task`.

    Raises:
        InputError: it is missing or broken.
    """
    if task == "triviaqa":
        return read_triviaqa(path)
    return read_squad(path) if task == "squad" else read_hotpotqa(path)


def split_in_two(whole: QuestionSplit) -> dict[str, QuestionSplit]:
    """Train, and as validation the questions on every fifth text, in the file's order, from the fifth on.

    Raises:
        InputError: there are fewer than five texts.
    """
    numbers: dict[str, int] = {}
    for question in whole.questions:
        numbers.setdefault(question.passages[0].text, len(numbers))
    if len(numbers) < HELD_OUT:
        raise InputError(
            f"{whole.source} has {len(numbers)} texts, expected {HELD_OUT} or more to hold one out"
        )

    def some(held_out: bool) -> QuestionSplit:
        chosen = tuple(
            question
            for question in whole.questions
            if (numbers[question.passages[0].text] % HELD_OUT == HELD_OUT - 1) == held_out
        )
        return QuestionSplit(whole.source, chosen, whole.sha256)

    return {TRAIN: some(False), DEVELOPMENT: some(True)}


def _files(task: str, folder: Path) -> dict[str, Path]:
    found = []
    for layout in LAYOUTS[task]:
        present = {split: _present(folder / file) for split, file in layout.items()}
        if present[TRAIN] is not None and present[DEVELOPMENT] is not None:
            found.append({split: path for split, path in present.items() if path is not None})
    if len(found) == 1:
        return found[0]
    names = "; or ".join(f"{layout[TRAIN]} and {layout[DEVELOPMENT]}" for layout in LAYOUTS[task])
    said = "none" if not found else " and ".join(files[TRAIN].name for files in found)
    raise InputError(f"{folder}: found {said} for {task}, expected one of {names}")


def _present(path: Path) -> Path | None:
    every = (path.with_name(path.name + ending) for ending in ENDINGS)
    return next((each for each in every if each.is_file()), None)


def _of_file(task: str, path: Path) -> QuestionSplit:
    return QuestionSplit(path.name, tuple(read_questions(task, path)), file_sha256(path))


def _of_copy(
    task: str, folder: Path, source: str, revision: str | None
) -> dict[str, QuestionSplit]:
    return {
        split: QuestionSplit(source, tuple(read_copy(task, folder, split)), revision=revision)
        for split in (TRAIN, DEVELOPMENT)
    }


def _of_hub(task: str, data: str | None) -> dict[str, QuestionSplit]:
    name, _, configuration = (data or HUB_DATASETS[task]).partition(":")
    if not is_hub_name(name):
        raise InputError(
            f"{data} does not exist; expected a folder, a file, or NAMESPACE/NAME on the Hub"
        )
    folder = copy_on_hub(name, configuration=configuration or None)
    return _of_copy(task, folder, f"{repository_of(name)}:{folder.name}", folder.parent.name)
