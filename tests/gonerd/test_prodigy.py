"""Prodigy's JSON Lines, in the form that its documentation gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from gonerd import Document, Entity
from gonerd.corpora import read_corpus, read_prodigy, write_prodigy
from gonerd.errors import SchemaError
from tests.strategies import overlapping_documents

TASK: dict[str, Any] = {
    "text": "First look at the new MacBook Pro",
    "spans": [{"start": 22, "end": 33, "label": "PRODUCT", "token_start": 5, "token_end": 6}],
    "tokens": [
        {"text": "First", "start": 0, "end": 5, "id": 0, "ws": True},
        {"text": "look", "start": 6, "end": 10, "id": 1, "ws": True},
        {"text": "at", "start": 11, "end": 13, "id": 2, "ws": True},
        {"text": "the", "start": 14, "end": 17, "id": 3, "ws": True},
        {"text": "new", "start": 18, "end": 21, "id": 4, "ws": True},
        {"text": "MacBook", "start": 22, "end": 29, "id": 5, "ws": True},
        {"text": "Pro", "start": 30, "end": 33, "id": 6, "ws": False},
    ],
    "meta": {"source": "TechCrunch"},
    "_input_hash": 1212,
    "_task_hash": -99,
    "_session_id": None,
    "_view_id": "ner_manual",
    "answer": "accept",
}


def written(path: Path, *tasks: Any) -> Path:
    path.write_text("".join(json.dumps(task) + "\n" for task in tasks))
    return path


@given(overlapping_documents())
def test_tasks_hold_everything(
    tmp_path_factory: pytest.TempPathFactory, document: Document
) -> None:
    path = tmp_path_factory.mktemp("prodigy") / "x.jsonl"
    write_prodigy(path, [document])
    assert list(read_corpus(path)) == [document]
    task = json.loads(path.read_text(encoding="utf-8").removesuffix("\n"))
    tokens = task["tokens"]
    assert "".join(token["text"] + " " * token["ws"] for token in tokens) == document.text
    for span in task["spans"]:
        assert tokens[span["token_start"]]["start"] == span["start"]
        assert tokens[span["token_end"]]["end"] == span["end"]


def test_a_task_as_the_documentation_shows_it(tmp_path: Path) -> None:
    (document,) = read_corpus(written(tmp_path / "tech.jsonl", TASK))
    assert document.id == "tech.jsonl-1"
    assert [(document.mention(e), e.label) for e in document.entities] == [
        ("MacBook Pro", "PRODUCT")
    ]
    assert (len(document.tokens or ()), document.meta["source"]) == (7, "TechCrunch")
    write_prodigy(tmp_path / "again.jsonl", [document])
    again = json.loads((tmp_path / "again.jsonl").read_text())
    for key in ("text", "spans", "tokens", "answer"):
        assert again[key] == TASK[key]


def test_what_was_rejected_and_what_is_no_entity_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(
        tmp_path / "a.jsonl",
        TASK | {"answer": "reject"},
        TASK | {"answer": "ignore"},
        TASK | {"relations": [{"head": 1, "child": 2, "label": "x"}], "meta": {"id": 7}},
    )
    assert [document.id for document in read_prodigy(path)] == ["7"]
    assert capsys.readouterr().err == (
        "not kept in documents: 2 tasks rejected or ignored, 'relations' of 1 task; "
        "the first in document 'a.jsonl-1'\n"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"entities": []}, "found 'entities' as in a document of ours, expected 'spans'"),
        ({"text": 3}, "expected a task, an object with 'text'"),
        ({"spans": [{"start": 0, "end": 5}]}, "a span has no 'label'"),
        ({"spans": [{"start": 0, "end": 99, "label": "X"}]}, "past the end of the text"),
        ({"spans": [{"start": 5, "end": 5, "label": "X"}]}, "is empty"),
        ({"spans": {}}, "field 'spans' is not a list of objects"),
        ({"meta": []}, "field 'meta' is list, expected an object"),
        ({"gonerd": 1}, "field 'gonerd' is int, expected an object"),
        (
            {"tokens": [{"text": "first", "start": 0, "end": 5}]},
            r"'first' is not the text at \[0, 5\)",
        ),
        ({"tokens": [{"text": "x"}]}, "has no 'start' and 'end'"),
    ],
)
def test_a_bad_task_is_told_where(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    path = written(tmp_path / "a.jsonl", TASK, TASK | change)
    with pytest.raises(SchemaError, match=rf"a.jsonl:2: .*{message}"):
        list(read_corpus(path, form="prodigy"))


def test_documents_of_ours_are_not_taken_for_tasks(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", {"id": "a", "text": "Ada", "entities": []})
    assert [document.id for document in read_corpus(path)] == ["a"]


def test_annotators_see_where_a_text_is_from(tmp_path: Path) -> None:
    meta = {"title": "T", "domain": "a.example", "source": "news", "warc": {"offset": 3}}
    write_prodigy(
        tmp_path / "a.jsonl",
        [Document(id="a", text="Ada", entities=(Entity(0, 3, "PER"),), meta=meta)],
    )
    task = json.loads((tmp_path / "a.jsonl").read_text())
    assert task["meta"] == {"id": "a", "title": "T", "domain": "a.example", "source": "news"}
