"""`gonerd annotate`: documents to Label Studio and back."""

from __future__ import annotations

import click

from gonerd_annotation.cli.adjudicate import adjudicate
from gonerd_annotation.cli.agree import agree
from gonerd_annotation.cli.config import config
from gonerd_annotation.cli.export import export
from gonerd_annotation.cli.intake import import_
from gonerd_annotation.cli.pull import pull
from gonerd_annotation.cli.push import push
from gonerd_annotation.cli.report import report
from gonerd_annotation.cli.simulate import simulate

__all__ = ["annotate"]


@click.group()
def annotate() -> None:
    """Send documents to annotators in Label Studio and bring them back.

    \b
    Examples:
      gonerd annotate config > label_config.xml
      gonerd annotate export sample.jsonl --out tasks.json
      gonerd annotate import export.json --documents sample.jsonl --out annotated.jsonl
      gonerd annotate agree anna.json berg.json --documents sample.jsonl
    """


for command in (config, export, push, pull, import_, simulate, agree, adjudicate, report):
    annotate.add_command(command)
