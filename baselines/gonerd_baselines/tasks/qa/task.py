"""Question answering as a task: windows to train on, answers from logits, and their official scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gonerd.errors import ConfigError, InputError
from gonerd_baselines.tasks.examples import Example, Examples, examples_from
from gonerd_baselines.tasks.qa.answering import Prediction, WindowText, predictions, window_text
from gonerd_baselines.tasks.qa.metrics import (
    HOTPOTQA,
    SQUAD_1,
    SQUAD_2,
    TRIVIAQA,
    BestThreshold,
    Rule,
    Score,
    best_threshold,
    scores,
)
from gonerd_baselines.tasks.qa.question import Question
from gonerd_baselines.tasks.qa.settings import QuestionSettings
from gonerd_baselines.tasks.qa.windows import WindowLimits, windows
from gonerd_baselines.tasks.reader import Reader
from gonerd_baselines.tasks.task import DEVELOPMENT, EncodedTask, Evaluation, Task

__all__ = ["QUESTION_TASKS", "EncodedQuestions", "QuestionSplit", "QuestionTask", "WindowCounts"]

QUESTION_TASKS = ("squad", "hotpotqa", "triviaqa")
"""As `--task` names them."""

SECTION = "questions"
"""The table of a recipe with `QuestionSettings`."""


@dataclass(frozen=True, slots=True)
class QuestionSplit:
    """Questions that were read, and from where."""

    source: str
    """A file's name or a dataset's."""
    questions: tuple[Question, ...]
    sha256: str | None = None
    """Of the file of questions."""
    revision: str | None = None
    """On the Hub."""

    @property
    def has_impossible(self) -> bool:
        """Whether a question has no answer."""
        return not all(question.answers for question in self.questions)

    def as_json(self) -> dict[str, Any]:
        """What a record says of it."""
        return {
            "source": self.source,
            "sha256": self.sha256,
            "revision": self.revision,
            "questions": len(self.questions),
            "passages": sum(len(question.passages) for question in self.questions),
            "without_answer": sum(not question.answers for question in self.questions),
            "answer_not_found": sum(
                bool(question.answers) and not question.located for question in self.questions
            ),
        }


@dataclass(frozen=True, slots=True)
class WindowCounts:
    """What became of a split's questions."""

    windows: int
    with_answer: int
    """Windows that show an answer wholly."""
    left_out: int
    """Passages of questions with an answer that show none: nothing is learned from their windows."""
    out_of_reach: int
    """Questions with an answer that is shown in no window at all."""
    cut_questions: int
    """Questions that are longer than may be."""


class QuestionTask(Task):
    """One of QUESTION_TASKS."""

    head = "qa"
    metric = "f1"

    def __init__(
        self,
        name: str,
        train: QuestionSplit,
        held_out: Mapping[str, QuestionSplit],
        settings: QuestionSettings | None = None,
    ) -> None:
        """Questions that are there already.

        Raises:
            ConfigError: the task is unknown.
            InputError: there is no DEVELOPMENT among `held_out`, or a question that is neither to be answered
                nor left without an answer, as the task has them.
        """
        if name not in QUESTION_TASKS:
            raise ConfigError(
                f"task {name!r} is unknown; expected one of {', '.join(QUESTION_TASKS)}"
            )
        if DEVELOPMENT not in held_out:
            raise InputError(
                f"{name} has no split {DEVELOPMENT}, by which checkpoints are compared"
            )
        self.name = name
        self.train = train
        self.held_out = dict(held_out)
        self.sections = {SECTION: QuestionSettings() if settings is None else settings}

    @property
    def settings(self) -> QuestionSettings:
        """Of windows and answers."""
        settings: QuestionSettings = self.sections[SECTION]
        return settings

    @property
    def rule(self) -> Rule:
        """SQuAD's is that of 2.0 where a question of any split has no answer."""
        if self.name == "squad":
            every = (self.train, *self.held_out.values())
            return SQUAD_2 if any(split.has_impossible for split in every) else SQUAD_1
        return HOTPOTQA if self.name == "hotpotqa" else TRIVIAQA

    def encoded(self, reader: Reader) -> EncodedQuestions:
        """Windows of at most `reader.max_len` tokens."""
        return EncodedQuestions(self, reader)

    def record(self) -> Mapping[str, Any]:
        """Sources and counts by split, and the rule of the scores."""
        return {
            "rule": self.rule.name,
            "splits": {
                "train": self.train.as_json(),
                **{name: split.as_json() for name, split in self.held_out.items()},
            },
        }


