"""`gonerd oscar`."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import note, print_json, print_text
from gonerd_scraper.cli.executor import executor_from_options, executor_options
from gonerd_scraper.cli.options import (
    draw_seed_option,
    force_option,
    json_option,
    plain_option,
    takedown_option,
)

__all__ = ["oscar"]


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--n",
    type=click.IntRange(1),
    default=3_000_000,
    show_default=True,
    help="Documents to draw; the paper has nearly three million.",
)
@draw_seed_option
@click.option(
    "--rules",
    "rules_file",
    type=click.Path(path_type=Path),
    help="TOML file with fields of OscarRules; the options below go over it.",
)
@click.option("--min-probability", type=float, help="Least probability of English.  [default: 0.8]")
@click.option(
    "--warning",
    "warnings",
    metavar="NAME",
    multiple=True,
    help="Quality warning that drops a document, instead of tiny, short_sentences, noisy; repeatable.",
)
@click.option(
    "--min-harmful-pp", type=float, help="harmful_pp that must be exceeded.  [default: 13.51]"
)
@click.option(
    "--null-pp",
    type=click.Choice(["drop", "keep"]),
    help="What to do with documents that have no harmful_pp.  [default: drop]",
)
@click.option(
    "--categories",
    type=click.Choice(["harmful", "any", "none"]),
    help="UT1 categories that drop a document.  [default: harmful]",
)
@takedown_option
@click.option(
    "--on-broken",
    type=click.Choice(["error", "skip"]),
    default="error",
    show_default=True,
    help="Stop at a broken line, or leave it out and list it.",
)
@click.option(
    "--list-rejected", is_flag=True, help="Write rejected.jsonl, a row for each document."
)
@plain_option
@executor_options
@force_option
@json_option
def oscar(
    paths: tuple[str, ...],
    out: Path,
    n: int,
    seed: int,
    rules_file: Path | None,
    min_probability: float | None,
    warnings: tuple[str, ...],
    min_harmful_pp: float | None,
    null_pp: str | None,
    categories: str | None,
    takedown_files: tuple[Path, ...],
    on_broken: str,
    list_rejected: bool,
    plain: bool,
    executor: str | None,
    tasks: int | None,
    workers: int | None,
    sbatch: tuple[str, ...],
    force: bool,
    as_json: bool,
) -> None:
    """Draw the distillation corpus from OSCAR 23.01, filtered as in the paper.

    Each PATH is a JSON Lines file (.gz and .zst as well), a folder of such, or - for standard input.
    The same documents and seed give the same sample, in any order and with any number of workers;
    a larger sample begins with the smaller one. Interrupted work goes on where it was.

    \b
    Examples:
      gonerd oscar oscar/en_meta --out distillation --workers 8
      gonerd oscar en_meta_part_1.jsonl.zst --n 500000 --seed 1 --null-pp keep --out distillation
      gonerd oscar oscar/en_meta --on-broken skip --list-rejected --out distillation --force
    """
    from gonerd.takedown import Takedown
    from gonerd_scraper.config import read_config
    from gonerd_scraper.distillation.oscar import OscarRules
    from gonerd_scraper.distillation.oscar_corpus import build_oscar, summary_of_oscar

    rules = read_config(
        OscarRules,
        rules_file,
        min_probability=min_probability,
        warnings=warnings or None,
        min_harmful_pp=min_harmful_pp,
        null_harmful_pp=null_pp,
        categories=categories,
    )
    report = build_oscar(
        paths,
        out,
        n=n,
        seed=seed,
        rules=rules,
        takedown=Takedown.read(takedown_files),
        skip_broken=on_broken == "skip",
        list_rejected=list_rejected,
        compress=not plain,
        executor=executor_from_options(executor, tasks, workers, sbatch),
        force=force,
    )
    if report["documents"] < n:
        note(
            f"asked for {n:,} documents; the rules keep {report['documents']:,}, and all are drawn"
        )
    print_json(report) if as_json else print_text(summary_of_oscar(report, out))
