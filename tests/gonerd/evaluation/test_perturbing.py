from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd import Document, Entity
from gonerd.adapters import Prediction
from gonerd.align import tags_from_entities
from gonerd.dataset import documents_of
from gonerd.errors import ConfigError
from gonerd.evaluation import evaluate_model
from gonerd.evaluation.perturbing import (
    KINDS,
    UNPLACED,
    Perturbation,
    Perturbed,
    perturbation_from_argument,
    perturbed,
)
from gonerd.scoring.counts import exact_match
from tests.gonerd.evaluation.models import Knowing, built
from tests.strategies import tokenized_documents

NEWS = Document(
    id="news",
    text="Ada Marlow met J. Okoro in Port Ellery. Marlow and Okoro left; ADA MARLOW did not. 34 men.",
    entities=(
        Entity(0, 10, "PER"),
        Entity(15, 23, "PER"),
        Entity(27, 38, "LOC"),
        Entity(40, 46, "PER"),
        Entity(51, 56, "PER"),
        Entity(63, 73, "PER"),
    ),
)


@st.composite
def changes(draw: st.DrawFn) -> Perturbed:
    document = draw(tokenized_documents())
    kind = draw(st.sampled_from(KINDS))
    rate = draw(st.sampled_from([0.3, 1.0]))
    return perturbed(document, Perturbation(kind, rate, draw(st.integers(0, 5))))


def words(document: Document) -> list[str]:
    return [document.text[start:end] for start, end in document.tokens or ()]


@given(changes())
def test_every_entity_and_token_has_its_counterpart(change: Perturbed) -> None:
    before, after = change.original, change.document
    assert len(before.tokens or ()) == len(after.tokens or ())
    assert [e.label for e in before.entities] == [e.label for e in after.entities]
    tags = tags_from_entities(before.tokens or (), before.entities)
    assert tags_from_entities(after.tokens or (), after.entities) == tags
    for old, new in zip(words(before), words(after), strict=True):
        assert (len(old) == 1) == (len(new) == 1)


@given(changes())
def test_what_lies_between_tokens_stays(change: Perturbed) -> None:
    def gaps(document: Document) -> list[str]:
        edges = [0, *(edge for span in document.tokens or () for edge in span), len(document.text)]
        return [document.text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]

    assert gaps(change.original) == gaps(change.document)


@given(changes())
def test_gold_goes_there_and_back_exactly(change: Perturbed) -> None:
    there = Prediction("d", change.document.entities, len(change.document.text))
    back = change.original_prediction(there)
    assert back.entities == change.original.entities
    assert back.consumed_to == len(change.original.text)
    assert not back.dropped


@given(changes(), st.data())
def test_a_prediction_is_right_in_one_text_exactly_if_it_is_in_the_other(
    change: Perturbed, data: st.DataObject
) -> None:
    size = len(change.document.text)
    edges = data.draw(st.lists(st.integers(0, size), max_size=8, unique=True).map(sorted))
    found = [
        Entity(a, b, data.draw(st.sampled_from(["PER", "LOC"])))
        for a, b in zip(edges[::2], edges[1::2], strict=False)
    ]
    kept = [
        entity
        for entity in change.document.entities
        if not any(entity.start < other.end and other.start < entity.end for other in found)
        and data.draw(st.booleans())
    ]
    prediction = Prediction("d", tuple(sorted((*found, *kept))), size, scores=None)
    back = change.original_prediction(prediction)
    unplaced = back.dropped.get(UNPLACED, 0)
    assert len(back.entities) + unplaced == len(prediction.entities)
    here = exact_match(change.document, prediction.entities).total
    there = exact_match(change.original, back.entities).total
    assert (here.tp, here.fn) == (there.tp, there.fn)
    assert here.fp == there.fp + unplaced
    previous = 0
    for entity in back.entities:
        assert previous <= entity.start < entity.end <= back.consumed_to
        previous = entity.end


@given(changes())
def test_places_keep_their_order(change: Perturbed) -> None:
    places = [change.original_place(place) for place in range(len(change.document.text) + 1)]
    assert places == sorted(places)
    assert places[0] == 0
    assert places[-1] == len(change.original.text)


