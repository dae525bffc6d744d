from __future__ import annotations

import json
from pathlib import Path

import pytest

from gonerd.cli.main import run
from gonerd.files import read_json
from gonerd.records import write_documents
from tests.baselines.tagger.corpus import documents
from tests.baselines.tasks.ner.models import start_of


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "corpus.jsonl"
    write_documents(path, documents(40, sentences=4))
    return path


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return start_of(tmp_path_factory.mktemp("models") / "start", learnable=True)


def test_a_corpus_is_prepared_and_learned_by_two_commands(
    corpus: Path, start: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    prepared, out = tmp_path / "prepared", tmp_path / "out"
    words = ["finetune", "--from", str(start), "--dataset"]
    assert run([*words, str(corpus), "--prepare", "--out", str(prepared), "--json"]) == 0
    facts = json.loads(capfd.readouterr().out)
    assert {name: held["unreachable"] for name, held in facts.items()} == {
        "train": 0,
        "validation": 0,
        "test": 0,
    }
    assert run([*words, str(prepared), "--prepare", "--out", str(tmp_path / "no")]) == 1
    assert "is prepared already" in capfd.readouterr().err
    assert run([*words, str(prepared), "--out", str(out), "--epochs", "1", "--seed", "2"]) == 0
    said = capfd.readouterr()
    assert said.out.startswith(f"{out}: validation f1 0.")
    assert "; test f1 0." in said.out
    record = read_json(out / "finetune.json")
    assert record["data"]["splits"] == facts
    assert record["data"]["dataset"] == "corpus.jsonl"
    recipe = record["recipe"]
    assert (recipe["task"]["step_examples"], recipe["training"]["learning_rate"]) == (8, 5e-5)
    assert record["details"]["test"]["ci"]["unit"] == "document"
    assert str(tmp_path) not in (out / "finetune.json").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--task", "glue/rte", "--from", "x"],
            "--prepare is for ner and a checkpoint's tokenizer",
        ),
        ([], "name it by --from MODEL"),
        (["--from", "x", "--epochs", "3"], "--epochs is for a training, not --prepare"),
        (["--from", "x", "--set", "steps=3"], "--set is for a training, not --prepare"),
    ],
)
def test_what_preparing_has_no_use_for_is_refused(
    words: list[str], said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["finetune", "--prepare", "--out", str(tmp_path / "out"), *words]) == 2
    assert said in capfd.readouterr().err
