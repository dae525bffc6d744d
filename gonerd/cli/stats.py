"""`gonerd stats`: the paper's tables and its figure for any dataset."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.align import MisalignedPolicy
from gonerd.cli.options import misaligned_option
from gonerd.console import note, print_json, print_text
from gonerd.errors import ConfigError
from gonerd.options import dataset_option

__all__ = ["stats"]


@click.command()
@click.argument("named", nargs=-1, metavar="[DATASET]...")
@dataset_option
@click.option("--json", "as_json", is_flag=True, help="Print all counts as one JSON object.")
@click.option("--latex", is_flag=True, help="Print the tables for LaTeX, with booktabs.")
@click.option("--paper", is_flag=True, help="Put the paper's own figures beside ours.")
@click.option("--per-split", is_flag=True, help="Print every table for every split as well.")
@click.option(
    "--top", type=click.IntRange(1), default=10, show_default=True, help="Domains to list."
)
@click.option(
    "--figures",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Draw the densities of lengths and the tags' shares there, as PNG and SVG.",
)
@misaligned_option
@click.option("--force", is_flag=True, help="Replace existing figures.")
def stats(
    named: tuple[str, ...],
    dataset: str | None,
    as_json: bool,
    latex: bool,
    paper: bool,
    per_split: bool,
    top: int,
    figures: Path | None,
    on_misaligned: MisalignedPolicy,
    force: bool,
) -> None:
    """Count what is in a dataset: the paper's Tables 1, 9 and 10, and its Figure 1.

    A dataset is a folder that 'gonerd build' wrote, a Hub id, a corpus file (JSON Lines, CoNLL), or
    'sample'; several stand side by side. Lengths count tokens of spaCy's English tokenizer, or the
    file's own.

    \b
    Examples:
      gonerd stats sample
      gonerd stats sample --paper --figures figures
      gonerd stats gonerd other.conll --json
      gonerd stats --dataset giant-oak/gonerd@v1 --per-split
    """
    from gonerd.dataset import dataset_or_default
    from gonerd.dataset.figures import draw_figures
    from gonerd.dataset.paper import PAPER
    from gonerd.dataset.survey import survey_dataset, survey_json
    from gonerd.dataset.tables import latex_table, statistics_tables, text_table

    if as_json and latex:
        raise ConfigError("--json and --latex both want the output: choose one")
    names = ([] if named and dataset is None else [dataset_or_default(dataset)]) + list(named)
    surveys = [survey_dataset(name, on_misaligned=on_misaligned) for name in names]
    if figures is not None:
        columns = [(survey.name, survey.whole) for survey in surveys]
        drawn = draw_figures(columns, figures, paper=PAPER if paper else (), overwrite=force)
        note(f"{', '.join(drawn)} in {figures}")
    for survey in surveys:
        for change in survey.misaligned:
            note(str(change))
    if as_json:
        print_json(survey_json(surveys, paper=PAPER if paper else (), top_domains=top))
    else:
        whole = [(survey.name, survey.whole) for survey in surveys]
        splits = [
            (name if len(surveys) == 1 else f"{survey.name}/{name}", statistics)
            for survey in surveys
            for name, statistics in survey.splits.items()
        ]
        published = PAPER if paper else ()
        tables = statistics_tables(
            [*whole, *splits] if per_split else whole,
            splits=() if per_split else splits,
            paper=published,
            top_domains=top,
        )
        print_text("\n\n".join(map(latex_table if latex else text_table, tables)))
