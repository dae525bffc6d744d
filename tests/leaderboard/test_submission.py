"""Submitting: what is copied where, and what is refused with which words."""

import json
import os
from pathlib import Path

import pytest

from gonerd.errors import CheckError, GonerdError, InputError, OutputError, SchemaError
from gonerd_leaderboard.card import Card
from gonerd_leaderboard.entry import CheckedPlace, checked_place, places_below
from gonerd_leaderboard.submission import read_run, submit
from tests.leaderboard.factory import change_predictions, change_result, make_run, predictions_of

NOTHING = {"tp": 0, "fp": 0, "fn": 0, "precision": 0.0, "recall": 0.0, "f1": 0.0}
CAT = NOTHING | {"ci": [0.0, 0.0]}
TIMING = {
    "len": 512, "batch": 1, "n": 20, "p50_ms": 20.0, "p95_ms": 25.0, "tok_s": 25_600.0, "peak_rss_mib": 512.0,
    "peak_allocated_mib": None, "peak_reserved_mib": None, "oom": False,
}  # fmt: skip


def found_in(folder: Path) -> list[CheckedPlace]:
    return [checked_place(place) for place in places_below(folder)]


def test_a_submitted_run_is_read_back_as_one_entry(run, tmp_path):
    place = submit(run, tmp_path / "to", card=Card("My tagger", "MIT"))
    (entry,) = found_in(tmp_path / "to")
    assert place == tmp_path / "to" / entry.id
    assert sorted(path.name for path in place.iterdir()) == [
        "model.toml",
        "predictions.jsonl.zst",
        "result.json",
    ]
    assert (place / "result.json").read_bytes() == (run / "result.json").read_bytes()
    assert (entry.card.name, entry.card.license) == ("My tagger", "MIT")
    assert entry.run.result.full.total.gold == entry.run.result.dataset.gold_total == 480
    assert entry.id.startswith("acme--tagger/" + "0" * 40 + "-native-")


def test_the_card_takes_name_and_licence_from_the_run_where_none_is_given(run, tmp_path):
    submit(run, tmp_path / "to")
    (entry,) = found_in(tmp_path / "to")
    assert (entry.card.name, entry.card.license) == ("acme/tagger", "Apache-2.0")


def test_the_same_entry_twice_is_refused_without_force(run, tmp_path):
    submit(run, tmp_path / "to")
    with pytest.raises(OutputError, match="exists already"):
        submit(run, tmp_path / "to", card=Card("Again"))
    submit(run, tmp_path / "to", card=Card("Again"), overwrite=True)
    (entry,) = found_in(tmp_path / "to")
    assert entry.card.name == "Again"


def test_one_model_stands_on_two_datasets_and_under_two_policies(tmp_path):
    for number, options in enumerate(({}, {"dataset": "other"}, {"reads": 100})):
        submit(make_run(tmp_path / f"run-{number}", **options), tmp_path / "to")
    assert len(found_in(tmp_path / "to")) == 3
    assert len(list((tmp_path / "to").iterdir())) == 1


def test_a_refused_run_leaves_nothing_behind(run, tmp_path):
    change_result(run, "scores.full.tp", 10**6)
    with pytest.raises(GonerdError):
        submit(run, tmp_path / "to")
    assert not (tmp_path / "to").exists()


