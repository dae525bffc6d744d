"""A few rows of each task of GLUE, in the original layout and as the Hub has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gonerd_baselines.tasks.glue_layouts import GLUE_LAYOUTS

HEADERS = {
    "mnli": "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\t"
    "sentence1_parse\tsentence2_parse\tsentence1\tsentence2\tlabel1\tgold_label",
    "mrpc": "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String",
    "qnli": "index\tquestion\tsentence\tlabel",
    "qqp": "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate",
    "rte": "index\tsentence1\tsentence2\tlabel",
    "sst-2": "sentence\tlabel",
    "sts-b": "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore",
    "wnli": "index\tsentence1\tsentence2\tlabel",
}
WORDS = ("It rained .", 'The "mayor" left', "Nobody came , he said .", "A bridge opened today")


def label_of(name: str, number: int) -> float:
    """An id, or a score."""
    layout = GLUE_LAYOUTS[name]
    return number % 6 * 0.9 if layout.is_regression else number % len(layout.labels)


def texts_of(name: str, number: int) -> tuple[str, ...]:
    first, second = WORDS[number % 4], f"{WORDS[number // 4 % 4]} {number}"
    return (second,) if len(GLUE_LAYOUTS[name].texts) == 1 else (first, second)


def write_original(folder: Path, name: str, *, rows: int = 12) -> Path:
    """`rows` to train on and half as many for each other split; the folder of all tasks."""
    layout = GLUE_LAYOUTS[name]
    for stem in ("train", *layout.held_out.values()):
        count = rows if stem == "train" else rows // 2
        lines = [HEADERS[name]] if name in HEADERS else []
        lines += [_line(name, number) for number in range(count)]
        path = folder / layout.folder / f"{stem}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines))
    return folder


def write_copy(folder: Path, name: str, *, rows: int = 12, jsonl: bool = False) -> Path:
    """The same as Parquet, or as JSON Lines, with a test split whose labels are secret."""
    layout = GLUE_LAYOUTS[name]
    for split in ("train", *layout.hub_held_out.values(), "test"):
        count = rows if split == "train" else rows // 2
        made = [_copied(name, number) for number in range(count)]
        if split == "test":
            made = [row | {"label": -1} for row in made]
        place = folder / layout.config
        place.mkdir(parents=True, exist_ok=True)
        if jsonl:
            text = "".join(json.dumps(row) + "\n" for row in made)
            (place / f"{split}.jsonl").write_text(text)
        else:
            pq.write_table(pa.Table.from_pylist(made), place / f"{split}-00000-of-00001.parquet")
    return folder


def _copied(name: str, number: int) -> dict[str, Any]:
    texts = dict(zip(GLUE_LAYOUTS[name].hub_texts, texts_of(name, number), strict=True))
    return {**texts, "label": label_of(name, number), "idx": number}


def _line(name: str, number: int) -> str:
    layout = GLUE_LAYOUTS[name]
    label = label_of(name, number)
    said = f"{label:.3f}" if layout.is_regression else layout.spelled[int(label)]
    known = {**dict(zip(layout.texts, texts_of(name, number), strict=True)), layout.label: said}
    columns = HEADERS[name].split("\t") if name in HEADERS else list(layout.columns)
    return "\t".join(known.get(column, f"x{number}") for column in columns)
