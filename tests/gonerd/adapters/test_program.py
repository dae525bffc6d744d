import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from gonerd import Document, Entity
from gonerd.adapters import AdapterOptions, adapter_from_spec, predictions_of
from gonerd.adapters.program import IN_FLIGHT, Program
from gonerd.errors import CheckError, ConfigError, InputError, SchemaError
from gonerd.evaluation import evaluate_model
from gonerd.evaluation.cost import CostPlan
from gonerd.records import write_documents

OPTIONS = AdapterOptions()

ECHO = """
    import json, re, sys
    for line in sys.stdin:
        document = json.loads(line)
        names = [[m.start(), m.end(), "PERSON", 0.75] for m in re.finditer("Ada|Bo", document["text"])]
        days = [[m.start(), m.end(), "DATE", 0.5] for m in re.finditer("Monday", document["text"])]
        print(json.dumps({"doc_id": document["id"], "entities": names + days}))
"""


def program(tmp_path: Path, source: str, options: AdapterOptions = OPTIONS) -> Program:
    path = tmp_path / "mine.py"
    path.write_text(dedent(source))
    adapter = adapter_from_spec(f"cmd:{sys.executable} '{path}'", options)
    assert isinstance(adapter, Program)
    return adapter


def documents(count: int, length: int = 1) -> list[Document]:
    return [Document(id=f"d{n}", text="Ada met Bo on Monday. " * length) for n in range(count)]


def test_a_program_answers_line_by_line_and_its_types_are_mapped(tmp_path: Path) -> None:
    adapter = program(tmp_path, ECHO)
    document = Document(
        id="a", text="\U0001f469\u200d\U0001f680 Ada\r\nmet Bo on Monday", tokens=((4, 7),),
        entities=(Entity(4, 7, "PER"),), meta={"source": "news"},
    )  # fmt: skip
    (found,) = predictions_of(adapter, [document])
    assert [document.mention(e) for e in found.entities] == ["Ada", "Bo"]
    assert {e.label for e in found.entities} == {"PER"}
    assert found.scores == (0.75, 0.75)
    assert found.dropped == {"DATE": 1}
    assert found.consumed_to == len(document.text)
    given = program(tmp_path, ECHO, AdapterOptions(label_map={"DATE": "MISC"}))
    (found,) = predictions_of(given, [document])
    assert [(document.mention(e), e.label) for e in found.entities] == [("Monday", "MISC")]
    assert found.dropped == {"PERSON": 2}
    assert given.policy.label_map == {"DATE": "MISC"}


def test_a_program_gets_text_and_tokens_and_nothing_else(tmp_path: Path) -> None:
    adapter = program(
        tmp_path,
        """
        import json, sys
        for line in sys.stdin:
            given = json.loads(line)
            assert given == {"id": "a", "text": "Ada met Bo", "tokens": [[0, 3], [4, 7], [8, 10]]}, given
            print(json.dumps({"doc_id": "a", "entities": []}))
        """,
    )
    document = Document(
        id="a", text="Ada met Bo", tokens=((0, 3), (4, 7), (8, 10)),
        entities=(Entity(0, 3, "PER"),), meta={"source": "news", "date": "2019-01-01"},
    )  # fmt: skip
    assert [p.entities for p in predictions_of(adapter, [document])] == [()]


def test_long_texts_fill_no_pipe_for_good(tmp_path: Path) -> None:
    """Eight texts are longer than a pipe holds, and so is each answer."""
    adapter = program(
        tmp_path,
        """
        import json, sys
        for line in sys.stdin:
            document = json.loads(line)
            spans = [[2 * n, 2 * n + 1, "PER"] for n in range(len(document["text"]) // 2)]
            print(json.dumps({"doc_id": document["id"], "entities": spans}))
        """,
    )
    found = list(predictions_of(adapter, documents(8, 400)))
    assert [len(prediction.entities) for prediction in found] == [4400] * 8


def test_a_program_may_read_ahead_and_only_so_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not flush: Python's own buffer would keep the first answers back for good."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    monkeypatch.setenv("GONERD_CMD_TIMEOUT", "30")
    adapter = program(
        tmp_path,
        f"""
        import json, sys
        from itertools import islice
        while some := [json.loads(line) for line in islice(sys.stdin, {IN_FLIGHT // 2})]:
            for document in some:
                print(json.dumps({{"doc_id": document["id"], "entities": []}}))
        """,
    )
    taken = 0

    def endless() -> Iterator[Document]:
        nonlocal taken
        for document in documents(10**4):
            taken += 1
            yield document

    answers = adapter.predict(endless())
    assert next(answers).doc_id == "d0"
    assert taken <= IN_FLIGHT
    answers.close()
    assert len(list(predictions_of(adapter, documents(IN_FLIGHT + 5)))) == IN_FLIGHT + 5


