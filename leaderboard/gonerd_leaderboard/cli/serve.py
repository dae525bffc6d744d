"""`gonerd leaderboard serve`: the page in your own browser."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from gonerd.console import note, print_json, print_text

__all__ = ["serve"]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="PAGE_OR_SUBMISSIONS")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="The port on 127.0.0.1; 0 takes a free one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the address as one JSON object.")
def serve(folder: Path, port: int, as_json: bool) -> None:
    """Show a page on this machine until Ctrl-C: a built one, or one built from submissions.

    \b
    Examples:
      gonerd leaderboard serve page
      gonerd leaderboard serve submissions --port 8000
    """
    from gonerd_leaderboard.page import build_page
    from gonerd_leaderboard.serving import holds_page, page_server

    with TemporaryDirectory() as temporary:
        if not holds_page(folder):
            folder = build_page(folder, Path(temporary) / "page").path
        with page_server(folder, port=port) as server:
            address = f"http://127.0.0.1:{server.server_port}/"
            if as_json:
                print_json({"url": address})
            else:
                print_text(address)
            note("Ctrl-C stops it")
            with suppress(KeyboardInterrupt):
                server.serve_forever()
