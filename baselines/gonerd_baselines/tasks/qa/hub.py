"""The same questions from datasets of the Hub, whose rows are laid out in other ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gonerd.errors import ConfigError, InputError
from gonerd_baselines.tasks.qa.hotpotqa import Paragraph, question_from_hotpotqa
from gonerd_baselines.tasks.qa.question import Question, without_repeated_ids
from gonerd_baselines.tasks.qa.record import Record
from gonerd_baselines.tasks.qa.squad import question_from_squad
from gonerd_baselines.tasks.qa.triviaqa import questions_from_triviaqa

__all__ = ["HUB_DATASETS", "HubDataset", "read_hub"]


@dataclass(frozen=True, slots=True)
class HubDataset:
    """Where a task's data lies where nobody says."""

    name: str
    config: str | None = None


HUB_DATASETS: Mapping[str, HubDataset] = {
    "squad": HubDataset("rajpurkar/squad"),
    "hotpotqa": HubDataset("hotpotqa/hotpot_qa", "distractor"),
    "triviaqa": HubDataset("mandarjoshi/trivia_qa", "rc.wikipedia"),
}
"""By task. SQuAD 2.0 is rajpurkar/squad_v2, TriviaQA's other domain the configuration rc.web."""


def read_hub(
    task: str,
    *,
    split: str,
    name: str | None = None,
    config: str | None = None,
    revision: str | None = None,
) -> Iterator[Question]:
    """Yield the questions of a dataset's `split`, by the package `datasets`.

    Args:
        task: one of HUB_DATASETS.
        split: train, validation.
        name: a dataset of the same layout, or a folder of its files; None is the usual one.
        config: of the dataset; None is the usual one's where the dataset is the usual one.
        revision: a commit, branch or tag.

    Raises:
        ConfigError: the task is unknown.
        InputError: there is no such dataset, or it can't be reached, or its rows are of another layout.
    """
    if task not in HUB_DATASETS:
        raise ConfigError(f"task {task!r} is unknown; expected one of {', '.join(HUB_DATASETS)}")
    usual = HUB_DATASETS[task]
    name = usual.name if name is None else name
    if name == usual.name and config is None:
        config = usual.config
    where = " ".join(filter(None, (name, config, split)))
    rows = (
        Record(row, f"{where}: row {n}")
        for n, row in enumerate(_rows(name, config, split, revision))
    )
    yield from without_repeated_ids(_questions(task, rows, where, config), where)


def _rows(name: str, config: str | None, split: str, revision: str | None) -> Any:
    from datasets import load_dataset
    from datasets.exceptions import DatasetGenerationError

    local = Path(name).is_dir()
    try:
        return load_dataset(
            str(Path(name).resolve()) if local else name, config, split=split, revision=revision
        )
    # Its own errors derive from those of the system; so do those of the network below it.
    except (OSError, ValueError, DatasetGenerationError) as problem:
        said = str(problem).strip().partition("\n")[0]
        raise InputError(f"{name}: the split {split!r} can't be loaded ({said})") from None


def _questions(
    task: str, rows: Iterator[Record], where: str, config: str | None
) -> Iterator[Question]:
    for row in rows:
        if task == "squad":
            yield _from_squad(row, where)
        elif task == "hotpotqa":
            yield _from_hotpotqa(row, where)
        else:
            yield from _from_triviaqa(row, where, together=config != "rc.web")


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
        row.text("question", filled=True),
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
        row.text("question", filled=True),
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
    """A list of records, which older versions of `datasets` give as a record of lists."""
    if isinstance(row.value.get(key), list):
        return list(row.records(key))
    columns = {name: row.record(key).list(name) for name in row.record(key).value}
    if len({len(column) for column in columns.values()}) > 1:
        raise InputError(f"{row.where}: the columns of {key!r} have several lengths, expected one")
    return [
        Record(dict(zip(columns, values, strict=True)), f"{row.where}: {key}[{place}]")
        for place, values in enumerate(zip(*columns.values(), strict=True))
    ]
