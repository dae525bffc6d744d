"""`gonerd demo`: the main job, all the way, on the embedded sample newsroom."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from contextlib import nullcontext, redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from gonerd.cli.main import EXTRAS, invoke
from gonerd.cli.steps import Step, demo_steps, served
from gonerd.console import note, print_json, print_text
from gonerd.errors import ExtraError, OutputError
from gonerd.files import read_json, write_json

__all__ = ["demo"]

STATE_FILE = "demo.json"
SPACE_NEEDED_MIB = 200
DEMO_EXTRAS = ("scrape", "figures", "train", "leaderboard")

WHAT_LIES_WHERE = {
    "leaderboard/index.html": "the leaderboard: open it in a browser",
    "stats": "Tables 1, 9 and 10, and the length figure as PNG",
    "gonerd": "the dataset: in this folder, load_dataset('gonerd') opens it",
    "gonerd/README.md": "its card",
    "crawl/archive": "every response as it came, in WARC",
    "crawl/manifest.jsonl": "a row for each document: address, place in the WARC, hashes",
    "crawl/rejected.jsonl": "every page that gave no document, with the reason",
    "clean/rejected.jsonl": "every document that was filtered out, with the reason",
    "annotation/tasks.json": "what Label Studio imports",
    "annotation/export.json": "what Label Studio would export",
    "model": "the tagger, trained from scratch",
    "runs": "the evaluations: result.json and predictions.jsonl.zst",
}


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The folder for everything."
)
@click.option(
    "--articles",
    type=click.IntRange(40),
    default=560,
    show_default=True,
    help="Articles of the newsroom.",
)
@click.option(
    "--documents",
    type=click.IntRange(20),
    default=420,
    show_default=True,
    help="Documents to sample for the dataset.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Of everything with chance in it."
)
@click.option(
    "--train-seconds",
    type=click.IntRange(1),
    default=60,
    show_default=True,
    help="Time limit of the training.",
)
@click.option(
    "--force", is_flag=True, help="Throw an earlier demo in the folder away and start anew."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was made as one JSON object.")
def demo(
    out: Path,
    articles: int,
    documents: int,
    seed: int,
    train_seconds: int,
    force: bool,
    as_json: bool,
) -> None:
    """Go the whole way on a fictional web: scrape, clean, annotate, build, train, evaluate, rank.

    Every step is a public command and is shown as you would type it. Interrupted, the same command
    goes on where it stopped. All sites and people are invented; the figures say nothing about real text.

    \b
    Examples:
      gonerd demo --out demo
      gonerd demo --out small --articles 80 --documents 60 --train-seconds 10
    """
    _require_packages()
    parameters = {
        "articles": articles,
        "documents": documents,
        "seed": seed,
        "train_seconds": train_seconds,
    }
    _prepare(out, parameters, force)
    steps = demo_steps(
        out, articles=articles, documents=documents, seed=seed, train_seconds=train_seconds
    )
    begin = time.perf_counter()
    for number, step in enumerate(steps, start=1):
        _run(step, f"[{number}/{len(steps)}]", articles, seed)
    seconds = time.perf_counter() - begin
    if as_json:
        print_json(_record(out, parameters, seconds))
    else:
        print_text(_summary(out, seconds))


def _require_packages() -> None:
    """Say before the first step what a later one would miss."""
    needed = [package for extra in DEMO_EXTRAS for package in EXTRAS[extra]]
    missing = [package for package in needed if find_spec(package) is None]
    if missing:
        raise ExtraError(
            f"the demo needs {', '.join(missing)}: install them with pip install 'gonerd[demo]'"
        )


def _prepare(out: Path, parameters: dict[str, Any], force: bool) -> None:
    """Make the folder ours, or refuse with a reason: nothing that is not a demo's is ever removed."""
    state = out / STATE_FILE
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file, a folder was expected")
    if out.is_dir() and any(out.iterdir()) and not state.is_file():
        raise OutputError(f"{out} holds something that is no demo; give another folder")
    if state.is_file() and force:
        shutil.rmtree(out)
    if state.is_file():
        found = read_json(state)
        if found != parameters:
            raise OutputError(
                f"{out} holds a demo with {_phrase(found)}; --force replaces it, "
                f"the same options go on with it"
            )
    out.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(out).free // 2**20
    if free < SPACE_NEEDED_MIB:
        raise OutputError(f"{out} has {free} MiB of disk left, {SPACE_NEEDED_MIB} MiB are needed")
    if not state.is_file():
        write_json(state, parameters)


def _run(step: Step, place: str, articles: int, seed: int) -> None:
    if step.done:
        note(f"{place} {step.title}: done before")
        return
    newsroom = served(articles=articles, seed=seed) if step.needs_newsroom else nullcontext("")
    note(f"\n{place} {step.title}")
    begin = time.perf_counter()
    with newsroom as address, redirect_stdout(sys.stderr):
        words = [argument.format(address=address) for argument in step.arguments]
        note(f"$ gonerd {shlex.join(words)}")
        invoke(words)
    note(f"{place} took {time.perf_counter() - begin:.1f} s")


def _phrase(parameters: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in parameters.items())


def _record(out: Path, parameters: dict[str, Any], seconds: float) -> dict[str, Any]:
    made = {name: what for name, what in WHAT_LIES_WHERE.items() if (out / name).exists()}
    return {
        "folder": str(out),
        "seconds": round(seconds, 1),
        "parameters": parameters,
        "made": made,
    }


def _summary(out: Path, seconds: float) -> str:
    width = max(map(len, WHAT_LIES_WHERE))
    rows = [f"  {name:{width}}  {what}" for name, what in WHAT_LIES_WHERE.items()]
    return "\n".join(
        [
            f"\nDone in {seconds:.0f} s. In {out}:",
            *rows,
            "",
            f"  cd {shlex.quote(str(out))} && python -c "
            "\"from datasets import load_dataset; print(load_dataset('gonerd'))\"",
            "",
            "All of it is a synthetic sample newsroom: its figures say nothing about real text.",
        ]
    )
