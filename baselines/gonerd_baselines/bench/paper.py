"""What the paper prints about cost: arXiv 2311.13657, Tables 2 and 4, and what of it can't be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gonerd.dataset.table import Table
from gonerd_baselines.bench.paper_shares import EXTENDED, TABLE_4, share_tables
from gonerd_baselines.bench.rows import ROWS
from gonerd_baselines.bench.table import Cell, held_mib
from gonerd_baselines.paper.cost_tables import TABLE_2
from gonerd_baselines.paper.cost_tables import TABLE_4 as PRINTED_4

__all__ = ["PAPER", "PaperRow", "depth_flags", "paper_flags", "paper_tables"]

MOST_SAVED = 0.5
"""Half the layers are half the work of the layers, and head and embeddings stay."""


@dataclass(frozen=True, slots=True)
class PaperRow:
    """Seconds and megabytes by length, batch 16 on an A100 of 80 GB."""

    seconds: Mapping[int, float]
    megabytes: Mapping[int, int]
    parameters: float | None = None
    """Millions; Table 4 has none."""
    flag: str = ""
    """Why the figures are not what they seem to be."""


_FULL = "its checkpoint's configuration is full softmax attention: 64 landmarks of 64 tokens"
_NO_HEAD = (
    "timed without the language model's head, which the other rows have (12.6 GB of logits at 4096)"
)
_MIXED = "the paper's TinyBERT mixes two models: parameters of 2 layers of 128, time and memory of 6 of 768"

_FLAGS = {
    "nystromformer-full": _FULL,
    "nystromformer-full-student": _FULL,
    "longformer": _NO_HEAD,
    "longformer-student": _NO_HEAD,
    "tinybert-6-4096": _MIXED,
}

_TABLE_2 = {
    "bert-base": "BERT base",
    "bert-large": "BERT large",
    "roberta": "RoBERTa",
    "legalbert": "LegalBERT",
    "xlm-r": "XLM-R",
    "distilroberta": "DistilRoBERTa",
    "distilbert": "DistilBERT",
    "mobilebert": "MobileBERT",
    "albert": "ALBERT",
    "lsg": "LSG",
    "lsg-student": "LSG's student",
    "nystromformer-full": "Nystromformer",
    "nystromformer-full-student": "Nystromformer's student",
    "longformer": "Longformer",
    "longformer-student": "Longformer's student",
    "bigbird": "Big Bird",
    "bigbird-student": "Big Bird's student",
}
"""The paper's names of our rows; TinyBERT is two rows of ours."""


def _of_table_2(title: str, flag: str = "") -> PaperRow:
    lengths = [n for n in (512, 4096) if TABLE_2.has(title, f"seconds-{n}")]
    return PaperRow(
        {n: float(TABLE_2.text(title, f"seconds-{n}")) for n in lengths},
        {n: int(TABLE_2.text(title, f"megabytes-{n}")) for n in lengths},
        float(TABLE_2.text(title, "parameters")),
        flag,
    )


def _of_table_4(title: str, flag: str = "") -> PaperRow:
    seconds, megabytes = (PRINTED_4.text(title, column) for column in ("seconds", "megabytes"))
    return PaperRow({4096: float(seconds)}, {4096: int(megabytes)}, None, flag)


_TINY = _of_table_2("TinyBERT", _MIXED)

PAPER: Mapping[str, PaperRow] = {
    **{name: _of_table_2(title, _FLAGS.get(name, "")) for name, title in _TABLE_2.items()},
    "bert-tiny": replace(_TINY, seconds={}, megabytes={}),
    "tinybert-6": replace(_TINY, parameters=None),
    **{name: _of_table_4(title, _FLAGS.get(name, "")) for name, title in EXTENDED.items()},
}
"""By the names of `ROWS`. Table 7's seconds and megabytes are those of Table 2 at 512."""


def saved(student: float, teacher: float) -> float:
    """The share of the teacher's time that the student does without."""
    return 1 - student / teacher


def paper_flags() -> list[str]:
    """What of the paper's own numbers can't be, or is not what its words say."""
    flags = []
    for name, row in PAPER.items():
        teacher = PAPER.get(ROWS[name].teacher)
        for length, seconds in row.seconds.items():
            if teacher is None or length not in teacher.seconds:
                continue
            share = saved(seconds, teacher.seconds[length])
            if share > MOST_SAVED:
                flags.append(
                    f"paper, {name} at {length}: {seconds} s to {teacher.seconds[length]} s of "
                    f"{ROWS[name].teacher} saves {share:.1%}; half the depth can't save more than half"
                )
    for printed in TABLE_4:
        base = PAPER[printed.base].megabytes[4096]
        megabytes = PAPER[printed.row].megabytes[4096]
        more = 100 * (megabytes / base - 1)
        if abs(more - printed.megabytes) > 1:
            flags.append(
                f"paper, Table 4, {printed.row}: {megabytes} MB are {more:+.0f}% of {base} MB, "
                f"{printed.megabytes:+g}% is printed"
            )
    rows: dict[str, list[str]] = {}
    for name, row in PAPER.items():
        if row.flag:
            rows.setdefault(row.flag, []).append(name)
    flags += [f"paper, {', '.join(names)}: {flag}" for flag, names in rows.items()]
    short, long = (_average_saved(length) for length in (512, 4096))
    flags.append(
        f"paper, section 4.1: 45.2% is the average over both lengths ({(short + long) / 2:.1%}); "
        f"students save {short:.1%} at 512 and {long:.1%} at 4096"
    )
    return flags


