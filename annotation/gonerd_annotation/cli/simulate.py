"""`gonerd annotate simulate`."""

from __future__ import annotations

import click

from gonerd.console import note, print_json
from gonerd_annotation.simulation import StandIn, simulate_annotations

__all__ = ["simulate"]


@click.command()
@click.argument("tasks")
@click.option(
    "--gold", required=True, metavar="FILE", help="Gold documents with meta.url, JSON Lines."
)
@click.option("--out", required=True, metavar="FILE", help="Where the export goes, a JSON array.")
@click.option("--annotator", default="stand-in", show_default=True, help="Name in the export.")
@click.option(
    "--error-rate",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Share of entities with a wrong boundary, a wrong label, or missed.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Decides which errors are made."
)
@click.option("--force", is_flag=True, help="Replace an existing file.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as one JSON object.")
def simulate(
    tasks: str,
    gold: str,
    out: str,
    annotator: str,
    error_rate: float,
    seed: int,
    force: bool,
    as_json: bool,
) -> None:
    """Stand in for annotators: put gold entities on TASKS, as Label Studio would export them.

    This shows the way through the annotation step where nobody annotates, as in the demo. NO PERSON
    looks at the texts, so the result says nothing about annotation quality. Tasks without gold are
    rejected; gold entities whose passage is not in the task's text are reported.

    \b
    Examples:
      gonerd annotate simulate tasks.json --gold gold.jsonl --out export.json
      gonerd annotate simulate tasks.json --gold gold.jsonl --out b.json --error-rate 0.1 --seed 7
    """
    stand_in = StandIn(annotator, error_rate, seed)
    report = simulate_annotations(tasks, gold, out, stand_in=stand_in, overwrite=force)
    note(
        f"simulated, no person involved: {report['annotated']} of {report['tasks']} tasks "
        f"annotated, {report['rejected_without_gold']} rejected for want of gold"
    )
    note(
        f"{report['projected']} of {report['gold_entities']} gold entities found in the tasks' "
        f"texts; {report['words_without_gold']} of {report['words']} words have no gold"
    )
    if as_json:
        print_json(report)
