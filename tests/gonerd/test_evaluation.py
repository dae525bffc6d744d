import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd import Document, Entity
from gonerd.adapters import AdapterOptions, ModelCard, Policy, Prediction, adapter_from_spec
from gonerd.adapters.predictions import prediction_from_record, record_from_prediction
from gonerd.adapters.rules import entities_by_rule
from gonerd.align import entities_from_tags, tags_from_entities
from gonerd.dataset import build_dataset
from gonerd.errors import CheckError, ConfigError, InputError, SchemaError
from gonerd.evaluation import evaluate_model
from gonerd.labels import LABELS
from gonerd.scoring import score_pairs
from gonerd.scoring.confidence import f1_interval
from gonerd.scoring.counts import Counts, exact_match, pair_by_id, summary
from tests.gonerd.test_dataset import some_documents
from tests.strategies import iob2_tags, tokenized_documents

OPTIONS = AdapterOptions()


class Fixed:
    """A model that says what it is told to; `seen` is what it was given."""

    card = ModelCard(kind="fixed", id="fixed", revision="0" * 40)
    policy = Policy()

    def __init__(self, answers: Sequence[Prediction]) -> None:
        self.answers = answers
        self.seen: list[Document] = []

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        self.seen = list(documents)
        yield from self.answers


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("built") / "gonerd"
    build_dataset(some_documents(), path)
    return str(path)


def oracle(dataset: str) -> list[Prediction]:
    from gonerd.dataset import documents_of

    return [Prediction(d.id, d.entities, len(d.text)) for d in documents_of(dataset, "test")]


@given(st.lists(st.tuples(iob2_tags(), iob2_tags()), min_size=1, max_size=5))
def test_counts_agree_with_seqeval_on_what_both_define(
    cases: list[tuple[list[str], list[str]]],
) -> None:
    from seqeval.metrics.sequence_labeling import precision_recall_fscore_support

    pairs, gold_tags, found_tags = [], [], []
    for number, (gold, found) in enumerate(cases):
        size = min(len(gold), len(found))
        tokens = tuple((2 * i, 2 * i + 1) for i in range(size))
        wanted, predicted = (entities_from_tags(tokens, tags[:size]) for tags in (gold, found))
        text = "x " * size
        pairs.append(
            (
                Document(id=str(number), text=text, tokens=tokens, entities=tuple(wanted)),
                tuple(predicted),
            )
        )
        gold_tags.append(gold[:size])
        found_tags.append(found[:size])
    scores = score_pairs(pairs)
    if any(tag != "O" for tags in (*gold_tags, *found_tags) for tag in tags):
        expected = precision_recall_fscore_support(
            gold_tags, found_tags, average="micro", zero_division=0
        )
        for ours in (scores["full"], scores["paper_compat"]):
            assert (ours["precision"], ours["recall"], ours["f1"]) == pytest.approx(expected[:3])
    assert scores["full"]["tp"] + scores["full"]["fn"] == sum(len(d.entities) for d, _ in pairs)


def test_a_second_copy_and_an_unknown_label_are_false_positives() -> None:
    gold = Document(id="a", text="Ada met Bo", entities=(Entity(0, 3, "PER"),))
    found = [Entity(0, 3, "PER"), Entity(0, 3, "PER"), Entity(8, 10, "GPE")]
    score = exact_match(gold, found)
    assert score.by_type == {"PER": Counts(1, 1, 0), "GPE": Counts(0, 1, 0)}
    assert summary([score], labels=LABELS)["by_type"]["LOC"]["f1"] == 0.0


def test_the_interval_resamples_documents_and_is_fixed_by_seed() -> None:
    counts = [Counts(3, 1, 1)] * 20 + [Counts(0, 2, 4)] * 20
    interval = f1_interval(counts, seed=3)
    low, high = interval["f1"]
    assert low < sum(counts, Counts()).f1 < high
    assert interval == f1_interval(counts, seed=3)
    assert f1_interval(counts[:1])["f1"] == [0.75, 0.75]
    assert f1_interval([])["f1"] == [0.0, 0.0]
    # order-free: the same documents in another order are the same sample up to resampling noise
    again = f1_interval(counts[::-1], seed=3)["f1"]
    assert again == pytest.approx(interval["f1"], abs=0.05)


