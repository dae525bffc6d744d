from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from gonerd.adapters import AdapterOptions, adapter_from_spec, predictions_of
from gonerd.adapters.huggingface import TransformersModel
from gonerd.cli.main import run
from gonerd.errors import ConfigError, InputError
from gonerd.files import read_json, write_json
from gonerd.records import write_documents
from gonerd_baselines.attention import FullAttention, LongformerAttention
from gonerd_baselines.encoder.adapter import EncoderAdapter, backends_by_length
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.conversion_folder import convert_folder
from gonerd_baselines.encoder.model import Encoder
from gonerd_baselines.packing import packing_from_lengths
from tests.baselines.tagger.corpus import documents
from tests.gonerd.adapters.checkpoints import save_bert, save_roberta
from tests.gonerd.adapters.transformers_models import random_texts, same


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("encoders")
    longformer = place / "tiny-longformer"
    roberta = save_roberta(place / "tiny-roberta")
    options = {"attention_window": (16, 32)}
    convert_folder(str(roberta), longformer, to="longformer", max_len=400, options=options)
    return {
        "roberta": roberta,
        "bert": save_bert(place / "tiny-bert"),
        "longformer": longformer,
    }


OPTIONS = {
    "bigbird": {"block_size": 4, "num_random_blocks": 1},
    "lsg": {"block_size": 8, "sparse_block_size": 8},
    "nystromformer": {"num_landmarks": 16},
}

TEXTS = random_texts(24, 140)
"""The longest do not fit into 128 subwords."""


@pytest.mark.parametrize("kind", ["roberta", "bert", "longformer"])
@pytest.mark.parametrize("batch_size", [None, 1, 3, 50])
def test_predictions_are_those_of_transformers_for_every_batch_size(
    folders: dict[str, Path], kind: str, batch_size: int | None
) -> None:
    ours = adapter_from_spec(f"gonerd:{folders[kind]}", AdapterOptions(batch_size=batch_size))
    theirs = adapter_from_spec(f"hf:{folders[kind]}", AdapterOptions(batch_size=2))
    assert isinstance(ours, EncoderAdapter)
    assert isinstance(theirs, TransformersModel)
    found, wanted = (list(predictions_of(adapter, TEXTS)) for adapter in (ours, theirs))
    same(found, wanted)
    assert any(prediction.windows > 1 for prediction in found) == (kind != "longformer")
    assert sum(len(prediction.entities) for prediction in found) > 50


