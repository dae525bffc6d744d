"""`gonerd join`: published annotations and rebuilt texts to the whole dataset."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import counted, note, print_json, print_text
from gonerd.options import dataset_option

__all__ = ["join"]


@click.command()
@click.argument("annotations", required=False, type=click.Path(path_type=Path))
@dataset_option
@click.option(
    "--texts",
    required=True,
    help="Documents with the texts, as gonerd rebuild writes them; - is standard input.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write.")
@click.option(
    "--window-tokenizer",
    "window",
    metavar="NAME|PATH",
    help="The tokenizer that measured the common window.  [default: the one that ANNOTATIONS name]",
)
@click.option("--allow-missing", is_flag=True, help="Leave out documents whose text is not there.")
@click.option("--force", is_flag=True, help="Replace the folder if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as one JSON object.")
def join(
    annotations: Path | None,
    dataset: str | None,
    texts: str,
    out: Path,
    window: str | None,
    allow_missing: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Make a dataset whole again that was published without its texts.

    ANNOTATIONS is the folder that gonerd publish --annotations-only made; --dataset names it as well, or
    its Hub id. Texts go by id, and each must be
    the one that was annotated: its SHA-256 says so. The dataset has the fingerprint that was published.

    \b
    Examples:
      gonerd join annotations --texts rebuilt/documents.jsonl --out gonerd
      gonerd join --dataset me/gonerd-annotations --texts rebuilt/documents.jsonl --out gonerd --json
    """
    from gonerd.dataset.joining import join_texts
    from gonerd.dataset.places import named_folder
    from gonerd.files import require_folder_to_write

    folder = named_folder(annotations, dataset)
    require_folder_to_write(out, overwrite=force, inputs=[folder, texts])
    joined = join_texts(
        folder, texts, out, window=window, allow_missing=allow_missing, overwrite=force
    )
    if joined.missing:
        note(
            f"left out: {counted(len(joined.missing), 'document')} without a text; the fingerprint is "
            "another than the published one, so results on it do not compare"
        )
    if joined.unknown:
        note(f"passed over: {counted(joined.unknown, 'text')} that no annotation asks for")
    if as_json:
        print_json(joined.as_json())
        return
    documents = counted(sum(joined.facts.documents.values()), "document")
    print_text(f"{out}: {documents}, fingerprint {joined.facts.fingerprint}")
