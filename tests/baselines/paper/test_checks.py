from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from gonerd.cli.main import run
from gonerd.errors import ConfigError
from gonerd_baselines.cli.reproduce import reproduce
from gonerd_baselines.paper import TABLES, Check, Verdict, check_paper, paper_report, paper_text
from gonerd_baselines.paper.interval import printed
from gonerd_baselines.paper.printed_table import EFFICIENT, STUDENT, table_from_text

SHAPES = {
    "table1": (2, 7), "table2": (18, 5), "table3": (18, 9), "table4": (9, 4), "table5": (18, 6),
    "table6": (18, 10), "table7": (4, 8), "table8": (6, 5), "table9": (10, 6), "table10": (11, 3),
    "table11": (6, 9),
}  # fmt: skip

# Cells in which nothing is printed.
EMPTY = {"table2": 20, "table4": 4, "table5": 40, "table6": 50, "table7": 6, "table9": 2}

KNOWN = {
    ("Table 3", "LSG, average"): ("84.2", "85.72 to 85.83"),
    ("Table 4", "BERT large, megabytes"): ("+221%", "+231%"),
    ("Table 4", "DistilRoBERTa, megabytes"): ("+163%", "+263%"),
    ("Table 7", "Convert, GLUE"): ("-0.5%", "+0.46 to +0.58%"),
    ("Table 7", "Convert, SQuAD"): ("-2.5%", "-0.26 to -0.24%"),
    ("Table 7", "Both, SQuAD"): ("-7.0%", "-7.2%"),
    ("Table 9", "GONERD, total"): ("1131k", "1134.1 to 1135.9k"),
    ("abstract", "GONERD that students keep, at most"): ("98.8%", "97.23 to 97.54%"),
    ("section 1", "time that Longformer's student saves on long sequences"): (
        "49.3%",
        "46.96 to 47.10%",
    ),
    ("section 4.1", "time that students of long context save, on average"): (
        "45.2%",
        "47.50 to 47.62%",
    ),
    ("section 4.3", "GLUE that LSG's student keeps"): ("87.3%", "88.84 to 89.07%"),
    ("section 4.3", "CoNLL-2003 that students keep"): ("97.4%", "100.11 to 100.33%"),
    ("appendix A.2", "labelled tokens of GONERD against CoNLL-2003"): ("3.5x", "3.75 to 3.77x"),
}


def failures(checks: list[Check]) -> dict[tuple[str, str], Check]:
    return {(c.place, c.what): c for c in checks if c.verdict is Verdict.FAILS}


@pytest.mark.parametrize("name", SHAPES)
def test_every_cell_is_a_number_and_the_table_has_its_shape(name: str) -> None:
    table = TABLES[name]
    assert (len(table.cells), len(table.columns)) == SHAPES[name]
    empty = 0
    for row, line in table.cells.items():
        assert len(line) == len(table.columns)
        for column in table.columns:
            empty += not table.has(row, column)
            assert len(table.values(row, column)) <= 2
    assert empty == EMPTY.get(name, 0)


@pytest.mark.parametrize("name", ["table2", "table3", "table5", "table6"])
def test_every_efficient_model_stands_with_its_student(name: str) -> None:
    rows = list(TABLES[name].cells)
    assert rows[-8:] == [model + suffix for model in EFFICIENT for suffix in ("", STUDENT)]


def test_the_failures_that_are_known_are_found() -> None:
    found = failures(check_paper())
    assert {key: (found[key].printed, found[key].follows) for key in KNOWN if key in found} == KNOWN
    assert len(found) == 27


def test_a_check_is_there_once() -> None:
    checks = check_paper()
    assert len({(c.place, c.what) for c in checks}) == len(checks)


@pytest.mark.parametrize("name", ["table3", "table11"])
def test_any_average_of_glue_that_were_wrong_by_two_tenths_is_found(name: str) -> None:
    table = TABLES[name]
    known = failures(check_paper(only=[name]))
    place = f"Table {name.removeprefix('table')}"
    for row in table.cells:
        if (place, f"{row}, average") in known:
            continue
        text = table.text(row, "average")
        for wrong in (float(text) + 0.2, float(text) - 0.2):
            changed = TABLES | {name: table.with_cell(row, "average", f"{wrong:.1f}")}
            found = failures(check_paper(changed, only=[name])).keys() - known.keys()
            assert (place, f"{row}, average") in found


