import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd import Document, Entity
from gonerd.errors import InputError
from gonerd.records import read_documents, write_documents
from gonerd_annotation.intake import import_annotations
from gonerd_annotation.simulation import GoldIndex, Simulation, StandIn, with_errors
from gonerd_annotation.task import read_tasks, task_from_document
from tests.annotation.answers import export_of
from tests.places import NER_DATA, needs

TEXT = "Anna Berg, 34, runs the Harbour Bank in Oslo.\nCall 555-0100, she said on Monday."
MENTIONS = {
    "Anna Berg": ("PER", ""),
    "34": ("MISC", "AGE"),
    "Harbour Bank": ("ORG", ""),
    "Oslo": ("LOC", ""),
    "555-0100": ("MISC", "PHONE"),
}


def gold(text: str = TEXT, **meta: Any) -> Document:
    entities = tuple(
        Entity(text.index(mention), text.index(mention) + len(mention), *pair)
        for mention, pair in MENTIONS.items()
    )
    return Document(id="newsroom-1", text=text, entities=entities, meta=meta)


def crawled(id_: str, text: str, **meta: Any) -> Document:
    return Document(id=id_, text=text, meta=meta)


def simulated(
    documents: list[Document], golds: list[Document], stand_in: StandIn | None = None
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    simulation = Simulation()
    tasks = map(task_from_document, documents)
    export = list(simulation.annotate(tasks, GoldIndex(golds), stand_in or StandIn()))
    return export, simulation.report()


def test_the_export_has_the_fields_of_a_real_one_and_says_that_it_is_simulated() -> None:
    (task,), report = simulated([crawled("d1", TEXT, url="u1")], [gold(url="u1")])
    real = export_of(crawled("d1", TEXT))
    assert task.keys() == real.keys()
    assert task["annotations"][0].keys() == real["annotations"][0].keys()
    assert task["annotations"][0]["completed_by"]["first_name"] == "Simulated"
    assert "stand in for people" in report["note"]


def test_gold_is_found_by_the_exact_url_or_by_where_a_redirect_led() -> None:
    documents = [
        crawled("d1", TEXT, url="http://a.example/x"),
        crawled("d2", TEXT, url="http://short.example/1", final_url="http://a.example/x"),
        crawled("d3", TEXT, url="http://a.example/X"),
    ]
    export, report = simulated(documents, [gold(url="http://a.example/x")])
    assert [len(task["annotations"][0]["result"]) for task in export] == [5, 5, 1]
    assert export[2]["annotations"][0]["result"][0]["value"] == {"choices": ["Other"]}
    assert report["rejected_without_gold"] == 1
    assert report["annotated"] == 2


def test_entities_that_are_not_in_the_task_are_reported_with_document_span_and_text() -> None:
    text = TEXT.split("\n")[0]
    _, report = simulated([crawled("d1", text, url="u1")], [gold(url="u1")])
    assert (report["gold_entities"], report["projected"], report["not_projected"]) == (5, 4, 1)
    start = TEXT.index("555")
    assert report["lost"] == [
        {
            "doc_id": "d1",
            "gold_id": "newsroom-1",
            "url": "u1",
            "start": start,
            "end": start + 8,
            "label": "PHONE",
            "text": "555-0100",
        }
    ]


def test_gold_without_addresses_is_refused() -> None:
    with pytest.raises(InputError, match=r"no document with meta\.url"):
        GoldIndex([gold()])


def test_the_same_seed_makes_the_same_errors_whatever_stands_before() -> None:
    careless = StandIn("b", error_rate=0.7, seed=3)
    one, two = crawled("d1", TEXT, url="u1"), crawled("d2", TEXT, url="u1")
    both, report = simulated([one, two], [gold(url="u1")], careless)
    (alone,), _ = simulated([two], [gold(url="u1")], careless)
    assert both[1]["annotations"][0]["result"] == alone["annotations"][0]["result"]
    assert sum(report["injected_errors"].values()) > 0
    other, _ = simulated([two], [gold(url="u1")], StandIn("c", error_rate=0.7, seed=3))
    assert other[0]["annotations"][0]["result"] != alone["annotations"][0]["result"]


@given(st.floats(0, 1), st.integers())
def test_errors_add_up_and_make_no_overlap(rate: float, seed: int) -> None:
    document = gold()
    entities, errors = with_errors(document, rate=rate, seed=seed)
    assert len(entities) == len(document.entities) - errors.count("missing")
    changed = set(document.entities) - set(entities)
    assert len(changed) == len(errors)
    ordered = sorted(entities)
    assert all(a.end <= b.start for a, b in pairwise(ordered))


def test_no_rate_makes_no_errors_and_the_full_rate_spares_nothing() -> None:
    assert with_errors(gold(), rate=0.0, seed=1) == (gold().entities, [])
    assert len(with_errors(gold(), rate=1.0, seed=1)[1]) == len(gold().entities)


@needs(NER_DATA / "worldwide_newswire_africa_asia.jsonl.gz")
def test_real_documents_survive_the_way_through_files(tmp_path: Path) -> None:
    """The corpus has MISC without a subtype: its MISC spans stand here as ages."""
    from gonerd.corpora import read_corpus

    corpus = read_corpus(NER_DATA / "worldwide_newswire_africa_asia.jsonl.gz")
    golds = [
        Document(
            id=f"gold {document.id}",
            text=document.text,
            entities=tuple(
                Entity(e.start, e.end, e.label, "AGE" if e.label == "MISC" else "")
                for e in document.entities
            ),
            meta={"url": document.id},
        )
        for document in list(corpus)[:120]
    ]
    documents = [
        Document(id=f"page {n}", text=document.text.replace(" ", "  "), meta=dict(document.meta))
        for n, document in enumerate(golds)
    ]
    write_documents(tmp_path / "gold.jsonl", golds)
    write_documents(tmp_path / "documents.jsonl", documents)
    from gonerd.cli.main import run

    def at(name: str) -> str:
        return str(tmp_path / name)

    assert run(["annotate", "export", at("documents.jsonl"), "--out", at("tasks.json")]) == 0
    simulate = ["annotate", "simulate", at("tasks.json"), "--gold", at("gold.jsonl")]
    assert run([*simulate, "--out", at("export.json")]) == 0
    report = import_annotations(
        at("export.json"), at("documents.jsonl"), at("annotated.jsonl"), quarantine=at("q.jsonl")
    )
    assert report["imported"] == 120
    assert report["quarantined"] == 0
    results = list(read_documents(at("annotated.jsonl")))
    for document, result in zip(golds, results, strict=True):
        assert [result.mention(e).split() for e in result.entities] == [
            document.mention(e).split() for e in document.entities
        ]


def test_the_written_export_is_one_json_array_and_equal_for_equal_input(tmp_path: Path) -> None:
    from gonerd_annotation.simulation import simulate_annotations
    from gonerd_annotation.task import write_tasks

    write_tasks(tmp_path / "tasks.json", [task_from_document(crawled("d1", TEXT, url="u1"))])
    write_documents(tmp_path / "gold.jsonl", [gold(url="u1")])
    for name in ("one.json", "two.json"):
        simulate_annotations(
            tmp_path / "tasks.json",
            tmp_path / "gold.jsonl",
            tmp_path / name,
            stand_in=StandIn(error_rate=0.5),
        )
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert json.loads((tmp_path / "one.json").read_text()) == read_tasks(tmp_path / "one.json")
