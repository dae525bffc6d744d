"""`gonerd reproduce`: what of the paper can be had again, and what can't."""

from __future__ import annotations

import click

from gonerd.console import print_json, print_text

__all__ = ["reproduce"]

_TABLES = [f"table{number}" for number in range(1, 12)]


@click.command()
@click.option(
    "--check-paper",
    is_flag=True,
    required=True,
    expose_value=False,
    help="Compute the paper's figures anew from its own printed tables.",
)
@click.option(
    "--table",
    "tables",
    multiple=True,
    type=click.Choice(_TABLES),
    metavar="NAME",
    help="Only what follows from table1, ... or table11; may be given several times.  [default: all]",
)
@click.option("--json", "as_json", is_flag=True, help="Print every check as one JSON object.")
def reproduce(tables: tuple[str, ...], as_json: bool) -> None:
    """Recompute the paper's figures from its own tables, and say what does not hold.

    Averages, percentages and sentences of arXiv 2311.13657 are set against what its tables give, with what
    the rounding of the printed numbers leaves open. Nothing is run or fetched.

    \b
    Examples:
      gonerd reproduce --check-paper
      gonerd reproduce --check-paper --table table4 --table table7
      gonerd reproduce --check-paper --json > paper.json
    """
    from gonerd_baselines.paper import check_paper, paper_report, paper_text

    checks = check_paper(only=tables)
    if as_json:
        print_json(paper_report(checks))
    else:
        print_text(paper_text(checks))
