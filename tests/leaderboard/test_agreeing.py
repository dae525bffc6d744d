"""What submissions say of one dataset has to be the same; a badge is for the gold of its proof."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gonerd_leaderboard.page import DATA, build_page
from gonerd_leaderboard.submission import submit
from gonerd_leaderboard.verification import agreeing, verdicts
from gonerd_leaderboard.verified import RESCORED, SELF_REPORTED, read_proofs, write_proofs
from tests.leaderboard.commands import typed
from tests.leaderboard.factory import change_result, make_run


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Two submissions, of which the first by name says another thing of its dataset than is known of it."""
    for name in "ab":
        run = make_run(tmp_path / name, model=f"acme/{name}", n=12)
        if name == "a":
            change_result(run, "dataset.notice", "Everything here is easy.")
        submit(run, tmp_path / "to")
    return tmp_path


def test_who_says_other_things_of_a_dataset_is_refused(made: Path) -> None:
    done = typed("verify", "--all", made / "to", "--dataset", "sample", "--json")
    assert done.exit_code == 1
    first, second = json.loads(done.stdout)["verdicts"]
    assert first["tier"] == SELF_REPORTED
    assert second["tier"] is None
    where, of = second["place"], first["place"]
    said = f"{where}: its dataset has the split hash of {of} but other counts, notes or name"
    assert second["reason"] == said


def test_who_is_proven_is_right_and_not_who_is_first(made: Path) -> None:
    first, second = verdicts(made / "to", ["sample"])
    proven = replace(second, tier=RESCORED)
    found = agreeing([first, proven])
    assert found[0].refused
    assert second.place in found[0].reason
    assert found[1] == proven


def test_no_submission_is_no_success(tmp_path: Path) -> None:
    (tmp_path / "to").mkdir()
    done = typed("verify", "--all", tmp_path / "to", "--require", "rescored")
    assert done.exit_code == 1
    assert f"{tmp_path / 'to'} has no submission" in done.stderr


def test_a_badge_is_for_the_gold_that_its_proof_names(tmp_path: Path) -> None:
    submit(make_run(tmp_path / "a", model="acme/a", n=12), tmp_path / "to")
    gold, record = tmp_path / "invented.jsonl", tmp_path / "verified.json"
    typed("verify", "--all", tmp_path / "to", "--dataset", gold, "--record", record)
    assert tier(tmp_path, gold, record) == RESCORED
    (place, proof), *_ = read_proofs(record).items()
    write_proofs(record, {place: replace(proof, gold_sha256="0" * 64)})
    assert tier(tmp_path, gold, record) == SELF_REPORTED


def tier(folder: Path, gold: Path, record: Path) -> str:
    page = folder / "page"
    build_page(folder / "to", page, datasets=[str(gold)], verified=record, overwrite=True)
    (board,) = json.loads((page / DATA).read_text())["boards"]
    found: str = board["entries"][0]["verification"]
    return found
