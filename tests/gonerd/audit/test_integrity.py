"""A dataset folder in which one thing was changed: that is the check that fails."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gonerd.audit import audit_dataset
from gonerd.dataset import build_dataset
from gonerd.errors import InputError
from tests.gonerd.hub import serving_hub
from tests.gonerd.test_dataset import some_documents

INTEGRITY = (
    "sha256sums", "columns", "rows", "text_sha256", "tokens", "tags", "counts", "fingerprint",
)  # fmt: skip
Row = dict[str, Any]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit") / "dataset"
    build_dataset(some_documents(), folder)
    return folder


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "dataset"))


def data_file(folder: Path, split: str = "train") -> Path:
    return next((folder / "data").glob(f"{split}-*.parquet"))


def rewrite(folder: Path, change: Callable[[list[Row]], object]) -> None:
    """Change the rows of the training split, and the hash of their file with them."""
    path = data_file(folder)
    table = pq.read_table(path)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    sign(folder)


def sign(folder: Path) -> None:
    lines = []
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        name = line.partition("  ")[2]
        lines.append(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n")
    (folder / "SHA256SUMS").write_text("".join(lines))


def failed(folder: Path) -> dict[str, list[str]]:
    """What each failed check of integrity says."""
    done = audit_dataset(folder)
    return {
        check.name: [finding.said for finding in check.findings if finding.fails]
        for check in done.failed
        if check.name in INTEGRITY
    }


def test_a_dataset_as_it_was_built_and_the_sample_pass(folder: Path) -> None:
    for name in (folder, "sample"):
        done = audit_dataset(name)
        assert not done.failed
        assert {done[check].verdict for check in INTEGRITY} == {"passed"}
    assert sum(audit_dataset(folder).splits.values()) == 40


def test_a_changed_text_is_found_by_its_hash(folder: Path) -> None:
    def change(rows: list[Row]) -> None:
        text = rows[0]["text"]
        rows[0]["text"] = text[:-1] + ("!" if text[-1] != "!" else "?")

    rewrite(folder, change)
    found = failed(folder)
    assert found.keys() >= {"text_sha256", "fingerprint"}
    assert "the text has another SHA-256" in found["text_sha256"][0]


def test_a_changed_tag_is_found_by_the_entities(folder: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[0]["ner_tags"][0] = 5

    rewrite(folder, change)
    found = failed(folder)
    assert list(found) == ["tags"]
    assert "tag B-LOC of token 0, entities give" in found["tags"][0]


def test_a_missing_tag_is_found(folder: Path) -> None:
    rewrite(folder, lambda rows: rows[0]["ner_tags"].pop())
    assert "tags for" in failed(folder)["tags"][0]


def test_a_moved_entity_is_found_by_tags_and_fingerprint(folder: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[0]["entities"][0]["label"] = (
            "ORG" if rows[0]["entities"][0]["label"] != "ORG" else "PER"
        )

    rewrite(folder, change)
    assert failed(folder).keys() == {"tags", "fingerprint", "counts"}


def test_a_token_that_is_not_the_text_is_found(folder: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[0]["tokens"][0] = "other"

    rewrite(folder, change)
    assert list(failed(folder)) == ["tokens"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row["entities"][0].update(end=10**6), "past the end of the text"),
        (lambda row: row["entities"][0].update(label="X"), "label 'X' is unknown"),
        (lambda row: row["entities"][0].update(subtype="X"), "has the unknown subtype 'X'"),
        (lambda row: row["token_ends"].pop(), "zip"),
        (lambda row: row.update(common_window_end=10**6), "common_window_end is 1000000"),
        (lambda row: row.update(text=None), ""),
        (lambda row: row.update(id=None), "id None or the text is no string"),
        (lambda row: row.update(entities=None), ""),
    ],
)
def test_a_row_that_is_no_document_is_found(
    folder: Path, change: Callable[[Row], object], message: str
) -> None:
    rewrite(folder, lambda rows: change(rows[0]))
    found = failed(folder)
    assert found.keys() >= {"rows", "counts", "fingerprint"}
    assert found["rows"][0].startswith(f"{data_file(folder).name}, row 0: ")
    assert message in found["rows"][0]


def test_a_missing_row_is_found_by_counts_and_fingerprint(folder: Path) -> None:
    rewrite(folder, lambda rows: rows.pop())
    found = failed(folder)
    assert found.keys() == {"counts", "fingerprint"}
    size = json.loads((folder / "gonerd.json").read_text())["documents"]["train"]
    assert found["counts"][0] == f"train: {size - 1} documents, gonerd.json says {size}"


def test_a_document_in_two_splits_is_a_leak(folder: Path) -> None:
    test = pq.read_table(data_file(folder, "test")).to_pylist()
    rewrite(folder, lambda rows: rows.append(test[0]))
    done = audit_dataset(folder)
    assert {check.name for check in done.failed} >= {"ids", "exact_duplicates", "counts"}


def test_a_missing_column_is_found(folder: Path) -> None:
    path = data_file(folder)
    pq.write_table(pq.read_table(path).drop(["url"]), path)
    sign(folder)
    assert "url is not there, expected string" in failed(folder)["columns"][0]


def test_a_cut_file_is_found(folder: Path) -> None:
    path = data_file(folder)
    path.write_bytes(path.read_bytes()[:-20])
    found = failed(folder)
    assert found["sha256sums"] == [f"data/{path.name} is not the file that SHA256SUMS names"]
    assert f"{path.name} can't be read" in found["columns"][0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "SHA256SUMS").unlink(), "SHA256SUMS is not there"),
        (lambda folder: (folder / "README.md").unlink(), "README.md is not there"),
        (lambda folder: (folder / "README.md").write_text("x"), "README.md is not the file"),
        (
            lambda folder: shutil.copy(data_file(folder), folder / "data/other-0.parquet"),
            "data/other-0.parquet is there, SHA256SUMS does not name it",
        ),
        (
            lambda folder: (folder / "SHA256SUMS").write_text("0" * 64 + "  ../x\n"),
            "'../x' lies outside the folder",
        ),
        (lambda folder: (folder / "SHA256SUMS").write_text("x\n"), "found 'x', expected a hash"),
    ],
)
def test_a_file_that_is_not_the_one_named_is_found(
    folder: Path, change: Callable[[Path], object], message: str
) -> None:
    change(folder)
    found = failed(folder)
    assert list(found) == ["sha256sums"]
    assert any(message in said for said in found["sha256sums"])


def test_a_copy_from_the_hub_passes_without_the_files_that_nobody_reads(
    built: Path, tmp_path: Path
) -> None:
    with serving_hub({"datasets/some/set": {"main": built}}) as address:
        done = subprocess.run(
            [sys.executable, "-m", "gonerd.cli.main", "audit", "some/set", "--json"],
            env={key: value for key, value in os.environ.items() if key != "HF_HUB_OFFLINE"}
            | {"HF_ENDPOINT": address, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
    checks = json.loads(done.stdout)["checks"]
    assert {name: checks[name]["verdict"] for name in INTEGRITY} == dict.fromkeys(
        INTEGRITY, "passed"
    )


def test_a_missing_shard_is_found(folder: Path) -> None:
    path = data_file(folder)
    path.rename(path.with_name("train-00001-of-00002.parquet"))
    found = failed(folder)
    assert "lacks shards of train" in found["columns"][0]
    assert len(found["sha256sums"]) == 2


def test_another_fingerprint_is_found(folder: Path) -> None:
    facts = json.loads((folder / "gonerd.json").read_text())
    (folder / "gonerd.json").write_text(json.dumps(facts | {"fingerprint": "0" * 64}))
    sign(folder)
    assert list(failed(folder)) == ["fingerprint"]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"documents": {"train": "many"}}, "counts"),
        ({"words": {}}, "counts"),
        ({"fingerprint": 3}, "fingerprint"),
        ({"split_sha256": {}}, "fingerprint"),
    ],
)
def test_facts_that_say_something_else_are_found(
    folder: Path, change: dict[str, Any], name: str
) -> None:
    facts = json.loads((folder / "gonerd.json").read_text())
    (folder / "gonerd.json").write_text(json.dumps(facts | change))
    sign(folder)
    assert name in failed(folder)


def test_facts_of_another_kind_are_told(folder: Path) -> None:
    facts = json.loads((folder / "gonerd.json").read_text())
    (folder / "gonerd.json").write_text(json.dumps(facts | {"words": [1]}))
    with pytest.raises(InputError, match=r"gonerd.json: field 'words' is list, expected an object"):
        audit_dataset(folder)
