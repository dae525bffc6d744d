import json
import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd import Document, Entity
from gonerd.errors import CheckError, SchemaError
from gonerd.labels import LABELS
from gonerd.scoring import Pair, Scorer, score_pairs, seen_forms
from gonerd.scoring.counts import Counts, exact_match, within
from gonerd.scoring.matching import Matching
from tests.gonerd.scoring.pairs import document, pairs, spans
from tests.strategies import overlapping_documents, tokenized_documents

FEW = 20  # replicates: these tests look at counts

BUCKETS = (
    "by_type",
    "by_source",
    "by_length",
    "by_position",
    "by_entity_length",
    "by_seen",
    "by_year",
)


def counts_of(entry: dict) -> tuple[int, int, int]:
    return entry["tp"], entry["fp"], entry["fn"]


@given(pairs())
def test_counts_are_those_of_comparing_sets_entity_by_entity(some: list[Pair]) -> None:
    scores = score_pairs(some, replicates=FEW)
    expected: Counter[str] = Counter()
    for gold, found in some:
        for label, counts in exact_match(gold, found).by_type.items():
            expected.update({f"{label} {n}": getattr(counts, n) for n in ("tp", "fp", "fn")})
    for label, entry in scores["full"]["by_type"].items():
        assert counts_of(entry) == tuple(expected[f"{label} {n}"] for n in ("tp", "fp", "fn"))
    in_window = [
        exact_match(replace(gold, entities=within(gold.entities, end)), within(found, end)).total
        for gold, found in some
        for end in [gold.meta.get("common_window_end", len(gold.text))]
    ]
    total = sum(in_window, Counts())
    assert counts_of(scores["common_window_4096"]) == (total.tp, total.fp, total.fn)


@given(pairs())
def test_all_gold_is_counted_on_every_path(some: list[Pair]) -> None:
    gold_total = sum(len(gold.entities) for gold, _ in some)
    found_total = sum(len(found) for _, found in some)
    full = score_pairs(some, seen={("x", "PER")}, replicates=FEW)["full"]
    assert full["tp"] + full["fn"] == gold_total
    assert full["tp"] + full["fp"] == found_total
    for name in BUCKETS:
        parts = [counts_of(entry) for entry in full[name].values()]
        if parts or name not in ("by_source", "by_year"):
            assert tuple(map(sum, zip(*parts, strict=True))) == counts_of(full) or not (
                gold_total + found_total
            )
    kinds = full["errors"]
    assert sum(kinds.values()) - kinds["spurious"] == gold_total
    assert sum(kinds.values()) - kinds["missed"] == found_total
    assert kinds["exact"] == full["tp"]


@given(pairs(), st.randoms(use_true_random=False))
def test_neither_the_order_of_predictions_nor_that_of_documents_changes_anything(
    some: list[Pair], rng: random.Random
) -> None:
    shuffled = [(gold, rng.sample(list(found), len(found))) for gold, found in some]
    rng.shuffle(shuffled)
    assert score_pairs(shuffled, replicates=FEW) == score_pairs(some, replicates=FEW)


@given(st.lists(overlapping_documents(), max_size=3))
def test_an_oracle_scores_one_wherever_there_is_gold(documents: list[Document]) -> None:
    scores = score_pairs(((d, d.entities) for d in documents), replicates=FEW)
    gold = sum(len(d.entities) for d in documents)
    full = scores["full"]
    assert (full["tp"], full["fp"], full["fn"]) == (gold, 0, 0)
    assert full["tokens"]["fp"] == full["tokens"]["fn"] == 0
    assert full["f1"] == full["partial"]["f1"] == float(gold > 0)
    assert scores["paper_compat"]["f1"] == float(scores["paper_compat"]["support"] > 0)


@given(tokenized_documents(), st.integers(0, 40))
def test_a_shorter_reach_never_raises_an_oracles_score(document: Document, reach: int) -> None:
    longer, shorter = (
        score_pairs([(document, within(document.entities, end))], replicates=FEW)["full"]
        for end in (reach + 5, reach)
    )
    assert shorter["f1"] <= longer["f1"]
    assert shorter["tp"] + shorter["fn"] == len(document.entities)


