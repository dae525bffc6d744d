import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from gonerd import Document, Entity
from gonerd.errors import SchemaError
from gonerd.records import (
    document_from_record,
    read_documents,
    record_from_document,
    write_documents,
)
from gonerd.schema import text_sha256
from tests.strategies import tokenized_documents


@given(tokenized_documents())
def test_a_record_round_trips_through_json(document: Document) -> None:
    line = json.dumps(record_from_document(document), ensure_ascii=False)
    assert document_from_record(json.loads(line)) == document


@pytest.mark.parametrize("name", ["d.jsonl", "d.jsonl.gz", "d.jsonl.zst"])
def test_documents_round_trip_through_files(tmp_path: Path, name: str) -> None:
    documents = [
        Document(id="1", text="a\u2028b\u0085c\r\nd", meta={"source": "news"}),
        Document(id="2", text="34", entities=(Entity(0, 2, "MISC", "AGE"),), tokens=((0, 2),)),
        Document(id="3", text=""),
    ]
    assert write_documents(tmp_path / name, documents) == 3
    assert list(read_documents(tmp_path / name)) == documents


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ([], "found list, expected an object"),
        ({"text": "x"}, "field 'id' is missing"),
        ({"id": "a", "text": 3}, "document 'a': field 'text' is int, expected str"),
        (
            {"id": "a", "text": "x", "entitys": []},
            "document 'a': field 'entitys' is unknown; expected id, text",
        ),
        (
            {"id": "a", "text": "x", "entities": [{"start": True, "end": 1, "label": "PER"}]},
            "'start' is bool",
        ),
        (
            {"id": "a", "text": "x", "entities": [{"start": 0, "label": "PER"}]},
            "field 'end' is missing",
        ),
        (
            {"id": "a", "text": "x", "entities": [{"start": 0, "end": 9, "label": "PER"}]},
            "PER ends at 9, past",
        ),
        (
            {"id": "a", "text": "x", "entities": [{"start": 0, "end": 1, "label": "per"}]},
            "label 'per'.*unknown",
        ),
        ({"id": "a", "text": "x", "tokens": [[0]]}, r"token \[0\] is not a pair"),
        (
            {"id": "a", "text": "x", "meta": {"text_sha256": text_sha256("y")}},
            "the text has changed",
        ),
    ],
)
def test_a_bad_record_is_named_by_file_line_and_document(
    tmp_path: Path, record: Any, message: str
) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text(json.dumps({"id": "0", "text": "fine"}) + "\n\n" + json.dumps(record) + "\n")
    with pytest.raises(SchemaError, match=rf"d.jsonl:3: .*{message}"):
        list(read_documents(path, labels={"PER"}))


@pytest.mark.parametrize("line", ["{", '{"id": "a"', "[" * 100_000])
def test_a_line_that_is_not_json_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(SchemaError, match=r"d.jsonl:1: (not JSON at column \d+|nested too deep)"):
        list(read_documents(path))


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    bad = Document(id="1", text="a", meta={"score": float("nan")})
    with pytest.raises(ValueError, match="JSON"):
        write_documents(tmp_path / "d.jsonl", [bad])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"id": "a", "text": "b", "meta": {"x": NaN}}', "NaN is no number of JSON"),
        ('{"id": "a", "text": "b", "meta": {"x": -Infinity}}', "-Infinity is no number of JSON"),
        ('{"id": "a", "text": "b", "meta": {"x": %s}}' % ("9" * 5000), "not JSON that can be read"),
        (r'{"id": "a\ud800", "text": "b"}', "half of a surrogate pair"),
        (r'{"id": "a", "text": "b", "meta": {"x": "\uDC00"}}', "half of a surrogate pair"),
    ],
)
def test_what_could_not_be_written_again_is_told_when_it_is_read(
    tmp_path: Path, line: str, problem: str
) -> None:
    (tmp_path / "d.jsonl").write_text(line + "\n")
    with pytest.raises(SchemaError, match=rf"d.jsonl:1: .*{problem}"):
        list(read_documents(tmp_path / "d.jsonl"))


def test_a_whole_surrogate_pair_is_a_character(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text(r'{"id": "a", "text": "\ud83d\ude00"}' + "\n")
    assert [document.text for document in read_documents(tmp_path / "d.jsonl")] == ["\U0001f600"]
