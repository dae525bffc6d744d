"""What is refused, what is proven, and that nothing a stranger sends makes it stumble."""

from __future__ import annotations

import copy
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.verification import DATA, fuzz, sampled
from gonerd.errors import InputError
from gonerd_leaderboard.gold import GoldShelf
from gonerd_leaderboard.submission import submit
from gonerd_leaderboard.verification import verdicts, verify
from gonerd_leaderboard.verified import RESCORED, SELF_REPORTED
from tests.leaderboard.commands import typed
from tests.leaderboard.factory import change_predictions, change_result, make_run, predictions_of
from tests.leaderboard.page_files import boards_of
from tests.places import needs


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run and the corpus that it was made on, never changed."""
    return make_run(tmp_path_factory.mktemp("verify") / "run", n=20)


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    return Path(shutil.copytree(made, tmp_path / "run"))


@pytest.fixture(scope="module")
def shelf(made: Path) -> GoldShelf:
    return GoldShelf([str(made.parent / "invented.jsonl")])


def test_a_run_is_rescored_where_its_gold_is_at_hand(run: Path, shelf: GoldShelf) -> None:
    found = verify(run, shelf)
    assert (found.place, found.tier, found.reason) == (str(run), RESCORED, "")
    found = verify(run, GoldShelf(["sample"]))
    assert found.tier == SELF_REPORTED
    assert found.reason.startswith("no dataset at hand has the split 'all' of invented")


def test_a_file_that_holds_no_documents_is_no_dataset(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("words")
    with pytest.raises(InputError, match="the format can't be told"):
        GoldShelf([str(tmp_path / "notes.md")])
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(InputError, match="holds no documents"):
        GoldShelf([str(tmp_path / "empty.jsonl")])


def test_a_run_on_a_dataset_with_a_train_split_is_rescored_with_what_was_seen(
    tmp_path: Path,
) -> None:
    run = tmp_path / "run"
    done = typed("eval", "--model", "rules", "--no-cost", "--out", run, "--dataset", "sample")
    assert done.exit_code == 0, done.stderr
    assert json.loads((run / "result.json").read_text())["scores"]["full"]["by_seen"]
    assert verify(run, GoldShelf(["sample"])).tier == RESCORED


def numbers_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of all numbers inside `value`."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return [place for key, inner in pairs for place in numbers_in(inner, (*path, key))]
    return [path] if type(value) in (int, float) else []


def changed(record: Any, place: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    made = copy.deepcopy(record)
    inner = made
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = change(inner[place[-1]])
    return made


def test_no_number_of_the_scores_can_be_another_one(run: Path, shelf: GoldShelf) -> None:
    file = run / "result.json"
    record = json.loads(file.read_text())
    places = [
        (part, *place)
        for part in ("scores", "coverage", "calibration")
        for place in numbers_in(record[part])
    ]
    assert len(places) > 150
    for place in places:
        nudge = 1 if type(_at(record, place)) is int else 1e-6
        file.write_text(json.dumps(changed(record, place, lambda old, by=nudge: old + by)))
        found = verify(run, shelf)
        assert found.refused, place
        assert found.reason.startswith(str(run)), found.reason


def _at(record: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        record = record[key]
    return record


def test_better_predictions_under_the_old_scores_are_found_out(run: Path, shelf: GoldShelf) -> None:
    lines = predictions_of(run)
    entities = lines[3]["entities"]
    entities[0][2] = "ORG" if entities[0][2] != "ORG" else "LOC"
    change_predictions(run, lines)
    assert "scores.full" in verify(run, shelf).reason


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines.insert(1, lines.pop(0)), "document 'doc-1' stands where"),
        (lambda lines: lines[2].update(doc_id="doc-x"), "document 'doc-x' stands where"),
        (lambda lines: lines[2].update(text_sha256="0" * 64), "its text is another one than"),
        (lambda lines: lines[2].update(consumed_to=10**6), "consumed_to stands at 1,000,000, past"),
        (
            lambda lines: lines[2].update(consumed_to=10**6, entities=[[0, 10**6, "PER"]]),
            "an entity ends at 1,000,000, past the end of the text",
        ),
        (lambda lines: lines.pop(), "holds 19 documents, dataset.n_docs says 20"),
        (lambda lines: lines.append(lines[0] | {"doc_id": "more"}), "'more' is one more than"),
        (lambda lines: lines.append(lines[0]), "document 'doc-0' stands in the file twice"),
    ],
)
def test_other_documents_are_refused(
    run: Path, shelf: GoldShelf, change: Callable[[list[Any]], Any], message: str
) -> None:
    lines = predictions_of(run)
    change(lines)
    change_predictions(run, lines)
    found = verify(run, shelf)
    assert found.refused
    assert message in found.reason


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("scores.full.ci.B", 10**9, "field scores.full.ci.B is 1,000,000,000, expected at most"),
        ("scores.full.ci.seed", -1, "scores.full.ci.seed"),
        ("dataset.gold_by_type", {"PER": 240, "ORG": 0, "LOC": 0, "MISC": 0}, "gold_by_type"),
        ("dataset.synthetic", True, "field dataset.synthetic is True, the predictions give False"),
    ],
)
def test_settings_that_the_gold_contradicts_are_refused(
    run: Path, shelf: GoldShelf, path: str, value: Any, message: str
) -> None:
    change_result(run, path, value)
    found = verify(run, shelf)
    assert found.refused
    assert message in found.reason


def test_nothing_is_followed_out_of_a_submission(run: Path, shelf: GoldShelf) -> None:
    shutil.move(run / "result.json", run.parent / "elsewhere.json")
    (run / "result.json").symlink_to(run.parent / "elsewhere.json")
    assert "is a link or a device" in verify(run, shelf).reason
    (run / "result.json").unlink()
    os.mkfifo(run / "result.json")
    assert verify(run, shelf).refused
    (run / "result.json").unlink()
    (run / "result.json").mkdir()
    assert verify(run, shelf).reason.endswith("result.json is not a plain file")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Submissions of which the second is forged."""
    folder = tmp_path_factory.mktemp("three")
    for name in ("a", "b", "c"):
        run = make_run(folder / name, model=f"acme/{name}", n=12, seed=ord(name))
        place = submit(run, folder / "submissions")
        if name == "b":
            lines = predictions_of(place)
            entities = lines[0]["entities"]
            entities[0][0], entities[0][1] = entities[0][0] + 1, entities[0][1]
            change_predictions(place, lines)
    return folder


