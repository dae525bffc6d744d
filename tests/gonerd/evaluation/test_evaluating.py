import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gonerd import Entity
from gonerd.adapters import AdapterOptions, ModelCard, Policy, adapter_from_spec
from gonerd.cli.main import run
from gonerd.dataset import documents_of, load
from gonerd.errors import CheckError, GonerdError, InputError, OutputError, SchemaError
from gonerd.evaluation import evaluate_model
from gonerd.evaluation.cost import CostPlan
from gonerd.evaluation.perturbing import Perturbation
from gonerd.evaluation.schema import require_valid_result
from gonerd.records import read_json_lines, write_documents, write_json_lines
from tests.gonerd.evaluation.models import Knowing, built, oracle, predictions_from_gold
from tests.gonerd.test_dataset import some_documents

OPTIONS = AdapterOptions()


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> str:
    return built(tmp_path_factory.mktemp("built"))


def evaluated(model: Any, out: Path, dataset: str, **options: Any) -> dict[str, Any]:
    result = evaluate_model(model, out, dataset=dataset, **({"split": "test"} | options))
    require_valid_result(result, "result.json")
    return result


def test_an_oracle_scores_one_and_never_sees_gold(dataset: str, tmp_path: Path) -> None:
    model = oracle(dataset)
    result = evaluated(model, tmp_path / "run", dataset)
    for name in ("full", "common_window_4096", "paper_compat"):
        assert result["scores"][name]["f1"] == 1.0
    assert result["scores"]["full"]["by_source"]["justice"]["f1"] == 1.0
    assert all(not document.entities and not document.meta for document in model.seen)
    assert result["coverage"] == {
        "docs_truncated": 0, "gold_reachable": 12, "gold_lost": 0, "n_repairs": 0,
        "n_misaligned": 0, "n_failed_docs": 0, "dropped": {}, "failed_docs": [],
    }  # fmt: skip
    assert json.loads((tmp_path / "run" / "result.json").read_text()) == result
    assert result["dataset"]["synthetic"]
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_documents_are_read_one_at_a_time_as_the_model_asks(dataset: str, tmp_path: Path) -> None:
    """A model that answers each document before it reads the next has met each alone."""
    waiting: list[int] = []
    model = oracle(dataset, "train")

    def trouble(documents: Any, _: int) -> None:
        file = tmp_path / "run.unfinished" / "predictions-0.jsonl"
        waiting.append(len(model.seen) - len(file.read_text().splitlines()))

    model.trouble = trouble
    evaluated(model, tmp_path / "run", dataset, split="train")
    assert waiting == [1] * 30, "each earlier document was on the disk before the next was read"


def test_gold_beyond_a_models_reach_counts_as_missed(dataset: str, tmp_path: Path) -> None:
    short = [
        replace(p, entities=p.entities[:1], consumed_to=11) for p in predictions_from_gold(dataset)
    ]
    result = evaluated(Knowing(short), tmp_path / "run", dataset)
    full = result["scores"]["full"]
    assert (full["tp"], full["fn"]) == (4, 8)
    assert result["coverage"]["gold_lost"] == 8
    assert result["coverage"]["docs_truncated"] == 4


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_batches_and_the_order_within_a_document_change_nothing(
    dataset: str, tmp_path: Path, batch_size: int
) -> None:
    answers = [
        replace(p, entities=p.entities[1::-1]) for p in predictions_from_gold(dataset, "train")
    ]
    model = Knowing(answers, batch_size=batch_size)
    result = evaluated(model, tmp_path / "run", dataset, split="train")
    other = evaluated(
        Knowing([replace(p, entities=p.entities[::-1]) for p in answers]),
        tmp_path / "other",
        dataset,
        split="train",
    )
    assert result["scores"] == other["scores"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda p: p[:-1], "the model gave no prediction for document 'd"),
        (lambda p: [*p, p[0]], "the model predicted 'd.*' where no further document was expected"),
        (lambda p: p[::-1], r"the model predicted 'd\d+' where 'd\d+' was expected"),
    ],
)
def test_a_model_that_answers_out_of_order_is_refused(
    dataset: str, tmp_path: Path, spoil: Any, message: str
) -> None:
    answers = spoil(predictions_from_gold(dataset))

    class Stubborn(Knowing):
        def predict(self, documents: Any) -> Any:
            list(documents)
            yield from answers

    with pytest.raises(CheckError, match=message):
        evaluated(Stubborn([]), tmp_path / "run", dataset)
    assert not (tmp_path / "run").exists()


