"""Predictions against gold from files: `gonerd score` and what reads for it."""

import gzip
import json
import random
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gonerd import Document, Entity
from gonerd.cli.main import run
from gonerd.cli.score import BY
from gonerd.corpora import write_conll
from gonerd.dataset import build_dataset
from gonerd.errors import SchemaError
from gonerd.evaluation.answers import Answer, Answers, answers_in, gold_in
from gonerd.records import write_documents, write_json_lines
from gonerd.schema import text_sha256
from gonerd.scoring.score_table import TITLES
from tests.gonerd.scoring.pairs import document, spans
from tests.gonerd.test_dataset import some_documents


def gold_documents() -> list[Document]:
    return [
        document("a", 12, [(0, 2, "PER"), (4, 6, "ORG")], source="news"),
        document("b", 12, [(1, 3, "LOC")], source="justice", date="2020-01-02"),
        document("c", 12, [], source="news"),
    ]


def found_documents() -> list[Document]:
    found = [[(0, 2, "PER"), (4, 7, "ORG")], [(1, 3, "ORG")], [(0, 1, "PER")]]
    return [
        replace(gold, entities=tuple(spans(some)), meta={})
        for gold, some in zip(gold_documents(), found, strict=True)
    ]


def prediction_lines(documents: list[Document]) -> list[dict[str, object]]:
    return [
        {
            "doc_id": d.id,
            "text_sha256": text_sha256(d.text),
            "entities": [[e.start, e.end, e.label] for e in d.entities],
            "consumed_to": len(d.text),
            "windows": 1,
        }
        for d in documents
    ]


@pytest.fixture
def gold(tmp_path: Path) -> str:
    write_documents(tmp_path / "gold.jsonl", gold_documents())
    return str(tmp_path / "gold.jsonl")


def scores_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert run(["score", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["score", *arguments]) in (1, 2)
    out, said = capsys.readouterr()
    assert out == ""
    assert said.count("\n") == 1
    return said


def test_every_form_of_the_same_predictions_gives_the_same_scores(gold, tmp_path, capsys) -> None:
    found = found_documents()
    write_documents(tmp_path / "found.jsonl", found)
    write_json_lines(tmp_path / "predictions.jsonl.zst", prediction_lines(found))
    write_json_lines(tmp_path / "shuffled.jsonl", prediction_lines(found[::-1]))
    write_documents(tmp_path / "shuffled.jsonl.gz", found[::-1])
    scores = scores_of(capsys, gold, str(tmp_path / "found.jsonl"))
    assert [scores["full"][n] for n in ("tp", "fp", "fn")] == [1, 3, 2]
    assert set(scores) == {"full", "common_window_4096", "paper_compat"}
    for name in ("predictions.jsonl.zst", "shuffled.jsonl", "shuffled.jsonl.gz", ""):
        assert scores_of(capsys, gold, str(tmp_path / name)) == scores


def test_columns_are_scored_and_repairs_are_told(tmp_path, capsys) -> None:
    write_conll(tmp_path / "gold.conll", gold_documents())
    broken = (
        (tmp_path / "gold.conll").read_text().replace("B-ORG", "I-ORG").replace("B-LOC", "I-PER")
    )
    (tmp_path / "found.conll").write_text(broken)
    files = [str(tmp_path / name) for name in ("gold.conll", "found.conll")]
    assert run(["score", *files, "--json"]) == 0
    out, said = capsys.readouterr()
    assert json.loads(out)["full"]["tp"] == 2
    assert (
        "PRED: 3 tags in 2 documents not of the scheme, repaired by conlleval; the first in 'a'"
        in said
    )
    scores = scores_of(capsys, *files, "--tag-repair", "discard")
    assert scores["full"]["tp"] == 1
    assert "is not IOB2 after 'O'" in refused(capsys, *files, "--tag-repair", "error")
    assert "is not IOB2 after 'O'" in refused(capsys, *files[::-1])  # gold is never repaired


def test_tokens_and_tags_as_json_lines_are_repaired_too(tmp_path, capsys) -> None:
    record = {"id": "a", "tokens": ["Ada", "Marlow"], "ner_tags": ["B-PER", "I-PER"]}
    write_json_lines(tmp_path / "gold.jsonl", [record])
    write_json_lines(tmp_path / "found.jsonl", [{**record, "ner_tags": ["I-PER", "I-PER"]}])
    files = [str(tmp_path / name) for name in ("gold.jsonl", "found.jsonl")]
    assert scores_of(capsys, *files)["full"]["f1"] == 1.0
    assert scores_of(capsys, *files, "--tag-repair", "discard")["full"]["f1"] == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p[:2], r"found.jsonl has no prediction for document 'c'"),
        (lambda p: [p[0], p[2]], r"found.jsonl has no prediction for document 'b'"),
        (lambda p: [*p, {**p[0], "doc_id": "z"}], r"found.jsonl: document 'z' has no gold document"),
        (lambda p: [{**p[0], "doc_id": "z"}, *p], r"found.jsonl: document 'z' has no gold document"),
        (lambda p: [*p, p[1]], r"found.jsonl: document 'b' is predicted twice"),
        (lambda p: [p[0], p[0], *p[1:]], r"found.jsonl: document 'a' is predicted twice"),
        (lambda p: [p[1], p[0], p[1], p[2]], r"found.jsonl: document 'b' is predicted twice"),
        (lambda p: [{**p[0], "text_sha256": "0" * 64}, *p[1:]], r"document 'a': its text in .* is another"),
        (lambda p: [{**p[0], "entities": [[0, 99, "PER"]]}, *p[1:]], r"'a': a prediction ends at 99, past"),
        (lambda p: [{"doc_id": "a"}], r"found.jsonl:1: field 'text_sha256' is missing"),
        (lambda p: [{**p[0], "entities": [[0.5, 2, "PER"]]}], r':1: \[0.5, 2, "PER"\] is not '),
        (lambda p: [{**p[0], "entities": [[0, 2, 7]]}], r"found.jsonl:1: \[0, 2, 7\] is not \[start, end"),
    ],
)  # fmt: skip
def test_predictions_that_do_not_fit_are_refused_in_one_sentence(
    gold, tmp_path, capsys, change, message
) -> None:
    write_json_lines(tmp_path / "found.jsonl", change(prediction_lines(found_documents())))
    assert re.search(message, refused(capsys, gold, str(tmp_path / "found.jsonl")))


