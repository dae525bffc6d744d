"""`gonerd eval`: a model on a split, scored on all gold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gonerd.console import print_json, print_text
from gonerd.options import dataset_option

__all__ = ["evaluate", "report"]


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
        print_text(report(result))
        print_text(f"\nwritten to {out}")


def report(result: dict[str, Any]) -> str:
    """A result as a person likes to read it on a terminal."""
    data, scores, coverage, cost = (
        result[k] for k in ("dataset", "scores", "coverage", "efficiency")
    )
    model = result["model"]
    lines = [
        f"{model['kind']}:{model['id']} on {data['id']} {data['split']}: "
        f"{data['n_docs']:,} documents, {data['gold_total']:,} gold entities",
        "",
        *score_lines(scores),
        "",
        f"reachable gold {_percent(coverage['gold_reachable'], data['gold_total'])}, "
        f"{coverage['docs_truncated']} documents cut, "
        f"{coverage['n_misaligned']} predictions off token boundaries",
        f"{cost['documents_per_s']:,.1f} documents/s, {cost['tokens_per_s']:,.0f} tokens/s "
        f"on {cost['hardware']}",
    ]
    return "\n".join([*lines, *([data["notice"]] if data["notice"] else [])])


def score_lines(scores: dict[str, Any]) -> list[str]:
    """The `scores` object as a table."""
    full = scores["full"]
    low, high = full["ci"]["f1"]
    rows = [("all", full), *full["by_type"].items()]
    rows += [(name, entry) for name, entry in full["by_source"].items() if name]
    window, compat = scores["common_window_4096"], scores["paper_compat"]
    return [
        f"{'':10}{'P':>8}{'R':>8}{'F1':>8}{'gold':>9}",
        *(
            f"{name:10}{entry['precision']:8.3f}{entry['recall']:8.3f}{entry['f1']:8.3f}"
            f"{entry['tp'] + entry['fn']:9,}"
            for name, entry in rows
        ),
        "",
        f"F1 {full['f1']:.3f}, 95% interval {low:.3f} to {high:.3f} (bootstrap over documents)",
        f"F1 in the common window {window['f1']:.3f}; as the paper took it (seqeval) {compat['f1']:.3f}",
    ]


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "none"