def test_gold_beyond_a_models_reach_stays_in_the_denominator() -> None:
    gold = document("long", 4000, [(place, place + 1, "PER") for place in range(0, 4000, 10)])
    cut = within(gold.entities, gold.tokens[511][1])
    full = score_pairs([(gold, cut)], replicates=FEW)["full"]
    assert full["precision"] == 1.0
    assert full["recall"] == 52 / 400
    positions = full["by_position"]
    assert positions["0-511"]["recall"] == 1.0
    assert positions["512-1023"] == {
        "tp": 0, "fp": 0, "fn": 51, "precision": 0.0, "recall": 0.0, "f1": 0.0,
    }  # fmt: skip
    assert list(full["by_length"]) == ["3584-4095"]


def test_a_label_that_gold_does_not_know_is_a_false_positive_and_named() -> None:
    gold = Document(id="a", text="Ada met Bo", entities=(Entity(0, 3, "PER"),))
    found = [Entity(0, 3, "PER"), Entity(0, 3, "PER"), Entity(8, 10, "GPE"), Entity(4, 7, "LOC")]
    full = score_pairs([(gold, found)])["full"]
    assert counts_of(full) == (1, 3, 0)
    assert full["unknown_labels"] == {"GPE": 1}
    assert counts_of(full["by_type"]["GPE"]) == (0, 1, 0)
    assert list(full["by_type"]) == [*LABELS, "GPE"]
    scorer = Scorer(labels=())  # without labels of its own, it knows those of gold alone
    scorer.add(gold, found)
    full = scorer.scores()["full"]
    assert full["unknown_labels"] == {"LOC": 1, "GPE": 1}
    assert list(full["by_type"]) == ["PER", "LOC", "GPE"]


def test_buckets_are_those_of_words_places_forms_and_years() -> None:
    gold = document(
        "a", 600, [(0, 1, "PER"), (511, 512, "PER"), (512, 524, "ORG"), (590, 593, "LOC")],
        source="justice", date="2019-12-31",
    )  # fmt: skip
    other = document("b", 3, [(0, 2, "PER")], source="news", date="n.d.")
    full = score_pairs(
        [(gold, spans([(0, 1, "PER"), (520, 521, "ORG")])), (other, [])], seen={("x", "PER")}
    )["full"]
    shown = {name: {k: counts_of(v) for k, v in full[name].items()} for name in BUCKETS}
    assert shown["by_source"] == {"justice": (1, 1, 3), "news": (0, 0, 1)}
    assert shown["by_year"] == {"2019": (1, 1, 3), "unknown": (0, 0, 1)}
    assert shown["by_length"] == {"0-511": (0, 0, 1), "512-1023": (1, 1, 3)}
    assert shown["by_position"] == {"0-511": (1, 0, 2), "512-1023": (0, 1, 2)}
    assert shown["by_entity_length"] == {
        "1": (1, 1, 1), "2": (0, 0, 1), "3": (0, 0, 1), "10+": (0, 0, 1),
    }  # fmt: skip
    assert shown["by_seen"] == {"seen": (1, 0, 1), "unseen": (0, 1, 3)}


def test_buckets_that_say_nothing_are_empty() -> None:
    full = score_pairs([(document("a", 3, [(0, 1, "PER")]), [])])["full"]
    assert full["by_seen"] == full["by_year"] == full["by_source"] == {}


def test_forms_are_seen_as_statistics_see_them() -> None:
    train = [Document(id="t", text="ADA  Marlow and Bo", entities=(Entity(0, 11, "PER"),))]
    assert seen_forms(train) == {("ada marlow", "PER")}
    gold = Document(id="a", text="Ada\nMarlow", entities=(Entity(0, 10, "PER"),))
    full = score_pairs([(gold, [Entity(0, 10, "ORG")])], seen=seen_forms(train))["full"]
    assert counts_of(full["by_seen"]["seen"]) == (0, 0, 1)
    assert counts_of(full["by_seen"]["unseen"]) == (0, 1, 0)


