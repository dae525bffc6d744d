import json
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
from gonerd.dataset import build_dataset
from gonerd.errors import CheckError, ConfigError, InputError
from gonerd.evaluation import evaluate_model
from tests.gonerd.test_dataset import some_documents
from tests.strategies import tokenized_documents

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
