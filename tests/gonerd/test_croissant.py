"""Croissant metadata by MLCommons' own reader."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from gonerd.dataset import load
from gonerd.dataset.rows import WITHHELD, features, row_from_document
from gonerd.dataset.withholding import withhold_texts
from gonerd.files import file_sha256
from tests.gonerd.annotated import built

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlcroissant


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "gonerd"
    built(path)
    return path


def opened(folder: Path) -> Any:
    dataset = mlcroissant.Dataset(jsonld=folder / "croissant.json")
    issues = dataset.metadata.ctx.issues
    assert issues.errors == set()
    assert {text.partition('"')[2].partition('"')[0] for text in issues.warnings} <= {
        "https://schema.org/datePublished"  # a build does not know when it will be published
    }
    return dataset


def plain(value: Any) -> Any:
    """What the reader gives, without bytes and without paths in keys."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {key.rpartition("/")[2]: plain(entry) for key, entry in value.items()}
    if hasattr(value, "tolist") or isinstance(value, list):
        return [plain(entry) for entry in list(value)]
    return value


@pytest.mark.filterwarnings("ignore")
def test_it_is_valid_and_its_records_are_the_documents(folder: Path) -> None:
    dataset = opened(folder)
    assert {record_set.id for record_set in dataset.metadata.record_sets} == {
        *("train", "validation", "test"),
        *("sentences-train", "sentences-validation", "sentences-test"),
    }
    (sentence, *_) = map(plain, dataset.records("sentences-test"))
    (first, *_) = load(folder).documents("test")
    assert sentence["document_id"] == first.id
    assert first.text[sentence["start"] :].startswith(sentence["text"])
    for split in load(folder).splits:
        expected = [
            row_from_document(document, window_end=document.meta["common_window_end"])
            for document in load(folder).documents(split)
        ]
        assert [plain(record) for record in dataset.records(split)] == expected


@pytest.mark.filterwarnings("ignore")
def test_annotations_alone_have_no_field_for_what_is_withheld(folder: Path, tmp_path: Path) -> None:
    withhold_texts(folder, tmp_path)
    (record, *_) = opened(tmp_path).records("test")
    assert plain(record).keys() == features().keys() - set(WITHHELD)


def test_every_file_is_listed_with_its_hash(folder: Path) -> None:
    described = json.loads((folder / "croissant.json").read_text())
    listed = {
        entry["contentUrl"]: (entry["sha256"], entry["contentSize"])
        for entry in described["distribution"]
        if entry["@type"] == "cr:FileObject"
    }
    assert listed == {
        path.relative_to(folder).as_posix(): (file_sha256(path), f"{path.stat().st_size} B")
        for place in ("data", "sentences")
        for path in (folder / place).iterdir()
    }
    assert described["version"] == "1.0.0"
