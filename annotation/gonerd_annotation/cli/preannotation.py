"""What is shown to annotators beforehand: options of `gonerd annotate export` and `push` alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from gonerd.console import counted, note
from gonerd_annotation.preannotation import PreannotationSource

__all__ = ["note_outgoing", "preannotation_options", "source_from_options"]


def preannotation_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--model`, `--device`, `--with-entities`, `--model-version` and `--no-preannotation`."""
    for option in (
        click.option(
            "--no-preannotation",
            "withheld",
            type=click.FloatRange(0, 1),
            default=0.0,
            show_default=True,
            metavar="SHARE",
            help="Share of documents, drawn by --seed, that is shown no entities, to compare with.",
        ),
        click.option(
            "--model-version",
            metavar="NAME",
            help="Who made these entities, as Label Studio records it; with --with-entities.  "
            "[default: entities]",
        ),
        click.option(
            "--with-entities",
            is_flag=True,
            help="Show the documents' own entities to the annotator as predictions.",
        ),
        click.option("--device", default="cpu", show_default=True, help="Where the model runs."),
        click.option(
            "--model",
            "spec",
            metavar="KIND[:ARGUMENT]",
            help="Show what this model finds: rules, spacy:NAME|PATH, gonerd:PATH, preds:FILE, "
            "or any installed adapter.",
        ),
    ):
        command = option(command)
    return command


def source_from_options(
    *,
    spec: str | None,
    device: str,
    with_entities: bool,
    model_version: str | None,
    withheld: float,
    seed: int,
) -> PreannotationSource:
    """What the options ask for.

    Raises:
        UsageError: an option goes with another one that is not there.
        ConfigError: two exclude each other.
    """
    if model_version is not None and not with_entities:
        raise click.UsageError(
            "--model-version goes with --with-entities; a model's version is its own"
        )
    return PreannotationSource(
        model=spec,
        device=device,
        entities_of=(model_version if model_version is not None else "entities")
        if with_entities
        else None,
        withheld=withheld,
        seed=seed,
    )


def note_outgoing(report: dict[str, Any]) -> None:
    """Say what is shown beforehand, and which texts a browser may show otherwise."""
    if report["model_version"] is not None:
        note(
            f"{report['predicted_entities']:,} predictions of {report['model_version']} go along, "
            f"{counted(report['without_preannotation'], 'document')} shown none"
        )
    if report["predicted_without_subtype"]:
        note(
            f"{report['predicted_without_subtype']:,} MISC entities are not shown: "
            "they have the form of no age, address or telephone number"
        )
    for reason, count in report["unfrozen"].items():
        note(
            f"{counted(count, 'text')} with {reason}: a browser may show them otherwise; import checks"
        )
