"""The figures of docs/scale.md follow from what was measured."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.places import ROOT

RESULT = ROOT / "benchmarks/results/stage_rates.json"


def plan(*arguments):
    return subprocess.run(
        [sys.executable, "docs/scale.py", *arguments], cwd=ROOT, capture_output=True, text=True
    )


def test_the_page_is_the_one_that_the_measured_rates_give():
    ran = plan("--check", "docs/scale.md")
    assert ran.returncode == 0, ran.stderr


def test_a_page_with_another_figure_is_told(tmp_path):
    text = (ROOT / "docs/scale.md").read_text(encoding="utf-8")
    page = tmp_path / "scale.md"
    page.write_text(text.replace(" million articles | ", " million articles | 1"), encoding="utf-8")
    ran = plan("--check", str(page))
    assert ran.returncode == 1
    assert "out of date" in ran.stderr


def test_money_is_core_hours_and_terabytes_by_their_prices():
    def money(*prices):
        rows = [line for line in plan(*prices).stdout.splitlines() if "CC-NEWS, 2016" in line]
        return float(rows[0].rstrip(" |").rpartition("$")[2].replace(",", ""))

    cores, disk = money("--tb-month", "0"), money("--core-hour", "0")
    assert money() == pytest.approx(cores + disk, abs=2)
    assert money("--core-hour", "0.08", "--tb-month", "0") == pytest.approx(2 * cores, abs=2)
    rates = json.loads(RESULT.read_text(encoding="utf-8"))["stages"]
    least = 1.36e9 / rates["scrape_warc_command"]["per_second"] / 3600 * 0.04
    assert least < cores < 2 * least
