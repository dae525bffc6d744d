"""`gonerd extend`: the same full attention for longer documents."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import print_json, print_text
from gonerd_baselines.cli.conversion_options import conversion_options

__all__ = ["extend"]


@click.command()
@conversion_options
def extend(
    source: str,
    max_len: int,
    out: Path,
    head: str,
    seed: int,
    force: bool,
    as_json: bool,
) -> None:
    """Let a model with full attention read longer documents, at a cost that grows with their square.

    Its positions are repeated up to --max-len tokens, all else is copied; this is what efficient attention
    has to be better than (Table 4 of arXiv 2311.13657). The report is saved as convert.json beside the model.

    \b
    Examples:
      gonerd extend --from roberta-base --out roberta-4096
      gonerd extend --from models/bert-ner --max-len 2048 --out bert-ner-2048 --json
    """
    from gonerd_baselines.encoder.conversion_folder import convert_folder

    report = convert_folder(
        source, out, to="full", max_len=max_len, head=head, seed=seed, overwrite=force
    )
    if as_json:
        print_json(report.as_json())
    else:
        print_text(report.as_text())
