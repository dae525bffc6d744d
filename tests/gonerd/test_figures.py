from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd.dataset.density import length_curves, length_density
from gonerd.dataset.domain_figure import domain_figure
from gonerd.dataset.entity_figures import entity_length_figure, position_figure, tag_figure
from gonerd.dataset.figures import draw_figures
from gonerd.dataset.length_figure import length_figure
from gonerd.dataset.paper import PAPER
from gonerd.dataset.statistics import Statistics
from gonerd.errors import InputError, OutputError

NAMES = [
    f"{name}.{ending}"
    for name in ("lengths", "tags", "entity-lengths", "positions")
    for ending in ("png", "svg")
]


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


@given(
    st.lists(st.integers(1, 7000), min_size=4, max_size=80).filter(lambda x: max(x) > 3 * min(x))
)
def test_the_density_of_logarithms_is_that_of_scipy(lengths: list[int]) -> None:
    from scipy.stats import gaussian_kde

    grid = np.geomspace(1, 9000, 200)
    ours = length_density(Counter(lengths), grid, logarithmic=True)
    assert ours == pytest.approx(
        gaussian_kde(np.log10(lengths))(np.log10(grid)), rel=1e-9, abs=1e-12
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
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("tokens per document", "density")
    assert axes.get_xlim()[0] == 0
    assert 800 < axes.get_xlim()[1] < 6768
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "a corpus",
        "newsroom (synthetic sample newsroom)",
    ]
    note = figure.get_supxlabel()
    assert "0.9% of a corpus (longest 6,768)" in note
    assert "nothing of newsroom" in note


def test_lengths_that_are_far_apart_stand_on_a_logarithmic_axis() -> None:
    short = Statistics(unit="sentence", sentences=Counter(range(2, 40)))
    figure = length_figure([REAL, ("sentences of it", short)])
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    assert axes.get_xlim()[0] < 2
    assert axes.get_xlabel() == "tokens per document or sentence"
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "a corpus, documents",
        "sentences of it, sentences",
    ]
    assert figure.get_supxlabel().startswith("Gaussian KDE of the logarithm")
    assert length_figure([REAL]).axes[0].get_xscale() == "linear"


def test_more_than_four_datasets_have_rows_in_every_figure(tmp_path: Path) -> None:
    many = [REAL, *((f"number {n} of a long list", REAL[1]) for n in range(5)), INVENTED]
    draw_figures(many, tmp_path / "figures", paper=PAPER)
    for figure in (length_figure(many), entity_length_figure(many), position_figure(many)):
        (axes,) = figure.axes
        names = [label.get_text() for label in axes.get_yticklabels()]
        assert names == ["a corpus", *(f"number {n} o… long list" for n in range(5)), "newsroom *"]
        assert figure.get_supxlabel().endswith("* synthetic sample newsroom.")
    (axes,) = tag_figure(many, paper=PAPER).axes
    assert len(axes.get_yticklabels()) == 2 + len(many)
    first = axes.containers[0][0]
    assert (first.get_x(), first.get_width()) == (0, 0.198)


def test_domains_are_drawn_where_documents_name_any(tmp_path: Path) -> None:
    named = Statistics(lengths=Counter({100: 4}), domains=Counter({"b.org": 1, "a.org": 3}))
    written = draw_figures([REAL, ("named", named)], tmp_path / "figures")
    assert [name for name in written if name.startswith("domains")] == [
        "domains.png",
        "domains.svg",
    ]
    draw_figures([REAL], tmp_path / "figures", overwrite=True)
    assert not (tmp_path / "figures" / "domains.svg").exists()
    ours, theirs = domain_figure([REAL, ("named", named)], paper=PAPER).axes
    assert [label.get_text() for label in ours.get_yticklabels()] == ["a.org", "b.org"]
    assert [bar.get_width() for bar in ours.containers[0]] == [0.75, 0.25]
    assert list(ours.get_lines()[0].get_xdata()) == [0.75, 1]
    assert theirs.get_title(loc="left") == "GONERD (paper)"
    assert theirs.containers[0][0].get_width() == 0.242


def test_curves_are_numbers_too() -> None:
    curves = length_curves([REAL, INVENTED], points=50).as_json()
    assert curves["logarithmic"] is False
    assert list(curves["curves"]) == ["a corpus", "newsroom"]
    expected = length_density(REAL[1].lengths, np.array(curves["at"]))
    assert curves["curves"]["a corpus"] == pytest.approx(expected, rel=1e-4)
    with pytest.raises(InputError, match="x has no sentences"):
        length_curves([("x", Statistics(unit="sentence", lengths=Counter({3: 1})))], points=9)


def test_figures_are_vectors(tmp_path: Path) -> None:
    for number in (1, 6):
        draw_figures([REAL] * number, tmp_path / str(number))
        for path in (tmp_path / str(number)).glob("*.svg"):
            assert "<image" not in path.read_text(), path


def test_lengths_of_entities_and_their_places_are_drawn_as_counted() -> None:
    counted = Statistics(tags=Counter({"O": 960, "B-PER": 40}))
    for tokens, times in ((1, 20), (2, 10), (5, 6), (9, 4)):
        counted.mentions.lengths["PER", tokens] = times
    (bars,) = entity_length_figure([("x", counted)]).axes
    assert [bar[0].get_width() for bar in bars.containers] == [0.5, 0.25, 0, 0, 0.25]
    counted.positions.add(1000, [0, 5, 10, 950])
    (axes,) = position_figure([("x", counted)]).axes
    (line,) = axes.get_lines()
    assert list(line.get_ydata()) == [3, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert list(line.get_xdata())[:2] == [5, 15]


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
