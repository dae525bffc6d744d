from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from gonerd_baselines.bench.peer import HEADS, peer_config, peer_model
from gonerd_baselines.bench.rows import ROWS
from gonerd_baselines.bench.work import work_of


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(
    "name", ["bert-base", "roberta", "distilbert", "mobilebert", "albert", "tinybert-4"]
)
def test_operations_are_those_that_torch_counts(name: str, head: str) -> None:
    row = replace(ROWS[name], layers=2)
    with torch.device("meta"):
        model = peer_model(peer_config(row, attention="sdpa"), head)
        ids = torch.zeros(3, 256, dtype=torch.long)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model(ids)
    assert work_of(row, [256] * 3, head).operations == counter.get_total_flops()


def test_modernbert_does_what_torch_counts_less_what_its_windows_leave_out() -> None:
    row = replace(ROWS["modernbert"], layers=3)
    with torch.device("meta"):
        model = peer_model(peer_config(row, attention="sdpa"), "token")
        ids = torch.zeros(1, 512, dtype=torch.long)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model(ids)
    seen = sum(min(512, place + 65) - max(0, place - 64) for place in range(512))
    left_out = 2 * 4 * 768 * (512 * 512 - seen)  # two of three layers
    more = counter.get_total_flops() - left_out - work_of(row, [512], "token").operations
    # The angles of positions for both kinds of layers were once a product of matrices in transformers.
    assert more in (0, 2 * 2 * 512 * 32)


def test_a_base_model_does_the_work_that_is_known_of_it() -> None:
    lengths = [4096] * 16
    work = work_of(ROWS["longformer"], lengths, "token")
    assert work.linear == pytest.approx(11.1e12, rel=0.01)
    assert work.attention == pytest.approx(12 * 65536 * 4 * 768 * 513, rel=0.04)  # less at the ends
    assert work.bytes_between(2) == pytest.approx(24e9, rel=0.02)
    assert work_of(ROWS["roberta-4096"], lengths, "token").attention == pytest.approx(
        9.9e12, rel=0.01
    )
    assert work_of(ROWS["roberta-4096"], lengths, "mlm").head == pytest.approx(5.1e12, rel=0.02)
    ideal = work.seconds(operations_a_second=790e12, bytes_a_second=4.3e12, bytes_a_number=2)
    assert ideal == pytest.approx(0.0141 + 0.0020 + 0.0056, rel=0.03)


def test_full_attention_in_a_rows_sizes_ignores_its_pattern() -> None:
    work = work_of(ROWS["longformer"], [4096], "token", full=True)
    assert work.attention == 4 * 4096 * 4096 * 768 * 12
    assert work.linear == work_of(ROWS["longformer"], [4096], "token").linear
