"""`gonerd check-model`: whether a model keeps the contract of `gonerd eval`, on five small documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gonerd.console import print_json, print_text
from gonerd.errors import CheckError

if TYPE_CHECKING:
    from gonerd.adapters.checking import Check

__all__ = ["check_model"]


@click.command("check-model")
@click.option(
    "--model",
    "spec",
    required=True,
    metavar="KIND[:ARGUMENT]",
    help="As in 'gonerd eval'.",
)
@click.option("--device", default="cpu", show_default=True, help="Where the model runs.")
@click.option("--dtype", default="float32", show_default=True, help="What the model computes in.")
@click.option(
    "--batch-size", type=click.IntRange(1), default=None, help="Left to the adapter if not given."
)
@click.option(
    "--max-len", type=click.IntRange(1), default=None, help="Read at once, in the model's units."
)
@click.option("--policy", type=click.Choice(["native", "window", "truncate"]), default=None)
@click.option("--stride", type=click.IntRange(1), default=None, help="From window to window.")
@click.option(
    "--label-map", metavar="TYPE=LABEL,...|FILE.json", default=None, help="TYPE=- leaves it out."
)
@click.option("--json", "as_json", is_flag=True, help="Print the checks as one JSON object.")
def check_model(
    spec: str,
    device: str,
    dtype: str,
    batch_size: int | None,
    max_len: int | None,
    policy: str | None,
    stride: int | None,
    label_map: str | None,
    as_json: bool,
) -> None:
    """Try a model on five small documents that are built in, before a long evaluation.

    The documents have joined emoji, CRLF, white space alone, 800 words, and no entity. Checked are order
    and ids, offsets, overlaps, labels and scores; that the answers are the same again, in another order,
    under other ids and with other batch sizes; that it streams. Exits with 1 where a check fails.

    \b
    Examples:
      gonerd check-model --model rules
      gonerd check-model --model "cmd:python mine.py" --json
    """
    from gonerd.adapters import AdapterOptions, adapter_from_spec
    from gonerd.adapters.checking import check_adapter
    from gonerd.adapters.label_map import label_map_from_argument

    options = AdapterOptions(
        device=device,
        dtype=dtype,
        batch_size=batch_size,
        max_len=max_len,
        policy=policy,  # type: ignore[arg-type]
        stride=stride,
        label_map=label_map_from_argument(label_map),
    )
    adapter = adapter_from_spec(spec, options)
    checks = list(check_adapter(adapter))
    failed = [check for check in checks if not check.ok]
    if as_json:
        card = adapter.card
        print_json(
            {
                "model": {"kind": card.kind, "id": card.id, "revision": card.revision},
                "ok": not failed,
                "checks": [
                    {"name": check.name, "ok": check.ok, "detail": check.detail} for check in checks
                ],
            }
        )
    else:
        print_text("\n".join(_line(check) for check in checks))
    if failed:
        raise CheckError(
            f"{spec}: {len(failed)} of {len(checks)} checks failed "
            f"({', '.join(check.name for check in failed)})"
        )


def _line(check: Check) -> str:
    return f"{'ok' if check.ok else 'FAILED':<8}{check.name:<14}{check.detail}"
