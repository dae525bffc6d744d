"""`gonerd convert`: full attention into an efficient one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gonerd.console import print_json, print_text
from gonerd_baselines.cli.conversion_options import conversion_options

__all__ = ["convert"]

TARGETS = ("longformer", "bigbird", "lsg", "nystromformer")
SPARSITY_TYPES = ("none", "norm", "pooling", "stride", "block_stride", "lsh", "bos_pooling")


class _PerLayer(click.ParamType[Any]):
    """A number, or one for each layer with commas between."""

    name = "NUMBER[,NUMBER...]"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        try:
            numbers = tuple(int(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is no number, nor numbers with commas between", param, ctx)
        return numbers if len(numbers) > 1 else numbers[0]


@click.command()
@click.option(
    "--to", type=click.Choice(TARGETS), required=True, help="The attention that it is to have."
)
@conversion_options
@click.option(
    "--attention-window",
    type=_PerLayer(),
    help="Longformer: tokens seen on both sides together, for all layers or for each.  [default: 512]",
)
@click.option(
    "--block-size",
    type=click.IntRange(1),
    help="BigBird and LSG: tokens of a block.  [default: 64 and 128]",
)
@click.option(
    "--num-random-blocks",
    type=click.IntRange(0),
    help="BigBird: random blocks that a row sees.  [default: 3]",
)
@click.option(
    "--mode",
    type=click.Choice(["hf-eval", "random"]),
    help="BigBird: as transformers evaluates it, or with random blocks by --seed.  [default: hf-eval]",
)
@click.option(
    "--sparsity-type",
    type=click.Choice(SPARSITY_TYPES),
    help="LSG: how sparse tokens are made.  [default: norm]",
)
@click.option(
    "--sparsity-factor",
    type=click.IntRange(0),
    help="LSG: tokens that a sparse token stands for.  [default: 2]",
)
@click.option(
    "--sparse-block-size",
    type=click.IntRange(0),
    help="LSG: sparse tokens seen on either side.  [default: 128]",
)
@click.option(
    "--num-global-tokens",
    type=click.IntRange(1, 512),
    help="LSG: learned tokens before each document.  [default: 1]",
)
@click.option(
    "--num-landmarks",
    type=click.IntRange(1),
    help="Nystromformer: landmarks of a document.  [default: 64]",
)
@click.option(
    "--conv-kernel-size",
    type=click.IntRange(1),
    help="Nystromformer: tokens that its convolution spans, an odd number.  [default: 65]",
)
def convert(
    to: str,
    source: str,
    max_len: int,
    out: Path,
    head: str,
    seed: int,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Make a long-document model of one with full attention (RoBERTa, XLM-R, CamemBERT, BERT).

    All that it has learned is copied, positions are repeated up to --max-len tokens, and a report says
    what is copied and what is new; it is saved as convert.json beside the model, which plain transformers
    opens. On short documents, where the mathematics says so, the new model has to compute what the old one
    does: if it doesn't, nothing is written.

    \b
    Examples:
      gonerd convert --from roberta-base --to longformer --out longformer
      gonerd convert --from roberta-base --to lsg --sparsity-type pooling --out lsg
      gonerd convert --from models/bert-ner --to bigbird --max-len 2048 --out bigbird-ner --json
    """
    from gonerd_baselines.encoder.conversion_folder import convert_folder

    report = convert_folder(
        source,
        out,
        to=to,
        max_len=max_len,
        head=head,
        options={name: value for name, value in options.items() if value is not None},
        seed=seed,
        overwrite=force,
    )
    if as_json:
        print_json(report.as_json())
    else:
        print_text(report.as_text())