def test_nothing_is_left_of_a_run_that_is_refused_at_its_first_document(
    dataset: str, tmp_path: Path
) -> None:
    class Deaf(Knowing):
        def predict(self, documents: Any) -> Any:
            yield from ()

    with pytest.raises(CheckError, match="gave no prediction for document"):
        evaluated(Deaf([]), tmp_path / "run", dataset)
    assert list(tmp_path.iterdir()) == []


def test_predictions_can_be_scored_again_from_their_file(dataset: str, tmp_path: Path) -> None:
    first = evaluated(adapter_from_spec("rules", OPTIONS), tmp_path / "a", dataset)
    file = tmp_path / "a" / "predictions.jsonl.zst"
    again = adapter_from_spec(f"preds:{file}", OPTIONS)
    second = evaluated(again, tmp_path / "b", dataset)
    assert second["scores"] == first["scores"]
    assert (tmp_path / "b" / "predictions.jsonl.zst").read_bytes() == file.read_bytes()
    with pytest.raises(InputError, match="has no prediction for document"):
        evaluated(again, tmp_path / "c", dataset, split="train")


def test_a_spacy_pipeline_is_evaluated(dataset: str, tmp_path: Path) -> None:
    import spacy

    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns(  # type: ignore[attr-defined]
        [{"label": "PERSON", "pattern": "Ada Marlow"}, {"label": "DATE", "pattern": "Bo"}]
    )
    pipeline.to_disk(tmp_path / "pipeline")
    adapter = adapter_from_spec(f"spacy:{tmp_path / 'pipeline'}", OPTIONS)
    result = evaluated(adapter, tmp_path / "run", dataset)
    assert result["scores"]["full"]["by_type"]["PER"]["recall"] == 1.0
    assert result["scores"]["full"]["by_type"]["LOC"]["tp"] == 0
    assert result["coverage"]["dropped"] == {
        "DATE": sum(document.text.count("Bo") for document in documents_of(dataset, "test"))
    }


def test_a_result_says_which_data_it_is_from(dataset: str, tmp_path: Path) -> None:
    record = evaluated(oracle(dataset), tmp_path / "a", dataset)["dataset"]
    facts = load(dataset).facts
    assert record["fingerprint"] == facts.fingerprint
    assert record["split_sha256"] == facts.split_sha256["test"]
    assert record["gold_by_type"] == {"PER": 4, "ORG": 0, "LOC": 4, "MISC": 4}
    corpus = tmp_path / "corpus.jsonl"
    write_documents(corpus, documents_of(dataset, "test"))
    record = evaluated(oracle(dataset), tmp_path / "b", str(corpus), split="all")["dataset"]
    assert (record["id"], record["fingerprint"]) == ("corpus.jsonl", None)


