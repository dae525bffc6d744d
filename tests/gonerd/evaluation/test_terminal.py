"""What a person reads on a terminal: 80 columns, every number of the result in its place, nothing forged."""

from typing import Any

import pytest

from gonerd.evaluation.caveats import caveats_of
from gonerd.evaluation.terminal import summary_of
from tests.gonerd.evaluation.results import put, result_of_rules

COUNTS = {"tp": 1, "fp": 1, "fn": 1, "precision": 0.5, "recall": 0.5, "f1": 0.5}
TIMING = {
    "len": 512, "batch": 1, "n": 20, "p50_ms": 21.5, "p95_ms": 25.0, "tok_s": 23_814.0, "peak_rss_mib": 512,
    "peak_allocated_mib": None, "peak_reserved_mib": None, "oom": False,
}  # fmt: skip


def rows_of(text: str) -> dict[str, list[str]]:
    return {words[0]: words for line in text.splitlines() if (words := line.split())}


def test_the_summary_has_scores_with_intervals_and_fits_80_columns() -> None:
    result = result_of_rules()
    text = summary_of(result)
    assert max(map(len, text.splitlines())) <= 80
    full = result["scores"]["full"]
    for name, counts, interval in (
        ("all", full, full["ci"]["f1"]),
        *((label, counts, counts["ci"]) for label, counts in full["by_type"].items()),
    ):
        low, high = (f"{100 * end:.1f}" for end in interval)
        gold = f"{counts['tp'] + counts['fn']:,}"
        numbers = [f"{100 * counts[key]:.1f}" for key in ("precision", "recall", "f1")]
        assert rows_of(text)[name][1:8] == [*numbers, low, "to", high, gold][:7]
    assert rows_of(text)["news"][3] == f"{100 * full['by_source']['news']['f1']:.1f}"
    assert "95% interval" in text
    classes = " ".join(text.split())
    assert f"{full['errors']['missed']:,} missed of 799 gold" in classes
    assert "100.0% of the gold within reach, 0 documents cut" in text
    assert "What the numbers don't say" in text


def test_f1_stands_in_its_place_between_0_and_100() -> None:
    result = result_of_rules()
    for f1, place in ((0.0, 0), (0.5, 11), (1.0, 22)):
        put(result, "scores.full.f1", f1)
        put(result, "scores.full.ci.f1", [f1, f1])
        head, row = _table(result)
        begin = head.index("0", head.index("gold"))
        assert row.index("●") - begin == place


def _table(result: dict[str, Any]) -> tuple[str, str]:
    lines = summary_of(result).splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("per cent"))
    return lines[at], lines[at + 1]


def test_cost_calibration_and_buckets_are_shown_where_they_are_stated() -> None:
    result = result_of_rules()
    assert "calibration" not in summary_of(result)
    no_times = {"p50_ms": None, "p95_ms": None, "tok_s": None, "oom": True}
    put(result, "efficiency.by_length", [TIMING, TIMING | {"len": 4096} | no_times])
    put(result, "calibration", {"n": 300, "ece": 0.125, "bins": []})
    put(result, "scores.full.by_seen", {"seen": COUNTS, "unseen": COUNTS | {"f1": 0.25}})
    put(result, "coverage.dropped", {"DATE": 12, "MONEY": 3})
    put(result, "coverage.failed_docs", ["doc-7"])
    text = summary_of(result)
    assert "21.5" in rows_of(text)["512"]
    assert rows_of(text)["4,096"][2:] == ["out", "of", "memory"]
    assert "12.5 points on average" in text
    assert "seen: 50.0, unseen: 25.0" in text
    assert "left out by the label map: DATE 12, MONEY 3" in text
    assert "failed: doc-7" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_name_can_not_draw_lines_of_its_own() -> None:
    result = put(result_of_rules(), "model.id", "x\n\nall 100.0 100.0 100.0\n")
    put(result, "dataset.notice", "one\ntwo")
    lines = summary_of(result).splitlines()
    assert lines[0].startswith("rules:x all 100.0")
    assert [line for line in lines if line.startswith("all")] == [_table(result)[1]]
    assert "- one two" in lines


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("dataset.notice", "Handle with care.", "Handle with care."),
        ("dataset.n_docs", 25, "25 documents are few: another sample could move F1 by"),
        ("dataset.n_docs", 1, "1 document is few: another sample could move F1 by"),
        (
            "policy.perturbation",
            {"kind": "ocr", "rate": 0.1, "seed": 0},
            "(ocr, 10% of the places)",
        ),
        ("model.trained_on_gonerd", None, "Nobody said whether the model has seen this dataset"),
        ("model.trained_on_gonerd", True, "was trained on this dataset"),
        ("policy.label_map", {"NORP": "MISC", "GPE": "LOC"}, "the model's NORP may stand for some"),
        ("scores.full.unknown_labels", {"GPE": 4}, "4 predictions with labels that gold does not"),
        ("coverage.n_failed_docs", 2, "2 documents got no answer"),
        ("model.kind", "preds", "The predictions came from a file"),
        ("policy.device", "cpu", "Times are those of a CPU"),
        ("scores.full.by_type.MISC", COUNTS | {"tp": 0, "fp": 0, "fn": 23}, "as MISC: all 23 of"),
    ],
)
def test_what_the_numbers_do_not_say_is_said(path: str, value: Any, words: str) -> None:
    said = caveats_of(put(result_of_rules(), path, value))
    assert [sentence for sentence in said if words in sentence]
    assert all(sentence.endswith(".") for sentence in said)


def test_what_does_not_apply_is_not_said() -> None:
    result = result_of_rules()
    for path, value in (
        ("dataset.notice", None),
        ("dataset.synthetic", False),
        ("dataset.n_docs", 2237),
        ("model.trained_on_gonerd", False),
    ):
        put(result, path, value)
    said = " ".join(caveats_of(result))
    for words in ("invented", "few", "Nobody said", "MISC", "changed on purpose", "no answer"):
        assert words not in said
