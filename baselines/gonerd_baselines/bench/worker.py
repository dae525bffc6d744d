"""The process of one cell: `python -m gonerd_baselines.bench.worker FILE`, with an order on standard input.

It imports what it needs before it reads, so that one can stand by while another runs. The answer is a JSON
object in FILE, whole or not there.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gonerd.errors import GonerdError
from gonerd.files import write_json
from gonerd_baselines.bench.memory_full import is_full

__all__ = ["answer", "main"]

MOST_COMPILATIONS = 128
"""Of one function for other shapes, types and masks; a check needs some forty."""

ERROR_LENGTH = 400
"""Characters of another package's error that a result keeps."""


def answer(order: Mapping[str, Any]) -> dict[str, Any]:
    """Do what `order` says and return the result; errors are results, too."""
    limit = order.get("memory_limit_mib")
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_AS, (limit * 2**20, limit * 2**20))
    try:
        return {"status": "done"} | _ORDERS[order["what"]](order)
    except GonerdError as problem:
        return {"status": "error", "error": str(problem)}
    except Exception as problem:
        said = " ".join(str(problem).split())[:ERROR_LENGTH]
        status = "out of memory" if is_full(problem) else "error"
        return {"status": status, "error": f"{type(problem).__name__}: {said}"}


def _cell(order: Mapping[str, Any]) -> dict[str, Any]:
    from gonerd_baselines.bench.cell import measure
    from gonerd_baselines.bench.task import task_from_json

    return measure(task_from_json(order["task"]))


def _prepare(order: Mapping[str, Any]) -> dict[str, Any]:
    """What all cells share: parameters of the rows, and what the device can do at most."""
    from gonerd_baselines.bench.parameters import parameters_of
    from gonerd_baselines.bench.peak import peak_of
    from gonerd_baselines.bench.row import row_from_json

    rows = [row_from_json(fields) for fields in order["rows"]]
    return {
        "parameters": {row.name: parameters_of(row) for row in rows},
        "peaks": {dtype: peak_of(order["device"], dtype).as_json() for dtype in order["dtypes"]},
    }


def _check(order: Mapping[str, Any]) -> dict[str, Any]:
    from gonerd_baselines.bench.checking import check

    options = {
        name: order[name] for name in ("lengths", "kinds", "dtypes", "as_timed") if name in order
    }
    return {"checks": check(order["device"], backend=order["attention_backend"], **options)}


def _sweep(order: Mapping[str, Any]) -> dict[str, Any]:
    from gonerd_baselines.bench.sweeping import sweep

    return {"sweep": sweep(order["device"], documents=order["documents"], length=order["length"])}


_ORDERS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "cell": _cell,
    "prepare": _prepare,
    "check": _check,
    "sweep": _sweep,
}


def main() -> None:
    """Import, wait for an order, do it."""
    import torch._dynamo  # while the process stands by

    # Beyond 8 compilations FlexAttention would run as it is written, slowly, and only a warning would say so.
    torch._dynamo.config.recompile_limit = MOST_COMPILATIONS
    torch._dynamo.config.fail_on_recompile_limit_hit = True
    if "--with-transformers" in sys.argv:
        import transformers.models.auto.modeling_auto  # noqa: F401 - as above
    said = sys.stdin.readline()
    if said:
        write_json(Path(sys.argv[1]), answer(json.loads(said)), overwrite=True)


if __name__ == "__main__":
    main()
