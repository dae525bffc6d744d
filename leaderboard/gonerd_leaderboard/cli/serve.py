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
@click.option(
    "--dataset",
    "datasets",
    multiple=True,
    help="Show the gold and the texts of this dataset, too, on this machine alone: a built folder, a Hub "
    "id, a corpus file; repeatable.",
)
@click.option(
    "--verified",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Of submissions: what 'gonerd verify --record FILE' found.",
)
@click.option(
    "--reported",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Of submissions: tables of figures that were reported elsewhere.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the address as one JSON object.")
def serve(
    folder: Path,
    port: int,
    datasets: tuple[str, ...],
    verified: Path | None,
    reported: Path | None,
    as_json: bool,
) -> None:
    """Show a page on this machine until Ctrl-C: a built one, or one built from submissions.

    Of submissions the page is built again when they have changed, as soon as somebody looks at it. Texts
    that a page may not pass on are read from --dataset; nothing is written into the page.

    \b
    Examples:
      gonerd leaderboard serve page --dataset gonerd
      gonerd leaderboard serve submissions --port 8000 --reported leaderboard/reported
    """
    from gonerd.errors import ConfigError
    from gonerd_leaderboard.filling import Filling
    from gonerd_leaderboard.page import at_hand
    from gonerd_leaderboard.serving import BuiltPage, LivePage, holds_page, page_server

    filling = Filling(at_hand(datasets)) if datasets else None
    built = holds_page(folder)
    if built and (verified or reported):
        raise ConfigError(
            f"{folder} is a built page; --verified and --reported are for submissions"
        )
    with TemporaryDirectory() as temporary:
        page = (
            BuiltPage(folder)
            if built
            else LivePage(
                folder,
                Path(temporary),
                datasets=datasets,
                verified=verified,
                reported=reported,
                note=note,
            )
        )
        with page_server(page, filling=filling, port=port) as server:
            address = f"http://127.0.0.1:{server.server_port}/"
            if as_json:
                print_json({"url": address})
            else:
                print_text(address)
            note("Ctrl-C stops it")
            with suppress(KeyboardInterrupt):
                server.serve_forever()
