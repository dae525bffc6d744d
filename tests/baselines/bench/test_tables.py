from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from gonerd.dataset.table import text_table
from gonerd_baselines.bench.figure import bench_figure, draw_bench_figure, has_curves
from gonerd_baselines.bench.paper import PAPER, depth_flags, paper_flags, paper_tables
from gonerd_baselines.bench.paper_shares import share_tables
from gonerd_baselines.bench.table import bench_tables, check_table
from tests.baselines.bench.results import result

SECONDS = {
    ("longformer", "transformers"): 6.0,
    ("longformer", "sdpa"): 4.0,
    ("longformer", "ours"): 2.0,
    ("longformer-student", "transformers"): 3.1,
    ("longformer-student", "ours"): 0.9,
}


def lines(text: str, begin: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.lstrip().startswith(begin)]


def test_the_table_shows_every_cell_and_why_some_are_empty() -> None:
    made = result(["longformer", "longformer-student", "lsg"], (512, 4096), SECONDS)
    cells = text_table(bench_tables(made)[0])
    # At 512 and at 4096: transformers, sdpa, ours; then the same of memory.
    assert lines(cells, "Longformer ")[0][1:] == [
        *("148.7", "6,000", "4,000", "2,000", "48,000", "32,000", "16,000"),
        *("251", "251", "251", "609", "609", "609"),
    ]
    student = lines(cells, "Longformer, half depth")[0]
    assert student[4:7] == ["3,100", "full", "900.0"]
    assert "lsg transformers 512" in cells
    assert "none: transformers 5 has no class for LSG" in cells
    assert "Attention of `ours`: blocked: longformer 4096" in cells


def test_a_table_of_a_run_that_was_cut_short_says_so() -> None:
    made = result(["longformer", "roberta"], (512, 4096), SECONDS)
    assert "Not yet measured" not in text_table(bench_tables(made)[0])
    assert made["cells"].pop()["row"] == "longformer"
    made["cells"].pop()
    text = text_table(bench_tables(made)[0])
    assert "Not yet measured: 2 cells; the same command goes on with them." in text


def test_ratios_are_of_ours_to_the_others_to_the_roof_and_to_the_teacher() -> None:
    made = result(["longformer", "longformer-student"], (512,), SECONDS)
    ratios = text_table(bench_tables(made)[1])
    teacher, student = lines(ratios, "Longformer")
    assert teacher[1:6] == ["512", "3.00", "2.00", "100%", "100%"]
    assert teacher[-1] == "-"
    assert student[-1] == "45%"
    # 94 GFLOP at 0.1 TFLOP/s and 0.38 GB at 10 GB/s, of 2 s.
    assert teacher[-2] == "49%"


def test_the_papers_own_numbers_that_can_not_be_are_flagged() -> None:
    flags = "\n".join(paper_flags())
    assert (
        "nystromformer-full-student at 4096: 0.787 s to 1.866 s of nystromformer-full saves 57.8%"
        in flags
    )
    assert "distilroberta-4096 at 4096: 0.798 s to 1.886 s of roberta-4096 saves 57.7%" in flags
    assert "longformer-student at" not in flags  # 49.7% and 47.0% can be
    assert "Table 4, bert-large-4096: 39344 MB are +231% of 11881 MB, +221% is printed" in flags
    assert "Table 4, distilroberta-4096: 42326 MB are +263% of 11661 MB, +163% is printed" in flags
    assert flags.count("is printed") == 2
    assert "students save 42.8% at 512 and 47.6% at 4096" in flags


def test_a_student_of_ours_that_saves_more_than_half_is_flagged() -> None:
    made = result(["longformer", "longformer-student"], (512,), SECONDS)
    (flag,) = depth_flags(made["cells"])
    assert flag == (
        "here, longformer-student at 512 (ours, float32, token): saves 55.0%; half the depth can't save "
        "more than half (beyond the spread of the runs)"
    )
    slower = SECONDS | {("longformer-student", "ours"): 0.97}
    (flag,) = depth_flags(result(["longformer", "longformer-student"], (512,), slower)["cells"])
    assert flag.endswith("(within the spread of the runs)")


def test_the_papers_figures_stand_beside_ours() -> None:
    made = result(["longformer", "longformer-student", "roberta"], (512,), SECONDS)
    text = text_table(paper_tables(made)[0])
    teacher, student = lines(text, "Longformer")
    assert teacher[1:4] == ["148.7", "148.7", "0.149"]
    assert teacher[4:7] == ["6.000", "4.000", "2.000"]
    assert student[-4:] == ["49.7%", "48.3%", "-", "55.0%"]
    assert "never seconds of two" in text


