import json
from pathlib import Path

import pytest

from gonerd.cli.main import run
from gonerd.newsroom import articles
from gonerd.records import read_documents, write_documents
from gonerd.schema import Document

Printed = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve articles of the newsroom, and three stand-ins' exports of them."""
    folder = tmp_path_factory.mktemp("agreement")
    documents = [
        Document(
            id=f"n{number}",
            text=one.text,
            entities=one.entities,
            meta={"url": f"http://x.example/{number}"},
        )
        for number, one in enumerate(articles(12, seed=0))
    ]
    write_documents(folder / "gold.jsonl", documents)
    tasks = str(folder / "tasks.json")
    assert run(["annotate", "export", str(folder / "gold.jsonl"), "--out", tasks]) == 0
    for name, rate in (("anna", "0.04"), ("berg", "0.04"), ("carl", "0.0")):
        arguments = ["annotate", "simulate", tasks, "--gold", str(folder / "gold.jsonl")]
        arguments += [
            "--annotator",
            name,
            "--error-rate",
            rate,
            "--out",
            str(folder / f"{name}.json"),
        ]
        assert run(arguments) == 0
    return folder


@pytest.fixture
def here(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path in world.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_agree_prints_one_json_object(here: Path, capsys: Printed) -> None:
    arguments = [
        "annotate",
        "agree",
        "anna.json",
        "berg.json",
        "carl.json",
        "--documents",
        "gold.jsonl",
    ]
    assert run([*arguments, "--samples", "50", "--top", "3", "--json"]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert "3 annotators, 12 documents annotated by two or more" in printed.err
    assert [pair["annotators"] for pair in found["pairs"]] == [
        ["anna", "berg"], ["anna", "carl"], ["berg", "carl"],
    ]  # fmt: skip
    exact = {tuple(pair["annotators"]): pair["exact_f1"]["value"] for pair in found["pairs"]}
    assert exact["anna", "berg"] < exact["anna", "carl"] < 1
    assert found["bootstrap"]["samples"] == 50
    assert len(found["disagreements"]["most_frequent"]) == 3


def test_agree_prints_tables_for_a_person(here: Path, capsys: Printed) -> None:
    arguments = ["annotate", "agree", "anna.json", "berg.json", "--documents", "gold.jsonl"]
    assert run([*arguments, "--samples", "50"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["annotator", "documents", "entities", "rejected", "cancelled"]
    for start in (
        "exact_f1 ",
        "kappa_without_o ",
        "alpha ",
        "By type: anna - berg",
        "Disagreements: ",
    ):
        assert any(line.startswith(start) for line in lines), start


def test_agree_reads_json_lines_and_files_with_several_annotators(
    here: Path, capsys: Printed
) -> None:
    for name in ("anna", "berg"):
        arguments = ["annotate", "import", f"{name}.json", "--documents", "gold.jsonl"]
        assert run([*arguments, "--out", f"{name}.jsonl"]) == 0
    pair = json.loads(Path("anna.json").read_text())
    for task, other in zip(pair, json.loads(Path("berg.json").read_text()), strict=True):
        task["annotations"] += other["annotations"]
    Path("pair.json").write_text(json.dumps(pair))
    reports = []
    for files in (["anna.json", "berg.json"], ["anna.jsonl", "berg.jsonl"], ["pair.json"]):
        capsys.readouterr()
        arguments = [
            "annotate",
            "agree",
            *files,
            "--documents",
            "gold.jsonl",
            "--samples",
            "20",
            "--json",
        ]
        assert run(arguments) == 0
        reports.append(json.loads(capsys.readouterr().out))
    for key in ("overall", "pairs", "disagreements"):
        assert reports[0][key] == reports[1][key] == reports[2][key]


def test_one_annotator_has_no_agreement_and_is_told_so(here: Path, capsys: Printed) -> None:
    assert run(["annotate", "agree", "anna.json", "--documents", "gold.jsonl"]) == 0
    printed = capsys.readouterr()
    assert "1 annotator, 0 documents annotated by two or more" in printed.err
    assert "-: 1 annotator, two are needed" in printed.out


def test_the_whole_way_through_adjudication(here: Path, capsys: Printed) -> None:
    first = ["annotate", "adjudicate", "anna.json", "berg.json", "--documents", "gold.jsonl"]
    assert run([*first, "--out", "round1.jsonl", "--tasks", "disputed.json"]) == 0
    printed = capsys.readouterr().err
    assert " to decide in disputed.json" in printed
    disputed = json.loads(Path("disputed.json").read_text())
    assert {len(task["predictions"]) for task in disputed} == {2}
    arguments = ["annotate", "simulate", "disputed.json", "--gold", "gold.jsonl"]
    assert run([*arguments, "--annotator", "carla", "--out", "decided.json"]) == 0
    capsys.readouterr()
    again = [*first, "--decided", "decided.json", "--out", "merged.jsonl", "--json"]
    assert run(again) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["adjudicated"] == len(disputed) > 0
    assert report["agreed"] + report["adjudicated"] == report["merged"] == 12
    gold = {one.id: one.entities for one in read_documents("gold.jsonl")}
    decided = {one["data"]["doc_id"] for one in disputed}
    for one in read_documents("merged.jsonl"):
        if one.id in decided:
            assert one.entities == gold[one.id]
            assert one.meta["annotation"]["adjudicator"] == "carla"
    arguments = ["annotate", "report", "anna.json", "berg.json", "--documents", "gold.jsonl"]
    assert run([*arguments, "--truth", "merged.jsonl", "--by", "day"]) == 0
    printed = capsys.readouterr().out
    assert "anna by day\n" in printed
    assert "berg by type\n" in printed
    assert "-: no document has a lead_time above 0" in printed
    assert run([*arguments, "--truth", "merged.jsonl", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["truth"]["documents"] for one in found["annotators"]] == [12, 12]
    assert all(0.9 < one["truth"]["f1"] < 1 for one in found["annotators"])


def test_the_merged_documents_build_a_dataset(here: Path) -> None:
    arguments = ["annotate", "adjudicate", "anna.json", "x=anna.json", "--documents", "gold.jsonl"]
    assert run([*arguments, "--out", "merged.jsonl"]) == 0
    assert run(["build", "merged.jsonl", "--out", "dataset", "--on-misaligned", "snap"]) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence", "code"),
    [
        (["agree", "absent.json"], "absent.json does not exist", 1),
        (["agree", "anna.json"], "anna.json is an export of Label Studio; --documents FILE", 2),
        (["agree", "anna.json", "--documents", "absent.jsonl"], "absent.jsonl does not exist", 1),
        (["agree", "anna.json", "anna.json", "--documents", "gold.jsonl"], "NAME=FILE", 1),
        (["agree", "anna.json", "--documents", "gold.jsonl", "--seed", "-1"], "--seed", 2),
        (["agree"], "Missing argument 'FILE...'", 2),
        (["report", "gold.jsonl", "--truth", "absent.jsonl"], "absent.jsonl does not exist", 1),
        (["adjudicate", "gold.jsonl", "--out", "tasks.json"], "tasks.json exists already", 1),
        (["adjudicate", "gold.jsonl", "--out", "x", "--tasks", "x"], "can't hold both", 2),
        (
            ["adjudicate", "gold.jsonl", "--out", "x", "--decided", "absent.json"],
            "absent.json does not",
            1,
        ),
        (
            ["adjudicate", "gold.jsonl", "--out", "x", "--decided", "gold.jsonl"],
            "gold.jsonl:2: not JSON",
            1,
        ),
    ],
)
def test_problems_are_one_sentence_and_leave_nothing(
    here: Path, capsys: Printed, arguments: list[str], sentence: str, code: int
) -> None:
    before = sorted(here.iterdir())
    assert run(["annotate", *arguments]) == code
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert printed.out == ""
    assert "Traceback" not in printed.err
    assert sorted(here.iterdir()) == before