def test_a_split_is_scored_with_what_its_train_split_has_seen(tmp_path, capsys) -> None:
    build_dataset(some_documents(), tmp_path / "gonerd")
    dataset, run_folder = str(tmp_path / "gonerd"), str(tmp_path / "run")
    assert run(["eval", "--model", "rules", "--dataset", dataset, "--out", run_folder]) == 0
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    capsys.readouterr()
    scores = scores_of(capsys, dataset, run_folder, "--by", "seen")
    assert scores["full"]["by_seen"]
    for key in ("tp", "fp", "fn", "errors", "ci", "by_type"):
        assert scores["full"][key] == result["scores"]["full"][key]
    assert scores["paper_compat"] == result["scores"]["paper_compat"]
    assert scores_of(capsys, dataset, run_folder) == result["scores"]
    assert run(["score", dataset, run_folder, "--by", "seen", "--by", "length", "--paper"]) == 0
    text = capsys.readouterr().out
    assert "by whether the train split has the form and label" in text
    assert "by words of the document" in text
    assert "as in the paper" in text
    assert "has no prediction for document" in refused(
        capsys, dataset, run_folder, "--split", "train"
    )
    assert "has no split 'dev'" in refused(capsys, dataset, run_folder, "--split", "dev")
    assert scores_of(capsys, dataset, dataset, "--split", "train")["full"]["f1"] == 1.0


def test_figures_on_invented_texts_say_so(tmp_path, capsys) -> None:
    page = str(tmp_path / "errors.html")
    assert run(["score", "sample", "sample", "--errors", page]) == 0
    assert "say nothing about real text" in capsys.readouterr().out
    assert "say nothing about real text" in Path(page).read_text(encoding="utf-8")
    assert run(["score", "sample", "sample", "--json"]) == 0
    assert "say nothing about real text" in capsys.readouterr().err
    assert run(["compare", "sample", "sample", "--dataset", "sample"]) == 0
    assert "say nothing about real text" in capsys.readouterr().out


def test_what_was_seen_must_be_known(gold, capsys) -> None:
    assert "name what was seen with --seen-in" in refused(capsys, gold, gold, "--by", "seen")
    full = scores_of(capsys, gold, gold, "--seen-in", gold)["full"]
    assert list(full["by_seen"]) == ["seen"]
    assert "is one file without splits" in refused(capsys, gold, gold, "--split", "test")
    assert "can't both be standard input" in refused(capsys, "-", "-")


def test_answers_out_of_order_go_to_the_disk_one_by_one() -> None:
    texts = [
        Document(id=f"d{n}", text=f"text {n}", entities=(Entity(0, 4, "PER"),)) for n in range(300)
    ]
    answers = [Answer(d.id, text_sha256(d.text), d.entities) for d in texts]
    random.Random(0).shuffle(answers)
    opened = Answers("found", iter(answers))
    assert all(opened.of(d) == d.entities for d in texts)
    opened.require_no_more()
    with pytest.raises(SchemaError, match="found has no prediction for document 'd0'"):
        opened.of(texts[0])


