"""`gonerd newsroom`: the fictional web, written to files or served on a port."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from gonerd.console import note, print_json, print_text

__all__ = ["newsroom"]

Command = TypeVar("Command", bound=Callable[..., Any])

NOTICE = "The newsroom is fictional: figures made on it say nothing about real text."


def size_options(command: Command) -> Command:
    """Options that say which newsroom is meant."""
    for option in (
        click.option(
            "--seed", type=int, default=0, show_default=True, help="The same seed, the same web."
        ),
        click.option(
            "--articles",
            type=click.IntRange(min=1, max=900_000),
            default=600,
            show_default=True,
            help="Articles; reprints, lists and oddities come on top.",
        ),
    ):
        command = option(command)
    return command


@click.group()
def newsroom() -> None:
    """Make a fictional web of 21 news sites, with gold entities and all that a crawler meets.

    \b
    Examples:
      gonerd newsroom build newsroom --articles 200 --seed 0
      gonerd newsroom serve --articles 200 --seconds 2
      gonerd newsroom gold --articles 200 --out gold.jsonl
    """


@newsroom.command()
@click.argument("folder", type=click.Path(path_type=Path))
@size_options
@click.option("--force", is_flag=True, help="Replace the folder if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def build(folder: Path, articles: int, seed: int, force: bool, as_json: bool) -> None:
    """Write gold.jsonl, truth.jsonl and sources.toml into FOLDER.

    \b
    Examples:
      gonerd newsroom build newsroom --articles 200 --seed 0
      gonerd newsroom build newsroom --articles 200 --force --json
    """
    from gonerd.newsroom.folder import write_newsroom
    from gonerd.newsroom.web import Newsroom

    counts = write_newsroom(Newsroom(articles, seed), folder, overwrite=force)
    note(NOTICE)
    if as_json:
        print_json({"folder": str(folder), **counts})
    else:
        print_text(f"{folder}: {counts['gold']} gold documents, {counts['truth']} addresses")


@newsroom.command()
@size_options
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(min=0, max=65535),
    default=0,
    help="Port to listen on; 0 takes any free one.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write the files of `build` here first."
)
@click.option("--force", is_flag=True, help="Replace the folder of --out if it exists.")
@click.option("--calm", is_flag=True, help="Leave out what costs a crawler time or memory.")
@click.option("--seconds", type=click.FloatRange(min=0), help="Stop by itself after so long.")
@click.option("--json", "as_json", is_flag=True, help="Print the address as JSON.")
def serve(
    articles: int,
    seed: int,
    host: str,
    port: int,
    out: Path | None,
    force: bool,
    calm: bool,
    seconds: float | None,
    as_json: bool,
) -> None:
    """Serve the fictional web over HTTP, by Host header, until interrupted.

    \b
    Examples:
      gonerd newsroom serve --articles 200 --port 8100 --seconds 2
      gonerd newsroom serve --articles 200 --out newsroom --force --seconds 1
    """
    import threading

    from gonerd.newsroom.folder import write_newsroom
    from gonerd.newsroom.server import serving
    from gonerd.newsroom.web import Newsroom

    web = Newsroom(articles, seed, hostile=not calm)
    if out is not None:
        write_newsroom(web, out, overwrite=force)
    note(NOTICE)
    with serving(web, host=host, port=port) as server:
        try:
            if as_json:
                print_json({"address": server.address, "hosts": list(web.hosts)})
            else:
                print_text(server.address)
            threading.Event().wait(seconds)
        except KeyboardInterrupt:
            note(f"{server.requests} requests answered")


@newsroom.command()
@size_options
@click.option(
    "--out", default="-", show_default=True, help="JSON Lines file (.gz, .zst), - is stdout."
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def gold(articles: int, seed: int, out: str, force: bool) -> None:
    """Write the gold documents alone: articles and reprints with their entities.

    \b
    Examples:
      gonerd newsroom gold --articles 20 --out gold.jsonl --force
      gonerd newsroom gold --articles 2
    """
    from gonerd.newsroom.web import Newsroom
    from gonerd.records import write_documents

    count = write_documents(out, Newsroom(articles, seed).gold(), overwrite=force)
    note(f"{count} gold documents. {NOTICE}")


@newsroom.command()
@size_options
@click.option(
    "--vocabulary", type=click.IntRange(300), default=4000, show_default=True, help="Subwords."
)
@click.option("--out", required=True, help="File to write.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def tokenizer(articles: int, seed: int, vocabulary: int, out: str, force: bool) -> None:
    """Train a small byte-level BPE, of RoBERTa's kind, on the articles: a tokenizer.json.

    With 1,000 articles it is the one that ships, by which gonerd build measures the common window.

    \b
    Examples:
      gonerd newsroom tokenizer --articles 1000 --out tokenizer.json
    """
    from gonerd.files import require_file_to_write, write_text
    from gonerd.newsroom.tokenizer import trained_tokenizer

    require_file_to_write(Path(out), overwrite=force)
    text = trained_tokenizer(count=articles, subwords=vocabulary, seed=seed)
    write_text(Path(out), text, overwrite=force)
    note(f"{out}: a tokenizer trained on {articles:,} articles")
