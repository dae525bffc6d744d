from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gonerd.adapters.adapter import AdapterOptions
from gonerd.cli.main import run
from gonerd.dataset import documents_of
from gonerd.errors import ConfigError, InputError
from gonerd.files import file_sha256, read_json, write_json
from gonerd.records import write_documents
from gonerd.schema import Document
from gonerd_baselines.configuration import (
    config_from_values,
    values_from_config,
    with_settings,
)
from gonerd_baselines.tagger.adapter import TaggerAdapter, adapter_from_argument
from gonerd_baselines.tagger.config import TaggerConfig, TrainingConfig
from gonerd_baselines.tagger.finetuning import finetune
from gonerd_baselines.tagger.training import Trainer
from tests.baselines.tagger.corpus import documents, long_document

SETTINGS = (
    "width=32",
    "heads=2",
    "hidden=64",
    "layers=1",
    "batch_tokens=256",
    "learning_rate=0.01",
)


def arguments(dataset: Path, out: Path, *more: str) -> list[str]:
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    return ["finetune", "--dataset", str(dataset), "--out", str(out), *settings, *more]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_documents(folder / "documents.jsonl", documents(40, sentences=8))
    assert run(["build", str(folder / "documents.jsonl"), "--out", str(folder / "built")]) == 0
    return folder / "built"


