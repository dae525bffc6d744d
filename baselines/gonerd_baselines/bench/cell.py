"""One cell: a model is built, run on random tokens, timed, and its memory read. In a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from gonerd.machine import keep_freed_memory, peak_rss_mib
from gonerd_baselines.bench.our_model import our_model
from gonerd_baselines.bench.peer import peer_config, peer_model
from gonerd_baselines.bench.real_lengths import batches_of
from gonerd_baselines.bench.task import DTYPES, Task
from gonerd_baselines.bench.timing import timed
from gonerd_baselines.bench.work import work_of
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.packing import Packing, packing_from_lengths

__all__ = ["measure"]

FIRST_WORD = 5
"""Random tokens are no padding and no mark of a beginning or end."""


def measure(task: Task) -> dict[str, Any]:
    """What a result says of the cell: seconds, memory, what ran.

    Raises:
        torch.OutOfMemoryError: the GPU's memory is full.
        MemoryError, RuntimeError: the machine's is.
    """
    if task.threads is not None:
        torch.set_num_threads(task.threads)
    if task.device == "cpu":
        keep_freed_memory()  # so `gonerd eval` does; the others gain by it, too
    torch.set_float32_matmul_precision("highest")  # no TF32
    torch.backends.cudnn.allow_tf32 = False
    torch.manual_seed(task.seed)
    libraries = _libraries(task)
    with torch.device(task.device):
        model, config = _model(task)
        model = model.to(DTYPES[task.dtype]).eval()
        calls = _calls(task, model)
    if task.device.startswith("cuda"):  # the building of the model has peaks of its own
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(task.device)
    before = _memory(task.device, libraries)
    real = task.arrangement != "uniform"
    with torch.inference_mode():
        if real:  # the first batch has the longest documents, or is as wide as all
            calls[0]()
        timing = timed(
            lambda: _run(calls),
            device=task.device,
            repeat=task.repeat,
            warm_up=task.warm_up,
            at_most_seconds=task.at_most_seconds,
        )
    lengths = task.lengths or (task.length,) * task.batch
    found = {
        "seconds": timing.as_json(),
        "memory": _memory(task.device, libraries) | {"before": before},
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "documents": len(lengths),
        "tokens": sum(min(n, task.length) for n in lengths),
        "ran": _ran(model, config),
        "threads": torch.get_num_threads(),
    }
    if not real:
        full = config is not None and task.way.family != task.row.family
        found["work"] = work_of(task.row, lengths, task.head, full=full).as_json()
    return found


def _model(task: Task) -> tuple[nn.Module, Any]:
    """The model, and its configuration in transformers."""
    row = task.row.for_length(task.length)
    way = task.way
    if not way.family:
        return our_model(row, task.head, attention_backend=task.attention_backend), None
    config = peer_config(row, family=way.family, length=task.length, attention=way.attention)
    return peer_model(config, task.head), config


def _ran(model: nn.Module, config: Any) -> dict[str, Any]:
    if isinstance(model, Model):
        return {"class": "gonerd", "attention": dict(model.encoder.ran)}
    return {"class": type(model).__name__, "attention": config._attn_implementation}


def _calls(task: Task, model: nn.Module) -> list[Callable[[], Tensor]]:
    """A forward pass for each batch."""
    if task.arrangement == "uniform":
        batches: Sequence[Sequence[int]] = [[task.length] * task.batch]
    else:
        batches = batches_of(task.lengths, task.arrangement, batch=task.batch, longest=task.length)
    if isinstance(model, Model):
        return [_packed(task, model, lengths) for lengths in batches]
    width = None if task.arrangement != "padded" else task.length
    return [_padded(task, model, lengths, width or max(lengths)) for lengths in batches]


def _packed(task: Task, model: Model, lengths: Sequence[int]) -> Callable[[], Tensor]:
    ids = torch.randint(FIRST_WORD, task.row.vocabulary, (sum(lengths),))

    def call() -> Tensor:
        packing: Packing = packing_from_lengths(lengths, device=task.device)
        found: Tensor = model(ids, packing)
        return found

    return call


def _padded(
    task: Task, model: nn.Module, lengths: Sequence[int], width: int
) -> Callable[[], Tensor]:
    """With a mask where there is padding, and none where there is not: each class is fastest so."""
    ids = torch.randint(FIRST_WORD, task.row.vocabulary, (len(lengths), width))
    mask = None
    if min(lengths) < width:
        sizes = torch.tensor(lengths)
        mask = (torch.arange(width)[None, :] < sizes[:, None]).long()
        ids = ids.masked_fill(mask == 0, getattr(model.config, "pad_token_id", None) or 0)

    def call() -> Tensor:
        found: Tensor = model(input_ids=ids, attention_mask=mask).logits
        return found

    return call


def _run(calls: Sequence[Callable[[], Tensor]]) -> None:
    for call in calls:
        call()  # what it returns is dropped before the next one


def _libraries(task: Task) -> int:
    """MiB that the process has held for Python and its packages, those of the model included."""
    if task.way.family and task.device == "cpu":  # on a GPU nobody asks
        with torch.device("meta"):  # which imports all that the class needs
            peer_model(peer_config(task.row, family=task.way.family), task.head)
    return peak_rss_mib()


def _memory(device: str, libraries: int) -> dict[str, int]:
    """MiB: on a GPU what torch allocated and reserved at most and what the whole device holds now.

    On a processor the most that the process has held, and that without its libraries.
    """
    if not device.startswith("cuda"):
        resident = peak_rss_mib()
        return {"resident": resident, "beside_libraries": resident - libraries}
    free, total = torch.cuda.mem_get_info(device)
    return {
        "allocated": torch.cuda.max_memory_allocated(device) // 2**20,
        "reserved": torch.cuda.max_memory_reserved(device) // 2**20,
        "device": (total - free) // 2**20,
    }
