from __future__ import annotations

import numpy as np
import pytest

from gonerd_baselines.tasks.qa.answering import WindowText, predictions
from gonerd_baselines.tasks.qa.question import Passage, Question

TEXT = "one two three four"
STARTS = np.array([0, 4, 8, 14], np.int32)
ENDS = np.array([3, 7, 13, 18], np.int32)
QUESTION = Question("q", "?", (Passage(TEXT), Passage("other")), ("two",))


def text_of(first: int, last: int, *, passage: int = 0, question: int = 0) -> WindowText:
    """A window of three tokens before the text, and one behind it."""
    shown = slice(first, last + 1)
    return WindowText(
        question, passage, 3, STARTS[shown], ENDS[shown], np.zeros(last - first + 1, np.int8)
    )


def logits(begins: list[float], ends: list[float], *, null: float = 0.0) -> np.ndarray:
    made = np.zeros((len(begins) + 4, 2), np.float32)
    made[0] = null / 2
    made[1:3] = made[-1] = 99  # the question and its signs are no answer, whatever their scores
    made[3:-1, 0], made[3:-1, 1] = begins, ends
    return made


def test_an_answer_is_cut_from_the_text_by_its_offsets() -> None:
    (found,) = predictions(
        [QUESTION], [text_of(0, 3)], [logits([0, 5, 0, 0], [0, 0, 4, 0])], longest=4, kept=2
    )
    assert found.text() == "two three"
    assert found.answers[0].place == (4, 13)
    assert found.answers[0].score == 9
    assert len(found.answers) == 2


def test_an_answer_longer_than_may_be_is_not_given() -> None:
    scores = logits([5, 0, 0, 1], [0, 0, 5, 0])
    (found,) = predictions([QUESTION], [text_of(0, 3)], [scores], longest=2, kept=1)
    assert found.text() in ("one", "one two", "two three", "three")
    assert found.answers[0].score == 5
    (found,) = predictions([QUESTION], [text_of(0, 3)], [scores], longest=3, kept=1)
    assert found.text() == "one two three"


def test_of_a_question_in_several_windows_the_best_answer_counts_and_none_comes_twice() -> None:
    windows = [text_of(0, 2), text_of(1, 3)]
    scores = [logits([0, 2, 1], [0, 2, 1], null=3), logits([3, 0, 0], [3, 0, 1], null=1)]
    (found,) = predictions([QUESTION], windows, scores, longest=1, kept=9)
    said = [(answer.text, answer.score) for answer in found.answers]
    assert said == [("two", 6), ("three", 2), ("four", 1), ("one", 0)]
    assert found.null == 1
    assert found.null_difference == -5


def test_no_answer_is_given_above_the_threshold_alone() -> None:
    (found,) = predictions(
        [QUESTION], [text_of(0, 1)], [logits([2, 0], [2, 0], null=5)], longest=2, kept=1
    )
    assert found.null_difference == 1
    assert found.text() == "one"
    assert found.text(null_threshold=1.0) == "one"
    assert found.text(null_threshold=0.9) == ""


def test_the_best_of_all_passages_is_the_answer_and_tells_its_passage() -> None:
    other = Question("r", "?", (Passage(TEXT), Passage(TEXT)), ())
    windows = [text_of(0, 1), text_of(0, 1, question=1), text_of(2, 3, question=1, passage=1)]
    scores = [logits([1, 0], [1, 0]), logits([1, 0], [1, 0]), logits([0, 4], [0, 0])]
    first, second = predictions([QUESTION, other], windows, scores, longest=1, kept=1)
    assert (first.text(), first.answers[0].passage) == ("one", 0)
    assert (second.text(), second.answers[0].passage) == ("four", 1)


def test_a_question_without_a_window_gets_no_answer() -> None:
    (found,) = predictions([QUESTION], [], [], longest=1, kept=1)
    assert (found.text(), found.answers) == ("", ())
    assert found.text(null_threshold=0.0) == ""


def test_windows_and_logits_have_to_be_as_many() -> None:
    with pytest.raises(ValueError, match="zip"):
        predictions([QUESTION], [text_of(0, 1)], [], longest=1, kept=1)