def test_a_model_without_a_lasting_revision_is_refused(dataset: str, tmp_path: Path) -> None:
    card = ModelCard(kind="hub", id="acme/tagger", revision="main")
    with pytest.raises(
        InputError, match=r"revision of hub:acme/tagger is 'main', expected 40 hex digits"
    ):
        evaluated(Knowing([], card=card), tmp_path / "run", dataset)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"params": "many"}, r'the card of x:y: field params is "many", expected a whole number'),
        ({"license": 5}, r"the card of x:y: field license is 5, expected a string"),
        ({"details": {"a": {1}}}, r"the card of x:y is no JSON: Object of type set"),
        ({"id": "/home/me/y"}, r"the card of x:/home/me/y names a path of this machine"),
        ({"id": 7}, r"the card of x:7: field id is 7, expected a string"),
        ({"revision": 7}, r"the revision of x:y is 7, expected 40 hex digits"),
    ],
)
def test_a_card_that_no_result_can_hold_is_refused_before_the_model_reads_anything(
    told: dict[str, Any], message: str, dataset: str, tmp_path: Path
) -> None:
    card = ModelCard(**({"kind": "x", "id": "y", "revision": "0" * 40} | told))
    model = Knowing([], card=card)
    with pytest.raises(GonerdError, match=message):
        evaluated(model, tmp_path / "run", dataset)
    assert model.seen == []
    assert list(tmp_path.iterdir()) == []


def test_a_policy_that_no_result_can_hold_is_refused_before_the_model_reads_anything(
    dataset: str, tmp_path: Path
) -> None:
    model = Knowing([])
    model.policy = Policy(mode="whole")  # type: ignore[arg-type]
    with pytest.raises(SchemaError, match='the policy of knowing:knowing: field mode is "whole"'):
        evaluated(model, tmp_path / "run", dataset)
    assert list(tmp_path.iterdir()) == []


def test_data_that_can_not_be_read_twice_or_is_ambiguous_is_refused(
    dataset: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="can't take it from standard input"):
        evaluated(oracle(dataset), tmp_path / "run", "-", split="all")
    corpus = tmp_path / "twice.jsonl"
    write_documents(corpus, [*some_documents(2), *some_documents(1)])
    with pytest.raises(SchemaError, match=r"twice.jsonl: document 'd000' comes twice"):
        evaluated(oracle(dataset), tmp_path / "run", str(corpus), split="all")
    write_documents(corpus, [], overwrite=True)
    with pytest.raises(InputError, match=r"twice.jsonl holds no documents"):
        evaluated(oracle(dataset), tmp_path / "run", str(corpus), split="all")
    with pytest.raises(OutputError, match="exists already"):
        evaluated(oracle(dataset), tmp_path, dataset)


def test_the_record_of_a_command_names_no_folder_of_the_machine(
    dataset: str, tmp_path: Path
) -> None:
    out = tmp_path / "secret place" / "run"
    words = ["eval", "--model", "rules", "--dataset", dataset, "--out", str(out), "--no-cost"]
    assert run(words) == 0
    text = (out / "result.json").read_text()
    assert json.loads(text)["command"][:4] == ["gonerd", "eval", "--model", "rules"]
    assert str(tmp_path) not in text
    assert not re.search(r'"/', text)


def test_the_command_exits_with_1_where_a_model_failed_unless_that_is_allowed(
    dataset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["eval", "--model", "rules", "--dataset", dataset, "--out", f"{tmp_path}/a"]) == 0
    lines = [line for _, line in read_json_lines(tmp_path / "a" / "predictions.jsonl.zst")]
    lines[1] |= {"entities": [], "consumed_to": 0, "error": "IndexError: index out of range"}
    write_json_lines(tmp_path / "failed.jsonl", lines)
    words = ["eval", "--model", f"preds:{tmp_path}/failed.jsonl", "--dataset", dataset]
    capsys.readouterr()
    assert run([*words, "--out", f"{tmp_path}/b"]) == 1
    said = capsys.readouterr()
    assert (
        f"the model failed at 1 of 4 documents, which count as missed; the first is "
        f"{lines[1]['doc_id']!r}" in said.err
    )
    assert "written to" in said.out
    result = json.loads((tmp_path / "b" / "result.json").read_text())
    assert result["coverage"]["failed_docs"] == [lines[1]["doc_id"]]
    assert run([*words, "--out", f"{tmp_path}/c", "--allow-failures"]) == 0


