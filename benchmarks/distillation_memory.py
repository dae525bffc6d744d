"""What a distillation loss holds above the models and their gradients' owners, beside the plain formula.

Four documents of 4,096 tokens, a vocabulary of 50,265, width 768, float32 on a CPU. Each row runs in a
process of its own: language heads (one weight for student and teacher each) and both models' hidden states
stand in memory first; counted is the peak from there over the loss and its backward pass, gradients included.

- paper: 2.0 MLM of 15% of the tokens + 5.0 KL(T=2) over the vocabulary of all tokens + 1.0 cosine, chunked;
- output divergence: the KL alone, chunked, and as the plain formula with all logits at once, of fewer tokens:
  what the plain one holds grows in a straight line with them, and all don't fit into memory;
- relations: MiniLMv2 with 12 relation heads, of whole documents, within 256 tokens on either side, and as the
  plain formula of one document of 1,024 tokens.

Run: python benchmarks/distillation_memory.py [--out FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gonerd.evaluation.memory import begin_peaks, resident_peak_mib
from gonerd.files import write_json
from gonerd.machine import environment

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks/results/distillation_memory.json"
DOCUMENTS, LENGTH, VOCABULARY, WIDTH, HEADS, REACH = 4, 4096, 50265, 768, 12, 256
TOKENS = DOCUMENTS * LENGTH
FEWER = (1024, 2048, 4096)
"""Tokens for the plain formula of the output divergence, which has all logits at once."""
LIMIT_MIB = 1024


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--row")
    options.add_argument("--tokens", type=int, default=TOKENS)
    options.add_argument("--out", type=Path, default=RESULT)
    asked = options.parse_args()
    if asked.row:
        print(json.dumps(measured(asked.row, asked.tokens)))
        return 0
    rows = [in_a_process("output divergence", FEWER[-1])]
    plain = [in_a_process("output divergence, plain", tokens) for tokens in FEWER]
    rows += plain
    rows += [in_a_process(row, TOKENS) for row in ("paper", "relations", "local relations")]
    rows += [in_a_process(row, 1024) for row in ("relations", "relations, plain")]
    growth = (plain[-1]["mib"] - plain[0]["mib"]) / (FEWER[-1] - FEWER[0])
    needs = round(plain[-1]["mib"] + growth * (TOKENS - FEWER[-1]))
    write_json(
        asked.out,
        {
            "question": "what does a distillation loss hold above the models, at 4 x 4,096 tokens?",
            "synthetic": True,
            "tokens": TOKENS,
            "vocabulary": VOCABULARY,
            "width": WIDTH,
            "limit_mib": LIMIT_MIB,
            "within_limit": all(
                row["mib"] < LIMIT_MIB for row in rows if "plain" not in row["loss"]
            ),
            "plain_output_divergence_would_need_mib": needs,
            "rows": rows,
            "machine": environment(),
        },
        overwrite=True,
    )
    print(asked.out.read_text(encoding="utf-8"))
    return 0


def in_a_process(row: str, tokens: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--row", row, "--tokens", str(tokens)]
    found = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        # as `gonerd` sets it, before torch is imported
        env={**os.environ, "OMP_WAIT_POLICY": "passive"},
    )
    answer: dict[str, Any] = json.loads(found.stdout)
    print(answer, file=sys.stderr)
    return answer


def measured(row: str, tokens: int) -> dict[str, Any]:
    """The peak above what stands there already, in MiB, and the seconds of loss and gradients."""
    import torch

    torch.manual_seed(0)
    torch.mm(torch.ones(64, 64), torch.ones(64, 64))  # what libraries take for themselves
    loss = relation_loss(row, tokens) if "relations" in row else vocabulary_losses(row, tokens)
    if not begin_peaks("cpu"):
        raise SystemExit("this system does not tell a peak of memory")
    before = resident_peak_mib()
    began = time.perf_counter()
    value = loss()
    value.backward()
    seconds = time.perf_counter() - began
    after = resident_peak_mib()
    assert before is not None
    assert after is not None
    return {
        "loss": row,
        "tokens": tokens,
        "mib": after - before,
        "models_and_states_mib": before,
        "seconds": round(seconds, 1),
        "value": float(value.detach()),
    }


def vocabulary_losses(row: str, tokens: int) -> Callable[[], Any]:
    import torch
    from torch.nn import functional

    from gonerd_baselines.distillation.hidden_states import cosine_distance
    from gonerd_baselines.distillation.output_divergence import Decoded, output_divergence
    from gonerd_baselines.encoder.vocabulary_loss import vocabulary_loss

    def made(*, trained: bool) -> Decoded:
        parts = [torch.randn(tokens, WIDTH), torch.randn(VOCABULARY, WIDTH) * 0.02]
        parts.append(torch.zeros(VOCABULARY))
        return Decoded(*(part.requires_grad_(trained) for part in parts))

    student, teacher = made(trained=True), made(trained=False)
    labels = torch.randint(VOCABULARY, (tokens,))
    masked = torch.rand(tokens) < 0.15

    def divergence() -> torch.Tensor:
        return output_divergence(student, teacher, temperature=2.0) / tokens

    def paper() -> torch.Tensor:
        mlm = vocabulary_loss(student.x[masked], student.weight, student.bias, labels[masked])
        cosine = cosine_distance(student.x, teacher.x) / tokens
        return 2.0 * mlm + 5.0 * divergence() + cosine

    def plain() -> torch.Tensor:
        """As DistilBERT's script has it."""
        own, other = (
            functional.linear(each.x, each.weight, each.bias) for each in (student, teacher)
        )
        return 4.0 * functional.kl_div(
            functional.log_softmax(own / 2.0, dim=-1),
            functional.softmax(other / 2.0, dim=-1),
            reduction="batchmean",
        )

    return {"paper": paper, "output divergence": divergence, "output divergence, plain": plain}[row]


def relation_loss(row: str, tokens: int) -> Callable[[], Any]:
    import torch
    from torch.nn import functional

    from gonerd_baselines.distillation.relations import relation_divergence
    from gonerd_baselines.encoder.taps import Projections

    student, teacher = (
        Projections(*(torch.randn(tokens, WIDTH).requires_grad_(trained) for _ in range(3)))
        for trained in (True, False)
    )
    lengths = [min(LENGTH, tokens)] * max(1, tokens // LENGTH)
    if row != "relations, plain":
        reach = REACH if row == "local relations" else None
        return lambda: (
            relation_divergence(student, teacher, lengths, heads=HEADS, reach=reach) / tokens
        )

    def plain() -> torch.Tensor:
        """The equations of arXiv 2012.15828 for one document."""
        found = []
        for part in ("query", "key", "value"):
            own, other = (
                getattr(model, part).unflatten(1, (HEADS, -1)).transpose(0, 1)
                for model in (student, teacher)
            )
            scores = [x @ x.transpose(1, 2) / x.shape[2] ** 0.5 for x in (own, other)]
            found.append(
                functional.kl_div(scores[0].log_softmax(-1), scores[1].softmax(-1), reduction="sum")
            )
        return torch.stack(found).sum() / HEADS / tokens

    return plain


if __name__ == "__main__":
    raise SystemExit(main())