def test_words_of_documents_without_tokens_are_runs_of_letters_and_single_signs() -> None:
    text = "Dr. Ada-Marie met O'Neil."
    gold = Document(id="a", text=text, entities=(Entity(4, 13, "PER"), Entity(18, 24, "PER")))
    tokens = score_pairs([(gold, [Entity(0, 13, "PER")])])["full"]["tokens"]
    assert counts_of(tokens) == (3, 2, 3)  # Ada - Marie; Dr .; O ' Neil


def test_a_word_counts_once_for_each_label_that_covers_it() -> None:
    gold = document("a", 6, [(0, 4, "ORG"), (0, 2, "PER"), (1, 3, "PER")])
    found = spans([(0, 2, "ORG"), (1, 2, "ORG"), (2, 5, "PER")])
    tokens = score_pairs([(gold, found)])["full"]["tokens"]
    assert counts_of(tokens) == (3, 2, 4)


def test_partial_credit_is_half_for_an_overlap_and_whole_for_the_same_span() -> None:
    gold = document("a", 20, [(0, 2, "PER"), (4, 6, "ORG"), (8, 10, "LOC"), (12, 14, "PER")])
    found = spans([(0, 2, "PER"), (4, 6, "LOC"), (8, 11, "LOC"), (16, 17, "PER"), (18, 19, "PER")])
    full = score_pairs([(gold, found)])["full"]
    assert full["errors"] == {
        "exact": 1, "boundary": 1, "type": 1, "both": 0, "missed": 1, "spurious": 2,
    }  # fmt: skip
    assert full["partial"] == {"precision": 2.5 / 5, "recall": 2.5 / 4, "f1": 5 / 9}


def test_a_prediction_past_the_end_of_its_text_is_refused() -> None:
    scorer = Scorer()
    scorer.add(document("a", 3, []), [])
    scorer.add(document("b", 2, []), [Entity(2, 5, "PER")])
    with pytest.raises(
        SchemaError, match=r"document 'b': a prediction ends at 5, past the end of the text \(4"
    ):
        scorer.scores()


def test_lost_gold_is_an_error_not_a_better_score(monkeypatch: pytest.MonkeyPatch) -> None:
    def lossy(batch):  # as a scorer would that forgets what lies after the first window
        match = real(batch)
        return Matching(match.gold_kind[:-1], match.found_kind, match.partner)

    from gonerd.scoring import scorer as module

    real = module.matching
    with monkeypatch.context() as patch, pytest.raises((CheckError, IndexError)):
        patch.setattr(module, "matching", lossy)
        score_pairs([(document("a", 9, [(0, 1, "PER"), (2, 3, "PER")]), [])])
    scorer = Scorer(paper=None)
    scorer.add(document("a", 9, [(0, 1, "PER"), (2, 3, "PER")]), [])
    scorer._gold_total += 1
    with pytest.raises(CheckError, match="all: 2 gold entities were counted of 3"):
        scorer.scores()


def test_batches_change_nothing_and_texts_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    some = [
        (
            document(f"d{n}", 9, [(n % 5, n % 5 + 2, LABELS[n % 4])], source="news"),
            spans([(n % 3, n % 3 + 2, "PER")]),
        )
        for n in range(30)
    ]
    whole = score_pairs(some, replicates=FEW)
    monkeypatch.setattr("gonerd.scoring.scorer.DOCUMENTS_AT_ONCE", 7)
    assert score_pairs(some, replicates=FEW) == whole
    scorer = Scorer()
    for pair in some[:28]:
        scorer.add(*pair)
    assert scorer._waiting == []


def test_scores_are_json_and_of_no_documents_nothing() -> None:
    scores = score_pairs([])
    assert json.loads(json.dumps(scores, allow_nan=False)) == scores
    assert counts_of(scores["full"]) == (0, 0, 0)
    assert scores["full"]["ci"]["f1"] == [0.0, 0.0]
    assert set(scores) == {"full", "common_window_4096", "paper_compat"}


def test_the_macro_average_is_over_documents_that_hold_anything() -> None:
    some = [
        (document("a", 5, [(0, 1, "PER")]), spans([(0, 1, "PER")])),
        (document("b", 5, [(0, 1, "PER")]), []),
        (document("c", 5, []), []),
    ]
    assert score_pairs(some)["full"]["macro_documents"] == 0.5