def test_answers_in_order_are_read_no_further_than_asked() -> None:
    texts = [Document(id=f"d{n}", text="x") for n in range(3)]
    read = []

    def stream():
        for one in texts:
            read.append(one.id)
            yield Answer(one.id, text_sha256(one.text), ())

    opened = Answers("found", stream())
    opened.of(texts[0])
    assert read == ["d0"]


def test_gold_of_a_file_has_the_reference_tokenizers_window(tmp_path) -> None:
    long = Document(id="long", text="Ada met Bo. " * 2000)
    short = Document(id="short", text="Ada met Bo.")
    with gzip.open(tmp_path / "gold.jsonl.gz", "wt") as out:
        for one in (long, short):
            out.write(json.dumps({"id": one.id, "text": one.text}) + "\n")
    ends = [d.meta["common_window_end"] for d in gold_in(str(tmp_path / "gold.jsonl.gz"))]
    assert 4094 < ends[0] < len(long.text)
    assert ends[1] == len(short.text)
    from gonerd.dataset.windows import window_tokenizer

    reference = window_tokenizer()
    assert reference.bytewise  # or short texts could not be passed over
    assert ends[0] == reference.window_end(long.text)


@pytest.mark.parametrize("option", ["--by=length", "--json"])
def test_scoring_files_imports_nothing_heavy(gold, option) -> None:
    program = (
        "import sys; from gonerd.cli.main import run; status = run(sys.argv[1:]); "
        "heavy = {'datasets', 'matplotlib', 'scipy', 'sklearn', 'spacy', 'torch'}; "
        "print(status, sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, "score", gold, gold, option],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines()[-1] == "0 []"


def test_documents_without_ids_are_matched_by_number(tmp_path, capsys) -> None:
    lines = "-DOCSTART- -X- O O\n\nAda B-PER\nMarlow I-PER\n\n-DOCSTART- -X- O O\n\nRome B-LOC\n"
    gold, found, other = (str(tmp_path / f"{name}.conll") for name in ("gold", "found", "other"))
    Path(gold).write_text(lines)
    Path(found).write_text(lines.replace("B-LOC", "O"))
    Path(other).write_text(lines.replace("Rome", "Oslo"))
    full = scores_of(capsys, gold, found)["full"]
    assert (full["tp"], full["fp"], full["fn"]) == (1, 0, 1)
    said = refused(capsys, gold, other)
    assert "document 'gold.conll-2': its text in" in said
    assert run(["compare", found, gold, "--dataset", gold]) == 0


@pytest.mark.parametrize("order", [1, -1])
def test_documents_without_an_answer_are_missed_and_told(gold, tmp_path, capsys, order) -> None:
    lines = prediction_lines(found_documents())
    lines[0] |= {"entities": [], "error": "out of memory"}
    found = str(tmp_path / "found.jsonl")
    write_json_lines(Path(found), lines[::order])
    assert run(["score", gold, found]) == 0
    out, said = capsys.readouterr()
    assert "PRED: no answer for 1 document: all their gold is missed\n" in said
    assert run(["compare", found, gold, "--dataset", gold]) == 0
    out = capsys.readouterr().out
    assert "found.jsonl gave no answer for 1 document: all their gold is missed" in out
    lines[0] |= {"entities": [[0, 2, "PER"]]}
    write_json_lines(Path(found), lines, overwrite=True)
    assert "has an error and entities, expected one of them" in refused(capsys, gold, found)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["score", "--seed", "-1"], "-1 is not in the range x>=0"),
        (["compare", "--seed", "-1"], "-1 is not in the range x>=0"),
        (["eval", "--model", "rules", "--out", "x", "--seed", "-1"], "-1 is not in the range x>=0"),
        (["score", "--errors", "-"], "beside what is printed; expected a file, found -"),
    ],
)
def test_options_that_can_not_be_meant_are_refused(gold, capsys, arguments, words) -> None:
    files = ["--dataset", gold] if arguments[0] == "eval" else [gold, gold]
    assert run([*arguments, *files]) in (1, 2)
    out, said = capsys.readouterr()
    assert out == ""
    assert words in said


def test_a_window_that_is_no_number_is_refused(tmp_path, capsys) -> None:
    bad = Document(id="a", text="Ada", meta={"common_window_end": "all"})
    write_documents(tmp_path / "gold.jsonl", [bad])
    said = refused(capsys, *[str(tmp_path / "gold.jsonl")] * 2)
    assert "document 'a': meta 'common_window_end' is 'all', expected a whole number" in said


def test_every_table_that_can_be_asked_for_has_a_title() -> None:
    assert tuple(TITLES) == BY


def test_a_run_folder_is_read_by_its_predictions(tmp_path) -> None:
    write_json_lines(
        tmp_path / "run" / "predictions.jsonl.zst", prediction_lines(found_documents())
    )
    answers = answers_in(str(tmp_path / "run"))
    assert answers.of(gold_documents()[0]) == found_documents()[0].entities
