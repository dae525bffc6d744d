"""The options that name a model and say how it reads, shared by the commands that run one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from gonerd.adapters import Adapter
    from gonerd.adapters.policy import PolicyMode

__all__ = ["ModelChoice", "model_options"]


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What was asked for; nothing is opened before `adapter`."""

    spec: str
    policy: PolicyMode | None
    max_len: int | None
    stride: int | None
    batch_size: int | None
    device: str
    dtype: str
    compile: bool
    label_map: str | None

    def adapter(self, *, device: str | None = None) -> Adapter:
        """The model, on `device` where that is another than was asked for.

        Raises:
            GonerdError: there is no such model, or an option makes no sense with it.
        """
        from gonerd.adapters import AdapterOptions, adapter_from_spec
        from gonerd.adapters.label_map import label_map_from_argument

        options = AdapterOptions(
            device=device or self.device,
            dtype=self.dtype,
            batch_size=self.batch_size,
            max_len=self.max_len,
            policy=self.policy,
            stride=self.stride,
            compile=self.compile,
            label_map=label_map_from_argument(self.label_map),
        )
        return adapter_from_spec(self.spec, options)


_OPTIONS = (
    click.option(
        "--model",
        "spec",
        required=True,
        metavar="KIND[:ARGUMENT]",
        help="hf:ID|PATH, gonerd:PATH, spacy:NAME|PATH, spanmarker:ID, gliner:ID, flair:ID, rules, "
        "preds:FILE, py:MODULE:FACTORY, cmd:PROGRAM, any installed kind, or a bare id or path.",
    ),
    click.option(
        "--policy",
        # gonerd.adapters.policy.POLICIES, which would import the adapters for every --help
        type=click.Choice(["native", "window", "truncate"]),
        default=None,
        help="How a text longer than the model reads is met; left to the adapter if not given.",
    ),
    click.option(
        "--max-len",
        type=click.IntRange(1),
        default=None,
        help="The most to read at once, in the model's units.",
    ),
    click.option(
        "--stride",
        type=click.IntRange(1),
        default=None,
        help="How far each window starts after the one before, in the same units.",
    ),
    click.option(
        "--batch-size",
        type=click.IntRange(1),
        default=None,
        help="Windows or documents at once; left to the adapter if not given.",
    ),
    click.option("--device", default="cpu", show_default=True, help="Where the model runs."),
    click.option(
        "--dtype",
        type=click.Choice(["float32", "bfloat16", "float16"]),
        default="float32",
        show_default=True,
        help="What the model computes in.",
    ),
    click.option("--compile", is_flag=True, help="Compile the model with torch.compile."),
    click.option(
        "--label-map",
        metavar="TYPE=LABEL,...|FILE",
        default=None,
        help="Which label each of the model's types becomes, - leaves one out; or a JSON file.",
    ),
)


def model_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options, and their values as one `model`."""

    @wraps(command)
    def collected(**values: Any) -> None:
        asked = {name: values.pop(name) for name in ModelChoice.__slots__}
        command(model=ModelChoice(**asked), **values)

    decorated: Callable[..., None] = collected
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated
