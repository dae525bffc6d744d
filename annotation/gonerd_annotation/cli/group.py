"""`gonerd annotate`: documents to Label Studio and back."""

from __future__ import annotations

from importlib import import_module

import click

__all__ = ["annotate"]

_COMMANDS = {
    "config": "config:config",
    "export": "export:export",
    "push": "push:push",
    "pull": "pull:pull",
    "import": "intake:import_",
    "simulate": "simulate:simulate",
    "agree": "agree:agree",
    "adjudicate": "adjudicate:adjudicate",
    "report": "report:report",
}
"""Module and command by name; a module is imported when its command is asked for: help comes at once."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click names the arguments
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        found = getattr(import_module(f"gonerd_annotation.cli.{module}"), name)
        assert isinstance(found, click.Command)
        return found


@click.group(cls=_Commands)
def annotate() -> None:
    """Send documents to annotators in Label Studio and bring them back.

    \b
    Examples:
      gonerd annotate config > label_config.xml
      gonerd annotate export sample.jsonl --out tasks.json
      gonerd annotate import export.json --documents sample.jsonl --out annotated.jsonl
      gonerd annotate agree anna.json berg.json --documents sample.jsonl
    """