def test_an_oracle_scores_one_and_never_sees_gold(dataset: str, tmp_path: Path) -> None:
    model = Fixed(oracle(dataset))
    result = evaluate_model(model, tmp_path / "run", dataset=dataset, split="test")
    for name in ("full", "common_window_4096", "paper_compat"):
        assert result["scores"][name]["f1"] == 1.0
    assert result["scores"]["full"]["by_source"]["justice"]["f1"] == 1.0
    assert all(not document.entities and not document.meta for document in model.seen)
    assert result["coverage"] == {
        "docs_truncated": 0, "gold_reachable": 12, "gold_lost": 0,
        "n_repairs": 0, "n_misaligned": 0, "n_failed_docs": 0,
    }  # fmt: skip
    assert json.loads((tmp_path / "run" / "result.json").read_text()) == result
    assert result["dataset"]["synthetic"]


def test_gold_beyond_a_models_reach_counts_as_missed(dataset: str, tmp_path: Path) -> None:
    short = [replace(p, entities=p.entities[:1], consumed_to=11) for p in oracle(dataset)]
    result = evaluate_model(Fixed(short), tmp_path / "run", dataset=dataset, split="test")
    full = result["scores"]["full"]
    assert (full["tp"], full["fn"]) == (4, 8)
    assert result["coverage"]["gold_lost"] == 8
    assert result["coverage"]["docs_truncated"] == 4


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda p: p[:-1], "gave no prediction for document"),
        (lambda p: [*p, p[0]], "where no further document was expected"),
        (lambda p: p[::-1], r"the model predicted 'd\d+' where 'd\d+' was expected"),
        (
            lambda p: [replace(p[0], entities=(Entity(0, 9999, "PER"),)), *p[1:]],
            r"predicted an entity that ends at 9999, past what it read",
        ),
        (
            lambda p: [replace(p[0], entities=(*p[0].entities, p[0].entities[0])), *p[1:]],
            "predicted overlapping entities at 0",
        ),
        (lambda p: [replace(p[0], consumed_to=9999), *p[1:]], r"read up to 9999 of \d+ characters"),
    ],
)
def test_a_model_that_breaks_the_contract_is_refused(
    dataset: str, tmp_path: Path, spoil, message: str
) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(CheckError, match=message):
        evaluate_model(
            Fixed(spoil(oracle(dataset))), tmp_path / "run", dataset=dataset, split="test"
        )
    assert list(tmp_path.iterdir()) == []


def test_predictions_can_be_scored_again_from_their_file(dataset: str, tmp_path: Path) -> None:
    first = evaluate_model(
        adapter_from_spec("rules", OPTIONS), tmp_path / "a", dataset=dataset, split="test"
    )
    file = tmp_path / "a" / "predictions.jsonl.zst"
    second = evaluate_model(
        adapter_from_spec(f"preds:{file}", OPTIONS), tmp_path / "b", dataset=dataset, split="test"
    )
    assert second["scores"] == first["scores"]
    with pytest.raises(InputError, match="has no prediction for document"):
        evaluate_model(
            adapter_from_spec(f"preds:{file}", OPTIONS),
            tmp_path / "c",
            dataset=dataset,
            split="train",
        )


@given(tokenized_documents(), st.booleans())
def test_a_prediction_line_round_trips(document: Document, scored: bool) -> None:
    scores = tuple(0.5 for _ in document.entities) if scored and document.entities else None
    prediction = Prediction("d", document.entities, len(document.text), 2, scores)
    record = json.loads(json.dumps(record_from_prediction(prediction, document.text)))
    assert prediction_from_record(record)[0] == prediction


