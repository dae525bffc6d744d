"""`gonerd report`: a finished run again, on the terminal, as a page, or in the forms that others read."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from gonerd.console import note, print_json, print_text
from gonerd.errors import ConfigError

__all__ = ["report"]

FORMS = ("model-index", "hub", "every-eval-ever", "csv", "latex")


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--html", metavar="FILE.html", help="Write one self-contained page with figures there."
)
@click.option(
    "--as",
    "form",
    type=click.Choice(FORMS),
    help="Write the result for a model card, the Hub, Every Eval Ever, a spreadsheet or a paper.",
)
@click.option("--out", metavar="FILE", help="Where --as writes; standard output without it.")
@click.option(
    "--hub-dataset",
    metavar="NAMESPACE/NAME",
    help="The dataset's name on the Hub, for model-index, hub and every-eval-ever.",
)
@click.option("--force", is_flag=True, help="Replace the files if they exist.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def report(
    run: Path,
    html: str | None,
    form: str | None,
    out: str | None,
    hub_dataset: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Show the result of a run that 'gonerd eval' wrote: RUN is its folder, or a result.json.

    The result is held against its schema first. It may come from anywhere: everything of it that is
    shown or written is escaped.

    \b
    Examples:
      gonerd report run
      gonerd report run --html report.html
      gonerd report run --as model-index --hub-dataset acme/gonerd
      gonerd report run --as csv --out scores.csv
    """
    from gonerd.evaluation.exports import exported
    from gonerd.evaluation.exports.form import Form
    from gonerd.evaluation.report import report_html
    from gonerd.evaluation.schema import read_result
    from gonerd.evaluation.terminal import summary_of
    from gonerd.files import require_file_to_write, write_text

    if html == "-":
        raise ConfigError("--html writes a page beside what is printed; expected a file, found -")
    if form is None and (out or hub_dataset):
        raise ConfigError(f"{'--out' if out else '--hub-dataset'} goes with --as")
    if form is not None and as_json:
        raise ConfigError("--json and --as both want the output: choose one")
    result = read_result(run)
    inputs = [run / "result.json" if run.is_dir() else run]
    target = Path(out or "-")
    for path in (Path(html) if html else None, target if form else None):
        if path is not None:
            require_file_to_write(path, overwrite=force, inputs=inputs)
    text = exported(result, cast(Form, form), hub_dataset=hub_dataset) if form else ""
    if html:
        write_text(Path(html), report_html(result), overwrite=force)
        note(f"report written to {html}")
    if form:
        write_text(target, text, overwrite=force)
    elif as_json:
        print_json(result)
    else:
        print_text(summary_of(result))
