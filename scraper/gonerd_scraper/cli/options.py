"""Options that several commands of the corpus share, each defined once."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.options import takedown_option

__all__ = [
    "connect_to_option",
    "delay_option",
    "documents_argument",
    "draw_seed_option",
    "force_option",
    "json_option",
    "plain_option",
    "settings_option",
    "takedown_option",
    "timeout_option",
    "user_agent_option",
    "workers_option",
]

documents_argument = click.argument(
    "documents", type=click.Path(path_type=Path, allow_dash=True), nargs=-1, required=True
)

connect_to_option = click.option(
    "--connect-to",
    metavar="HOST:PORT",
    help="Make every connection to this address, whatever the URLs name.",
)

delay_option = click.option(
    "--delay", type=float, help="Seconds between requests to one host.  [default: 1]"
)

timeout_option = click.option(
    "--timeout", type=float, help="Seconds that one request may take.  [default: 30]"
)

user_agent_option = click.option(
    "--user-agent", help="What requests call themselves; name and contact."
)

workers_option = click.option(
    "--workers", type=click.IntRange(1), help="Processes that extract text.  [default: 2]"
)

settings_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="TOML file with any of the settings; options win.",
)

draw_seed_option = click.option(
    "--seed", type=int, default=0, show_default=True, help="Seed of the draw."
)

plain_option = click.option(
    "--plain", is_flag=True, help="Write documents.jsonl instead of documents.jsonl.zst."
)

force_option = click.option("--force", is_flag=True, help="Replace --out where it exists.")

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the report as one JSON object."
)
