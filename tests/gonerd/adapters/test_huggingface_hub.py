"""Checkpoints by their names on the Hub, in processes of their own that know only the server on loopback."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonerd.records import write_documents
from tests.gonerd.adapters.checkpoints import TEXTS, document, save_bert, save_roberta
from tests.gonerd.hub import commit_of, serving_hub

CODE = """
import json, sys
from gonerd.adapters import AdapterOptions, adapter_from_spec
from gonerd.errors import GonerdError
for name in sys.argv[1:]:
    try:
        card = adapter_from_spec(name, AdapterOptions()).card
        print(json.dumps([card.id, card.revision, card.weights_sha256, card.details["architecture"]]))
    except GonerdError as problem:
        print(json.dumps(str(problem)))
"""


class Harm:
    """What a pickle may do when it is opened."""

    def __reduce__(self):
        return print, ("this pickle ran",)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    import torch
    from safetensors.torch import load_file

    folder = tmp_path_factory.mktemp("models")
    found = {
        "v1": save_bert(folder / "v1"),
        "main": save_roberta(folder / "main"),
        "old": save_bert(folder / "old"),
        "harmful": save_bert(folder / "harmful"),
    }
    weights = load_file(found["old"] / "model.safetensors")
    torch.save(weights, found["old"] / "pytorch_model.bin")
    torch.save({**weights, "harm": Harm()}, found["harmful"] / "pytorch_model.bin")
    for name in ("old", "harmful"):
        (found[name] / "model.safetensors").unlink()
    (found["main"] / "onnx").mkdir()
    (found["main"] / "onnx/model.onnx").write_bytes(b"large and of no use here")
    return found


@pytest.fixture(scope="module")
def hub(folders: dict[str, Path]) -> Iterator[str]:
    models = {
        "models/some/tagger": {"v1": folders["v1"], "main": folders["main"]},
        "models/some/old": {"main": folders["old"]},
        "models/some/harmful": {"main": folders["harmful"]},
    }
    with serving_hub(models) as address:
        yield address


@pytest.fixture
def online(hub: str, tmp_path: Path) -> dict[str, str]:
    left = {k: v for k, v in os.environ.items() if k != "HF_HUB_OFFLINE"}
    return left | {"HF_ENDPOINT": hub, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path / "hf")}


def told(environment: dict[str, str], folder: Path, *names: str) -> list:
    words = [sys.executable, "-c", CODE, *names]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_name_on_the_hub_is_resolved_to_a_commit_and_read_again_without_it(
    online: dict[str, str], folders: dict[str, Path], tmp_path: Path
) -> None:
    names = ["hf:some/tagger", "hf:some/tagger@v1", "hf:some/old"]
    found = told(online, tmp_path, *names, "hf:some/harmful", "hf:some/nothing")
    assert [one[:2] for one in found[:3]] == [
        ["some/tagger", commit_of(folders["main"])],
        ["some/tagger", commit_of(folders["v1"])],
        ["some/old", commit_of(folders["old"])],
    ]
    assert found[0][3] == "RobertaForTokenClassification"
    assert found[3].startswith("some/harmful can't be opened: pytorch_model*.bin holds more than")
    assert "the Hub has no such model" in found[4]
    assert not list((tmp_path / "hf").rglob("*.onnx"))
    away = online | {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "1"}
    commit = commit_of(folders["v1"])
    assert told(away, tmp_path, "hf:some/tagger", f"hf:some/tagger@{commit}") == found[:2]


def test_a_result_records_the_commit_that_main_meant(
    online: dict[str, str], folders: dict[str, Path], tmp_path: Path
) -> None:
    write_documents(tmp_path / "corpus.jsonl", [document(" ".join(TEXTS * 3))])
    words = [
        "eval",
        "--model",
        "hf:some/tagger@main",
        "--dataset",
        "corpus.jsonl",
        "--split",
        "all",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "gonerd.cli.main", *words, "--no-cost", "--out", "run"],
        cwd=tmp_path,
        env=online,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    model = json.loads((tmp_path / "run/result.json").read_text())["model"]
    assert (model["id"], model["revision"]) == ("some/tagger", commit_of(folders["main"]))
    assert "Loading weights" not in done.stderr
