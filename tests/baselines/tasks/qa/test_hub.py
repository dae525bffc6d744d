from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gonerd.errors import InputError
from gonerd_baselines.tasks.qa.hotpotqa import read_hotpotqa
from gonerd_baselines.tasks.qa.hub import read_hub
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


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import datasets

    with monkeypatch.context() as patch:
        patch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
        yield


def as_dataset(folder: Path, rows: list[dict[str, Any]], split: str = "train") -> str:
    """Parquet as the Hub keeps it, with lists of records as the older versions wrote them: by column."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / f"{split}-00000-of-00001.parquet")
    return str(folder)


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
    name = as_dataset(tmp_path / "d", rows)
    assert list(read_hub("squad", split="train", name=name)) == list(read_squad(path))


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
    name = as_dataset(tmp_path / "d", rows, "validation")
    found = list(read_hub("hotpotqa", split="validation", name=name))
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
    name = as_dataset(tmp_path / "d", [row])
    assert list(read_hub("triviaqa", split="train", name=name)) == list(read_triviaqa(path))


def test_what_cannot_be_loaded_or_is_of_another_layout_is_told(tmp_path: Path) -> None:
    name = as_dataset(tmp_path / "d", [{"id": "a", "text": "x"}])
    with pytest.raises(InputError, match=r"row 0: 'answers' is missing"):
        list(read_hub("squad", split="train", name=name))
    with pytest.raises(InputError, match="the split 'test' can't be loaded"):
        list(read_hub("squad", split="test", name=name))