def _average_saved(length: int) -> float:
    students = [n for n in PAPER if n.endswith("-student")]
    return sum(
        saved(PAPER[n].seconds[length], PAPER[ROWS[n].teacher].seconds[length]) for n in students
    ) / len(students)


def depth_flags(cells: Sequence[Cell]) -> list[str]:
    """Students of the result whose half depth saves more than half, all runs of both considered."""
    flags = []
    for cell in cells:
        teacher = ROWS[cell["row"]].teacher if cell["row"] in ROWS else ""
        if not teacher or cell["status"] != "done" or not _half(cell["row"], teacher):
            continue
        for over in cells:
            alike = all(
                over[key] == cell[key]
                for key in ("implementation", "length", "dtype", "head", "arrangement")
            )
            if over["row"] != teacher or not alike or over["status"] != "done":
                continue
            share = saved(cell["seconds"]["median"], over["seconds"]["median"])
            if share > MOST_SAVED:
                clear = saved(cell["seconds"]["most"], over["seconds"]["least"]) > MOST_SAVED
                why = "beyond the spread of the runs" if clear else "within the spread of the runs"
                flags.append(
                    f"here, {cell['row']} at {cell['length']} ({cell['implementation']}, {cell['dtype']}, "
                    f"{cell['head']}): saves {share:.1%}; half the depth can't save more than half ({why})"
                )
    return flags


def _half(student: str, teacher: str) -> bool:
    return ROWS[teacher].layers == 2 * ROWS[student].layers


def paper_tables(result: Mapping[str, Any]) -> list[Table]:
    """The paper's figures beside ours, by head and type of numbers, and what is to be said about both.

    Seconds of two machines stand side by side; only the shares, each of one machine, are to be compared.
    """
    asked = result["configuration"]
    tables = [
        _beside(result, head, dtype, length)
        for head in asked["heads"]
        for dtype in asked["dtypes"]
        for length in asked["lengths"]
        if length in (512, 4096) and not asked["documents"]
    ]
    if not asked["documents"]:
        for head in asked["heads"]:
            for dtype in asked["dtypes"]:
                tables += share_tables(result, head, dtype)
    flags = [*paper_flags(), *depth_flags(result["cells"])]
    tables.append(
        Table("What can't be, or is not what it seems", (), ("flag",), tuple((f,) for f in flags))
    )
    return tables


def _beside(result: Mapping[str, Any], head: str, dtype: str, length: int) -> Table:
    asked = result["configuration"]
    names = asked["implementations"]
    cells = {
        (c["row"], c["implementation"]): c
        for c in result["cells"]
        if (c["head"], c["dtype"], c["length"]) == (head, dtype, length) and c["status"] == "done"
    }
    rows = []
    for name in asked["rows"]:
        row = PAPER.get(name, PaperRow({}, {}))
        count = result["parameters"].get(name)
        seconds, megabytes = row.seconds.get(length), row.megabytes.get(length)
        teacher = ROWS[name].teacher if name in ROWS else ""
        over = PAPER.get(teacher)
        line = [
            ROWS[name].title if name in ROWS else name,
            _number(row.parameters, ".1f"),
            _number(None if count is None else count / 1e6, ".1f"),
            _number(seconds, ".3f"),
            *(_seconds(cells.get((name, each))) for each in names),
            _number(megabytes, ",d"),
            *(_held(cells.get((name, each))) for each in names),
            _number(
                saved(seconds, over.seconds[length])
                if over and seconds is not None and length in over.seconds
                else None,
                ".1%",
            ),
            *(_saved(cells.get((name, each)), cells.get((teacher, each))) for each in names),
        ]
        rows.append(tuple(line))
    width = 1 + len(names)
    return Table(
        f"Beside the paper: {length} tokens, {head} head, {dtype}, batch {asked['batch']} (paper: 16)",
        (
            ("mil. parameters", 2),
            ("seconds", width),
            ("MB", width),
            ("saved by half the depth", width),
        ),
        ("model", "paper", "ours", *(("paper", *names) * 3)),
        tuple(rows),
        notes=(
            "Paper: one A100 of 80 GB, float32 without TF32, eager attention. Compare shares, which are each "
            f"of one machine, never seconds of two; here: {asked['hardware']}.",
        ),
    )


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _seconds(cell: Cell | None) -> str:
    return "-" if cell is None else f"{cell['seconds']['median']:.3f}"


def _held(cell: Cell | None) -> str:
    return "-" if cell is None else f"{held_mib(cell) * 2**20 / 1e6:,.0f}"


def _saved(cell: Cell | None, teacher: Cell | None) -> str:
    if cell is None or teacher is None:
        return "-"
    return f"{saved(cell['seconds']['median'], teacher['seconds']['median']):.1%}"