def test_a_program_that_is_left_early_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    adapter = program(
        tmp_path,
        f"""
        import json, pathlib, subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        pathlib.Path({str(tmp_path / "pid")!r}).write_text(str(child.pid))
        for line in sys.stdin:
            print(json.dumps({{"doc_id": json.loads(line)["id"], "entities": []}}))
        """,
    )
    answers = adapter.predict(iter(documents(100)))
    next(answers)
    answers.close()
    child = int((tmp_path / "pid").read_text())
    for _ in range(100):
        try:
            state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.05)
    os.kill(child, 9)
    pytest.fail("a process that the program started goes on")


CRASH = """
    import json, sys
    for number, line in enumerate(sys.stdin):
        if number == 2:
            sys.exit(3)
        print(json.dumps({"doc_id": json.loads(line)["id"], "entities": []}))
"""


@pytest.mark.parametrize(
    ("source", "problem", "message"),
    [
        (CRASH, InputError, r"ended with exit status 3 before it answered for document 'd2'"),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            InputError,
            r"was ended by SIGKILL before it answered for document 'd0'",
        ),
        (
            CRASH.replace("sys.exit(3)", "print('loading ...')"),
            SchemaError,
            r"line 3, for document 'd2': expected one JSON object, found 'loading \.\.\.'",
        ),
        (
            ECHO.replace('document["id"]', '"x"'),
            SchemaError,
            r"line 1, for document 'd0': doc_id is 'x'",
        ),
        (
            ECHO.replace('"PERSON", 0.75', '"PERSON", 7'),
            SchemaError,
            r"document 'd0': entity \[0, 3, 'PERSON', 7\] has a score that is not between 0 and 1",
        ),
        (
            ECHO.replace("m.end()", "m.end() + 99"),
            SchemaError,
            r"entity \[0, 102, 'PERSON', 0.75\] is empty or outside the text \(22 characters\)",
        ),
        (
            ECHO.replace('"entities":', '"spans":'),
            SchemaError,
            r"field 'spans' is unknown; expected doc_id, entities, consumed_to",
        ),
        (
            ECHO.replace("m.start(), m.end()", "True, 3"),
            SchemaError,
            r"entity \[True, 3, 'PERSON', 0.75\] has no places",
        ),
        (
            ECHO.replace("m.start(), m.end()", "0.0, 3"),
            SchemaError,
            r"\[0.0, 3, 'PERSON', 0.75\] is no \[start, end, label\]",
        ),
        (
            ECHO.replace('"doc_id"', '"consumed_to": -1, "doc_id"'),
            SchemaError,
            r"consumed_to is -1, expected a number of 0 or more",
        ),
        (
            ECHO.replace('"DATE", 0.5', '"DATE"'),
            SchemaError,
            r"document 'd0': some entities have a score and others none, expected all or none",
        ),
        (
            ECHO.replace('"doc_id"', '"error": "hot", "doc_id"'),
            SchemaError,
            r"document 'd0': expected an error in words and no entities, or entities and no error",
        ),
        (
            ECHO.replace('document["id"]', '"\\ud800"'),
            SchemaError,
            r"line 1, for document 'd0': expected one JSON object, found '\{.*ud800",
        ),
        (
            ECHO + "    print('{}')",
            SchemaError,
            r"line 4: expected no more lines than documents",
        ),
        (ECHO + "    sys.exit(5)", InputError, r"ended with exit status 5 after its last answer"),
        (
            ECHO.replace("names + days", "names + names"),
            CheckError,
            r"document 'd0': the model predicted overlapping entities at 0",
        ),
    ],
)
def test_what_goes_wrong_is_told_with_line_document_and_exit_status(
    tmp_path: Path, source: str, problem: type[Exception], message: str
) -> None:
    with pytest.raises(problem, match=message):
        list(predictions_of(program(tmp_path, source), documents(3)))


def test_a_document_that_the_program_gives_up_is_a_failed_document(tmp_path: Path) -> None:
    source = """
        import json, sys
        for line in sys.stdin:
            print(json.dumps({"doc_id": json.loads(line)["id"], "error": "out of memory"}))
    """
    (found,) = predictions_of(program(tmp_path, source), documents(1))
    assert (found.error, found.entities, found.consumed_to) == ("out of memory", (), 0)


def test_a_program_that_takes_too_long_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONERD_CMD_TIMEOUT", "0.5")
    adapter = program(tmp_path, "import time; time.sleep(600)")
    begin = time.monotonic()
    with pytest.raises(InputError, match=r"gave no answer for document 'd0' within 0.5 s"):
        list(predictions_of(adapter, documents(1)))
    assert time.monotonic() - begin < 30
    monkeypatch.setenv("GONERD_CMD_TIMEOUT", "soon")
    with pytest.raises(
        InputError, match=r"\$GONERD_CMD_TIMEOUT is 'soon', expected seconds above 0"
    ):
        program(tmp_path, ECHO)


