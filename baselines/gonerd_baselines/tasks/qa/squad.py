"""SQuAD's JSON, 1.1 and 2.0 (arXiv 1606.05250, 1806.03822), and all that is written in its form, as XQuAD."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gonerd.errors import InputError
from gonerd.files import read_json
from gonerd_baselines.tasks.qa.question import Passage, Question, without_repeated_ids
from gonerd_baselines.tasks.qa.record import Record, shown

__all__ = ["question_from_squad", "read_squad"]


def read_squad(path: Path) -> Iterator[Question]:
    """Yield the questions of a file, .json or compressed, those of a paragraph one after another.

    Raises:
        InputError: the file is missing or broken, or a question is not as SQuAD has it.
    """
    yield from without_repeated_ids(_questions(path), str(path))


def _questions(path: Path) -> Iterator[Question]:
    for article in Record(read_json(path), str(path)).records("data"):
        for paragraph in article.records("paragraphs"):
            context = paragraph.text("context", filled=True)
            for record in paragraph.records("qas"):
                yield question_from_squad(record, context, file=str(path))


def question_from_squad(record: Record, context: str, *, file: str) -> Question:
    """One of the `qas` of the paragraph `context`; white space before a question is left out.

    Raises:
        InputError: an answer is not in the context where it is said to begin, or there is none in a
            question that does not say `is_impossible`.
    """
    question_id = record.text("id", filled=True)
    record.where = f"{file}: question {question_id!r}"
    answers = record.records("answers")
    impossible = record.flag("is_impossible")
    if impossible and answers:
        raise InputError(
            f"{record.where} is impossible and has {len(answers)} answers, expected none"
        )
    if not impossible and not answers:
        raise InputError(f"{record.where} has no answer, expected one, or is_impossible true")
    places, texts = [], []
    for answer in answers:
        text, start = answer.text("text", filled=True), answer.number("answer_start")
        found = context[max(start, 0) : max(start, 0) + len(text)]
        if start < 0 or found != text:
            raise InputError(
                f"{answer.where} is {shown(text)} at character {start}, the context has {shown(found)} there"
            )
        # What counts for a place are its words: a few answers begin or end in a blank.
        begin = start + len(text) - len(text.lstrip())
        places.append((begin, begin + len(text.strip())))
        texts.append(text)
    passage = Passage(context, tuple(dict.fromkeys(places)))
    return Question(question_id, record.text("question").lstrip(), (passage,), tuple(texts))
