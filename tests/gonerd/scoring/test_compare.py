"""`gonerd compare`: runs against each other on the same documents."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from gonerd import Document, Entity
from gonerd.cli.main import run
from gonerd.dataset import build_dataset
from gonerd.evaluation.comparing import names_apart
from gonerd.files import read_json
from gonerd.records import write_documents, write_json_lines
from gonerd.schema import text_sha256
from gonerd.scoring import score_pairs
from tests.gonerd.scoring.pairs import document, spans
from tests.gonerd.test_dataset import some_documents

DOCUMENTS = 40


def gold_documents() -> list[Document]:
    return [
        document(f"d{n:02}", 60, [(m, m + 2, "PER" if m % 2 else "ORG") for m in range(n % 4, 58, 3)])
        for n in range(DOCUMENTS)
    ]  # fmt: skip


def model(keep: int) -> list[Document]:
    """Finds all but every `keep`-th entity."""
    found, seen = [], 0
    for gold in gold_documents():
        chosen = []
        for entity in gold.entities:
            seen += 1
            if seen % keep:
                chosen.append(entity)
        found.append(replace(gold, entities=tuple(chosen)))
    return found


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    made = {"gold": gold_documents(), "good": model(9), "fair": model(5), "weak": model(2)}
    for name, documents in made.items():
        write_documents(tmp_path / f"{name}.jsonl", documents)
    return {name: str(tmp_path / f"{name}.jsonl") for name in made}


def compared(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert run(["compare", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_model_against_itself_differs_in_nothing(files, capsys) -> None:
    found = compared(capsys, files["good"], files["good"], "--dataset", files["gold"])
    (pair,) = found["pairs"]
    assert (pair["a"], pair["b"]) == ("good.jsonl (1)", "good.jsonl (2)")
    assert (pair["difference"], pair["ci"], pair["p"], pair["p_holm"]) == (
        0.0,
        [0.0, 0.0],
        1.0,
        1.0,
    )
    assert pair["differ_most"] == []
    (student,) = found["retention"]["students"]
    assert (student["retention"], student["ci"]) == (1.0, [1.0, 1.0])


def test_a_prediction_past_the_end_of_a_text_is_not_one_in_the_next(tmp_path, capsys) -> None:
    texts = [Document(id="a", text="Ada went"), Document(id="b", text="Bob went")]
    gold = [replace(text, entities=(Entity(0, 3, "PER"),)) for text in texts]
    write_documents(tmp_path / "gold.jsonl", gold)
    for name, spans_of_a in (("past", [[9, 12, "PER"]]), ("huge", [[0, 10**30, "PER"]])):
        lines = [
            {
                "doc_id": text.id,
                "text_sha256": text_sha256(text.text),
                "entities": spans_of_a if text.id == "a" else [],
                "consumed_to": 8,
                "windows": 1,
            }
            for text in texts
        ]
        found = str(tmp_path / f"{name}.jsonl")
        write_json_lines(tmp_path / f"{name}.jsonl", lines)
        for command in (
            ["compare", found, found, "--dataset", str(tmp_path / "gold.jsonl")],
            ["score", str(tmp_path / "gold.jsonl"), found],
        ):
            assert run(command) == 1
            said = capsys.readouterr().err
            assert f"{found}: document 'a': a prediction ends at {spans_of_a[0][1]}, past" in said


def test_three_models_are_compared_pair_by_pair(files, capsys) -> None:
    names = [files[name] for name in ("good", "fair", "weak")]
    found = compared(
        capsys,
        *names,
        "--dataset",
        files["gold"],
        "--teacher",
        files["fair"],
        "--permutations",
        "999",
    )
    gold = gold_documents()
    f1 = {}
    for name, entry in zip(("good", "fair", "weak"), found["models"], strict=True):
        keep = {"good": 9, "fair": 5, "weak": 2}[name]
        scores = score_pairs((g, m.entities) for g, m in zip(gold, model(keep), strict=True))
        assert entry["f1"] == scores["full"]["f1"]
        assert entry["ci"] == pytest.approx(scores["full"]["ci"]["f1"])
        assert entry["by_type"]["ORG"]["ci"] == pytest.approx(
            scores["full"]["by_type"]["ORG"]["ci"]
        )
        assert entry["by_type"]["PER"]["f1"] == scores["full"]["by_type"]["PER"]["f1"]
        f1[name] = entry["f1"]
    assert [(p["a"], p["b"]) for p in found["pairs"]] == [
        ("good.jsonl", "fair.jsonl"), ("good.jsonl", "weak.jsonl"), ("fair.jsonl", "weak.jsonl"),
    ]  # fmt: skip
    for pair in found["pairs"]:
        assert pair["difference"] == pytest.approx(f1[pair["a"][:4]] - f1[pair["b"][:4]])
        assert 0 < pair["ci"][0] < pair["difference"] < pair["ci"][1]
        assert (pair["p"], pair["p_holm"]) == pytest.approx((0.001, 0.003))
        assert set(pair["by_type"]) == {"PER", "ORG"}
        most = pair["differ_most"][0]
        assert most["a"]["fn"] < most["b"]["fn"]
    assert found["retention"]["teacher"] == "fair.jsonl"
    assert [s["name"] for s in found["retention"]["students"]] == ["good.jsonl", "weak.jsonl"]
    for student in found["retention"]["students"]:
        assert student["retention"] == pytest.approx(f1[student["name"][:4]] / f1["fair"])
        assert student["ci"][0] < student["retention"] < student["ci"][1]
    assert run(["compare", *names, "--dataset", files["gold"], "--top", "2"]) == 0
    text = capsys.readouterr().out
    assert "good.jsonl less fair.jsonl" in text
    assert "F1 over that of good.jsonl" in text


def test_a_model_has_the_interval_of_its_score_where_documents_are_drawn_in_pieces(
    files, capsys, monkeypatch
) -> None:
    monkeypatch.setattr("gonerd.scoring.document_counts.DOCUMENTS_AT_ONCE", 9)
    found = compared(capsys, files["fair"], files["weak"], "--dataset", files["gold"])
    for keep, entry in zip((5, 2), found["models"], strict=True):
        pairs = zip(gold_documents(), model(keep), strict=True)
        scores = score_pairs((gold, other.entities) for gold, other in pairs)["full"]
        assert entry["ci"] == pytest.approx(scores["ci"]["f1"])
        for label, one in entry["by_type"].items():
            assert one["ci"] == pytest.approx(scores["by_type"][label]["ci"])


def test_a_teacher_without_a_score_retains_nothing(files, tmp_path, capsys) -> None:
    silent = [replace(gold, entities=()) for gold in gold_documents()]
    write_documents(tmp_path / "silent.jsonl", silent)
    names = [str(tmp_path / "silent.jsonl"), files["good"]]
    (student,) = compared(capsys, *names, "--dataset", files["gold"])["retention"]["students"]
    assert (student["retention"], student["ci"]) == (None, None)
    assert student["by_type"]["PER"] == {"retention": None, "ci": None}
    assert run(["compare", *names, "--dataset", files["gold"]]) == 0
    assert "none  the teacher's is 0  PER none, ORG none" in capsys.readouterr().out


def test_one_document_compares_nothing(tmp_path, capsys) -> None:
    gold = document("a", 20, [(0, 2, "PER"), (4, 6, "PER"), (8, 9, "PER")])
    write_documents(tmp_path / "gold.jsonl", [gold])
    write_documents(tmp_path / "half.jsonl", [replace(gold, entities=gold.entities[:1])])
    names = [str(tmp_path / name) for name in ("gold.jsonl", "half.jsonl")]
    found = compared(capsys, *names, "--dataset", names[0])
    assert [model["ci"] for model in found["models"]] == [[0.0, 1.0]] * 2
    assert (found["pairs"][0]["ci"], found["pairs"][0]["p"]) == ([-1.0, 1.0], 1.0)
    assert found["retention"]["students"][0]["ci"] == [0.0, None]
    assert run(["compare", *names, "--dataset", names[0]]) == 0
    text = capsys.readouterr().out
    assert text.startswith("1 document, 3 gold entities")
    assert "0.500  0.000 or more" in text


def test_the_order_of_documents_changes_nothing(files, tmp_path, capsys) -> None:
    pair = [files["good"], files["fair"]]
    found = compared(capsys, *pair, "--dataset", files["gold"])
    for name in ("gold", "fair"):
        lines = Path(files[name]).read_text().splitlines(keepends=True)
        Path(files[name]).write_text("".join(lines[::-1]))
    assert compared(capsys, *pair, "--dataset", files["gold"]) == found


def test_runs_are_compared_on_their_own_split(tmp_path, capsys) -> None:
    build_dataset(some_documents(), tmp_path / "one")
    build_dataset(some_documents(60), tmp_path / "other")
    for name, dataset, split in (
        ("a", "one", "train"),
        ("b", "other", "train"),
        ("c", "one", "train"),
    ):
        arguments = ["--dataset", str(tmp_path / dataset), "--split", split]
        assert run(["eval", "--model", "rules", *arguments, "--out", str(tmp_path / name)]) == 0
    capsys.readouterr()
    one = ["--dataset", str(tmp_path / "one")]
    a, b, c = (str(tmp_path / name) for name in "abc")
    found = compared(capsys, a, c, *one)
    assert found["documents"] == read_json(tmp_path / "a" / "result.json")["dataset"]["n_docs"]
    assert found["pairs"][0]["p"] == 1.0
    assert run(["compare", a, b, *one]) == 1
    assert "the runs are not of the same split: one train (" in capsys.readouterr().err
    assert run(["compare", a, c, *one, "--split", "test"]) == 1
    assert "has no prediction for document" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["good"], "found 1 to compare, expected two or more"),
        (["good", "fair", "--teacher", "nobody"], "--teacher nobody is none of"),
        (["good", "gone"], "gone does not exist"),
        (["good", "other"], "document 'd00': its text in .* is another than that of gold"),
    ],
)
def test_what_can_not_be_compared_is_told_in_one_sentence(
    files, tmp_path, capsys, arguments, message
) -> None:
    other = [replace(d, text="y" + d.text[1:]) for d in gold_documents()]
    write_documents(tmp_path / "other.jsonl", other)
    paths = {**files, "gone": "gone.jsonl", "other": str(tmp_path / "other.jsonl")}
    message = message.replace("gone does", r"gone.jsonl does")
    assert run(["compare", *(paths.get(a, a) for a in arguments), "--dataset", files["gold"]]) in (
        1,
        2,
    )
    said = capsys.readouterr().err
    assert re.search(message, said)
    assert said.count("\n") == 1


def test_names_are_short_where_they_can_be() -> None:
    assert names_apart(["runs/a", "runs/b"]) == ["a", "b"]
    assert names_apart(["x/run", "y/run"]) == ["x/run", "y/run"]
    assert names_apart(["runs/a/predictions.jsonl.zst", "b.jsonl"]) == ["a", "b.jsonl"]
    assert names_apart(["runs/a", "runs/a"]) == ["a (1)", "a (2)"]


def test_a_broken_result_is_named(files, tmp_path, capsys) -> None:
    write_json_lines(tmp_path / "run" / "result.json", [{"dataset": 3}])
    assert run(["compare", str(tmp_path / "run"), files["good"], "--dataset", files["gold"]]) == 1
    assert "result.json is no result of 'gonerd eval'" in capsys.readouterr().err


def test_spans_of_both_sides_may_be_anything(tmp_path, capsys) -> None:
    gold = [document("a", 9, []), document("b", 9, [(0, 2, "PER")])]
    write_documents(tmp_path / "gold.jsonl", gold)
    write_documents(tmp_path / "one.jsonl", gold)
    write_documents(
        tmp_path / "other.jsonl",
        [replace(d, entities=tuple(spans([(0, 2, "GPE"), (0, 3, "GPE")]))) for d in gold],
    )
    files = [str(tmp_path / f"{name}.jsonl") for name in ("one", "other", "gold")]
    found = compared(capsys, *files[:2], "--dataset", files[2])
    assert list(found["pairs"][0]["by_type"]) == ["PER", "GPE"]
    assert found["retention"]["students"][0]["retention"] == 0.0
