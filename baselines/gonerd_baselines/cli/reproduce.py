"""`gonerd reproduce`: the paper's tables made anew, and what of the paper can't be had again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gonerd.console import note, print_json, print_text

if TYPE_CHECKING:
    from gonerd_baselines.reproduction.reproducing import Reproduction

__all__ = ["reproduce"]

_PRINTED = [f"table{number}" for number in range(1, 12)]
_MADE = [f"table{number}" for number in (2, 3, 4, 5, 6, 7, 8, 11)] + ["companion", "all"]


@click.command()
@click.argument("names", nargs=-1, metavar="[TABLE]...", type=click.Choice(_MADE))
@click.option(
    "--check-paper",
    is_flag=True,
    help="Run nothing: compute the paper's figures anew from its own printed tables.",
)
@click.option(
    "--table",
    "tables",
    multiple=True,
    type=click.Choice(_PRINTED),
    metavar="NAME",
    help="With --check-paper: only what follows from table1, ... or table11; repeatable.  [default: all]",
)
@click.option(
    "--scale",
    default="tiny",
    show_default=True,
    metavar="NAME|FILE",
    help="tiny, small, small-gpu, paper, or a TOML file of one's own.",
)
@click.option(
    "--texts",
    multiple=True,
    metavar="ROLE=PLACE",
    help="Texts to learn from, by the scale's roles; may be repeated, also for one role.",
)
@click.option(
    "--data",
    multiple=True,
    metavar="TASK=PLACE",
    help="A task's data: gonerd, conll2003, glue/rte, squad, ...; may be repeated.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A key of the scale, as `seeds=[0]` or `distillation.tokens=1000`; may be repeated.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The folder of all tables, their steps and the log.  [default: reproduction-SCALE]",
)
@click.option("--device", help="Where to train and to time: cpu, cuda.  [default: the scale's]")
@click.option(
    "--launch",
    metavar="WORDS",
    help="Start each training by these words, as 'accelerate launch --num_processes 4 -m'.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Trainings that run at the same time, each with its share of the cores.",
)
@click.option(
    "--stop-after",
    type=click.FloatRange(min=0),
    metavar="MINUTES",
    help="Begin no step any more after so long, and write the tables with what there is.",
)
@click.option("--plan", "plan_only", is_flag=True, help="Print the steps, and run none.")
@click.option(
    "--prepare-only",
    is_flag=True,
    help="Run only what reads texts and data, so that the rest can run on a machine without them.",
)
@click.option("--force", is_flag=True, help="Do steps again that have changed.")
@click.option("--json", "as_json", is_flag=True, help="Print checks, plan or result as JSON.")
def reproduce(
    names: tuple[str, ...],
    check_paper: bool,
    tables: tuple[str, ...],
    scale: str,
    texts: tuple[str, ...],
    data: tuple[str, ...],
    settings: tuple[str, ...],
    out: Path | None,
    device: str | None,
    launch: str | None,
    jobs: int,
    stop_after: float | None,
    plan_only: bool,
    prepare_only: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Make the paper's tables anew, each beside what is printed; or check what is printed.

    TABLE is table2, 3, 4, 5, 6, 7, 8, 11, companion (the objectives of arXiv 2310.08797) or all. Tokenizer,
    teachers, conversions, students and fine-tunings are steps that stand once for all tables. An
    interrupted run goes on with the same command; a step that fails stops only what is made of it. With
    --check-paper, averages, percentages and sentences of arXiv 2311.13657 are set against what its own
    tables give.

    \b
    Examples:
      gonerd reproduce table6 --scale tiny --plan
      gonerd reproduce table6 companion --scale tiny --out reproduction
      gonerd reproduce all --scale paper --plan --json > plan.json
      gonerd reproduce --check-paper
      gonerd reproduce --check-paper --table table4 --table table7
      gonerd reproduce --check-paper --json > paper.json
    """
    from gonerd.errors import CheckError, ConfigError

    if check_paper:
        if names:
            raise ConfigError(
                f"--check-paper runs nothing; expected --table {names[0]}, or no flag"
            )
        _check_paper(tables, as_json=as_json)
        return
    if tables or not names:
        raise ConfigError("expected a table to make, table6 for example, or --check-paper")
    from gonerd_baselines.reproduction.plan_text import plan_record, plan_text
    from gonerd_baselines.reproduction.reproducing import plan_reproduction, run_reproduction

    reproduction = plan_reproduction(
        names,
        scale=scale,
        texts=_places(texts, "--texts"),
        data={name: places[-1] for name, places in _places(data, "--data").items()},
        device=device,
        settings=settings,
    )
    folder = out or Path(f"reproduction-{reproduction.scale.name}")
    if prepare_only:
        reproduction = reproduction.prepared_alone()
    if plan_only:
        if as_json:
            print_json(plan_record(reproduction, folder))
        else:
            print_text(plan_text(reproduction, folder))
        return
    for name, why in reproduction.missing.items():
        note(f"{name} is left out: {why}")
    outcome, written = run_reproduction(
        reproduction,
        folder,
        launch=launch,
        jobs=jobs,
        force=force,
        stop_after=None if stop_after is None else 60 * stop_after,
        note=note,
    )
    if as_json:
        print_json(
            {
                "folder": str(folder),
                "written": [str(path) for path in written],
                "kept": outcome.kept,
                "failed": outcome.failed,
                "not_begun": outcome.stopped,
                "waiting": outcome.waiting,
                "left_out": dict(reproduction.missing),
            }
        )
    else:
        _print_tables(reproduction, written)
    note(f"{folder}: {outcome.summary()}")
    if outcome.failed:
        name, why = next(iter(outcome.failed.items()))
        raise CheckError(f"{outcome.summary()}; {name}: {why}")


def _print_tables(reproduction: Reproduction, written: list[Path]) -> None:
    texts = [path.read_text(encoding="utf-8") for path in written if path.suffix == ".txt"]
    print_text("\n\n".join(texts).rstrip() or f"{len(reproduction.plan.steps)} steps are done")


def _places(words: tuple[str, ...], option: str) -> dict[str, list[str]]:
    from gonerd.errors import ConfigError

    found: dict[str, list[str]] = {}
    for word in words:
        name, equals, place = word.partition("=")
        if not equals or not place:
            raise ConfigError(f"{option} {word!r}: expected NAME=PLACE")
        found.setdefault(name, []).append(place)
    return found


def _check_paper(tables: tuple[str, ...], *, as_json: bool) -> None:
    from gonerd_baselines.paper import check_paper, paper_report, paper_text

    checks = check_paper(only=tables)
    if as_json:
        print_json(paper_report(checks))
    else:
        print_text(paper_text(checks))
