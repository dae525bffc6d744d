"""`gonerd sample`."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import note, print_json, print_text

__all__ = ["sample"]


@click.command()
@click.argument("documents")
@click.option(
    "--n",
    type=click.IntRange(1),
    default=2237,
    show_default=True,
    help="Documents to draw; the paper has 2237.",
)
@click.option(
    "--weight",
    "weights",
    metavar="KIND=SHARE",
    multiple=True,
    help="Share of a kind of source, as justice=0.25; repeatable.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the draw.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, allow_dash=True),
    required=True,
    help="File for the drawn documents.",
)
@click.option("--force", is_flag=True, help="Replace --out where it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print counts as one JSON object.")
def sample(
    documents: str,
    n: int,
    weights: tuple[str, ...],
    seed: int,
    out: Path,
    force: bool,
    as_json: bool,
) -> None:
    """Draw documents so that each kind of source has its share.

    The same documents in any order and the same seed give the same file. Where there are too few
    documents of a kind, fewer are drawn, and the shares stay.

    \b
    Examples:
      gonerd sample clean/documents.jsonl --n 2237 --weight justice=0.25 --seed 0 --out sample.jsonl
      gonerd sample clean/documents.jsonl --n 100 --out sample.jsonl --force
    """
    from gonerd.records import read_documents, write_documents
    from gonerd_scraper.sampling import sample_documents

    drawn = sample_documents(
        read_documents(documents), n=n, weights=dict(map(_weight, weights)), seed=seed
    )
    write_documents(out, drawn.documents, overwrite=force)
    counts = ", ".join(
        f"{count} of {drawn.available.get(kind, 0)} {kind}" for kind, count in drawn.drawn.items()
    )
    if drawn.short:
        note(
            f"asked for {n} documents; {len(drawn.documents)} is the most that keeps the shares ({counts})"
        )
    if as_json:
        print_json(
            {
                "asked": n,
                "documents": len(drawn.documents),
                "drawn": dict(drawn.drawn),
                "available": dict(drawn.available),
                "seed": seed,
            }
        )
    elif str(out) != "-":
        print_text(f"{len(drawn.documents)} documents ({counts}): {out}")


def _weight(option: str) -> tuple[str, float]:
    kind, _, share = option.partition("=")
    try:
        return kind, float(share)
    except ValueError:
        raise click.UsageError(
            f"--weight {option!r}: expected KIND=SHARE, as justice=0.25"
        ) from None
