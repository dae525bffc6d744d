"""`gonerd bench`: what models cost, ours and those that people use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gonerd.console import note, print_json, print_text

if TYPE_CHECKING:
    from gonerd_baselines.bench.configuration import Configuration
    from gonerd_baselines.bench.device import Usual

__all__ = ["bench"]


@click.command()
@click.option(
    "--rows",
    metavar="NAME,...",
    help="Rows or groups of rows: baseline, compressed, reference, efficient, extended.  [default: all]",
)
@click.option(
    "--impl",
    default="transformers,sdpa,ours",
    show_default=True,
    metavar="NAME,...",
    help="transformers (its own class and default), sdpa (full attention in it), eager (as the paper), ours.",
)
@click.option(
    "--length",
    "lengths",
    metavar="N,...",
    help="Tokens of a document.  [default: 512,4096; with --documents 4096]",
)
@click.option(
    "--batch",
    type=click.IntRange(1),
    help="Documents of a batch.  [default: 16 on CUDA, 1 on a CPU]",
)
@click.option(
    "--dtype",
    "dtypes",
    metavar="NAME,...",
    help="float32 (TF32 off), bfloat16.  [default: both on CUDA, float32 on a CPU]",
)
@click.option(
    "--head",
    "heads",
    default="token",
    show_default=True,
    metavar="NAME,...",
    help="token (9 labels), mlm (a language model's, as the paper had it).",
)
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda or cuda:N.")
@click.option(
    "--attention-backend",
    default="auto",
    show_default=True,
    help="Of our encoder: auto, dense, sdpa, blocked, flex, varlen.",
)
@click.option(
    "--repeat",
    type=click.IntRange(1),
    help="Timed runs after warm-up.  [default: 10 on CUDA, 3 on a CPU; with --lengths-from 3 and 1]",
)
@click.option(
    "--lengths-from",
    metavar="PLACE",
    help="Time documents of real lengths: 'table-1' (like the paper's), a .txt of numbers, or a dataset.",
)
@click.option(
    "--split", default="test", show_default=True, help="Of the dataset of --lengths-from."
)
@click.option(
    "--tokenizer",
    metavar="NAME_OR_PATH",
    help="Counts the subwords of the dataset's words; without it words count.",
)
@click.option(
    "--documents",
    type=click.IntRange(1),
    help="So many of the real lengths, evenly spread.  [default: all on CUDA, 16 on a CPU]",
)
@click.option(
    "--memory-limit",
    type=click.IntRange(1),
    metavar="MIB",
    help="Address space of a cell's process; beyond it memory counts as full.",
)
@click.option("--threads", type=click.IntRange(1), help="Of torch on the processor.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep cells as they come, tables and figures; the same command goes on where it ended.",
)
@click.option(
    "--stop-after",
    type=click.FloatRange(min=0),
    metavar="MINUTES",
    help="Begin no cell any more after so long; the same command goes on.",
)
@click.option(
    "--paper", is_flag=True, help="Put the paper's figures beside ours, and flag what can't be."
)
@click.option(
    "--check",
    "check_only",
    is_flag=True,
    help="Only compare every attention backend with dense attention; 1 on a difference.",
)
@click.option(
    "--sweep",
    is_flag=True,
    help="After the check, time one layer's attention by backend and block size.",
)
@click.option("--force", is_flag=True, help="Begin anew where --out holds another configuration's.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def bench(
    rows: str | None,
    impl: str,
    lengths: str | None,
    batch: int | None,
    dtypes: str | None,
    heads: str,
    device: str,
    attention_backend: str,
    repeat: int | None,
    lengths_from: str | None,
    split: str,
    tokenizer: str | None,
    documents: int | None,
    memory_limit: int | None,
    threads: int | None,
    out: Path | None,
    stop_after: float | None,
    paper: bool,
    check_only: bool,
    sweep: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Time models and read their memory: the paper's Tables 2 and 4, in transformers and in our encoder.

    Weights are random, in the published sizes: nothing is fetched. Every cell runs in a process of its
    own. On CUDA attention is checked against dense attention before anything is timed.

    \b
    Examples:
      gonerd bench --rows bert-tiny --length 128
      gonerd bench --rows longformer,bigbird --length 4096 --out results
      gonerd bench --device cuda --out results --paper
      gonerd bench --rows longformer --lengths-from table-1 --documents 8
      gonerd bench --check --sweep
    """
    from gonerd.errors import ConfigError
    from gonerd_baselines.bench.configuration import Configuration
    from gonerd_baselines.bench.device import checked_device, usual_of
    from gonerd_baselines.bench.implementation import checked_implementation
    from gonerd_baselines.bench.real_lengths import lengths_from as read_lengths
    from gonerd_baselines.bench.rows import rows_named

    usual = usual_of(checked_device(device))
    if check_only or sweep:
        if stop_after is not None:
            raise ConfigError(
                "--stop-after ends the timing of cells, and --check and --sweep have none"
            )
        _check(device, attention_backend, usual, sweep=sweep, out=out, force=force, as_json=as_json)
        return
    real: tuple[int, ...] = ()
    if lengths_from is not None:
        real = read_lengths(
            lengths_from,
            split=split,
            tokenizer=tokenizer,
            documents=documents or usual.documents,
        )
    configuration = Configuration(
        rows=rows_named(_names(rows)),
        implementations=tuple(map(checked_implementation, _names(impl))),
        lengths=_numbers(lengths or ("4096" if real else "512,4096")),
        batch=batch or usual.batch,
        dtypes=_names(dtypes) or usual.dtypes,
        heads=_names(heads),
        device=device,
        attention_backend=attention_backend,
        repeat=repeat or (usual.passes if real else usual.repeat),
        warm_up=usual.passes_before if real else usual.warm_up,
        real_lengths=real,
        lengths_from=Path(lengths_from).name if lengths_from is not None else "",
        memory_limit_mib=memory_limit,
        threads=threads,
    )
    _time(
        configuration,
        out=out,
        force=force,
        stop_after=None if stop_after is None else 60 * stop_after,
        paper=paper,
        as_json=as_json,
    )


