"""The report of a run: one page that loads nothing, shows the numbers, and runs nothing of a stranger's."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from gonerd.cli.main import run
from gonerd.errors import SchemaError
from gonerd.evaluation.exports import exported
from gonerd.evaluation.report import report_html
from gonerd.evaluation.report_figures import _place_of
from gonerd.evaluation.schema import require_valid_result
from gonerd.evaluation.terminal import summary_of
from tests.browsing import CONTRAST, browser  # noqa: F401 - a fixture
from tests.gonerd.evaluation.results import put, result_of_rules, run_of_rules

HOSTILE = "<img src=x onerror='document.title=1'><script>document.title=2</script>&amp;\"$\\frac$"
COUNTS = {"tp": 1, "fp": 1, "fn": 1, "precision": 0.5, "recall": 0.5, "f1": 0.5}
TIMING = {
    "len": 512, "batch": 1, "n": 20, "p50_ms": 21.5, "p95_ms": 25.0, "tok_s": 23_814.0, "peak_rss_mib": 512,
    "peak_allocated_mib": None, "peak_reserved_mib": None, "oom": False,
}  # fmt: skip


class Reader(HTMLParser):
    """Elements with their attributes, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def everything(name: str = "x") -> dict[str, Any]:
    """A result with all that may be left out, and `name` wherever a name may stand."""
    result = result_of_rules()
    buckets = {"0-511": COUNTS, "512-1023": COUNTS, name: COUNTS | {"tp": 0, "fn": 0}}
    for path in ("by_length", "by_position", "by_entity_length", "by_seen", "by_year", "by_source"):
        put(result, f"scores.full.{path}", buckets)
    put(result, "scores.full.by_type", {name: COUNTS | {"ci": [0.25, 0.75]}})
    put(result, "scores.full.unknown_labels", {name: 2})
    put(result, "calibration", {"n": 9, "ece": 0.125, "bins": [
        {"low": 0.0, "high": 0.5, "n": 3, "confidence": 0.25, "precision": 0.375},
        {"low": 0.5, "high": 1.0, "n": 6, "confidence": 0.75, "precision": 0.875},
    ]})  # fmt: skip
    no_times = {"p50_ms": None, "p95_ms": None, "tok_s": None, "oom": True}
    put(result, "efficiency.by_length", [TIMING, TIMING | {"len": 4096} | no_times])
    put(result, "coverage.dropped", {name: 3})
    put(result, "coverage.failed_docs", [name])
    put(result, "policy.label_map", {name: "MISC"})
    put(result, "policy.perturbation", {"kind": name, "rate": 0.1, "seed": 1})
    put(result, "policy.max_len", 700)
    put(result, "model.details", {name: {name: [name]}})
    for path in ("model.id", "model.kind", "model.license", "model.teacher_id", "dataset.id"):
        put(result, path, name)
    for path in ("dataset.split", "dataset.notice", "efficiency.hardware", "efficiency.note"):
        put(result, path, name)
    put(result, "env.packages", {name: name})
    return put(result, "command", ["gonerd", name])


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Page]:  # noqa: F811
    """A page at 375 px, whose console must stay silent."""
    page = browser.new_page(viewport={"width": 375, "height": 800})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    assert said == []
    page.close()


