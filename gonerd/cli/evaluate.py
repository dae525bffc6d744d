"""`gonerd eval`: a model on a split, scored on all gold."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import print_json, print_text
from gonerd.options import dataset_option

__all__ = ["evaluate"]


@click.command("eval")
@click.option(
    "--model",
    "spec",
    required=True,
    metavar="KIND[:ARGUMENT]",
    help="rules, spacy:NAME|PATH, gonerd:PATH, preds:FILE, or any installed adapter.",
)
@dataset_option
@click.option("--split", default="test", show_default=True, help="A split, or 'all'.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The folder of the run."
)
@click.option("--device", default="cpu", show_default=True, help="Where the model runs.")
@click.option(
    "--batch-size", type=click.IntRange(1), default=None, help="Left to the adapter if not given."
)
@click.option(
    "--max-len", type=click.IntRange(1), default=None, help="Cut the input, in the model's units."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the bootstrap.")
@click.option("--force", is_flag=True, help="Replace the run if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def evaluate(
    spec: str,
    dataset: str | None,
    split: str,
    out: Path,
    device: str,
    batch_size: int | None,
    max_len: int | None,
    seed: int,
    force: bool,
    as_json: bool,
) -> None:
    """Evaluate a model: result.json and predictions.jsonl.zst in one folder.

    Every gold entity counts, also those that the model could not reach.

    \b
    Examples:
      gonerd eval --model rules --dataset sample --out runs/rules
      gonerd eval --model preds:runs/rules/predictions.jsonl.zst --dataset sample --out runs/again
    """
    from gonerd.adapters import AdapterOptions, adapter_from_spec
    from gonerd.dataset import dataset_or_default
    from gonerd.evaluation import evaluate_model
    from gonerd.evaluation.terminal import summary_of

    options = AdapterOptions(device=device, batch_size=batch_size, max_len=max_len)
    result = evaluate_model(
        adapter_from_spec(spec, options),
        out,
        dataset=dataset_or_default(dataset),
        split=split,
        command=click.get_current_context().obj,
        seed=seed,
        overwrite=force,
    )
    if as_json:
        print_json(result)
    else:
        print_text(summary_of(result))
        print_text(f"\nwritten to {out}")
