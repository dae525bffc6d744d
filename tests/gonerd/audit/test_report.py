"""The report: escaped, whole in itself, and readable on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gonerd.audit import Audit, audit_corpora, audit_dataset, report_html, splits_from_arguments
from gonerd.cli.main import run
from tests.gonerd.audit.corpora import files, labelled, story
from tests.leaderboard.conftest import browser as browser

HOSTILE = (
    '<img src=x onerror="document.title=1"><script>document.title=2</script>&amp;"\'\x1b]0;x\x07'
)
RIGHT_TO_LEFT = "\u202eنموذج التعرف על שמות"


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    long = "longest" * 40
    text = f"{HOSTILE} {RIGHT_TO_LEFT} {long} {story(1)}"
    train = [
        labelled(f"<b>a</b>{HOSTILE}", text, ("<i>PER</i>", HOSTILE), url="https://a.example/<u>"),
        labelled("b", f"Judge Lee, of {RIGHT_TO_LEFT}", ("PER", "Judge Lee,")),
    ]
    test = [
        labelled("c" * 300, text, url="https://a.example/<u>", date="2020-01-01"),
        labelled("d", text + " " + story(2, 80)),
    ]
    return audit_corpora(splits_from_arguments(files(tmp_path, train=train, test=test)))


def test_every_text_is_escaped(audit: Audit) -> None:
    page = report_html(audit)
    assert not re.search(r"<(?:img|script|u|i|b)\b", page)
    assert "&lt;script&gt;document.title=2&lt;/script&gt;&amp;amp;" in page
    assert "\x1b" not in page
    assert "\x07" not in page


def test_nothing_comes_from_elsewhere(audit: Audit) -> None:
    page = report_html(audit)
    assert "default-src 'none'" in page
    assert not re.findall(r"(?:src|href)=\"(?!#)|url\(|@import|<link|<iframe", page)
    assert all(f'id="{name}"' in page for name in re.findall(r'href="#(\w+)"', page))


def test_the_same_audit_gives_the_same_page(audit: Audit) -> None:
    assert report_html(audit) == report_html(audit)
    assert report_html(audit_dataset("sample")) == report_html(audit_dataset("sample"))


def test_the_texts_stand_in_context_with_what_is_meant_marked(audit: Audit) -> None:
    page = report_html(audit)
    assert "<mark>Judge Lee,</mark> of" in page
    assert '<p class="verdict failed">Failed: The same text, The same address, Near-dup' in page


def test_a_synthetic_dataset_says_so() -> None:
    page = report_html(audit_dataset("sample"))
    assert "Synthetic texts" in page
    assert '<p class="verdict passed">Nothing failed.</p>' in page


def test_an_existing_report_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "report.html"
    words = ["audit", "sample", "--out", str(out)]
    assert run(words) == 0
    first = out.read_bytes()
    assert run(words) == 1
    assert "report.html exists already" in capsys.readouterr().err
    assert run([*words, "--force"]) == 0
    assert out.read_bytes() == first


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_without_scrolling_sideways(browser, audit, tmp_path, scheme):
    path = tmp_path / "report.html"
    path.write_text(report_html(audit), encoding="utf-8")
    page = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    assert page.title().startswith("Audit of")
    page.evaluate("for (const entry of document.querySelectorAll('details')) entry.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("details[open] mark").first.is_visible()
    size = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert size >= 16
    low = page.evaluate(CONTRAST)
    assert low == []
    page.close()


CONTRAST = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number)
      .map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!colour.endsWith(', 0)')) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const low = [];
  for (const node of document.querySelectorAll('body *')) {
    if (![...node.childNodes].some(child => child.nodeType === 3 && child.data.trim())) continue;
    const pair = [light(getComputedStyle(node).color), light(behind(node))].sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (contrast < 4.5) low.push(node.tagName + ' ' + contrast.toFixed(2));
  }
  return [...new Set(low)];
}"""


@pytest.mark.parametrize("argument", ["{}", "train={}"])
def test_the_report_does_not_take_the_place_of_what_is_audited(
    argument: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (_, path) = files(tmp_path, train=[labelled("a", story(1))])[0].split("=")
    was = Path(path).read_bytes()
    assert run(["audit", argument.format(path), "--out", path, "--force"]) == 1
    assert f"{path} would be replaced, and is read" in capsys.readouterr().err
    assert Path(path).read_bytes() == was
