"""A page that is built where the gold is at hand: counts by document, tests of pairs, retention, texts."""

import json
import random
import shutil
from itertools import combinations
from pathlib import Path

import pytest

from benchmarks.verification import changed_lines, changed_value, nudged_number, turned_bytes
from gonerd.corpora import read_corpus
from gonerd.errors import GonerdError, SchemaError
from gonerd.evaluation.comparing import compare_files
from gonerd.schema import text_sha256
from gonerd.scoring.counts import exact_match
from gonerd.scoring.permutation import holm
from gonerd_leaderboard import board as board_module
from gonerd_leaderboard.drawer import counts_by_document, drawer_script
from gonerd_leaderboard.entry import unread_place
from gonerd_leaderboard.gold import GoldShelf
from gonerd_leaderboard.page import build_page
from gonerd_leaderboard.script import script_values
from gonerd_leaderboard.submission import submit
from tests.leaderboard.commands import typed
from tests.leaderboard.factory import change_predictions, change_result, make_run, predictions_of
from tests.leaderboard.page_files import boards_of, contents, drawer_of, gold_of, texts_of

TEACHER = "acme/teacher"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of a teacher, two students and a stranger on real texts, of the teacher on invented ones."""
    folder = tmp_path_factory.mktemp("gold")
    runs = {
        "teacher": {"model": TEACHER, "error": 0.1},
        "good": {"model": "acme/good", "error": 0.15, "teacher": f"{TEACHER}@{'0' * 12}"},
        "small": {"model": "acme/small", "error": 0.5, "teacher": TEACHER},
        "lost": {"model": "acme/lost", "error": 0.4, "teacher": f"{TEACHER}@{'1' * 40}"},
        "elsewhere": {"model": TEACHER, "error": 0.2, "dataset": "sample", "host": "a.example"},
    }
    for number, (name, options) in enumerate(runs.items()):
        teacher = options.pop("teacher", None)
        run = make_run(folder / name, n=20, seed=number, **options)
        change_result(run, "model.teacher_id", teacher)
        submit(run, folder / "submissions")
    return folder


@pytest.fixture(scope="module")
def page(made: Path) -> Path:
    datasets = [str(made / f"{name}.jsonl") for name in ("invented", "sample")]
    return build_page(made / "submissions", made / "page", datasets=datasets).path


def rows_of(page: Path, dataset: str = "invented.jsonl") -> dict[str, dict]:
    return {row["model"]: row for row in boards_of(page)[dataset]["rows"]}


def test_counts_by_document_are_exact_matches_and_add_up_to_the_result(
    made: Path, page: Path
) -> None:
    documents = {document.id: document for document in read_corpus(made / "invented.jsonl")}
    for row in rows_of(page).values():
        drawer = drawer_of(page, row["key"])
        lines = predictions_of(made / "submissions" / row["entry"])
        assert [document[0] for document in drawer["documents"]] == list(documents)
        for line, counts in zip(lines, drawer["counts"], strict=True):
            gold = documents[line["doc_id"]]
            spans = {tuple(entity[:3]) for entity in line["entities"]}
            wanted = {(entity.start, entity.end, entity.label) for entity in gold.entities}
            right = len(spans & wanted)
            assert counts == [right, len(spans) - right, len(wanted) - right]
        tp, fp, fn = (sum(column) for column in zip(*drawer["counts"], strict=True))
        assert row["f1"] == pytest.approx(2 * tp / (2 * tp + fp + fn), abs=1e-6)


def test_counts_are_read_back_and_a_file_without_them_is_told(page: Path, tmp_path: Path) -> None:
    for row in rows_of(page).values():
        path = page / "entries" / f"{row['key']}.js"
        assert counts_by_document(path).tolist() == drawer_of(page, row["key"])["counts"]
        other = tmp_path / "other.js"
        for text in ("", 'gonerd.entry("x",{"counts":null});\n', path.read_text()[:-9]):
            other.write_text(text)
            with pytest.raises(SchemaError, match=r"other\.js: is no entry that was counted"):
                counts_by_document(other)


def test_the_tests_are_those_of_gonerd_compare(made: Path, page: Path) -> None:
    board = boards_of(page)["invented.jsonl"]
    names = [row["model"].partition("/")[2] for row in board["rows"]]
    found = board["significance"]
    assert (found["rows"], found["samples"]) == ([0, 1, 2, 3], 10_000)
    assert "paired" in found["test"]
    compared = compare_files(str(made / "invented.jsonl"), [str(made / name) for name in names])
    pairs = {(pair["a"], pair["b"]): pair for pair in compared["pairs"]}
    assert len(pairs) == 6
    for one, other in combinations(range(4), 2):
        pair = pairs[names[one], names[other]]
        assert found["p"][one][other] == found["p"][other][one]
        assert found["p"][one][other] == pytest.approx(pair["p_holm"], abs=1e-6)
        assert found["differences"][one][other] == pytest.approx(pair["difference"], abs=1e-6)
        assert found["differences"][other][one] == -found["differences"][one][other]
    assert [found["p"][place][place] for place in range(4)] == [None] * 4
    plain = [pair["p"] for pair in compared["pairs"]]
    assert holm(plain) == [pair["p_holm"] for pair in compared["pairs"]]
    assert min(plain) < 0.01 < max(plain)


def test_retention_is_that_of_gonerd_compare(made: Path, page: Path) -> None:
    rows = rows_of(page)
    compared = compare_files(
        str(made / "invented.jsonl"),
        [str(made / name) for name in ("teacher", "good", "small")],
        teacher="teacher",
    )
    for student in compared["retention"]["students"]:
        row = rows[f"acme/{student['name']}"]
        share, low, high = row["retention"]
        assert share == pytest.approx(student["retention"], abs=1e-6)
        assert [low, high] == pytest.approx(student["ci"], abs=1e-6)
        assert boards_of(page)["invented.jsonl"]["rows"][row["teacher"]]["model"] == TEACHER
    assert rows["acme/small"]["retention"][2] < 1
    assert rows["acme/lost"]["teacher"] is None  # of another revision
    assert rows["acme/lost"]["retention"] is None
    assert rows["acme/lost"]["teacher_id"] == f"{TEACHER}@{'1' * 40}"
    assert rows[TEACHER]["teacher"] is None


def test_retention_is_a_column_and_stands_in_the_files(page: Path) -> None:
    board = boards_of(page)["invented.jsonl"]
    keys = [column["key"] for column in board["columns"]]
    entries = json.loads((page / "leaderboard.json").read_text())["boards"][0]["entries"]
    for row, entry in zip(board["rows"], entries, strict=True):
        values = dict(zip(keys, row["values"], strict=True))
        told = [values[key] for key in ("retention", "retention_low", "retention_high")]
        assert told == (row["retention"] or [None] * 3)
        assert entry["retention"] == pytest.approx(told[0], abs=1e-6)
    head, *_ = (page / "leaderboard.csv").read_text().splitlines()
    assert {"retention", "retention_low", "retention_high"} <= set(head.split(","))


def test_without_gold_retention_has_no_interval_and_nothing_is_tested(
    made: Path, tmp_path: Path
) -> None:
    page = build_page(made / "submissions", tmp_path / "page").path
    board = boards_of(page)["invented.jsonl"]
    assert (board["gold"], board["texts"], board["significance"]) == (False, False, None)
    share, low, high = rows_of(page)["acme/small"]["retention"]
    assert (low, high) == (None, None)
    rows = rows_of(page)
    assert share == pytest.approx(rows["acme/small"]["f1"] / rows[TEACHER]["f1"], abs=1e-5)
    assert drawer_of(page, rows[TEACHER]["key"])["counts"] is None
    assert not (page / "gold").exists()
    assert not (page / "texts").exists()


def test_a_teacher_is_its_best_row_and_never_the_student_itself(tmp_path: Path) -> None:
    for number, options in enumerate(({"error": 0.3}, {"error": 0.1, "reads": 200})):
        run = make_run(tmp_path / f"run-{number}", model=TEACHER, n=12, **options)
        change_result(run, "model.teacher_id", TEACHER)
        submit(run, tmp_path / "to")
    student = make_run(tmp_path / "student", model="acme/student", error=0.5, n=12)
    change_result(student, "model.teacher_id", TEACHER)
    submit(student, tmp_path / "to")
    (board,) = boards_of(build_page(tmp_path / "to", tmp_path / "page").path).values()
    assert [row["teacher"] for row in board["rows"]] == [None, None, 0]


def test_a_board_s_gold_is_offsets_and_labels(made: Path, page: Path) -> None:
    boards = boards_of(page)
    assert {board["gold"] for board in boards.values()} == {True}
    found = gold_of(page, boards["invented.jsonl"]["id"])
    for shown, document in zip(found, read_corpus(made / "invented.jsonl"), strict=True):
        assert shown == [
            document.id,
            text_sha256(document.text),
            len(document.text),
            [[entity.start, entity.end, entity.label] for entity in document.entities],
            document.meta["source"],
            "",
        ]


def test_only_invented_texts_are_part_of_a_page(made: Path, page: Path) -> None:
    boards = boards_of(page)
    assert boards["sample.jsonl"]["texts"]
    assert not boards["invented.jsonl"]["texts"]
    invented = {text_sha256(d.text): d.text for d in read_corpus(made / "sample.jsonl")}
    assert texts_of(page) == invented
    everything = b"\0".join(contents(page).values())
    for document in read_corpus(made / "invented.jsonl"):
        words = document.text.split()
        for begin in range(0, len(words), 5):
            assert " ".join(words[begin : begin + 5]).encode() not in everything
    some = next(iter(invented.values())).split()
    assert " ".join(some[:5]).encode() in everything


def test_texts_that_may_be_passed_on_are_written_when_that_is_said(
    made: Path, tmp_path: Path
) -> None:
    corpus = made / "invented.jsonl"
    words = ["leaderboard", "build", made / "submissions", "--out", tmp_path / "page"]
    done = typed(*words, "--texts")
    assert done.exit_code == 2
    assert "--texts writes the texts of datasets; expected --dataset" in done.stderr
    done = typed(*words, "--texts", "--dataset", corpus)
    assert done.exit_code == 0, done.stderr
    assert "boards 2, with gold 1" in done.stdout
    assert texts_of(tmp_path / "page") == {text_sha256(d.text): d.text for d in read_corpus(corpus)}
    assert boards_of(tmp_path / "page")["invented.jsonl"]["texts"]


def test_who_calls_texts_invented_does_not_free_them(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", n=12)
    change_result(run, "dataset.synthetic", True)
    submit(run, tmp_path / "to")
    words = ["leaderboard", "build", tmp_path / "to", "--out", tmp_path / "page"]
    done = typed(*words, "--dataset", tmp_path / "invented.jsonl")
    assert done.exit_code == 1
    assert "field dataset.synthetic is True, " in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "page").exists()


def test_one_real_text_among_invented_ones_keeps_all_of_them_back(tmp_path: Path) -> None:
    from gonerd.records import write_documents
    from tests.leaderboard.factory import invented_documents

    corpus = tmp_path / "mixed.jsonl"
    documents = invented_documents(n=3, host="a.example")
    write_documents(corpus, documents)
    assert GoldShelf([str(corpus)]).opened(str(corpus), "all").free
    documents[1] = invented_documents(n=3, seed=1)[1]
    write_documents(corpus, documents, overwrite=True)
    gold = GoldShelf([str(corpus)]).opened(str(corpus), "all")
    assert (gold.synthetic, gold.free) == (True, False)


def test_the_sample_is_always_at_hand(tmp_path: Path) -> None:
    from gonerd.adapters.rules import Rules
    from gonerd.dataset.loading import load
    from gonerd.evaluation import evaluate_model

    run = tmp_path / "run"
    evaluate_model(Rules(), run, dataset="sample", split="test", cost=None)
    submit(run, tmp_path / "to")
    page = build_page(tmp_path / "to", tmp_path / "page").path
    (board,) = boards_of(page).values()
    assert (board["gold"], board["texts"]) == (True, True)
    documents = list(load("sample").documents("test"))
    assert set(texts_of(page).values()) == {document.text for document in documents}
    assert [shown[5] for shown in gold_of(page, board["id"])] == [d.meta["url"] for d in documents]
    (row,) = board["rows"]
    lines = predictions_of(run)
    from gonerd.schema import Entity

    for document, line, counts in zip(
        documents, lines, drawer_of(page, row["key"])["counts"], strict=True
    ):
        total = exact_match(document, [Entity(*entity[:3]) for entity in line["entities"]]).total
        assert counts == [total.tp, total.fp, total.fn]
    assert board["significance"] is None  # of one entry


def test_only_the_first_rows_are_tested(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_module, "MOST_COMPARED", 2)
    datasets = [str(made / "invented.jsonl")]
    page = build_page(made / "submissions", tmp_path / "page", datasets=datasets).path
    found = boards_of(page)["invented.jsonl"]["significance"]
    assert (found["rows"], len(found["p"]), len(found["differences"])) == ([0, 1], 2, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines.insert(1, lines.pop(0)), "document 'doc-1' stands where"),
        (lambda lines: lines[2].update(text_sha256="0" * 64), "its text is another one than"),
        (lambda lines: lines[2].update(consumed_to=10**6), "consumed_to stands at 1,000,000, past"),
    ],
)
def test_predictions_for_other_documents_stop_the_build_where_the_gold_is_at_hand(
    tmp_path: Path, change, message: str
) -> None:
    run = make_run(tmp_path / "run", n=12)
    lines = predictions_of(run)
    change(lines)
    change_predictions(run, lines)
    place = submit(run, tmp_path / "to")
    words = ["leaderboard", "build", tmp_path / "to", "--out", tmp_path / "page"]
    assert typed(*words).exit_code == 0  # no gold, no way to tell
    done = typed(*words, "--force", "--dataset", tmp_path / "invented.jsonl")
    assert done.exit_code == 1
    assert f"{place}/predictions.jsonl.zst:" in done.stderr
    assert message in done.stderr


def test_scores_that_the_predictions_do_not_give_stop_the_build_where_the_gold_is_at_hand(
    tmp_path: Path,
) -> None:
    run = make_run(tmp_path / "run", n=12)
    lines = predictions_of(run)
    old = lines[0]["entities"][0][2]
    other = next(entity for entity in lines[0]["entities"] if entity[2] != old)
    lines[0]["entities"][0][2], other[2] = other[2], old  # as many of each type as before
    change_predictions(run, lines)
    submit(run, tmp_path / "to")
    words = ["leaderboard", "build", tmp_path / "to", "--out", tmp_path / "page"]
    assert typed(*words).exit_code == 0
    before = contents(tmp_path / "page")
    done = typed(*words, "--force", "--dataset", tmp_path / "invented.jsonl")
    assert done.exit_code == 1
    assert "result.json: field scores.full.tp is" in done.stderr
    assert contents(tmp_path / "page") == before


def test_a_dataset_that_is_missing_is_one_sentence(made: Path, tmp_path: Path) -> None:
    words = ["leaderboard", "build", made / "submissions", "--out", tmp_path / "page"]
    done = typed(*words, "--dataset", tmp_path / "nowhere.jsonl")
    assert done.exit_code != 0
    assert "nowhere.jsonl" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "page").exists()


def test_a_broken_submission_is_an_error_of_the_user_and_a_counted_one_adds_up(
    tmp_path: Path,
) -> None:
    true = submit(make_run(tmp_path / "run", n=12), tmp_path / "to")
    shelf = GoldShelf([str(tmp_path / "invented.jsonl")])
    stated = json.loads((true / "result.json").read_text())["scores"]["full"]
    expected = [stated["tp"], stated["fp"], stated["fn"]]
    chance = random.Random(3)
    accepted, said = 0, []
    for number in range(150):
        place = tmp_path / str(number) / true.parent.name / true.name
        shutil.copytree(true, place)
        chance.choice((changed_value, nudged_number, turned_bytes, changed_lines))(place, chance)
        try:
            checked = unread_place(place)
            gold = shelf.of(checked.run.result.dataset)
            text = drawer_script("0" * 20, checked, gold, where=place)
        except GonerdError as problem:
            said.append(str(problem))
            continue
        accepted += 1
        _, drawer = script_values(text, "entry", "here")
        if gold is not None:
            found = [sum(column) for column in zip(*drawer["counts"], strict=True)]
            full = checked.run.result.full.total
            assert found == [full.tp, full.fp, full.fn] == expected
    assert 5 < accepted < 145
    assert not [sentence for sentence in said if "\n" in sentence]