@pytest.mark.parametrize(
    ("path", "value", "kind", "words"),
    [
        ("schema_version", 1, SchemaError, "schema_version is 1, expected 2"),
        ("schema_version", True, SchemaError, "schema_version is true"),
        ("provenance", "rerun", SchemaError, 'provenance is "rerun", expected "self_reported"'),
        ("surprise", 1, SchemaError, "field surprise is unknown"),
        ("scores.full.ci.extra", 1, SchemaError, "field scores.full.ci.extra is unknown"),
        ("created", ..., SchemaError, "field created is missing"),
        ("created", "2026-11-20T10:00:00", SchemaError, "expected a time with its zone"),
        ("model.revision", "main", SchemaError, "expected 40 hex digits: a revision that"),
        ("model.params", "12M", SchemaError, 'model.params is "12M", expected a whole number'),
        ("model.params", -1, SchemaError, "expected a whole number from 0"),
        ("model.id", "", SchemaError, "model.id is .*expected a string that is not empty"),
        ("model.id", "x" * 201, SchemaError, "at most 200 characters, not 201"),
        ("model.id", "a\x00b", SchemaError, "no control characters"),
        ("model.id", "\ud800", SchemaError, "no half surrogates"),
        ("scores.full.f1", 1.5, SchemaError, "scores.full.f1 is 1.5, expected a number from 0 to"),
        ("scores.full.f1", True, SchemaError, "scores.full.f1 is true"),
        ("scores.full.ci.f1", [0.9, 0.8], SchemaError, "with low <= high"),
        ("scores.full.ci.f1", [0.9], SchemaError, r"expected a pair \[low, high\]"),
        ("scores.full.by_type.CAT", CAT, SchemaError, 'by_type is "CAT", expected the labels'),
        ("scores", [], SchemaError, "scores is a list of 0, expected an object"),
        ("policy.mode", "oracle", SchemaError, 'policy.mode is "oracle"'),
        ("artifacts", [], SchemaError, "an entry for predictions.jsonl.zst"),
        ("artifacts", [{"path": "../x", "sha256": "0" * 64, "bytes": 1}], SchemaError, "artifacts"),
        ("dataset.gold_total", 481, CheckError, "dataset.gold_total is 481: all gold must be coun"),
        ("dataset.n_docs", 41, CheckError, "holds 40 documents, dataset.n_docs says 41"),
        ("dataset.gold_by_type.PER", 1, CheckError, "dataset.gold_by_type"),
        ("scores.full.precision", 0.999, CheckError, "scores.full.precision is 0.999, its counts"),
        ("scores.full.by_type.PER.f1", 1.0, CheckError, "scores.full.by_type.PER.f1 is 1.0"),
        ("scores.full.by_source", {}, None, ""),
        ("scores.common_window_4096.f1", 0.0, CheckError, "scores.common_window_4096.f1"),
        ("coverage.gold_lost", 3, CheckError, r"coverage.gold_reachable \+ gold_lost"),
        ("coverage.docs_truncated", 41, CheckError, "coverage.docs_truncated is more than"),
        (
            "coverage.failed_docs",
            ["doc-1"],
            CheckError,
            "failed_docs names 1 documents, coverage.n_f",
        ),
        ("coverage.n_repairs", 7, CheckError, "tells of 0 repairs, coverage.n_repairs says 7"),
        ("coverage.dropped", {"DATE": 3}, CheckError, "0 dropped 'DATE', coverage.dropped says 3"),
        (
            "policy.perturbation",
            {"kind": "typos", "rate": 0.1, "seed": 0},
            SchemaError,
            "as they are",
        ),
        ("scores.full.by_position", {"1-3": NOTHING}, SchemaError, "expected the buckets 0-511, 5"),
        (
            "scores.full.by_length",
            {"0-511": NOTHING},
            CheckError,
            "tp of scores.full.by_length sums t",
        ),
        (
            "scores.full.errors.missed",
            0,
            CheckError,
            "errors has exact . boundary . type . both . mis",
        ),
        (
            "scores.full.errors.spurious",
            10**6,
            CheckError,
            r"both \+ spurious = .*, scores.full has tp \+ fp",
        ),
        ("scores.full.partial.f1", 0.01, CheckError, "scores.full.partial.f1 is 0.01, its counts"),
        (
            "scores.full.unknown_labels",
            {"LOC": 3},
            CheckError,
            "unknown_labels.LOC is 3, which sco",
        ),
        ("scores.paper_compat.support", 10**6, CheckError, "paper_compat.support is 1000000, da"),
        ("scores.paper_compat.f1", 0.01, CheckError, "scores.paper_compat.f1 is 0.01, its counts"),
        ("scores.full.tokens.f1", 1.0, CheckError, "scores.full.tokens.f1 is 1.0, its counts give"),
        ("scores.full.by_type.PER.ci", [0.9, 0.8], SchemaError, "by_type.PER.ci is .*low <= high"),
        (
            "scores.full.ci.recall",
            [0.9, 0.8],
            SchemaError,
            "ci.recall is a list of 2, expected a pair",
        ),
        (
            "calibration",
            {"n": 9, "ece": 0.0, "bins": []},
            CheckError,
            "sums to 0, calibration.n is 9",
        ),
        (
            "calibration",
            {"n": 0, "ece": 0.5, "bins": []},
            CheckError,
            "ece is 0.5, its bins give 0.0",
        ),
        (
            "efficiency.by_length",
            [TIMING | {"p50_ms": 30.0}],
            CheckError,
            r"p50_ms is 30.0, more than",
        ),
        (
            "efficiency.by_length",
            [TIMING | {"oom": True}],
            CheckError,
            r"0 has times, and memory ran",
        ),
        (
            "efficiency.by_length",
            [TIMING | {"tok_s": None}],
            SchemaError,
            "tok_s is null, expected a",
        ),
        ("efficiency.by_length", [TIMING], None, ""),
    ],
)
def test_a_result_with_one_wrong_field_is_refused_by_name(run, tmp_path, path, value, kind, words):
    change_result(run, path, value)
    if kind is None:
        assert read_run(run).result
        return
    with pytest.raises(kind, match=words) as caught:
        submit(run, tmp_path / "to")
    assert str(caught.value).startswith(str(run))
    assert "\n" not in str(caught.value)


