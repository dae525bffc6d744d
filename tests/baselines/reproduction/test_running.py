"""What is kept, what is done again, and what a failure stops."""

import fcntl
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gonerd.errors import OutputError
from gonerd_baselines.reproduction.places import Places
from gonerd_baselines.reproduction.plan import Plan
from gonerd_baselines.reproduction.running import Outcome, run_plan
from gonerd_baselines.reproduction.step import Step
from tests.baselines.reproduction.kinds import KINDS, step


def run(folder: Path, *steps: Step, **options) -> Outcome:
    return run_plan(Plan(steps, {}), folder, KINDS, **options)


def events(folder: Path) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in Places(folder).log.read_text().splitlines()]
    return [(line["event"], line.get("step", "")) for line in lines]


def test_steps_hand_on_what_they_made(tmp_path: Path) -> None:
    outcome = run(tmp_path, step("a"), step("b", "a"), step("c", "a", "b"))
    assert outcome.results["c"] == {"text": "aabc"}
    assert outcome.summary() == "3 steps run, 0 kept"
    record = json.loads(Places(tmp_path).state("b").read_text())
    assert record["state"] == "done"
    assert record["command"] == ["write", "b"]


def test_what_is_done_is_kept(tmp_path: Path) -> None:
    run(tmp_path, step("a"))
    outcome = run(tmp_path, step("a"), step("b", "a"))
    assert outcome.kept == ["a"]
    assert outcome.results["b"] == {"text": "ab"}
    begun = [name for event, name in events(tmp_path) if event == "begin"]
    assert begun == ["a", "b"]


