import json
from pathlib import Path

import pytest

from gonerd import Document, Entity
from gonerd.cli.main import run
from gonerd.records import read_documents, write_documents
from gonerd_annotation.label_config import label_config

TEXT = "Anna Berg, 34, sued the Harbour Bank in Oslo on Monday 🎉 and won."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    entities = (Entity(0, 9, "PER"), Entity(11, 13, "MISC", "AGE"))
    gold = Document(id="gold", text=TEXT, entities=entities, meta={"url": "http://a.example/"})
    write_documents(tmp_path / "gold.jsonl", [gold])
    pages = [
        Document(id="a", text=TEXT, meta={"url": "http://a.example/", "domain": "a.example"}),
        Document(id="b", text="No gold\r\nhere", meta={"url": "http://b.example/"}),
    ]
    write_documents(tmp_path / "sample.jsonl", pages)
    return tmp_path


def test_config_prints_the_label_interface(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["annotate", "config"]) == 0
    assert capsys.readouterr().out == label_config()
    assert run(["annotate", "config", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["label_config"] == label_config()


def test_out_to_the_annotators_and_back(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def at(name: str) -> str:
        return str(folder / name)

    assert run(["annotate", "export", at("sample.jsonl"), "--out", at("tasks.json"), "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {
        "tasks": 2,
        "model_version": None,
        "predicted_entities": 0,
        "predicted_without_subtype": 0,
        "without_preannotation": 0,
        "unfrozen": {"carriage returns": 1},
    }
    assert "1 text with carriage returns" in printed.err
    simulate = ["annotate", "simulate", at("tasks.json"), "--gold", at("gold.jsonl")]
    assert run([*simulate, "--out", at("export.json")]) == 0
    assert "no person involved" in capsys.readouterr().err
    back = ["annotate", "import", at("export.json"), "--documents", at("sample.jsonl")]
    assert run([*back, "--out", at("annotated.jsonl"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["tasks"], report["imported"], report["rejected"]) == (2, 1, 1)
    (document,) = read_documents(at("annotated.jsonl"))
    assert [document.mention(entity) for entity in document.entities] == ["Anna Berg", "34"]
    assert document.meta["annotation"]["annotator"] == "stand-in"
    assert document.meta["domain"] == "a.example"


def test_entities_go_along_as_predictions(folder: Path) -> None:
    out = folder / "tasks.json"
    arguments = ["annotate", "export", str(folder / "gold.jsonl"), "--out", str(out)]
    assert run([*arguments, "--with-entities", "--model-version", "rules-1"]) == 0
    (task,) = json.loads(out.read_text())
    (prediction,) = task["predictions"]
    assert prediction["model_version"] == "rules-1"
    assert [result["value"]["labels"] for result in prediction["result"]] == [["PER"], ["AGE"]]


@pytest.mark.parametrize("form", ["dataset", "conll"])
def test_any_corpus_and_dataset_goes_out_and_comes_back(folder: Path, form: str) -> None:
    source = "sample"
    if form == "conll":
        source = str(folder / "test.conll")
        assert run(["export", "sample", "--split", "test", "--to", "conll", "--out", source]) == 0
    tasks, truth = str(folder / "tasks.json"), str(folder / "truth.jsonl")
    assert run(["annotate", "export", source, "--out", tasks, "--with-entities"]) == 0
    assert run(["export", source, "--to", "documents", "--out", truth]) == 0
    shown = json.loads(Path(tasks).read_text(encoding="utf-8"))
    expected = {document.id: document for document in read_documents(truth)}
    assert {task["data"]["doc_id"] for task in shown} == set(expected)
    for task in shown:
        document = expected[task["data"]["doc_id"]]
        assert task["data"]["text"] == document.text
        (prediction,) = task["predictions"]
        drawn = {(r["value"]["start"], r["value"]["end"]) for r in prediction["result"]}
        assert drawn <= {(e.start, e.end) for e in document.entities}
        assert len(drawn) >= len([e for e in document.entities if e.label != "MISC"])


def test_what_is_taken_down_goes_to_no_annotator(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "list.txt").write_text("domain:a.example\n")
    arguments = ["annotate", "export", str(folder / "sample.jsonl"), "--out"]
    arguments += [str(folder / "tasks.json"), "--takedown", str(folder / "list.txt")]
    assert run(arguments) == 0
    assert (
        "left out as taken down: 1 document; the first is document 'a'" in capsys.readouterr().err
    )
    (task,) = json.loads((folder / "tasks.json").read_text())
    assert task["data"]["text"] == "No gold\r\nhere"


@pytest.mark.parametrize("kept", [True, False])
def test_what_is_taken_down_does_not_come_back_from_annotators(
    kept: bool, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tasks, back, documents = (folder / name for name in ("tasks.json", "back.json", "left.jsonl"))
    assert run(["annotate", "export", str(folder / "sample.jsonl"), "--out", str(tasks)]) == 0
    words = ["annotate", "simulate", str(tasks), "--gold", str(folder / "gold.jsonl")]
    assert run([*words, "--out", str(back)]) == 0
    assert run([*words, "--out", str(tasks), "--force"]) == 1  # it is what is read
    (folder / "list.txt").write_text("http://a.example/\n")
    pages = [d for d in read_documents(folder / "sample.jsonl") if kept or d.id != "a"]
    write_documents(documents, pages)
    capsys.readouterr()
    words = ["annotate", "import", str(back), "--documents", str(documents), "--json"]
    words += ["--takedown", str(folder / "list.txt"), "--out", str(folder / "annotated.jsonl")]
    assert run(words) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["taken_down"], report["imported"], report["quarantined"]) == (1, 0, 0)
    assert list(read_documents(folder / "annotated.jsonl")) == []


def test_problems_are_one_sentence_and_leave_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "empty.jsonl").write_text("")
    (folder / "broken.jsonl").write_text('{"id": "a"')
    before = sorted(folder.iterdir())
    for name, sentence in [
        ("empty.jsonl", "empty.jsonl holds no documents"),
        ("broken.jsonl", "broken.jsonl:1: not JSON at column 11"),
        ("absent.jsonl", "absent.jsonl does not exist"),
    ]:
        arguments = ["annotate", "export", str(folder / name), "--out", str(folder / "x.json")]
        assert run(arguments) == 1
        printed = capsys.readouterr().err
        assert sentence in printed
        assert printed.count("\n") == 1
    assert sorted(folder.iterdir()) == before


def test_an_existing_export_wants_force(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["annotate", "export", str(folder / "gold.jsonl"), "--out", str(folder / "t.json")]
    assert run(arguments) == 0
    assert run(arguments) == 1
    assert "exists already" in capsys.readouterr().err
    assert run([*arguments, "--force"]) == 0
