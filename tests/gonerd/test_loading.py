"""Datasets by name: what each name opens, and what is said where it opens nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import gonerd
from gonerd import Document
from gonerd.cli.main import run
from gonerd.dataset import PUBLISHED, build_dataset, dataset_id, dataset_or_default, documents_of
from gonerd.dataset.places import is_corpus_file
from gonerd.errors import InputError
from gonerd.records import write_documents
from tests.gonerd.hub import serving_hub
from tests.gonerd.test_dataset import some_documents

GONERD = [sys.executable, "-m", "gonerd.cli.main"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions of a dataset."""
    folder = tmp_path_factory.mktemp("built")
    build_dataset(some_documents(30), folder / "first" / "gonerd")
    build_dataset(some_documents(40), folder / "second" / "gonerd")
    return folder


@pytest.fixture(scope="module")
def hub(built: Path) -> Iterator[str]:
    revisions = {"v1": built / "first/gonerd", "main": built / "second/gonerd"}
    empty = {"main": built / "other"}
    (built / "other").mkdir()
    (built / "other/README.md").write_text("Something else.")
    with serving_hub({f"datasets/{PUBLISHED}": revisions, "datasets/some/other": empty}) as address:
        yield address


@pytest.fixture
def online(hub: str, tmp_path: Path) -> dict[str, str]:
    """An environment in which the Hub is ours, with an empty cache."""
    left = {k: v for k, v in os.environ.items() if k not in ("HF_HUB_OFFLINE", "GONERD_DATASET")}
    return left | {"HF_ENDPOINT": hub, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path / "hf")}


def call(
    environment: dict[str, str], folder: Path, *words: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)


def counted(done: subprocess.CompletedProcess[str]) -> int:
    assert done.returncode == 0, done.stderr
    return int(json.loads(done.stdout)["datasets"][0]["documents"])


def test_a_dataset_on_the_hub_is_read_by_name_and_revision_and_later_without_it(
    online: dict[str, str], tmp_path: Path
) -> None:
    stats = [*GONERD, "stats", "--json"]
    assert counted(call(online, tmp_path, *stats)) == 40
    assert counted(call(online, tmp_path, *stats, "--dataset", f"{PUBLISHED}@v1")) == 30
    assert counted(call(online, tmp_path, *stats, f"{PUBLISHED}@v1")) == 30
    offline = online | {"HF_HUB_OFFLINE": "1"}
    assert counted(call(offline, tmp_path, *stats)) == 40
    unreachable = online | {"HF_ENDPOINT": "http://127.0.0.1:9"}
    done = call(unreachable, tmp_path, *stats, "--dataset", f"{PUBLISHED}@v1")
    assert counted(done) == 30
    assert done.stderr == ""


def test_a_run_on_the_hubs_dataset_records_what_one_on_its_folder_does(
    online: dict[str, str], built: Path, tmp_path: Path
) -> None:
    words = [*GONERD, "eval", "--model", "rules", "--no-cost", "--out"]
    done = call(online, tmp_path, *words, "far", "--dataset", f"{PUBLISHED}@main")
    assert done.returncode == 0, done.stderr
    assert call(online, built / "second", *words, str(tmp_path / "near")).returncode == 0
    far, near = (json.loads((tmp_path / d / "result.json").read_text()) for d in ("far", "near"))
    assert far["dataset"] == near["dataset"]
    assert far["dataset"]["id"] == "gonerd"


def test_plain_load_dataset_reads_the_hubs_dataset_streaming_included(
    online: dict[str, str], tmp_path: Path
) -> None:
    code = f"""
from datasets import load_dataset
rows = load_dataset({PUBLISHED!r})
lines = load_dataset({PUBLISHED!r}, "sentences", split="train")
old = load_dataset({PUBLISHED!r}, revision="v1", split="all")
streamed = [row["id"] for row in load_dataset({PUBLISHED!r}, split="test", streaming=True)]
assert streamed == rows["test"]["id"]
assert rows["test"].features["ner_tags"].feature.names[1] == "B-PER"
print(sum(rows.num_rows.values()), len(old), len(lines) > 100)
"""
    done = call(online, tmp_path, sys.executable, "-c", code)
    assert done.stdout == "40 30 True\n", done.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nobody/nothing", "there is no folder nobody/nothing here, and nobody/nothing: the Hub has no such"),
        (f"{PUBLISHED}@v9", f"and {PUBLISHED}@v9: the Hub has no such revision of this dataset"),
        ("some/other", "some/other holds no gonerd.json; it is not a dataset that 'gonerd build' wrote"),
    ],
)  # fmt: skip
def test_what_the_hub_does_not_have_is_told(
    name: str, said: str, online: dict[str, str], tmp_path: Path
) -> None:
    done = call(online, tmp_path, *GONERD, "stats", "--dataset", name)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert said in done.stderr