def test_an_entity_of_an_unknown_label_is_counted_and_not_hidden(
    dataset: str, tmp_path: Path
) -> None:
    answers = predictions_from_gold(dataset)
    answers[0] = replace(answers[0], entities=(*answers[0].entities, Entity(43, 46, "GPE")))
    result = evaluated(Knowing(answers), tmp_path / "run", dataset)
    assert result["scores"]["full"]["fp"] == 1


def test_reading_less_never_raises_the_score_of_an_oracle(dataset: str, tmp_path: Path) -> None:
    scores = []
    for reach in (10_000, 29, 13, 9):
        answers = [
            replace(
                p,
                entities=tuple(e for e in p.entities if e.end <= reach),
                consumed_to=min(reach, p.consumed_to),
            )
            for p in predictions_from_gold(dataset, "train")
        ]
        result = evaluated(Knowing(answers), tmp_path / str(reach), dataset, split="train")
        full, coverage = result["scores"]["full"], result["coverage"]
        assert full["tp"] == coverage["gold_reachable"]
        assert full["fn"] == coverage["gold_lost"]
        scores.append(full["f1"])
    assert scores == sorted(scores, reverse=True)
    assert (scores[0], scores[-1]) == (1.0, 0.0)
    assert len(set(scores)) > 3


def test_a_folder_without_a_name_of_its_own_is_refused(dataset: str, tmp_path: Path) -> None:
    for place in (Path(), Path(".."), tmp_path / ".."):
        with pytest.raises(OutputError, match=r"exists already|can't be replaced"):
            evaluated(oracle(dataset), place, dataset)


def test_everything_at_once_is_a_valid_result(dataset: str, tmp_path: Path) -> None:
    """Perturbed, timed, with scores, failures and left-out types."""
    rules = adapter_from_spec("rules", OPTIONS)
    cost = CostPlan(lengths=(512, 4096), seconds=0.1)
    evaluated(rules, tmp_path / "a", dataset, perturbation=Perturbation("ocr", 0.5), cost=cost)
    answers = predictions_from_gold(dataset)
    answers[0] = replace(answers[0], consumed_to=10_000)
    answers[1] = replace(answers[1], scores=(0.5,) * 3, dropped={"DATE": 3}, repairs=2)
    result = evaluated(Knowing(answers), tmp_path / "b", dataset, cost=cost)
    assert result["coverage"]["failed_docs"] == [answers[0].doc_id]
    assert (result["coverage"]["n_repairs"], result["coverage"]["dropped"]) == (2, {"DATE": 3})
    assert result["calibration"]["n"] == 3
    assert result["efficiency"]["by_length"] == []


def test_forms_that_the_train_split_has_are_told_apart(dataset: str, tmp_path: Path) -> None:
    test = evaluated(oracle(dataset), tmp_path / "test", dataset)["scores"]["full"]
    assert {name: entry["tp"] for name, entry in test["by_seen"].items()} == {
        "seen": 8, "unseen": 4,  # each document has an age of its own
    }  # fmt: skip
    train = evaluated(oracle(dataset, "train"), tmp_path / "train", dataset, split="train")
    assert train["scores"]["full"]["by_seen"] == {}


def test_replicates_and_a_page_can_be_asked_for(
    dataset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["eval", "--model", "rules", "--dataset", dataset, "--no-cost", "--out"]
    page = tmp_path / "report.html"
    assert run([*words, f"{tmp_path}/a", "--replicates", "50", "--report", str(page)]) == 0
    result = json.loads((tmp_path / "a" / "result.json").read_text())
    assert result["scores"]["full"]["ci"]["B"] == 50
    assert "<svg" in page.read_text()
    capsys.readouterr()
    assert run([*words, f"{tmp_path}/b", "--report", str(page)]) == 1
    assert "report.html exists already" in capsys.readouterr().err
    assert not (tmp_path / "b").exists(), "asked before any work is done"
    assert run([*words, f"{tmp_path}/b", "--report", "-"]) == 2
    assert "expected a file, found -" in capsys.readouterr().err