@pytest.mark.parametrize(
    ("name", "row", "column", "text", "place"),
    [
        ("table2", "Nystromformer's student", "seconds-4096", "0.797", "abstract"),
        ("table2", "Longformer's student", "seconds-512", "0.095", "section 4.1"),
        ("table4", "RoBERTa", "more-seconds", "+71%", "Table 4"),
        ("table5", "Nystromformer's student", "HotpotQA", "63.97", "section 4.3"),
        ("table6", "Longformer", "GONERD", "76.7", "section 1"),
        ("table6", "BERT base", "CoNLL-2003", "97.5", "Table 6"),
        ("table7", "Both", "TriviaQA", "-15.2%", "Table 7"),
        ("table8", "WIKI", "GLUE", "68.8", "Table 8"),
        ("table8", "WIKI", "GONERD", "68.0", "section 4.5"),
        ("table9", "B-LOC", "GONERD-p1", ".136", "Table 9"),
        ("table10", "msn.com", "count", "147", "Table 10"),
        ("table1", "CoNLL-2003", "max", "1240.0", "section 3.3"),
    ],
)
def test_one_number_that_is_changed_is_found(
    name: str, row: str, column: str, text: str, place: str
) -> None:
    table = TABLES[name]
    changed = TABLES | {name: table.with_cell(row, column, text)}
    assert place in {p for p, _ in failures(check_paper(changed)).keys() - failures(check_paper())}


def test_a_failure_that_is_mended_is_no_failure() -> None:
    mended = TABLES["table3"].with_cell("LSG", "average", "85.8")
    gone = failures(check_paper()).keys() - failures(check_paper(TABLES | {"table3": mended}))
    assert ("Table 3", "LSG, average") in gone
    assert ("section 4.3", "GLUE that LSG's student keeps") in gone


def test_only_what_follows_from_the_tables_named_is_checked() -> None:
    checks = check_paper(only=["table4", "table10"])
    assert all({"table4", "table10"} & set(check.tables) for check in checks)
    assert {check.place for check in checks} == {"Table 4", "Table 10", "appendix A.2"}
    with pytest.raises(ConfigError, match="no table 'table12'; expected one of table1, "):
        check_paper(only=["table12"])


def test_a_cell_that_is_not_there_and_a_row_that_is_too_short_are_refused() -> None:
    with pytest.raises(ConfigError, match="table4 has no cell 'ALBERT', 'seconds'"):
        TABLES["table4"].text("ALBERT", "seconds")
    with pytest.raises(ConfigError, match="row 'b': 1 cells; expected 2, and the row once"):
        table_from_text("t", "x y", "a | 1 2\nb | 1")
    assert table_from_text("t", "x", "a | 1.5").value("a", "x") == printed("1.5")


def test_the_text_begins_with_what_does_not_hold_and_ends_with_counts() -> None:
    text = paper_text(check_paper())
    first, *_ = text.splitlines()
    assert first.endswith("of arXiv 2311.13657: 27 do not hold")
    assert text.index("BERT large, megabytes: +221% is printed, +231% follows") < text.index(
        "By table and section"
    )
    assert "it would be right averaged over 512 and 4,096 tokens: 44.89 to 45.44%" in text
    counts = {v: sum(c.verdict is v for c in check_paper()) for v in Verdict}
    assert text.splitlines()[-3].split() == ["all", *(str(counts[v]) for v in Verdict)]
    assert max(map(len, text.splitlines())) <= 100


def test_a_table_in_which_all_holds_says_so() -> None:
    assert ": 0 do not hold" in paper_text(check_paper(only=["table11"]))


def test_the_command_prints_text_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["reproduce", "--check-paper", "--table", "table4"]) == 0
    assert "Table 4     16              2              0" in capsys.readouterr().out
    assert run(["reproduce", "--check-paper", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report == json.loads(json.dumps(paper_report(check_paper())))
    assert sum(report["counts"].values()) == len(report["checks"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["table1"], "'table1'"), (["--check-paper", "--table", "table0"], "'table0'")],
)
def test_a_command_line_that_makes_no_sense_is_a_usage_error(
    arguments: list[str], says: str
) -> None:
    done = CliRunner().invoke(reproduce, arguments)
    assert done.exit_code == 2
    assert says in done.output