def test_where_no_dataset_is_to_be_had_one_sentence_names_the_ways(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GONERD_DATASET", raising=False)
    (tmp_path / "gonerd").mkdir()  # a folder of that name that is no dataset is passed over
    for words in (
        ["stats"],
        ["export", "--to", "conll", "--out", "x"],
        ["eval", "--model", "rules", "--out", "x"],
        ["finetune", "--out", "x"],
    ):
        assert run(words) == 1
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert "no dataset was named, ./gonerd is none, $GONERD_DATASET is not set" in error
        assert f"({PUBLISHED}: the Hub can't be reached" in error
        assert "build one with 'gonerd build', or name a folder, a Hub id, a corpus file" in error
        assert not (tmp_path / "x").exists()


def test_the_folder_here_comes_before_the_environment(
    built: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GONERD_DATASET", str(built / "first/gonerd"))
    monkeypatch.chdir(tmp_path)
    assert len(list(gonerd.load())) == 30
    monkeypatch.chdir(built / "second")
    assert dataset_or_default(None) == "gonerd"
    assert len(list(gonerd.load())) == 40
    assert len(list(gonerd.load("sample"))) == 254
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GONERD_DATASET", str(tmp_path / "gone"))
    with pytest.raises(InputError, match=r"\$GONERD_DATASET: .*gone is no dataset folder"):
        gonerd.load()


def test_a_corpus_file_is_a_dataset_without_splits(tmp_path: Path) -> None:
    path = tmp_path / "docs.v1.jsonl"
    write_documents(path, some_documents(5))
    dataset = gonerd.load(path)
    assert [document.id for document in dataset] == [f"d00{n}" for n in range(5)]
    assert all(isinstance(document, Document) and document.tokens for document in dataset["all"])
    assert dataset.splits == ()
    with pytest.raises(InputError, match="is one file without splits; expected --split all"):
        dataset["test"]
    with pytest.raises(InputError, match="no build recorded anything about it"):
        _ = dataset.facts
    words = [
        "export",
        "--dataset",
        str(path),
        "--to",
        "documents",
        "--out",
        str(tmp_path / "o.jsonl"),
    ]
    assert run(words) == 0
    assert (tmp_path / "o.jsonl").read_text() == path.read_text()
    assert run([*words, "--split", "test", "--force"]) == 1


@pytest.mark.parametrize("name", ["data/missing.jsonl", "missing.conll.gz", "./a.zst"])
def test_a_file_that_is_not_there_is_not_looked_for_on_the_hub(name: str) -> None:
    assert is_corpus_file(name)
    with pytest.raises(InputError, match=f"^{name} does not exist$"):
        gonerd.load(name)


def test_export_takes_one_name_and_stats_takes_several(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = str(built / "first/gonerd"), str(built / "second/gonerd")
    words = ["export", first, "--dataset", second, "--to", "conll", "--out", "-"]
    assert run(words) == 2
    assert "give one of them" in capsys.readouterr().err
    assert run(["stats", first, "--dataset", second, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["datasets"]
    assert [one["documents"] for one in found] == [40, 30]


def test_shards_that_are_missing_are_told(tmp_path: Path) -> None:
    facts, _ = build_dataset(some_documents(40), tmp_path / "d")
    path = tmp_path / "d/data/train-00000-of-00001.parquet"
    path.rename(path.with_name("train-00000-of-00002.parquet"))
    with pytest.raises(InputError, match="lacks shards of train, or has some of another build"):
        list(documents_of(tmp_path / "d", "train"))
    path.with_name("train-00000-of-00002.parquet").write_bytes(b"PAR1")
    path.with_name("train-00000-of-00002.parquet").rename(path)
    with pytest.raises(InputError, match="is not a data file of 'gonerd build'"):
        list(documents_of(tmp_path / "d", "train"))
    assert facts.documents["train"] == 30


def test_an_earlier_form_of_the_facts_is_told(tmp_path: Path) -> None:
    build_dataset(some_documents(40), tmp_path / "d")
    facts = json.loads((tmp_path / "d/gonerd.json").read_text())
    (tmp_path / "d/gonerd.json").write_text(json.dumps(facts | {"schema_version": 1}))
    with pytest.raises(
        InputError, match="has schema_version 1, this gonerd reads 2; build the dataset"
    ):
        gonerd.load(tmp_path / "d")
    (tmp_path / "d/gonerd.json").write_text("[]")
    with pytest.raises(InputError, match=r"gonerd\.json is not what 'gonerd build' writes"):
        gonerd.load(tmp_path / "d")


def test_the_name_that_results_record() -> None:
    names = ["giant-oak/gonerd@v1", "giant-oak/gonerd", "sample", "data/out.v2/mine.jsonl.gz"]
    assert [dataset_id(name) for name in names] == ["gonerd", "gonerd", "sample", "mine.jsonl.gz"]
