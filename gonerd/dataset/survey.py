"""The statistics of one dataset and of its splits, wherever it lies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from gonerd.align import MisalignedPolicy, Misalignment, fit_to_tokens
from gonerd.corpora import Format, is_brat_folder, read_corpus
from gonerd.dataset.card import FACTS_FILE
from gonerd.dataset.density import length_curves
from gonerd.dataset.loading import load
from gonerd.dataset.mentions import Mentions
from gonerd.dataset.paper import PaperColumn
from gonerd.dataset.places import SAMPLE, is_corpus_file
from gonerd.dataset.statistics import Statistics, SubwordCounter, Unit, statistics_of
from gonerd.dataset.subwords import SubwordTokenizer
from gonerd.dataset.summary import seen_json, statistics_json
from gonerd.errors import InputError
from gonerd.schema import Document
from gonerd.schemes import Scheme
from gonerd.tokens import forget_words

__all__ = [
    "TRAIN",
    "Reference",
    "Survey",
    "datasets_in",
    "named_apart",
    "reference_of",
    "survey_dataset",
    "survey_json",
]

TRAIN = "train"
"""The split against which the others' mentions are seen or unseen."""
CURVE_POINTS = 100
CORPUS_ENDINGS = (
    ".jsonl",
    ".ndjson",
    ".conll",
    ".conll03",
    ".bio",
    ".iob",
    ".iob2",
    ".tsv",
    ".spacy",
)
"""What counts as a corpus where a whole folder is named."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A dataset counted: as a whole, and by split where it has some."""

    name: str
    whole: Statistics
    splits: Mapping[str, Statistics]
    misaligned: tuple[Misalignment, ...] = ()
    """Entities of a corpus file that had to be moved or dropped to be counted."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The mentions against which others are seen or unseen, and what they are called."""

    name: str
    mentions: Mentions


def survey_dataset(
    dataset: str | Path,
    *,
    form: Format = "auto",
    scheme: Scheme = "iob2",
    on_misaligned: MisalignedPolicy = "error",
    unit: Unit = "document",
    subwords: SubwordCounter | None = None,
) -> Survey:
    """Count a dataset that `gonerd.load` opens, or a corpus file, one document at a time.

    A file may have any labels and no splits; its entities are fitted to tokens by `on_misaligned`.

    Raises:
        InputError: there is no such dataset, or it holds no documents.
        AlignmentError: with `error`, an entity of a file does not fit its tokens.
    """
    path = Path(dataset)
    if not is_corpus_file(dataset):
        opened = load(dataset)
        splits = {
            name: statistics_of(opened.documents(name), unit=unit, subwords=subwords)
            for name in opened.splits
        }
        whole = reduce(add, splits.values(), Statistics(unit=unit))
        return Survey(opened.facts.name, whole, splits)
    changes: list[Misalignment] = []
    documents = read_corpus(dataset, form=form, scheme=scheme)
    fitted = _fitted(documents, on_misaligned, changes)
    whole = statistics_of(fitted, unit=unit, subwords=subwords)
    return Survey(_name(path), whole, {}, tuple(changes))


def datasets_in(place: str) -> list[str]:
    """The datasets that `place` names: itself, or each corpus file of a folder that is no dataset.

    Raises:
        InputError: it is a folder that holds neither.
    """
    folder = Path(place)
    if place == SAMPLE or not folder.is_dir() or (folder / FACTS_FILE).exists():
        return [place]
    files = [str(path) for path in sorted(folder.iterdir()) if _ending(path) in CORPUS_ENDINGS]
    if not files and is_brat_folder(folder):
        return [place]
    if not files:
        raise InputError(
            f"{place} holds no {FACTS_FILE} and no corpus files; expected a dataset that 'gonerd build' "
            f"wrote, or files that end in {', '.join(CORPUS_ENDINGS)}"
        )
    return files


def reference_of(survey: Survey) -> Reference:
    """What mentions are compared with: the split `train`, or all where there is none."""
    if TRAIN in survey.splits:
        name = f"{survey.name}/{TRAIN}"
        return Reference(name, survey.splits[TRAIN].mentions)
    return Reference(survey.name, survey.whole.mentions)


def named_apart(surveys: Sequence[Survey], places: Sequence[str | Path]) -> list[Survey]:
    """The same surveys; those that share a name go by the place that each was read from."""
    shared = Counter(survey.name for survey in surveys)
    return [
        replace(survey, name=str(place)) if shared[survey.name] > 1 else survey
        for survey, place in zip(surveys, places, strict=True)
    ]


def survey_json(
    surveys: Sequence[Survey],
    *,
    tokenizer: SubwordTokenizer | None = None,
    reference: Reference | None = None,
    paper: Sequence[PaperColumn] = (),
    top_domains: int | None = 10,
) -> dict[str, Any]:
    """Several surveys as one JSON object, with the paper's printed figures where they are wanted.

    `length_density` has the curves of Figure 1. Where all have one unit, `all` holds the sum of several.
    Splits beside a `train` have `seen`, the share of their mentions that `train` has; with `reference`,
    each dataset has it against that one.
    """
    columns = [(survey.name, survey.whole) for survey in surveys if survey.whole.unit_lengths]
    result: dict[str, Any] = {
        "tokenizer": None if tokenizer is None else tokenizer.as_json(),
        "datasets": [_survey_json(survey, reference, top_domains) for survey in surveys],
        "length_density": length_curves(columns, points=CURVE_POINTS).as_json()
        if columns
        else None,
    }
    if len(surveys) > 1 and len({survey.whole.unit for survey in surveys}) == 1:
        whole = reduce(add, (survey.whole for survey in surveys))
        result["all"] = statistics_json(whole, top_domains=top_domains)
    if paper:
        result["paper"] = [column.as_json() for column in paper]
    return result


def _survey_json(
    survey: Survey, reference: Reference | None, top_domains: int | None
) -> dict[str, Any]:
    result = {
        "name": survey.name,
        **statistics_json(survey.whole, top_domains=top_domains),
        "misaligned": len(survey.misaligned),
        "splits": {
            split: statistics_json(statistics, top_domains=top_domains)
            for split, statistics in survey.splits.items()
        },
    }
    if reference is not None:
        result["seen"] = _seen_json(survey.whole, reference)
    if TRAIN in survey.splits:
        train = reference_of(survey)
        for split, statistics in survey.splits.items():
            if split != TRAIN:
                result["splits"][split]["seen"] = _seen_json(statistics, train)
    return result


def _seen_json(statistics: Statistics, reference: Reference) -> dict[str, Any]:
    seen = seen_json(statistics.mentions, reference.mentions, labels=statistics.labels())
    return {"in": reference.name, **seen}


def _ending(path: Path) -> str:
    plain = path.with_suffix("") if path.suffix in (".gz", ".zst") else path
    return plain.suffix


def _name(path: Path) -> str:
    """The file's name without the endings that tell its form; a full stop within it stays."""
    if str(path) == "-":
        return "stdin"
    plain = path.with_suffix("") if path.suffix in (".gz", ".zst") else path
    return plain.stem or str(path)


def _fitted(
    documents: Iterable[Document], on_misaligned: MisalignedPolicy, changes: list[Misalignment]
) -> Iterator[Document]:
    for document in documents:
        fitted, changed = fit_to_tokens(document, on_misaligned=on_misaligned)
        changes.extend(changed)
        forget_words()
        yield fitted
