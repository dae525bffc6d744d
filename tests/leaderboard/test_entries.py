"""The project's own entries: that they stand in the repository as `leaderboard/entries` makes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gonerd import Document, Entity
from gonerd.evaluation.machine_paths import without_machine_paths
from gonerd.records import write_documents
from gonerd_leaderboard.board import boards_from_entries
from gonerd_leaderboard.card import Card
from gonerd_leaderboard.entry import Entry as Shown
from gonerd_leaderboard.gathering import Plan, gathered
from gonerd_leaderboard.gold import GoldShelf
from gonerd_leaderboard.verification import verdicts
from gonerd_leaderboard.verified import RESCORED, SELF_REPORTED, read_proofs
from leaderboard.entries.making import Making, Recipe, main, read_recipe, submitted
from tests.places import ROOT

SUBMISSIONS = ROOT / "leaderboard/submissions"
VERIFIED = ROOT / "leaderboard/verified.json"
MOST_BYTES = 4 << 20


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return read_recipe()


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[Shown]:
    plan = Plan(tmp_path_factory.mktemp("scripts"), GoldShelf([]), read_proofs(VERIFIED))
    return list(gathered(SUBMISSIONS, plan, processes=1))


def test_the_sample_boards_entries_are_rescored_and_the_others_agree_with_themselves() -> None:
    found = {verdict.place: verdict for verdict in verdicts(SUBMISSIONS, ["sample"], processes=1)}
    assert not [verdict.reason for verdict in found.values() if verdict.refused]
    tiers = {place: verdict.tier for place, verdict in found.items()}
    assert set(tiers.values()) == {RESCORED, SELF_REPORTED}
    assert all(("-sample-test-" in place) == (tier == RESCORED) for place, tier in tiers.items())


def test_the_proofs_are_of_these_very_bytes(shown: list[Shown]) -> None:
    """Building the worldwide corpus takes several seconds: `make leaderboard` scores its board again."""
    assert {entry.tier for entry in shown} == {RESCORED}


def test_each_entry_of_the_recipe_is_submitted_with_its_card_and_command(
    recipe: Recipe, shown: list[Shown]
) -> None:
    planned = {(each.dataset, each.id): each for each in recipe.entries}
    stands = {(each.result.dataset.id, each.result.model.id): each for each in shown}
    assert planned.keys() == stands.keys()
    assert len(shown) == len(stands), "one revision of each"
    for place, each in planned.items():
        assert stands[place].card == each.card
        assert list(stands[place].result.command) == each.evaluation
        assert stands[place].result.model.teacher_id == each.teacher


def test_a_teacher_is_on_the_same_board_or_reads_too_little_for_one(recipe: Recipe) -> None:
    known = {(each.dataset, each.id) for each in recipe.entries}
    taught = [each for each in recipe.entries if each.teacher]
    elsewhere = {each.teacher for each in taught if (each.dataset, each.teacher) not in known}
    assert elsewhere == {"gonerd/full-4x128"}
    assert len([each for each in taught if each.teacher not in elsewhere]) >= 8


def test_times_and_memory_at_512_and_4096_tokens_are_told(shown: list[Shown]) -> None:
    for entry in shown:
        told = json.loads((SUBMISSIONS / entry.id / "result.json").read_text())["efficiency"]
        assert {cell["len"] for cell in told["by_length"] if cell["batch"] == 1} == {512, 4096}


def test_nothing_tells_of_the_machine_that_made_it_and_all_of_it_is_small() -> None:
    files = [path for path in SUBMISSIONS.rglob("*") if path.is_file()]
    for path in files:
        if path.suffix != ".zst":
            text = path.read_text()
            assert not re.search(r"/(tmp|work|root|home|Users)\b", text), path
        if path.name == "result.json":
            for string in strings(json.loads(path.read_text())):
                assert string == without_machine_paths(string), path
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


def test_the_boards_say_what_their_figures_say_and_docs_name_their_entries(
    shown: list[Shown],
) -> None:
    docs = (ROOT / "docs/entries.md").read_text()
    told = dict(re.findall(r"^\| `([^`]+@[^`]+)` \| ([0-9.]+) \|", docs, re.MULTILINE))
    found = {}
    for board in boards_from_entries(shown):
        name = "newsroom" if board.dataset.synthetic else board.dataset.id
        assert board.notice or not board.dataset.synthetic
        for row in board.rows:
            result = row.entry.result
            found[f"{result.model.id}@{name}"] = f"{100 * result.full.total.f1:.1f}"
            said = "say nothing about real text" if board.dataset.synthetic else "not GONERD's"
            assert said in row.entry.card.notes
    assert told == found


def test_a_card_ends_in_the_commands_that_make_its_model(recipe: Recipe) -> None:
    by_name = {f"{each.id}@{each.board}": each for each in recipe.entries}
    student = by_name["gonerd/newsroom-longformer-1x128@newsroom"].card.notes.splitlines()
    starts = [
        "gonerd build",
        "gonerd reproduce",
        "gonerd convert",
        "gonerd finetune",
        "gonerd distill",
    ]
    assert [line[: len(start)] for line, start in zip(student[-5:], starts, strict=True)] == starts
    assert "not in git" in student[-6]
    assert by_name["rules@newsroom"].card.notes.count("\n") == 0


SMALL = """
[inputs]
"texts/told.jsonl" = "told.jsonl"

