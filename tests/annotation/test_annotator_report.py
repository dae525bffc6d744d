import json
from typing import Any

import pytest

from gonerd import Document
from gonerd.errors import SchemaError
from gonerd_annotation.annotator_report import annotator_report, lead_time, words_per_minute
from tests.annotation.teams import document, person

TEXT = "Anna Berg, 34, left Acme Corp. in Oslo."  # eight words
ANNA = ("Anna Berg", "PER")
OSLO = ("Oslo", "LOC")


def done(number: int, *marked: tuple[str, ...], seconds: Any = 60.0, when: Any = None) -> Document:
    stamp = when or f"2026-01-{1 + number // 4:02d}T10:{number:02d}:00Z"
    about = {"annotator": "anna", "lead_time": seconds, "updated_at": stamp}
    return document(TEXT, *marked, id_=f"d{number:02d}", annotation=about)


def report_of(
    *documents: Document, truth: list[Document] | None = None, **options: Any
) -> dict[str, Any]:
    gold = None if truth is None else {one.id: one for one in truth}
    (found,) = annotator_report([person("anna", *documents)], gold, **options)["annotators"]
    json.dumps(found, allow_nan=False)
    return found


def test_speed_is_the_median_of_the_documents_that_have_a_time() -> None:
    found = report_of(
        done(1, seconds=60.0), done(2, seconds=30), done(3, seconds=6000.0), done(4, seconds=0)
    )
    assert found["median_words_per_minute"] == pytest.approx(8.0)
    assert found["median_seconds"] == 60.0
    assert (found["documents"], found["timed_documents"], found["words"]) == (4, 3, 32)
    assert found["hours"] == pytest.approx(6090 / 3600)
    assert found["speed_reason"] is None


@pytest.mark.parametrize(
    "seconds", [None, 0, -3, True, "60", float("nan"), float("inf"), [60], 10**400, 1e-320]
)
def test_a_lead_time_that_makes_no_sense_is_none(seconds: Any) -> None:
    one = done(1, seconds=seconds)
    assert lead_time(one) is None
    assert words_per_minute(one) is None


def test_what_is_unknown_is_null_with_its_reason() -> None:
    found = report_of(document(TEXT, ANNA))
    assert found["median_words_per_minute"] is None
    assert found["speed_reason"] == "no document has a lead_time above 0"
    assert (found["truth"]["f1"], found["truth"]["reason"]) == (None, "no truth was given")
    assert (found["undated"], found["over_time"]) == (1, [])
    elsewhere = report_of(done(1, ANNA), truth=[document(TEXT, ANNA, id_="x")])
    assert elsewhere["truth"]["reason"] == "none of these documents is in the truth"
    nothing = report_of(done(1), truth=[document(TEXT, id_="d01")])
    assert nothing["truth"]["reason"].startswith("neither the annotator nor the truth")


def test_agreement_with_the_truth_in_all_and_by_type() -> None:
    truth = [document(TEXT, ANNA, OSLO, id_=f"d{n:02d}") for n in range(2)]
    found = report_of(
        done(0, ANNA, OSLO), done(1, ANNA, ("34", "MISC", "AGE")), done(2, OSLO), truth=truth
    )
    assert found["truth"] == {
        "documents": 2, "marked": 4, "true": 4, "precision": 0.75, "recall": 0.75, "f1": 0.75, "reason": None,
    }  # fmt: skip
    assert found["by_type"]["PER"]["f1"] == 1.0
    assert found["by_type"]["LOC"]["recall"] == 0.5
    assert (found["by_type"]["AGE"]["precision"], found["by_type"]["AGE"]["recall"]) == (0.0, None)
    assert found["by_type"]["PHONE"]["f1"] is None
    assert "MISC" not in found["by_type"]


def test_tenths_follow_the_time_of_the_work_not_the_order_of_the_file() -> None:
    """The first ten documents are wrong; given backwards, the first tenths are still the bad ones."""
    work = [done(n, *([OSLO] if n < 10 else [ANNA])) for n in range(20)]
    truth = [document(TEXT, ANNA, id_=one.id) for one in work]
    found = report_of(*reversed(work), truth=truth)
    assert [part["truth"]["f1"] for part in found["over_time"]] == [0.0] * 5 + [1.0] * 5
    assert [part["part"] for part in found["over_time"]][:2] == ["1 of 10", "2 of 10"]
    assert sum(part["documents"] for part in found["over_time"]) == 20
    assert found["over_time"][0]["by_type"]["LOC"]["marked"] == 2
    few = report_of(*work[:3], truth=truth)
    assert [part["documents"] for part in few["over_time"]] == [1, 1, 1]


def test_days_are_those_of_utc() -> None:
    late = done(1, ANNA, when="2026-01-05T23:30:00-02:00")
    naive = done(2, ANNA, when="2026-01-05T23:30:00")
    found = report_of(late, naive, done(3, when="yesterday"), period="day")
    assert [part["part"] for part in found["over_time"]] == ["2026-01-05", "2026-01-06"]
    assert found["undated"] == 1


def test_another_text_in_the_truth_is_refused() -> None:
    with pytest.raises(SchemaError, match="document 'd01': the truth has another text"):
        report_of(done(1), truth=[document(TEXT + "!", id_="d01")])