def test_all_submissions_are_verified_whatever_one_of_them_is(three: Path) -> None:
    datasets = [str(three / "invented.jsonl")]
    found = list(verdicts(three / "submissions", datasets, processes=1))
    assert [each.tier for each in found] == [RESCORED, "", RESCORED]
    assert [each.place.partition("/")[0] for each in found] == ["acme--a", "acme--b", "acme--c"]


def test_several_processes_say_the_same(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gonerd_leaderboard.verification.AT_ONCE", 1)
    datasets = [str(three / "invented.jsonl")]
    one = list(verdicts(three / "submissions", datasets, processes=1))
    assert list(verdicts(three / "submissions", datasets, processes=2)) == one


def test_the_command_says_what_is_proven_and_ends_with_1_if_one_is_refused(three: Path) -> None:
    ask = ["verify", "--all", str(three / "submissions"), "--jobs", "1"]
    dataset = ["--dataset", str(three / "invented.jsonl")]
    done = typed(*ask, *dataset)
    assert done.exit_code == 1
    assert "3 submissions: 2 rescored, 1 refused" in done.stdout
    assert "acme--b" in done.stderr
    told = json.loads(typed(*ask, *dataset, "--json").stdout)
    assert [each["tier"] for each in told["verdicts"]] == ["rescored", None, "rescored"]
    good = str(three / "a")
    assert typed("verify", good).exit_code == 0
    strict = typed("verify", good, "--require", "rescored")
    assert strict.exit_code == 1
    assert "rescored is required, and no dataset at hand" in strict.stderr


def test_the_command_wants_runs_or_all(tmp_path: Path) -> None:
    for words in ([], [str(tmp_path), "--all", str(tmp_path)]):
        done = typed("verify", *words)
        assert done.exit_code == 2
        assert "expected folders of runs or submissions, or --all" in done.stderr
    for words in ([tmp_path], ["--all", tmp_path]):
        missing = typed("verify", *words, "--dataset", "nowhere.jsonl")
        assert missing.exit_code == 1
        assert "refused" not in missing.stdout + missing.stderr
        assert "nowhere.jsonl" in missing.stderr


def test_what_was_found_stands_on_the_page_until_the_files_change(
    three: Path, tmp_path: Path
) -> None:
    submissions, record, page = tmp_path / "submissions", tmp_path / "verified.json", tmp_path / "p"
    shutil.copytree(three / "submissions", submissions)
    shutil.rmtree(submissions / "acme--b")
    ask = ["verify", "--all", submissions, "--record", record]
    assert typed(*ask, "--dataset", three / "invented.jsonl").exit_code == 0

    def shown() -> list[str]:
        built = typed(
            "leaderboard", "build", submissions, "--out", page, "--verified", record, "--force"
        )
        assert built.exit_code == 0, built.stderr
        board = json.loads((page / "leaderboard.json").read_text())["boards"][0]
        (of_page,) = boards_of(page).values()
        tiers = {row["entry"]: row["tier"] for row in of_page["rows"]}
        assert tiers == {entry["entry"]: entry["verification"] for entry in board["entries"]}
        return [
            entry["verification"]
            for entry in sorted(board["entries"], key=lambda entry: entry["entry"])
        ]

    assert shown() == ["rescored", "rescored"]
    place = next((submissions / "acme--c").iterdir())
    change_result(place, "efficiency.note", "run on Sunday")
    assert shown() == ["rescored", "self-reported"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON at line 1"),
        ('{"schema_version": 3}', "field schema_version is 3, expected a whole number from 1 to 2"),
        (
            '{"schema_version": 1, "gonerd": "1", "submissions": {"a": {"tier": "gold"}}}',
            'field submissions.a.tier is "gold", expected the form self-reported|rescored',
        ),
    ],
)
def test_a_record_that_is_none_is_refused(
    three: Path, tmp_path: Path, text: str, message: str
) -> None:
    record = tmp_path / "verified.json"
    record.write_text(text)
    built = typed(
        "leaderboard", "build", three / "submissions", "--out", tmp_path / "p", "--verified", record
    )
    assert built.exit_code == 1
    assert message in built.stderr
    assert not (tmp_path / "p").exists()


