import json
import re
from pathlib import Path

import pytest

from gonerd import Document, Entity
from gonerd.adapters import Prediction, predictions_of
from gonerd.adapters.predictions import record_from_prediction
from gonerd.adapters.rules import Rules
from gonerd.cli.main import run
from gonerd.records import write_documents, write_json_lines
from gonerd_annotation.preannotation import PreannotationSource, preannotation_from_source
from gonerd_annotation.subtype import subtype_by_form
from tests.gonerd.adapters.checkpoints import TAGS as BIO
from tests.gonerd.adapters.checkpoints import save_oracle

TEXT = "Judge Anna Berg, 34, of 12 Main Street, sued Harbour Bank. Call 555-555-0100."
DOCUMENTS = [Document(id=f"d{number}", text=f"{TEXT} No. {number}.") for number in range(10)]


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    write_documents(tmp_path / "sample.jsonl", DOCUMENTS)
    return tmp_path / "sample.jsonl"


def exported(sample: Path, *words: str) -> list[dict]:
    out = sample.parent / "tasks.json"
    assert run(["annotate", "export", str(sample), "--out", str(out), "--force", *words]) == 0
    return json.loads(out.read_text())


def test_a_models_entities_go_along_with_its_name_and_revision(sample: Path) -> None:
    tasks = exported(sample, "--model", "rules")
    expected = {p.doc_id: p.entities for p in Rules().predict(DOCUMENTS)}
    for task, document in zip(tasks, DOCUMENTS, strict=True):
        (prediction,) = task["predictions"]
        assert prediction["model_version"] == f"rules@{Rules.card.revision}"
        spans = [(r["value"]["start"], r["value"]["end"]) for r in prediction["result"]]
        assert spans == [(e.start, e.end) for e in sorted(expected[document.id])]
        assert task["data"]["preannotation"] == "shown"
        assert task["data"]["preannotation_model"] == f"rules@{Rules.card.revision}"


def test_the_share_without_is_recorded_and_fixed_by_the_seed(sample: Path) -> None:
    words = ["--model", "rules", "--no-preannotation", "0.3", "--seed"]
    tasks = exported(sample, *words, "4")
    without = [task["data"]["doc_id"] for task in tasks if "predictions" not in task]
    assert len(without) == 3
    assert {t["data"]["doc_id"] for t in tasks if t["data"]["preannotation"] == "withheld"} == set(
        without
    )
    assert exported(sample, *words, "4") == tasks
    assert exported(sample, *words, "5") != tasks


def test_predictions_of_a_file_and_documents_own_entities_are_sources_too(
    sample: Path, tmp_path: Path
) -> None:
    lines = [
        record_from_prediction(
            Prediction(d.id, (Entity(6, 15, "PER"), Entity(17, 19, "MISC")), len(d.text)), d.text
        )
        for d in DOCUMENTS
    ]
    write_json_lines(tmp_path / "p.jsonl", lines)
    task = exported(sample, "--model", f"preds:{tmp_path / 'p.jsonl'}")[0]
    (prediction,) = task["predictions"]
    assert prediction["model_version"].startswith("preds:p.jsonl@")
    assert [r["value"]["labels"] for r in prediction["result"]] == [["PER"], ["AGE"]]
    own = tmp_path / "own.jsonl"
    write_documents(own, [Document(id="a", text=TEXT, entities=(Entity(6, 15, "PER"),))])
    assert exported(own, "--with-entities")[0]["predictions"][0]["model_version"] == "entities"


def test_a_spacy_pipeline_of_a_folder_goes_by_its_name_not_its_place(
    sample: Path, tmp_path: Path
) -> None:
    import spacy

    pipeline = spacy.blank("en")
    pipeline.add_pipe("entity_ruler").add_patterns([{"label": "ORG", "pattern": "Harbour Bank"}])
    pipeline.to_disk(tmp_path / "banks")
    (prediction,) = exported(sample, "--model", f"spacy:{tmp_path / 'banks'}")[0]["predictions"]
    assert re.fullmatch("spacy:banks@[0-9a-f]{40}", prediction["model_version"])
    assert [r["value"]["text"] for r in prediction["result"]] == ["Harbour Bank"]