@pytest.mark.parametrize("to", list(OPTIONS))
def test_no_prediction_depends_on_the_batch(
    to: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    source = shutil.copytree(folders["roberta"], tmp_path / "source")
    config = read_json(source / "config.json")
    write_json(source / "config.json", config | {"mask_token_id": 3}, overwrite=True)
    convert_folder(str(source), tmp_path / "new", to=to, max_len=400, options=OPTIONS[to])
    alone, some, many = (
        list(
            predictions_of(
                adapter_from_spec(f"gonerd:{tmp_path / 'new'}", AdapterOptions(batch_size=size)),
                TEXTS,
            )
        )
        for size in (1, 3, None)
    )
    same(some, alone)
    same(many, alone)
    assert sum(len(prediction.entities) for prediction in alone) > 50


@pytest.mark.parametrize(
    "options",
    [
        AdapterOptions(policy="truncate", max_len=40),
        AdapterOptions(policy="window", max_len=40, stride=10),
        AdapterOptions(label_map={"PER": "PER", "ORG": "MISC", "LOC": None}),
    ],
)
def test_options_mean_what_they_mean_with_transformers(
    folders: dict[str, Path], options: AdapterOptions
) -> None:
    ours, theirs = (
        adapter_from_spec(f"{kind}:{folders['longformer']}", options) for kind in ("gonerd", "hf")
    )
    same(list(predictions_of(ours, TEXTS)), list(predictions_of(theirs, TEXTS)))
    assert ours.policy == theirs.policy


def test_half_precision_is_computed_in_half_precision(folders: dict[str, Path]) -> None:
    adapter = adapter_from_spec(f"gonerd:{folders['longformer']}", AdapterOptions(dtype="bfloat16"))
    assert adapter.policy.dtype == "bfloat16"
    exact = adapter_from_spec(f"gonerd:{folders['longformer']}", AdapterOptions())
    found, wanted = (
        {(p.doc_id, e) for p in predictions_of(each, TEXTS) for e in p.entities}
        for each in (adapter, exact)
    )
    assert len(found & wanted) > 0.8 * len(wanted)
    assert found != wanted


def test_the_card_says_what_was_loaded_and_what_computes_it(folders: dict[str, Path]) -> None:
    ours = adapter_from_spec(f"gonerd:{folders['longformer']}", AdapterOptions()).card
    theirs = adapter_from_spec(f"hf:{folders['longformer']}", AdapterOptions()).card
    assert (ours.kind, ours.id, ours.max_len) == ("gonerd", "tiny-longformer", 400)
    assert ours.weights_sha256 == theirs.weights_sha256
    assert ours.params == theirs.params
    assert ours.details["attention"] == "longformer"
    assert ours.details["attention_backends"] == {"sdpa": 32, "blocked": 400}


def test_the_card_names_the_teacher_that_the_folder_names(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    student = shutil.copytree(folders["roberta"], tmp_path / "student")
    for kind in ("gonerd", "hf"):
        assert adapter_from_spec(f"{kind}:{student}", AdapterOptions()).card.teacher_id is None
    (student / "finetune.json").write_text('{"teacher": {"id": "acme/long"}}')
    for kind in ("gonerd", "hf"):
        found = adapter_from_spec(f"{kind}:{student}", AdapterOptions()).card.teacher_id
        assert found == "acme/long"


def test_a_result_of_eval_says_which_backends_ran(folders: dict[str, Path], tmp_path: Path) -> None:
    write_documents(tmp_path / "documents.jsonl", documents(12, sentences=4))
    built = str(tmp_path / "built")
    assert run(["build", str(tmp_path / "documents.jsonl"), "--out", built]) == 0
    model = f"gonerd:{folders['longformer']}"
    arguments = ["--model", model, "--dataset", built, "--split", "train", "--no-cost"]
    assert run(["eval", *arguments, "--out", str(tmp_path / "run")]) == 0
    told = read_json(tmp_path / "run" / "result.json")["model"]
    assert (told["kind"], told["id"]) == ("gonerd", "tiny-longformer")
    assert told["details"]["attention_backends"] == {"sdpa": 32, "blocked": 400}


@pytest.mark.parametrize(
    ("pattern", "longest"), [(LongformerAttention(16), 200), (FullAttention(), 9)]
)
def test_the_backends_that_are_named_run_up_to_the_lengths_that_are_named(
    pattern: LongformerAttention | FullAttention, longest: int
) -> None:
    config = EncoderConfig(
        attention=(pattern,),
        vocab_size=9,
        hidden_size=8,
        num_attention_heads=2,
        intermediate_size=8,
        max_position_embeddings=longest + 2,
    )
    named, encoder, begin = backends_by_length(config), Encoder(config), 1
    for backend, last in named.items():
        for length in (begin, last):
            encoder(torch.zeros(length, dtype=torch.int64), packing_from_lengths([length]))
            assert encoder.ran == {backend: 1}
        begin = last + 1
    assert begin == longest + 1


def test_an_encoder_without_a_head_for_tokens_is_refused(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    convert_folder(str(folders["bert"]), bare, to="full", max_len=130, head="none")
    with pytest.raises(
        InputError, match="no finished token-classification model: its weights lack"
    ):
        adapter_from_spec(f"gonerd:{bare}", AdapterOptions())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (AdapterOptions(compile=True), "--model gonerd has no use for --compile"),
        (AdapterOptions(batch_size=0), "a batch size of 0 makes no sense"),
        (AdapterOptions(dtype="float8"), "--dtype is 'float8', expected one of float32"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    folders: dict[str, Path], options: AdapterOptions, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        adapter_from_spec(f"gonerd:{folders['bert']}", options)
