"""A fresh split: nothing of its labels gets out but whole points, a few times a model."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gonerd import Document
from gonerd.errors import CheckError
from gonerd.evaluation import evaluate_model
from gonerd.records import read_documents, write_documents
from gonerd_leaderboard.fresh import score_fresh
from tests.leaderboard.commands import typed
from tests.leaderboard.factory import (
    NoisyOracle,
    change_predictions,
    invented_documents,
    predictions_of,
)

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def dated(n: int = 40) -> list[Document]:
    return [
        replace(
            document,
            meta={**document.meta, "date": f"2026-{7 + number % 3:02}-{1 + number % 28:02}"},
        )
        for number, document in enumerate(invented_documents(n=n))
    ]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fresh")
    write_documents(folder / "annotated.jsonl", dated())
    made = typed(
        *("leaderboard", "fresh", "split", folder / "annotated.jsonl", "--after", "2026-06-30"),
        *("--out", folder / "fresh"),
    )
    assert made.exit_code == 0, made.stderr
    assert "2026-09: 40 documents of 2026-07-" in made.stdout
    return folder / "fresh"


def run_on(fresh: Path, out: Path, *, error: float, seed: int = 0) -> Path:
    """A run on the public texts of a model that knows the labels."""
    from gonerd.adapters import ModelCard

    card = ModelCard(kind="oracle", id="acme/tagger", revision="0" * 40)
    oracle = NoisyOracle(dated(), card, error=error, seed=seed)
    evaluate_model(oracle, out, dataset=str(fresh / "public" / "documents.jsonl"), split="all")
    return out


def test_the_public_part_has_every_text_and_no_label(fresh: Path) -> None:
    public = list(read_documents(fresh / "public" / "documents.jsonl"))
    assert [document.text for document in public] == [document.text for document in dated()]
    assert not any(document.entities for document in public)
    assert (fresh / "withheld").stat().st_mode & 0o077 == 0
    facts = json.loads((fresh / "public" / "fresh.json").read_text())
    assert facts["n_docs"] == 40
    assert facts["first"] > facts["after"] == "2026-06-30"


@pytest.mark.parametrize(
    ("date", "message"),
    [("2026-06-30", "is dated 2026-06-30, expected one after 2026-06-30"), ("", "has no date")],
)
def test_a_document_that_a_model_may_have_read_is_refused(
    tmp_path: Path, date: str, message: str
) -> None:
    documents = dated(3)
    documents[1] = replace(documents[1], meta={"date": date})
    write_documents(tmp_path / "a.jsonl", documents)
    ask = ["leaderboard", "fresh", "split", tmp_path / "a.jsonl", "--after", "2026-06-30"]
    done = typed(*ask, "--out", tmp_path / "fresh")
    assert done.exit_code == 1
    assert message in done.stderr
    assert not (tmp_path / "fresh").exists()


def test_answers_are_whole_points_and_types_need_a_hundred_entities(
    fresh: Path, tmp_path: Path
) -> None:
    run = run_on(fresh, tmp_path / "run", error=0.2)
    ask = ["leaderboard", "fresh", "score", run, "--fresh", fresh, "--model", "points"]
    told = json.loads(typed(*ask, "--json").stdout)
    gold = [entity.label for document in dated() for entity in document.entities]
    few = {label for label in set(gold) if gold.count(label) < 100}
    assert few == {"MISC"}
    assert told["by_type"].keys() == {"PER", "ORG", "LOC"}
    figures = [told["f1"], told["precision"], told["recall"]]
    assert all(type(figure) is int for figure in figures)
    assert 75 < told["f1"] < 95
    assert f"F1 {told['f1']}, P" in typed(*ask).stdout


def test_a_model_has_so_many_answers_and_the_log_has_all(fresh: Path, tmp_path: Path) -> None:
    runs = [run_on(fresh, tmp_path / str(n), error=0.3, seed=n) for n in range(4)]
    answers = [score_fresh(run, fresh, model="Acme/T", now=NOW) for run in runs[:3]]
    again = score_fresh(runs[0], fresh, model="acme/t", now=NOW)  # the same predictions are free
    assert again == answers[0] | {"model": "acme/t"}
    with pytest.raises(CheckError, match=r"was scored 3 times in the last 30 days.*2026-12-30"):
        score_fresh(runs[3], fresh, model="ACME/t", now=NOW)
    assert score_fresh(runs[3], fresh, model="other", now=NOW)["f1"] > 0
    later = NOW + timedelta(days=30)
    lines = predictions_of(runs[3])
    lines[0]["entities"].pop()
    change_predictions(runs[3], lines)
    assert score_fresh(runs[3], fresh, model="acme/t", now=later)["f1"] > 0
    log = [json.loads(line) for line in (fresh / "withheld" / "log.jsonl").read_text().splitlines()]
    mine = [line for line in log if line["model"].casefold() == "acme/t"]
    assert [line["counts"] for line in mine] == [True, True, True, False, True]


def test_predictions_for_other_documents_are_refused_and_cost_nothing(
    fresh: Path, tmp_path: Path
) -> None:
    run = run_on(fresh, tmp_path / "run", error=0.4, seed=9)
    lines = predictions_of(run)
    change_predictions(run, lines[:-1])
    ask = ["leaderboard", "fresh", "score", run, "--fresh", fresh, "--model", "short"]
    done = typed(*ask)
    assert done.exit_code == 1
    assert "holds 39 documents, expected 40" in done.stderr
    change_predictions(run, [lines[1], lines[0], *lines[2:]])
    assert "stands where" in typed(*ask).stderr
    log = fresh / "withheld" / "log.jsonl"
    assert not log.exists() or '"short"' not in log.read_text()
    nothing = typed("leaderboard", "fresh", "score", run, "--fresh", tmp_path, "--model", "m")
    assert "holds no withheld labels" in nothing.stderr
