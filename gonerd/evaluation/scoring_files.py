"""One file's predictions scored against another's gold, a document at a time."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from gonerd.console import track
from gonerd.corpora import Format
from gonerd.dataset.card import SYNTHETIC_NOTICE
from gonerd.dataset.loading import load
from gonerd.dataset.places import is_corpus_file
from gonerd.errors import ConfigError
from gonerd.evaluation.answers import answers_in, gold_in, is_synthetic
from gonerd.evaluation.error_page import ErrorPage
from gonerd.evaluation.surveying import seen_in_training
from gonerd.labels import LABELS
from gonerd.schemes import Scheme, TagRepairs
from gonerd.scoring import Scorer, seen_forms
from gonerd.scoring.seen import Form

__all__ = ["Scored", "score_files"]

TRAIN = "train"


@dataclass(frozen=True, slots=True)
class Scored:
    """What `score_files` gives."""

    scores: dict[str, Any]
    """The `scores` object of a result."""
    errors: ErrorPage | None
    clean: dict[str, Any] | None
    """The same of the documents that are not to be left out; None where none is."""
    failures: int
    """Documents to which the model gave no answer: their gold is missed."""
    notice: str | None
    """What must be said beside the figures, where texts are invented."""


def score_files(
    gold: str,
    predicted: str,
    *,
    split: str | None = None,
    form: Format = "auto",
    scheme: Scheme = "iob2",
    repairs: TagRepairs | None = None,
    seen_in: str | None = None,
    seen: bool | None = None,
    paper: bool = True,
    errors: bool = False,
    without: Container[str] | None = None,
    replicates: int = 2000,
    seed: int = 0,
) -> Scored:
    """Score `predicted` against `gold`; in memory are counts, ids and the page of errors, never all texts.

    With `without`, ids of documents, all is scored a second time without them.

    What was seen in training is told if `seen`; if that is None, where `gonerd eval` tells it: for a
    dataset's split beside its train split.

    Raises:
        InputError: there is no such file, dataset or split, or no gold in it.
        SchemaError: documents are missing, left over or doubled, or their texts differ.
        ConfigError: `seen` is asked for, and nothing says what was seen.
    """
    is_dataset = form == "auto" and not is_corpus_file(gold)
    forms: Container[Form] | None = None
    if seen or seen_in:
        forms = _seen(gold if is_dataset else None, seen_in)
    elif seen is None and is_dataset:
        forms = seen_in_training(gold, split or "test")
    scorer = Scorer(forms, LABELS if is_dataset else (), paper="seqeval" if paper else None)
    clean = Scorer(forms, LABELS if is_dataset else (), paper=None) if without is not None else None
    page = ErrorPage() if errors else None
    answers = answers_in(
        predicted, split=split, form=form, scheme=scheme, repairs=repairs, gold=gold
    )
    documents = gold_in(gold, split=split, form=form, scheme=scheme)
    synthetic = False
    for document in track(documents, "scoring"):
        synthetic = synthetic or is_synthetic(document)
        found = answers.of(document)
        scorer.add(document, found)
        if clean is not None and without is not None and document.id not in without:
            clean.add(document, found)
        if page is not None:
            page.add(document, found)
    answers.require_no_more()
    scores = scorer.scores(seed=seed, replicates=replicates)
    return Scored(
        scores=scores,
        errors=page,
        clean=clean.scores(seed=seed, replicates=replicates) if clean is not None else None,
        failures=answers.failures,
        notice=SYNTHETIC_NOTICE if synthetic else None,
    )


def _seen(dataset: str | None, seen_in: str | None) -> frozenset[Form]:
    """The forms of the dataset or file `seen_in`, else of the train split of `dataset`."""
    if seen_in is not None:
        place = load(seen_in)
        split = TRAIN if TRAIN in place.splits else "all"
        documents = gold_in(seen_in, window=False) if not place.splits else place.documents(split)
        return seen_forms(documents)
    if dataset is None:
        raise ConfigError(
            "GOLD is a file without a train split: name what was seen with --seen-in for --by seen"
        )
    return seen_forms(load(dataset).documents(TRAIN))