@pytest.fixture(scope="module")
def model(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models") / "model"
    assert run(arguments(dataset, out, "--epochs", "6")) == 0
    return out


@pytest.fixture
def adapter(model: Path) -> TaggerAdapter:
    return adapter_from_argument(str(model), AdapterOptions())


def test_the_model_folder_says_what_it_is(model: Path) -> None:
    assert sorted(path.name for path in model.iterdir()) == [
        "README.md",
        "config.json",
        "labels.json",
        "model.safetensors",
        "training.json",
    ]
    record = read_json(model / "training.json")
    assert record["data"]["train"]["documents"] == 33
    assert len(record["epochs"]) == 6
    assert record["training"]["seed"] == 0
    assert record["machine"]["cores"] >= 1
    assert record["plan"]["by_machine"] is False
    assert not model.with_name("model.unfinished").exists()
    best = max(epoch["validation_f1"] for epoch in record["epochs"])
    assert record["best"]["validation_f1"] == best > 0.8


def test_no_word_of_the_training_text_is_in_the_model(model: Path) -> None:
    held = b"".join(path.read_bytes() for path in model.iterdir()).lower()
    assert not any(word in held for word in (b"nkosi", b"harare", b"okafor"))


def test_eval_runs_the_model_by_its_folder(model: Path, dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = ["eval", "--model", f"gonerd:{model}", "--dataset", str(dataset), "--split", "test"]
    assert run([*command, "--no-cost", "--out", str(out)]) == 0
    result = read_json(out / "result.json")
    assert result["scores"]["full"]["f1"] > 0.8
    assert result["model"]["weights_sha256"] == file_sha256(model / "model.safetensors")
    assert result["coverage"]["docs_truncated"] == 0
    assert result["coverage"]["gold_lost"] == 0


def test_a_loaded_model_predicts_what_the_trained_one_did(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gonerd_baselines.tagger.features import features_of
    from gonerd_baselines.tagger.prediction import predicted_entities

    kept = []
    straight = Trainer.run

    def run_and_keep(self: Trainer, **options: object) -> object:
        kept.append(straight(self, **options))
        return kept[0]

    monkeypatch.setattr(Trainer, "run", run_and_keep)
    assert run(arguments(dataset, tmp_path / "m", "--epochs", "2")) == 0
    test = [replace(document, entities=()) for document in documents_of(dataset, "test")]
    features = [features_of(document, {"O": 0}) for document in test]
    wanted = predicted_entities(kept[0], test, features)
    loaded = adapter_from_argument(str(tmp_path / "m"), AdapterOptions())
    assert [list(p.entities) for p in loaded.predict(test)] == wanted
    assert any(wanted)
    for name, value in kept[0].state_dict().items():
        assert torch.equal(value, loaded.tagger.state_dict()[name])


def test_predictions_come_in_order_one_a_document_and_from_a_stream(adapter: TaggerAdapter) -> None:
    some = [
        *documents(3),
        Document(id="empty", text="", tokens=()),
        Document(id="white", text="  \n", tokens=()),
        long_document(700),
    ]
    taken = []

    def stream() -> Iterator[Document]:
        for document in some:
            taken.append(document.id)
            yield replace(document, entities=())

    found = list(adapter.predict(stream()))
    assert [prediction.doc_id for prediction in found] == [document.id for document in some]
    assert [prediction.consumed_to for prediction in found] == [len(d.text) for d in some]
    assert found[3].entities == found[4].entities == ()
    assert found[5].entities
    assert adapter.card.max_len is None


def test_a_length_limit_is_told_as_the_end_of_what_was_read(model: Path) -> None:
    document = replace(long_document(100), entities=())
    limited = adapter_from_argument(str(model), AdapterOptions(max_len=10))
    prediction = next(limited.predict([document]))
    assert document.tokens is not None
    assert prediction.consumed_to == document.tokens[9][1]
    assert all(entity.end <= prediction.consumed_to for entity in prediction.entities)
    assert (limited.policy.mode, limited.policy.max_len) == ("truncate", 10)


def test_the_batch_size_changes_nothing(model: Path) -> None:
    some = [replace(document, entities=()) for document in documents(9, seed=5)]
    wanted = list(adapter_from_argument(str(model), AdapterOptions()).predict(some))
    for size in (1, 2, 100):
        adapter = adapter_from_argument(str(model), AdapterOptions(batch_size=size))
        assert list(adapter.predict(some)) == wanted


def test_an_existing_folder_is_left_alone_without_force(
    model: Path, dataset: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = file_sha256(model / "model.safetensors")
    assert run(arguments(dataset, model)) == 1
    assert "exists already; give another name, or --force" in capfd.readouterr().err
    assert file_sha256(model / "model.safetensors") == before


def test_an_interrupted_command_goes_on_when_it_runs_again(
    dataset: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, whole = tmp_path / "m", tmp_path / "whole"
    assert run(arguments(dataset, whole, "--epochs", "3")) == 0
    step = Trainer._take_step

    def interrupted(self: Trainer, *rest: object) -> float:
        if len(self.epochs) == 2:
            raise KeyboardInterrupt
        return step(self, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "_take_step", interrupted)
        assert run(arguments(dataset, out, "--epochs", "3")) == 1
    assert "interrupted" in capfd.readouterr().err
    assert not out.exists()
    assert (tmp_path / "m.unfinished").is_dir()

    assert run(arguments(dataset, out, "--epochs", "3", "--seed", "4")) == 1
    assert "unfinished training with another training" in capfd.readouterr().err

    assert run(arguments(dataset, out, "--epochs", "3", "--json")) == 0
    said = capfd.readouterr()
    assert "going on after epoch 2" in said.err
    assert len(json.loads(said.out)["epochs"]) == 3
    assert file_sha256(out / "model.safetensors") == file_sha256(whole / "model.safetensors")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "whole"]


SECTIONS = {"model": TaggerConfig(), "training": TrainingConfig()}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("window", "--set 'window': expected key=value"),
        ("depth=3", "'depth' is unknown; expected affix_width, attention"),
        ("window=wide", "window is 'wide', expected a whole number"),
        ("width=30", "width 30 does not give each of 4 heads an even share"),
        ("dropout=1.5", "dropout is 1.5, expected 0 or more and less than 1"),
        ("layers=true", "layers is True, expected a whole number"),
        ("epochs=0", "epochs is 0, expected more than 0"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(setting: str, said: str) -> None:
    with pytest.raises(ConfigError) as problem:
        with_settings(SECTIONS, [setting], fixed=("tags",))
    assert said in str(problem.value)


def test_configurations_survive_json() -> None:
    made = with_settings(SECTIONS, ["window=7", "max_seconds=3.5", "model.attention=full"])
    model, training = made["model"], made["training"]
    assert (model.window, training.max_seconds, model.attention) == (7, 3.5, "full")
    for config in (model, training):
        values = json.loads(json.dumps(values_from_config(config)))
        assert config_from_values(type(config), values, where="here") == config


def test_a_broken_model_folder_is_refused_in_one_sentence(model: Path, tmp_path: Path) -> None:
    def message(folder: Path | str) -> str:
        with pytest.raises((InputError, ConfigError)) as problem:
            adapter_from_argument(str(folder), AdapterOptions())
        assert "\n" not in str(problem.value)
        return str(problem.value)

    assert "gonerd:PATH" in message("")
    assert "is no model folder: it has no config.json" in message(tmp_path)
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((model / name).read_bytes())
    config = read_json(tmp_path / "config.json")
    write_json(tmp_path / "config.json", config | {"colour": "red"}, overwrite=True)
    assert "'colour' is unknown" in message(tmp_path)
    write_json(tmp_path / "config.json", config | {"width": 64}, overwrite=True)
    assert "does not fit config.json beside it" in message(tmp_path)
    write_json(tmp_path / "config.json", config, overwrite=True)
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 20)
    assert "is not a safetensors file" in message(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    assert "model.safetensors does not exist" in message(tmp_path)


def test_a_document_without_tokens_is_refused(adapter: TaggerAdapter) -> None:
    with pytest.raises(InputError, match="document 'x' has no tokens"):
        list(adapter.predict([Document(id="x", text="Harare")]))


def test_a_device_that_is_not_there_is_refused(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="device 'quantum' can't be used"):
        finetune(
            str(dataset),
            tmp_path / "m",
            model=TaggerConfig(),
            training=TrainingConfig(),
            device="quantum",
        )
    assert list(tmp_path.iterdir()) == []


def test_a_dataset_that_is_not_there_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments(tmp_path / "built", tmp_path / "m")) == 1
    assert "built is no dataset folder" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []
