"""A page that is built again: what has not changed is taken over, everything else is checked anew."""

import os
from pathlib import Path

import pytest

from gonerd.errors import GonerdError
from gonerd_leaderboard import drawer, gathering
from gonerd_leaderboard.page import build_page
from gonerd_leaderboard.submission import submit
from gonerd_leaderboard.verified import Proof, write_proofs
from tests.leaderboard.commands import typed
from tests.leaderboard.factory import change_result, make_run
from tests.leaderboard.page_files import boards_of, contents, drawer_of


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Three submissions, and their page."""
    for name in "abc":
        submit(make_run(tmp_path / name, model=f"acme/{name}", n=12), tmp_path / "to")
    build(tmp_path)
    return tmp_path


def build(folder: Path, **options) -> Path:
    page = folder / "page"
    return build_page(folder / "to", page, overwrite=page.exists(), **options).path


def files_of(page: Path) -> dict[str, int]:
    """The file behind each entry's script, by model: one that was taken over is the same."""
    (board,) = boards_of(page).values()
    return {
        row["model"]: (page / "entries" / f"{row['key']}.js").stat().st_ino for row in board["rows"]
    }


def corpus_of(folder: Path) -> list[str]:
    return [str(folder / "invented.jsonl")]


def test_the_same_submissions_are_taken_over_and_give_the_same_page(made: Path) -> None:
    before, files = contents(made / "page"), files_of(made / "page")
    build(made)
    assert files_of(made / "page") == files
    assert contents(made / "page") == before


def test_predictions_of_what_is_taken_over_are_not_read_again(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    true = drawer.check_predictions

    def watched(data, result, where, **rest):
        read.append(result.model.id)
        return true(data, result, where, **rest)

    monkeypatch.setattr(drawer, "check_predictions", watched)
    submit(make_run(made / "d", model="acme/d", n=12), made / "to")
    build(made)
    assert read == ["acme/d"]


def test_only_a_new_submission_is_new(made: Path) -> None:
    files = files_of(made / "page")
    submit(make_run(made / "d", model="acme/d", n=12), made / "to")
    build(made)
    after = files_of(made / "page")
    assert after.keys() == files.keys() | {"acme/d"}
    assert {model: after[model] for model in files} == files


@pytest.mark.parametrize("what", ["result", "card", "tier"])
def test_what_has_changed_is_made_again(made: Path, what: str) -> None:
    files = files_of(made / "page")
    place = next((made / "to" / "acme--b").iterdir())
    options = {}
    if what == "result":
        change_result(place, "efficiency.note", "run on Sunday")
    elif what == "card":
        (place / "model.toml").write_text('name = "Renamed"\nnotes = "run on Sunday"')
    else:
        from gonerd_leaderboard.entry import unread_place

        digests = unread_place(place).run.digests
        name = place.relative_to(made / "to").as_posix()
        write_proofs(made / "verified.json", {name: Proof("rescored", *digests)})
        options["verified"] = made / "verified.json"
    build(made, **options)
    after = files_of(made / "page")
    assert {model for model in files if after[model] != files[model]} == {"acme/b"}
    (board,) = boards_of(made / "page").values()
    row = next(row for row in board["rows"] if row["model"] == "acme/b")
    if what == "tier":
        assert row["tier"] == "rescored"
    else:
        assert "run on Sunday" in drawer_of(made / "page", row["key"])["details"]


def test_gold_that_comes_to_hand_or_goes_makes_all_again(made: Path) -> None:
    def counted() -> list[bool]:
        (board,) = boards_of(made / "page").values()
        return [drawer_of(made / "page", row["key"])["counts"] is not None for row in board["rows"]]

    assert counted() == [False] * 3
    build(made, datasets=corpus_of(made))
    assert counted() == [True] * 3
    files = files_of(made / "page")
    build(made, datasets=corpus_of(made))
    assert files_of(made / "page") == files
    build(made)
    assert counted() == [False] * 3


def test_another_version_or_another_template_makes_all_again(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = files_of(made / "page")
    monkeypatch.setattr(drawer, "gonerd_version", lambda: "99.0")
    build(made)
    newer = files_of(made / "page")
    assert not set(newer.values()) & set(files.values())
    monkeypatch.setattr(drawer, "details_source", lambda: "another")
    build(made)
    assert not set(files_of(made / "page").values()) & set(newer.values())


def test_a_change_that_breaks_a_known_submission_is_found(made: Path) -> None:
    before = contents(made / "page")
    place = next((made / "to" / "acme--b").iterdir())
    predictions = place / "predictions.jsonl.zst"
    true = predictions.read_bytes()
    for change, message in (
        (lambda: predictions.write_bytes(true + b" "), "artifacts in result.json say"),
        (lambda: (place / "model.toml").write_text("name = "), "not TOML"),
        (lambda: (place / "run.py").write_text(""), "does not belong to a submission"),
    ):
        change()
        with pytest.raises(GonerdError, match=message):
            build(made)
        assert contents(made / "page") == before
        predictions.write_bytes(true)
        (place / "model.toml").write_text('name = "b"')


def test_an_interrupted_build_leaves_the_old_page(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(made / "page")
    submit(make_run(made / "d", model="acme/d", n=12), made / "to")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("gonerd_leaderboard.page.plain_html", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build(made)
    assert contents(made / "page") == before
    assert [path.name for path in made.glob("page*")] == ["page"]


def test_without_hard_links_files_are_copied(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(made / "page")

    def refused(*_):
        raise PermissionError

    monkeypatch.setattr(os, "link", refused)
    build(made)
    assert contents(made / "page") == before


def test_processes_share_the_work_and_give_the_same_page(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(made, datasets=corpus_of(made), processes=1)
    alone = contents(made / "page")
    monkeypatch.setattr(gathering, "AT_ONCE", 1)
    together = build_page(made / "to", made / "other", datasets=corpus_of(made), processes=2).path
    assert contents(together) == alone
    place = next((made / "to" / "acme--c").iterdir())
    (place / "model.toml").write_text("name = ")
    with pytest.raises(GonerdError, match=r"acme--c/.*model\.toml: not TOML"):
        build(made, processes=2)


def test_force_is_needed_before_any_work(made: Path) -> None:
    (next((made / "to" / "acme--a").iterdir()) / "model.toml").write_text("broken")
    done = typed("leaderboard", "build", made / "to", "--out", made / "page")
    assert done.exit_code == 1
    assert "exists already" in done.stderr
