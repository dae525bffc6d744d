"""Training on packed documents of real lengths against padded ones: masked language modelling on a CPU.

A small Longformer (random weights, float32, no dropout) takes steps over the same documents, with as many
subwords as articles of the worldwide newswire's test split have (GPT-2's BPE; the subwords are random: no
time depends on them). A step is forward and backward over all documents, then AdamW. The ways take turns:

- packed: ours, as `gonerd pretrain` lays documents out;
- padded_4096, padded_batches: ours, each document padded to 4,096, and to the longest of a batch of eight in
  random order;
- transformers_4096, transformers_batches, transformers_sorted: transformers' Longformer, padded to 4,096, to
  the longest of a batch of eight in random order, and of a batch of eight neighbours by length.

Tokens are those of the documents, padding not counted. Seconds are of the clock and of the processor; what
counts is the ratio within a round, of which the median is taken.

Run: python benchmarks/packed_training.py [--rounds 3]
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from encoder_runs import real_lengths
from torch import Tensor

from gonerd.files import write_json
from gonerd.machine import environment
from gonerd_baselines.attention import LongformerAttention
from gonerd_baselines.encoder import Encoder, EncoderConfig
from gonerd_baselines.encoder.heads import Model, build_head
from gonerd_baselines.encoder.vocabulary_loss import IGNORED
from gonerd_baselines.packing import batches_by_tokens, packing_from_lengths

RESULTS = Path(__file__).parents[1] / "benchmarks/results/packed_training.json"

LAYERS, WIDTH, HEADS, VOCABULARY, WINDOW = 4, 256, 4, 16_000, 512
LONGEST, BATCH, ROW = 4096, 8, 4096
MASKED = 0.15
EVERY = 4
"""Of the documents, sorted by length, one of so many: padded to 4,096 they take minutes."""


def main() -> None:
    """Take turns, print ratios, write the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    torch.manual_seed(0)
    lengths = sorted(real_lengths())[EVERY // 2 :: EVERY]
    mixed = random.Random(0).sample(lengths, len(lengths))
    batches = [mixed[begin : begin + BATCH] for begin in range(0, len(mixed), BATCH)]
    near = [lengths[begin : begin + BATCH] for begin in range(0, len(lengths), BATCH)]
    alone = [[length] for length in mixed]
    ours, peer = Ours(), Peer()
    rows = [[mixed[i] for i in row] for row in batches_by_tokens(mixed, range(len(mixed)), ROW)]
    ways: dict[str, Callable[[], None]] = {
        "packed": lambda: ours.step(rows, padded=None),
        "padded_4096": lambda: ours.step(alone, padded=LONGEST),
        "padded_batches": lambda: ours.step(batches, padded=0),
        "transformers_4096": lambda: peer.step(alone, padded=LONGEST),
        "transformers_batches": lambda: peer.step(batches, padded=0),
        "transformers_sorted": lambda: peer.step(near, padded=0),
    }
    ours.step([[64, 32]], padded=None)
    peer.step([[64, 32]], padded=0)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            clock, processor = time.perf_counter(), time.process_time()
            way()
            taken[name].append((time.perf_counter() - clock, time.process_time() - processor))
            print(name, [round(x, 1) for x in taken[name][-1]], flush=True)
    tokens = sum(lengths)
    result = {
        "documents": len(lengths),
        "tokens": tokens,
        "longest": max(lengths),
        "corpus": "stanfordnlp/en-worldwide-newswire, our split 80/10/10, test, every fourth by length",
        "shape": {
            "layers": LAYERS,
            "hidden_size": WIDTH,
            "vocabulary": VOCABULARY,
            "window": WINDOW,
        },
        "tokens_per_second": {
            name: round(tokens / statistics.median(clock for clock, _ in each), 1)
            for name, each in taken.items()
        },
        "ratios": {name: ratio(taken["packed"], each) for name, each in taken.items()},
        "seconds": taken,
        "machine": environment(),
    }
    for name, found in result["ratios"].items():
        print(
            f"packed against {name}: {found['clock']} by the clock, {found['processor']} by processor"
        )
    write_json(RESULTS, result, overwrite=True)


def ratio(
    packed: Sequence[tuple[float, float]], other: Sequence[tuple[float, float]]
) -> dict[str, float]:
    """How many times as long the other way takes, the median over rounds."""
    pairs = list(zip(packed, other, strict=True))
    return {
        name: round(statistics.median(b[k] / a[k] for a, b in pairs), 2)
        for k, name in enumerate(("clock", "processor"))
    }


class Ours:
    """The encoder with its language head, on rows of documents."""

    def __init__(self) -> None:
        config = EncoderConfig(
            attention=(LongformerAttention(WINDOW),) * LAYERS,
            vocab_size=VOCABULARY,
            hidden_size=WIDTH,
            num_attention_heads=HEADS,
            intermediate_size=4 * WIDTH,
            max_position_embeddings=LONGEST + 2,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        self.model = Model(Encoder(config), build_head("longformer", "mlm", config)).train()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), fused=True)

    def step(self, batches: Sequence[Sequence[int]], *, padded: int | None) -> None:
        """None packs; a number pads to it, 0 to the longest of each batch."""
        for batch in batches:
            longest = padded or max(batch)
            sizes = list(batch) if padded is None else [longest] * len(batch)
            ids, labels = zip(
                *(text(length, size) for length, size in zip(batch, sizes, strict=True)),
                strict=True,
            )
            loss = self.model(torch.cat(ids), packing_from_lengths(sizes), labels=torch.cat(labels))
            loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()


class Peer:
    """transformers' Longformer."""

    def __init__(self) -> None:
        from transformers import LongformerConfig, LongformerForMaskedLM

        config = LongformerConfig(
            attention_window=[WINDOW] * LAYERS,
            num_hidden_layers=LAYERS,
            vocab_size=VOCABULARY,
            hidden_size=WIDTH,
            num_attention_heads=HEADS,
            intermediate_size=4 * WIDTH,
            max_position_embeddings=LONGEST + 2,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            type_vocab_size=1,
            pad_token_id=1,
        )
        self.model = LongformerForMaskedLM(config).train()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), fused=True)

    def step(self, batches: Sequence[Sequence[int]], *, padded: int) -> None:
        """To `padded`, 0 for the longest of each batch."""
        for batch in batches:
            longest = padded or max(batch)
            ids, labels = zip(*(text(length, longest) for length in batch), strict=True)
            mask = (torch.arange(longest) < torch.tensor(batch)[:, None]).long()
            found = self.model(torch.stack(ids), attention_mask=mask, labels=torch.stack(labels))
            found.loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()


def text(length: int, padded: int) -> tuple[Tensor, Tensor]:
    """Ids and labels of a document, with padding up to `padded`."""
    ids = torch.full((padded,), 1)
    ids[:length] = torch.randint(5, VOCABULARY, (length,))
    chosen = (torch.rand(padded) < MASKED) & (torch.arange(padded) < length)
    return ids, torch.where(chosen, ids, IGNORED)


if __name__ == "__main__":
    main()
