"""To a real Label Studio server and back."""

import json
from collections import Counter
from pathlib import Path

import pytest

from gonerd import Document
from gonerd.adapters.rules import Rules
from gonerd.cli.main import run
from gonerd.records import read_documents, write_documents
from tests.annotation.hands import Hands, region
from tests.annotation.unsteady import unsteady
from tests.annotation.ways import TEXTS, Ways
from tests.label_studio import Account, Server

pytestmark = pytest.mark.studio

RULES = f"rules@{Rules.card.revision}"


def test_each_annotator_gets_a_project_of_their_own_and_shared_documents_are_in_both(
    go: Ways, sample: Path, both: list[str], at_work: dict[str, Hands], ann: Account, bo: Account
) -> None:
    report = go("push", sample, "--name", "shares", *both, "--overlap", "0.3", "--seed", "5")
    assert [project["annotator"] for project in report["projects"]] == [ann.email, bo.email]
    held = [set(at_work[p["annotator"]].tasks(p["id"])) for p in report["projects"]]
    assert held[0] | held[1] == TEXTS.keys()
    assert len(held[0] & held[1]) == report["shared_documents"] == round(0.3 * len(TEXTS))
    assert abs(len(held[0]) - len(held[1])) <= 1
    assert report["sent"] == len(held[0]) + len(held[1])
    project = at_work[bo.email].get(f"/api/projects/{report['projects'][1]['id']}/")
    assert project["title"] == "shares: bo@studio.example"
    assert project["maximum_annotations"] == 1


def test_a_text_that_is_empty_or_looks_like_an_address_goes_through(
    go: Ways, tmp_path: Path, at_work: dict[str, Hands], ann: Account
) -> None:
    texts = {"a": "", "b": " ", "c": "http://x.example/", "d": "s3://bucket/key", "e": "{{7*7}}"}
    write_documents(
        tmp_path / "odd.jsonl", [Document(id=i, text=text) for i, text in texts.items()]
    )
    report = go("push", tmp_path / "odd.jsonl", "--name", "odd", "--annotator", ann.email)
    tasks = at_work[ann.email].tasks(report["projects"][0]["id"])
    assert {id_: task["data"]["text"] for id_, task in tasks.items()} == texts


def test_texts_stay_as_they_are_on_the_server(
    go: Ways, sample: Path, at_work: dict[str, Hands], ann: Account
) -> None:
    report = go("push", sample, "--name", "texts", "--annotator", ann.email)
    tasks = at_work[ann.email].tasks(report["projects"][0]["id"])
    assert {id_: task["data"]["text"] for id_, task in tasks.items()} == TEXTS


def test_the_same_push_again_sends_nothing_and_one_that_broke_off_only_the_rest(
    go: Ways, sample: Path, both: list[str], at_work: dict[str, Hands], ann: Account
) -> None:
    words = ["push", sample, "--name", "again", *both, "--model", "rules"]
    first = go(*words)
    again = go(*words)
    assert (again["sent"], again["already_there"]) == (0, first["sent"])
    assert (first["predicted_entities"] > 0, again["predicted_entities"]) == (True, 0)
    assert [p["id"] for p in again["projects"]] == [p["id"] for p in first["projects"]]
    project = first["projects"][0]["id"]
    before = at_work[ann.email].tasks(project)
    for task in list(before.values())[2:5]:
        at_work[ann.email].delete_task(task)
    assert go(*words)["sent"] == 3
    assert at_work[ann.email].tasks(project).keys() == before.keys()


