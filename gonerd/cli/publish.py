"""`gonerd publish`: a dataset folder to the Hub."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gonerd.console import note, print_json, print_text
from gonerd.options import dataset_option, takedown_option

__all__ = ["publish"]


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@dataset_option
@click.option("--repo-id", metavar="NAMESPACE/NAME", required=True, help="The repository.")
@click.option(
    "--private", is_flag=True, help="Make the repository private, and refuse one that is not."
)
@click.option(
    "--create-pr", is_flag=True, help="Open a pull request instead of changing main; no tag."
)
@click.option(
    "--annotations-only",
    is_flag=True,
    help="Withhold the texts: only ids, addresses, hashes and offsets go.",
)
@click.option(
    "--manifest",
    type=click.Path(path_type=Path),
    help="With --annotations-only: the crawl's manifest, so that a rebuild finds pages in archives.",
)
@takedown_option
@click.option(
    "--dry-run", is_flag=True, help="Audit, say what would be uploaded, and ask the Hub nothing."
)
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as one JSON object.")
def publish(
    folder: Path | None,
    dataset: str | None,
    repo_id: str,
    private: bool,
    create_pr: bool,
    annotations_only: bool,
    manifest: Path | None,
    takedown_files: tuple[Path, ...],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Publish a dataset on the Hub: one commit, the tag of its version, and a look at what arrived.

    FOLDER is one that 'gonerd build' wrote; --dataset names it as well.

    A dataset that fails its audit is refused, and so is a version that is tagged already. The token comes
    from HF_TOKEN or 'hf auth login'. The same command goes on after an interruption. HF_ENDPOINT names
    another Hub.

    \b
    Examples:
      gonerd publish gonerd --repo-id me/gonerd --dry-run
      gonerd publish gonerd --repo-id me/gonerd --private
      gonerd publish gonerd --repo-id me/gonerd-annotations --annotations-only --manifest crawl/manifest.jsonl
    """
    from gonerd.dataset.hub_writing import require_repo_id
    from gonerd.dataset.places import named_folder
    from gonerd.dataset.publication import prepared
    from gonerd.dataset.publishing import publish as publish_dataset
    from gonerd.takedown import Takedown

    if manifest is not None and not annotations_only:
        raise click.UsageError("--manifest goes with --annotations-only")
    require_repo_id(repo_id)
    _quiet_bars()
    takedown = Takedown.read(takedown_files)
    with prepared(
        named_folder(folder, dataset),
        audit=_problems,
        takedown=takedown,
        annotations_only=annotations_only,
        manifest=manifest,
    ) as publication:
        if dry_run:
            if as_json:
                print_json({"repo_id": repo_id, "dry_run": True, **publication.as_json()})
                return
            for file in publication.files:
                print_text(f"{file.size:>14,}  {file.name}")
            total = sum(file.size for file in publication.files)
            target = "a pull request to " if create_pr else ""
            tag = "no tag" if create_pr else f"tag {publication.tag}"
            print_text(
                f"{total:>14,}  bytes would go to {target}{repo_id}, {tag}; nothing was sent"
            )
            return
        published = publish_dataset(
            publication, repo_id, private=private, create_pr=create_pr, note=note
        )
    if as_json:
        print_json(published.as_json())
    elif published.pull_request:
        print_text(
            f"{published.pull_request} waits with {published.commit[:12]}; once it is merged, the same "
            "command without --create-pr sets the tag"
        )
    else:
        kind = "private" if published.private else "public"
        print_text(f"{repo_id} ({kind}) has {published.tag}, loaded back and found the same")


def _quiet_bars() -> None:
    """Progress bars of the libraries, too, only on a terminal."""
    if sys.stderr.isatty():
        return
    import datasets
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

    disable_progress_bars()
    datasets.disable_progress_bars()


def _problems(folder: Path) -> list[str]:
    """What `gonerd audit` would fail the dataset for."""
    from gonerd.audit import audit_dataset

    return [
        finding.said
        for check in audit_dataset(folder).failed
        for finding in check.findings
        if finding.fails
    ]
