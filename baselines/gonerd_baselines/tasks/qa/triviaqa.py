"""TriviaQA's JSON with its evidence (arXiv 1705.03551): answers by alias, places by distant supervision.

In the domain Wikipedia a question has one answer from all of its documents; in the domain Web each pair of
a question and a document is answered, under the id QUESTION--FILE, as its official evaluation has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from gonerd.errors import InputError
from gonerd.files import read_bytes, read_json
from gonerd_baselines.tasks.qa.occurrences import occurrences
from gonerd_baselines.tasks.qa.question import Passage, Question, without_repeated_ids
from gonerd_baselines.tasks.qa.record import Record

__all__ = ["DOMAINS", "PLACES", "evidence_of", "questions_from_triviaqa", "read_triviaqa"]

DOMAINS = ("Wikipedia", "Web")
PLACES = 64
"""Of an alias in one document, the first so many are kept: windows behind them count as without answer."""

_SOURCES = {"EntityPages": "wikipedia", "SearchResults": "web"}
"""The lists of documents, and the folder of each in the evidence."""


def evidence_of(path: Path) -> Path:
    """The folder `evidence` beside the file of questions, or beside its folder, as TriviaQA packs it.

    Raises:
        InputError: there is none.
    """
    beside = path.absolute().parent
    for folder in (beside / "evidence", beside.parent / "evidence"):
        if folder.is_dir():
            return folder
    raise InputError(
        f"{path}: its documents are missing, expected the folder {beside / 'evidence'} "
        f"or {beside.parent / 'evidence'} with wikipedia and web"
    )


def read_triviaqa(path: Path, *, evidence: Path | None = None) -> Iterator[Question]:
    """Yield the questions of a file, .json or compressed; in one for the verified evaluation, those alone.

    Args:
        path: the file of questions.
        evidence: the folder with `wikipedia` and `web`; None is `evidence_of`.

    Raises:
        InputError: the file or one of the documents is missing or broken, or a question is not as
            TriviaQA has it.
    """
    yield from without_repeated_ids(
        _questions(path, evidence_of(path) if evidence is None else evidence), str(path)
    )


def _questions(path: Path, evidence: Path) -> Iterator[Question]:
    whole = Record(read_json(path), str(path))
    domain = whole.text("Domain")
    if domain not in DOMAINS:
        raise InputError(f"{path}: 'Domain' is {domain!r}, expected {' or '.join(DOMAINS)}")
    verified = whole.flag("VerifiedEval")
    for record in whole.records("Data"):
        question_id = record.text("QuestionId", filled=True)
        record.where = f"{path}: question {question_id!r}"
        if verified and not record.flag("QuestionPartOfVerifiedEval"):
            continue
        documents = []
        for key, folder in _SOURCES.items():
            for page in record.records(key) if key in record else ():
                if verified and domain == "Wikipedia" and not page.flag("DocPartOfVerifiedEval"):
                    continue
                name = page.text("Filename", filled=True)
                documents.append((name, _document(evidence / folder / name, record.where)))
        answer = record.record("Answer")
        yield from questions_from_triviaqa(
            question_id,
            record.text("Question"),
            documents,
            aliases=_aliases(answer),
            gold=_gold(answer),
            together=domain == "Wikipedia",
            where=record.where,
        )


def _document(path: Path, where: str) -> str:
    if not path.is_file():
        raise InputError(f"{where}: its evidence {path} is missing")
    data = read_bytes(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InputError(
            f"{where}: its evidence {path} is not UTF-8 at byte {problem.start}"
        ) from None


def _aliases(answer: Record) -> tuple[str, ...]:
    """What an annotator would mark: the answer, its aliases, and both as they were normalized."""
    said = (answer.text("Value"), *answer.texts("Aliases"), *answer.texts("NormalizedAliases"))
    return tuple(dict.fromkeys(alias for alias in said if alias.strip()))


def _gold(answer: Record) -> tuple[str, ...]:
    """What the official evaluation compares with."""
    humans = answer.texts("HumanAnswers") if "HumanAnswers" in answer else ()
    gold = (*answer.texts("NormalizedAliases"), *humans)
    if not gold:
        raise InputError(f"{answer.where} has no 'NormalizedAliases', expected one or more")
    return tuple(dict.fromkeys(gold))


def questions_from_triviaqa(
    question_id: str,
    question: str,
    documents: Sequence[tuple[str, str]],
    *,
    aliases: Sequence[str],
    gold: Sequence[str],
    together: bool,
    where: str,
) -> Iterator[Question]:
    """Yield one question with all `documents` (name, text) `together`, or one for each of them.

    The places of an answer are those of its aliases as whole words, in capitals or not, from the first on.
    A document that is named twice counts once.

    Raises:
        InputError: there is no document.
    """
    if not documents:
        raise InputError(f"{where} has no document, expected one in EntityPages or SearchResults")
    passages = tuple(
        Passage(text, occurrences(text, aliases, ignore_case=True, at_most=PLACES), name=name)
        for name, text in dict(documents).items()
    )
    if together:
        yield Question(question_id, question.lstrip(), passages, tuple(gold))
        return
    for passage in passages:
        yield Question(f"{question_id}--{passage.name}", question.lstrip(), (passage,), tuple(gold))