class EncodedQuestions(EncodedTask):
    """Windows, and the texts that answers are cut from."""

    def __init__(self, task: QuestionTask, reader: Reader) -> None:
        self.task = task
        limits = WindowLimits.within(
            reader.max_len, question=task.settings.longest_question, stride=task.settings.stride
        )
        self.counts: dict[str, WindowCounts] = {}
        """By split."""
        self._texts: dict[str, list[WindowText]] = {}
        self.train = self._encoded("train", task.train, reader, limits, learned=True)
        self.held_out = {
            name: self._encoded(name, split, reader, limits, learned=False)
            for name, split in task.held_out.items()
        }

    def evaluate(self, split: str, logits: Iterable[NDArray[np.float32]]) -> Evaluation:
        """Exact match and F1; for SQuAD 2.0 also apart, and as they were with the best null threshold."""
        task = self.task
        questions = task.held_out[split].questions
        settings = task.settings
        found = predictions(
            questions,
            self._texts[split],
            logits,
            longest=settings.longest_answer,
            kept=settings.kept_answers,
        )
        rule = task.rule
        threshold = settings.null_threshold if rule.none_is_an_answer else None
        given = {
            question.id: prediction.text(null_threshold=threshold)
            for question, prediction in zip(questions, found, strict=True)
        }
        by_question = scores(rule, {each.id: each.answers for each in questions}, given)
        metrics, details = _means(by_question.values()), {}
        if rule.none_is_an_answer:
            metrics |= _with_and_without(questions, by_question)
            best = _best_thresholds(questions, found, rule)
            metrics |= {f"best_{name}": each.score for name, each in best.items()}
            details = {f"best_{name}_threshold": each.threshold for name, each in best.items()}
        rows = tuple(
            _row(question, prediction, given[question.id], by_question[question.id])
            for question, prediction in zip(questions, found, strict=True)
        )
        return Evaluation(metrics, rows, details)

    def record(self) -> Mapping[str, Any]:
        """Counts by split."""
        return {"windows": {name: asdict(counts) for name, counts in self.counts.items()}}

    def _encoded(
        self,
        name: str,
        split: QuestionSplit,
        reader: Reader,
        limits: WindowLimits,
        *,
        learned: bool,
    ) -> Examples:
        count: Counter[str] = Counter()
        reached: set[int] = set()
        cut: set[int] = set()
        texts: list[WindowText] = []

        def examples() -> Iterator[Example]:
            every = windows(split.questions, reader, limits)
            for (number, place), passage in groupby(every, lambda w: (w.question, w.passage)):
                shown = list(passage)
                question = split.questions[number]
                count["windows"] += len(shown)
                count["with_answer"] += (answers := sum(window.answer for window in shown))
                if answers:
                    reached.add(number)
                if shown[0].cut:
                    cut.add(number)
                useless = bool(question.answers) and not answers
                count["left_out"] += useless
                if learned and useless:
                    continue
                if not learned:
                    pinned = question.passages[place].pinned
                    texts.extend(window_text(window, pinned) for window in shown)
                yield from (window.example for window in shown)

        made = examples_from(f"{self.task.name} {name}", examples(), head="qa")
        answerable = sum(bool(question.answers) for question in split.questions)
        self.counts[name] = WindowCounts(
            count["windows"],
            count["with_answer"],
            count["left_out"],
            answerable - len(reached),
            len(cut),
        )
        self._texts[name] = texts
        return made


def _means(every: Iterable[Score]) -> dict[str, float]:
    listed = list(every)
    return {
        "exact_match": sum(each.exact_match for each in listed) / len(listed),
        "f1": sum(each.f1 for each in listed) / len(listed),
    }


def _with_and_without(
    questions: Sequence[Question], by_question: Mapping[str, Score]
) -> dict[str, float]:
    """Means of questions with an answer, and of those without."""
    metrics: dict[str, float] = {}
    for kind, wanted in (("answerable", True), ("unanswerable", False)):
        some = [by_question[each.id] for each in questions if bool(each.answers) == wanted]
        if some:
            metrics |= {f"{kind}_{name}": value for name, value in _means(some).items()}
    return metrics


def _best_thresholds(
    questions: Sequence[Question], found: Sequence[Prediction], rule: Rule
) -> dict[str, BestThreshold]:
    """By score, the null threshold that is best on these questions."""
    pairs = list(zip(questions, found, strict=True))
    nulls = {question.id: prediction.null_difference for question, prediction in pairs}
    answerable = {question.id: bool(question.answers) for question in questions}
    answered = {
        question.id: rule(prediction.text(), question.answers) for question, prediction in pairs
    }
    return {
        name: best_threshold(
            {question_id: getattr(score, name) for question_id, score in answered.items()},
            nulls,
            answerable,
        )
        for name in ("exact_match", "f1")
    }


def _row(question: Question, prediction: Prediction, given: str, score: Score) -> dict[str, Any]:
    """What the file of predictions says of a question."""
    difference = prediction.null_difference
    return {
        "id": question.id,
        "answer": given,
        "exact_match": score.exact_match,
        "f1": score.f1,
        "null_difference": difference if np.isfinite(difference) else None,
        "answers": [
            {
                "text": answer.text,
                "score": answer.score,
                "passage": question.passages[answer.passage].name or answer.passage,
                "start": answer.place[0],
                "end": answer.place[1],
            }
            for answer in prediction.answers
        ],
    }
