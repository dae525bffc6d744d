"""What goes wrong between the commands and a real Label Studio server, and what is told of it."""

import base64
from pathlib import Path

import pytest

from gonerd import Document
from gonerd.records import write_documents
from tests.annotation.hands import Hands, region
from tests.annotation.ways import TEXTS, Ways
from tests.label_studio import Account, Server

pytestmark = pytest.mark.studio


EXPIRED = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=")
    for part in (b'{"alg":"HS256","typ":"JWT"}', b'{"token_type":"refresh","exp":1700000000}', b"x")
)
"""A personal access token of 2023."""


def test_a_batch_of_other_documents_or_settings_is_not_mixed_with_one_that_is_there(
    go: Ways, sample: Path, both: list[str], tmp_path: Path
) -> None:
    go("push", sample, "--name", "plan", *both)
    for words in (["--overlap", "0.5"], ["--seed", "1"], ["--model", "rules"]):
        go("push", sample, "--name", "plan", *both, *words, status=1)
        assert "of other documents or settings" in go.err
        assert words[0].removeprefix("--")[:4] in go.err
    go("push", sample, "--name", "plan", *both[:2], status=1)
    assert "annotators was 2 and is 1" in go.err
    write_documents(tmp_path / "changed.jsonl", [Document(id="d0", text="Other")])
    go("push", tmp_path / "changed.jsonl", "--name", "plan", *both, status=1)
    assert "documents was 12 and is 1" in go.err


def test_what_others_put_there_is_told(
    go: Ways, sample: Path, tmp_path: Path, at_work: dict[str, Hands], ann: Account, bo: Account
) -> None:
    words = ["push", sample, "--name", "others", "--annotator", ann.email]
    project = go(*words)["projects"][0]["id"]
    hands = at_work[ann.email]
    tasks = hands.tasks(project)
    at_work[bo.email].submit(tasks["d3"])
    hands.draft(tasks["d5"], region(tasks["d5"]["data"]["text"], "Bo Holm", "PER"))
    hands.import_task(project, {"data": {"text": "From elsewhere", "title": ""}})
    assert go(*words)["other_tasks"] == 1
    assert "holds 1 task more, which this batch did not put there" in go.err
    pulled = go("pull", "others", "--out", tmp_path / "pulled")
    assert (pulled["projects"][0]["by_others"], pulled["projects"][0]["drafts"]) == (1, 1)
    assert "begun and not submitted by ann@studio.example: 1 draft" in go.err
    assert "made by others in ann@studio.example's project: 1 annotation" in go.err
    hands.import_task(project, {"data": tasks["d4"]["data"]})
    go(*words, status=1)
    assert f"document 'd4' is in project {project} twice" in go.err


