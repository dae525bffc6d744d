from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from gonerd.adapters import AdapterOptions, adapter_from_spec
from gonerd.cli.main import run
from gonerd.dataset import documents_of
from gonerd.errors import ConfigError, InputError
from gonerd.files import read_json, write_json
from gonerd.labels import TAGS
from gonerd.records import write_documents
from gonerd.schema import Document, Entity
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.tasks.catalogue import open_task
from gonerd_baselines.tasks.finetuning import finetune_task
from gonerd_baselines.tasks.ner.prepared import prepare
from gonerd_baselines.tasks.options import TaskOptions
from gonerd_baselines.tasks.reader import reader_of
from gonerd_baselines.training.config import TrainingConfig
from tests.baselines.encoder.families import BIGBIRD_FULL, FULL, LONGFORMER, NYSTROMFORMER, Family
from tests.baselines.tagger.corpus import documents, long_document
from tests.baselines.tasks.ner.models import start_of

TRAINING = TrainingConfig(
    epochs=12, learning_rate=8e-3, step_tokens=800, batch_tokens=800, beta2=0.95
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long ones do not fit into what tiny models read, and some entities are out of reach."""
    place = tmp_path_factory.mktemp("dataset")
    shared = [
        Document(
            id=f"shared{number}",
            text=f"Rain fell in Harare {number}",
            tokens=((0, 4), (5, 9), (10, 12), (13, 16), (16, 19)),
            entities=(Entity(16, 19, "LOC"),),
        )
        for number in range(25)
    ]
    long = [long_document(260 + number, name=f"long{number}") for number in range(12)]
    write_documents(place / "corpus.jsonl", [*documents(60, sentences=5), *shared, *long])
    assert run(["build", str(place / "corpus.jsonl"), "--out", str(place / "built")]) == 0
    return place / "built"


def trained(
    start: Path, data: Path, out: Path, training: TrainingConfig = TRAINING, **options: Any
) -> dict[str, Any]:
    recipe = {"training": training, "task": TaskOptions(**options)}
    return finetune_task(open_task("ner", data=str(data)), str(start), out, recipe=recipe)


@pytest.mark.parametrize("family", [LONGFORMER, FULL[3]], ids=str)
def test_a_tiny_model_learns_and_gonerd_eval_and_score_say_the_same(
    family: Family, built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = start_of(tmp_path / "start", family, longest=50, learnable=True, initializer_range=0.1)
    out = tmp_path / "out"
    record = trained(start, built, out)
    assert record["metrics"]["validation"]["f1"] > 0.85
    assert record["data"]["splits"]["train"]["unreachable"] > 5
    found = record["details"]["test"]
    assert record["metrics"]["test"]["f1"] == found["f1"]
    unreachable = record["data"]["splits"]["test"]["unreachable"]
    assert found["fn"] >= unreachable > 0
    for kind in ("gonerd", "hf"):
        model = ["--model", f"{kind}:{out}", "--dataset", str(built), "--split", "test"]
        assert run(["eval", *model, "--no-cost", "--out", str(tmp_path / kind)]) == 0
        wanted = read_json(tmp_path / kind / "result.json")["scores"]["full"]
        assert {name: wanted[name] for name in found} == found
    predictions = out / "predictions" / "test.jsonl"
    assert any(json.loads(line)["windows"] > 1 for line in predictions.read_text().splitlines())
    capsys.readouterr()
    assert run(["score", str(built), str(predictions), "--json"]) == 0
    scored = json.loads(capsys.readouterr().out)["full"]
    assert {name: scored[name] for name in found} == found


@pytest.mark.parametrize("kind", ["gonerd", "hf"])
def test_what_a_checkpoint_says_of_its_tags_is_not_guessed(kind: str, tmp_path: Path) -> None:
    start = start_of(tmp_path / "start", head="token", id2label=dict(enumerate(TAGS)))
    tensors = load_file(start / "model.safetensors")
    tensors["classifier.bias"][TAGS.index("I-PER")] += 99  # as if all entities began with I-
    save_file(tensors, start / "model.safetensors", metadata={"format": "pt"})
    values = read_json(start / "config.json")
    for more, scheme in (({}, "iob1"), ({"tag_scheme": "iob2"}, "iob2")):
        write_json(start / "config.json", values | more, overwrite=True)
        card = adapter_from_spec(f"{kind}:{start}", AdapterOptions()).card
        assert card.details["tag_scheme"] == scheme


def test_a_handful_of_documents_is_learned_by_heart(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for split in ("train", "validation"):
        write_documents(data / f"{split}.jsonl", documents(5, sentences=8))
    start = start_of(tmp_path / "start", learnable=True, initializer_range=0.1)
    out = tmp_path / "out"
    config = replace(TRAINING, epochs=40, step_tokens=400, batch_tokens=400)
    record = trained(start, data, out, config)
    assert record["metrics"] == {"validation": dict.fromkeys(record["metrics"]["validation"], 1.0)}
    lines = (out / "predictions" / "validation.jsonl").read_text().splitlines()
    for line, document in zip(lines, documents(5, sentences=8), strict=True):
        told = json.loads(line)
        assert told["doc_id"] == document.id
        assert {Entity(*span[:3]) for span in told["entities"]} == set(document.entities)
        assert told["consumed_to"] == len(document.text)


@pytest.mark.parametrize("family", [NYSTROMFORMER, BIGBIRD_FULL], ids=str)
def test_every_family_takes_part(family: Family, built: Path, tmp_path: Path) -> None:
    start = start_of(tmp_path / "start", family, longest=150)
    record = trained(start, built, tmp_path / "out", replace(TRAINING, epochs=None, steps=2))
    assert record["examples"]["train"]["longest"] <= 150
    assert from_pretrained(tmp_path / "out", head="token").labels == TAGS


def test_prepared_and_not_the_training_is_the_same(built: Path, tmp_path: Path) -> None:
    start = start_of(tmp_path / "start", longest=150)
    prepare(built, tokenizer=start, out=tmp_path / "prepared")
    few = replace(TRAINING, epochs=None, steps=3)
    once, again = (
        trained(start, data, tmp_path / f"{name}-out", few)
        for name, data in (("built", built), ("prepared", tmp_path / "prepared"))
    )
    for name in ("examples", "metrics", "details", "start"):
        assert once[name] == again[name]
    assert once["data"]["splits"] == again["data"]["splits"]


def test_a_length_is_cut_as_gonerd_eval_cuts_it(built: Path, tmp_path: Path) -> None:
    start = start_of(tmp_path / "start", learnable=True, initializer_range=0.1)
    few = replace(TRAINING, epochs=6)
    record = trained(start, built, tmp_path / "out", few, max_len=40)
    assert record["examples"]["train"]["longest"] <= 40
    model = ["--model", f"gonerd:{tmp_path / 'out'}", "--dataset", str(built), "--split", "test"]
    where = ["--max-len", "40", "--no-cost", "--out", str(tmp_path / "run")]
    assert run(["eval", *model, *where]) == 0
    scores = read_json(tmp_path / "run" / "result.json")["scores"]["full"]
    assert scores["f1"] == record["metrics"]["test"]["f1"] > 0.3


def test_a_start_with_a_head_for_other_labels_or_another_tokenizer_is_refused(
    built: Path, tmp_path: Path
) -> None:
    names = dict(enumerate(("O", "B-CITY", "I-CITY")))
    start = start_of(tmp_path / "start", head="token", id2label=names, longest=150)
    with pytest.raises(ConfigError, match=r"head for other labels \(O, B-CITY, I-CITY\) than ner"):
        trained(start, built, tmp_path / "out")
    with pytest.raises(ConfigError, match="set new_head=true puts a new one in its place"):
        trained(start, built, tmp_path / "out")
    same = start_of(tmp_path / "same", head="token", id2label=dict(enumerate(TAGS)), longest=150)
    few = replace(TRAINING, epochs=None, steps=1)
    record = trained(same, built, tmp_path / "kept", few)
    assert not record["start"]["new_head"]
    other = start_of(tmp_path / "other", FULL[3], longest=150)
    prepare(built, tokenizer=other, out=tmp_path / "prepared")
    task = open_task("ner", data=str(tmp_path / "prepared"))
    with pytest.raises(InputError, match="prepared by another tokenizer than that of same"):
        task.encoded(reader_of(from_pretrained(same)))


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_split_without_an_entity_is_told(split: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("train", "validation"):
        bare = [replace(d, entities=() if name == split else d.entities) for d in documents(3)]
        write_documents(data / f"{name}.jsonl", bare)
    start = start_of(tmp_path / "start")
    with pytest.raises(InputError, match=f"data: no document of {split} has an entity"):
        trained(start, data, tmp_path / "out")


def test_the_gold_that_is_scored_is_all_of_the_dataset(built: Path, tmp_path: Path) -> None:
    start = start_of(tmp_path / "start", longest=150)
    encoded = open_task("ner", data=str(built)).encoded(reader_of(from_pretrained(start)))
    for split, facts in encoded.record()["splits"].items():
        gold = [document.entities for document in documents_of(built, split)]
        assert facts["documents"] == len(gold)
        assert facts["entities"] == sum(map(len, gold))