def test_a_transformers_model_goes_by_name_and_revision_and_its_misc_gets_a_subtype(
    sample: Path, tmp_path: Path
) -> None:
    tags = {
        "Anna": "B-PER",
        "Berg": "I-PER",
        "34": "B-MISC",
        "Harbour": "B-ORG",
        "Bank": "I-ORG",
    }
    words = {word: tags.get(word, "O") for word in re.findall(r"\w+", TEXT)}
    folder = save_oracle(tmp_path / "oracle", words, names=(*BIO, "B-MISC", "I-MISC"))
    (prediction,) = exported(sample, "--model", f"hf:{folder}")[0]["predictions"]
    assert re.fullmatch("hf:oracle@[0-9a-f]{40}", prediction["model_version"])
    found = [(r["value"]["text"], r["value"]["labels"]) for r in prediction["result"]]
    assert found == [("Anna Berg", ["PER"]), ("34", ["AGE"]), ("Harbour Bank", ["ORG"])]


def test_documents_own_entities_stay_out_where_nobody_asked_for_them(tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    write_documents(own, [Document(id="a", text=TEXT, entities=(Entity(6, 15, "PER"),))])
    (task,) = exported(own)
    assert "predictions" not in task
    assert "preannotation" not in task["data"]


def test_misc_without_a_subtype_that_fits_is_not_shown_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (document,) = DOCUMENTS[:1]
    write_documents(tmp_path / "d.jsonl", [document])
    found = Prediction(document.id, (Entity(0, 5, "MISC"), Entity(17, 19, "MISC")), len(TEXT))
    write_json_lines(tmp_path / "p.jsonl", [record_from_prediction(found, document.text)])
    tasks = exported(tmp_path / "d.jsonl", "--model", f"preds:{tmp_path / 'p.jsonl'}", "--json")
    assert len(tasks[0]["predictions"][0]["result"]) == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["predicted_without_subtype"] == 1
    assert "1 MISC entities are not shown" in printed.err


@pytest.mark.parametrize(
    ("mention", "subtype"),
    [
        ("34", "AGE"),
        ("103", "AGE"),
        ("34-year-old", "AGE"),
        ("34 years old", "AGE"),
        ("(555) 555-0100 ext. 4", "PHONE"),
        ("+1 555 555 0100", "PHONE"),
        ("555-0100", "PHONE"),
        ("12 Main Street, Dayton, Ohio 45402", "ADDRESS"),
        ("12B Main St.", "ADDRESS"),
        ("P.O. Box 7", "ADDRESS"),
        ("Harbour Bank", ""),
        ("2024", ""),
        ("12-4", ""),
        ("", ""),
    ],
)
def test_the_form_of_a_mention_tells_its_subtype(mention: str, subtype: str) -> None:
    assert subtype_by_form(mention) == subtype


def test_what_leaves_later_changes_nothing_for_the_others() -> None:
    source = PreannotationSource(model="rules", withheld=0.5)
    ids = [document.id for document in DOCUMENTS]
    whole = preannotation_from_source(source, among=ids).show(DOCUMENTS)
    rest = preannotation_from_source(source, among=ids).show(DOCUMENTS[2:])
    assert rest == whole[2:]
    assert sum(not document.entities for document in whole) == 5


def test_a_model_sees_text_and_tokens_alone() -> None:
    class Curious:
        card = Rules.card

        def predict(self, documents):
            for document in documents:
                assert (document.entities, document.meta) == ((), {})
                yield Prediction(document.id, (), len(document.text))

    known = Document(id="a", text="Anna", entities=(Entity(0, 4, "PER"),), meta={"title": "x"})
    assert len(list(predictions_of(Curious(), [known]))) == 1


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["--model", "rules", "--with-entities"], 2, "exclude each other"),
        (["--model-version", "x"], 2, "--model-version goes with --with-entities"),
        (["--with-entities", "--model-version", " "], 2, "--model-version is empty"),
        (["--no-preannotation", "0.5"], 2, "--no-preannotation needs pre-annotations"),
        (["--no-preannotation", "2", "--with-entities"], 2, "2.0 is not in the range"),
        (["--no-preannotation", "nan", "--with-entities"], 2, "--no-preannotation is nan, a share"),
        (["--model", "preds:absent.jsonl"], 1, "absent.jsonl does not exist"),
        (["--model", "spacy:absent"], 1, "neither an installed pipeline nor a folder"),
        (["--model", "rules", "--device", "cuda"], 2, "no use for --device"),
    ],
)
def test_mistakes_are_one_sentence_and_leave_no_file(
    sample: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    status: int,
    sentence: str,
) -> None:
    out = sample.parent / "x.json"
    assert run(["annotate", "export", str(sample), "--out", str(out), *words]) == status
    assert sentence in capsys.readouterr().err
    assert not out.exists()