def test_a_first_line_may_be_a_card(tmp_path: Path) -> None:
    told = {"id": "lab/tagger", "revision": "0a" * 20, "license": "MIT", "training_data": ["news"]}
    source = f"import json; print(json.dumps({{'card': {told!r}}}))\n{dedent(ECHO)}"
    adapter = program(tmp_path, source)
    assert adapter.card.id == "mine.py"
    (found,) = predictions_of(adapter, documents(1))
    assert len(found.entities) == 2
    card = adapter.card
    assert (card.kind, card.id, card.revision, card.license) == (
        "cmd",
        "lab/tagger",
        "0a" * 20,
        "MIT",
    )
    assert card.training_data == ("news",)
    assert card.details == {"revision_of": "the program's own card"}


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"revision": "main"}, "line 1: revision is 'main', expected 40 hex digits"),
        ({"kind": "hf"}, "line 1: expected a card of details, id, license"),
        (["x"], "line 1: expected a card of"),
        ({"details": 5}, "line 1: details is 5, expected an object"),
        ({"training_data": "conll"}, 'line 1: training_data is "conll", expected a list of names'),
        ({"training_data": [5]}, "line 1: training_data is a list of 1, expected a list of names"),
    ],
)
def test_a_card_that_hides_something_is_refused(tmp_path: Path, told: object, message: str) -> None:
    source = f"import json; print(json.dumps({{'card': {told!r}}}))\n{dedent(ECHO)}"
    with pytest.raises(SchemaError, match=message):
        list(predictions_of(program(tmp_path, source), documents(1)))


def test_the_revision_is_the_hash_of_the_programs_files(tmp_path: Path) -> None:
    adapter = program(tmp_path, ECHO)
    digest = hashlib.sha256((tmp_path / "mine.py").read_bytes()).hexdigest()
    assert adapter.card.revision == digest[:40]
    assert (adapter.card.id, adapter.card.details) == ("mine.py", {"revision_of": ["mine.py"]})
    assert str(tmp_path) not in json.dumps(adapter.card.details)
    line = f"{sys.executable} -c 'print(1)'"
    bare = adapter_from_spec(f"cmd:{line}", OPTIONS).card
    assert (
        bare.details["revision_of"] == [Path(sys.executable).name] or bare.revision != digest[:40]
    )
    named = adapter_from_spec("cmd:true", OPTIONS).card
    assert named.details == {"revision_of": "the command line"}
    assert named.revision == hashlib.sha256(b"true").hexdigest()[:40]


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        ("cmd:", OPTIONS, "cmd needs a program, as in cmd:'python mine.py --fast'"),
        (
            "cmd:no-such-program --x",
            OPTIONS,
            "there is no program 'no-such-program' that can be run",
        ),
        ("cmd:python 'mine.py", OPTIONS, "can't be split into words: No closing quotation"),
        ("cmd:true", AdapterOptions(batch_size=2), "cmd has no use for --batch-size, found 2"),
        ("cmd:true", AdapterOptions(device="cuda"), "cmd has no use for --device, found cuda"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_refused(
    spec: str, options: AdapterOptions, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        adapter_from_spec(spec, options)


def test_no_shell_reads_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(dedent(ECHO))
    target = tmp_path / "written"
    adapter = adapter_from_spec(f"cmd:{sys.executable} {path} ; touch {target}", OPTIONS)
    assert len(list(predictions_of(adapter, documents(1)))) == 1
    assert not target.exists()


def test_a_prediction_off_the_tokens_is_a_false_positive_and_counted(tmp_path: Path) -> None:
    adapter = program(tmp_path, ECHO.replace('m.end(), "PERSON"', 'm.end() - 1, "PERSON"'))
    text = "Ada met Bo on Monday."
    gold = Document(id="a", text=text, entities=(Entity(0, 3, "PER"), Entity(8, 10, "PER")))
    write_documents(tmp_path / "gold.jsonl", [gold])
    result = evaluate_model(
        adapter, tmp_path / "run", dataset=str(tmp_path / "gold.jsonl"), split="all"
    )
    full = result["scores"]["full"]
    assert (full["tp"], full["fp"], full["fn"]) == (0, 2, 2)
    assert result["coverage"]["n_misaligned"] == 2


def test_times_of_a_program_are_said_to_include_its_start(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    write_documents(corpus, documents(3))
    plan = CostPlan(lengths=(8,), seconds=0.01, runs=1)
    adapter = program(tmp_path, ECHO)
    result = evaluate_model(adapter, tmp_path / "run", dataset=str(corpus), split="all", cost=plan)
    note = result["efficiency"]["note"]
    assert "the program's start included" in note
    assert "each time at a fixed length includes the start of the program" in note
    assert "loading left out" not in note
