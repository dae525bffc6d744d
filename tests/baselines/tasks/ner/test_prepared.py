from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gonerd.errors import InputError, OutputError
from gonerd.files import read_json, write_json
from gonerd.records import write_documents
from gonerd_baselines.tasks.ner.prepared import is_prepared, prepare, read_prepared
from tests.baselines.tagger.corpus import documents
from tests.baselines.tasks.ner.models import start_of

WITHOUT = """
import json, sys
from pathlib import Path

sys.modules["datasets"] = sys.modules["spacy"] = None
from gonerd_baselines.tasks.catalogue import open_task
from gonerd_baselines.tasks.finetuning import finetune_task
from gonerd_baselines.tasks.options import TaskOptions
from gonerd_baselines.training.config import TrainingConfig

data, start, out = sys.argv[1:]
recipe = {"training": TrainingConfig(epochs=1), "task": TaskOptions()}
record = finetune_task(open_task("ner", data=data), start, Path(out), recipe=recipe)
print(json.dumps(record["details"]["test"]["by_type"]))
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "corpus.jsonl"
    write_documents(path, documents(40, sentences=4))
    return path


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return start_of(tmp_path_factory.mktemp("models") / "start")


def test_what_is_written_is_read_again(corpus: Path, start: Path, tmp_path: Path) -> None:
    made = prepare(corpus, tokenizer=start, out=tmp_path / "prepared")
    read = read_prepared(tmp_path / "prepared")
    assert (read.dataset, read.labels, read.frame, read.reads) == (
        "corpus.jsonl",
        made.labels,
        made.frame,
        made.reads,
    )
    assert read.tokenizer_sha256 == made.tokenizer_sha256
    assert list(read.splits) == ["train", "validation", "test"]
    for split, features in made.splits.items():
        arrays = read.splits[split].as_arrays()
        for name, array in features.as_arrays().items():
            assert arrays[name].dtype == array.dtype, name
            np.testing.assert_array_equal(arrays[name], array, err_msg=name)
    written = {path.name: path.read_bytes() for path in (tmp_path / "prepared").iterdir()}
    prepare(corpus, tokenizer=start, out=tmp_path / "again")
    assert written == {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert sum(map(len, written.values())) < 40_000
    assert "Harare" not in b"".join(written.values()).decode("latin-1")


def test_it_trains_and_evaluates_without_datasets_and_spacy(
    corpus: Path, start: Path, tmp_path: Path
) -> None:
    prepare(corpus, tokenizer=start, out=tmp_path / "prepared")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            WITHOUT,
            *map(str, (tmp_path / "prepared", start, tmp_path / "out")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    record = read_json(tmp_path / "out" / "finetune.json")
    facts = read_json(tmp_path / "prepared" / "ner.json")["splits"]
    for split, held in record["data"]["splits"].items():
        assert held == {name: facts[split][name] for name in held}
    by_type = json.loads(done.stdout)
    assert sum(e["tp"] + e["fn"] for e in by_type.values()) == facts["test"]["entities"] > 0


def test_a_folder_that_is_not_as_it_was_written_is_told(
    corpus: Path, start: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "prepared"
    prepare(corpus, tokenizer=start, out=folder)
    assert is_prepared(folder)
    assert not is_prepared(corpus)
    with pytest.raises(OutputError, match="exists already"):
        prepare(corpus, tokenizer=start, out=folder)
    record = read_json(folder / "ner.json")
    write_json(folder / "ner.json", record | {"format": 9}, overwrite=True)
    with pytest.raises(InputError, match=r"ner\.json: found format 9, expected 1"):
        read_prepared(folder)
    write_json(folder / "ner.json", {"format": 1}, overwrite=True)
    with pytest.raises(InputError, match="is damaged: KeyError at 'dataset'"):
        read_prepared(folder)
    write_json(folder / "ner.json", record, overwrite=True)
    data = (folder / "test.npz").read_bytes()
    (folder / "test.npz").write_bytes(data[:-9] + b"123456789")
    with pytest.raises(InputError, match=r"test\.npz is damaged: its SHA-256 is another"):
        read_prepared(folder)
    (folder / "test.npz").unlink()
    with pytest.raises(InputError, match=r"test\.npz is missing"):
        read_prepared(folder)
    with pytest.raises(InputError, match="is no model's folder"):
        prepare(corpus, tokenizer=tmp_path / "a/b/c", out=tmp_path / "other")
