"""`gonerd eval`: a model on a split, scored on all gold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gonerd.cli.model_options import ModelChoice, model_options
from gonerd.cli.options import replicates_option
from gonerd.console import counted, note, print_json, print_text
from gonerd.errors import CheckError, ConfigError
from gonerd.options import dataset_option

__all__ = ["evaluate"]


@click.command("eval")
@model_options
@dataset_option
@click.option(
    "--id",
    "model_id",
    metavar="[NAMESPACE/]NAME",
    help="What the result calls a model of this machine.  [default: its folder's name]",
)
@click.option(
    "--teacher",
    metavar="[NAMESPACE/]NAME[@REVISION]",
    help="The id of the model that it was distilled from.  [default: what its files say]",
)
@click.option("--split", default="test", show_default=True, help="A split, or 'all'.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The folder of the run."
)
@click.option(
    "--perturb",
    metavar="KIND[:RATE]",
    default=None,
    help="Change the texts first: typos, case, ocr or names; RATE is the share of words.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of the bootstrap, and of what --perturb draws.",
)
@replicates_option
@click.option(
    "--report", metavar="FILE.html", help="Write one self-contained page with figures there, too."
)
@click.option("--no-cost", is_flag=True, help="Time nothing at fixed lengths.")
@click.option(
    "--allow-failures", is_flag=True, help="Exit 0 although the model failed at documents."
)
@click.option(
    "--force", is_flag=True, help="Replace the run if it exists, and begin an unfinished one anew."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def evaluate(
    model: ModelChoice,
    dataset: str | None,
    model_id: str | None,
    teacher: str | None,
    split: str,
    out: Path,
    perturb: str | None,
    seed: int,
    replicates: int,
    report: str | None,
    no_cost: bool,
    allow_failures: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Evaluate a model: result.json and predictions.jsonl.zst in one folder.

    Every gold entity counts, also those that the model could not reach. An option that the model has
    no use for is refused. A run that was interrupted goes on with the same command. Where a document
    makes the model fail, all of it counts as missed, and the exit status is 1 in the end.

    \b
    Examples:
      gonerd eval --model rules --dataset sample --out runs/rules
      gonerd eval --model preds:runs/rules/predictions.jsonl.zst --dataset sample --out runs/again
      gonerd eval --model rules --dataset sample --out runs/typos --perturb typos:0.2 --report typos.html
      gonerd eval --model gonerd:student --id acme/student --teacher acme/teacher --out runs/student
      torchrun --standalone --nproc-per-node 2 -m gonerd.cli.main eval --model rules --out runs/two
    """
    from gonerd.dataset import dataset_or_default
    from gonerd.evaluation import evaluate_model
    from gonerd.evaluation.cost import CostPlan
    from gonerd.evaluation.model_names import ModelNames
    from gonerd.evaluation.perturbing import perturbation_from_argument
    from gonerd.evaluation.processes import Processes
    from gonerd.evaluation.report import report_html
    from gonerd.evaluation.terminal import summary_of
    from gonerd.files import require_file_to_write, write_text

    if report is not None:
        if report == "-":
            raise ConfigError(
                "--report writes a page beside what is printed; expected a file, found -"
            )
        require_file_to_write(Path(report), overwrite=force)
    names = ModelNames(model_id, teacher)
    processes = Processes.of_environment()
    perturbation = perturbation_from_argument(perturb, seed=seed)
    result = evaluate_model(
        model.adapter(device=processes.device(model.device)),
        out,
        dataset=dataset_or_default(dataset),
        split=split,
        command=click.get_current_context().obj,
        seed=seed,
        replicates=replicates,
        overwrite=force,
        perturbation=perturbation,
        cost=None if no_cost else CostPlan(),
        names=names,
    )
    if not processes.is_first:
        return
    if report is not None:
        write_text(Path(report), report_html(result), overwrite=force)
        note(f"report written to {report}")
    if as_json:
        print_json(result)
    else:
        print_text(summary_of(result))
        print_text(f"\nwritten to {out}")
    if not allow_failures:
        _require_no_failures(result)


def _require_no_failures(result: dict[str, Any]) -> None:
    failed = result["coverage"]["failed_docs"]
    if failed:
        raise CheckError(
            f"the model failed at {len(failed)} of {counted(result['dataset']['n_docs'], 'document')}, "
            f"which count as missed; the first is {failed[0]!r}, and the predictions' lines say why "
            f"(--allow-failures accepts that)"
        )
