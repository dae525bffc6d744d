from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gonerd.errors import InputError
from gonerd_baselines.tasks.qa.hotpotqa import read_hotpotqa
from gonerd_baselines.tasks.qa.hub import read_copy
from gonerd_baselines.tasks.qa.reading import question_task
from gonerd_baselines.tasks.qa.squad import read_squad
from gonerd_baselines.tasks.qa.triviaqa import read_triviaqa
from tests.baselines.tasks.qa.sources import (
    BRIDGE,
    EVIDENCE,
    RAIN,
    asked,
    evidence,
    hotpotqa,
    saved,
    squad,
    triviaqa,
)
from tests.gonerd.hub import commit_of, serving_hub


def as_dataset(folder: Path, rows: list[dict[str, Any]], split: str = "train") -> Path:
    """Parquet as the Hub keeps it, with lists of records as the older versions wrote them: by column."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / f"{split}-00000-of-00001.parquet")
    return folder


def by_column(records: list[dict[str, Any]], *names: str) -> dict[str, list[Any]]:
    return {name: [record[name] for record in records] for name in names}


def test_squad_is_the_same_from_the_hub(tmp_path: Path) -> None:
    qas = [asked("a", BRIDGE, "Łódź", "mayor"), asked("b", BRIDGE, is_impossible=True)]
    path = saved(tmp_path / "s.json", squad((BRIDGE, qas), (RAIN, [asked("c", RAIN, "three")])))
    rows = [
        {
            "id": q["id"],
            "title": "x",
            "context": c,
            "question": q["question"],
            "answers": by_column(q["answers"], "text", "answer_start"),
        }
        for c, q in ((BRIDGE, qas[0]), (BRIDGE, qas[1]), (RAIN, asked("c", RAIN, "three")))
    ]
    folder = as_dataset(tmp_path / "d", rows)
    assert list(read_copy("squad", folder, "train")) == list(read_squad(path))


def test_hotpotqa_is_the_same_from_the_hub(tmp_path: Path) -> None:
    records = [hotpotqa("a", "Nile"), hotpotqa("b", "yes")]
    path = saved(tmp_path / "h.json", records)
    rows = [
        {
            **{key: r[key] for key in ("question", "answer", "type", "level")},
            "id": r["_id"],
            "supporting_facts": {
                "title": [title for title, _ in r["supporting_facts"]],
                "sent_id": [number for _, number in r["supporting_facts"]],
            },
            "context": {
                "title": [title for title, _ in r["context"]],
                "sentences": [sentences for _, sentences in r["context"]],
            },
        }
        for r in records
    ]
    folder = as_dataset(tmp_path / "d", rows, "validation")
    found = list(read_copy("hotpotqa", folder, "validation"))
    assert found == list(read_hotpotqa(path))


@pytest.mark.parametrize("lists", [False, True])
def test_triviaqa_is_the_same_from_the_hub(lists: bool, tmp_path: Path) -> None:
    evidence(tmp_path / "evidence")
    path = saved(tmp_path / "t.json", triviaqa())
    pages = [
        {"filename": name.partition("/")[2], "title": "x", "wiki_context": text}
        for name, text in EVIDENCE.items()
        if name.startswith("wikipedia")
    ]
    results = [
        {"filename": "35/35_9.txt", "rank": 0, "search_context": EVIDENCE["web/35/35_9.txt"]}
    ]
    row = {
        "question": "Where does Norma Desmond live?",
        "question_id": "tc_1",
        "entity_pages": pages if lists else by_column(pages, "filename", "title", "wiki_context"),
        "search_results": results if lists else by_column(results, *results[0]),
        "answer": {
            "value": "Sunset Boulevard",
            "aliases": ["Sunset Blvd.", "Sunset Boulevard"],
            "normalized_aliases": ["sunset blvd", "sunset boulevard"],
        },
    }
    folder = as_dataset(tmp_path / "rc.wikipedia", [row])
    assert list(read_copy("triviaqa", folder, "train")) == list(read_triviaqa(path))
    folder = as_dataset(tmp_path / "rc.web", [row])
    path = saved(tmp_path / "t.json", triviaqa("Web"))
    assert list(read_copy("triviaqa", folder, "train")) == list(read_triviaqa(path))


def test_what_cannot_be_read_or_is_of_another_layout_is_told(tmp_path: Path) -> None:
    folder = as_dataset(tmp_path / "d", [{"id": "a", "text": "x"}])
    with pytest.raises(InputError, match=r"d train: row 0: 'answers' is missing"):
        list(read_copy("squad", folder, "train"))
    with pytest.raises(InputError, match=r"d has no validation-\*\.parquet"):
        list(read_copy("squad", folder, "validation"))
    (folder / "validation-0.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"validation-0\.parquet is no Parquet file"):
        list(read_copy("squad", folder, "validation"))


def squad_rows(*numbers: str) -> list[dict[str, Any]]:
    answers = {"text": ["three"], "answer_start": [RAIN.index("three")]}
    return [
        {"id": n, "title": "x", "context": RAIN, "question": "?", "answers": answers}
        for n in numbers
    ]


ASK = """
import json, sys
from gonerd.errors import InputError
from gonerd_baselines.tasks.qa.reading import question_task
for data in (None, "rajpurkar/squad@v1", "rajpurkar/squad:other"):
    try:
        task = question_task("squad", data)
    except InputError as problem:
        print(json.dumps(str(problem)))
        continue
    train = task.train
    print(json.dumps([train.source, train.revision, [q.id for q in train.questions]]))
"""


def test_a_task_is_fetched_from_the_hub_or_read_from_a_copy_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "squad"
    for split, numbers in (("train", "ab"), ("validation", "c")):
        as_dataset(folder / "plain_text", squad_rows(*numbers), split)
    left = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    with serving_hub({"datasets/rajpurkar/squad": {"main": folder, "v1": folder}}) as address:
        done = subprocess.run(
            [sys.executable, "-c", ASK],
            env=left
            | {"HF_ENDPOINT": address, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path / "hf")},
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    told = ["rajpurkar/squad:plain_text", commit_of(folder), ["a", "b"]]
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        told,
        told,
        "rajpurkar/squad has no other/train-*.parquet; name its folder: rajpurkar/squad:FOLDER",
    ]
    for place in (folder, folder / "plain_text"):
        copied = question_task("squad", str(place))
        assert [question.id for question in copied.train.questions] == ["a", "b"]
        assert [question.id for question in copied.held_out["validation"].questions] == ["c"]