def test_an_answer_that_gets_lost_puts_no_task_there_twice(
    go: Ways,
    studio: Server,
    tmp_path: Path,
    both: list[str],
    at_work: dict[str, Hands],
) -> None:
    many = tmp_path / "many.jsonl"
    write_documents(many, [Document(id=f"m{n}", text=f"Anna met Bo {n}.") for n in range(250)])
    words = ["push", many, "--name", "lost", *both, "--overlap", "0.5"]
    seen: Counter[str] = Counter()

    def breaks(method: str, path: str) -> bool:
        what = "project" if path.endswith("/api/projects/") else path.rpartition("/")[2]
        seen[f"{method} {what.partition('?')[0]}"] += 1
        return (method, path.endswith("/api/projects/"), seen["POST project"]) == (
            "POST",
            True,
            2,
        ) or ("/import" in path and seen["POST import"] == 2)

    with unsteady(studio.url, breaks) as url:
        go.url = url
        for _ in range(2):  # once in the middle of a project's tasks, once at the second project
            go(*words, status=1)
            assert "can't be reached" in go.err
            assert go.err.count("\n") == 1
        report = go(*words)
    assert seen["POST project"] == 2
    for project in report["projects"]:
        tasks = at_work[project["annotator"]].get(
            "/api/tasks", project=project["id"], page_size=1000
        )["tasks"]
        ids = [task["data"]["doc_id"] for task in tasks]
        assert len(ids) == len(set(ids)) in (187, 188)


def test_an_export_that_breaks_off_leaves_no_folder(
    go: Ways, studio: Server, sample: Path, tmp_path: Path, ann: Account
) -> None:
    go("push", sample, "--name", "broken", "--annotator", ann.email)
    with unsteady(studio.url, lambda _, path: "/export" in path) as url:
        go.url = url
        go("pull", "broken", "--out", tmp_path / "pulled", status=1)
    assert "it was asked for the export of project" in go.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sample.jsonl"]