def test_tables_4_and_7_are_per_cent_of_another_row() -> None:
    seconds = SECONDS | {("roberta-4096", "sdpa"): 9.0, ("roberta-4096", "ours"): 3.0}
    made = result(["longformer", "longformer-student", "roberta-4096"], (4096,), seconds)
    (table,) = share_tables(made, "token", "float32")
    # transformers ran out of memory; sdpa is set against Longformer's own class.
    assert table.rows == (
        ("RoBERTa to 4096", "longformer", "+70", "-", "+50", "+50", "+258", "-", "+0", "+0"),
    )
    seconds = SECONDS | {("roberta", "transformers"): 8.0, ("roberta", "ours"): 2.0}
    made = result(["longformer", "longformer-student", "roberta"], (512,), seconds)
    (table,) = share_tables(made, "token", "float32")
    assert [row[:4] for row in table.rows] == [
        ("Longformer", "roberta", "+0.7", "-25"),
        ("Longformer, half depth", "roberta", "-49.3", "-61"),
    ]
    assert "Table 7" in text_table(table)


def test_every_figure_of_tables_2_and_4_is_there() -> None:
    at = {
        length: [n for n, row in PAPER.items() if length in row.seconds] for length in (512, 4096)
    }
    assert len(at[512]) == 18  # Table 2: 5, 5 and 8
    assert len(at[4096]) == 8 + 7  # Table 2's efficient ones, and Table 4
    assert sum(row.seconds[4096] for row in PAPER.values() if 4096 in row.seconds) == pytest.approx(
        1.157 + 0.641 + 1.866 + 0.787 + 1.110 + 0.588 + 1.542 + 0.913
        + 5.806 + 1.833 + 1.886 + 0.636 + 0.798 + 1.274 + 0.631
    )  # fmt: skip


def test_checks_stand_in_a_table_with_what_was_said() -> None:
    right = {
        "pattern": "full",
        "backend": "sdpa",
        "dtype": "float32",
        "verdict": "right",
        "said": "",
    }
    wrong = right | {"forward": 0.5, "verdict": "wrong", "said": "forward differs by 5.0e-01"}
    text = text_table(check_table([right | {"forward": 1e-6, "backward": 2e-6}, wrong]))
    assert lines(text, "full")[0] == ["full", "sdpa", "float32", "1.0e-06", "2.0e-06", "right"]
    assert "full, sdpa, float32: forward differs by 5.0e-01" in text


def test_the_figure_is_drawn_as_png_and_svg_with_axes_for_every_length(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    made = result(["longformer", "longformer-student"], (512, 2048, 8192, 32768), SECONDS)
    assert has_curves(made)
    names = draw_bench_figure(made, tmp_path)
    assert names == ["token-float32.png", "token-float32.svg"]
    assert (tmp_path / names[0]).read_bytes().startswith(b"\x89PNG")
    text = (tmp_path / names[1]).read_text(encoding="utf-8")
    assert ElementTree.fromstring(text).tag.endswith("svg")
    first = (tmp_path / names[1]).read_bytes()
    draw_bench_figure(made, tmp_path)
    assert (tmp_path / names[1]).read_bytes() == first
    assert not has_curves(result(["longformer"], (512,), SECONDS))


def test_the_figure_draws_nothing_twice_and_says_where_memory_was_full() -> None:
    pytest.importorskip("matplotlib")
    made = result(["longformer"], (512, 2048), SECONDS)
    figure = bench_figure(made, "token", "float32")
    time, memory = figure.axes
    assert (len(time.lines), len(memory.lines)) == (4, 3)  # three curves, and the roof
    assert "memory was full" not in figure.get_supxlabel()
    for cell in made["cells"]:
        if cell["implementation"] == "sdpa":
            cell["same_as"] = "transformers"
        if (cell["implementation"], cell["length"]) == ("transformers", 2048):
            cell["status"] = "out of memory"
    figure = bench_figure(made, "token", "float32")
    assert [len(axes.lines) for axes in figure.axes] == [3, 2]
    assert figure.get_supxlabel().endswith("a line ends where memory was full")
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["Longformer", "transformers", "ours", "roof of the device"]
