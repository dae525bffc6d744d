"""Models that are run again: what is found out that predictions alone can't tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from gonerd import Document
from gonerd.adapters import AdapterOptions, Prediction, adapter_from_spec
from gonerd.adapters.rules import Rules
from gonerd.dataset import load
from gonerd.evaluation import evaluate_model
from gonerd_leaderboard.gold import GoldShelf
from gonerd_leaderboard.verification import Rerunning, verify
from gonerd_leaderboard.verified import RERUN, RESCORED
from tests.gonerd.adapters.checkpoints import save_roberta
from tests.leaderboard.commands import typed
from tests.leaderboard.factory import change_result, make_run

SHELF = GoldShelf(["sample"])


class Cheat(Rules):
    """Says that it is the rules, and reads the gold of some documents."""

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        gold = {document.id: document.entities for document in load("sample").documents("test")}
        for number, found in enumerate(super().predict(documents)):
            entities = gold[found.doc_id] if number < 8 else found.entities
            yield Prediction(found.doc_id, entities, consumed_to=found.consumed_to)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("rerun") / "rules"
    evaluate_model(Rules(), out, dataset="sample", split="test")
    return out


def test_an_honest_run_gives_the_same_again(honest: Path) -> None:
    found = verify(honest, SHELF, again=Rerunning())
    assert found.tier == RERUN
    assert found.reason.endswith("the predictions of 0 of 25 documents differ"), found.reason


def test_predictions_that_the_model_does_not_give_are_found_out(tmp_path: Path) -> None:
    out = tmp_path / "run"
    evaluate_model(Cheat(), out, dataset="sample", split="test")
    assert verify(out, SHELF).tier == RESCORED
    found = verify(out, SHELF, again=Rerunning())
    assert found.refused
    assert "the predictions of 8 of 25 documents differ, more than 0.1 points apart" in found.reason
    assert verify(out, SHELF, again=Rerunning(tolerance=0.5)).tier == RERUN


def test_a_model_that_nobody_can_load_stays_rescored_and_has_to_be_named(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", n=12)
    shelf = GoldShelf([str(tmp_path / "invented.jsonl")])
    found = verify(run, shelf, again=Rerunning())
    assert found.tier == RESCORED
    assert found.reason.startswith("not run again: ")
    said = found.reason
    assert "names oracle:acme/tagger, which is not loaded from the Hub on its word" in said
    said = verify(run, shelf, again=Rerunning("rules")).reason
    assert "model.kind is oracle, the model here has rules" in said


def test_a_pickle_is_not_opened_on_the_word_of_a_submission(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", n=12)
    change_result(run, "model.kind", "flair")
    found = verify(run, GoldShelf([str(tmp_path / "invented.jsonl")]), again=Rerunning())
    assert found.tier == RESCORED, found.reason
    assert "names flair:acme/tagger, which is not loaded from the Hub on its word" in found.reason


def test_the_stated_policy_is_used_again(tmp_path: Path) -> None:
    checkpoint = save_roberta(tmp_path / "model")
    options = AdapterOptions(policy="window", max_len=128, stride=100, batch_size=3)
    out = tmp_path / "run"
    spec = f"hf:{checkpoint}"
    evaluate_model(adapter_from_spec(spec, options), out, dataset="sample", split="test")
    found = verify(out, SHELF, again=Rerunning(spec))
    assert found.tier == RERUN, found.reason
    assert "0 of 25" in found.reason


def test_the_command_says_how_far_apart_both_are(honest: Path) -> None:
    done = typed("verify", honest, "--rerun", "--require", "rerun")
    assert done.exit_code == 0
    assert "rerun" in done.stdout
    assert "run again, F1 is" in done.stderr
    lazy = typed("verify", honest, "--require", "rerun")
    assert lazy.exit_code == 1
    assert "rerun is required, found rescored" in lazy.stderr
    lost = typed("verify", honest, "--model", "rules")
    assert lost.exit_code == 2
    assert "expected one RUN_DIR and --rerun" in lost.stderr
