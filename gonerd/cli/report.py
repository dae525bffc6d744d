"""`gonerd report`: a finished run again, on the terminal, as a page, or in the forms that others read."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from gonerd.console import print_json, print_text
from gonerd.errors import ConfigError

__all__ = ["report"]

FORMS = ("model-index", "hub", "every-eval-ever", "csv", "latex")


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    metavar="FILE.html",
    help="Write one self-contained page with figures there.",
)
@click.option(
    "--as",
    "form",
    type=click.Choice(FORMS),
    help="Write the result for a model card, the Hub, Every Eval Ever, a spreadsheet or a paper.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="-",
    metavar="FILE",
    help="Where --as writes; standard output without it.",
)
@click.option(
    "--hub-dataset",
    metavar="NAMESPACE/NAME",
    help="The dataset's name on the Hub, for model-index, hub and every-eval-ever.",
)
@click.option("--force", is_flag=True, help="Replace the files if they exist.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def report(
    run: Path,
    html: Path | None,
    form: str | None,
    out: Path,
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
    from gonerd.evaluation.report import require_report_to_write, write_report
    from gonerd.evaluation.schema import RESULT_FILE, read_result
    from gonerd.evaluation.terminal import summary_of
    from gonerd.files import require_file_to_write, write_text

    if form is None and (str(out) != "-" or hub_dataset):
        raise ConfigError(f"{'--hub-dataset' if hub_dataset else '--out'} goes with --as")
    if form is not None and as_json:
        raise ConfigError("--json and --as both want the output: choose one")
    result = read_result(run)
    inputs = [run / RESULT_FILE if run.is_dir() else run]
    if html:
        require_report_to_write(html, overwrite=force, inputs=inputs)
    require_file_to_write(out, overwrite=force, inputs=inputs)
    text = exported(result, cast(Form, form), hub_dataset=hub_dataset) if form else ""
    if html:
        write_report(result, html, overwrite=force)
    if form:
        write_text(out, text, overwrite=force)
    elif as_json:
        print_json(result)
    else:
        print_text(summary_of(result))
