import json
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonerd import Document, Entity
from gonerd_annotation.agreement import agreement_report
from gonerd_annotation.annotators import Annotator
from gonerd_annotation.resampling import Bootstrap, Resampled
from tests.annotation.teams import document, person, teams

FEW = Bootstrap(samples=20, seed=1)
TEXT = "Anna Berg, 34, left Acme Corp. in Oslo."


def report(*team: Annotator, **options: Any) -> dict[str, Any]:
    return agreement_report(team, **{"bootstrap": FEW, **options})


def measures(value: Any) -> list[dict[str, Any]]:
    """Every measure in a report, wherever it stands."""
    if isinstance(value, dict):
        if value.keys() == {"value", "interval", "reason"}:
            return [value]
        return [found for inner in value.values() for found in measures(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in measures(inner)]
    return []


@settings(max_examples=40)
@given(teams(), st.randoms(use_true_random=False))
def test_the_order_of_people_and_documents_changes_nothing(
    team: list[Annotator], chance: random.Random
) -> None:
    shuffled = []
    for one in team:
        documents = list(one.documents.items())
        chance.shuffle(documents)
        shuffled.append(Annotator(one.name, one.files, dict(documents)))
    chance.shuffle(shuffled)
    assert report(*team) == report(*shuffled)


@settings(max_examples=40)
@given(teams())
def test_other_names_give_the_same_figures(team: list[Annotator]) -> None:
    """With the names turned round, who was first in a pair is second."""
    turned = [
        Annotator(name, one.files, one.documents)
        for name, one in zip([one.name for one in reversed(team)], team, strict=True)
    ]
    before, after = report(*team), report(*turned)
    figures = {frozenset(pair["annotators"]): measures(pair) for pair in before["pairs"]}
    name = dict(zip((one.name for one in team), (one.name for one in turned), strict=True))
    for pair, values in figures.items():
        other = next(
            p for p in after["pairs"] if set(p["annotators"]) == {name[one] for one in pair}
        )
        for one, same in zip(values, measures(other), strict=True):
            assert one["value"] == (same["value"] and pytest.approx(same["value"], abs=1e-12))
    assert before["disagreements"]["kinds"] == after["disagreements"]["kinds"]


@settings(max_examples=40)
@given(teams(people=2))
def test_identical_annotators_agree_to_one(team: list[Annotator]) -> None:
    twin = Annotator("z", ["z.json"], dict(team[0].documents))
    found = report(team[0], twin)
    for measure in measures(found):
        assert measure["value"] in (1.0, None)
        assert measure["value"] is not None or measure["reason"]
        assert measure["interval"] in ([1.0, 1.0], None)
        assert measure["interval"] is not None or measure["reason"]
    assert found["disagreements"]["total"] == 0


@settings(max_examples=40)
@given(teams())
def test_no_report_holds_anything_but_numbers_and_reasons(team: list[Annotator]) -> None:
    found = report(*team)
    json.dumps(found, allow_nan=False)
    for measure in measures(found):
        assert (measure["value"] is None or measure["interval"] is None) <= bool(measure["reason"])
        if measure["value"] is not None:
            assert measure["value"] <= 1


def test_the_figures_of_a_small_example() -> None:
    """By hand: tokens Anna Berg , 34 , left Acme Corp. in Oslo . ; two of three spans agree."""
    one = document(TEXT, ("Anna Berg", "PER"), ("34", "MISC", "AGE"), ("Oslo", "LOC"))
    other = document(TEXT, ("Berg", "PER"), ("34", "MISC", "AGE"), ("Oslo", "LOC"))
    found = report(person("a", one), person("b", other))
    (pair,) = found["pairs"]
    assert (pair["documents"], pair["tokens"]) == (1, 11)
    assert pair["exact_f1"]["value"] == pytest.approx(4 / 6)
    assert pair["overlap_f1"]["value"] == 1.0
    assert pair["exact_f1"]["reason"] == "one document gives no interval"
    observed, expected = 10 / 11, (7 * 8 + 2 * 1 + 1 + 1) / 121
    assert pair["kappa"]["value"] == pytest.approx((observed - expected) / (1 - expected))
    assert pair["by_type"]["AGE"]["kappa"]["value"] == 1.0
    assert pair["by_type"]["PHONE"]["exact_f1"] == {
        "value": None,
        "interval": None,
        "reason": "neither of them marked anything of this kind",
    }
    assert "MISC" not in pair["by_type"]
    (row,) = found["disagreements"]["most_frequent"]
    assert [side["text"] for side in row["marked"]] == ["Berg", "Anna Berg"]


def test_a_subtype_is_a_type_of_its_own_and_misc_without_one_too() -> None:
    one = document(TEXT, ("34", "MISC", "AGE"))
    other = document(TEXT, ("34", "MISC"))
    found = report(person("a", one), person("b", other))
    assert found["overall"]["exact_f1"]["value"] == 0.0
    assert found["overall"]["type_agnostic_f1"]["value"] == 1.0
    assert "MISC" in found["overall"]["by_type"]


def test_what_is_undefined_is_null_with_its_reason() -> None:
    alone = report(person("a", document(TEXT, ("Oslo", "LOC"))))
    assert alone["overall"]["alpha"] == {
        "value": None, "interval": None, "reason": "1 annotator, two are needed",
    }  # fmt: skip
    assert alone["pairs"] == []
    apart = report(person("a", document(TEXT, id_="x")), person("b", document(TEXT, id_="y")))
    assert apart["co_annotated_documents"] == 0
    assert apart["pairs"][0]["kappa"]["reason"] == "no document was annotated by two"
    empty = report(person("a", document(TEXT)), person("b", document(TEXT)))
    assert empty["overall"]["exact_f1"]["reason"] == "neither of them marked anything of this kind"
    assert empty["pairs"][0]["kappa"]["reason"].startswith("fewer than two categories occur")
    blank = report(person("a", document(" \n")), person("b", document(" \n")))
    assert blank["tokens"] == 0
    assert blank["pairs"][0]["alpha"]["value"] is None


def test_only_documents_that_two_annotated_count() -> None:
    both = document(TEXT, ("Oslo", "LOC"), id_="both")
    alone = document(TEXT, ("Anna Berg", "PER"), id_="alone")
    found = report(person("a", both, alone), person("b", both))
    assert found["co_annotated_documents"] == 1
    assert found["overall"]["exact_f1"]["value"] == 1.0
    assert found["annotators"][0]["documents"] == 2


def test_a_document_that_one_rejected_is_told() -> None:
    other = person("b")
    other.rejected["d1"] = ("Not an article",)
    found = report(person("a", document(TEXT)), other)
    assert (found["rejected_by_some"], found["co_annotated_documents"]) == (1, 0)


def test_intervals_follow_the_seed_and_hold_the_value() -> None:
    texts = [document(TEXT, ("Anna Berg", "PER"), ("Oslo", "LOC"), id_=f"d{n}") for n in range(30)]
    careless = [
        one if number % 3 else Document(id=one.id, text=one.text, entities=one.entities[:1])
        for number, one in enumerate(texts)
    ]
    team = person("a", *texts), person("b", *careless)
    first, again = (report(*team, bootstrap=Bootstrap(200, 7)) for _ in range(2))
    assert first == again
    other = report(*team, bootstrap=Bootstrap(200, 8))
    for name in ("exact_f1", "kappa", "alpha_without_o"):
        measure = first["pairs"][0][name]
        low, high = measure["interval"]
        assert low < measure["value"] < high
        assert measure["interval"] != other["pairs"][0][name]["interval"]
        assert measure["value"] == other["pairs"][0][name]["value"]


def test_a_type_that_most_resamples_lack_has_no_interval() -> None:
    plain = [document(TEXT, ("Oslo", "LOC"), id_=f"d{n}") for n in range(10)]
    rare = document(TEXT, ("34", "MISC", "AGE"), id_="x")
    found = report(person("a", *plain, rare), person("b", *plain, rare))
    age = found["overall"]["by_type"]["AGE"]["exact_f1"]
    assert (age["value"], age["interval"]) == (1.0, None)
    assert age["reason"].startswith("undefined in ")
    assert age["reason"].endswith(" of 20 resamples")


def test_the_interval_of_a_mean_is_as_wide_as_theory_says() -> None:
    """Of 400 documents with one half of all right, the standard error of the share is 0.025."""
    table = np.array([(number % 2, 1) for number in range(400)], dtype=float)
    resampled = Resampled({"share": table}, Bootstrap(samples=2000, seed=0))
    found = resampled.measure("share", lambda sums: sums[..., 0] / sums[..., 1], "nothing")
    assert found.interval is not None
    low, high = found.interval
    assert high - low == pytest.approx(2 * 1.96 * 0.025, rel=0.1)


def test_a_boundary_off_by_a_word_costs_exact_f1_only() -> None:
    """One entity in twenty shifted by a word: exact F1 falls by a twentieth, overlap F1 not at all."""
    text = "Holm met Vale. " * 20
    spans = [Entity(15 * n, 15 * n + 4, "PER") for n in range(20)]
    one = Document(id="d", text=text, entities=tuple(spans))
    other = Document(id="d", text=text, entities=(Entity(0, 8, "PER"), *spans[1:]))
    (pair,) = report(person("a", one), person("b", other))["pairs"]
    assert pair["exact_f1"]["value"] == pytest.approx(19 / 20)
    assert pair["overlap_f1"]["value"] == 1.0