@given(tokenized_documents(), st.sampled_from(KINDS))
def test_a_rate_of_0_changes_nothing(document: Document, kind: Any) -> None:
    change = perturbed(document, Perturbation(kind, 0.0))
    assert (change.document.text, change.document.tokens, change.document.entities) == (
        document.text, document.tokens, document.entities,
    )  # fmt: skip
    assert [change.original_place(place) for place in range(len(document.text) + 1)] == list(
        range(len(document.text) + 1)
    )


def test_names_are_other_peoples_and_the_same_throughout_a_document() -> None:
    change = perturbed(NEWS, Perturbation("names", 1.0, seed=1))
    mentions = [change.document.mention(e) for e in change.document.entities]
    (given_name, family), initial = mentions[0].split(), mentions[1].split()[0]
    assert {given_name, family}.isdisjoint({"Ada", "Marlow", "Okoro"})
    assert initial == "J."
    other = mentions[1].split()[1]
    assert mentions == [
        f"{given_name} {family}", f"J. {other}", "Port Ellery", family, other,
        f"{given_name} {family}".upper(),
    ]  # fmt: skip
    assert family != other
    assert change.document.text.endswith("did not. 34 men.")


def test_typos_case_and_ocr_look_like_what_they_are_called() -> None:
    def text(kind: Any, rate: float = 1.0) -> str:
        return perturbed(NEWS, Perturbation(kind, rate)).document.text

    assert text("case") == NEWS.text.lower()
    assert text("typos") != NEWS.text
    assert text("typos").split()[3] == "J."
    assert text("ocr") != NEWS.text
    for kind in ("typos", "ocr"):
        changed = zip(text(kind, 0.3).split(), NEWS.text.split(), strict=True)
        assert 0 < sum(new != old for new, old in changed) < 10


def test_the_same_seed_gives_the_same_text_and_another_seed_another() -> None:
    first = perturbed(NEWS, Perturbation("typos", 0.5, seed=3)).document.text
    assert perturbed(NEWS, Perturbation("typos", 0.5, seed=3)).document.text == first
    assert perturbed(NEWS, Perturbation("typos", 0.5, seed=4)).document.text != first
    assert (
        perturbed(replace(NEWS, id="x"), Perturbation("typos", 0.5, seed=3)).document.text != first
    )


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        (None, None),
        ("typos", Perturbation("typos", 0.1, 7)),
        ("names", Perturbation("names", 1.0, 7)),
        ("ocr:0.25", Perturbation("ocr", 0.25, 7)),
        ("case:0", Perturbation("case", 0.0, 7)),
    ],
)
def test_an_argument_says_kind_and_rate(argument: str | None, expected: Any) -> None:
    assert perturbation_from_argument(argument, seed=7) == expected


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("noise", "--perturb 'noise': expected one of typos, case, ocr, names, or KIND:RATE"),
        ("typos:2", "--perturb 'typos:2': the rate is '2', expected 0 to 1"),
        ("typos:", "the rate is '', expected 0 to 1"),
        ("typos:nan", "the rate is 'nan', expected 0 to 1"),
    ],
)
def test_an_argument_that_makes_no_sense_is_told(argument: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        perturbation_from_argument(argument, seed=0)
    assert message in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_an_oracle_of_the_changed_texts_scores_one_on_the_originals(
    kind: Any, tmp_path: Path
) -> None:
    dataset = built(tmp_path)
    perturbation = Perturbation(kind, 1.0, seed=2)
    changed = [perturbed(d, perturbation).document for d in documents_of(dataset, "test")]
    model = Knowing(Prediction(d.id, d.entities, len(d.text)) for d in changed)
    result = evaluate_model(
        model, tmp_path / "run", dataset=dataset, split="test", perturbation=perturbation
    )
    assert {document.text for document in model.seen} == {document.text for document in changed}
    assert result["scores"]["full"]["f1"] == 1.0
    assert result["coverage"]["n_failed_docs"] == result["coverage"]["n_misaligned"] == 0
    assert result["policy"]["perturbation"] == {"kind": kind, "rate": 1.0, "seed": 2}
    assert result["seeds"] == {"bootstrap": 0, "perturbation": 2}