def _time(
    configuration: Configuration,
    *,
    out: Path | None,
    force: bool,
    stop_after: float | None,
    paper: bool,
    as_json: bool,
) -> None:
    from gonerd.dataset.table import text_table
    from gonerd.files import write_text
    from gonerd_baselines.bench.checked import require_right
    from gonerd_baselines.bench.figure import draw_bench_figure, has_curves
    from gonerd_baselines.bench.paper import paper_tables
    from gonerd_baselines.bench.running import run_benchmark
    from gonerd_baselines.bench.table import bench_tables, check_table

    result = run_benchmark(
        configuration,
        out=out,
        force=force,
        check_first=configuration.device.startswith("cuda"),
        stop_after=stop_after,
        command=_typed(),
        note=note,
    )
    tables = [check_table(result["checks"])] if "checks" in result else []
    tables += bench_tables(result)
    tables += paper_tables(result) if paper else []
    text = "\n\n".join(map(text_table, tables))
    if out is not None:
        write_text(out / "bench.txt", text + "\n", overwrite=True)
        if has_curves(result):
            note(_drawn(lambda: draw_bench_figure(result, out), out))
    if as_json:
        print_json(result)
    else:
        print_text(text)
    require_right(result.get("checks", []))


def _drawn(draw: Any, out: Path) -> str:
    """Draw, or say that nothing can be drawn: what was measured stays measured."""
    try:
        return f"{', '.join(draw())} in {out}"
    except ModuleNotFoundError:
        return "no figure: matplotlib is not installed (pip install 'gonerd[figures]')"


def _check(
    device: str,
    attention_backend: str,
    usual: Usual,
    *,
    sweep: bool,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    from gonerd.dataset.table import text_table
    from gonerd.files import write_text
    from gonerd_baselines.bench.checked import check_device, require_right
    from gonerd_baselines.bench.table import check_table, sweep_table

    result = check_device(
        device,
        attention_backend,
        swept=usual.swept if sweep else None,
        out=out,
        force=force,
        command=_typed(),
        note=note,
    )
    tables = [check_table(result["checks"])]
    tables += [sweep_table(result["sweep"])] if sweep else []
    text = "\n\n".join(map(text_table, tables))
    if out is not None:
        write_text(out / "check.txt", text + "\n", overwrite=True)
    if as_json:
        print_json(result)
    else:
        print_text(text)
    require_right(result["checks"])


def _typed() -> tuple[str, ...]:
    """The command line, for the result."""
    return click.get_current_context().obj or ()


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def _numbers(text: str) -> tuple[int, ...]:
    from gonerd.errors import ConfigError

    try:
        return tuple(int(name.replace("_", "")) for name in _names(text))
    except ValueError:
        raise ConfigError(
            f"--length {text!r}: expected whole numbers with commas between"
        ) from None
