"""`gonerd check-model`: whether a model keeps the contract of `gonerd eval`, on five small documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gonerd.cli.model_options import ModelChoice, model_options
from gonerd.console import print_json, print_text
from gonerd.errors import CheckError

if TYPE_CHECKING:
    from gonerd.adapters.checking import Check

__all__ = ["check_model"]


@click.command("check-model")
@model_options
@click.option("--json", "as_json", is_flag=True, help="Print the checks as one JSON object.")
def check_model(model: ModelChoice, as_json: bool) -> None:
    """Try a model on five small documents that are built in, before a long evaluation.

    The documents have joined emoji, CRLF, white space alone, 800 words, and no entity. Checked are order
    and ids, offsets, overlaps, labels and scores; that the answers are the same again, in another order,
    under other ids and with other batch sizes; that it streams. Exits with 1 where a check fails.

    \b
    Examples:
      gonerd check-model --model rules
      gonerd check-model --model "cmd:python mine.py" --json
    """
    from gonerd.adapters.checking import check_adapter

    adapter = model.adapter()
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
            f"{model.spec}: {len(failed)} of {len(checks)} checks failed "
            f"({', '.join(check.name for check in failed)})"
        )


def _line(check: Check) -> str:
    return f"{'ok' if check.ok else 'FAILED':<8}{check.name:<14}{check.detail}"
