"""The same questions from datasets of the Hub, or folders like them: Parquet in another layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gonerd.dataset.hub import hub_folder, repository_of
from gonerd.errors import InputError
from gonerd_baselines.tasks.qa.hotpotqa import Paragraph, question_from_hotpotqa
from gonerd_baselines.tasks.qa.question import Question, without_repeated_ids
from gonerd_baselines.tasks.qa.record import Record
from gonerd_baselines.tasks.qa.squad import question_from_squad
from gonerd_baselines.tasks.qa.triviaqa import questions_from_triviaqa

__all__ = ["HUB_DATASETS", "copy_in", "copy_on_hub", "read_copy"]

HUB_DATASETS: Mapping[str, str] = {
    "squad": "rajpurkar/squad",
    "hotpotqa": "hotpotqa/hotpot_qa",
    "triviaqa": "mandarjoshi/trivia_qa",
}
"""By task, the dataset that is taken where nobody names one."""

CONFIGURATIONS: Mapping[str, str] = {
    "rajpurkar/squad": "plain_text",
    "rajpurkar/squad_v2": "squad_v2",
    "hotpotqa/hotpot_qa": "distractor",
    "mandarjoshi/trivia_qa": "rc.wikipedia",
}
"""The usual one of a dataset: its files lie in a folder of this name."""

WEB = "rc.web"
"""The configuration of TriviaQA whose documents are answered each by itself."""


def copy_on_hub(name: str, *, configuration: str | None = None) -> Path:
    """The cached folder of a dataset NAMESPACE/NAME[@REVISION], whose own folder is named by its revision.

    Raises:
        InputError: there is no such dataset, it can't be reached, or it has no such files.
    """
    inner = configuration or CONFIGURATIONS.get(repository_of(name), "data")
    folder = hub_folder(name, patterns=[f"{inner}/*.parquet"]) / inner
    if not _files(folder, "train"):
        raise InputError(f"{name} has no {inner}/train-*.parquet; name its folder: {name}:FOLDER")
    return folder


def copy_in(folder: Path) -> Path | None:
    """Where in `folder` such a copy lies: in it, or in a folder named by a usual configuration."""
    for inner in ("", *CONFIGURATIONS.values(), WEB):
        if _files(folder / inner, "train"):
            return folder / inner
    return None


def read_copy(task: str, folder: Path, split: str) -> Iterator[Question]:
    """Yield the questions of `split`, train or validation, as the usual dataset of `task` lays them out.

    Raises:
        InputError: a file is missing or broken, or its rows are of another layout.
    """
    paths = _files(folder, split)
    if not paths:
        raise InputError(f"{folder} has no {split}-*.parquet")
    where = f"{folder.name} {split}"
    rows = (Record(row, f"{where}: row {number}") for number, row in enumerate(_rows(paths)))
    yield from without_repeated_ids(_questions(task, rows, where, folder.name != WEB), where)


def _files(folder: Path, split: str) -> list[Path]:
    return sorted(folder.glob(f"{split}-*.parquet"))


def _rows(paths: list[Path]) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in paths:
        try:
            with pq.ParquetFile(path) as source:
                for batch in source.iter_batches(256):
                    yield from batch.to_pylist()
        except pa.ArrowInvalid as problem:
            raise InputError(f"{path} is no Parquet file that can be read: {problem}") from None


def _questions(task: str, rows: Iterator[Record], where: str, together: bool) -> Iterator[Question]:
    for row in rows:
        if task == "squad":
            yield _from_squad(row, where)
        elif task == "hotpotqa":
            yield _from_hotpotqa(row, where)
        else:
            yield from _from_triviaqa(row, where, together=together)


def _from_squad(row: Record, where: str) -> Question:
    answers = _records(row, "answers")
    values = {
        **row.value,
        "answers": [each.value for each in answers],
        "is_impossible": not answers,
    }
    return question_from_squad(
        Record(values, row.where), row.text("context", filled=True), file=where
    )


def _from_hotpotqa(row: Record, where: str) -> Question:
    question_id = row.text("id", filled=True)
    row.where = f"{where}: question {question_id!r}"
    return question_from_hotpotqa(
        question_id,
        row.text("question"),
        row.text("answer", filled=True),
        [Paragraph(p.text("title"), p.texts("sentences")) for p in _records(row, "context")],
        [
            (fact.text("title"), fact.number("sent_id"))
            for fact in _records(row, "supporting_facts")
        ],
        where=row.where,
    )


def _from_triviaqa(row: Record, where: str, *, together: bool) -> Iterator[Question]:
    question_id = row.text("question_id", filled=True)
    row.where = f"{where}: question {question_id!r}"
    answer = row.record("answer")
    gold = answer.texts("normalized_aliases")
    if not gold:
        raise InputError(f"{answer.where} has no 'normalized_aliases', expected one or more")
    yield from questions_from_triviaqa(
        question_id,
        row.text("question"),
        [
            (page.text("filename"), page.text(text))
            for key, text in (
                ("entity_pages", "wiki_context"),
                ("search_results", "search_context"),
            )
            for page in (_records(row, key) if key in row else ())
        ],
        aliases=(answer.text("value"), *answer.texts("aliases"), *gold),
        gold=gold,
        together=together,
        where=row.where,
    )


def _records(row: Record, key: str) -> list[Record]:
    """A list of records, which the Hub's Parquet holds as a record of lists."""
    if isinstance(row.value.get(key), list):
        return list(row.records(key))
    columns = {name: row.record(key).list(name) for name in row.record(key).value}
    if len({len(column) for column in columns.values()}) > 1:
        raise InputError(f"{row.where}: the columns of {key!r} have several lengths, expected one")
    return [
        Record(dict(zip(columns, values, strict=True)), f"{row.where}: {key}[{place}]")
        for place, values in enumerate(zip(*columns.values(), strict=True))
    ]