def test_a_record_needs_a_whole_board(made: Path, tmp_path: Path) -> None:
    done = typed("verify", made, "--record", tmp_path / "verified.json")
    assert done.exit_code == 2
    assert "expected --all SUBMISSIONS_DIR with it" in done.stderr


HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from([10**400, "../../etc", "\ud800", [[]] * 3, {"a": {}}, -0.0, 2**53 + 1]),
)


@given(data=st.data())
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_stands_in_a_result_gets_a_verdict(
    run: Path, made: Path, shelf: GoldShelf, data: st.DataObject
) -> None:
    record = json.loads((made / "result.json").read_text())
    place = data.draw(st.sampled_from(_places(record)))
    value = data.draw(HOSTILE)
    text = json.dumps(changed(record, place, lambda _: value))
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(text) - 1))
        text = text[:at] + data.draw(st.text(max_size=2)) + text[at + 1 :]
    (run / "result.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    found = verify(run, shelf)
    if not found.refused:
        now = json.loads(text)
        for part in ("scores", "coverage", "calibration"):
            before = numbers_in(record[part])
            assert numbers_in(now[part]) == before
            for place in before:
                assert _at(now[part], place) == pytest.approx(_at(record[part], place), abs=1e-9)


@needs(DATA)
def test_none_of_many_forgeries_gets_through(tmp_path: Path) -> None:
    found = fuzz(tmp_path / "fuzz", sampled(5), 80, seed=7)
    assert found["crashed"] == found["false_accepts"] == []
    assert found["verdicts"]["refused"] > 50


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All places inside `value`, its objects and lists themselves too."""
    if not isinstance(value, dict | list):
        return [path]
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    inner = [place for key, each in pairs for place in _places(each, (*path, key))]
    return [*([path] if path else []), *inner]