def test_what_is_taken_down_stays_out_also_in_the_middle_of_a_batch(
    go: Ways, sample: Path, tmp_path: Path, both: list[str], at_work: dict[str, Hands]
) -> None:
    words = ["push", sample, "--name", "takedown", *both, "--overlap", "1", "--model", "rules"]
    words += ["--no-preannotation", "0.5"]
    first = go(*words)
    for project in first["projects"]:
        hands = at_work[project["annotator"]]
        tasks = hands.tasks(project["id"])
        before = {id_: task["data"]["preannotation"] for id_, task in tasks.items()}
        for doc_id in ("d1", "d2"):
            hands.delete_task(tasks[doc_id])
    (tmp_path / "list.txt").write_text("id:d2\n")
    again = go(*words, "--takedown", tmp_path / "list.txt")
    assert (again["sent"], again["documents"]) == (2, len(TEXTS) - 1)
    for project in again["projects"]:
        tasks = at_work[project["annotator"]].tasks(project["id"])
        shown = {id_: task["data"]["preannotation"] for id_, task in tasks.items()}
        assert shown == {id_: half for id_, half in before.items() if id_ != "d2"}


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["--annotator", "cy@studio.example"], 1, "has no account 'cy@studio.example'; invite"),
        (["--annotator", "ann"], 2, "--annotator 'ann' is no e-mail address"),
        (["--annotator", "a@x.example", "--annotator", "A@x.example"], 2, "is named twice"),
        (
            ["--annotator", "ann@studio.example", "--token", "f" * 40],
            1,
            "does not accept the token",
        ),
        (["--annotator", "ann@studio.example", "--token", "no\ntoken"], 2, "the token is empty or"),
        (["--annotator", "ann@studio.example", "--no-preannotation", "0.5"], 2, "needs pre-annot"),
        (["--annotator", "ann@studio.example", "--model", "nix"], 2, "no adapter is called 'nix'"),
        (["--annotator", "ann@studio.example", "--overlap", "1.5"], 2, "1.5 is not in the range"),
        (["--annotator", "ann@studio.example", "--overlap", "nan"], 2, "--overlap is nan, a share"),
        (["--annotator", "ann@studio.example", "--token", EXPIRED], 1, "API key has expired"),
    ],
)
def test_a_mistake_is_one_sentence_and_makes_no_project(
    go: Ways,
    sample: Path,
    at_work: dict[str, Hands],
    ann: Account,
    words: list[str],
    status: int,
    sentence: str,
) -> None:
    before = at_work[ann.email].get("/api/projects/")["count"]
    go("push", sample, "--name", "mistake", *words, status=status)
    assert sentence in go.err
    assert "f" * 40 not in go.err
    assert EXPIRED not in go.err
    assert at_work[ann.email].get("/api/projects/")["count"] == before


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "d.jsonl does not exist"),
        ("", "d.jsonl holds no documents"),
        ('{"id": "a", "te', "d.jsonl:1: not JSON at column"),
        ('{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}\n', "document 'a' comes twice"),
        (
            '{"id": "a", "text": "x", "entities": [{"start": 0, "end": 1, "label": "DATE"}]}',
            "document 'a': label 'DATE' has no place in the labelling interface",
        ),
    ],
)
def test_documents_that_can_not_go_out_make_no_project(
    go: Ways,
    tmp_path: Path,
    at_work: dict[str, Hands],
    ann: Account,
    content: str | None,
    sentence: str,
) -> None:
    before = at_work[ann.email].get("/api/projects/")["count"]
    if content is not None:
        (tmp_path / "d.jsonl").write_text(content)
    words = ["--name", "bad", "--annotator", ann.email, "--with-entities"]
    go("push", tmp_path / "d.jsonl", *words, status=1)
    assert sentence in go.err
    assert go.err.count("\n") == 1
    assert at_work[ann.email].get("/api/projects/")["count"] == before


def test_a_server_that_is_none_is_told(go: Ways, studio: Server, tmp_path: Path) -> None:
    for url, status, sentence in [
        ("http://127.0.0.1:9", 1, "http://127.0.0.1:9 can't be reached"),
        (f"{studio.url}/static", 1, "/static answered 404 when it was asked for its version"),
        ("localhost:8080", 2, "--url is no address of a server"),
        ("http://me:secret@localhost", 2, "--url is no address of a server"),
    ]:
        go.url = url
        go("pull", "any", "--out", tmp_path / "pulled", status=status)
        assert sentence in go.err
        assert "secret" not in go.err
        assert not (tmp_path / "pulled").exists()


def test_pull_replaces_nothing_unasked_and_an_unknown_batch_is_told(
    go: Ways, sample: Path, tmp_path: Path, ann: Account
) -> None:
    go("push", sample, "--name", "twice", "--annotator", ann.email)
    go("pull", "twice", "--out", tmp_path / "pulled")
    go("pull", "twice", "--out", tmp_path / "pulled", status=1)
    assert "exists already" in go.err
    go("pull", "twice", "--out", tmp_path / "pulled", "--force")
    go("pull", "none", "--out", tmp_path / "other", status=1)
    assert "has no project of a batch 'none'" in go.err


def test_without_a_token_the_variable_for_it_is_named(
    go: Ways, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LABEL_STUDIO_API_KEY")
    go("pull", "any", "--out", tmp_path / "pulled", status=2)
    assert "set the environment variable LABEL_STUDIO_API_KEY" in go.err