def test_every_flipped_count_is_found(run):
    record = json.loads((run / "result.json").read_text())
    places = ["scores.full", "scores.common_window_4096"]
    places += [f"{place}.by_type.{label}" for place in places for label in ("PER", "ORG", "LOC")]
    places += [f"{place}.by_source.news" for place in places[:2]]
    for place in places:
        for field in ("tp", "fp", "fn"):
            inner = record
            for key in place.split("."):
                inner = inner[key]
            change_result(run, f"{place}.{field}", inner[field] + 1)
            with pytest.raises(CheckError):
                read_run(run)
            change_result(run, f"{place}.{field}", inner[field])
    assert read_run(run)


@pytest.mark.parametrize("size", [0, 10, -1])
def test_predictions_that_are_cut_off_or_changed_are_refused(run, size):
    file = run / "predictions.jsonl.zst"
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(CheckError, match=r"artifacts in result\.json say"):
        read_run(run)


def test_one_flipped_byte_is_refused(run):
    file = run / "predictions.jsonl.zst"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(CheckError, match="SHA-256"):
        read_run(run)


def _doubled(lines):
    return [*lines[:-1], lines[0]]


def _without_one(lines):
    return lines[:-1]


def _entity(entity):
    def change(lines):
        lines[3]["entities"][0] = entity
        return lines

    return change


def _field(key, value):
    def change(lines):
        lines[3] = {**lines[3], key: value}
        return lines

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_doubled, ":40: document 'doc-0' stands in the file twice"),
        (_without_one, "holds 39 documents, dataset.n_docs says 40"),
        (_entity([5, 5, "PER"]), r"entities\[0\]: start and end"),
        (_entity([-1, 5, "PER"]), r"entities\[0\]: start and end"),
        (_entity([0.0, 5, "PER"]), r"entities\[0\]: start and end"),
        (_entity([0, 2, "DATE"]), "the label is unknown; expected one of PER, ORG, LOC, MISC"),
        (_entity([0, 2, ["PER"]]), "the label is unknown"),
        (_entity([0, 2]), "is not .start, end, label"),
        (_entity([0, 2, "PER", "high"]), "score is"),
        (_entity([10**6, 10**6 + 1, "PER"]), "past the .* characters that the model read"),
        (_entity([0, 200, "PER"]), "overlaps another"),
        (_field("entities", []), "holds .* entities, scores.full counts"),
        (_field("entities", None), "field entities is no list"),
        (_field("doc_id", 7), ":4: field doc_id is 7"),
        (_entity([0, 2, "PER", 1.5]), "score is 1.5, expected a number from 0 to 1"),
        (_field("dropped", {"DATE": 0}), "field dropped.DATE is 0, expected a whole number from 1"),
        (_field("dropped", {"DATE": 2}), "tells of 2 dropped 'DATE', coverage.dropped says 0"),
        (_field("dropped", ["DATE"]), "dropped is a list of 1, expected an object"),
        (_field("repairs", -1), "repairs is -1, expected a whole number from 0"),
        (_field("repairs", 1), "tells of 1 repairs, coverage.n_repairs says 0"),
        (_field("error", "ran out of memory"), "has an error and entities, expected one of them"),
        (_field("text_sha256", "0"), ":4: field text_sha256"),
        (_field("consumed_to", True), ":4: field consumed_to is true"),
        (_field("code", "import os"), ":4: field code is unknown"),
    ],
)
def test_predictions_with_one_fault_are_refused_by_line(run, change, words):
    change_predictions(run, change(predictions_of(run)))
    with pytest.raises(GonerdError, match=words):
        read_run(run)