[steps]
tiny = "gonerd build texts/told.jsonl --out tiny"
other = "gonerd build nothing.jsonl --out other"

[boards.tiny]
dataset = "tiny"
license = "MIT"
exposure = "none"
notes = "Tiny."

[entries."acme/rules@tiny"]
name = "Rules"
model = "rules"
teacher = "acme/people"
training_data = "none"

[entries."acme/broken@tiny"]
name = "Broken"
model = "gonerd:other/model"
training_data = "none"
"""


@pytest.fixture
def small(tmp_path: Path) -> tuple[Recipe, Making, Path]:
    """A recipe of two entries, a working folder for it, and data."""
    (tmp_path / "small.toml").write_text(SMALL)
    data = tmp_path / "data"
    data.mkdir()
    write_documents(
        data / "told.jsonl",
        [
            Document(id=n, text=f"Anna Berg sued {n}.", entities=(Entity(0, 9, "PER"),))
            for n in "abcdefghijklmnop"
        ],
    )
    (tmp_path / "work").mkdir()
    recipe = read_recipe(tmp_path / "small.toml")
    return recipe, Making(recipe, work=tmp_path / "work", data=data), tmp_path


def test_what_an_entry_needs_is_made_once_and_what_is_there_is_kept(
    small: tuple[Recipe, Making, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    recipe, making, folder = small
    rules, broken = recipe.entries
    run = making.evaluated(rules)
    said = capfd.readouterr().err
    assert said.index("gonerd build") < said.index("gonerd eval")
    result = json.loads((run / "result.json").read_text())
    assert (result["model"]["id"], result["model"]["teacher_id"]) == ("acme/rules", "acme/people")
    assert result["command"] == rules.evaluation
    place = submitted(run, rules.card, folder / "submissions")
    before = (place / "model.toml").stat().st_mtime_ns
    assert making.evaluated(rules) == run
    assert submitted(run, rules.card, folder / "submissions") == place
    assert "gonerd" not in capfd.readouterr().err, "nothing ran again"
    assert (place / "model.toml").stat().st_mtime_ns == before
    named = replace(rules, teacher="acme/others")
    again = json.loads((making.evaluated(named) / "result.json").read_text())
    assert again["model"]["teacher_id"] == "acme/others"
    other = Card("Another", license="MIT", training_data="none", exposure="none")
    submitted(run, other, folder / "submissions")
    assert 'name = "Another"' in (place / "model.toml").read_text()
    assert [line for line in broken.card.notes.splitlines() if "gonerd" in line] == [
        "gonerd build nothing.jsonl --out other"
    ]


def test_a_command_that_fails_or_data_that_is_missing_is_told(
    small: tuple[Recipe, Making, Path],
) -> None:
    recipe, making, folder = small
    rules, broken = recipe.entries
    with pytest.raises(Exception, match=r"exit status 1: gonerd build nothing.jsonl --out other"):
        making.evaluated(broken)
    (folder / "data/told.jsonl").unlink()
    with pytest.raises(Exception, match=r"told.jsonl is not there; --data says where"):
        making.evaluated(rules)


def test_the_plan_has_each_command_once_after_those_that_it_needs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--plan"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(set(lines))
    recipe = read_recipe()
    evaluations = [" ".join(each.evaluation) for each in recipe.entries]
    assert [line for line in lines if line.startswith("gonerd eval ")] == evaluations
    made: set[str] = set()
    for line in lines:
        for step in recipe.steps:
            if re.search(rf"[\s:=]{re.escape(step)}(/|\s|$)", line.partition(" --out ")[0]):
                assert step in made, line
        made |= {name for name, command in recipe.steps.items() if command == line}
    assert main(["--plan", "--only", "rules@newsroom"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