def test_a_model_kind_that_is_not_installed_is_named() -> None:
    with pytest.raises(
        ConfigError,
        match=r"no adapter is called 'magic'; expected one of gonerd, preds, rules, spacy",
    ):
        adapter_from_spec("magic:x", OPTIONS)
    with pytest.raises(
        InputError, match="spacy:en_nowhere is neither an installed pipeline nor a folder"
    ):
        adapter_from_spec("spacy:en_nowhere", OPTIONS)
    with pytest.raises(ConfigError, match="rules takes no argument"):
        adapter_from_spec("rules:hard", OPTIONS)


def test_a_spacy_pipeline_is_evaluated(dataset: str, tmp_path: Path) -> None:
    import spacy

    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns(
        [{"label": "PERSON", "pattern": "Ada Marlow"}, {"label": "DATE", "pattern": "Bo"}]
    )  # type: ignore[attr-defined]
    pipeline.to_disk(tmp_path / "pipeline")
    adapter = adapter_from_spec(f"spacy:{tmp_path / 'pipeline'}", OPTIONS)
    result = evaluate_model(adapter, tmp_path / "run", dataset=dataset, split="test")
    per = result["scores"]["full"]["by_type"]["PER"]
    assert per["recall"] == 1.0
    assert result["scores"]["full"]["by_type"]["LOC"]["tp"] == 0
    assert "DATE" not in result["scores"]["full"]["by_type"]


def test_rules_find_what_capitals_and_patterns_tell() -> None:
    text = (
        "PORT ELLERY - Judge Ada Marlow, 54, of Harbor Trust Inc. lives at 12 Larkspur Avenue. Marlow met a "
        "34-year-old in Ostrava. Call (555) 010-0199."
    )
    document = Document(id="a", text=text)
    found = {(document.mention(e), e.label, e.subtype) for e in entities_by_rule(document)}
    assert found >= {
        ("Ada Marlow", "PER", ""),
        ("Marlow", "PER", ""),
        ("Ostrava", "LOC", ""),
        ("54", "MISC", "AGE"),
        ("34-year-old", "MISC", "AGE"),
        ("12 Larkspur Avenue", "MISC", "ADDRESS"),
        ("(555) 010-0199", "MISC", "PHONE"),
    }


def test_documents_are_paired_by_id_and_text() -> None:
    one, other = Document(id="a", text="x"), Document(id="b", text="y")
    assert list(pair_by_id([one, other], [other, one])) == [(one, one), (other, other)]
    with pytest.raises(SchemaError, match="document 'b' has no prediction"):
        list(pair_by_id([one, other], [one]))
    with pytest.raises(SchemaError, match="prediction 'b' has no gold document"):
        list(pair_by_id([one], [one, other]))
    with pytest.raises(SchemaError, match="document 'a': gold and predicted texts differ"):
        list(pair_by_id([one], [Document(id="a", text="z")]))


@given(tokenized_documents(), st.randoms(use_true_random=False))
def test_the_order_of_predictions_changes_nothing(document: Document, rng: random.Random) -> None:
    found = list(document.entities[::2])
    shuffled = rng.sample(found, len(found))
    assert exact_match(document, found) == exact_match(document, shuffled)
    assert tags_from_entities(document.tokens or (), found) == tags_from_entities(
        document.tokens or (), shuffled
    )


@pytest.mark.parametrize(
    ("spec", "options", "option"),
    [
        ("rules", AdapterOptions(max_len=512), "--max-len, found 512"),
        ("rules", AdapterOptions(device="cuda"), "--device, found cuda"),
        ("preds:x", AdapterOptions(batch_size=2), "--batch-size, found 2"),
        ("spacy:x", AdapterOptions(max_len=512), "--max-len, found 512"),
    ],
)
def test_an_option_that_a_model_has_no_use_for_is_refused_and_never_recorded(
    spec: str, options: AdapterOptions, option: str
) -> None:
    with pytest.raises(ConfigError, match=f"has no use for {option}"):
        adapter_from_spec(spec, options)