def test_a_page_is_one_file_that_loads_and_runs_nothing() -> None:
    elements = Reader(report_html(everything())).found
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in elements}
    for _, attrs in elements:
        assert not [name for name in attrs if name.startswith("on")]
        for key in ("src", "href", "xlink:href"):
            assert (attrs.get(key) or "#").startswith("#")
    policy = next(attrs for _, attrs in elements if attrs.get("http-equiv"))["content"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")


def test_ids_stand_once_and_the_same_result_gives_the_same_page() -> None:
    text = report_html(everything())
    ids = [attrs["id"] for _, attrs in Reader(text).found if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(ids)
    assert report_html(everything()) == text


def test_figures_take_their_colours_from_the_page() -> None:
    text = report_html(everything())
    figures = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert len(figures) == 5
    colours = {found for figure in figures for found in re.findall(r"#[0-9a-f]{6}\b", figure)}
    assert colours == set()
    assert all('role="img" aria-label="' in figure for figure in figures)


def test_names_of_a_stranger_are_only_text(opened: Page, tmp_path: Path) -> None:
    text = report_html(everything(HOSTILE))
    elements = {tag for tag, _ in Reader(text).found}
    assert not {"img", "script", "b"} & (elements - {"b"})
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    opened.goto((tmp_path / "report.html").as_uri())
    assert opened.title() == f"{HOSTILE} on {HOSTILE}, {HOSTILE}"
    assert HOSTILE in opened.locator("h1").inner_text()
    assert opened.locator("img, script").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_never_scrolls_sideways_and_text_stands_out(
    opened: Page, tmp_path: Path, scheme: Any
) -> None:
    (tmp_path / "report.html").write_text(report_html(everything("x" * 200)), encoding="utf-8")
    opened.emulate_media(color_scheme=scheme)
    opened.goto((tmp_path / "report.html").as_uri())
    assert opened.evaluate("document.documentElement.scrollWidth") == 375
    assert opened.evaluate(CONTRAST) == []


def test_the_numbers_of_the_result_stand_on_the_page(opened: Page, tmp_path: Path) -> None:
    result = everything("news")
    (tmp_path / "report.html").write_text(report_html(result), encoding="utf-8")
    opened.goto((tmp_path / "report.html").as_uri())
    full = result["scores"]["full"]
    assert opened.locator(".tile b").all_inner_texts()[0] == f"{100 * full['f1']:.1f}"
    row = opened.locator("#scores tbody tr").first.locator("th, td").all_inner_texts()
    low, high = (f"{100 * end:.1f}" for end in full["ci"]["f1"])
    assert row[:3] == ["all", f"{100 * full['f1']:.1f}", f"{low}–{high}"]
    assert row[-3:] == [f"{full[name]:,}" for name in ("tp", "fp", "fn")]
    cost = opened.locator("#cost tbody tr").all_inner_texts()
    assert cost[0].split() == ["512", "1", "21.5", "25.0", "23,814", "512", "MiB"]
    assert "out of memory" in cost[1]
    assert "12.5 points over 9 predictions" in opened.locator("#calibration").inner_text()
    provenance = opened.locator("#provenance").inner_text()
    for value in (result["config_sha256"], result["model"]["revision"], "gonerd news"):
        assert value in provenance
    assert "changed on purpose (news, 10% of the places)" in opened.locator("#caveats").inner_text()


def test_a_report_without_what_may_be_missing_has_no_empty_parts() -> None:
    result = result_of_rules()
    for by in ("by_length", "by_position", "by_entity_length", "by_seen", "by_year"):
        put(result, f"scores.full.{by}", {})
    put(put(result, "calibration", None), "efficiency.by_length", [])
    text = report_html(result)
    assert "Calibration" not in text
    assert "Where in the texts" not in text
    assert "Documents of one length" not in text


@pytest.mark.parametrize(
    ("limit", "names", "place"),
    [
        (512, ["0-511", "512-1023", "1024+"], 0.5),
        (768, ["0-511", "512-1023", "1024+"], 1.0),
        (4096, ["0-511", "512-1023", "1024+"], None),
        (512, ["short", "long"], None),
        (512, ["512-1023", "0-511"], None),
    ],
)
def test_a_limit_is_marked_where_it_lies_among_the_buckets(
    limit: int, names: list[str], place: float | None
) -> None:
    assert _place_of(limit, names) == place


def test_the_command_shows_a_run_again_and_writes_page_and_exports(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run_of_rules(tmp_path / "run")
    folder, page = str(tmp_path / "run"), tmp_path / "report.html"
    assert run(["report", folder, "--html", str(page)]) == 0
    out, error = capsys.readouterr()
    assert "95% interval" in out
    assert error == f"report written to {page}\n"
    assert page.read_text(encoding="utf-8") == report_html(result)
    assert run(["report", folder, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == result
    assert run(["report", f"{folder}/result.json", "--as", "csv"]) == 0
    assert capsys.readouterr().out.startswith("model,revision,dataset,")
    assert run(["report", folder, "--as", "latex", "--out", str(tmp_path / "row.tex")]) == 0
    assert r"\toprule" in (tmp_path / "row.tex").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--out", "x.csv"], 2, "--out goes with --as"),
        (["--hub-dataset", "a/b"], 2, "--hub-dataset goes with --as"),
        (["--as", "csv", "--json"], 2, "--json and --as both want the output: choose one"),
        (["--as", "hub"], 2, "--as hub needs --hub-dataset NAMESPACE/NAME"),
        (["--html", "-"], 2, "a report stands beside what is printed"),
        (["--html", "{run}/result.json"], 1, "exists already; give another name, or --force"),
        (["--html", "{run}/result.json", "--force"], 1, "would be replaced, and is read"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_refused_in_one_sentence(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    status: int,
    said: str,
) -> None:
    folder = tmp_path / "run"
    before = run_of_rules(folder)
    assert run(["report", str(folder), *(word.format(run=folder) for word in words)]) == status
    out, error = capsys.readouterr()
    assert said in error
    assert (out, error.count("\n")) == ("", 1)
    assert json.loads((folder / "result.json").read_text(encoding="utf-8")) == before


EDGES: dict[type, list[Any]] = {
    int: [0, 1, 2**53],
    float: [0.0, 1.0, 2.0**53],
    str: ["x" * 3000, "\n", "\x1b[2J", "‮אב", "$\\frac", "0-511", "%&_#", "=1"],
    dict: [{}],
    list: [[]],
    bool: [True, False],
    type(None): [None],
}


def _somewhere(value: Any, draw: Any) -> Any:
    """`value` with about one of its parts in ten at an edge of what it may be."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(EDGES[type(value)]))
    if isinstance(value, dict):
        return {key: _somewhere(inner, draw) for key, inner in value.items()}
    if isinstance(value, list):
        return [_somewhere(inner, draw) for inner in value]
    return value


@settings(
    max_examples=20,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a report is slow to shrink
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_whatever_the_schema_accepts_can_be_shown_and_exported(data: st.DataObject) -> None:
    result = everything("name")
    parts = [("scores", "full"), ("scores", "common_window_4096"), ("dataset",), ("efficiency",)]
    parts += [("calibration",), ("coverage",), ("model",), ("policy",), ("env",), ("command",)]
    for _ in range(3):
        *parents, last = data.draw(st.sampled_from(parts))
        inner = result
        for key in parents:
            inner = inner[key]
        whole = inner[last]
        if isinstance(whole, dict):
            for key in whole:
                put(whole, key, _somewhere(whole[key], data.draw))
    try:
        require_valid_result(result, "result.json")
    except SchemaError:
        reject()
    summary_of(result)
    for form in ("model-index", "every-eval-ever", "csv", "latex"):
        exported(result, form)  # type: ignore[arg-type]
    if data.draw(st.integers(0, 5)) == 0:  # figures take their time
        report_html(result)