def test_a_zip_bomb_is_refused_before_it_fills_the_memory(run, monkeypatch):
    monkeypatch.setattr("gonerd_leaderboard.predictions.MOST_UNPACKED", 1 << 20)
    change_predictions(run, ["x" * (8 << 20)])
    assert (run / "predictions.jsonl.zst").stat().st_size < 10_000
    with pytest.raises(InputError, match="unpacks to more than 1,048,576 bytes"):
        read_run(run)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON at line 1"),
        ("[]", "the file is a list of 0, expected an object"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ('{"a": ' + "9" * 5000 + "}", "thousands of digits"),
        ("[" * 100_000, "nested too deep"),
        (b"\xff", "byte 0xff at position 0 is not UTF-8"),
        (b" " * (5 << 20), "is larger than 4,194,304 bytes"),
    ],
)
def test_a_result_that_is_no_json_object_is_refused(run, text, words):
    (run / "result.json").write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(GonerdError, match=words):
        read_run(run)


@pytest.mark.parametrize("name", ["result.json", "predictions.jsonl.zst"])
def test_a_missing_file_a_link_and_a_pipe_are_refused(run, tmp_path, name):
    (run / name).rename(tmp_path / name)
    with pytest.raises(InputError, match=f"{name} does not exist"):
        read_run(run)
    (run / name).symlink_to(tmp_path / name)
    with pytest.raises(InputError, match="is a link or a device"):
        read_run(run)
    (run / name).unlink()
    os.mkfifo(run / name)
    with pytest.raises(InputError, match="is not a plain file"):
        read_run(run)


def test_a_run_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="is no folder; expected a run written by gonerd eval"):
        submit(tmp_path / "nowhere", tmp_path / "to")


def test_a_model_folder_that_is_a_link_is_not_followed(run, tmp_path):
    (tmp_path / "to").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "to" / "acme--tagger").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is a link"):
        submit(run, tmp_path / "to")
    with pytest.raises(InputError, match="is a link"):
        found_in(tmp_path / "to")
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize(
    ("name", "words"),
    [("x" * 201, "at most 200"), ("a\x07b", "no control"), ("  ", "is not empty")],
)
def test_a_name_that_no_table_can_show_is_refused(run, tmp_path, name, words):
    with pytest.raises(SchemaError, match=f"the model card: field name .*{words}"):
        submit(run, tmp_path / "to", card=Card(name))
    assert not (tmp_path / "to").exists()


def test_what_does_not_belong_in_a_submission_is_refused(run, tmp_path):
    place = submit(run, tmp_path / "to")
    (place / "setup.py").write_text("raise SystemExit")
    with pytest.raises(InputError, match=r"setup\.py does not belong to a submission"):
        found_in(tmp_path / "to")
    (place / "setup.py").unlink()
    (place.parent / "note.txt").write_text("")
    with pytest.raises(InputError, match="is a file where a folder was expected"):
        found_in(tmp_path / "to")


def test_a_submission_in_another_models_folder_is_refused(run, tmp_path):
    place = submit(run, tmp_path / "to")
    place.parent.rename(tmp_path / "to" / "better--tagger")
    with pytest.raises(CheckError, match="belongs in acme--tagger/"):
        found_in(tmp_path / "to")


def test_an_unfinished_copy_is_passed_over(run, tmp_path):
    place = submit(run, tmp_path / "to")
    Path(f"{place}.123.partial").mkdir()
    assert len(found_in(tmp_path / "to")) == 1


def test_a_line_may_tell_of_what_was_left_out_repaired_or_failed(run):
    lines = predictions_of(run)
    lines[0] |= {"dropped": {"DATE": 2, "MONEY": 1}, "repairs": 3}
    lines[1] |= {"dropped": {"DATE": 1}}
    change_predictions(run, lines)
    change_result(run, "coverage.dropped", {"DATE": 3, "MONEY": 1})
    change_result(run, "coverage.n_repairs", 3)
    assert read_run(run).result.coverage.dropped == {"DATE": 3, "MONEY": 1}


def test_a_document_without_an_answer_is_named_in_both_files(tmp_path):
    run = make_run(tmp_path / "run", error=2.0)  # finds nothing
    lines = predictions_of(run)
    lines[7] |= {"error": "ran out of memory"}
    change_predictions(run, lines)
    with pytest.raises(CheckError, match="'doc-7' has failed either here or in"):
        read_run(run)
    change_result(run, "coverage.failed_docs", ["doc-7"])
    change_result(run, "coverage.n_failed_docs", 1)
    assert read_run(run).result.coverage.failed_docs == ("doc-7",)
