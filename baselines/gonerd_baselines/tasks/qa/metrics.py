"""Exact match and F1 as the official evaluations define them, each by its own rules.

| rule | re-implemented from |
|---|---|
| `SQUAD_1` | evaluate-v1.1.py of SQuAD (arXiv 1606.05250) |
| `SQUAD_2` | evaluate-v2.0.py of SQuAD (arXiv 1806.03822) |
| `HOTPOTQA` | hotpot_evaluate_v1.py, the answer's part (github.com/hotpotqa/hotpot) |
| `TRIVIAQA` | evaluation/triviaqa_evaluation.py (github.com/mandarjoshi90/triviaqa) |

All lower the case, and leave out English articles, punctuation and needless blanks. Scores are from 0 to 1.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gonerd.errors import InputError

__all__ = [
    "HOTPOTQA",
    "SQUAD_1",
    "SQUAD_2",
    "TRIVIAQA",
    "BestThreshold",
    "Rule",
    "Score",
    "best_threshold",
    "scores",
]

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_DROPPED = str.maketrans("", "", string.punctuation)
_BLANKED = str.maketrans(dict.fromkeys(string.punctuation + "‘’´`", " "))


@dataclass(frozen=True, slots=True)
class Score:
    """Of one answer."""

    exact_match: float
    """0 or 1."""
    f1: float
    """Of the words that answer and truth have in common, each as often as it comes in both."""


def squad_words(text: str) -> list[str]:
    """Signs go without a trace: "U.S." is us."""
    return _ARTICLES.sub(" ", text.lower().translate(_DROPPED)).split()


def triviaqa_words(text: str) -> list[str]:
    """Signs, underscores and typographic quotes become blanks: "U.S." is u s."""
    return _ARTICLES.sub(" ", text.lower().translate(_BLANKED)).split()


def _f1(predicted: Sequence[str], true: Sequence[str]) -> float:
    same = (Counter(predicted) & Counter(true)).total()
    if not same:
        return 0.0
    precision, recall = same / len(predicted), same / len(true)
    return 2 * precision * recall / (precision + recall)


def _f1_or_none(predicted: Sequence[str], true: Sequence[str]) -> float:
    """Where one says nothing, the other has to say nothing, too."""
    return _f1(predicted, true) if predicted and true else float(predicted == true)


def _f1_or_yes_no(predicted: Sequence[str], true: Sequence[str]) -> float:
    """A word in common is worth nothing where one of the two is just yes, no or noanswer."""
    alone = (["yes"], ["no"], ["noanswer"])
    if predicted != true and (predicted in alone or true in alone):
        return 0.0
    return _f1(predicted, true)


@dataclass(frozen=True, slots=True)
class Rule:
    """How one dataset compares an answer with those that are right."""

    name: str
    words: Callable[[str], list[str]]
    f1: Callable[[Sequence[str], Sequence[str]], float]
    none_is_an_answer: bool = False
    """Where a question has no answer, to give none is right; answers without a word are no answers."""

    def __call__(self, prediction: str, answers: Sequence[str]) -> Score:
        """The best over `answers`, of exact match and of F1 by itself.

        Raises:
            InputError: there are none, and none is no answer.
        """
        true = [self.words(answer) for answer in answers]
        if self.none_is_an_answer:
            true = [words for words in true if words] or [[]]
        if not true:
            raise InputError(f"a question without an answer can't be scored by {self.name}")
        predicted = self.words(prediction)
        return Score(float(predicted in true), max(self.f1(predicted, each) for each in true))


SQUAD_1 = Rule("SQuAD 1.1", squad_words, _f1)
SQUAD_2 = Rule("SQuAD 2.0", squad_words, _f1_or_none, none_is_an_answer=True)
HOTPOTQA = Rule("HotpotQA", squad_words, _f1_or_yes_no)
TRIVIAQA = Rule("TriviaQA", triviaqa_words, _f1)


def scores(
    rule: Rule, answers: Mapping[str, Sequence[str]], predictions: Mapping[str, str]
) -> dict[str, Score]:
    """One for each question of `answers`, all by its id.

    Raises:
        InputError: a question has no prediction.
    """
    for question_id in answers:
        if question_id not in predictions:
            raise InputError(
                f"question {question_id!r} has no prediction, expected one for each question"
            )
    return {
        question_id: rule(predictions[question_id], true) for question_id, true in answers.items()
    }


@dataclass(frozen=True, slots=True)
class BestThreshold:
    """The threshold of "no answer" by which a score is highest."""

    score: float
    """The mean over all questions, were it chosen."""
    threshold: float | None
    """A question whose null score is above it gets no answer; None where no question is to get one."""


def best_threshold(
    answered: Mapping[str, float], nulls: Mapping[str, float], answerable: Mapping[str, bool]
) -> BestThreshold:
    """As evaluate-v2.0.py looks for it, in O(n log n).

    Args:
        answered: by question, its exact match or F1 if it is given the best answer there is.
        nulls: how much more than that answer the model believes in none.
        answerable: whether there is an answer. Giving one where there is none costs a right one.
    """
    score = best = float(sum(not each for each in answerable.values()))
    threshold = None
    for question_id in sorted(nulls, key=lambda question_id: nulls[question_id]):
        score += answered[question_id] if answerable[question_id] else -1.0
        if score > best:
            best, threshold = score, nulls[question_id]
    return BestThreshold(best / len(answerable), threshold)