def test_a_failure_stops_what_is_made_of_it_and_nothing_else(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    steps = [step("a", unless=str(gate)), step("b", "a"), step("c", "b"), step("d")]
    outcome = run(tmp_path / "out", *steps)
    assert outcome.failed == {"a": f"{gate} is not there yet"}
    assert outcome.stopped == {"b": "a", "c": "a"}
    assert list(outcome.results) == ["d"]
    gate.touch()
    again = run(tmp_path / "out", *steps)
    assert not again.failed
    assert again.kept == ["d"]
    assert ("goes on", "a") in events(tmp_path / "out")


def test_a_bug_leaves_its_traceback(tmp_path: Path) -> None:
    outcome = run(tmp_path, step("a", bug=True), step("b"))
    assert outcome.failed["a"].startswith("ZeroDivisionError: a bug (see ")
    assert "ZeroDivisionError" in Places(tmp_path).error("a").read_text()
    assert list(outcome.results) == ["b"]


def test_what_was_killed_after_its_end_is_not_done_again(tmp_path: Path) -> None:
    run(tmp_path, step("a"))
    places = Places(tmp_path)
    state = json.loads(places.state("a").read_text()) | {"state": "begun"}
    places.state("a").write_text(json.dumps(state))
    (places.out("a") / "text").write_text("made before")
    assert run(tmp_path, step("a")).results["a"] == {"text": "made before"}


def test_a_step_that_has_changed_is_refused_by_what_changed(tmp_path: Path) -> None:
    run(tmp_path, step("a"), step("b", "a"))
    with pytest.raises(
        OutputError, match=r"a was made with other settings \(loud\), and so were 1 more"
    ):
        run(tmp_path, step("a", loud=True), step("b", "a"))


def test_force_does_again_what_changed_and_what_is_made_of_it(tmp_path: Path) -> None:
    run(tmp_path, step("a"), step("b", "a"), step("c"))
    outcome = run(tmp_path, step("a", word="A"), step("b", "a"), step("c"), force=True)
    assert outcome.results["b"] == {"text": "Ab"}
    assert outcome.kept == ["c"]


def test_other_data_is_another_step(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("x")
    steps = [step("a", data=(str(text),))]
    run(tmp_path / "out", *steps)
    assert run(tmp_path / "out", *steps).kept == ["a"]
    text.write_text("yy")
    with pytest.raises(OutputError, match="other data"):
        run(tmp_path / "out", *steps)


def test_a_machine_without_the_texts_goes_on_by_what_was_known_of_them(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("x")
    run(tmp_path / "out", step("a", data=(str(text),)))
    shutil.move(tmp_path / "out", tmp_path / "there")
    text.unlink()
    outcome = run(tmp_path / "there", step("a", data=(str(text),)), step("b", "a"))
    assert outcome.kept == ["a"]
    assert outcome.results["b"] == {"text": "xab"}


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(OutputError, match="another run works in"):
            run(tmp_path, step("a"))


def test_a_training_may_run_as_a_process_of_its_own(tmp_path: Path, monkeypatch) -> None:
    writer = KINDS["write"]
    monkeypatch.setattr(type(writer), "trains", True)
    out = Places(tmp_path).out("a")
    code = (
        "import pathlib, sys; p = pathlib.Path(sys.argv[1]); p.mkdir(); "
        "(p / 'text').write_text(sys.argv[3])"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    launch = f"{sys.executable} {script} {out}"
    assert run(tmp_path, step("a"), launch=launch).results["a"] == {"text": "a"}
    failed = run(tmp_path, step("b"), launch=f"{sys.executable} -c 'raise SystemExit(3)'").failed
    assert failed["b"].endswith("ended with 3")
    missing = run(tmp_path, step("c"), launch="no-such-program").failed
    assert missing["c"] == "--launch: there is no program 'no-such-program'"


def test_when_time_is_up_no_step_is_begun_and_the_same_run_goes_on(tmp_path: Path) -> None:
    run(tmp_path, step("a"))
    steps = [step("a"), step("b", "a"), step("c", "b")]
    outcome = run(tmp_path, *steps, stop_after=0)
    assert outcome.kept == ["a"]
    assert outcome.waiting == ["b", "c"]
    assert outcome.summary() == "0 steps run, 1 kept, 2 left for the same command"
    assert run(tmp_path, *steps).results["c"] == {"text": "abc"}


MEETING = """
import pathlib, sys, time
folder, word = pathlib.Path(sys.argv[1]), sys.argv[3]
(folder / f"{word}.begun").touch()
ends = time.monotonic() + 30
while len(list(folder.glob("*.begun"))) < 2 and time.monotonic() < ends:
    time.sleep(0.01)
if time.monotonic() > ends:
    sys.exit("gonerd: nobody came")
out = folder / "steps" / word / "out"
out.mkdir(parents=True)
(out / "text").write_text(word)
"""
"""A training that ends only where another one runs at the same time."""


def test_trainings_run_at_the_same_time(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(type(KINDS["write"]), "trains", True)
    script = tmp_path / "script.py"
    script.write_text(MEETING)
    launch = f"{sys.executable} {script} {tmp_path}"
    outcome = run(tmp_path, step("a"), step("b"), step("c", "a", "b"), launch=launch, jobs=2)
    assert {name: result["text"] for name, result in outcome.results.items()} == {
        "a": "a",
        "b": "b",
        "c": "c",
    }
    logged = events(tmp_path)
    assert logged.index(("begin", "b")) < logged.index(("done", "a"))
    assert logged.index(("begin", "c")) > max(logged.index(("done", name)) for name in "ab")


def test_a_training_among_several_that_fails_leaves_its_last_sentence(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(type(KINDS["write"]), "trains", True)
    code = "import sys; print('reads'); sys.exit('gonerd: no such folder')"
    outcome = run(
        tmp_path, step("a"), step("b", "a"), launch=f'{sys.executable} -c "{code}"', jobs=2
    )
    assert outcome.failed == {"a": "no such folder"}
    assert outcome.stopped == {"b": "a"}
    assert "reads" in Places(tmp_path).said("a").read_text()


def test_nothing_runs_beside_what_is_timed(tmp_path: Path, monkeypatch) -> None:
    class Timed(type(KINDS["write"])):
        name = "timed"
        alone = True
        trains = False

    monkeypatch.setattr(type(KINDS["write"]), "trains", True)
    timed = replace(step("t"), kind="timed")
    script = tmp_path / "script.py"
    script.write_text(MEETING)
    plan = Plan([step("a"), step("b"), timed, step("c")], {})
    launch = f"{sys.executable} {script} {tmp_path}"
    run_plan(plan, tmp_path, {**KINDS, "timed": Timed()}, launch=launch, jobs=3)
    logged = events(tmp_path)
    before = {name for event, name in logged[: logged.index(("begin", "t"))] if event == "begin"}
    assert before == {"a", "b"}
    assert all(logged.index(("done", name)) < logged.index(("begin", "t")) for name in "ab")
    assert logged.index(("begin", "c")) > logged.index(("done", "t"))
