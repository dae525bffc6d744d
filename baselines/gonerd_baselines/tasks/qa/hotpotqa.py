"""HotpotQA's JSON in the distractor setting (arXiv 1809.09600): ten paragraphs, two of which are needed.

The passage of a question begins with the words "yes no", which are the answers of the questions that ask for
one; each window of a long passage shows them again. Behind them stands each paragraph, its title before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gonerd.errors import InputError
from gonerd.files import read_json
from gonerd_baselines.tasks.qa.occurrences import occurrences
from gonerd_baselines.tasks.qa.question import Passage, Place, Question, without_repeated_ids
from gonerd_baselines.tasks.qa.record import Record, shown

__all__ = ["YES_OR_NO", "Paragraph", "question_from_hotpotqa", "read_hotpotqa"]

YES_OR_NO = "yes no"
PINNED = ((0, 3), (4, 6))
"""Where the two stand in it."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """As HotpotQA has it: the sentences bring their blanks."""

    title: str
    sentences: tuple[str, ...]


def read_hotpotqa(path: Path) -> Iterator[Question]:
    """Yield the questions of a file, .json or compressed.

    Raises:
        InputError: the file is missing or broken, or a question is not as HotpotQA has it.
    """
    value = read_json(path)
    if not isinstance(value, list):
        raise InputError(f"{path} is {shown(value)}, expected a list of questions")
    records = (Record(each, f"{path}: question {number}") for number, each in enumerate(value))
    yield from without_repeated_ids((_question(each, str(path)) for each in records), str(path))


def _question(record: Record, file: str) -> Question:
    question_id = record.text("_id", filled=True)
    record.where = f"{file}: question {question_id!r}"
    paragraphs = []
    for place, pair in enumerate(record.list("context")):
        match pair:
            case [str(title), [*sentences]] if all(isinstance(each, str) for each in sentences):
                paragraphs.append(Paragraph(title, tuple(sentences)))
            case _:
                raise InputError(
                    f"{record.where}: context[{place}] is {shown(pair)}, expected [title, [sentence, ...]]"
                )
    facts = []
    for place, pair in enumerate(record.list("supporting_facts")):
        match pair:
            case [str(title), int(sentence)]:
                facts.append((title, sentence))
            case _:
                raise InputError(
                    f"{record.where}: supporting_facts[{place}] is {shown(pair)}, "
                    "expected [title, number of a sentence]"
                )
    return question_from_hotpotqa(
        question_id,
        record.text("question"),
        record.text("answer", filled=True),
        paragraphs,
        facts,
        where=record.where,
    )


def question_from_hotpotqa(
    question_id: str,
    question: str,
    answer: str,
    paragraphs: Sequence[Paragraph],
    facts: Collection[tuple[str, int]],
    *,
    where: str,
) -> Question:
    """The answer is looked for in the supporting sentences, then in their titles, then in all paragraphs.

    It counts as a whole word before it counts as a part of one; nowhere, and the passage has no place of it.
    Facts beyond a paragraph's last sentence, of which HotpotQA has some, support nothing.

    Raises:
        InputError: there is no paragraph.
    """
    if not paragraphs:
        raise InputError(f"{where} has no paragraph in its context, expected one or more")
    parts = [YES_OR_NO]
    length = len(YES_OR_NO)
    supporting: list[Place] = []
    titles: list[Place] = []
    numbers: dict[str, set[int]] = {}
    for title, sentence in facts:
        numbers.setdefault(title, set()).add(sentence)
    for paragraph in paragraphs:
        for number, part in enumerate(("\n", paragraph.title, "\n", *paragraph.sentences)):
            sentence = number - 3
            if sentence in numbers.get(paragraph.title, ()):
                supporting.append((length, length + len(part)))
            if number == 1 and paragraph.title in numbers:
                titles.append((length, length + len(part)))
            parts.append(part)
            length += len(part)
    text = "".join(parts)
    places: tuple[Place, ...]
    words = YES_OR_NO.split()
    if answer.strip().lower() in words:
        places = (PINNED[words.index(answer.strip().lower())],)
    else:
        everything = ((len(YES_OR_NO), len(text)),)
        places = _located(text, answer, (supporting, titles, everything))
    passage = Passage(text, places, pinned=PINNED)
    return Question(question_id, question.lstrip(), (passage,), (answer,))


def _located(text: str, answer: str, by_rank: Sequence[Sequence[Place]]) -> tuple[Place, ...]:
    for whole_words in (True, False):
        for regions in by_rank:
            found = tuple(
                (begin + start, begin + end)
                for begin, stop in regions
                for start, end in occurrences(text[begin:stop], (answer,), whole_words=whole_words)
            )
            if found:
                return found
    return ()
