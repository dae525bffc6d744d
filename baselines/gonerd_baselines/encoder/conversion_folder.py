"""A conversion from a folder or the Hub into a folder that plain transformers opens."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gonerd.adapters.model_files import model_files
from gonerd.errors import ConfigError, InputError
from gonerd.files import folder_to_write, read_json, require_folder_to_write, write_json
from gonerd_baselines.encoder.conversion_report import ConversionReport
from gonerd_baselines.encoder.converting import convert
from gonerd_baselines.encoder.layouts import HEADS, layout_of
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.encoder.saving import to_hf

__all__ = ["OWN_HEAD", "REPORT_FILE", "convert_folder", "own_head"]

REPORT_FILE = "convert.json"
OWN_HEAD = "own"
"""The head that the model has by its config.json."""


def convert_folder(
    name: str,
    out: Path,
    *,
    to: str,
    max_len: int,
    head: str = OWN_HEAD,
    options: Mapping[str, Any] | None = None,
    seed: int = 0,
    overwrite: bool = False,
) -> ConversionReport:
    """Convert the model `name` (see `convert`), and write it with its tokenizer and convert.json as `out`.

    Args:
        name: a folder, or NAMESPACE/NAME[@REVISION] on the Hub.
        out: a new folder.
        to: as in `convert`, and so are `max_len`, `options` and `seed`.
        max_len: the tokens of the longest document.
        head: which head is carried over: one of HEADS, "none", or OWN_HEAD.
        options: of the pattern.
        seed: where chance plays.
        overwrite: replace a folder that has something in it.

    Raises:
        InputError: the model can't be read.
        OutputError: `out` exists.
        ConfigError: it can't be converted so.
        CheckError: it disagrees with its original; nothing is written.
    """
    require_folder_to_write(out, overwrite=overwrite, inputs=(name,))
    chosen = own_head(name) if head == OWN_HEAD else None if head == "none" else head
    source = from_pretrained(name, head=chosen, dtype=None)
    if source.report.new:
        raise ConfigError(
            f"{name} has no head {chosen}: its weights lack {source.report.new[0]}; expected --head none"
        )
    conversion = convert(source, to=to, max_len=max_len, options=options, seed=seed)
    with folder_to_write(out, overwrite=overwrite) as partial:
        to_hf(conversion.checkpoint, partial)
        write_json(partial / REPORT_FILE, conversion.report.as_json())
    return conversion.report


def own_head(name: str) -> str | None:
    """The head of the model `name`, by what its config.json says of its class; None for a bare encoder.

    Raises:
        InputError: there is no such model, or no config.json in it.
        ConfigError: it is of no family that is known here.
    """
    folder = Path(name)
    if not folder.is_dir():
        folder = model_files(name, patterns=["config.json"]).folder
    values = read_json(folder / "config.json")
    if not isinstance(values, dict):
        raise InputError(f"{name}: config.json is no JSON object")
    classes = values.get("architectures")
    if not isinstance(classes, list) or not classes:
        return None
    if str(classes[0]).endswith("ForPreTraining"):  # the language head is one of its two
        return "mlm"
    layout = layout_of(str(values.get("model_type")))
    return next((head for head in HEADS if layout.architecture(head) == classes[0]), None)