def test_two_annotators_work_and_everything_comes_back_exactly(
    go: Ways,
    sample: Path,
    tmp_path: Path,
    both: list[str],
    at_work: dict[str, Hands],
    ann: Account,
    bo: Account,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["--overlap", "1", "--model", "rules", "--no-preannotation", "0.5"]
    report = go("push", sample, "--name", "work", *both, *words)
    assert report["model_version"] == RULES
    assert report["without_preannotation"] == 6
    for project in report["projects"]:
        hands = at_work[project["annotator"]]
        tasks = hands.tasks(project["id"])
        assert sum(bool(task["predictions"]) for task in tasks.values()) == len(TEXTS) - 6
        for doc_id, task in tasks.items():
            text = task["data"]["text"]
            shown = task["predictions"][0]["result"] if task["predictions"] else []
            assert {p["model_version"] for p in task["predictions"]} <= {RULES}
            if doc_id == "d0":
                hands.submit(task, was_cancelled=True)
            elif project["annotator"] == ann.email:
                late = region(text, "Oslo", "LOC", after="Bo Holm")
                hands.submit(task, *(one for one in shown if one != late), late)
            elif doc_id != "d1":
                hands.submit(task, region(text, "Bo Holm", "PER"), lead_time=20)
    pulled = go("pull", "work", "--out", tmp_path / "pulled")
    assert sorted(path.name for path in (tmp_path / "pulled").iterdir()) == [
        "ann@studio.example.json",
        "bo@studio.example.json",
        "pull.json",
    ]
    assert pulled == json.loads((tmp_path / "pulled" / "pull.json").read_text())
    assert pulled["server_version"] == "1.23.2"
    assert [(p["imported"], p["cancelled"], p["unannotated"]) for p in pulled["projects"]] == [
        (len(TEXTS) - 1, 1, 0),
        (len(TEXTS) - 2, 1, 1),
    ]
    assert pulled["projects"][1]["annotations_by"] == {bo.email: len(TEXTS) - 1}
    assert pulled["projects"][1]["by_others"] == 0
    for account in (ann, bo):
        file = tmp_path / "pulled" / f"{account.email}.json"
        out = tmp_path / f"{account.email}.jsonl"
        line = ["annotate", "import", str(file), "--documents", str(sample), "--out", str(out)]
        assert run([*line, "--json"]) == 0
        imported = json.loads(capsys.readouterr().out)
        assert imported["quarantined"] == imported["utf16_annotations"] == 0
        for document in read_documents(out):
            assert document.meta["annotation"]["annotator"] == account.email
            mentions = [document.mention(entity) for entity in document.entities]
            assert ("Oslo" if account is ann else "Bo Holm") in mentions
            assert document.text == TEXTS[document.id]
    exports = [str(tmp_path / "pulled" / f"{account.email}.json") for account in (ann, bo)]
    for command in ("agree", "report"):  # both read the files of pull as they are
        assert run(["annotate", command, *exports, "--documents", str(sample), "--json"]) == 0
        printed = capsys.readouterr().out
        assert ann.email in printed
        assert bo.email in printed


def test_both_halves_are_compared_in_counts(
    go: Ways, sample: Path, tmp_path: Path, at_work: dict[str, Hands], ann: Account
) -> None:
    words = ["--annotator", ann.email, "--model", "rules", "--no-preannotation", "0.5"]
    report = go("push", sample, "--name", "halves", *words)
    hands = at_work[ann.email]
    shown = 0
    for task in hands.tasks(report["projects"][0]["id"]).values():
        text = task["data"]["text"]
        if task["predictions"]:
            assert task["data"]["preannotation"] == "shown"
            first, *others = task["predictions"][0]["result"]
            shown += 1 + len(others)
            start, end = first["value"]["start"], first["value"]["end"] + 1
            first["value"] |= {"end": end, "text": text[start:end]}  # moved by a character
            hands.submit(task, first, *others[1:], region(text, "left", "ORG"))
        else:
            assert task["data"]["preannotation"] == "withheld"
            hands.submit(task, region(text, "Bo Holm", "PER"), lead_time=30)
    halves = go("pull", "halves", "--out", tmp_path / "pulled")["preannotation"]
    assert halves["without"]["entities"] == halves["without"]["imported"] == 6
    assert halves["without"]["lead_time_seconds"] == {"documents": 6, "total": 180, "median": 30}
    told = halves["with"]["predictions"]
    assert told["predicted"] == shown == report["predicted_entities"]
    assert told["models"] == {RULES: len(TEXTS) - 6}
    assert (told["moved"], told["removed"], told["added"]) == (6, 6, 6)
    assert told["stayed"] == shown - 12
    assert "predictions" not in halves["without"]
    assert f"of {shown} predictions {shown - 12} stayed" in go.err


def test_other_forms_of_a_servers_export_hold_the_same_entities(
    go: Ways,
    sample: Path,
    tmp_path: Path,
    at_work: dict[str, Hands],
    ann: Account,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = go("push", sample, "--name", "forms", "--annotator", ann.email)["projects"][0]["id"]
    hands = at_work[ann.email]
    tasks = hands.tasks(project)
    for doc_id, task in tasks.items():
        text = task["data"]["text"]
        if doc_id == "d2":
            reject = {"from_name": "reject", "to_name": "text", "type": "choices", "id": "x"}
            hands.submit(task, reject | {"value": {"choices": ["Not English"]}})
        else:
            late = region(text, "Oslo", "LOC", after="Bo Holm")
            hands.submit(task, region(text, "Anna Berg", "PER"), late)
    came: dict[str, list[Document]] = {}
    for form in ("JSON", "JSON_MIN"):
        (tmp_path / f"{form}.json").write_bytes(hands.export(project, form))
        out = tmp_path / f"{form}.jsonl"
        line = ["annotate", "import", str(tmp_path / f"{form}.json"), "--documents", str(sample)]
        assert run([*line, "--out", str(out), "--json"]) == 0
        printed = capsys.readouterr()
        report = json.loads(printed.out)
        assert (report["form"], report["rejected"]) == (form, 1)
        assert ("an export as JSON_MIN does not say" in printed.err) == (form == "JSON_MIN")
        came[form] = list(read_documents(out))
    assert [(d.id, d.entities) for d in came["JSON"]] == [
        (d.id, d.entities) for d in came["JSON_MIN"]
    ]
    assert len(came["JSON"]) == len(TEXTS) - 1


def test_personal_access_tokens_are_taken_as_well(
    go: Ways, sample: Path, ann: Account, bo: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", bo.personal_token)
    assert go("push", sample, "--name", "personal", "--annotator", ann.email)["sent"] == len(TEXTS)
