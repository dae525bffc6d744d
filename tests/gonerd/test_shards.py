import json
from pathlib import Path

import pytest

from gonerd import Document, Entity
from gonerd.cli.main import run
from gonerd.dataset import build_dataset, load
from gonerd.dataset.shards import ShardWriter


def table(*texts: str):
    import pyarrow as pa

    return pa.table({"text": list(texts)})


def written(folder: Path, limit: int, *texts: str) -> list[Path]:
    with ShardWriter(folder, "train", table("").schema, limit=limit) as writer:
        for start in range(0, len(texts), 7):
            writer.write(table(*texts[start : start + 7]))
    return writer.paths


def test_no_file_is_larger_than_the_limit_and_no_row_is_lost(tmp_path: Path) -> None:
    import random

    import pyarrow.parquet as pq

    chance = random.Random(0)
    texts = [chance.randbytes(chance.randrange(9000)).hex() for _ in range(60)]
    paths = written(tmp_path, 60_000, *texts)
    assert [path.name for path in paths] == [
        f"train-{number:05d}-of-{len(paths):05d}.parquet" for number in range(len(paths))
    ]
    assert sorted(tmp_path.iterdir()) == paths
    assert len(paths) > 3
    assert max(path.stat().st_size for path in paths) <= 60_000
    assert [text for path in paths for text in pq.read_table(path)["text"].to_pylist()] == texts


def test_a_row_beyond_the_limit_has_a_file_of_its_own(tmp_path: Path) -> None:
    import random

    long = random.Random(0).randbytes(40_000).hex()
    paths = written(tmp_path, 20_000, "a", long, "b")
    assert len(paths) == 3


def test_rows_wait_until_a_group_is_full_and_none_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow.parquet as pq

    monkeypatch.setattr("gonerd.dataset.shards.GROUP_BYTES", 1000)
    texts = [f"{number:0100}" for number in range(50)]
    (path,) = written(tmp_path, 1_000_000, *texts)
    with pq.ParquetFile(path) as file:
        sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    assert sizes == [14, 14, 14, 8]  # tables of 7 rows, about 730 bytes each
    assert pq.read_table(path)["text"].to_pylist() == texts


def test_a_split_without_rows_is_one_file(tmp_path: Path) -> None:
    (path,) = written(tmp_path, 1000)
    assert path.name == "train-00000-of-00001.parquet"


def test_a_dataset_in_shards_loads_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """2.8 MB of words and texts that hardly compress, in files of 1 MB."""
    import random

    from datasets import load_dataset

    from gonerd.records import write_documents

    chance = random.Random(0)
    documents = [
        Document(
            id=f"d{number:03}",
            text=f"Ada {chance.randbytes(14_000).hex()}",
            entities=(Entity(0, 3, "PER"),),
            tokens=((0, 3), (4, 28_004)),
        )
        for number in range(50)
    ]
    write_documents(tmp_path / "docs.jsonl", documents)
    words = ["build", str(tmp_path / "docs.jsonl"), "--out", str(tmp_path / "gonerd")]
    assert run([*words, "--shard-size", "1", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    shards = sorted((tmp_path / "gonerd/data").glob("train-*"))
    assert len(shards) >= 2
    assert max(path.stat().st_size for path in shards) <= 1_000_000
    monkeypatch.chdir(tmp_path)
    assert load_dataset("gonerd").num_rows == facts["documents"]
    assert len(list(load("gonerd"))) == 50
    facts_again, _ = build_dataset(documents, tmp_path / "whole")
    assert facts_again.fingerprint == facts["fingerprint"]
