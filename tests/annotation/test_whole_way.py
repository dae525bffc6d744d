"""From documents through two annotators and an adjudicator on a real server to a dataset."""

import json
from pathlib import Path

import pytest

from gonerd import Document
from gonerd.cli.main import run
from gonerd.dataset import load
from gonerd.records import read_documents, write_documents
from gonerd.schema import text_sha256
from tests.annotation.hands import Hands, region
from tests.annotation.ways import Ways
from tests.label_studio import Account

pytestmark = pytest.mark.studio

TEXTS = {
    f"d{number}": f"\N{PARTY POPPER} Anna Berg, 34, left town {number}. She met Bo Holm in Oslo."
    for number in range(12)
}
ADJUDICATED = {"d3", "d7"}
"""Where bo takes the town for an organisation."""


def answered(hands: Hands, project: int, label: str) -> None:
    for name, task in hands.tasks(project).items():
        text = task["data"]["text"]
        kind = label if name in ADJUDICATED else "LOC"
        hands.submit(
            task,
            region(text, "Anna Berg", "PER"),
            region(text, "34", "AGE"),
            region(text, "Bo Holm", "PER"),
            region(text, "Oslo", kind),
        )


def test_two_annotators_and_an_adjudicator_make_a_dataset(
    go: Ways,
    tmp_path: Path,
    both: list[str],
    at_work: dict[str, Hands],
    ann: Account,
    bo: Account,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def done(*words: str | Path) -> None:
        assert run(list(map(str, words))) == 0, capsys.readouterr().err

    sample = tmp_path / "sample.jsonl"
    write_documents(sample, [Document(id=name, text=text) for name, text in TEXTS.items()])
    pushed = go("push", sample, "--name", "way", *both, "--overlap", "1")
    for project, label in zip(pushed["projects"], ("LOC", "ORG"), strict=True):
        answered(at_work[project["annotator"]], project["id"], label)
    go("pull", "way", "--out", tmp_path / "way")
    exports = [tmp_path / "way" / f"{account.email}.json" for account in (ann, bo)]
    words = ["annotate", "adjudicate", *exports, "--documents", sample]
    todo, merged = tmp_path / "todo.json", tmp_path / "merged.jsonl"
    done(*words, "--out", merged, "--tasks", todo)
    assert len(list(read_documents(merged))) == len(TEXTS) - len(ADJUDICATED)

    again = ["push", todo, "--tasks", "--name", "way-final", "--annotator", ann.email]
    sent = go(*again)
    assert (sent["sent"], sent["predictions"]) == (2, 4)
    assert go(*again)["sent"] == 0
    project = sent["projects"][0]["id"]
    tasks = at_work[ann.email].tasks(project)
    assert tasks.keys() == ADJUDICATED
    for task in tasks.values():
        assert {one["model_version"] for one in task["predictions"]} == {ann.email, bo.email}
    answered(at_work[ann.email], project, "LOC")
    go("pull", "way-final", "--out", tmp_path / "final")
    decided = tmp_path / "final" / f"{ann.email}.json"
    done(*words, "--decided", decided, "--out", merged, "--force")
    done("build", merged, "--out", tmp_path / "gonerd")

    documents = {document.id: document for document in load(tmp_path / "gonerd")}
    assert documents.keys() == TEXTS.keys()
    for name, document in documents.items():
        assert document.text == TEXTS[name]
        assert [(document.mention(e), e.label, e.subtype) for e in document.entities] == [
            ("Anna Berg", "PER", ""),
            ("34", "MISC", "AGE"),
            ("Bo Holm", "PER", ""),
            ("Oslo", "LOC", ""),
        ]
    by = {d.id: d.meta["annotation"]["status"] for d in read_documents(merged)}
    assert {name for name, status in by.items() if status == "adjudicated"} == ADJUDICATED


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"doc_id": None}, "task 1 has no data.doc_id or no data.text"),
        ({"text_sha256": "0" * 64}, "task 1: data.text_sha256 is not the hash of its text"),
    ],
)
def test_tasks_that_are_not_ours_are_refused(
    change: dict[str, object],
    said: str,
    go: Ways,
    tmp_path: Path,
    ann: Account,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = {"doc_id": "a", "text": "x", "text_sha256": text_sha256("x")} | change
    (tmp_path / "tasks.json").write_text(json.dumps([{"data": data}]))
    words = [str(tmp_path / "tasks.json"), "--tasks", "--name", "odd", "--annotator", ann.email]
    assert run(["annotate", "push", *words, "--url", go.url]) == 1
    assert said in capsys.readouterr().err
    assert run(["annotate", "push", *words, "--url", go.url, "--model", "rules"]) == 2
