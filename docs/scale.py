"""Compute the tables of docs/scale.md from the measured rates, or check that they are current.

python docs/scale.py docs/scale.md
python docs/scale.py --check docs/scale.md
python docs/scale.py --core-hour 0.02 --tb-month 15     # print them for other prices
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parents[1] / "benchmarks/results/stage_rates.json"
BEGIN, END = "<!-- computed by docs/scale.py: begin -->", "<!-- computed by docs/scale.py: end -->"
CORE_HOUR, TB_MONTH = 0.04, 23.0
"""Assumed prices in dollars: of a core for an hour, of 10^12 bytes kept for a month."""
CORES = 64
MONTHS = 120
"""Of CC-NEWS, from its beginning in August 2016."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A corpus to be made: what comes in, and core-hours by step.

    `alone` are those of the core-hours that one process does, for each of `parts` that can be done
    beside each other.
    """

    name: str
    items: str
    steps: Mapping[str, float]
    read_tb: float
    kept_tb: float
    alone: float = 0.0
    parts: int = 1

    @property
    def core_hours(self) -> float:
        """Of all steps."""
        return sum(self.steps.values())

    def hours(self, cores: int) -> float:
        """By the clock: no less than what one process does for one part."""
        shared = self.core_hours - self.alone
        return shared / cores + self.alone / min(self.parts, cores)

    def dollars(self, core_hour: float, tb_month: float) -> float:
        """core-hours x price + terabytes kept for a month x price."""
        return self.core_hours * core_hour + (self.read_tb + self.kept_tb) * tb_month


def rate(result: Mapping[str, Any], stage: str) -> float:
    """Items that a stage does in a second on one core."""
    return float(result["stages"][stage]["per_second"])


def news_job(
    result: Mapping[str, Any], name: str, articles: float, *, warc_tb: float, months: int
) -> Job:
    """CC-NEWS: WARC files to documents, merged, then cleaned, month by month.

    Merging is one process for each month, and so is all of cleaning but rules and signatures.
    """
    sizes = result["sizes"]
    documents = articles * sizes["documents_per_page"]
    row = sizes["jsonl_bytes_per_document"] + sizes["manifest_bytes_per_document"]
    steps = {
        "scrape --warc": articles / rate(result, "scrape_warc_command") / 3600,
        "merge": documents / rate(result, "merge") / 3600,
        "clean": documents / rate(result, "clean_command") / 3600,
    }
    ranks = documents / 3600 * (1 / rate(result, "rules") + 1 / rate(result, "signatures"))
    return Job(
        name=name,
        items=f"{articles / 1e6:,.0f} million articles",
        steps=steps,
        read_tb=warc_tb,
        kept_tb=2 * documents * row / 1e12,  # as scraped and as cleaned, at most
        alone=steps["merge"] + max(0.0, steps["clean"] - ranks),
        parts=months,
    )


def jobs(result: Mapping[str, Any]) -> list[Job]:
    """The three corpora that the page plans."""
    megabytes = 3.4e6
    oscar = Job(
        name="OSCAR 23.01, English",
        items="1,200 million documents",
        steps={"oscar": megabytes / rate(result, "oscar_command") / 3600},
        read_tb=3.4,
        kept_tb=3e6 * 3.4e12 / 1.2e9 / 1e12,  # three million documents are drawn
    )
    return [
        news_job(result, "CC-NEWS, a month", 10e6, warc_tb=0.335, months=1),
        news_job(result, "CC-NEWS, 2016-2026", 1.36e9, warc_tb=49.0, months=MONTHS),
        oscar,
    ]


def tables(result: Mapping[str, Any], core_hour: float, tb_month: float) -> str:
    """The part of the page that is computed."""
    machine = result["machine"]
    lines = [
        f"Measured on one core of {machine['cpu']} (`benchmarks/results/stage_rates.json`):",
        "",
        "| stage | per second and core |",
        "|---|---:|",
    ]
    for stage, entry in result["stages"].items():
        unit = entry["unit"].removesuffix("/s")
        lines.append(f"| {stage.replace('_', ' ')} | {entry['per_second']:,.0f} {unit} |")
    sizes = result["sizes"]
    lines += [
        "",
        f"A page takes {sizes['warc_bytes_per_page'] / 1e3:.0f} kB of WARC; a document "
        f"{sizes['jsonl_bytes_per_document'] / 1e3:.1f} kB of JSON Lines and "
        f"{sizes['manifest_bytes_per_document'] / 1e3:.1f} kB of manifest; a signature "
        f"{sizes['signature_bytes_per_document']} bytes in {sizes['signature_bands']} bands; `gonerd clean` "
        f"{sizes['clean_memory_bytes_per_document'] / 1e3:.1f} kB of memory per document.",
        "",
        f"| corpus | what | core-hours | hours on {CORES} cores | reads | keeps, at most | "
        f"money at ${core_hour:g} a core-hour, ${tb_month:g} a TB-month |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for job in jobs(result):
        steps = ", ".join(f"{name} {hours:,.0f}" for name, hours in job.steps.items())
        lines.append(
            f"| {job.name} | {job.items} | {job.core_hours:,.0f} ({steps}) | "
            f"{job.hours(CORES):,.1f} | {job.read_tb:,.1f} TB | {job.kept_tb:,.2f} TB | "
            f"${job.dollars(core_hour, tb_month):,.0f} |"
        )
    memory = sizes["clean_memory_bytes_per_document"]
    kept = sizes["documents_per_page"]
    lines += [
        "",
        "| near-duplicates of | documents | signatures alone | memory of `gonerd clean` |",
        "|---|---:|---:|---:|",
    ]
    for name, articles in (
        ("a week", 2.3e6),
        ("a month", 10e6),
        ("a year", 120e6),
        ("all", 1.36e9),
    ):
        documents = articles * kept
        lines.append(
            f"| {name} of CC-NEWS | {documents / 1e6:,.1f} million | "
            f"{documents * sizes['signature_bytes_per_document'] / 1e9:,.1f} GB | "
            f"{documents * memory / 1e9:,.1f} GB |"
        )
    return "\n".join(lines)


def page(text: str, result: Mapping[str, Any]) -> str:
    """The page with its computed part made anew.

    Raises:
        SystemExit: the marks are not there.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"the marks {BEGIN!r} and {END!r} are missing")
    return f"{before}{BEGIN}\n{tables(result, CORE_HOUR, TB_MONTH)}\n{END}{after}"


def main() -> None:
    """Write, check or print, as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", nargs="?", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--core-hour", type=float, default=CORE_HOUR)
    parser.add_argument("--tb-month", type=float, default=TB_MONTH)
    options = parser.parse_args()
    result = json.loads(RESULT.read_text(encoding="utf-8"))
    if options.page is None:
        sys.stdout.write(tables(result, options.core_hour, options.tb_month) + "\n")
        return
    text = options.page.read_text(encoding="utf-8")
    made = page(text, result)
    if not options.check:
        options.page.write_text(made, encoding="utf-8")
    elif made != text:
        sys.exit(f"{options.page} is out of date; run: python docs/scale.py {options.page}")


if __name__ == "__main__":
    main()
