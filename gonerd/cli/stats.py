"""`gonerd stats`: the paper's tables and its figure for any dataset, and what the paper leaves out."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.align import MisalignedPolicy
from gonerd.cli.options import format_option, misaligned_option, scheme_option
from gonerd.console import note, print_json, print_text
from gonerd.corpora import Format
from gonerd.dataset.statistics import UNITS, Unit
from gonerd.errors import ConfigError
from gonerd.options import dataset_option
from gonerd.schemes import Scheme

__all__ = ["stats"]


@click.command()
@click.argument("named", nargs=-1, metavar="[DATASET]...")
@dataset_option
@click.option(
    "--unit",
    "units",
    type=click.Choice(UNITS),
    multiple=True,
    help="What lengths are lengths of: one for all datasets, or one each in their order.  "
    "[default: document]",
)
@click.option(
    "--tokenizer",
    metavar="NAME_OR_PATH",
    help="Count lengths in subwords, too: a tokenizer.json, a folder, or a Hub id.",
)
@click.option(
    "--seen-in",
    metavar="DATASET_OR_FILE",
    help="Tell the share of mentions that this one has; 'train' does so for the splits beside it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print all counts as one JSON object.")
@click.option("--latex", is_flag=True, help="Print the tables for LaTeX, with booktabs.")
@click.option("--paper", is_flag=True, help="Put the paper's own figures beside ours.")
@click.option("--per-split", is_flag=True, help="Print every table for every split as well.")
@click.option(
    "--top",
    type=click.IntRange(1),
    default=10,
    show_default=True,
    help="Domains and sources to list.",
)
@click.option(
    "--figures",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Draw lengths, tags, domains, lengths of entities and their places there, as PNG and SVG.",
)
@format_option
@scheme_option
@misaligned_option
@click.option("--force", is_flag=True, help="Replace existing figures.")
def stats(
    named: tuple[str, ...],
    dataset: str | None,
    units: tuple[Unit, ...],
    tokenizer: str | None,
    seen_in: str | None,
    as_json: bool,
    latex: bool,
    paper: bool,
    per_split: bool,
    top: int,
    figures: Path | None,
    form: Format,
    scheme: Scheme,
    on_misaligned: MisalignedPolicy,
    force: bool,
) -> None:
    """Count what is in a dataset: the paper's Tables 1, 9 and 10, its Figure 1, and what entities are like.

    A dataset is a folder that 'gonerd build' wrote, a Hub id, a corpus file, a folder of corpus files, or
    'sample'; several stand side by side. Lengths count tokens of spaCy's English tokenizer, or the
    file's own.

    \b
    Examples:
      gonerd stats sample
      gonerd stats sample --paper --figures figures
      gonerd stats gonerd other.conll --unit document --unit sentence --json
      gonerd stats corpora/ --tokenizer gpt2 --seen-in corpora/train.jsonl
      gonerd stats --dataset giant-oak/gonerd@v1 --per-split
    """
    from gonerd.dataset import dataset_or_default
    from gonerd.dataset.figures import draw_figures, require_figures_to_write
    from gonerd.dataset.paper import PAPER
    from gonerd.dataset.report import statistics_tables
    from gonerd.dataset.subwords import load_tokenizer
    from gonerd.dataset.survey import (
        datasets_in,
        named_apart,
        reference_of,
        survey_dataset,
        survey_json,
    )
    from gonerd.dataset.table import latex_table, text_table

    if as_json and latex:
        raise ConfigError("--json and --latex both want the output: choose one")
    places = ([] if named and dataset is None else [dataset_or_default(dataset)]) + list(named)
    names = [name for place in places for name in datasets_in(place)]
    if len(units) > 1 and len(units) != len(names):
        raise ConfigError(
            f"--unit was given {len(units)} times, expected once for all datasets or once for each: "
            f"{len(names)} here"
        )
    default: Unit = "document"
    each_unit = units if len(units) == len(names) else (units or (default,)) * len(names)
    if figures is not None:
        require_figures_to_write(figures, overwrite=force)
    subwords = None if tokenizer is None else load_tokenizer(tokenizer)
    published = PAPER if paper else ()
    surveys = [
        survey_dataset(
            name,
            form=form,
            scheme=scheme,
            on_misaligned=on_misaligned,
            unit=unit,
            subwords=subwords,
        )
        for name, unit in zip(names, each_unit, strict=True)
    ]
    reference = None
    if seen_in is not None:
        known = next((s for n, s in zip(names, surveys, strict=True) if n == seen_in), None)
        reference = reference_of(
            known or survey_dataset(seen_in, form=form, scheme=scheme, on_misaligned=on_misaligned)
        )
    for survey in surveys:
        for change in survey.misaligned:
            note(str(change))
    surveys = named_apart(surveys, names)
    if figures is not None:
        columns = [(survey.name, survey.whole) for survey in surveys]
        written = draw_figures(columns, figures, paper=published, top=top, overwrite=force)
        note(f"{', '.join(written)} in {figures}")
    if as_json:
        print_json(
            survey_json(
                surveys, tokenizer=subwords, reference=reference, paper=published, top_domains=top
            )
        )
        return
    tables = statistics_tables(
        surveys,
        tokenizer="" if subwords is None else subwords.short_name,
        reference=reference,
        paper=published,
        per_split=per_split,
        top=top,
    )
    print_text("\n\n".join(map(latex_table if latex else text_table, tables)))
