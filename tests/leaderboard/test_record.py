"""Verifying again: what a record says of the same files on the same gold is not found twice."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gonerd.adapters import ModelCard
from gonerd.evaluation import evaluate_model
from gonerd.records import read_documents, write_documents
from gonerd_leaderboard import verification
from gonerd_leaderboard.gold import GoldShelf
from gonerd_leaderboard.submission import submit
from gonerd_leaderboard.verification import verify
from tests.leaderboard.commands import typed
from tests.leaderboard.factory import (
    NoisyOracle,
    change_predictions,
    change_result,
    invented_documents,
    make_run,
    predictions_of,
)

Read = list[str]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Two submissions and the record of them, rescored."""
    for name in "ab":
        submit(make_run(tmp_path / name, model=f"acme/{name}", n=12), tmp_path / "to")
    assert tiers(tmp_path) == ["rescored", "rescored"]
    return tmp_path


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """The models whose predictions were read."""
    models: Read = []
    true = verification.read_predictions

    def watched(run, *rest, **options):
        models.append(run.result.model.id)
        return true(run, *rest, **options)

    monkeypatch.setattr(verification, "read_predictions", watched)
    return models


def tiers(folder: Path, *options: str, dataset: str = "invented.jsonl") -> list[str | None]:
    words = ["verify", "--all", folder / "to", "--record", folder / "verified.json", "--json"]
    done = typed(*words, "--dataset", folder / dataset, *options)
    return [each["tier"] for each in json.loads(done.stdout)["verdicts"]]


def test_what_a_record_proves_is_taken_over(made: Path, read: Read) -> None:
    record = (made / "verified.json").read_bytes()
    assert tiers(made) == ["rescored", "rescored"]
    assert read == []
    assert (made / "verified.json").read_bytes() == record
    submit(make_run(made / "c", model="acme/c", n=12), made / "to")
    assert tiers(made) == ["rescored"] * 3
    assert read == ["acme/c"]


def test_again_verifies_everything(made: Path, read: Read) -> None:
    assert tiers(made, "--again") == ["rescored", "rescored"]
    assert read == ["acme/a", "acme/b"]
    done = typed("verify", "--all", made / "to", "--again")
    assert done.exit_code == 2
    assert "expected --record FILE with it" in done.stderr


def forged(made: Path) -> None:
    place = next((made / "to" / "acme--b").iterdir())
    lines = predictions_of(place)
    entity = lines[0]["entities"][0]
    entity[2] = "ORG" if entity[2] != "ORG" else "LOC"
    change_predictions(place, lines)


def worse(made: Path) -> None:
    change_result(next((made / "to" / "acme--b").iterdir()), "scores.full.tp", 1)


def broken_card(made: Path) -> None:
    (next((made / "to" / "acme--b").iterdir()) / "model.toml").write_text("name = ")


def moved(made: Path) -> None:
    (made / "to" / "acme--b").rename(made / "to" / "acme--x")
    record = made / "verified.json"
    record.write_text(record.read_text().replace("acme--b/", "acme--x/"))


@pytest.mark.parametrize("change", [forged, worse, broken_card, moved])
def test_a_proof_covers_no_changed_submission(
    made: Path, read: Read, change: Callable[[Path], None]
) -> None:
    change(made)
    assert tiers(made) == ["rescored", None]
    assert tiers(made) == ["rescored", None]  # nor does the record of that


def changed_meta(made: Path) -> None:
    """Another source: the split's hash does not cover them, scores by source do."""
    corpus = made / "invented.jsonl"
    documents = [replace(d, meta={**d.meta, "source": "news"}) for d in read_documents(corpus)]
    write_documents(corpus, documents, overwrite=True)


def test_a_proof_is_of_the_very_gold_that_is_at_hand(made: Path, read: Read) -> None:
    changed_meta(made)
    assert tiers(made) == [None, None]
    assert read == ["acme/a", "acme/b"]


def test_a_proof_without_gold_is_found_again_when_the_gold_is_at_hand(
    made: Path, read: Read
) -> None:
    write_documents(made / "other.jsonl", invented_documents(n=3, seed=9))
    other = {"dataset": "other.jsonl"}
    assert tiers(made, **other) == ["self-reported"] * 2  # rescored on what is not here
    assert len(read) == 2
    assert tiers(made, **other) == ["self-reported"] * 2
    assert len(read) == 2
    assert tiers(made) == ["rescored", "rescored"]
    assert len(read) == 4


def test_a_record_of_another_version_proves_nothing(made: Path, read: Read) -> None:
    record = made / "verified.json"
    value = json.loads(record.read_text()) | {"gonerd": "0.0.1"}
    record.write_text(json.dumps(value))
    assert tiers(made) == ["rescored", "rescored"]
    assert read == ["acme/a", "acme/b"]


def test_a_record_that_does_not_say_on_which_gold_proves_nothing(made: Path, read: Read) -> None:
    record = made / "verified.json"
    value = json.loads(record.read_text()) | {"schema_version": 1}
    for proof in value["submissions"].values():
        del proof["gold_sha256"]
    record.write_text(json.dumps(value))
    assert tiers(made) == ["rescored", "rescored"]
    assert read == ["acme/a", "acme/b"]


def test_a_rerun_stays_one_and_rerunning_takes_nothing_over(made: Path, read: Read) -> None:
    record = made / "verified.json"
    record.write_text(record.read_text().replace('"rescored"', '"rerun"', 1))
    assert tiers(made, "--require", "rescored") == ["rerun", "rescored"]
    assert read == []
    # An oracle is no model that can be loaded; the first was run by somebody who has it.
    assert tiers(made, "--rerun") == ["rerun", "rescored"]
    assert read == ["acme/a", "acme/b"]


def test_a_file_that_is_no_record_is_not_replaced(made: Path) -> None:
    thesis = made / "thesis.json"
    thesis.write_text('{"chapter": 1}')
    words = ["verify", "--all", made / "to", "--record", thesis]
    done = typed(*words)
    assert done.exit_code == 1
    assert "thesis.json: field schema_version is missing" in done.stderr
    assert thesis.read_text() == '{"chapter": 1}'
    assert typed(*words, "--again").exit_code == 0


def test_processes_take_over_as_one_does(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "AT_ONCE", 1)
    record = (made / "verified.json").read_bytes()
    assert tiers(made, "--jobs", "2") == ["rescored", "rescored"]
    assert (made / "verified.json").read_bytes() == record


def test_a_document_without_entities_can_not_be_left_out(tmp_path: Path) -> None:
    documents = invented_documents(n=6)
    documents[-1] = replace(documents[-1], entities=())
    runs = {}
    for name, some in (("whole", documents), ("part", documents[:-1])):
        corpus = tmp_path / f"{name}.jsonl"
        write_documents(corpus, some)
        card = ModelCard("oracle", "acme/a", "0" * 40, "0" * 64)
        oracle = NoisyOracle(some, card, error=0.2)
        run = tmp_path / name
        evaluate_model(oracle, run, dataset=str(corpus), split="all", cost=None)
        runs[name] = json.loads((run / "result.json").read_text())
    for field in ("id", "revision", "split_sha256"):
        change_result(tmp_path / "part", f"dataset.{field}", runs["whole"]["dataset"][field])
    shelf = GoldShelf([str(tmp_path / "whole.jsonl")])
    assert verify(tmp_path / "whole", shelf).tier == "rescored"
    found = verify(tmp_path / "part", shelf)
    assert "field dataset.n_docs is 5, the predictions give 6" in found.reason
