from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd.dataset.figures import draw_figures, length_density, length_figure, tag_figure
from gonerd.dataset.paper import PAPER
from gonerd.dataset.statistics import Statistics
from gonerd.errors import InputError, OutputError

NAMES = ["lengths.png", "lengths.svg", "tags.png", "tags.svg"]


def statistics(*lengths: int, fictional: int = 0) -> Statistics:
    return Statistics(
        lengths=Counter(lengths),
        tags=Counter({"O": 90, "B-PER": 6, "I-PER": 4}),
        fictional=fictional,
    )


REAL = ("a corpus", statistics(*range(100, 900, 7), 6768))
INVENTED = ("newsroom", statistics(*range(20, 400, 3), fictional=1))


@given(
    st.lists(st.integers(0, 7000), min_size=4, max_size=80).filter(lambda x: max(x) > min(x) + 50)
)
def test_the_density_is_that_of_scipy(lengths: list[int]) -> None:
    from scipy.stats import gaussian_kde

    grid = np.linspace(0, 8000, 200)
    assert length_density(Counter(lengths), grid) == pytest.approx(
        gaussian_kde(lengths)(grid), rel=1e-9, abs=1e-15
    )


def test_equal_lengths_still_have_a_density() -> None:
    grid = np.linspace(0, 100, 10_001)
    density = length_density(Counter({50: 3}), grid)
    assert np.trapezoid(density, grid) == pytest.approx(1, abs=1e-6)


def test_figures_are_written_as_png_and_svg_and_equal_for_equal_input(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        assert draw_figures([REAL, INVENTED], tmp_path / folder, paper=PAPER) == NAMES
    for name in NAMES:
        one = (tmp_path / "one" / name).read_bytes()
        assert one == (tmp_path / "two" / name).read_bytes()
        if name.endswith("png"):
            assert one.startswith(b"\x89PNG")
            assert int.from_bytes(one[16:20]) >= 1000  # pixels across: 300 dpi at one column
        else:
            assert ElementTree.fromstring(one).tag == "{http://www.w3.org/2000/svg}svg"


def test_the_length_figure_says_what_it_shows_and_what_it_leaves_out() -> None:
    figure = length_figure([REAL, INVENTED])
    (axes,) = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("tokens", "density")
    assert axes.get_xlim()[0] == 0
    assert 800 < axes.get_xlim()[1] < 6768
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "a corpus",
        "newsroom (synthetic sample newsroom)",
    ]
    note = figure.get_supxlabel()
    assert "0.9% of a corpus (longest 6,768)" in note
    assert "nothing of newsroom" in note


def test_the_tag_figure_shows_the_papers_shares_too() -> None:
    figure = tag_figure([INVENTED], paper=PAPER)
    (axes,) = figure.axes
    heights = [bar.get_height() for bar in axes.containers[2]]
    assert heights[:2] == [0.2, 0.188]
    assert axes.containers[0][0].get_height() == pytest.approx(0.6)
    (legend,) = figure.legends
    assert legend.get_texts()[0].get_text() == "newsroom (synthetic sample newsroom)"


def test_a_dataset_without_documents_has_no_figure(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="empty has no documents"):
        draw_figures([("empty", Statistics())], tmp_path / "figures")
    assert not (tmp_path / "figures").exists()


def test_force_replaces_figures_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "figures"
    draw_figures([REAL], folder)
    with pytest.raises(OutputError, match="figures exists already"):
        draw_figures([REAL], folder)
    draw_figures([INVENTED], folder, overwrite=True)
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"holds 'notes\.txt', which is no figure"):
        draw_figures([REAL], folder, overwrite=True)
    assert (folder / "notes.txt").read_text() == "mine"
