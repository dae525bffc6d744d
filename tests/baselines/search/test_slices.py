from __future__ import annotations

from pathlib import Path

import pytest

from gonerd.errors import CheckError, InputError
from gonerd_baselines.search.ledger import Ledger
from gonerd_baselines.search.record import schedule_of, winner_of
from gonerd_baselines.search.slices import begun_slice, slice_folder


def begins(*members: tuple[int, float]) -> list[dict[str, object]]:
    return [{"source": source, "hyperparameters": {"clip": clip}} for source, clip in members]


def result(number: int, member: int, accuracy: float, best: float) -> dict[str, object]:
    return {
        "slice": number,
        "member": member,
        "step": 10 * (number + 1),
        "metrics": {"accuracy": accuracy},
        "best": {"step": 10, "metrics": {"accuracy": best}},
        "seconds": 1.0,
        "problem": None,
    }


def written(path: Path, said: list[str]) -> Ledger:
    """Member 0 copies 1 at the first turn, and 1 copies 0 at the second."""
    ledger = Ledger(path, note=said.append)
    ledger.open_slice(begins((0, 1.0), (1, 2.0)))
    for member, accuracy in enumerate((0.2, 0.9)):
        ledger.close_slice(result(0, member, accuracy, accuracy), metric="accuracy")
    exploit = {"member": 0, "source": 1, "before": {"clip": 1.0}, "after": {"clip": 1.6}}
    ledger.open_slice(begins((1, 1.6), (1, 2.0)), [exploit])
    for member, accuracy in enumerate((0.8, 0.5)):
        ledger.close_slice(result(1, member, accuracy, 0.9), metric="accuracy")
    ledger.open_slice(begins((0, 1.6), (0, 1.28)))
    for member, accuracy in enumerate((0.6, 0.7)):
        ledger.close_slice(result(2, member, accuracy, 0.9), metric="accuracy")
    return ledger


def test_the_book_says_the_same_when_it_is_read_again(tmp_path: Path) -> None:
    said: list[str] = []
    path = tmp_path / "population.jsonl"
    ledger = written(path, said)
    again = Ledger(path, note=said.append)
    assert again.slices == ledger.slices
    assert again.results == ledger.results
    assert said[0] == "slice 1, member 0, step 10: accuracy 0.2000"
    assert "member 0 copies member 1: clip 1 to 1.6" in said
    lines = len(path.read_text().splitlines())
    again.close_slice(result(2, 1, 0.1, 0.1), metric="accuracy")  # told again after a kill
    assert again.results[2, 1]["metrics"] == {"accuracy": 0.7}
    assert len(path.read_text().splitlines()) == lines


def test_a_line_that_a_kill_has_cut_off_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "population.jsonl"
    whole = written(path, [])
    text = path.read_text()
    path.write_text(text[:-30])
    cut = Ledger(path)
    assert set(cut.results) == set(whole.results) - {(2, 1)}
    cut.close_slice(result(2, 1, 0.7, 0.9), metric="accuracy")
    assert path.read_text() == text
    path.write_text('{"slice"\n' + text)
    with pytest.raises(InputError, match=r"population.jsonl:1 is no line of a search; --force"):
        Ledger(path)


def test_a_schedule_follows_the_state_through_the_members_that_trained_it(tmp_path: Path) -> None:
    ledger = written(tmp_path / "population.jsonl", [])
    assert ledger.lineage(1, 2) == [1, 0, 1]
    found = schedule_of(ledger, 1)
    assert [(each["member"], each["hyperparameters"]["clip"]) for each in found] == [
        (1, 2.0),
        (0, 1.6),
        (1, 1.28),
    ]
    assert [(each["from_step"], each["to_step"]) for each in found] == [(0, 10), (10, 20), (20, 30)]


def test_of_equally_good_members_the_one_that_ends_better_wins(tmp_path: Path) -> None:
    ledger = written(tmp_path / "population.jsonl", [])
    assert winner_of(ledger, metric="accuracy") == 1
    ledger.open_slice(begins((0, 1.6), (1, 1.28)))
    ledger.close_slice(result(3, 0, 0.6, 0.9), metric="accuracy")
    failed = {**result(3, 1, 0.0, 0.9), "metrics": None, "problem": "no number"}
    ledger.close_slice(failed, metric="accuracy")
    assert winner_of(ledger, metric="accuracy") == 0
    ledger.open_slice(begins((0, 1.6), (1, 1.28)))
    for member in (0, 1):
        ledger.close_slice(
            {**failed, "slice": 4, "member": member, "best": None}, metric="accuracy"
        )
    with pytest.raises(CheckError, match="no member of the population has a finite loss"):
        winner_of(ledger, metric="accuracy")


def test_a_slice_begins_with_its_sources_files_and_never_changes_them(tmp_path: Path) -> None:
    for member in (0, 1):
        first = begun_slice(tmp_path, member=member, number=0, source=member)
        assert first == slice_folder(tmp_path, member, 0)
        for name in ("state.pt", "log.jsonl"):
            (first / name).write_text(f"{member}")
    (begun_slice(tmp_path, member=1, number=0, source=1) / "best.pt").write_text("best of 1")
    left = slice_folder(tmp_path, 0, 1).with_name("0001.partial")  # of one that was killed
    left.mkdir()
    (left / "state.pt").write_text("half")
    second = begun_slice(tmp_path, member=0, number=1, source=1)
    assert {path.name: path.read_text() for path in second.iterdir()} == {
        "state.pt": "1",
        "log.jsonl": "1",
        "best.pt": "best of 1",
    }
    assert not left.exists()
    (second / "new").write_text("new")
    (second / "new").replace(second / "state.pt")  # as a training writes its state
    assert (slice_folder(tmp_path, 1, 0) / "state.pt").read_text() == "1"
    assert begun_slice(tmp_path, member=0, number=1, source=1) == second
    assert (second / "state.pt").read_text() == "new"
    begun_slice(tmp_path, member=0, number=2, source=0)
    assert sorted(path.name for path in second.parent.iterdir()) == ["0001", "0002"]
    assert slice_folder(tmp_path, 1, 0).is_dir()
